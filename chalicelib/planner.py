"""What is due becomes jobs: the first half of the story (``worker`` is the second).

Per source: how many calls fit into the tick, the shelves that are longest due, put together
into jobs, each sent with the delay that keeps the pace. The message goes first and the due
time moves after it, so that nothing is lost in between; a job whose shelf somebody else
leased meanwhile is dropped by the worker.
"""

import dataclasses
import datetime as dt
import random
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from chalicelib import feeds, queues, settings, sources
from chalicelib.errors import ConfigurationError
from chalicelib.feed import Feed, Window
from chalicelib.model import Job, Lease, Work
from chalicelib.schedule import TICK_SECONDS, Slot, job_calls, job_works, next_due, pack
from chalicelib.source import Source
from chalicelib.store import shelves
from chalicelib.store import sources as source_rows
from chalicelib.store import works as stored_works
from chalicelib.store.shelves import Shelf
from chalicelib.store.sources import SourceRow

#: How many shelves are looked at together; DynamoDB reads 100 items in a call.
CHUNK_SHELVES = 100
#: A shelf that is due but has no works yet is being opened right now, or its opening failed.
EMPTY_SHELF_SECONDS = 3600
#: Up to this many new works are asked about at once; more go the way of the schedule.
FEW_WORKS = 50
#: A shelf that was asked within this time, or is about to be, does not fill a batch up.
RESTING_SECONDS = 43_200

#: What became of a job that is sent again: sent, its shelves due instead (its source has no
#: time until the end of the tick, or is held), or its works are gone.
Resent = Literal["sent", "due", "gone"]


@dataclasses.dataclass(frozen=True, slots=True)
class Planned:
    """What was sent for one source."""

    source: str
    jobs: int
    works: int


def plan(now: dt.datetime, only: Sequence[str] = ()) -> list[Planned]:
    """Send the jobs of this tick for all sources, or for some; what was sent.

    Errors: ConfigurationError without the operator's contact.
    """
    settings.load().contact()
    rows = [row for row in source_rows.installed(fresh=True) if row.name in sources.names()]
    asked = [row for row in rows if (not only or row.name in only) and may_ask(row, now)]
    needed = needed_identifiers(rows)
    return [
        _plan_source(row, now) if row.asked_by_shelf else _plan_feed(row, now)
        for row in asked
        if row.kind != "finder" or needed.intersection(sources.get(row.name).finds)
    ]


def needed_identifiers(rows: Sequence[SourceRow]) -> frozenset[str]:
    """The kinds of identifiers without which some active source is not asked: finders are
    only asked for these."""
    return frozenset(
        kind
        for row in rows
        if row.active and row.kind == "works"
        for kind in sources.get(row.name).needs
    )


def hasten_finders(source: Source, now: dt.datetime) -> int:
    """Make all shelves due at the finders of what a newly activated source needs; how many."""
    finders = [
        row.name
        for row in source_rows.installed(fresh=True)
        if row.active and row.kind == "finder" and {*sources.get(row.name).finds} & {*source.needs}
    ]
    return sum(shelves.hasten(name, shelf, now) for shelf in shelves.standing() for name in finders)


def _plan_feed(row: SourceRow, now: dt.datetime) -> Planned:
    source = sources.get(row.name)
    if not (isinstance(source, Feed) and feeds.is_due(row, now)):
        return Planned(row.name, 0, 0)
    feeds.send(row, source, now)
    return Planned(row.name, 1, 0)


def may_ask(row: SourceRow, now: dt.datetime) -> bool:
    """Whether a source is active, not paused, and its breaker not open."""
    held_until = max(row.paused_until or now, row.disabled_until or now)
    return row.active and held_until <= now


def ask_now(works: Sequence[Work], now: dt.datetime, only: Sequence[str] = ()) -> list[str]:
    """Ask all active sources, or some, about few works at once, each by a job of its own.

    Returns the names of sources whose time is spoken for until the end of the tick, or that
    are held: nothing was sent for them, their shelves have to become due instead.
    Errors: ConfigurationError without the operator's contact.
    """
    settings.load().contact()
    busy = []
    rows = [
        row
        for row in source_rows.installed(fresh=True)
        if row.name in sources.names() and row.active and row.asked_by_shelf
    ]
    needed = needed_identifiers(rows)
    for row in rows:
        source = sources.get(row.name)
        if (only and row.name not in only) or (
            row.kind == "finder" and not needed.intersection(source.finds)
        ):
            continue
        keys = [work.key for work in works if source.asks_about(work, row.settings)]
        if not keys:
            continue
        calls = job_calls(len(keys), *source.batch(row.settings))
        slot = _reserve(row, source, now, calls) if may_ask(row, now) else None
        if slot is None:
            busy.append(row.name)
            continue
        job = Job(id=secrets.token_hex(6), source=row.name, works=keys)
        queues.send([(job, slot.delay_seconds(0, now))])
    return busy


