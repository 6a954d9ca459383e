"""From what is due to what is kept: planner, queue, worker and store against our providers.

Time is simulated: jobs run at the moment that their delay leads to.
"""

import contextlib
import dataclasses
import datetime as dt
import itertools

import pytest

from chalicelib import intake, planner, settings, sources, worker
from chalicelib.errors import ConfigurationError, Malformed, Unavailable
from chalicelib.model import PartialDate, Work
from chalicelib.store import alerts, evidence, lists, numbers, shelves, works
from chalicelib.store import sources as source_rows
from infra.local.providers.server import ProviderServer
from infra.local.providers.world import expected
from tests.simulated import NOW, Queue, _fast, install, providers, queue

__all__ = ["Queue", "_fast", "providers", "queue"]

BATCHING = ("crossref", "openalex", "pubmed")


#: The sources that our provider server answers about works.
ASKED = [name for name in sources.on_by_default() if sources.get(name).kind == "works"]


def sample(count, months=1):
    made = []
    for number in range(count):
        month = number % months
        made.append(
            Work(
                key=f"doi:10.5555/w{number}",
                doi=f"10.5555/W{number}",
                title=f"Work {number}",
                issued=PartialDate(2010 + month // 12, month % 12 + 1),
            )
        )
    return made


def add(given):
    for start in range(0, len(given), 100):
        intake.add(given[start : start + 100], NOW)


def totals(source):
    found = works.find(
        key for shelf in shelves.read(shelves.names()).values() for key in shelf.members
    )
    return {key: numbers.total(stored.numbers.get(source)) for key, stored in found.items()}


def collect_all(queue, ticks=4):
    for tick in range(ticks):
        queue.now = NOW + dt.timedelta(seconds=900 * tick)
        planner.plan(queue.now)
        queue.run_until(NOW + dt.timedelta(seconds=900 * (tick + 1)))


def test_every_source_ends_with_the_numbers_of_the_providers(queue):
    install(*ASKED)
    given = sample(33, months=3)
    add(given)
    collect_all(queue, ticks=2)
    found = works.find(work.key for work in given)
    for name in ASKED:
        for work in given:
            stored = found[work.key]
            wanted = expected(name, work.doi, stored.work.pmid)
            kept = numbers.total(stored.numbers.get(name))
            assert kept == wanted, (name, work.doi)
    assert any(value for value in totals("crossref").values())


def test_pmids_that_one_source_reveals_serve_the_others_at_once(queue):
    install("pubmed", "icite")
    given = sample(60)
    add(given)
    collect_all(queue, ticks=2)
    assert queue.woken == 1
    found = works.find(work.key for work in given)
    with_pmid = [stored for stored in found.values() if stored.work.pmid]
    assert with_pmid
    for stored in with_pmid:
        wanted = expected("icite", stored.work.doi, stored.work.pmid)
        assert numbers.total(stored.numbers.get("icite")) == wanted


def test_providers_that_batch_get_few_calls(queue, providers):
    """One call per 40 works at most, with works spread over eight years; full shelves, which are
    easier, are measured by the bench."""
    count = 160
    install(*BATCHING)
    add(sample(count, months=96))
    collect_all(queue, ticks=1)
    for name in BATCHING:
        assert sum(value is not None for value in totals(name).values()) > 0
        calls = sum(report_calls for report_calls in _calls(name))
        assert calls / count <= 1 / 40, name


def _calls(name):
    day = lists.day_stats(NOW.date(), [name])[name]
    return [day.get("calls", 0)]


def test_faults_of_providers_change_no_number(tables, monkeypatch):
    """429s with Retry-After, 500s and 404s go away; the numbers are those without faults."""
    with ProviderServer(rate_429=0.15, rate_500=0.15, seed=3) as server:
        configured = dataclasses.replace(settings.load(), providers_url=server.url)
        monkeypatch.setattr(settings, "load", lambda: configured)
        queue = Queue(monkeypatch)
        names = ("crossref", "opencitations", "hypothesis", "wikipedia")
        install(*names)
        given = sample(30)
        add(given)
        collect_all(queue, ticks=12)
        statuses = server.calls()["statuses"].values()
        assert any("429" in counts for counts in statuses)
        assert any("500" in counts for counts in statuses)
    assert not queue.dead
    found = works.find(work.key for work in given)
    for name in names:
        for work in given:
            assert numbers.total(found[work.key].numbers.get(name)) == expected(name, work.doi)


def test_a_job_delivered_twice_asks_and_counts_once_more_but_changes_nothing(queue):
    install("crossref")
    add(sample(60))
    planner.plan(NOW)
    [(_, job)] = queue.sent
    queue.run_until(NOW + dt.timedelta(seconds=900))
    before = totals("crossref"), lists.stats("crossref")
    worker.run(job, NOW + dt.timedelta(seconds=60), lambda: 900.0)
    assert (totals("crossref"), lists.stats("crossref")) == before


def test_a_job_whose_shelf_another_job_holds_is_dropped(queue, providers):
    install("crossref")
    add(sample(60))
    planner.plan(NOW)
    [(_, job)] = queue.sent
    for name, lease in job.shelves.items():
        shelves.move("crossref", name, lease.to, "2027-01-01T00:00:00Z")
    report = worker.run(job, NOW, lambda: 900.0)
    assert report.outcome == "nothing to ask"
    assert providers.calls()["calls"] == {}


def test_a_schedule_that_dies_after_sending_loses_no_shelf(queue, monkeypatch):
    """The worker takes the lease that the schedule did not come to; the next tick sends none."""
    install("crossref")
    add(sample(60))
    with monkeypatch.context() as patched:
        patched.setattr(shelves, "move", lambda *_: pytest.fail("died"))
        with pytest.raises(pytest.fail.Exception):
            planner.plan(NOW)
    assert len(list(shelves.due("crossref", NOW))) == 2
    queue.run_until(NOW + dt.timedelta(seconds=900))
    assert None not in totals("crossref").values()
    assert list(shelves.due("crossref", NOW + dt.timedelta(days=1))) == []


@pytest.mark.parametrize("dies_at", [0, 5, 11])
def test_a_worker_that_dies_halfway_is_repeated_without_harm(queue, monkeypatch, dies_at):
    install("crossref")
    add(sample(12))
    planner.plan(NOW)
    queue.run_until(NOW + dt.timedelta(seconds=900))
    undisturbed = totals("crossref"), _rows("crossref")

    queue.sent.clear()
    again = sample(24)[12:]
    add(again)
    [(_, job)] = queue.sent
    steps = itertools.count()

    class Died(BaseException):
        pass

    write = works.WorkItem.update

    def dying(self, *args, **kwargs):
        if next(steps) == dies_at:
            raise Died
        return write(self, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(works.WorkItem, "update", dying)
        with contextlib.suppress(Died):
            worker.run(job, NOW, lambda: 900.0)
    worker.run(job, NOW + dt.timedelta(seconds=300), lambda: 900.0)
    for work in again:
        assert totals("crossref")[work.key] == expected("crossref", work.doi)
    assert undisturbed[0].items() <= totals("crossref").items()
    positive = [value for value in totals("crossref").values() if value]
    assert len(_rows("crossref")) == len(positive)
    stats = lists.stats("crossref")
    assert stats.get("events", 0) == sum(positive)


def test_pubmed_is_asked_again_with_pmids_that_its_converter_does_not_know(queue):
    install("pubmed")
    given = sample(60)
    add(given)
    collect_all(queue, ticks=1)
    install("openalex")
    for shelf in shelves.names():
        shelves.hasten("openalex", shelf, NOW)
    collect_all(queue, ticks=2)
    for key, stored in works.find(work.key for work in given).items():
        wanted = expected("pubmed", stored.work.doi, stored.work.pmid)
        assert numbers.total(stored.numbers.get("pubmed")) == wanted, key


def test_a_worker_that_dies_after_writing_a_pmid_still_has_it_used(queue, monkeypatch):
    install("pubmed", "icite")
    add(sample(60))
    planner.plan(NOW)
    jobs = [job for _, job in queue.sent if job.source == "pubmed"]
    with monkeypatch.context() as patched:
        patched.setattr(shelves, "mark_asked", lambda *_: pytest.fail("died"))
        with pytest.raises(pytest.fail.Exception):
            worker.run(jobs[0], NOW, lambda: 900.0)
    collect_all(queue, ticks=2)
    asked = {key for key, value in totals("icite").items() if value is not None}
    found = works.find(totals("icite"))
    assert asked == {key for key, stored in found.items() if stored.work.pmid} != set()


def _rows(source):
    return {key for bucket in range(1, 40) for key in lists.rank_rows(source, bucket)}


def test_few_new_works_are_asked_about_at_once(queue):
    install("crossref", "pmceuropedata")
    add(sample(60))
    planner.plan(NOW)
    queue.run_until(NOW + dt.timedelta(seconds=900))
    queue.sent.clear()
    new = Work(key="doi:10.5555/new", doi="10.5555/new", title="N", issued=PartialDate(2026, 11))
    intake.add([new], queue.now)
    [(at, job)] = queue.sent  # pmceuropedata needs a PMID: no job is made for it
    assert (job.source, list(job.works)) == ("crossref", ["doi:10.5555/new"])
    assert (at - queue.now).total_seconds() <= 2
    queue.run_until(NOW + dt.timedelta(seconds=1800))
    assert totals("crossref")["doi:10.5555/new"] == expected("crossref", "10.5555/new")
    due = dict(shelves.due("crossref", queue.now))
    assert due == {}


def test_without_a_contact_nothing_is_asked(queue, monkeypatch):
    install("crossref")
    silent = dataclasses.replace(settings.load(), contact_email="")
    monkeypatch.setattr(settings, "load", lambda: silent)
    assert intake.add(sample(3), NOW) == ["created"] * 3
    assert queue.sent == []
    with pytest.raises(ConfigurationError, match="LAGOTTO_CONTACT_EMAIL"):
        planner.plan(NOW)


def test_the_rate_holds_over_ticks(queue):
    install("opencitations")
    source_rows.change(
        "opencitations", lambda row: dataclasses.replace(row, settings={"rate_limiting": "400"})
    )
    add(sample(200, months=20))
    for tick in range(3):
        queue.now = NOW + dt.timedelta(seconds=900 * tick)
        planner.plan(queue.now)
    before = 0
    for at, job in sorted(queue.sent, key=lambda pair: pair[0]):
        assert (at - NOW).total_seconds() >= before * 9 - 1
        held = shelves.read(job.shelves)
        before += sum(len(shelf.members) for shelf in held.values())
    assert 0 < before <= 300


def test_no_source_is_asked_while_it_is_paused(queue):
    install("crossref")
    add(sample(60))
    until = NOW + dt.timedelta(hours=2)
    source_rows.change(
        "crossref", lambda row: dataclasses.replace(row, paused_until=until, pause_reason="429")
    )
    planner.plan(NOW)
    assert queue.sent == []
    planner.plan(until)
    assert len(queue.sent) == 1


def test_a_job_of_a_paused_source_waits_or_comes_due_after_the_pause(queue, providers):
    install("crossref")
    add(sample(60))
    planner.plan(NOW)
    [(_, job)] = queue.sent
    queue.waiting.clear()
    for hours, sent in ((0.5, 1), (5, 0)):
        until = NOW + dt.timedelta(hours=hours)
        source_rows.change(
            "crossref", lambda row, until=until: dataclasses.replace(row, paused_until=until)
        )
        queue.sent.clear()
        assert "429" not in worker.run(job, NOW, lambda: 900.0).outcome
        assert len(queue.sent) == sent
    assert dict(shelves.due("crossref", until)).keys() == set(job.shelves)
    assert providers.calls()["calls"] == {}


class _Failing:
    """Makes a source raise what a test wants."""

    def __init__(self, monkeypatch, name, *errors):
        self.errors = list(errors)
        collect = sources.get(name).collect
        monkeypatch.setattr(
            sources.get(name), "collect", lambda *given: self.next_or(collect, *given)
        )

    def next_or(self, collect, *given):
        if self.errors:
            error = self.errors.pop(0)
            if error is not None:
                raise error
        return collect(*given)


def test_a_provider_that_is_down_ends_in_a_dead_letter_and_an_alert(queue, monkeypatch):
    install("crossref")
    add(sample(60))
    planner.plan(NOW)
    _Failing(monkeypatch, "crossref", *[Unavailable("503", status=503)] * 99)
    queue.run_until(NOW + dt.timedelta(hours=3))
    delays = [(at - NOW).total_seconds() for at, _ in queue.sent]
    gaps = [after - before for before, after in itertools.pairwise(delays)]
    assert len(gaps) == 4 and gaps == sorted(gaps) and gaps[0] >= 60
    [dead] = queue.dead
    assert None in totals("crossref").values()
    worker.dead(dead, queue.now)
    found = list(alerts.find("source#crossref"))
    assert found[0].class_name == "DeadLetterError"
    assert {alert.class_name for alert in found[1:]} == {"Net::HTTPServiceUnavailable"}
    assert len(dict(shelves.due("crossref", queue.now + dt.timedelta(days=1)))) == 2
    monkeypatch.undo()


def test_an_unreadable_answer_is_kept_alerted_and_asked_again_in_a_day(queue, monkeypatch):
    install("crossref")
    add(sample(20))
    _Failing(monkeypatch, "crossref", Malformed("no JSON", body=b"<html>", status=200))
    intake.add([], NOW)
    planner.refresh(NOW)
    queue.waiting.clear()
    planner.plan(NOW)
    queue.run_until(NOW + dt.timedelta(seconds=900))
    [alert] = alerts.find("source#crossref")
    assert (alert.class_name, alert.details) == ("MalformedAnswerError", b"<html>")
    assert set(totals("crossref").values()) == {None}
    assert shelves.due_later("crossref")[0][1] <= "2026-11-23T12:20:00Z"


def test_too_many_failures_open_the_breaker_and_a_success_closes_it(queue, monkeypatch):
    install("crossref")
    source_rows.change(
        "crossref",
        lambda row: dataclasses.replace(
            row, settings={"max_failed_queries": "2", "rate_limiting": "1000000"}
        ),
    )
    add(sample(60))
    planner.plan(NOW)
    _Failing(monkeypatch, "crossref", *[Unavailable("502", status=502)] * 6)
    queue.run_until(NOW + dt.timedelta(minutes=12))
    row = source_rows.get("crossref")
    assert row.state == "disabled" and row.disabled_until > NOW
    classes = [alert.class_name for alert in alerts.find("source#crossref")]
    assert classes.count("TooManyErrorsBySourceError") == 1
    fatal = next(a for a in alerts.find("source#crossref") if a.level == alerts.FATAL)
    assert fatal.message == "CrossRef has exceeded maximum failed queries. Disabling the source."
    planner.plan(queue.now)
    asked_before = len(queue.sent)
    planner.plan(queue.now)
    assert len(queue.sent) == asked_before
    queue.run_until(NOW + dt.timedelta(hours=9))
    assert source_rows.get("crossref").state == "waiting"
    assert None not in totals("crossref").values()


def test_a_number_leads_to_the_answer_it_came_from(queue):
    install("crossref")
    add(sample(60))
    planner.plan(NOW)
    queue.run_until(NOW + dt.timedelta(seconds=900))
    stored = works.find(["doi:10.5555/w1"])["doi:10.5555/w1"]
    kept = numbers.decode(stored.numbers["crossref"])
    document = evidence.get_object(evidence.object_key("crossref", kept.asked_at, kept.evidence))
    assert document["source"] == "crossref"
    [first, *_] = document["exchanges"]
    assert first["url"].startswith("https://api.crossref.org/works")
    assert "is-referenced-by-count" in first["body"]


def test_a_shelf_is_asked_at_once_and_unchanged_numbers_are_not_written(queue, monkeypatch):
    install("crossref")
    add(sample(50))
    planner.plan(NOW)
    queue.run_until(NOW + dt.timedelta(seconds=900))
    later = NOW + dt.timedelta(days=40)
    queue.now = later
    planner.plan(later)
    monkeypatch.setattr(
        works.WorkItem, "update", lambda *_, **__: pytest.fail("an unchanged number was written")
    )
    queue.run_until(later + dt.timedelta(seconds=900))
    asked = shelves.asked(["2010-01#0000"])["2010-01#0000"]["crossref"]
    assert asked >= later.timestamp()


def test_a_spent_budget_rests_the_source_until_it_is_full_again(tables, monkeypatch):
    with ProviderServer(openalex_budget=3) as server:
        configured = dataclasses.replace(settings.load(), providers_url=server.url)
        monkeypatch.setattr(settings, "load", lambda: configured)
        queue = Queue(monkeypatch)
        install("openalex")
        add(sample(60))
        planner.plan(NOW)
        queue.run_until(NOW + dt.timedelta(seconds=900))
    row = source_rows.get("openalex")
    assert row.paused_until > NOW
    assert "budget" in row.pause_reason


@pytest.mark.parametrize("message", ["", "null", "[]", '{"id": 1}', '{"shelves": 3}'])
def test_a_message_that_is_no_job_ends_as_an_alert(queue, message):
    with pytest.raises(ValueError, match="no job"):
        worker.receive(message, NOW, lambda: 900.0)
    worker.receive_dead(message, NOW)
    [alert] = alerts.find(alerts.SYSTEM)
    assert alert.class_name == "UnreadableLetterError"
