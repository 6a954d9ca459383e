"""The queue and the worker Lambda in simulated time, against our provider server.

The worker may do there what its policy allows.
"""

import dataclasses
import datetime as dt
import heapq
import itertools

import pytest

from chalicelib import queues, settings, sources, worker
from chalicelib.model import Job
from chalicelib.store import sources as source_rows
from infra.local.providers.server import ProviderServer
from tests.rights import acting_as

NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)


class Queue:
    """Holds what is sent until its time comes, and runs it as the worker Lambda would."""

    def __init__(self, monkeypatch):
        self.waiting = []
        self.dead = []
        self.now = NOW
        self.sent = []
        self._order = itertools.count()
        self.woken = 0
        monkeypatch.setattr(queues, "send", self.send)
        monkeypatch.setattr(queues, "wake_schedule", self.wake)

    def wake(self):
        self.woken += 1

    def send(self, jobs, queue=queues.FETCH):
        jobs = list(jobs)
        for job, delay in jobs:
            assert 0 <= delay <= 900
            message = Job.of_json(job.as_json())
            if queue == queues.DEAD:
                self.dead.append(message)
                continue
            at = self.now + dt.timedelta(seconds=delay)
            self.sent.append((at, message))
            heapq.heappush(self.waiting, (at, next(self._order), message))
        return len(jobs)

    def run_until(self, end):
        reports = []
        while self.waiting and self.waiting[0][0] <= end:
            self.now, _, job = heapq.heappop(self.waiting)
            with acting_as("worker"):
                reports.append(worker.run(job, self.now, lambda: 900.0))
        self.now = end
        return reports


@pytest.fixture
def providers():
    with ProviderServer() as server:
        yield server


@pytest.fixture
def queue(tables, providers, monkeypatch):
    configured = dataclasses.replace(settings.load(), providers_url=providers.url)
    monkeypatch.setattr(settings, "load", lambda: configured)
    return Queue(monkeypatch)


@pytest.fixture(autouse=True)
def _fast(monkeypatch):
    """Provider calls without the pace between them."""
    monkeypatch.setattr("chalicelib.client.HttpClient._keep_pace", lambda client: None)


def install(*names):
    for name in names:
        row = source_rows.row_of(sources.get(name), NOW)
        source_rows.put(dataclasses.replace(row, settings={"rate_limiting": "1000000"}))
