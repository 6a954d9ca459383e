"""How values in providers' answers are read: counts, times, identifiers.

Every function raises ValueError or TypeError on what it cannot read; ``expecting`` turns
these (and the like) into Malformed, so that a broken answer never becomes a silent zero.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from chalicelib.errors import Malformed

#: What reading an answer of an unexpected shape can raise.
SHAPE_ERRORS = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)


class Evidence(Protocol):
    """An answer that can be blamed: ``source.Answer``."""

    def malformed(self, message: str) -> Malformed:
        """The error that carries the answer."""


@contextmanager
def expecting(what: str, answer: Evidence) -> Iterator[None]:
    """Run the body; whatever it cannot read of ``answer`` is raised as Malformed.

    ``what`` names the expected shape for the person who reads the alert.
    """
    try:
        yield
    except SHAPE_ERRORS as error:
        reason = f"{type(error).__name__}: {str(error)[:200]}"
        raise answer.malformed(f"expected {what}, but: {reason}") from error


def count(value: Any) -> int:
    """The count written as a JSON integer or as decimal digits. Not bool, not negative."""
    if isinstance(value, str):
        digits = value.strip()
        if not (digits.isascii() and digits.isdigit() and len(digits) < 16):
            raise ValueError(f"{value[:40]!r} is not a count")
        return int(digits)
    if type(value) is not int or not 0 <= value < 10**15:
        raise ValueError(f"{str(value)[:40]!r} is not a count")
    return value


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is a JSON object; TypeError otherwise."""
    if not isinstance(value, dict):
        raise TypeError(f"an object was expected, not {type(value).__name__}")
    return value


def sequence(value: Any) -> list[Any]:
    """The value if it is a JSON list; TypeError otherwise."""
    if not isinstance(value, list):
        raise TypeError(f"a list was expected, not {type(value).__name__}")
    return value


def text(value: Any) -> str | None:
    """The trimmed text, None if it is blank or null; TypeError if it is no text."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"a text was expected, not {type(value).__name__}")
    return value.strip() or None


def time(value: Any) -> str | None:
    """ISO 8601 in UTC with seconds and Z, of a time written in text or as epoch seconds.

    Understands ISO 8601, ``2012-06-28 19:42:52``, bare dates and RFC 2822; a text without
    zone is UTC; blank is None (sources.md 10.3).
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        raise TypeError("a time was expected, not a boolean")
    if isinstance(value, int | float):
        try:
            moment = dt.datetime.fromtimestamp(int(value), dt.UTC)
        except (OverflowError, OSError) as error:
            raise ValueError(f"{value!r} is not a time") from error
    elif isinstance(value, str):
        moment = _moment(value.strip())
    else:
        raise TypeError(f"a time was expected, not {type(value).__name__}")
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment.year > 999 else None


def _moment(value: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except (TypeError, IndexError) as error:
            raise ValueError(f"{value[:40]!r} is not a time") from error
    if moment.tzinfo is None:
        return moment.replace(tzinfo=dt.UTC)
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError as error:
        raise ValueError(f"{value[:40]!r} is not a time") from error


def doi(value: Any) -> str:
    """The bare lower-case DOI of a text such as ``https://doi.org/10.5555/AA``; "" if none."""
    if not isinstance(value, str):
        return ""
    folded = value.strip().lower()
    for prefix in ("https://", "http://"):
        folded = folded.removeprefix(prefix)
    for prefix in ("doi.org/", "dx.doi.org/", "www.doi.org/", "doi:"):
        folded = folded.removeprefix(prefix)
    return folded if folded.startswith("10.") else ""
