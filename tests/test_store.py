"""What is kept: works with exact counters, results that nobody loses, shelves, sources."""

import datetime as dt
from collections import Counter

import boto3
import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import UpdateError, VerboseClientError

from chalicelib import planner
from chalicelib.errors import ConfigurationError
from chalicelib.model import Event, Metrics, PartialDate, Result, Work
from chalicelib.schedule import SHELF_SIZE
from chalicelib.store import (
    alerts,
    catalogue,
    events,
    evidence,
    lists,
    numbers,
    results,
    shelves,
    sources,
    tables,
    works,
)
from chalicelib.store.results import Asked
from chalicelib.store.sources import SourceRow

NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
CROSSREF = SourceRow(name="crossref", title="CrossRef", group="cited", description="D.")


def work(number, month=3, **rest):
    fields = {
        "key": f"doi:10.5555/{number}",
        "doi": f"10.5555/{number}",
        "title": f"Title {number}",
        "issued": PartialDate(2014, month, number % 28 + 1),
    }
    return Work(**(fields | rest))


def add(*given):
    return catalogue.add(list(given), NOW, NOW)


def asked(source="crossref", at=NOW, evidence_id="e1"):
    return Asked(source, False, at, evidence_id)


def keep(total, *keys, at=NOW, confirm=False, source="crossref", **rest):
    found = works.find(keys)
    result = Result(metrics=Metrics.of(citations=total), **rest)
    return results.keep(dict.fromkeys(keys, result), found, asked(source, at), confirm=confirm)


def rows_of(model):
    return [item.attribute_values for item in model.scan()]


@pytest.fixture(autouse=True)
def _installed(tables):
    sources.put(CROSSREF)


def test_works_are_created_updated_or_duplicates():
    assert add(work(1), work(2)).outcomes == ["created", "created"]
    assert add(work(1), work(3)).outcomes == ["duplicate", "created"]
    assert add(work(1, title="Other")).outcomes == ["updated"]
    stored = works.find(["doi:10.5555/1"])["doi:10.5555/1"]
    assert stored.work.title == "Other"
    assert lists.counters(lists.MONTHS) == {"2014-03": 3}
    assert lists.counters(lists.REGISTRANTS) == {"10.5555": 3}


def test_a_work_given_twice_at_once_is_created_once():
    assert add(work(1), work(1), work(1, title="Other")).outcomes == [
        "created",
        "duplicate",
        "updated",
    ]
    assert lists.counters(lists.MONTHS) == {"2014-03": 1}


def test_an_update_keeps_what_it_does_not_give():
    add(work(1, publisher_id=340, pmid="111"))
    add(work(1, title="Other"))
    stored = works.find(["doi:10.5555/1"])["doi:10.5555/1"].work
    assert (stored.publisher_id, stored.pmid, stored.title) == (340, "111", "Other")


def test_the_spelling_of_a_doi_stays():
    add(work(1, doi="10.5555/AbC", key="doi:10.5555/abc"))
    outcomes = add(work(1, doi="10.5555/ABC", key="doi:10.5555/abc")).outcomes
    assert outcomes == ["duplicate"]
    assert works.find(["doi:10.5555/abc"])["doi:10.5555/abc"].work.doi == "10.5555/AbC"


def test_a_changed_date_moves_the_work_in_lists_by_date():
    add(work(1))
    keep(4, "doi:10.5555/1")
    add(work(1, issued=PartialDate(2015, 7)))
    assert lists.counters(lists.MONTHS) == {"2015-07": 1}
    assert list(lists.months_rows("2015-07")) == ["doi:10.5555/1"]
    assert lists.counters(lists.with_list("crossref")) == {"2015-07": 1}
    assert list(lists.with_rows("crossref", "2015-07")) == ["doi:10.5555/1"]
    assert list(lists.with_rows("crossref", "2014-03")) == []


def test_a_month_fills_one_shelf_after_the_other():
    add(*(work(number) for number in range(SHELF_SIZE + 10)))
    add(work(1000))
    read = shelves.read(shelves.names())
    assert [len(read[name].members) for name in sorted(read)] == [50, 11]
    assert read["2014-03#0000"].youngest == dt.date(2014, 3, 28)
    due = list(shelves.due("crossref", NOW))
    assert sorted(name for name, _ in due) == ["2014-03#0000", "2014-03#0001"]


