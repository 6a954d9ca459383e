"""RSS 2.0 of a source: its works with the most events. Pure."""

import dataclasses
import datetime as dt
import re
from collections.abc import Iterable, Mapping

from chalicelib import markup
from chalicelib.identifiers import doi_address
from chalicelib.model import Work

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


def since(params: Mapping[str, str], today: dt.date) -> dt.date | None:
    """The first day of publication that ``days`` or else ``months`` asks for; None for all.

    What does not begin with a number is as good as absent. ``months`` are those of the
    calendar: a month before the 31st of March is the last day of February.
    """
    days, months = _number(params.get("days")), _number(params.get("months"))
    if days is not None:
        return dt.date.fromordinal(max(1, today.toordinal() - days))
    if months is None:
        return None
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    if year < 1:
        return dt.date.min
    following = dt.date(year + month // 11, (month + 1) % 12 + 1, 1)
    last_day = (following - dt.timedelta(days=1)).day
    return dt.date(year, month + 1, min(today.day, last_day))


def feed(name: str, address: str, items: Iterable[Item]) -> str:
    """The feed of the source that is displayed as ``name`` and has its page at ``address``."""
    told = "".join(_item(item, name) for item in items)
    return _channel(f"Lagotto: most-cited articles in {name}", address, told)


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
    parts = [
        markup.element("title", work.title),
        markup.element("description", f"{item.count} {name} {events}"),
        markup.element("pubDate", _midnight(work.issued.first_day())),
        markup.element("link", address) if address else "",
        # A reader would take it for an address.
        markup.element("guid", work.doi or work.key, ' isPermaLink="false"'),
    ]
    return f"<item>{''.join(parts)}</item>"


def _midnight(day: dt.date) -> str:
    """``Tue, 06 Mar 2012 00:00:00 +0000`` (RFC 822), in English whatever the machine speaks."""
    name, month = _DAYS[day.weekday()], _MONTHS[day.month - 1]
    return f"{name}, {day.day:02d} {month} {day.year:04d} 00:00:00 +0000"


def _number(text: str | None) -> int | None:
    match = _NUMBER.match(text or "")
    return int(match[1]) if match else None
