"""``make run``: from nothing to served numbers on this machine, and on from there next time.

1. the embedded cloud starts, with what it held when it last ended
2. the stack and the code are deployed into it, if anything changed
3. the sample works are added, once
4. the works are collected: from the providers, or from a provider server of ours
5. the API is served until Ctrl-C, then the cloud ends and its state is saved

Numbers of the provider server are invented, so live and offline runs share nothing.
"""

import argparse
import contextlib
import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from infra import deploy, stack
from infra.local import internet
from infra.local.cloud import Cloud, CloudError, free_port, is_taken
from infra.local.front import Front
from infra.local.installation import VISIBILITY_SECONDS, Installation
from infra.local.mailbox import Mailbox
from infra.local.providers.server import PortTaken, ProviderServer

PROJECT = Path(__file__).parent.parent.parent
SAMPLE = Path(__file__).with_name("sample-works.txt")
MINISTACK = PROJECT / ".local" / "ministack" / "bin" / "python"

PORT = 8080
CLOUD_PORT = 4566

#: Few, so that a run shows how failures are dealt with and still ends soon.
RATE_429, RATE_500 = 0.005, 0.005
_OFFLINE_CONTACT = "nobody@offline.example"


class RunError(Exception):
    """The run cannot go on; the text says what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Run until Ctrl-C; the exit status."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    with contextlib.suppress(AttributeError):
        signal.signal(signal.SIGHUP, _interrupt)
    try:
        _run(options)
    except KeyboardInterrupt:
        return 0 if _State.saved is not False else 1
    except (
        RunError,
        CloudError,
        PortTaken,
        deploy.DeployError,
        stack.StackError,
        BotoCoreError,
        ClientError,
    ) as error:
        print(f"\nError: {error}", file=sys.stderr)
        return 1
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument(
        "--offline",
        action="store_true",
        default=os.environ.get("OFFLINE", "") not in ("", "0"),
        help="ask our own provider server (OFFLINE=1)",
    )
    parser.add_argument("--port", default=os.environ.get("PORT") or str(PORT), help="PORT=8080")
    parser.add_argument(
        "--contact", default=os.environ.get("CONTACT", ""), help="CONTACT=you@example.org"
    )
    parser.add_argument("--sample", type=Path, default=SAMPLE, help="the works to begin with")
    parser.add_argument(
        "--visibility-seconds",
        type=int,
        default=VISIBILITY_SECONDS,
        help="after how long the job of a worker that died comes back",
    )
    parser.add_argument("--home", type=Path, default=PROJECT / ".local", help="where state is kept")
    return parser.parse_args(arguments)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


class _State:
    """Whether the cloud's state was saved at the end; None before the end."""

    saved: bool | None = None


def _run(options: argparse.Namespace) -> None:
    port = _checked_port(options.port)
    contact, offline = _decide(options)
    home = options.home.resolve() / ("offline" if offline else "live")
    cloud_port = CLOUD_PORT if not is_taken(CLOUD_PORT) else free_port()
    cloud = Cloud(home, MINISTACK, cloud_port)
    with contextlib.ExitStack() as running:
        running.enter_context(_running(cloud))
        providers_url = running.enter_context(_providers(home)) if offline else None
        installation = Installation(
            cloud,
            home,
            contact,
            providers_url,
            f"http://localhost:{port}",
            options.visibility_seconds,
        )
        installation.enter_environment()
        api_id = installation.deploy_if_changed()
        front = running.enter_context(_serving(port, cloud_port, api_id))
        installation.fill(options.sample)
        mailbox = Mailbox(cloud.url)
        _collect_and_tell(installation, front, options.sample)
        _serve(cloud, mailbox)


def _checked_port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise RunError(f"PORT={text} is no port: give a number between 1024 and 65535.")
    if is_taken(int(text)):
        raise RunError(
            f"Port {text} of this machine is taken by another program. End that, or use"
            f" another port: make run PORT={int(text) + 1}"
        )
    return int(text)