@pytest.fixture
def just_before(monkeypatch):
    """Runs something else, once, just before a function is called."""

    def arrange(module, name, something_else):
        function = getattr(module, name)
        todo = [something_else]

        def interrupted(*given, **named):
            if todo:
                todo.pop()()
            return function(*given, **named)

        monkeypatch.setattr(module, name, interrupted)

    return arrange


def test_importers_side_by_side_lose_no_work_and_share_no_slot(just_before):
    just_before(catalogue, "_place", lambda: add(*(work(number) for number in range(100, 130))))
    assert add(*(work(number) for number in range(30))).outcomes == ["created"] * 30
    assert lists.counters(lists.MONTHS) == {"2014-03": 60}
    read = shelves.read(shelves.names())
    assert sorted(len(shelf.members) for shelf in read.values()) == [10, 50]
    members = [key for shelf in read.values() for key in shelf.members]
    assert len(works.find(members)) == 60


def test_two_importers_of_the_same_work_create_it_once(just_before):
    just_before(catalogue, "_place", lambda: add(work(1), work(2)))
    add(work(1, pmid="111"), work(3))
    assert lists.counters(lists.MONTHS) == {"2014-03": 3}
    assert works.find(["doi:10.5555/1"])["doi:10.5555/1"].work.pmid == "111"
    members = [key for shelf in shelves.read(shelves.names()).values() for key in shelf.members]
    assert len(members) == len(set(members)) == 3


def test_works_are_found_by_their_other_identifiers():
    add(work(1, pmid="111"), work(2, pmid="111", pmcid="222"))
    assert lists.lookup("pmid", ["111", "9"]) == {"111": ["doi:10.5555/1", "doi:10.5555/2"]}
    assert lists.lookup("pmcid", ["222"]) == {"222": ["doi:10.5555/2"]}


def test_what_begins_with_a_slash_is_no_doi_and_is_not_looked_for(monkeypatch):
    index = tables.WorkItem.by_prefix
    monkeypatch.setattr(index, "query", lambda *_: pytest.fail("DynamoDB takes no empty key"))
    assert lists.doi_keys("/x") == []


def test_identifiers_that_an_answer_reveals_are_added_but_never_changed():
    add(work(1, pmid="111"))
    key = "doi:10.5555/1"
    keep(1, key, identifiers={"pmid": "999", "pmcid": "222"})
    stored = works.find([key])[key].work
    assert (stored.pmid, stored.pmcid) == ("111", "222")
    assert lists.lookup("pmcid", ["222"]) == {"222": [key]}


def test_deleting_a_work_leaves_nothing_behind():
    before = {model: rows_of(model) for model in (tables.WorkItem, tables.ShelfItem)}
    add(work(1, pmid="111", publisher_id=340), work(2))
    key = "doi:10.5555/1"
    keep(5, key, "doi:10.5555/2", events=[Event(event="e")])
    shelves.mark_asked("2014-03#0000", "crossref", NOW)
    assert catalogue.delete(key) is True
    assert catalogue.delete(key) is False
    for model in tables.MODELS:
        assert key not in str(rows_of(model)), model
    assert lists.lookup("pmid", ["111"]) == {}
    assert lists.stats("crossref") == {"events": 5, "b03": 1}
    assert lists.counters(lists.MONTHS) == {"2014-03": 1}
    catalogue.delete("doi:10.5555/2")
    assert rows_of(tables.WorkItem) == before[tables.WorkItem]
    assert rows_of(tables.ShelfItem) == before[tables.ShelfItem]
    assert rows_of(tables.EventsItem) == []
    assert lists.stats("crossref") == {"events": 0, "b03": 0}


def test_a_shelf_that_was_emptied_is_due_again_when_it_is_used_again():
    add(work(1))
    catalogue.delete("doi:10.5555/1")
    add(work(2))
    assert list(shelves.due("crossref", NOW)) == [("2014-03#0000", shelves.time_text(NOW))]


