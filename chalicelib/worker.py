"""One job: ask the provider, keep what it said, decide what comes next.

The second half of the story (``planner`` is the first). Everything here may happen twice or
die halfway: what is kept is kept in an order that a repetition does not harm (``results``),
and a message is only gone from the queue when this function returned.
"""

import dataclasses
import datetime as dt
import random
import secrets
from collections.abc import Callable, Mapping, Sequence

import orjson

from chalicelib import agencies, failures, feeds, queues, settings, sources
from chalicelib.client import HttpClient
from chalicelib.collect import SPARE_SECONDS, Collected, collect
from chalicelib.errors import RateLimited, SourceError, Unavailable
from chalicelib.feed import Feed
from chalicelib.feeds import FeedReport
from chalicelib.model import Job, Lease, Result
from chalicelib.planner import may_ask
from chalicelib.schedule import MAXIMUM_DELAY_SECONDS
from chalicelib.source import Source
from chalicelib.store import events, evidence, lists, results, shelves, works
from chalicelib.store import sources as source_rows
from chalicelib.store.results import Asked
from chalicelib.store.sources import SourceRow
from chalicelib.store.works import StoredWork

#: A feed is read on by another job when its answers, which are all in memory, are so large.
LARGEST_EVIDENCE_BYTES = 8_000_000
#: A job that failed this often becomes a dead letter.
MAXIMUM_TRIES = 5
#: A pause longer than this is not waited out in the queue: the shelves become due after it.
LONGEST_WAIT_SECONDS = 3600
_DAY = dt.timedelta(days=1)


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """What a job came to, for the log."""

    source: str = ""
    asked: int = 0
    written: int = 0
    calls: int = 0
    left: int = 0
    outcome: str = "done"


def run(job: Job, now: dt.datetime, seconds_left: Callable[[], float]) -> Report:
    """Run one job; what came of it.

    ``seconds_left`` tells how long this invocation may still take: batches that no longer
    fit go back to the queue. Errors: only such as a repetition may heal (AWS out of reach);
    the queue then delivers the job again.
    """
    row = source_rows.get(job.source)
    if row is None or not row.active or job.source not in sources.names():
        return Report(job.source, outcome="dropped: the source is not active")
    if not may_ask(row, now):
        return _wait(job, row, now)
    source = sources.get(job.source)
    if job.feed and isinstance(source, Feed):
        return _read_feed(job, row, source, now, seconds_left)
    leases = _claim(job)
    stored, shelf_of = _works(source, leases, job.works, row.settings, now)
    if not stored:
        return Report(job.source, outcome="nothing to ask")
    client = _client(row, source)
    ordered = sorted(stored, key=lambda key: (shelf_of.get(key, ""), key))
    collected = collect(
        source,
        [stored[key].work for key in ordered],
        client,
        seconds_left,
        client.wait_seconds,
        source.batch(row.settings)[0],
    )
    asked = Asked(source.name, source.usage, now, secrets.token_hex(6))
    _keep_evidence(client, asked, failed=bool(collected.failed or collected.stopped_by))
    _merge(source, collected, stored)
    written = _keep(collected, stored, shelf_of, leases, asked)
    _follow_up(job, row, source, client, collected, shelf_of, leases, now)
    return Report(
        source.name,
        asked=len(collected.results),
        written=written,
        calls=client.calls,
        left=len(collected.left),
        outcome=str(collected.stopped_by or "done"),
    )


def _client(row: SourceRow, source: Source) -> HttpClient:
    return HttpClient(
        source,
        contact_email=settings.load().contact(),
        settings=source_rows.effective_settings(row),
        publishers=source_rows.publisher_settings(row),
        tokens=source_rows.KeptTokens(),
        calls_per_hour=row.calls_per_hour(source),
        timeout_seconds=row.number("timeout", source.timeout_seconds),
        providers_url=settings.load().providers_url,
    )


def _keep_evidence(client: HttpClient, asked: Asked, *, failed: bool) -> None:
    if client.exchanges:
        evidence.put(asked.source, asked.at, asked.evidence, client.exchanges, failed=failed)
        lists.add_to_day_stats(asked.at.date(), asked.source, client.durations_milliseconds)


def _merge(source: Source, collected: Collected, stored: Mapping[str, StoredWork]) -> None:
    """Put what was kept of earlier answers together with those of today, where a source only
    tells of the last days."""
    if not source.remembers or not collected.results:
        return
    # What was kept without a number is of another work, which was deleted.
    asked_before = [key for key in collected.results if source.name in stored[key].numbers]
    kept = events.find((key, source.name) for key in asked_before)
    for key, result in collected.results.items():
        if before := kept.get((key, source.name)):
            collected.results[key] = source.merge(before.events, result, stored[key].work)