def _decide(options: argparse.Namespace) -> tuple[str, bool]:
    """The contact and whether to ask our own provider server, said aloud."""
    if options.offline:
        print("OFFLINE=1: asking our own provider server; all numbers are invented.")
        return _OFFLINE_CONTACT, True
    if not internet.reachable():
        print("No provider can be reached: asking our own provider server instead of the")
        print("internet; all numbers are invented.")
        return _OFFLINE_CONTACT, True
    contact = options.contact or _git_mail()
    if not contact:
        raise RunError(
            "The providers want to know whom to write to. Give your mail address with"
            " `make run CONTACT=you@example.org`, or try without them: `make run OFFLINE=1`."
        )
    print(f"The internet is there: asking the live providers as {contact} (CONTACT=… changes it).")
    return contact, False


def _git_mail() -> str:
    git = shutil.which("git")
    if git is None:
        return ""
    asked = subprocess.run(
        [git, "config", "user.email"], capture_output=True, text=True, check=False, cwd=PROJECT
    )
    return asked.stdout.strip()


@contextlib.contextmanager
def _running(cloud: Cloud) -> Iterator[None]:
    """The cloud while it runs; says how its end went."""
    print(f"Starting the embedded cloud on 127.0.0.1:{cloud.port} …")
    went_on = cloud.start()
    if went_on:
        print("It goes on where it was.")
    try:
        yield
    finally:
        # A second Ctrl-C must not cut the saving short.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("\nStopping; saving the state …", flush=True)
        _State.saved = cloud.stop()
        if _State.saved:
            print("Saved. `make run` goes on from here.")
        else:
            print(
                "The state could NOT be saved: the next `make run` goes on from the last"
                f" clean end.\nThe reason is in {cloud.home / 'cloud.log'}.",
                file=sys.stderr,
            )


@contextlib.contextmanager
def _providers(home: Path) -> Iterator[str]:
    """Our provider server, on the port of the last run if it is free; its URL."""
    remembered = home / "providers-port"
    last = remembered.read_text(encoding="ascii").strip() if remembered.exists() else ""
    wanted = int(last) if last.isdigit() and not is_taken(int(last)) else 0
    with ProviderServer(wanted, rate_429=RATE_429, rate_500=RATE_500) as server:
        remembered.write_text(f"{server.port}\n", encoding="ascii")
        yield server.url


@contextlib.contextmanager
def _serving(port: int, cloud_port: int, api_id: str) -> Iterator[Front]:
    try:
        front = Front(port, cloud_port=cloud_port, api_id=api_id)
    except OSError as error:
        raise RunError(f"Port {port} cannot be used: {error.strerror}.") from error
    try:
        yield front
    finally:
        front.close()


def _collect_and_tell(installation: Installation, front: Front, sample: Path) -> None:
    from chalicelib import snapshot
    from infra.local import progress  # both read the environment that was entered above

    print("Collecting (Ctrl-C ends the run at any time; the next one goes on):")
    installation.wake()
    keys = progress.keys_of(sample)
    seen = progress.watch(keys)
    print(progress.table(seen))
    snapshot.take(dt.datetime.now(dt.UTC))  # else /sources shows zeros until the next hour
    if not seen.quiet:
        print("\nWhat is missing comes by and by: the schedule runs every 15 minutes.")
    key = installation.api_key()
    doi = keys[0].partition(":")[2]
    base = f"localhost:{front.port}"
    print(f"""
The API is at http://{base}, an API key is {key}

    curl "{base}/api/v5/articles?ids={doi}&api_key={key}"
    curl "{base}/api/v5/articles?ids={doi}&info=summary&api_key={key}"
    curl "{base}/api/v5/articles?order=crossref&per_page=5&api_key={key}"
    curl "{base}/api/v5/sources?api_key={key}"
    curl "{base}/heartbeat"

Sign in at {installation.site_url}/users/sign_in as {installation.contact}, or as
anybody else: no mails are sent, they are shown here.

For `python -m chalicelib …` in another window:

    . {installation.environment_file} && {sys.executable} -m chalicelib queue

Ctrl-C ends it and saves the state.""")


def _serve(cloud: Cloud, mailbox: Mailbox) -> None:
    while cloud.is_running():
        for text in mailbox.new():
            print(text, flush=True)
        time.sleep(1)
    raise CloudError(f"The embedded cloud has ended by itself; see {cloud.home / 'cloud.log'}.")


if __name__ == "__main__":
    sys.exit(main())
