"""Counts over all works that no counter holds, taken from time to time.

Per source: how many works were asked about lately, with and without events, and how many are
due or queued. On the way the counters of lists are mended (``recount``).

A snapshot walks along the shelves and reads every work: half a read unit each. So it is taken
every hour of a small installation, and once a day from a million works on. It goes on where
it stopped when its time was up.
"""

import dataclasses
import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from chalicelib import recount, sources
from chalicelib.schedule import job_calls, job_works
from chalicelib.store import lists, numbers, shelves, snapshots, works
from chalicelib.store import sources as source_rows
from chalicelib.store.sources import SourceRow

LATEST, UNFINISHED = "latest", "unfinished"

SHORTEST_INTERVAL_SECONDS = 3600
LONGEST_INTERVAL_SECONDS = 86400
#: With so many works a snapshot is taken once a day.
WORKS_OF_DAILY_SNAPSHOT = 1_000_000

#: How many shelves are counted together: about a thousand works.
CHUNK_SHELVES = 20
#: A chunk, or the lists of one source, must fit into this.
SPARE_SECONDS = 60

_DAYS_OF_MONTH = 31


@dataclasses.dataclass(frozen=True, slots=True)
class Updates:
    """Works asked about lately, with and without events."""

    with_events: int = 0
    without_events: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class SourceCounts:
    """What a snapshot tells of a source. ``queued`` is an estimate: the works that fit into
    the time that is spoken for; how many a job in the queue holds is not kept.
    ``job_seconds`` is how much of that time a full job takes up, 0 where it is not known."""

    stale: int = 0
    queued: int = 0
    job_seconds: float = 0
    by_day: Updates = Updates()
    by_month: Updates = Updates()


@dataclasses.dataclass(frozen=True, slots=True)
class Snapshot:
    """The counts at a time. A source that is missing was installed later."""

    at: dt.datetime
    stored_bytes: int
    sources: Mapping[str, SourceCounts]


def latest() -> Snapshot | None:
    """The latest complete snapshot; None before the first."""
    document, _ = snapshots.get(LATEST)
    if document is None:
        return None
    return Snapshot(
        dt.datetime.fromtimestamp(document["at"], dt.UTC),
        document["stored_bytes"],
        {
            name: SourceCounts(
                counts["stale"],
                counts["queued"],
                counts.get("job_seconds", 0),
                Updates(*counts["updates"][:2]),
                Updates(*counts["updates"][2:]),
            )
            for name, counts in document["sources"].items()
        },
    )


def is_due(now: dt.datetime) -> bool:
    """Whether it is time for a snapshot, or for the rest of one."""
    document, _ = snapshots.get(LATEST)
    if document is None or snapshots.get(UNFINISHED)[0] is not None:
        return True
    works_count = sum(lists.counters(lists.MONTHS).values())
    seconds = LONGEST_INTERVAL_SECONDS * works_count // WORKS_OF_DAILY_SNAPSHOT
    interval = min(max(seconds, SHORTEST_INTERVAL_SECONDS), LONGEST_INTERVAL_SECONDS)
    return now.timestamp() >= int(document["at"]) + interval


def take(now: dt.datetime, seconds_left: Callable[[], float] = lambda: math.inf) -> bool:
    """Take a snapshot, or go on with an unfinished one; whether it is complete."""
    unfinished, version = snapshots.get(UNFINISHED)
    # ``shelf``: the last that was counted. ``updates``: source → works asked about with and
    # without events, in a day, then in a month. ``drift``: source → what its counters lack.
    counted = unfinished or {"at": int(now.timestamp()), "shelf": "", "updates": {}, "drift": {}}
    rows = source_rows.installed(fresh=True)
    if not (_count_updates(counted, seconds_left) and _recount(counted, rows, seconds_left)):
        snapshots.put(UNFINISHED, counted, version)
        return False
    _finish(counted, rows, now)
    snapshots.delete(UNFINISHED, version)
    return True


