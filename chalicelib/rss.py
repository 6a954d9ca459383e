"""RSS 2.0: the works with the most events of a source, and alerts. Pure."""

import dataclasses
import datetime as dt
import re
from collections.abc import Iterable, Mapping

from chalicelib import markup
from chalicelib.identifiers import doi_address
from chalicelib.model import Work
from chalicelib.parameters import Parameter, Reader

CONTENT_TYPE = "application/rss+xml; charset=utf-8"
#: How many works are told.
LENGTH = 25

_NUMBER = re.compile(r"\s*\+?([0-9]{1,9})(?![0-9])")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclasses.dataclass(frozen=True, slots=True)
class Item:
    """A work and how many events of the source it has."""

    work: Work
    count: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An alert as it is told. ``id`` stays the same, ``address`` leads to what it is about."""

    id: str
    title: str
    text: str
    at: dt.datetime
    address: str


@dataclasses.dataclass(frozen=True, slots=True)
class Age:
    """How long ago works may be published at most; None: it is not said in this unit."""

    days: int | None = None
    months: int | None = None


def _number(text: str) -> int | None:
    match = _NUMBER.match(text)
    return int(match[1]) if match else None


_COUNT = {"type": "integer", "minimum": 0, "maximum": 10**9 - 1}
PUBLISHED = Reader(
    Age,
    days=Parameter(
        "days",
        "Only works published within so many days. What does not begin with a number counts as"
        " absent.",
        _COUNT,
        _number,
        example=30,
    ),
    months=Parameter(
        "months",
        "Only works published within so many months; not looked at beside `days`.",
        _COUNT,
        _number,
        example=12,
    ),
)


def since(params: Mapping[str, str], today: dt.date) -> dt.date | None:
    """The first day of publication that ``days`` or else ``months`` asks for; None for all.

    What does not begin with a number is as good as absent. ``months`` are those of the
    calendar: a month before the 31st of March is the last day of February.
    """
    age = PUBLISHED.read(params)
    if age.days is not None:
        return dt.date.fromordinal(max(1, today.toordinal() - age.days))
    if age.months is None:
        return None
    year, month = divmod(today.year * 12 + today.month - 1 - age.months, 12)
    if year < 1:
        return dt.date.min
    following = dt.date(year + month // 11, (month + 1) % 12 + 1, 1)
    last_day = (following - dt.timedelta(days=1)).day
    return dt.date(year, month + 1, min(today.day, last_day))


def feed(name: str, address: str, items: Iterable[Item]) -> str:
    """The feed of the source that is displayed as ``name`` and has its page at ``address``."""
    told = "".join(_item(item, name) for item in items)
    return _channel(f"Lagotto: most-cited articles in {name}", address, told)


def notices(address: str, found: Iterable[Notice]) -> str:
    """The feed of alerts; ``address`` is that of the whole site."""
    told = "".join(
        _element(notice.title, notice.text, notice.at, notice.address, notice.id)
        for notice in found
    )
    return _channel("Lagotto: alerts", address, told)


def not_found(address: str) -> str:
    """The feed of a source that there is not; ``address`` is that of the whole site."""
    return _channel("Lagotto: source not found", address, "")


def _channel(title: str, address: str, items: str) -> str:
    head = (
        markup.element("title", title)
        + markup.element("link", address)
        + markup.element("description", title)  # a feed without one is invalid
    )
    return f'{markup.DECLARATION}<rss version="2.0"><channel>{head}{items}</channel></rss>'


def _item(item: Item, name: str) -> str:
    work = item.work
    events = "event" if item.count == 1 else "events"
    address = doi_address(work.doi) if work.doi else work.canonical_url
    midnight = dt.datetime.combine(work.issued.first_day(), dt.time(), dt.UTC)
    told = f"{item.count} {name} {events}"
    return _element(work.title, told, midnight, address or "", work.doi or work.key)


def _element(title: str, description: str, at: dt.datetime, address: str, guid: str) -> str:
    parts = [
        markup.element("title", title),
        markup.element("description", description),
        markup.element("pubDate", _moment(at)),
        markup.element("link", address) if address else "",
        # A reader would take it for an address.
        markup.element("guid", guid, ' isPermaLink="false"'),
    ]
    return f"<item>{''.join(parts)}</item>"


def _moment(at: dt.datetime) -> str:
    """``Tue, 06 Mar 2012 00:00:00 +0000`` (RFC 822), in English whatever the machine speaks."""
    name, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    return f"{name}, {at.day:02d} {month} {at.year:04d} {at:%H:%M:%S} +0000"
