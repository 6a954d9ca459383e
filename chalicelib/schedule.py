"""When a shelf is due again, and how jobs share out a tick. Pure.

The tick is 15 minutes because SQS delays a message by at most 15 minutes. The calls of one
tick are spread evenly over it, and no more are sent than fit: the rate holds without token
buckets or locks.
"""

import dataclasses
import datetime as dt
import math
from collections.abc import Callable, Iterable

TICK_SECONDS = 900
#: The longest delay of an SQS message.
MAXIMUM_DELAY_SECONDS = 900
#: A shelf holds up to this many works that were published in the same month.
SHELF_SIZE = 50
#: A job holds whole batches up to this many works: fewer messages, invocations, counters and
#: evidence objects for the same calls, and sparse shelves fill the batches better …
JOB_WORKS = 200
#: … but no more than its source's pace allows in this time, well below a Lambda's 15 minutes,
#: unless that is less than a shelf.
JOB_SECONDS = 240

_DAY_SECONDS = 86400
#: How many open jobs a shelf is tried on, so that packing stays linear.
_OPEN_JOBS = 50


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Staleness:
    """How long a number may stand, by age of the work, in seconds (sources.md 3.1)."""

    week_seconds: int = _DAY_SECONDS
    month_seconds: int = _DAY_SECONDS
    year_seconds: int = 648000
    all_seconds: int = 30 * _DAY_SECONDS

    def interval_seconds(self, age_days: int) -> int:
        """The interval for a work of this age; negative ages (future dates) count as old."""
        if 0 <= age_days <= 7:
            return self.week_seconds
        if 8 <= age_days <= 31:
            return self.month_seconds
        if 32 <= age_days <= 365:
            return self.year_seconds
        return self.all_seconds


def next_due(
    now: dt.datetime, published: dt.date, staleness: Staleness, random: Callable[[], float]
) -> dt.datetime:
    """When to ask again: the interval by age plus up to 10 % of it at random.

    ``random`` returns a number from 0 to below 1 (sources.md 13).
    """
    interval = staleness.interval_seconds((now.date() - published).days)
    return now + dt.timedelta(seconds=interval + int(random() * interval / 10))


def job_works(batch_size: int, seconds_per_batch: float) -> int:
    """How many works a job of a source may hold: whole batches of it."""
    batches = min(JOB_WORKS // batch_size, int(JOB_SECONDS / seconds_per_batch))
    return max(batches, SHELF_SIZE // batch_size, 1) * batch_size


def job_calls(works: int, batch_size: int, calls_per_batch: int) -> int:
    """How many calls a job of so many works takes in the common case."""
    return math.ceil(works / batch_size) * calls_per_batch


def pack(shelves: Iterable[tuple[str, int]], capacity: int) -> list[list[str]]:
    """Whole shelves put together into jobs of at most ``capacity`` works: first fit.

    ``shelves`` are (shelf, number of works). At most one job stays half empty or emptier.
    """
    jobs: list[list[str]] = []
    room: list[int] = []
    open_from = 0
    for shelf, size in shelves:
        for index in range(max(open_from, len(jobs) - _OPEN_JOBS), len(jobs)):
            if size <= room[index]:
                jobs[index].append(shelf)
                room[index] -= size
                break
        else:
            jobs.append([shelf])
            room.append(capacity - size)
        while open_from < len(room) and room[open_from] <= 0:
            open_from += 1
    return jobs


@dataclasses.dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of a source's time: calls made from ``start`` on keep its pace."""

    start: dt.datetime
    seconds_per_call: float

    def calls_until(self, end: dt.datetime) -> int:
        """How many calls fit before ``end``."""
        return max(0, int((end - self.start).total_seconds() / self.seconds_per_call))

    def after(self, calls: int) -> dt.datetime:
        """When the time of so many calls is used up."""
        return self.start + dt.timedelta(seconds=calls * self.seconds_per_call)

    def delay_seconds(self, calls_before: int, now: dt.datetime) -> int:
        """The delay of a job that comes after so many calls; rounded up, at most 900."""
        delay = math.ceil((self.after(calls_before) - now).total_seconds())
        return min(max(delay, 0), MAXIMUM_DELAY_SECONDS)
