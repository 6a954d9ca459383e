"""The installation in numbers: its sources, its status, its heartbeat.

Counts come from counters and are of the moment that ``update_date`` tells (api.md 4.7). What no
counter holds comes from the last snapshot (``snapshot``), an hour to a day before: of a source
which works are refreshed, queued or stale, and how many were updated in a day or a month. Before
the first snapshot those are 0, and no work counts as updated. All is kept for a minute but the
alerts of a source, which are counted each time.
"""

import dataclasses
import datetime as dt
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from chalicelib import API_VERSION, queues, snapshot, sources
from chalicelib.errors import ConfigurationError
from chalicelib.lagotto import ResponseCounts, SourceView, StatusView, UpdateCounts
from chalicelib.snapshot import SourceCounts, Updates
from chalicelib.store import accounts, alerts, keys, lists, requests
from chalicelib.store import sources as source_rows
from chalicelib.store.sources import SourceRow

CACHE_SECONDS = 60

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
    """All installed sources that are not retired; at most a minute old."""
    rows = [row for row in source_rows.shown() if row.state != "retired"]
    return [_with_errors(view, now) for view in keep("sources", lambda: _views(rows, now))]


def source_view(name: str, now: dt.datetime) -> SourceView | None:
    """One source in any state, at most a minute old; None if there is none of this name."""
    row = source_rows.get(name, fresh=False)
    if row is not None:
        return _with_errors(keep(f"source {name}", lambda: _views([row], now)[0]), now)
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
        updated_at=now,
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


def _with_errors(view: SourceView, now: dt.datetime) -> SourceView:
    """A source with its unresolved alerts of the last 24 hours, as they are now (api.md 7.2)."""
    count = alerts.count_since(f"source#{view.name}", now - _DAY)
    return dataclasses.replace(view, error_count=count)


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
    state = row.shown_state(now)
    jobs = _jobs(row, counts, now)
    working = min(jobs, int(state == "working"))
    return SourceView(
        name=row.name,
        title=row.title,
        group=row.group,
        description=row.description or None,
        updated_at=now,
        state=state,  # type: ignore[arg-type]
        jobs_working=working,
        jobs_pending=jobs - working,
        responses=responses,
        article_count=sum(count for name, count in stats.items() if name[0] == "b"),
        event_count=stats.get("events", 0),
        refreshed_count=max(0, articles_count - waiting) if taken else 0,
        queued_count=min(counts.queued, max(0, articles_count - counts.stale)),
        stale_count=counts.stale,
        by_day=_updates(counts.by_day, articles_count),
        by_month=_updates(counts.by_month, articles_count),
    )


def _jobs(row: SourceRow, counts: SourceCounts, now: dt.datetime) -> int:
    """How many jobs of a source are on their way, at least: full ones in the time that is spoken
    for. Whose turn it is by its pace is worked on, the rest wait in the queue."""
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


def _days_counted(now: dt.datetime) -> tuple[dt.date, dt.date]:
    """The days (UTC) whose calls and requests are counted: yesterday and today."""
    return (now - _DAY).date(), now.date()


def _responses(names: Sequence[str], now: dt.datetime) -> dict[str, ResponseCounts]:
    """Calls of the days that are counted."""
    days = [lists.day_stats(day, names) for day in _days_counted(now)]
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
    # Importers and finders make calls, too.
    responses = _responses([row.name for row in source_rows.installed()], now)
    months = lists.counters(lists.MONTHS)
    stats = lists.stats_of(names)
    queue = queues.counts()
    taken = snapshot.latest()
    return StatusView(
        version=API_VERSION,
        updated_at=now,
        articles_count=sum(months.values()),
        articles_last30_count=_published_since(now.date() - _LAST_DAYS * _DAY, months),
        alerts_count=alerts.count(),
        workers_count=queue["in_flight"],
        delayed_jobs_active_count=queue["visible"] + queue["delayed"],
        responses_count=sum(counted.count for counted in responses.values()),
        events_count=sum(
            stats[name].get("events", 0) for name in names if name != "relativemetric"
        ),
        requests_count=sum(requests.total(day) for day in _days_counted(now)),
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