def _count_updates(counted: dict[str, Any], seconds_left: Callable[[], float]) -> bool:
    """Count works by when they were asked about and by what was found; whether all are."""
    midnight = dt.datetime.fromtimestamp(counted["at"], dt.UTC).replace(hour=0, minute=0, second=0)
    since_day = (midnight - dt.timedelta(days=1)).timestamp()
    since_month = (midnight - dt.timedelta(days=_DAYS_OF_MONTH)).timestamp()
    for chunk in _shelves_after(counted["shelf"]):
        if seconds_left() < SPARE_SECONDS:
            return False
        for source, asked, total in _pairs(chunk):
            if asked < since_month:
                continue
            updates = counted["updates"].setdefault(source, [0, 0, 0, 0])
            updates[2 if total else 3] += 1
            if asked >= since_day:
                updates[0 if total else 1] += 1
        counted["shelf"] = chunk[-1]
    return True


def _shelves_after(last: str) -> Iterator[list[str]]:
    """The names of all shelves after one, ascending, in chunks."""
    start = dt.date.fromisoformat(f"{last[:7]}-01") if last else None
    names = (name for name in shelves.names(start) if name > last)
    while chunk := list(islice(names, CHUNK_SHELVES)):
        yield chunk


def _pairs(chunk: list[str]) -> Iterator[tuple[str, int, int]]:
    """(source, when last asked, total) of all works on some shelves."""
    standing = shelves.read(chunk)
    asked = shelves.asked(standing)
    members = [key for shelf in standing.values() for key in shelf.members]
    for shelf_name, created, texts in works.find_numbers(members):
        with_shelf = asked.get(shelf_name, {})
        for source, text in texts.items():
            own, total = numbers.asked_and_total(text)
            shelf_asked = with_shelf.get(source, 0)
            yield source, max(own, shelf_asked if shelf_asked >= created else 0), total


def _recount(
    counted: dict[str, Any], rows: Sequence[SourceRow], seconds_left: Callable[[], float]
) -> bool:
    """Compare the counters of each source with its rows; whether all are compared."""
    for row in rows:
        if row.name in counted["drift"]:
            continue
        if seconds_left() < SPARE_SECONDS:
            return False
        counted["drift"][row.name] = recount.drift(row.name)
    return True


def _finish(counted: dict[str, Any], rows: Sequence[SourceRow], now: dt.datetime) -> None:
    """Keep what was counted, and mend what was found wrong before, too."""
    before, version = snapshots.get(LATEST)
    known = before["drift"] if before else {}
    mended = {
        source: recount.lasting(drift, known.get(source, {}))
        for source, drift in counted["drift"].items()
    }
    document = {
        "at": counted["at"],
        "stored_bytes": snapshots.stored_bytes(),
        "sources": {row.name: _counts(row, counted["updates"], now) for row in rows},
        "drift": {
            source: {name: by for name, by in drift.items() if name not in mended[source]}
            for source, drift in counted["drift"].items()
        },
    }
    # Of two that finish at the same time only one mends.
    if snapshots.put(LATEST, document, version):
        for source, wrong in mended.items():
            recount.mend(source, wrong)


def _counts(row: SourceRow, updates: Mapping[str, Any], now: dt.datetime) -> dict[str, Any]:
    return {
        "stale": _stale(row.name, now),
        "queued": _queued(row, now),
        "job_seconds": _job_seconds(row),
        "updates": updates.get(row.name, [0, 0, 0, 0]),
    }


def _stale(source: str, now: dt.datetime) -> int:
    """How many works are on shelves that are due."""
    due = (name for name, _ in shelves.due(source, now))
    stale = 0
    while chunk := list(islice(due, 100)):
        stale += sum(len(shelf.members) for shelf in shelves.read(chunk).values())
    return stale


def _queued(row: SourceRow, now: dt.datetime) -> int:
    if row.next_free_at is None or row.next_free_at <= now or row.name not in sources.names():
        return 0
    source = sources.get(row.name)
    seconds = (row.next_free_at - now).total_seconds()
    calls = math.ceil(seconds * row.calls_per_hour(source) / 3600)
    batch_size, calls_per_batch = source.batch(row.settings)
    return math.ceil(calls / calls_per_batch) * batch_size


def _job_seconds(row: SourceRow) -> float:
    if row.name not in sources.names():
        return 0
    source = sources.get(row.name)
    pace = row.calls_per_hour(source)
    batch_size, calls_per_batch = source.batch(row.settings)
    works_count = job_works(batch_size, source.seconds_per_call(pace) * calls_per_batch)
    works_count = min(works_count, row.number("job_batch_size", works_count))
    return job_calls(works_count, batch_size, calls_per_batch) * 3600 / pace
