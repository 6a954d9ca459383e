"""What a measurement runs in: an embedded cloud with an empty installation, and providers.

Both listen on loopback; the cloud's state is in a temporary folder and gone afterwards. One
installation a process: the store keeps its connections.
"""

import contextlib
import dataclasses
import datetime as dt
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from chalicelib import sources
from chalicelib.store import sources as source_rows
from infra import stack, stack_name
from infra.bench.invented import NOW
from infra.local.cloud import Cloud, CloudError, free_port
from infra.local.providers.server import ProviderServer

PROJECT = Path(__file__).parent.parent.parent
MINISTACK = PROJECT / ".local" / "ministack" / "bin" / "python"
STAGE = "bench"


@contextlib.contextmanager
def installation(providers_url: str = "") -> Iterator[Cloud]:
    """An empty installation for this process, made as ``make deploy`` makes it.

    Errors: CloudError where the embedded cloud cannot be started.
    """
    if not MINISTACK.exists():
        raise CloudError(f"{MINISTACK} is missing; `make bench` sets it up.")
    with (
        tempfile.TemporaryDirectory(prefix="lagotto-bench-") as folder,
        Cloud(Path(folder), MINISTACK, free_port()).running() as cloud,
    ):
        _enter(cloud, providers_url)
        stack.ensure(STAGE, {}, say=lambda _: None)
        yield cloud


@contextlib.contextmanager
def installation_with_providers() -> Iterator[ProviderServer]:
    """An empty installation whose providers are our own server, in a thread."""
    with ProviderServer() as providers, installation(providers.url):
        yield providers


def install(names: Sequence[str]) -> None:
    """Install sources; the others are unknown to the schedule."""
    for name in names:
        source_rows.put(source_rows.row_of(sources.get(name), NOW))


def free_pace(names: Sequence[str], now: dt.datetime) -> None:
    """Give back the time of sources that jobs have taken up."""
    for name in names:
        source_rows.change(name, lambda row: dataclasses.replace(row, next_free_at=now))


def _enter(cloud: Cloud, providers_url: str) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "LAGOTTO_"))]:
        del os.environ[name]
    os.environ.update(
        cloud.environment(),
        LAGOTTO_STACK=stack_name(STAGE),
        LAGOTTO_CONTACT_EMAIL="bench@example.org",
        LAGOTTO_PROVIDERS_URL=providers_url,
    )
    for name in ("NO_PROXY", "no_proxy"):
        others = os.environ.get(name)
        os.environ[name] = ",".join(filter(None, [others, "127.0.0.1", "localhost"]))