def test_an_unchanged_answer_writes_nothing():
    add(work(1))
    key = "doi:10.5555/1"
    assert keep(5, key) == 1
    text = works.find([key])[key].numbers["crossref"]
    assert keep(5, key, at=NOW + dt.timedelta(days=40)) == 0
    assert works.find([key])[key].numbers["crossref"] == text


def test_zero_is_kept_as_zero_and_counts_in_no_list():
    add(work(1))
    key = "doi:10.5555/1"
    assert keep(0, key) == 1
    assert numbers.decode(works.find([key])[key].numbers["crossref"]).metrics.total == 0
    assert lists.stats("crossref").get("events", 0) == 0
    assert rows_of(tables.EventsItem) == []


def test_a_changed_number_moves_lists_and_counters():
    add(work(1), work(2), work(3))
    keep(3, "doi:10.5555/1", "doi:10.5555/2")
    keep(9, "doi:10.5555/1", at=NOW + dt.timedelta(days=1))
    keep(0, "doi:10.5555/2", at=NOW + dt.timedelta(days=1))
    stats = {name: value for name, value in lists.stats("crossref").items() if value}
    assert stats == {"events": 9, "b04": 1}
    assert list(lists.rank_rows("crossref", 4)) == ["doi:10.5555/1"]
    assert list(lists.rank_rows("crossref", 2)) == []
    assert lists.counters(lists.with_list("crossref")) == {"2014-03": 1}


def test_every_number_knows_when_and_from_which_answer_it_came():
    add(work(1))
    key = "doi:10.5555/1"
    keep(5, key)
    kept = numbers.decode(works.find([key])[key].numbers["crossref"])
    assert kept.asked_at == NOW
    assert evidence.object_key("crossref", kept.asked_at, kept.evidence) == (
        "evidence/crossref/2026-11-22/e1.json.gz"
    )


def test_two_workers_on_one_work_lose_nothing():
    """Different sources write beside each other; of one source the later writer starts anew."""
    add(work(1))
    key = "doi:10.5555/1"
    stale = works.find([key])
    keep(5, key)
    keep(7, key, source="scopus")
    late = Result(metrics=Metrics.of(citations=6))
    results.keep({key: late}, stale, asked(evidence_id="e2"), confirm=False)
    stored = works.find([key])[key].numbers
    assert numbers.total(stored["crossref"]) == 6
    assert numbers.total(stored["scopus"]) == 7
    stats = {name: value for name, value in lists.stats("crossref").items() if value}
    assert stats == {"events": 6, "b03": 1}


def test_the_same_number_from_two_workers_counts_once():
    add(work(1))
    key = "doi:10.5555/1"
    stale = works.find([key])
    keep(5, key)
    same = Result(metrics=Metrics.of(citations=5))
    results.keep({key: same}, stale, asked(evidence_id="e2"), confirm=False)
    assert list(lists.rank_rows("crossref", 3)) == [key]
    assert lists.stats("crossref") == {"events": 5, "b03": 1}


def test_a_result_for_a_deleted_work_leaves_nothing():
    add(work(1), work(2))
    key = "doi:10.5555/1"
    stale = works.find([key])
    catalogue.delete(key)
    results.keep({key: Result(metrics=Metrics.of(citations=5))}, stale, asked(), confirm=False)
    assert works.find([key]) == {}
    assert list(lists.rank_rows("crossref", 3)) == []


def test_small_events_stand_in_an_item_and_large_ones_in_s3():
    add(work(1), work(2))
    keep(1, "doi:10.5555/1", events=[Event(event="small", url="https://x.example/1")])
    large = [Event(event=f"{number:x}" * 9) for number in range(40_000)]
    keep(len(large), "doi:10.5555/2", events=large)
    pairs = [("doi:10.5555/1", "crossref"), ("doi:10.5555/2", "crossref")]
    found = events.find(pairs)
    assert found[pairs[0]].events == [{"event": "small", "event_url": "https://x.example/1"}]
    assert len(found[pairs[1]].events) == 40_000
    items = {item.work: item for item in tables.EventsItem.scan()}
    assert items["doi:10.5555/1"].object_key is None
    assert items["doi:10.5555/2"].body is None
    catalogue.delete("doi:10.5555/2")
    with pytest.raises(ClientError, match="NoSuchKey"):
        evidence.get_object(items["doi:10.5555/2"].object_key)


