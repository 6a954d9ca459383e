"""How far an import is: a bar on a terminal if tqdm is there, else plain lines of counts."""

import io
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Protocol, cast

from chalicelib.importer import Report

#: How often counts are shown: on a terminal, and in a log.
TERMINAL_SECONDS = 0.2
LOG_SECONDS = 10.0


class Progress(Protocol):
    """Somebody who is told how far an import is."""

    def advance(self, size_bytes: int) -> None:
        """So much more of the file was read."""

    def note(self, report: Report) -> None:
        """These are the counts so far."""

    def close(self) -> None:
        """The import came to its end."""


def counts(report: Report) -> str:
    """``1,200 lines: 1,000 created, 0 updated, 190 duplicate, 10 invalid``."""
    return (
        f"{report.total:,} lines: {report.created:,} created, {report.updated:,} updated, "
        f"{report.duplicate:,} duplicate, {report.invalid:,} invalid"
    )


@contextmanager
def watching(stream: BinaryIO) -> Iterator[tuple[BinaryIO, Progress]]:
    """A stream to read instead of the given one, and the progress that it moves."""
    progress = _bar(_size_bytes(stream)) or _Lines()
    try:
        yield cast("BinaryIO", _Watched(stream, progress.advance)), progress
    finally:
        progress.close()


class _Watched(io.RawIOBase):
    """A stream that tells how much was read from it."""

    def __init__(self, stream: BinaryIO, on_read: Callable[[int], None]) -> None:
        self._stream = stream
        self._on_read = on_read

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        self._on_read(len(data))
        return data


class _Lines:
    """Counts as text: one line that is written over on a terminal, lines in a log."""

    def __init__(self) -> None:
        self._overwrites = sys.stderr.isatty()
        self._seconds = TERMINAL_SECONDS if self._overwrites else LOG_SECONDS
        self._shown_at = time.monotonic()

    def advance(self, size_bytes: int) -> None:
        pass

    def note(self, report: Report) -> None:
        if time.monotonic() - self._shown_at >= self._seconds:
            self._shown_at = time.monotonic()
            end = "\r" if self._overwrites else "\n"
            print(f"… {counts(report)}", end=end, file=sys.stderr, flush=True)

    def close(self) -> None:
        if self._overwrites:
            # Back to the beginning of the line and empty it.
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


class _Bar:
    """A bar over the bytes of the file, with the counts behind it."""

    def __init__(self, size_bytes: int | None) -> None:
        from tqdm import tqdm

        self._bar = tqdm(
            total=size_bytes,
            unit="B",
            unit_scale=True,
            file=sys.stderr,
            dynamic_ncols=True,
            leave=False,
            mininterval=TERMINAL_SECONDS,
            miniters=0,
        )

    def advance(self, size_bytes: int) -> None:
        self._bar.update(size_bytes)

    def note(self, report: Report) -> None:
        self._bar.set_postfix_str(counts(report), refresh=False)
        self._bar.update(0)

    def close(self) -> None:
        self._bar.close()


def _bar(size_bytes: int | None) -> Progress | None:
    if not sys.stderr.isatty():
        return None
    try:
        return _Bar(size_bytes)
    except ImportError:
        # tqdm is no part of what is deployed, so whoever runs this there has none.
        return None


def _size_bytes(stream: BinaryIO) -> int | None:
    """The size of a regular file; None for pipes and terminals."""
    try:
        about = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return None
    return about.st_size if stat.S_ISREG(about.st_mode) else None
