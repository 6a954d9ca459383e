"""From outside data to Work: Lagotto's validation rules and messages.

Nothing is looked up or stored here: that a DOI is taken already is found by the store.
"""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from chalicelib import identifiers, titles
from chalicelib.errors import InvalidIdentifier, InvalidWork
from chalicelib.identifiers import Identifier
from chalicelib.model import IDENTIFIER_KINDS, PartialDate, Work

FIRST_YEAR = 1650
#: An item of DynamoDB holds 400 kB, and ours shall stay under 6 kB in the common case.
TITLE_LIMIT_CHARACTERS = 5000

_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}\.[0-9]{1,9}")
_LEADING_INTEGER = re.compile(r"\s*([0-9]{1,9})")
_SURROGATE = re.compile(r"[\ud800-\udfff]")

_INVALID_DATE = "is not a valid date"
_FUTURE_DATE = "is a date in the future"

#: Field → messages, in the order of Lagotto's answers.
Problems = dict[str, list[str]]


def validate(
    fields: Mapping[str, Any], uid_kind: str = "doi", *, today: dt.date | None = None
) -> Work:
    """The work that the fields describe, or all that is wrong with them at once.

    Shape: doi, pmid, pmcid, mendeley_uuid, canonical_url in any spelling; title; the date as
    year, month and day (numbers or digits) or as issued (``2012-03-06``, ``2012-03``,
    ``2012``, a PartialDate); publisher_id. Others are ignored; blank is missing.
    Errors: InvalidWork with Lagotto's messages. That of a missing ``uid_kind`` is on ``uid``.
    Source: operations.md 1.2; api.md 6.4.
    """
    trimmed = {name: _trimmed(value) for name, value in fields.items()}
    today = today or dt.datetime.now(dt.UTC).date()
    problems: Problems = {}
    values = {kind: _identifier(kind, trimmed.get(kind), problems) for kind in IDENTIFIER_KINDS}
    uid = values[uid_kind]
    if trimmed.get(uid_kind) is None:
        problems["uid"] = ["can't be blank"]
    title = _title(trimmed.get("title"), problems)
    issued = _issued(trimmed, today, problems)
    publisher_id = _publisher_id(trimmed.get("publisher_id"), problems)
    if problems or uid is None or issued is None:
        raise InvalidWork(problems)
    return Work(
        key=Identifier(uid_kind, uid).key,
        title=title,
        issued=issued,
        publisher_id=publisher_id,
        **values,
    )


def read_date(text: str) -> tuple[int | None, int | None, int | None]:
    """Year, month and day of ``2012-03-06`` or a part of it; None for what is not a number.

    A piece keeps its place: ``2012-00-06`` has no month, and its day is no month.
    Source: operations.md 3.1, with its defect 1 mended.
    """
    pieces = [_LEADING_INTEGER.match(piece) for piece in text.split("-", 3)[:3]]
    numbers = [int(piece[1]) or None if piece else None for piece in pieces]
    year, month, day = [*numbers, None, None, None][:3]
    return year, month, day


def _trimmed(value: Any) -> Any:
    return (value.strip() or None) if isinstance(value, str) else value


def _identifier(kind: str, value: Any, problems: Problems) -> str | None:
    if value is None:
        return None
    if type(value) is int and kind in ("pmid", "pmcid"):
        value = str(value)
    try:
        if isinstance(value, str):
            return identifiers.NORMALISERS[kind](value)
    except InvalidIdentifier:
        pass
    problems[kind] = ["is invalid"]
    return None


def _title(value: Any, problems: Problems) -> str:
    if type(value) in (int, float):  # a title such as 1984, which a program took for a number
        value = str(value)
    if value is None:
        problems["title"] = ["can't be blank"]
    elif not isinstance(value, str) or _SURROGATE.search(value):
        problems["title"] = ["is not a text"]
    elif len(value) > TITLE_LIMIT_CHARACTERS:
        problems["title"] = [f"is too long (maximum is {TITLE_LIMIT_CHARACTERS} characters)"]
    elif title := titles.sanitise(value).strip():
        return title
    else:
        problems["title"] = ["can't be blank"]
    return ""


def _issued(fields: Mapping[str, Any], today: dt.date, problems: Problems) -> PartialDate | None:
    year, month, day = (fields.get(name) for name in ("year", "month", "day"))
    if year is None and month is None and day is None:
        year, month, day = read_date(str(fields.get("issued") or ""))
    number = _integer(year)
    messages = _year_messages(year, number, today)
    if messages:
        problems["year"] = messages
    if number is None or number < 1:
        return None
    return _calendar_date(number, month, day, today, problems)


def _year_messages(year: Any, number: int | None, today: dt.date) -> list[str]:
    range_message = f"should be between {FIRST_YEAR} and {today.year}"
    if number is not None:
        return [] if FIRST_YEAR <= number <= today.year else [range_message]
    if isinstance(year, float) or (isinstance(year, str) and _NUMBER.fullmatch(year)):
        return ["must be an integer"]
    return ["is not a number", range_message]


def _calendar_date(
    year: int, month: Any, day: Any, today: dt.date, problems: Problems
) -> PartialDate | None:
    numbers = [None if part is None else _integer(part) or 0 for part in (month, day)]
    if 0 in numbers:
        problems["published_on"] = [_INVALID_DATE]
        return None
    if year > dt.MAXYEAR:
        problems["published_on"] = [_FUTURE_DATE]
        return None
    try:
        issued = PartialDate(year, *numbers)
    except InvalidWork:
        problems["published_on"] = [_INVALID_DATE]
        return None
    if issued.first_day() > today:
        problems["published_on"] = [_FUTURE_DATE]
    return issued


def _publisher_id(value: Any, problems: Problems) -> int | None:
    if value is None:
        return None
    number = _integer(value)
    if number is None or number < 1:
        problems["publisher_id"] = ["is not a number"]
    return number


def _integer(value: Any) -> int | None:
    """The integer, or what decimal digits say; None for all else."""
    if type(value) is int:
        return value if abs(value) < 10**9 else None
    if isinstance(value, str) and value.isascii() and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**9:
        return int(value)
    return None