def _read_feed(
    job: Job, row: SourceRow, source: Feed, now: dt.datetime, seconds_left: Callable[[], float]
) -> Report:
    """Read a feed as far as there is time; what is left goes back to the queue."""
    client = _client(row, source)
    asked = Asked(source.name, source.usage, now, secrets.token_hex(6))
    report = FeedReport()
    stopped: SourceError | None = None

    def goes_on() -> bool:
        has_time = seconds_left() > source.timeout_seconds + SPARE_SECONDS
        return has_time and client.exchanged_bytes < LARGEST_EVIDENCE_BYTES

    try:
        feeds.read(job, source, client, asked, goes_on, report)
    except SourceError as error:
        stopped = error
    _keep_evidence(client, asked, failed=bool(stopped or report.failed))
    if report.failed:
        failures.refused(row, report.failed, now)
    delay, goes_on_later = 0, stopped is None
    if isinstance(stopped, RateLimited | Unavailable):
        delay, goes_on_later = failures.hold(row, stopped, job.tries, now), True
    elif stopped:
        failures.refused(row, {"the feed": stopped}, now)
        _read_again(row.name, now + _DAY)
    else:
        failures.recovered(row)
    failures.heed_limits(row, client.limits, now)
    if report.place is not None and goes_on_later:
        fruitless = isinstance(stopped, Unavailable) and not report.entries
        _send(
            dataclasses.replace(
                job,
                id=secrets.token_hex(6),
                feed={**job.feed, "place": report.place},
                tries=job.tries + fruitless,
            ),
            delay,
        )
    return Report(
        source.name,
        asked=report.matched,
        written=report.written + report.added,
        calls=client.calls,
        left=int(report.place is not None),
        outcome=str(stopped or "done"),
    )


def _read_again(name: str, at: dt.datetime) -> None:
    """Have a feed read at this time, if that is not sooner anyway."""

    def due(seen: SourceRow) -> SourceRow:
        sooner = seen.feed_due_at is None or seen.feed_due_at <= at
        return seen if sooner else dataclasses.replace(seen, feed_due_at=at)

    source_rows.change(name, due)


def receive(message: str, now: dt.datetime, seconds_left: Callable[[], float]) -> Report:
    """Run the job of a message. Errors: ValueError for a text that is no job; the queue
    gives it up after some tries."""
    return run(_job(message), now, seconds_left)


def receive_dead(message: str, now: dt.datetime) -> str:
    """Turn a message of the dead-letter queue into an alert; its id."""
    try:
        job = _job(message)
    except ValueError as error:
        return failures.unreadable(message, str(error), now)
    return dead(job, now)


def dead(job: Job, now: dt.datetime) -> str:
    """Turn a dead letter into an alert that can be sent again; its id.

    Its shelves come due in a day, so that an outage of hours heals by itself.
    """
    for name, lease in job.shelves.items():
        shelves.move(job.source, name, lease.to, shelves.time_text(now + _DAY))
    if job.feed and source_rows.get(job.source):
        _read_again(job.source, now + _DAY)
    return failures.dead_letter(job, now)


def _job(message: str) -> Job:
    try:
        return Job.of_json(orjson.loads(message))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"the message is no job: {error!r}") from error


def _wait(job: Job, row: SourceRow, now: dt.datetime) -> Report:
    """Put a job back whose source is held, or let its shelves come due after a long pause."""
    until = max(row.paused_until or now, row.disabled_until or now)
    seconds = (until - now).total_seconds()
    if seconds <= LONGEST_WAIT_SECONDS or job.works or job.feed:
        delay = min(int(seconds) + random.randint(1, 30), MAXIMUM_DELAY_SECONDS)
        queues.send([(job, delay)])
        return Report(row.name, outcome=f"waits {delay} s: {row.pause_reason or row.state}")
    for name, lease in job.shelves.items():
        for due_at in (lease.seen, lease.to):
            shelves.move(row.name, name, due_at, shelves.time_text(until))
    return Report(row.name, outcome=f"due again after the pause: {row.pause_reason or row.state}")


def _claim(job: Job) -> dict[str, tuple[Lease, frozenset[str]]]:
    """The shelves that this job holds, with their members.

    A shelf whose due time is neither what the schedule saw nor what it moved it to is
    another job's now. One that was not moved yet (the schedule died after sending) is
    moved here.
    """
    if not job.shelves:
        return {}
    standing, times = shelves.read_leased(job.source, list(job.shelves))
    held = {}
    for name, lease in job.shelves.items():
        if name not in standing:
            continue
        mine = times.get(name) == lease.to or (
            times.get(name) == lease.seen and shelves.move(job.source, name, lease.seen, lease.to)
        )
        if mine:
            held[name] = (lease, standing[name].members)
    return held