def resend(job: Job, now: dt.datetime) -> Resent:
    """Send a job again that was given up, within its source's pace; what became of it.

    Its shelves' due times moved on when it was given up, so it gets new leases.
    Errors: ConfigurationError for a source that is not active.
    """
    row = source_rows.get(job.source)
    if row is None or not row.active or row.name not in sources.names():
        raise ConfigurationError(
            f"The source {job.source!r} is not asked at present. Enable it first, with "
            f"`python -m chalicelib sources enable {job.source}`."
        )
    source = sources.get(row.name)
    if job.feed:
        queues.send([(dataclasses.replace(job, id=secrets.token_hex(6), tries=0), 0)])
        return "sent"
    standing, times = shelves.read_leased(row.name, list(job.shelves))
    held = {name: standing[name] for name in job.shelves if name in standing and name in times}
    found = stored_works.find(job.works)
    size = sum(len(shelf.members) for shelf in held.values()) + len(found)
    if not size:
        return "gone"
    calls = job_calls(size, *source.batch(row.settings))
    slot = _reserve(row, source, now, calls) if may_ask(row, now) else None
    if slot is None:
        for name in {*held, *(work.shelf for work in found.values())}:
            shelves.hasten(row.name, name, now)
        return "due"
    delay = slot.delay_seconds(0, now)
    leases = _leases(row, {name: times[name] for name in held}, held, now, delay)
    again = Job(
        id=secrets.token_hex(6), source=row.name, shelves=leases, works=tuple(sorted(found))
    )
    queues.send([(again, delay)])
    for name, lease in leases.items():
        shelves.move(row.name, name, lease.seen, lease.to)
    return "sent"


def refresh(
    now: dt.datetime,
    *,
    only: Sequence[str] = (),
    start: dt.date | None = None,
    end: dt.date | None = None,
) -> int:
    """Make shelves due now: of all or some sources, of all works or of those published
    between two days' months; how many (shelf, source) pairs were hastened. Feeds that are
    named are read for these days, each of which counts as one pair."""
    rows = [
        row
        for row in source_rows.installed(fresh=True)
        if row.active and (not only or row.name in only)
    ]
    names = [row.name for row in rows if row.asked_by_shelf]
    read = sum(_read_now(row, now, start, end) for row in rows if row.name in only)
    return read + sum(
        shelves.hasten(name, shelf, now) for shelf in shelves.standing(start, end) for name in names
    )


def _read_now(row: SourceRow, now: dt.datetime, start: dt.date | None, end: dt.date | None) -> bool:
    source = sources.get(row.name)
    if not isinstance(source, Feed):
        return False
    days = Window(start, end or now.date()) if start else None
    feeds.send(row, source, now, days)
    return True