def test_notes_that_change_without_a_number_are_kept():
    add(work(1))
    key = "doi:10.5555/1"
    keep(5, key)
    keep(5, key, notes={"updates": [{"type": "retraction"}]})
    assert events.find([(key, "crossref")])[key, "crossref"].notes == {
        "updates": [{"type": "retraction"}]
    }


@pytest.mark.parametrize(
    "metrics",
    [
        Metrics.of(citations=0),
        Metrics.of(pdf=10, html=18, total=30),
        Metrics.of(readers=8, groups=1),
        Metrics.of(comments=1, likes=2, readers=3),
        Metrics.of(total=7),
    ],
)
def test_numbers_survive_their_text(metrics):
    kept = numbers.Numbers(
        NOW, metrics, "https://x.example", "e1", "abcd1234", results.history.History()
    )
    text = numbers.encode(kept)
    assert numbers.decode(text) == kept
    assert numbers.total(text) == metrics.total
    assert len(text) < 100


def test_a_due_time_moves_once():
    add(work(1))
    seen = shelves.time_text(NOW)
    assert shelves.move("crossref", "2014-03#0000", seen, "2026-12-01T00:00:00Z") is True
    assert shelves.move("crossref", "2014-03#0000", seen, "2026-12-09T00:00:00Z") is False
    assert list(shelves.due("crossref", NOW)) == []
    assert shelves.hasten("crossref", "2014-03#0000", NOW) is True
    assert shelves.hasten("crossref", "2014-03#0000", NOW) is False
    assert len(list(shelves.due("crossref", NOW))) == 1


def test_a_source_row_is_written_from_what_was_read():
    row = sources.get("crossref")
    sources.put(row)
    with pytest.raises(sources.Conflict):
        sources.put(row)
    with pytest.raises(ConfigurationError, match="not installed"):
        sources.change("nosuch", lambda seen: seen)


def test_secrets_are_in_the_parameter_store_and_not_in_the_table():
    sources.put(SourceRow(name="openalex", title="OpenAlex", group="cited", description="D."))
    sources.put_secret("openalex", "api_key", "s3cret-value")
    row = sources.get("openalex")
    assert sources.effective_settings(row)["api_key"] == "s3cret-value"
    assert "s3cret-value" not in str(rows_of(tables.ControlItem))
    boto3.client("ssm").delete_parameter(Name="/lagotto-test/sources/openalex/api_key")
    sources.forget_cache()


def test_alerts_are_found_newest_first_and_resolved():
    for minute, text in enumerate(["one", "two", "three"]):
        alert = alerts.Alert(class_name="X", message=text, source="crossref", details=b"body")
        alerts.put(alert, NOW + dt.timedelta(minutes=minute))
    found = list(alerts.find("source#crossref"))
    assert [alert.message for alert in found] == ["three", "two", "one"]
    assert found[0].details == b"body"
    alerts.resolve("source#crossref", found[0].id)
    assert [alert.message for alert in alerts.find("source#crossref")] == ["two", "one"]
    assert alerts.count_since("source#crossref", NOW) == 2
    assert alerts.count_since("source#crossref", NOW + dt.timedelta(minutes=1)) == 1


def test_a_work_without_doi_is_found_by_the_doi_that_it_learns():
    add(work(1, key="pmid:111", pmid="111", doi=None))
    keep(1, "pmid:111", identifiers={"doi": "10.5555/Late"})
    assert lists.counters(lists.REGISTRANTS) == {"10.5555": 1}
    assert [key for key, _ in lists.prefix_rows("10.5555", "10.5555/l")] == ["pmid:111"]


def test_refresh_leaves_empty_shelves_alone():
    add(work(1))
    catalogue.delete("doi:10.5555/1")
    assert planner.refresh(NOW) == 0
    assert list(shelves.due("crossref", NOW)) == []


