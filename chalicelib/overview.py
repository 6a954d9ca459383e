"""The installation in numbers: its sources, its status, its heartbeat.

Counts of works and events come from counters and are of this moment; what no counter holds
comes from the last snapshot (``snapshot``), whose time a source tells as its ``update_date``.
Before the first snapshot those are 0, and no work counts as updated. Status and heartbeat are
kept for a minute, since nobody needs a key for the latter.
"""

import datetime as dt
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from chalicelib import API_VERSION, queues, snapshot, sources
from chalicelib.errors import ConfigurationError
from chalicelib.lagotto import ResponseCounts, SourceView, StatusView, UpdateCounts
from chalicelib.snapshot import SourceCounts, Updates
from chalicelib.store import accounts, alerts, keys, lists
from chalicelib.store import sources as source_rows
from chalicelib.store.sources import SourceRow

CACHE_SECONDS = 60
#: Requests are counted like the calls of a source of this name.
REQUESTS = "requests"
#: Alerts of a source are counted up to this number.
ALERTS_LIMIT = 1000

_EPOCH = dt.datetime.fromtimestamp(0, dt.UTC)
_DAY = dt.timedelta(days=1)
_LAST_DAYS = 30
#: So many answers are kept; callers without a key can ask for any number of them.
_KEPT_LIMIT = 200

Value = TypeVar("Value")
_kept: dict[str, tuple[float, object]] = {}


def forget_cache() -> None:
    """Make the next answers read the tables."""
    _kept.clear()


def source_views(now: dt.datetime) -> list[SourceView]:
    """All installed sources that are not retired."""
    return _views([row for row in source_rows.shown() if row.state != "retired"], now)


def source_view(name: str, now: dt.datetime) -> SourceView | None:
    """One source in any state; None if there is none of this name."""
    row = source_rows.get(name, fresh=False)
    if row is not None:
        return _views([row], now)[0]
    try:
        source = sources.get(name)
    except ConfigurationError:
        return None
    everything = UpdateCounts(not_updated=_articles_count())
    return SourceView(
        name=source.name,
        title=source.title,
        group=source.group,
        description=source.description,
        updated_at=_EPOCH,
        state="available",
        by_day=everything,
        by_month=everything,
    )


def status(now: dt.datetime) -> StatusView:
    """The counts of the whole installation; at most a minute old."""
    return keep("status", lambda: _status(now))


def heartbeat(now: dt.datetime) -> tuple[int, dt.datetime]:
    """How many works there are, and when they were counted; at most a minute old."""
    return keep("heartbeat", lambda: (_articles_count(), now))


def keep(name: str, count: Callable[[], Value]) -> Value:
    """What ``count`` gives, or gave within the last minute under this name."""
    known = _kept.get(name)
    if known is None or time.monotonic() - known[0] >= CACHE_SECONDS:
        if len(_kept) >= _KEPT_LIMIT:
            _kept.clear()
        known = _kept[name] = (time.monotonic(), count())
    return known[1]  # type: ignore[return-value]


def _articles_count() -> int:
    return sum(lists.counters(lists.MONTHS).values())


def _views(rows: Sequence[SourceRow], now: dt.datetime) -> list[SourceView]:
    names = [row.name for row in rows]
    taken = keep("snapshot", snapshot.latest)
    stats = lists.stats_of(names)
    responses = _responses(names, now)
    articles_count = _articles_count()
    return [
        _view(row, now, taken, stats[row.name], responses[row.name], articles_count) for row in rows
    ]


def _view(
    row: SourceRow,
    now: dt.datetime,
    taken: snapshot.Snapshot | None,
    stats: Mapping[str, int],
    responses: ResponseCounts,
    articles_count: int,
) -> SourceView:
    counts = taken.sources.get(row.name, SourceCounts()) if taken else SourceCounts()
    waiting = counts.stale + counts.queued
    return SourceView(
        name=row.name,
        title=row.title,
        group=row.group,
        description=row.description or None,
        updated_at=taken.at if taken else _EPOCH,
        state=row.state,  # type: ignore[arg-type]
        jobs_working=int(row.state == "working"),
        jobs_pending=_pending(row, counts, now),
        responses=responses,
        error_count=alerts.count_since(f"source#{row.name}", now - _DAY, ALERTS_LIMIT),
        article_count=sum(count for name, count in stats.items() if name[0] == "b"),
        event_count=stats.get("events", 0),
        refreshed_count=max(0, articles_count - waiting) if taken else 0,
        queued_count=min(counts.queued, max(0, articles_count - counts.stale)),
        stale_count=counts.stale,
        by_day=_updates(counts.by_day, articles_count),
        by_month=_updates(counts.by_month, articles_count),
    )


