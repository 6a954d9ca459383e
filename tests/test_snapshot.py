"""Counts over all works, counters that are mended, and what sources and status show of them."""

import dataclasses
import datetime as dt

import pytest

from chalicelib import overview, recount, snapshot
from chalicelib.lagotto import ResponseCounts, UpdateCounts
from chalicelib.model import Metrics, Result
from chalicelib.snapshot import SourceCounts, Updates
from chalicelib.store import alerts, keys, lists, requests, shelves, snapshots, sources
from chalicelib.store.alerts import Alert
from chalicelib.store.requests import ApiRequest
from tests.visiting import add, install, keep, work

NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
MIDNIGHT = NOW.replace(hour=0)
NONE = Result(metrics=Metrics.of(citations=0))


@pytest.fixture(autouse=True)
def _library(tables):
    install("crossref", "CrossRef", "cited")
    install("pubmed", "PubMed", "cited")
    add(
        *(work(f"10.5555/{number}", f"2026-0{number}-01") for number in range(1, 8)),
        at=NOW - 90 * DAY,
    )


def counts(source="crossref"):
    taken = snapshot.latest()
    assert taken is not None
    return taken.sources[source]


def test_works_are_counted_by_when_they_were_asked_about():
    keep("crossref", "10.5555/1", 5, at=NOW)
    keep("crossref", "10.5555/2", NONE, at=MIDNIGHT - DAY)
    keep("crossref", "10.5555/3", 5, at=MIDNIGHT - DAY - dt.timedelta(seconds=1))
    keep("crossref", "10.5555/4", NONE, at=MIDNIGHT - 31 * DAY)
    keep("crossref", "10.5555/5", 5, at=MIDNIGHT - 31 * DAY - dt.timedelta(seconds=1))
    keep("pubmed", "10.5555/1", 2, at=NOW)
    assert snapshot.take(NOW)
    assert counts().by_day == Updates(1, 1)
    assert counts().by_month == Updates(2, 2)
    assert counts("pubmed") == SourceCounts(7, 0, 1.0, Updates(1, 0), Updates(1, 0))


def test_a_shelf_that_was_asked_says_it_of_all_its_works_with_numbers():
    for number in (1, 2):
        keep("crossref", f"10.5555/{number}", number - 1 or NONE, at=NOW - 60 * DAY)
    for month in range(1, 8):
        shelves.mark_asked(f"2026-0{month}#0000", "crossref", NOW - DAY)
    assert snapshot.take(NOW)
    assert counts().by_day == counts().by_month == Updates(1, 1)


def test_a_shelf_says_nothing_of_works_that_came_later():
    shelves.mark_asked("2026-01#0000", "crossref", NOW)
    add(work("10.5555/8", "2026-01-09"), at=NOW + DAY)
    keep("crossref", "10.5555/8", 1, at=NOW - 60 * DAY)
    assert snapshot.take(NOW)
    assert counts().by_month == Updates()


def test_stale_and_queued_works():
    for month in (1, 2, 3):
        shelves.hasten("crossref", f"2026-0{month}#0000", NOW - DAY)
    for month in range(1, 8):
        row = f"2026-0{month}#0000"
        due = dict(shelves.due("pubmed", NOW + DAY))[row]
        shelves.move("pubmed", row, due, shelves.time_text(NOW + DAY))
    row = sources.get("pubmed")
    sources.change("pubmed", lambda seen: dataclasses.replace(seen, next_free_at=NOW + DAY / 8640))
    assert row is not None
    assert snapshot.take(NOW)
    # All shelves were opened due; pubmed's were moved, and ten seconds of it are spoken for.
    assert counts().stale == 7
    assert (counts("pubmed").stale, counts("pubmed").queued > 0) == (0, True)
    view = overview.source_view("pubmed", NOW)
    # At three calls a second these are ten jobs of three calls, one of which is worked on.
    assert (view.state, view.jobs_working, view.jobs_pending) == ("working", 1, 9)
    assert (view.queued_count, view.refreshed_count) == (7, 0)
    view = overview.source_view("crossref", NOW)
    assert (view.state, view.jobs_working, view.jobs_pending) == ("waiting", 0, 0)
    assert (view.refreshed_count, view.stale_count) == (0, 7)


def test_jobs_take_as_long_as_they_have_works_and_wait_where_nobody_is_asked():
    def spoken_for(seconds, **more):
        until = NOW + dt.timedelta(seconds=seconds)
        how = {"next_free_at": until, **more}
        sources.change("crossref", lambda seen: dataclasses.replace(seen, **how))
        overview.forget_cache()
        view = overview.source_view("crossref", NOW)
        return view.state, view.jobs_working, view.jobs_pending

    assert spoken_for(600) == ("working", 1, 0), "what a job is long is not known yet"
    # A call a second for fifty works each, of which a job holds two hundred, or as many as is set.
    for settings, job_seconds in (({}, 4), ({"job_batch_size": "100"}, 2)):
        spoken_for(600, settings={"rate_limiting": "3600", **settings})
        assert snapshot.take(NOW)
        assert counts().job_seconds == job_seconds
    assert spoken_for(2) == ("working", 1, 0)
    assert spoken_for(7) == ("working", 1, 3)
    assert spoken_for(6, state="disabled") == ("disabled", 0, 3)
    assert spoken_for(0) == ("disabled", 0, 0)


