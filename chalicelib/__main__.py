"""The command line: ``python -m chalicelib NOUN VERB``; ``--help`` tells the rest.

Which stage of the system a command works on is said by ``--stage``, else by LAGOTTO_STACK.
Results go to standard output, all else to standard error. Exit status: 0, 1 if something
could not be done, 2 on wrong usage.
"""

import argparse
import importlib
import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from chalicelib import VERSION, settings
from chalicelib.commands import WrongUsage
from chalicelib.errors import ConfigurationError, LagottoError

#: What a shell makes of a program that was ended by SIGPIPE or by Ctrl-C.
BROKEN_PIPE, INTERRUPTED = 141, 130

#: Where the settings of deployed stages are kept (``make deploy``).
STAGES = Path(__file__).parent.parent / ".chalice" / "config.json"

#: Noun → its module, which is imported when the noun is typed, and what it is for.
NOUNS = {
    "works": ("chalicelib.commands.works", "add works, delete them, show one"),
    "sources": ("chalicelib.commands.sources", "list, enable, disable and configure sources"),
    "refresh": ("chalicelib.commands.refresh", "have works asked about now"),
    "keys": ("chalicelib.commands.keys", "make, list, rotate and revoke API keys; who uses them"),
    "accounts": ("chalicelib.commands.accounts", "who may sign in, and as what"),
    "orcid": ("chalicelib.commands.orcid", "signing in with ORCID"),
    "queue": ("chalicelib.commands.queue", "what is on its way, and what was given up"),
    "alerts": ("chalicelib.commands.alerts", "what a person should look at"),
    "schedule": ("chalicelib.commands.schedule", "run the schedule now"),
    "replay": ("chalicelib.replay", "run one source over saved answers, without network"),
}


def main(given: Sequence[str] | None = None) -> int:
    """Run a command line; the exit status."""
    given = sys.argv[1:] if given is None else given
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Titles are in all scripts, terminals are not.
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run(given)
    except SystemExit:
        # --help and wrong usage. Must be here: what is asked below would import all of AWS.
        raise
    except WrongUsage as error:
        _fail(error)
        return 2
    except BrokenPipeError:
        # Whoever read has read enough. Nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    except LagottoError as error:
        _fail(error)
        return 1
    except _aws_errors() as error:
        from chalicelib.commands.aws import explain

        _fail(explain(error))
        return 1
    except OSError as error:
        # Last, as errors of the way to AWS are also such.
        _fail(error)
        return 1


def _run(given: Sequence[str]) -> int:
    try:
        arguments = _parser(given).parse_args(given)
        _enter(arguments.stage)
        status: int = arguments.run(arguments)
        return status
    finally:
        # So that a pipe that nobody reads is noticed here, also after --help.
        sys.stdout.flush()


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """The parser, with the arguments of the noun that is given and no others."""
    parser = argparse.ArgumentParser(
        prog="python -m chalicelib",
        description="How often scholarly works are viewed, saved, discussed and cited.",
    )
    parser.add_argument("--version", action="version", version=f"Lagotto {VERSION}")
    parser.add_argument(
        "--stage", metavar="STAGE", help="the deployed stage to work on, such as dev or prod"
    )
    nouns = parser.add_subparsers(metavar="NOUN", required=True)
    for noun, (module_name, purpose) in NOUNS.items():
        noun_parser = nouns.add_parser(noun, help=purpose)
        if noun in given:
            module = importlib.import_module(module_name)
            noun_parser.set_defaults(run=getattr(module, "run", None))
            module.add_arguments(noun_parser)
    return parser


def _enter(stage: str | None) -> None:
    """Take over the settings of a stage from where ``make deploy`` keeps them.

    What the environment says itself stays, unless a stage is named.
    Errors: ConfigurationError if the named stage is not there.
    """
    stack = os.environ.get("LAGOTTO_STACK") or "lagotto-dev"
    deployed = _deployed_stages()
    found = deployed.get(stage or stack.removeprefix("lagotto-"), {})
    if stage and not found:
        raise ConfigurationError(
            f"There is no stage {stage!r}; stages are: {', '.join(sorted(deployed)) or 'none'}. "
            f"Make it with `make deploy STAGE={stage}`."
        )
    for name, value in found.items():
        if name.startswith("LAGOTTO_"):
            os.environ[name] = value if stage else os.environ.get(name, value)
    settings.load.cache_clear()


def _deployed_stages() -> dict[str, dict[str, str]]:
    """Stage → its functions' environment variables, as Chalice reads them."""
    try:
        config = json.loads(STAGES.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ConfigurationError(f"{STAGES} cannot be read: {error}") from error
    common = config.get("environment_variables", {})
    return {
        stage: {**common, **entry.get("environment_variables", {})}
        for stage, entry in config.get("stages", {}).items()
    }


def _aws_errors() -> tuple[type[Exception], ...]:
    """All that AWS can do wrong; asked for only when something went wrong."""
    from chalicelib.commands.aws import AWS_ERRORS

    return AWS_ERRORS


def _fail(reason: object) -> None:
    from chalicelib.commands.output import fail

    fail(str(reason))


def _exit() -> NoReturn:
    sys.exit(main())


if __name__ == "__main__":
    _exit()
