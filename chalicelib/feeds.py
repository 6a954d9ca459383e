"""Feeds, carried out: when they are read, how their entries find works, what is kept.

One job reads a feed page by page while it has time and sends on what is left, so a feed of any
length fits. Reading a page again is harmless. The days up to which a feed was read are on the
source's row, and only move when it was read to its end.
"""

import dataclasses
import datetime as dt
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cronsim import CronSim

from chalicelib import intake, queues, settings
from chalicelib.errors import InvalidWork, RateLimited, SourceError, Unavailable
from chalicelib.feed import Entry, Feed, Page, Window
from chalicelib.identifiers import Identifier
from chalicelib.model import Job, Result, Work
from chalicelib.source import Client
from chalicelib.store import events, lists, publishers, results, works
from chalicelib.store import sources as source_rows
from chalicelib.store.results import Asked
from chalicelib.store.sources import SourceRow
from chalicelib.store.works import StoredWork
from chalicelib.works import validate

#: An importer's works are added in so large parts.
CHUNK_WORKS = 500


@dataclasses.dataclass(slots=True)
class FeedReport:
    """What reading came to. ``place``: where to read on, None at the end."""

    entries: int = 0
    matched: int = 0
    written: int = 0
    added: int = 0
    place: str | None = ""
    failed: dict[str, SourceError] = dataclasses.field(default_factory=dict)


def is_due(row: SourceRow, now: dt.datetime) -> bool:
    """Whether it is time to read the feed."""
    return row.feed_due_at is None or row.feed_due_at <= now


def next_reading(row: SourceRow, source: Feed, now: dt.datetime) -> dt.datetime:
    """When it is read after this time: by its setting ``cron_line``, else by its interval."""
    if line := row.settings.get("cron_line"):
        return next(CronSim(line, now))
    return now + dt.timedelta(seconds=source.interval_seconds)


def job_of(row: SourceRow, source: Feed, today: dt.date, window: Window | None = None) -> Job:
    """The job that reads the days since the last reading, or these."""
    if window is None:
        window = Window(_first_day(row, source, today), today)
    place = {"from": window.start.isoformat(), "to": window.end.isoformat(), "place": ""}
    return Job(id=secrets.token_hex(6), source=row.name, feed=place)


def _first_day(row: SourceRow, source: Feed, today: dt.date) -> dt.date:
    if row.feed_read_until:
        return dt.date.fromisoformat(row.feed_read_until) - dt.timedelta(days=source.overlap_days)
    return today - dt.timedelta(days=source.first_days)


def send(row: SourceRow, source: Feed, now: dt.datetime, window: Window | None = None) -> None:
    """Have the feed read; the message goes first, so that no reading is lost."""
    queues.send([(job_of(row, source, now.date(), window), 0)])
    following = next_reading(row, source, now)
    source_rows.change(row.name, lambda seen: dataclasses.replace(seen, feed_due_at=following))


def make_due(now: dt.datetime) -> None:
    """Have all feeds read soon, as there are new works that they may tell of."""
    for row in source_rows.installed(fresh=True):
        if row.active and row.kind == "feed" and not is_due(row, now):
            source_rows.change(row.name, lambda seen: dataclasses.replace(seen, feed_due_at=now))


def window_of(job: Job) -> Window:
    """The days that a job reads. Errors: ValueError, LookupError on a message that is wrong."""
    return Window(dt.date.fromisoformat(job.feed["from"]), dt.date.fromisoformat(job.feed["to"]))


def read(
    job: Job,
    source: Feed,
    client: Client,
    asked: Asked,
    goes_on: Callable[[], bool],
    report: FeedReport,
) -> None:
    """Read and keep page after page while ``goes_on`` says so; ``report`` grows with each.

    At the end of the feed the source's row learns how far it was read, unless a part was out of
    reach: what is unreadable today would be so tomorrow. Errors: SourceError of
    a page that could not be read; what came before is kept, and ``report.place`` is its place.
    """
    window = window_of(job)
    report.place = job.feed["place"]
    while report.place is not None:
        page = source.read(client, window, report.place)
        keep(source, page, asked, report)
        report.place = page.next_place
        if report.place is not None and not goes_on():
            return
    if not any(isinstance(error, RateLimited | Unavailable) for error in report.failed.values()):
        _remember(source.name, window.end)


def _remember(name: str, day: dt.date) -> None:
    def until(seen: SourceRow) -> SourceRow:
        return dataclasses.replace(seen, feed_read_until=max(seen.feed_read_until, day.isoformat()))

    source_rows.change(name, until)


def keep(source: Feed, page: Page, asked: Asked, report: FeedReport) -> None:
    """Keep what a page says: numbers of works that there are, new works, publishers."""
    report.entries += len(page.entries)
    for error in page.failed:
        report.failed[f"entry {len(report.failed) + 1} of the feed"] = error
    publishers.put_all([entry.publisher for entry in page.entries if entry.publisher], asked.at)
    _add_works(page.entries, asked, report)
    told = [entry for entry in page.entries if entry.result]
    by_key = _keys(told)
    stored = works.find(key for keys in by_key for key in keys)
    merged: dict[str, Result] = {}
    known = _known(source, stored)
    for entry, keys in zip(told, by_key, strict=True):
        for key in keys:
            if key not in stored or not source.applies(stored[key].work) or not entry.result:
                continue
            before = merged.get(key)
            kept = before.events_as_json() if before else known.get(key, [])
            merged[key] = source.merge(kept, entry.result, stored[key].work)
    report.matched += len(merged)
    report.written += results.keep(merged, stored, asked, confirm=True)


def _known(source: Feed, stored: Mapping[str, StoredWork]) -> dict[str, Any]:
    if not source.remembers or not stored:
        return {}
    found = events.find((key, source.name) for key in stored)
    return {key: kept.events for (key, _), kept in found.items()}


def _keys(entries: Sequence[Entry]) -> list[list[str]]:
    """The keys of the works that each entry may be about."""
    uid_kind = settings.load().uid_kind
    wanted: dict[str, set[str]] = {}
    for entry in entries:
        for kind, value in entry.identifiers.items():
            if kind != uid_kind and kind in lists.LOOKUP_KINDS:
                wanted.setdefault(kind, set()).add(value)
    looked_up = {
        (kind, value): keys
        for kind, values in wanted.items()
        for value, keys in lists.lookup(kind, sorted(values)).items()
    }

    def keys_of(entry: Entry) -> Iterator[str]:
        for kind, value in entry.identifiers.items():
            if kind == uid_kind:
                yield Identifier(kind, value).key
            yield from looked_up.get((kind, value), [])

    return [list(dict.fromkeys(keys_of(entry))) for entry in entries]


def _add_works(entries: Sequence[Entry], asked: Asked, report: FeedReport) -> None:
    fresh: list[Work] = []
    uid_kind = settings.load().uid_kind
    for entry in entries:
        if entry.work is None:
            continue
        try:
            fresh.append(validate({**entry.work, **entry.identifiers}, uid_kind))
        except InvalidWork as error:
            label = str(entry.work.get("doi") or entry.work.get("title") or "a work")[:80]
            report.failed[label] = SourceError(f"an entry is no work: {error}")
    for start in range(0, len(fresh), CHUNK_WORKS):
        outcomes = intake.add(fresh[start : start + CHUNK_WORKS], asked.at)
        report.added += sum(outcome == "created" for outcome in outcomes)