def test_a_snapshot_goes_on_where_its_time_was_up(monkeypatch):
    monkeypatch.setattr(snapshot, "CHUNK_SHELVES", 2)
    for number in range(1, 8):
        keep("crossref", f"10.5555/{number}", 1, at=NOW)
    left = [1000.0, 1000.0, 0.0]
    assert not snapshot.take(NOW, lambda: left.pop(0))
    assert snapshot.latest() is None
    assert snapshot.is_due(NOW)
    left = [1000.0, 1000.0, 1000.0, 0.0]
    assert not snapshot.take(NOW + dt.timedelta(minutes=15), lambda: left.pop(0))
    # Counted in the meantime are works of shelves that are done; they are not counted again.
    assert snapshot.take(NOW + dt.timedelta(minutes=30))
    assert counts().by_day == Updates(7, 0)
    assert snapshot.latest().at == NOW
    assert snapshots.get(snapshot.UNFINISHED)[0] is None


@pytest.mark.parametrize(
    ("works_count", "hours"), [(7, 1), (41_666, 1), (500_000, 12), (9_000_000, 24)]
)
def test_large_installations_take_fewer_snapshots(monkeypatch, works_count, hours):
    assert snapshot.is_due(NOW)
    assert snapshot.take(NOW)
    monkeypatch.setattr(lists, "counters", lambda _: {"2026-01": works_count})
    later = NOW + dt.timedelta(hours=hours)
    assert not snapshot.is_due(later - dt.timedelta(seconds=1))
    assert snapshot.is_due(later)


def test_counters_that_stay_wrong_are_mended():
    for number, total in ((1, 1), (2, 5), (3, 6)):
        keep("crossref", f"10.5555/{number}", total, at=NOW)
    right = lists.stats("crossref"), lists.counters("months#with#crossref")
    lists.add_to_stats("crossref", {"events": -6, "b03": -1, "b09": 2})
    lists.add_to_counter("months#with#crossref", "2026-03", -1)
    lists.add_to_counter("months#with#crossref", "2025-01", 4)
    wrong = {"events": 6, "b03": 1, "b09": -2, "2026-03": 1, "2025-01": -4}
    assert recount.drift("crossref") == wrong
    assert snapshot.take(NOW)
    assert lists.stats("crossref") != right[0]
    # A counter that is wrong by another amount now may just be being moved.
    lists.add_to_stats("crossref", {"b09": 1})
    assert snapshot.take(NOW + DAY)
    assert recount.drift("crossref") == {"b09": -3}
    assert snapshot.take(NOW + 2 * DAY)
    stats = {name: count for name, count in lists.stats("crossref").items() if count}
    assert (stats, lists.counters("months#with#crossref")) == right
    assert snapshot.take(NOW + 3 * DAY)
    assert recount.drift("crossref") == {}


def test_counters_that_move_while_they_are_counted_are_left_alone(monkeypatch):
    keep("crossref", "10.5555/1", 1, at=NOW)
    lists.add_to_stats("crossref", {"events": 1})
    rows = lists.rank_sorts

    def moving(source, bucket, limit=None):
        lists.add_to_stats(source, {"events": 1})
        return rows(source, bucket, limit)

    monkeypatch.setattr(lists, "rank_sorts", moving)
    assert recount.drift("crossref") == {}


def test_of_two_that_finish_together_one_mends(monkeypatch):
    keep("crossref", "10.5555/1", 1, at=NOW)
    lists.add_to_stats("crossref", {"events": 5})
    assert snapshot.take(NOW)
    mend = recount.mend
    put = snapshots.put

    def overtaken(name, document, version):
        monkeypatch.setattr(snapshots, "put", put)
        assert snapshot.take(NOW + DAY)
        return put(name, document, version)

    monkeypatch.setattr(snapshots, "put", overtaken)
    mended = []
    monkeypatch.setattr(recount, "mend", lambda *given: mended.append(given) or mend(*given))
    assert snapshot.take(NOW + DAY)
    assert mended.count(("crossref", {"events": -5})) == 1
    assert recount.drift("crossref") == {}


def test_sources_before_the_first_snapshot():
    keep("crossref", "10.5555/1", 3, at=NOW)
    view = overview.source_view("crossref", NOW)
    assert view.updated_at == NOW, "what is counted already is of now"
    assert (view.article_count, view.event_count) == (1, 3)
    assert (view.refreshed_count, view.queued_count, view.stale_count) == (0, 0, 0)
    assert view.by_day == view.by_month == UpdateCounts(not_updated=7)