def test_refresh_makes_shelves_due_by_month():
    add(work(1), work(2, issued=PartialDate(2015, 6)))
    later = "2027-01-01T00:00:00Z"
    for name, seen in list(shelves.due("crossref", NOW)):
        shelves.move("crossref", name, seen, later)
    assert planner.refresh(NOW, start=dt.date(2015, 1, 1)) == 1
    assert [name for name, _ in shelves.due("crossref", NOW)] == ["2015-06#0000"]


# Writers that meet on a work


ONE = "doi:10.5555/1"


def move(issued):
    """The work gets another date, by an import."""
    add(work(1, issued=issued))


def keep_stale(total, found, **rest):
    """A job keeps what it was told of works that it had read before."""
    result = Result(metrics=Metrics.of(citations=total), **rest)
    results.keep({ONE: result}, found, asked(evidence_id="e2"), confirm=False)


def assert_lists_follow_from_the_works():
    """Rows and counters are those of the numbers that there are, and events have a number."""
    rows, counts = set(), Counter()
    kept = {item.key: item for item in tables.WorkItem.scan()}
    for item in kept.values():
        counts["months", item.sort[:7]] += 1
        for source, text in item.extras.items():
            if total := numbers.total(text):
                rows |= set(lists.rank_keys(source, item.sort, total))
                counts["stats", source, "events"] += total
                counts["stats", source, f"b{lists.bucket(total):02d}"] += 1
                counts[lists.with_list(source), item.sort[:7]] += 1
    found, counters = set(), Counter()
    for row in tables.ListItem.scan():
        if row.list.startswith(("rank#", "with#")):
            found.add((row.list, row.sort))
        elif row.list.startswith("months"):
            counters[row.list, row.sort] = int(row.present)
        for name, value in row.extras.items():
            counters[row.list, row.sort, name] = int(value)
    assert found == rows
    assert {name: count for name, count in counters.items() if count} == counts
    for item in tables.EventsItem.scan():
        assert item.source in kept[item.work].extras


@pytest.mark.parametrize(("before", "now"), [(None, 5), (0, 5), (3, 5), (5, 0), (5, 5)])
def test_a_date_that_changes_while_a_job_runs(before, now):
    add(work(1))
    if before is not None:
        keep(before, ONE)
    stale = works.find([ONE])
    move(PartialDate(2010))
    keep_stale(now, stale, events=[Event(event="new")])
    assert numbers.total(works.find([ONE])[ONE].numbers["crossref"]) == now
    assert_lists_follow_from_the_works()


def test_a_number_that_meets_a_transaction_is_written_after_it(monkeypatch):
    add(work(1))
    update, met = tables.WorkItem.update, []

    def conflicting(*given, **more):
        if not met:
            answer = {"Error": {"Code": "TransactionConflictException", "Message": "busy"}}
            met.append(UpdateError(cause=VerboseClientError(answer, "UpdateItem")))
            raise met[0]
        return update(*given, **more)

    monkeypatch.setattr(tables.WorkItem, "update", conflicting)
    keep(5, ONE)
    assert numbers.total(works.find([ONE])[ONE].numbers["crossref"]) == 5
    assert_lists_follow_from_the_works()


@pytest.mark.parametrize("total", [0, 3, 9])
def test_a_number_that_is_written_while_a_date_changes(just_before, total):
    """Between reading and writing the new date, of a source that knew the work and of another."""
    add(work(1))
    keep(3, ONE)
    just_before(works, "replace", lambda: (keep(total, ONE), keep(7, ONE, source="scopus")))
    move(PartialDate(2010))
    assert works.find([ONE])[ONE].sort.startswith("2010-01-01")
    assert_lists_follow_from_the_works()


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda: keep(9, ONE),
        lambda: keep(0, ONE),
        lambda: keep(7, ONE, source="scopus"),
        lambda: move(PartialDate(2014, 3, 2)),
        lambda: move(PartialDate(2011, 5)),
        lambda: catalogue.delete(ONE),
        lambda: (catalogue.delete(ONE), add(work(1)), keep(4, ONE)),
    ],
    ids=["more", "none", "another source", "back", "on", "deleted", "created again"],
)
def test_what_others_do_before_the_rows_of_a_changed_date_are_moved(just_before, meanwhile):
    add(work(1))
    keep(3, ONE)
    just_before(works, "mend_rows", meanwhile)
    move(PartialDate(2010))
    assert_lists_follow_from_the_works()