def _plan_source(row: SourceRow, now: dt.datetime) -> Planned:
    source = sources.get(row.name)
    slot = _slot(row, source, now)
    fitting = slot.calls_until(now + dt.timedelta(seconds=TICK_SECONDS))
    # A batch that takes more calls than fit into a tick is sent when its time is free.
    batch_size, calls_per_batch = source.batch(row.settings)
    batches = max(fitting // calls_per_batch, min(fitting, 1))
    seconds_per_call = source.seconds_per_call(row.calls_per_hour(source))
    capacity = job_works(batch_size, seconds_per_call * calls_per_batch)
    capacity = min(capacity, row.number("job_batch_size", capacity))
    if row.state == "disabled":
        # The breaker's delay is over: one job tells whether the provider is back.
        batches = min(batches, max(1, capacity // batch_size))
    due, standing = _due_shelves(row.name, batches * batch_size, now)
    _fill_up(row, batch_size, due, standing, now)
    jobs = pack(((shelf, len(standing[shelf].members)) for shelf in due), capacity)
    sizes = [sum(len(standing[shelf].members) for shelf in job) for job in jobs]
    calls = [job_calls(size, batch_size, calls_per_batch) for size in sizes]
    while calls and sum(calls) > fitting and len(calls) > 1:
        jobs.pop()
        calls.pop()
    reserved = _reserve(row, source, now, sum(calls)) if calls else None
    if reserved is None:
        return Planned(row.name, 0, 0)
    messages = _messages(row, jobs, calls, reserved, due, standing, now)
    sent = 0
    for start in range(0, len(messages), queues.BATCH):
        batch = messages[start : start + queues.BATCH]
        sent += queues.send(batch)
        for job, _ in batch:
            for shelf, lease in job.shelves.items():
                shelves.move(row.name, shelf, lease.seen, lease.to)
    return Planned(row.name, sent, sum(sizes[: len(jobs)]))


def _messages(
    row: SourceRow,
    jobs: list[list[str]],
    calls: list[int],
    slot: Slot,
    due: Mapping[str, str],
    standing: Mapping[str, Shelf],
    now: dt.datetime,
) -> list[tuple[Job, int]]:
    messages = []
    calls_before = 0
    for names, job_cost in zip(jobs, calls, strict=True):
        delay = slot.delay_seconds(calls_before, now)
        calls_before += job_cost
        leases = _leases(row, {name: due[name] for name in names}, standing, now, delay)
        messages.append((Job(id=secrets.token_hex(6), source=row.name, shelves=leases), delay))
    return messages


def _leases(
    row: SourceRow,
    due: Mapping[str, str],
    standing: Mapping[str, Shelf],
    now: dt.datetime,
    delay_seconds: int,
) -> dict[str, Lease]:
    """The leases of shelves with these due times, for a job that is sent with this delay."""
    runs_at = now + dt.timedelta(seconds=delay_seconds)
    staleness = row.staleness()
    leases = {}
    for name, due_at in due.items():
        # What fills a batch up is spread by when it came: it needs no random time on top.
        spread = random.random if due_at <= shelves.time_text(now) else float
        to = next_due(runs_at, standing[name].youngest, staleness, spread)
        leases[name] = Lease(due_at, shelves.time_text(to))
    return leases


def _due_shelves(
    source: str, works: int, now: dt.datetime
) -> tuple[dict[str, str], dict[str, Shelf]]:
    """Due shelves with up to so many works: ({shelf: due time}, {shelf: Shelf})."""
    due: dict[str, str] = {}
    standing: dict[str, Shelf] = {}
    found = 0
    if works <= 0:
        return due, standing
    for chunk in _chunks(shelves.due(source, now)):
        read = shelves.read(shelf for shelf, _ in chunk)
        for shelf, due_at in chunk:
            if shelf not in read:
                later = now + dt.timedelta(seconds=EMPTY_SHELF_SECONDS)
                shelves.move(source, shelf, due_at, shelves.time_text(later))
                continue
            found += len(read[shelf].members)
            if found > works and due:
                return due, standing
            due[shelf], standing[shelf] = due_at, read[shelf]
    return due, standing


def _fill_up(
    row: SourceRow,
    batch_size: int,
    due: dict[str, str],
    standing: dict[str, Shelf],
    now: dt.datetime,
) -> None:
    """Add the shelves that come due next while the last batch has room for them.

    It costs no call. Without it a small installation, whose shelves hold a work or two and
    come due one by one, would make a call for each of them.
    """
    room = -sum(len(shelf.members) for shelf in standing.values()) % batch_size
    if not due or not room:
        return
    coming = shelves.due_after(row.name, now, room)
    read = shelves.read(name for name, _ in coming)
    staleness = row.staleness()
    for name, due_at in coming:
        if name not in read or len(read[name].members) > room:
            continue
        interval = staleness.interval_seconds((now.date() - read[name].youngest).days)
        rested = dt.timedelta(seconds=interval - min(interval // 2, RESTING_SECONDS))
        if due_at <= shelves.time_text(now + rested):
            due[name], standing[name] = due_at, read[name]
            room -= len(read[name].members)


def _chunks(rows: Iterator[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    chunk: list[tuple[str, str]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK_SHELVES:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _slot(row: SourceRow, source: Source, now: dt.datetime) -> Slot:
    start = max(now, row.next_free_at or now)
    return Slot(start, 3600 / row.calls_per_hour(source))


def _reserve(row: SourceRow, source: Source, now: dt.datetime, calls: int) -> Slot | None:
    """Take up so many calls of a source's time; None if it is not free before the tick's end,
    or if another schedule took it meanwhile."""
    slot = _slot(row, source, now)
    if slot.calls_until(now + dt.timedelta(seconds=TICK_SECONDS)) < 1:
        return None
    try:
        source_rows.put(dataclasses.replace(row, next_free_at=slot.after(calls)))
    except source_rows.Conflict:
        return None
    return slot