def test_sources_show_the_snapshot_and_what_is_counted_since(monkeypatch):
    keep("crossref", "10.5555/1", 3, at=NOW)
    for month in range(1, 8):
        shelves.mark_asked(f"2026-0{month}#0000", "crossref", NOW)
    snapshot.take(NOW)
    keep("crossref", "10.5555/2", 4, at=NOW + DAY)
    view = overview.source_view("crossref", NOW + DAY)
    assert (view.updated_at, view.event_count) == (NOW + DAY, 7)
    assert view.by_day == UpdateCounts(with_events=1, not_updated=6)
    monkeypatch.setattr(lists, "counters", lambda _: {})  # works were deleted since
    overview.forget_cache()
    assert overview.source_view("crossref", NOW + DAY).by_day == UpdateCounts(with_events=1)


def test_sources_are_kept_for_a_minute(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(overview.time, "monotonic", lambda: clock[0])
    seen = overview.source_views(NOW), overview.source_view("crossref", NOW)
    keep("crossref", "10.5555/1", 3, at=NOW)
    clock[0] += 59
    later = NOW + dt.timedelta(seconds=60)
    assert (overview.source_views(later), overview.source_view("crossref", later)) == seen
    clock[0] += 1
    assert overview.source_views(later)[0].event_count == 3
    assert overview.source_view("crossref", later).updated_at == later


def test_calls_of_two_days_and_alerts_of_one():
    for day, durations in ((NOW - 2 * DAY, [9000]), (NOW - DAY, [100, 201]), (NOW, [300])):
        lists.add_to_day_stats(day.date(), "crossref", durations)
    for at in (NOW - DAY - dt.timedelta(seconds=1), NOW - DAY, NOW):
        alerts.put(Alert(class_name="One", source="crossref"), at)
    view = overview.source_view("crossref", NOW)
    assert view.responses == ResponseCounts(count=3, average_ms=200, maximum_ms=300)
    assert view.error_count == 2
    alerts.put(Alert(class_name="One", source="crossref"), NOW)
    assert overview.source_view("crossref", NOW).error_count == 3, "it is always live"


def test_which_sources_are_listed():
    install("citeulike", "CiteULike", "saved", state="retired")
    install("facebook", "Facebook", "discussed", state="inactive")
    install("wos", "Web of Science", "cited", private=True)
    views = overview.source_views(NOW)
    assert [view.name for view in views] == ["facebook", "crossref", "pubmed", "wos"]
    assert overview.source_view("citeulike", NOW).state == "retired"


def test_a_source_that_is_not_installed_is_available():
    view = overview.source_view("wikidata", NOW)
    assert (view.state, view.group, view.updated_at) == ("available", "cited", NOW)
    assert view.by_day == UpdateCounts(not_updated=7)
    assert overview.source_view("nosuch", NOW) is None


def test_status(queue_urls):
    add(
        work("10.5555/a", "2026-10-23"),
        work("10.5555/b", "2026-10-22"),
        work("10.5555/c", "2026-11"),
    )
    install("relativemetric", "Relative Metric", "viewed")
    install("crossref_import", "Crossref", "other", kind="importer")
    keep("crossref", "10.5555/1", 3)
    keep("relativemetric", "10.5555/1", 7)
    lists.add_to_day_stats(NOW.date(), "crossref", [5, 6])
    lists.add_to_day_stats(NOW.date(), "crossref_import", [7])
    for key_hash, back in (("a", 0), ("a", 0), ("b", 1), ("b", 2)):
        given = {"internal": False, "info": None, "source": None, "ids": None}
        made = ApiRequest(key_hash=key_hash, db_duration=1, view_duration=1, **given)
        requests.put(made, NOW - back * DAY)
    alerts.put(Alert(class_name="One"), NOW - 80 * DAY)
    for source in ("pubmed", "crossref_import", "wikidata"):
        id_ = alerts.put(Alert(class_name="One", source=source), NOW)
    alerts.resolve("source#wikidata", id_)
    alerts.put(Alert(class_name="Two", source="wikidata"), NOW)
    for owner in ("ada", "ada", "bo"):
        _, key = keys.create(owner, "user", NOW - 2 * DAY)
    keys.expire(key.hash, NOW - DAY)
    status = overview.status(NOW)
    assert (status.articles_count, status.articles_last30_count) == (10, 2)
    assert status.alerts_count == 4, "of importers, and of sources that are not installed too"
    assert (status.responses_count, status.events_count) == (3, 3)
    assert status.requests_count == 3, "of all keys, whichever there still are"
    assert (status.workers_count, status.delayed_jobs_active_count) == (0, 0)
    assert (status.sources_active_count, status.updated_at) == (3, NOW)
    assert status.users_count == 1, "without bo, whose key has ended"
    snapshot.take(NOW)
    assert overview.status(NOW + DAY) is status, "it is kept for a minute"
    overview.forget_cache()
    assert overview.status(NOW + DAY).couchdb_size_bytes == snapshot.latest().stored_bytes


def test_the_heartbeat_is_kept_for_a_minute(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(overview.time, "monotonic", lambda: clock[0])
    assert overview.heartbeat(NOW) == (7, NOW)
    add(work("10.5555/9", "2026-01"))
    clock[0] += 59
    assert overview.heartbeat(NOW + DAY) == (7, NOW)
    clock[0] += 1
    assert overview.heartbeat(NOW + DAY) == (8, NOW + DAY)