def test_a_number_whose_rows_were_mended_before_it_was_written_is_written_anew(just_before):
    """Who mends sees the number of before; the rows of the next one are none for him."""
    add(work(1))
    keep(3, ONE)
    stored = works.find([ONE])[ONE]
    rows = set(lists.rank_keys("crossref", stored.sort, 5)) | works.rows_of(stored)
    just_before(results, "_write", lambda: works.mend_rows(ONE, rows))
    keep(5, ONE)
    assert numbers.total(works.find([ONE])[ONE].numbers["crossref"]) == 5
    assert_lists_follow_from_the_works()


def test_numbers_of_other_sources_go_on_while_rows_are_mended(just_before, monkeypatch):
    add(work(1))
    keep(3, ONE)
    rows = works.rows_of(works.find([ONE])[ONE])
    just_before(results, "_write", lambda: works.mend_rows(ONE, rows))
    monkeypatch.setattr(results, "mend_rows", lambda *_: pytest.fail("it was refused"))
    keep(7, ONE, source="scopus")
    assert_lists_follow_from_the_works()


def test_a_deletion_that_gives_up_puts_the_rows_back_once(monkeypatch):
    add(work(1))
    keep(3, ONE)
    deletion, put = catalogue._deletion, []

    def overtaken(transaction, stored):
        keep(numbers.total(stored.numbers["crossref"]) + 1, ONE)
        deletion(transaction, stored)

    monkeypatch.setattr(catalogue, "_deletion", overtaken)
    monkeypatch.setattr(catalogue, "mend_rows", lambda *given: put.append(given))
    with pytest.raises(TimeoutError):
        catalogue.delete(ONE)
    ((key, touched),) = put
    works.mend_rows(key, touched)
    assert_lists_follow_from_the_works()


def test_a_shelf_that_is_forgotten_while_it_is_used_again_is_due(just_before):
    names = [row.name for row in sources.on_shelves()]
    just_before(catalogue, "_creation", lambda: shelves.forget("2014-03#0000", names))
    add(work(1))
    for source in names:
        assert [shelf for shelf, _ in shelves.due(source, NOW)] == ["2014-03#0000"]


def test_rows_are_mended_again_if_a_number_comes_between(just_before):
    add(work(1))
    keep(3, ONE)
    rows = works.rows_of(works.find([ONE])[ONE])
    just_before(works, "_refuse_others", lambda: keep(9, ONE))
    works.mend_rows(ONE, rows)
    assert_lists_follow_from_the_works()


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda: keep(9, ONE, events=[Event(event="late")]),
        lambda: keep(7, ONE, source="scopus", events=[Event(event="late")]),
        lambda: move(PartialDate(2010)),
        lambda: add(work(1, pmid="112", publisher_id=340)),
        lambda: catalogue.delete(ONE),
    ],
    ids=["number", "another source", "date", "metadata", "deleted"],
)
def test_what_others_write_while_a_work_is_deleted_goes_too(just_before, monkeypatch, meanwhile):
    monkeypatch.setattr(catalogue.time, "sleep", lambda _: None)
    add(work(1, pmid="111"))
    keep(3, ONE, events=[Event(event="early")])
    just_before(catalogue, "_deletion", meanwhile)
    catalogue.delete(ONE)
    for model in tables.MODELS:
        assert ONE not in str(rows_of(model)), model
    assert_lists_follow_from_the_works()


def test_a_work_that_cannot_be_deleted_stays_whole(monkeypatch):
    """Another writer comes first each time."""
    monkeypatch.setattr(catalogue.time, "sleep", lambda _: None)
    monkeypatch.setattr(catalogue, "TRIES", 2)
    add(work(1))
    keep(3, ONE, events=[Event(event="e")])
    deletion, totals = catalogue._deletion, iter([7, 8])

    def too_late(*given):
        keep(next(totals), ONE, source="scopus")
        deletion(*given)

    monkeypatch.setattr(catalogue, "_deletion", too_late)
    with pytest.raises(TimeoutError, match="try again"):
        catalogue.delete(ONE)
    assert events.find([(ONE, "crossref")])
    assert_lists_follow_from_the_works()


