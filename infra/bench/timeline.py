"""The queue and the clock of a measurement: months of schedule and workers in seconds.

Jobs run at the moment that their delay leads to; nobody waits, neither for the queue nor for
the pace between calls.
"""

import dataclasses
import datetime as dt
import functools
import heapq
import itertools
import math
import time
from collections.abc import Iterable, Sequence
from typing import Any

from chalicelib import planner, queues, worker
from chalicelib.client import HttpClient
from chalicelib.collect import Collected, collect
from chalicelib.model import Job, Work
from chalicelib.schedule import TICK_SECONDS
from chalicelib.source import Source
from chalicelib.store import results, shelves


@dataclasses.dataclass(slots=True)
class Ran:
    """What the jobs came to that ran. ``asked`` are works that sources were asked about; a
    source can know nothing of some, so there are fewer results. ``cpu_ms`` is the processor
    time of the workers, without what other threads (the providers) use."""

    jobs: int = 0
    asked: int = 0
    results: int = 0
    written: int = 0
    dead: int = 0
    cpu_ms: float = 0
    outcomes: set[str] = dataclasses.field(default_factory=set)


class Timeline:
    """Takes the queue's place in this process, from ``now`` on.

    ``keeps`` false leaves out what workers write about the works: calls can be counted
    without.
    """

    def __init__(self, now: dt.datetime, *, keeps: bool = True) -> None:
        self.now = now
        self.ran = Ran()
        self._waiting: list[tuple[dt.datetime, int, Job]] = []
        self._order = itertools.count()
        self._slept_seconds = 0.0
        self._woken = False
        queues.send = self._send
        queues.wake_schedule = self._wake
        worker.collect = self._collect
        if not keeps:
            results.keep = shelves.mark_asked = _keep_nothing
        worker.HttpClient = functools.partial(
            HttpClient, sleep=self._sleep, clock=lambda: time.monotonic() + self._slept_seconds
        )

    def tick(self, only: Sequence[str] = ()) -> None:
        """Run the schedule, and then the workers until its next tick."""
        planner.plan(self.now, only)
        self._run_until(self.now + dt.timedelta(seconds=TICK_SECONDS))

    def run_until(self, end: dt.datetime, only: Sequence[str]) -> None:
        """Tick until a time, leaving out the ticks at which nothing is due or waits."""
        while self.now < end:
            self.tick(only)
            following = [at for at, *_ in self._waiting[:1]]
            for name in only:
                following += [
                    dt.datetime.fromisoformat(due_at) for _, due_at in shelves.due_later(name)
                ]
            if not following:
                break
            ticks = math.ceil((min(following) - self.now).total_seconds() / TICK_SECONDS)
            self.now += dt.timedelta(seconds=max(ticks, 0) * TICK_SECONDS)

    def _run_until(self, end: dt.datetime) -> None:
        while self._waiting and self._waiting[0][0] < end:
            self.now, _, job = heapq.heappop(self._waiting)
            began = time.thread_time()
            report = worker.run(job, self.now, lambda: 900.0)
            self.ran.cpu_ms += (time.thread_time() - began) * 1000
            self.ran.jobs += 1
            self.ran.results += report.asked
            self.ran.written += report.written
            self.ran.outcomes.add(report.outcome)
            if self._woken:
                self._woken = False
                planner.plan(self.now)
        self.now = end

    def _send(self, jobs: Iterable[tuple[Job, int]], queue: str = queues.FETCH) -> int:
        sent = 0
        for job, delay in jobs:
            sent += 1
            if queue == queues.DEAD:
                self.ran.dead += 1
                continue
            at = self.now + dt.timedelta(seconds=delay)
            heapq.heappush(self._waiting, (at, next(self._order), Job.of_json(job.as_json())))
        return sent

    def _wake(self) -> None:
        self._woken = True

    def _collect(self, source: Source, works: Sequence[Work], *rest: Any) -> Collected:
        self.ran.asked += len(works)
        return collect(source, works, *rest)

    def _sleep(self, seconds: float) -> None:
        self._slept_seconds += seconds


def _keep_nothing(*_: Any, **__: Any) -> int:
    return 0
