"""``python -m infra.local.providers``: runs the provider server until it is told to end."""

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from infra.local.providers.server import PortTaken, ProviderServer


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM. Returns the exit status: 0, or 2 with a message."""
    options = _options(arguments)
    if options.port_file:
        # Whoever waits for the file must not read the port of an earlier server.
        with contextlib.suppress(OSError):
            options.port_file.unlink()
    try:
        server = ProviderServer(
            options.port,
            rate_429=options.rate_429,
            rate_500=options.rate_500,
            seed=options.seed,
            latency_ms=options.latency_ms,
            growth_per_day=options.growth_per_day,
            day=options.day,
            openalex_budget=options.openalex_budget,
        )
    except (PortTaken, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    told_to_end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told_to_end.set())
    with server:
        if options.port_file and not _write_port(options.port_file, server.port):
            return 2
        print(f"Provider server on {server.url}", flush=True)
        told_to_end.wait()
    if options.port_file:
        options.port_file.unlink(missing_ok=True)
    return 0


def _write_port(path: Path, port: int) -> bool:
    """Write the port in one step, so that nobody reads half of it."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(f"{port}\n")
        unfinished.replace(path)
    except OSError as error:
        print(f"The port file {path} cannot be written: {error.strerror}.", file=sys.stderr)
        return False
    return True


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m infra.local.providers",
        description="Answers for the providers asked by default, on 127.0.0.1, without internet.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 (default): any free port")
    parser.add_argument("--port-file", type=Path, help="write the port number into this file")
    parser.add_argument(
        "--rate-429", type=float, default=0.0, help="share of calls refused at first (429)"
    )
    parser.add_argument(
        "--rate-500", type=float, default=0.0, help="share of calls broken at first (5xx)"
    )
    parser.add_argument("--seed", type=int, default=0, help="chooses other calls to fail")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="wait before each answer")
    parser.add_argument(
        "--growth-per-day", type=float, default=0.0, help="growth of numbers, 0.1 is a tenth"
    )
    parser.add_argument("--day", type=int, default=0, help="the day of the numbers (see /_day)")
    parser.add_argument(
        "--openalex-budget", type=int, default=1000, help="lists a day without key (1000)"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