@pytest.mark.parametrize("before", [None, 3])
def test_what_a_job_is_told_of_a_deleted_work_is_not_kept(monkeypatch, before):
    monkeypatch.setattr(evidence, "LARGEST_ITEM_BYTES", 10)
    add(work(1))
    if before is not None:
        keep(before, ONE, events=[Event(event="old")])
    stale = works.find([ONE])
    catalogue.delete(ONE)
    objects = []
    monkeypatch.setattr(evidence, "put_object", lambda key, _: objects.append(key))
    monkeypatch.setattr(evidence, "delete_object", objects.remove)
    keep_stale(5, stale, events=[Event(event="new")])
    assert (rows_of(tables.EventsItem), objects) == ([], [])
    assert_lists_follow_from_the_works()


@pytest.mark.parametrize("before", [None, 3])
def test_a_work_that_is_deleted_and_created_again_while_a_job_runs(before):
    add(work(1))
    if before is not None:
        keep(before, ONE, events=[Event(event="old")])
    stale = works.find([ONE])
    catalogue.delete(ONE)
    catalogue.add([work(1, issued=PartialDate(2010))], NOW + dt.timedelta(seconds=1), NOW)
    keep_stale(5, stale, events=[Event(event="new")])
    assert numbers.total(works.find([ONE])[ONE].numbers["crossref"]) == 5
    assert events.find([(ONE, "crossref")])[ONE, "crossref"].events == [{"event": "new"}]
    assert_lists_follow_from_the_works()


def test_metadata_for_a_work_that_was_created_again_is_not_written():
    """What is known of it may be the same, but not when it was created."""
    add(work(1))
    stale = works.find([ONE])[ONE]
    catalogue.delete(ONE)
    catalogue.add([work(1)], NOW + dt.timedelta(seconds=1), NOW)
    assert works.replace(stale, work(1, pmid="111"), NOW) is False
    assert_lists_follow_from_the_works()


def test_events_that_a_dead_worker_left_are_not_those_of_the_next_work():
    old = Result(metrics=Metrics.of(citations=1), events=[Event(event="old")])
    events.put(ONE, "crossref", old, "abcd1234", known=False)
    add(work(1), work(2))
    keep(3, ONE, "doi:10.5555/2")
    assert rows_of(tables.EventsItem) == []


def test_a_shelf_that_is_emptied_while_it_is_used_again_is_due(just_before, monkeypatch):
    monkeypatch.setattr(catalogue.time, "sleep", lambda _: None)
    add(work(1))
    just_before(shelves, "put_due", lambda: catalogue.delete(ONE))
    add(work(2))
    assert list(shelves.due("crossref", NOW)) == [("2014-03#0000", shelves.time_text(NOW))]


def test_a_read_that_lags_behind_deletes_and_loses_nothing(monkeypatch):
    """DynamoDB may answer with what was there a moment ago unless it is asked not to."""
    add(work(1))
    stale = works.find([ONE])
    keep(3, ONE)
    read = works.find

    def lagging(keys, *, consistent=False):
        return read(keys) if consistent else {}

    for module in (works, results, catalogue):
        monkeypatch.setattr(module, "find", lagging)
    keep_stale(5, stale)
    assert numbers.total(read([ONE])[ONE].numbers["crossref"]) == 5
    works.merge(work(1, issued=PartialDate(2010)), NOW)
    assert read([ONE])[ONE].work.issued == PartialDate(2010)
    assert_lists_follow_from_the_works()
    assert catalogue.delete(ONE) is True


def test_an_import_says_that_it_could_not_change_a_work(monkeypatch):
    add(work(1))
    monkeypatch.setattr(works, "replace", lambda *_: False)
    with pytest.raises(TimeoutError, match="try again"):
        add(work(1, title="Other"))
