"""How commands show things: tables for people, JSON for programs, warnings on standard error."""

import datetime as dt
import sys
from collections.abc import Sequence
from typing import Any

import orjson


def show_json(value: Any) -> None:
    """Print a value as JSON, in UTF-8 whatever the terminal's encoding is."""
    sys.stdout.flush()
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n")
    sys.stdout.buffer.flush()


def show_table(head: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Print rows under their heads in aligned columns; without rows, ``empty``.

    The last column may be of any length; None is shown as nothing.
    """
    if not rows:
        print(empty)
        return
    texts = [[printable("" if cell is None else str(cell)) for cell in row] for row in rows]
    lines = [list(head), *texts]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head) - 1)]
    for line in lines:
        cells = [text.ljust(width) for text, width in zip(line, [*widths, 0], strict=True)]
        print("  ".join(cells).rstrip())


def warn(text: str) -> None:
    """Tell something that does not keep the command from going on."""
    print(f"Warning: {printable(text)}", file=sys.stderr)


def fail(text: str) -> None:
    """Tell why something was not done."""
    print(f"Error: {printable(text)}", file=sys.stderr)


def printable(text: str) -> str:
    """The text in one line, with escapes in place of what would steer a terminal."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def moment(time: dt.datetime | None) -> str | None:
    """``2026-05-20T12:00:00Z``; None stays None."""
    return None if time is None else time.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def counted(number: int, noun: str) -> str:
    """``1 job``, ``2,000 jobs``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