def _works(
    source: Source,
    leases: Mapping[str, tuple[Lease, frozenset[str]]],
    single: Sequence[str],
    given: Mapping[str, str],
    now: dt.datetime,
) -> tuple[dict[str, StoredWork], dict[str, str]]:
    """The works to ask about and the shelf of those that are asked with their shelf."""
    shelf_of = {key: name for name, (_, members) in leases.items() for key in members}
    found = works.find([*shelf_of, *single])
    if source.agencies:
        found = agencies.told(found, now)
    stored = {
        key: work
        for key, work in found.items()
        if source.asks_about(work.work, given) and shelf_of.get(key) in (None, work.shelf)
    }
    return stored, {key: shelf for key, shelf in shelf_of.items() if key in stored}


def _keep(
    collected: Collected,
    stored: Mapping[str, StoredWork],
    shelf_of: Mapping[str, str],
    leases: Mapping[str, tuple[Lease, frozenset[str]]],
    asked: Asked,
) -> int:
    """Keep the results, then mark shelves of which nothing failed or is left as asked."""
    broken = {shelf_of.get(key) for key in [*collected.failed, *collected.left]}
    whole = {shelf for shelf in shelf_of.values() if shelf not in broken}
    on_shelf = {k: r for k, r in collected.results.items() if shelf_of.get(k) in whole}
    alone = {k: r for k, r in collected.results.items() if shelf_of.get(k) not in whole}
    written = results.keep(on_shelf, stored, asked, confirm=False)
    written += results.keep(alone, stored, asked, confirm=True)
    for name in sorted(whole):
        shelves.mark_asked(name, asked.source, asked.at)
    _ask_with_what_was_learned(collected.results, stored, asked)
    return written


def _ask_with_what_was_learned(
    found: Mapping[str, Result], stored: Mapping[str, StoredWork], asked: Asked
) -> None:
    """Make shelves due at sources that can use an identifier which answers revealed, for works
    of which these have said nothing.

    It goes by what is missing, not by what is new: a job that died after it had written the
    identifiers does this when it is repeated.
    """
    telling = [key for key, result in found.items() if result.identifiers]
    hastened = False
    for row in source_rows.on_shelves() if telling else []:
        if row.name == asked.source or row.name not in sources.names():
            continue
        source = sources.get(row.name)
        useful = {*source.needs, *source.profits_from}
        waiting = {
            stored[key].shelf
            for key in telling
            if useful & found[key].identifiers.keys() and row.name not in stored[key].numbers
        }
        for shelf in waiting:
            hastened |= shelves.hasten(row.name, shelf, asked.at)
    if hastened:
        queues.wake_schedule()


def _follow_up(
    job: Job,
    row: SourceRow,
    source: Source,
    client: HttpClient,
    collected: Collected,
    shelf_of: Mapping[str, str],
    leases: Mapping[str, tuple[Lease, frozenset[str]]],
    now: dt.datetime,
) -> None:
    """Alerts, pauses, and what is left goes back to the queue."""
    if collected.failed:
        failures.refused(row, collected.failed, now)
        again = shelves.time_text(now + _DAY)
        for name in {shelf_of[key] for key in collected.failed if key in shelf_of}:
            lease = leases[name][0]
            if again < lease.to:
                shelves.move(source.name, name, lease.to, again)
    stopped = collected.stopped_by
    delay = 0
    if isinstance(stopped, RateLimited | Unavailable):
        delay = failures.hold(row, stopped, job.tries, now)
    elif collected.results:
        failures.recovered(row)
    failures.heed_limits(row, client.limits, now)
    if collected.left:
        _send_left(job, collected, shelf_of, leases, max(delay, int(client.wait_seconds())))


def _send_left(
    job: Job,
    collected: Collected,
    shelf_of: Mapping[str, str],
    leases: Mapping[str, tuple[Lease, frozenset[str]]],
    delay: int,
) -> None:
    """Send what is left as a job: untouched shelves whole, the rest work by work."""
    left = set(collected.left)
    touched = {shelf_of[key] for key in [*collected.results, *collected.failed] if key in shelf_of}
    whole = {shelf_of[key] for key in left if key in shelf_of} - touched
    rest = dataclasses.replace(
        job,
        id=secrets.token_hex(6),
        shelves={name: leases[name][0] for name in whole},
        works=sorted(key for key in left if shelf_of.get(key) not in whole),
        tries=job.tries + _fruitless(collected),
    )
    _send(rest, delay)


def _send(rest: Job, delay: int) -> None:
    """Send what is left of a job after a delay; after too many tries it is given up."""
    if rest.tries >= MAXIMUM_TRIES:
        queues.send([(rest, 0)], queue=queues.DEAD)
        return
    jitter = random.randint(0, max(1, delay // 10)) if delay else 0
    queues.send([(rest, min(delay + jitter, MAXIMUM_DELAY_SECONDS))])


def _fruitless(collected: Collected) -> bool:
    """Whether the job got nowhere. Running out of time or a 429 is not its failure, and one
    that brought some numbers may go on with the rest as often as it takes."""
    stopped = collected.stopped_by
    return not (stopped is None or isinstance(stopped, RateLimited) or collected.results)
