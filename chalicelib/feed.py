"""Feeds: sources that are not asked work by work but read as a whole, from time to time. Pure.

A feed (usage of a journal in a month, recommendations of a week, retractions since a day) is
read page by page; what it says is matched to the works that there are. An importer is a feed
that brings works or publishers. ``feeds`` carries them out.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from chalicelib.errors import Malformed, SourceError
from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import expecting
from chalicelib.source import Answer, Client, Kind, Outcomes, Source


@dataclasses.dataclass(frozen=True, slots=True)
class Window:
    """The days that are read, both included."""

    start: dt.date
    end: dt.date

    def months(self) -> list[tuple[int, int]]:
        """The months that the window touches, as (year, month), ascending."""
        first, last = (
            self.start.year * 12 + self.start.month - 1,
            self.end.year * 12 + self.end.month,
        )
        return [(number // 12, number % 12 + 1) for number in range(first, last)]

    def whole_months(self) -> list[tuple[int, int]]:
        """The months that lie in the window to their last day: those that a provider has closed."""
        day_after = self.end + dt.timedelta(days=1)
        return [month for month in self.months() if month < (day_after.year, day_after.month)]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """A publisher as an importer tells it. ``id`` is a Crossref member number or a symbol."""

    id: str
    name: str
    agency: str
    other_names: Sequence[str] = ()
    prefixes: Sequence[str] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a feed says of one work, which is known by ``identifiers`` (kind → value).

    ``work``: fields for ``works.validate``, of a work that is to be added. ``result``: its
    numbers. ``publisher``: not of a work at all.
    """

    identifiers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    result: Result | None = None
    work: Mapping[str, Any] | None = None
    publisher: Publisher | None = None

    def of(self, work: Work) -> bool:
        """Whether the entry is about this work."""
        return any(
            value.lower() == str(getattr(work, kind) or "").lower()
            for kind, value in self.identifiers.items()
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of a feed. ``next_place`` is what ``read`` is to be called with for the part after
    it, None at the end. ``failed``: entries that could not be read, or parts that were left out."""

    entries: Sequence[Entry] = ()
    next_place: str | None = None
    failed: Sequence[SourceError] = ()


class Feed(Source):
    """A source that is read as a whole. Declare the facts and write ``read``."""

    kind: ClassVar[Kind] = "feed"
    #: How often it is read.
    interval_seconds: ClassVar[int] = 86_400
    #: How many days before the last reading a reading begins, since providers correct.
    overlap_days: ClassVar[int] = 1
    #: How many days back the first reading goes.
    first_days: ClassVar[int] = 1

    def read(self, client: Client, window: Window, place: str) -> Page:
        """One part of the feed; ``place`` is "" for the first.

        Errors: SourceError when the part could not be read at all.
        """
        raise NotImplementedError(f"{self.name} declares no read")

    def pages(self, client: Client, window: Window) -> Iterator[Page]:
        """All parts of the feed."""
        place: str | None = ""
        while place is not None:
            page = self.read(client, window, place)
            yield page
            place = page.next_place

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        """What the feed says about these works in the month of their publication: for replay.

        A work that the feed does not name has the Result of ``nothing``. Errors: SourceError,
        also of an entry that cannot be read.
        """
        results = {work.key: self.nothing(work) for work in works}
        first = min(work.issued.first_day() for work in works).replace(day=1)
        last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
        for page in self.pages(client, Window(first, last)):
            for work in works:
                results[work.key] = self.with_page(results[work.key], page, work)
        return {**results}

    def with_page(self, result: Result, page: Page, work: Work) -> Result:
        """The Result with what a page says of the work. Errors: that of an unreadable entry."""
        for error in page.failed:
            raise error
        for entry in page.entries:
            if entry.result and entry.of(work):
                result = self.merge(result.events_as_json(), entry.result, work)
        return result

    def nothing(self, work: Work) -> Result:
        """The Result of a work that the feed does not name."""
        return Result(metrics=Metrics.of(total=0), events_url=self.events_url(work))


class Importer(Feed):
    """A feed that brings works or publishers; its entries have no numbers."""

    kind: ClassVar[Kind] = "importer"

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        """The entries about each work, and those that are about no work, as events: for replay."""
        entries: list[Entry] = []
        first = min(work.issued.first_day() for work in works)
        for page in self.pages(client, Window(first, first)):
            for error in page.failed:
                raise error
            entries += page.entries
        outcomes: Outcomes = {}
        for work in works:
            found = [entry for entry in entries if entry.publisher or entry.of(work)]
            events = [_shown(entry) for entry in found]
            outcomes[work.key] = Result(metrics=Metrics.of(total=len(events)), events=events)
        return outcomes


def _shown(entry: Entry) -> dict[str, Any]:
    if entry.publisher:
        return dataclasses.asdict(entry.publisher)
    return {**(entry.work or {}), **entry.identifiers}


def read_entries(
    answer: Answer, items: Sequence[Any], read: Callable[[Any], Entry | Sequence[Entry] | None]
) -> tuple[list[Entry], list[SourceError]]:
    """What ``read`` makes of each item, and the Malformed of those it cannot read.

    ``read`` gives an entry, several, or None for an item that says nothing.
    """
    entries: list[Entry] = []
    failed: list[SourceError] = []
    for item in items:
        try:
            with expecting("a readable entry of a feed", answer):
                found = read(item)
        except Malformed as error:
            failed.append(error)
        else:
            entries += [found] if isinstance(found, Entry) else found or ()
    return entries, failed


def with_month(kept: Any, month: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was kept of other months and this one, by date: mappings with "year" and "month"."""
    others = [
        item
        for item in (kept if isinstance(kept, list) else [])
        if isinstance(item, dict) and _month(item) not in (None, _month(month))
    ]
    return sorted([*others, dict(month)], key=lambda item: _month(item) or (0, 0))


def _month(item: Mapping[str, Any]) -> tuple[int, int] | None:
    try:
        return int(item["year"]), int(item["month"])
    except (LookupError, TypeError, ValueError):
        return None
