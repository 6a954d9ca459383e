"""Shelves that come due one by one are asked together; what is due already is not moved."""

import datetime as dt

import pytest

from chalicelib import planner, queues, sources
from chalicelib.store import shelves
from chalicelib.store import sources as source_rows
from chalicelib.store.tables import ShelfItem

NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def sent(tables, monkeypatch):
    """The jobs that are sent."""
    jobs = []
    monkeypatch.setattr(queues, "send", lambda batch: jobs.extend(batch) or len(batch))
    return jobs


def install(*names):
    for name in names:
        source_rows.put(source_rows.row_of(sources.get(name), NOW))


def shelf(name, works, due_at, source="crossref"):
    """A shelf of works that are older than a year."""
    members = {f"doi:10.5555/{name}.{number}" for number in range(works)}
    ShelfItem(name, shelves.WORKS, members=members, youngest="2014-03-01").save()
    shelves.put_due([(name, source)], due_at)


def asked_together(sent):
    [(job, _)] = sent
    return set(job.shelves)


def test_a_batch_is_filled_up_with_what_comes_due_next(sent):
    install("crossref")
    shelf("due", 2, NOW - DAY)
    shelf("soon", 20, NOW + DAY)
    shelf("too-large", 40, NOW + 2 * DAY)
    shelf("later", 28, NOW + 9 * DAY)
    shelf("no-room", 1, NOW + 10 * DAY)
    [planned] = planner.plan(NOW)
    assert asked_together(sent) == {"due", "soon", "later"}
    assert planned.works == 50


def test_nothing_is_asked_while_nothing_is_due(sent):
    install("crossref")
    shelf("soon", 20, NOW + DAY)
    planner.plan(NOW)
    assert sent == []


def test_a_full_batch_is_not_filled_up(sent):
    install("crossref")
    shelf("due", 50, NOW)
    shelf("soon", 1, NOW + DAY)
    planner.plan(NOW)
    assert asked_together(sent) == {"due"}


def test_a_source_that_asks_work_by_work_fills_nothing_up(sent):
    install("hypothesis")
    shelf("due", 3, NOW, "hypothesis")
    shelf("soon", 1, NOW + DAY, "hypothesis")
    planner.plan(NOW)
    assert asked_together(sent) == {"due"}


@pytest.mark.parametrize(("hours_ago", "fills"), [(0, False), (11, False), (13, True)])
def test_what_was_asked_lately_rests(sent, hours_ago, fills):
    install("crossref")
    shelf("due", 2, NOW)
    shelf("asked", 2, NOW - dt.timedelta(hours=hours_ago) + 30 * DAY)
    planner.plan(NOW)
    assert ("asked" in asked_together(sent)) == fills


def test_what_fills_up_is_due_again_after_its_interval_and_no_random_time(sent, monkeypatch):
    monkeypatch.setattr("random.random", lambda: 0.5)
    install("crossref")
    shelf("due", 2, NOW)
    shelf("soon", 2, NOW + DAY)
    planner.plan(NOW)
    [(job, delay)] = sent
    runs_at = NOW + dt.timedelta(seconds=delay)
    assert job.shelves["soon"].seen == shelves.time_text(NOW + DAY)
    assert job.shelves["soon"].to == shelves.time_text(runs_at + 30 * DAY)
    assert job.shelves["due"].to == shelves.time_text(runs_at + 31.5 * DAY)
    assert dict(shelves.due("crossref", NOW + 90 * DAY)) == {
        name: lease.to for name, lease in job.shelves.items()
    }


def test_many_shelves_are_made_due_and_those_that_are_stay_as_they_are(tables):
    before, later = NOW - DAY, NOW + DAY
    shelf("a", 1, before)
    shelf("b", 1, later)
    ShelfItem("c", shelves.WORKS, members={"doi:10.5555/c"}, youngest="2014-03-01").save()
    assert shelves.hasten_all(["crossref"], ["a", "b", "c"], NOW) == 2
    assert dict(shelves.due("crossref", NOW)) == {
        "a": shelves.time_text(before),
        "b": shelves.time_text(NOW),
        "c": shelves.time_text(NOW),
    }
    assert shelves.hasten_all(["crossref"], ["a", "b", "c"], NOW) == 0
    assert shelves.hasten_all([], ["a"], NOW) == shelves.hasten_all(["crossref"], [], NOW) == 0


def test_all_tables_share_a_client(tables):
    from chalicelib.store.tables import MODELS, connection

    assert {id(model._get_connection().connection) for model in MODELS} == {id(connection())}