def _pending(row: SourceRow, counts: SourceCounts, now: dt.datetime) -> int:
    """How many jobs are in the queue: those that the time takes that is spoken for."""
    if row.next_free_at is None or row.next_free_at <= now:
        return 0
    seconds = (row.next_free_at - now).total_seconds()
    return math.ceil(seconds / counts.job_seconds) if counts.job_seconds else 1


def _updates(counts: Updates, articles_count: int) -> UpdateCounts:
    updated = counts.with_events + counts.without_events
    return UpdateCounts(
        with_events=counts.with_events,
        without_events=counts.without_events,
        not_updated=max(0, articles_count - updated),
    )


def _responses(names: Sequence[str], now: dt.datetime) -> dict[str, ResponseCounts]:
    """Calls since the start of the previous day (UTC)."""
    days = [lists.day_stats(day, names) for day in ((now - _DAY).date(), now.date())]
    found = {}
    for name in names:
        counted = [day[name] for day in days]
        calls = sum(day.get("calls", 0) for day in counted)
        milliseconds = sum(day.get("milliseconds", 0) for day in counted)
        found[name] = ResponseCounts(
            count=calls,
            average_ms=milliseconds // calls if calls else 0,
            maximum_ms=max(day.get("slowest", 0) for day in counted),
        )
    return found


def _status(now: dt.datetime) -> StatusView:
    rows = source_rows.shown()
    names = [row.name for row in rows]
    responses = _responses([*names, REQUESTS], now)
    months = lists.counters(lists.MONTHS)
    stats = lists.stats_of(names)
    queue = queues.counts()
    taken = snapshot.latest()
    subjects = [alerts.SYSTEM, *(f"source#{name}" for name in names)]
    return StatusView(
        version=API_VERSION,
        updated_at=now,
        articles_count=sum(months.values()),
        articles_last30_count=_published_since(now.date() - _LAST_DAYS * _DAY, months),
        alerts_count=sum(alerts.count_since(subject, _EPOCH, ALERTS_LIMIT) for subject in subjects),
        workers_count=queue["in_flight"],
        delayed_jobs_active_count=queue["visible"] + queue["delayed"],
        responses_count=sum(responses[name].count for name in names),
        events_count=sum(
            stats[name].get("events", 0) for name in names if name != "relativemetric"
        ),
        requests_count=responses[REQUESTS].count,
        users_count=_users_count(now),
        sources_active_count=sum(row.active for row in rows),
        couchdb_size_bytes=taken.stored_bytes if taken else 0,
    )


def _users_count(now: dt.datetime) -> int:
    """Accounts, and owners of keys that have none."""
    owners = {key.owner for key in keys.find_all() if not key.account and not key.has_ended(now)}
    return len(accounts.find_all()) + len(owners)


def _published_since(day: dt.date, months: Mapping[str, int]) -> int:
    first = f"{day:%Y-%m}"
    later = sum(count for month, count in months.items() if month > first)
    return later + (lists.months_count(first, day) if first in months else 0)


class RequestCounter:
    """Counts requests in memory and writes their number down at most once a minute.

    What a process counted since it last did so is lost when it ends.
    """

    def __init__(self) -> None:
        self._durations: list[int] = []
        self._written_at = float("-inf")

    def count(self, milliseconds: int, now: dt.datetime) -> None:
        """Count a request that took so long."""
        self._durations.append(milliseconds)
        if time.monotonic() - self._written_at >= CACHE_SECONDS:
            durations, self._durations = self._durations, []
            self._written_at = time.monotonic()
            lists.add_to_day_stats(now.date(), REQUESTS, durations)
