"""Articles: what a query shows of works, with which times, events and private numbers."""

import dataclasses
import datetime as dt
import random

import orjson
import pytest

from chalicelib import articles, selection, settings
from chalicelib.model import Event, Metrics, Result
from chalicelib.query import Query
from chalicelib.store import alerts, catalogue, lists, shelves, works
from chalicelib.store.alerts import Alert
from infra.bench.meter import Meter
from tests.visiting import NOW, add, install, keep, work

LATER = NOW + dt.timedelta(days=3)


def answered(query: Query):
    """(total, DOIs of the page)."""
    answer = articles.page(query, sees_private=False)
    return answer["total"], [article["doi"] for article in answer["data"]]


@pytest.fixture
def two_sources(tables):
    install("crossref", "CrossRef", "cited")
    install("wos", "Web of Science", "cited", private=True)


def only(query: Query, *, sees_private: bool = False):
    """The one article of an answer, as a client reads it."""
    answer = orjson.loads(orjson.dumps(articles.page(query, sees_private=sees_private)))
    (article,) = answer["data"]
    return article


def test_a_deleted_work_is_in_no_list(two_sources):
    add(work("10.5555/1", "2014-01"), work("10.5555/2", "2014-01"), work("10.5555/3", "2014-02"))
    keep("crossref", "10.5555/2", 5)
    keep("crossref", "10.5555/3", 1)
    catalogue.delete("doi:10.5555/2")
    for query in (Query(), Query(q="10.5555"), Query(ids=("10.5555/1", "10.5555/2", "10.5555/3"))):
        assert answered(query) == (2, ["10.5555/3", "10.5555/1"])
    assert answered(Query(source="crossref")) == (1, ["10.5555/3"])
    assert answered(Query(order="crossref")) == (2, ["10.5555/3", "10.5555/1"])


def test_the_case_of_a_source_does_not_matter(two_sources):
    add(work("10.5555/1", "2014-01"), work("10.5555/2", "2014-02"), work("10.5555/3", "2014-03"))
    keep("crossref", "10.5555/1", 9)
    keep("crossref", "10.5555/2", 5)
    assert answered(Query(source="CrossRef", order="CROSSREF"))[1] == ["10.5555/1", "10.5555/2"]
    assert len(only(Query(ids=("10.5555/1",), source="CrossRef"))["sources"]) == 1
    assert answered(Query(order="nosuch")) == answered(Query())


def test_a_row_that_leads_nowhere_is_left_out(two_sources):
    add(work("10.5555/1", "2014-01"))
    keep("crossref", "10.5555/1", 5)
    lists.put_rows([("with#crossref#2014-01", "2014-01-02#0#doi:10.5555/gone")])
    assert answered(Query(source="crossref", per_page=50))[1] == ["10.5555/1"]


def test_a_number_is_as_old_as_its_last_change_or_its_shelf(two_sources):
    add(work("10.5555/1", "2014-01"))
    keep("crossref", "10.5555/1", 5, at=NOW + dt.timedelta(hours=1))
    article = only(Query(), sees_private=True)
    times = [entry["update_date"] for entry in article["sources"]]
    assert times == ["2014-11-07T11:00:00Z", "2014-11-07T10:00:00Z"]
    assert article["update_date"] == "2014-11-07T11:00:00Z"
    shelves.mark_asked("2014-01#0000", "crossref", LATER)
    # A work that the source does not apply to has no numbers of it, whatever its shelf says.
    shelves.mark_asked("2014-01#0000", "wos", LATER)
    article = only(Query(), sees_private=True)
    times = [entry["update_date"] for entry in article["sources"]]
    assert times == ["2014-11-10T10:00:00Z", "2014-11-07T10:00:00Z"]
    assert article["update_date"] == "2014-11-10T10:00:00Z"
    stored = works.find(["doi:10.5555/1"])["doi:10.5555/1"]
    renamed = dataclasses.replace(stored.work, title="New")
    works.replace(stored, renamed, LATER + dt.timedelta(hours=1))
    assert only(Query())["update_date"] == "2014-11-10T11:00:00Z"


def test_a_shelf_says_nothing_of_works_that_came_later(two_sources):
    add(work("10.5555/1", "2014-01"))
    shelves.mark_asked("2014-01#0000", "crossref", LATER)
    add(work("10.5555/2", "2014-01"), at=LATER + dt.timedelta(hours=1))
    keep("crossref", "10.5555/2", 5, at=LATER - dt.timedelta(hours=1))
    entry = only(Query(ids=("10.5555/2",)))["sources"][0]
    assert entry["update_date"] == "2014-11-10T09:00:00Z"


def test_history_reaches_to_when_the_shelf_was_asked(two_sources):
    add(work("10.5555/1", "2014-10-20"))
    keep("crossref", "10.5555/1", 5)
    shelves.mark_asked("2014-10#0000", "crossref", dt.datetime(2015, 1, 1, tzinfo=dt.UTC))
    entry = only(Query())["sources"][0]
    assert entry["by_month"] == [
        {"year": 2014, "month": 11, "total": 5},
        {"year": 2014, "month": 12, "total": 0},
        {"year": 2015, "month": 1, "total": 0},
    ]
    assert entry["by_year"] == [{"year": 2014, "total": 5}, {"year": 2015, "total": 0}]
    assert entry["by_day"][0] == {"year": 2014, "month": 11, "day": 7, "total": 5}
    assert len(entry["by_day"]) == 13


def test_events_are_read_only_where_they_are_shown(two_sources, monkeypatch):
    add(work("10.5555/1", "2014-01"))
    result = Result(metrics=Metrics.of(citations=1), events=[Event(event={"id": 1})])
    for source in ("crossref", "wos"):
        keep(source, "10.5555/1", result)
    shown = only(Query(info="detail"))
    assert [entry["events"] for entry in shown["sources"]] == [[{"event": {"id": 1}}]]
    assert len(only(Query(info="detail"), sees_private=True)["sources"]) == 2
    assert only(Query(info="detail", source="none"))["sources"] == []


def test_hidden_numbers_count_all_the_same(tables):
    install("counter", "Counter", "viewed", private=True, usage=True)
    add(work("10.5555/1", "2014-01"))
    keep("counter", "10.5555/1", Result(metrics=Metrics.of(html=3, pdf=1)), usage=True)
    article = only(Query())
    assert (article["viewed"], article["sources"]) == (4, [])
    usage = only(Query(), sees_private=True)["sources"][0]
    assert usage["by_month"] == [{"month": 11, "year": 2014, "html": 3, "pdf": 1}]
    assert usage["by_year"] == [{"year": 2014, "pdf": 1, "html": 3}]


def test_articles_with_alerts(two_sources):
    add(*(work(f"10.5555/{number}", f"2014-0{number}") for number in (1, 2, 3)))
    add(work("10.1234/4", "2014-04", publisher_id=340))
    keep("crossref", "10.5555/2", 9)
    first = Alert(class_name="One", message="", source="crossref", work_key="doi:10.5555/1")
    alerts.put(first, NOW)
    alerts.put(Alert(class_name="Two", message="", source="wos", work_key="doi:10.5555/2"), NOW)
    alerts.put(Alert(class_name="Two", message="", work_key="doi:10.1234/4"), NOW)
    alerts.put(Alert(class_name="One", message="about no work"), NOW)
    assert answered(Query(class_name="One")) == (1, ["10.5555/1"])
    everything = answered(Query(class_name="All Alerts"))
    assert everything == (3, ["10.1234/4", "10.5555/2", "10.5555/1"])
    assert answered(Query(class_name="Three")) == (0, [])
    assert answered(Query(class_name="Two", publisher_id=340)) == (1, ["10.1234/4"])
    assert answered(Query(class_name="All Alerts", q="10.5555"))[1] == ["10.5555/2", "10.5555/1"]
    assert answered(Query(class_name="Two", ids=("10.5555/1", "10.5555/2")))[1] == ["10.5555/2"]
    assert answered(Query(class_name="All Alerts", source="crossref"))[1] == ["10.5555/2"]
    assert answered(Query(class_name="")) == answered(Query())
    alert = next(iter(alerts.find("source#crossref")))
    alerts.resolve("source#crossref", alert.id)
    assert answered(Query(class_name="One")) == (0, [])


def test_alerts_of_all_subjects_are_found_without_their_bodies(two_sources):
    add(*(work(f"10.5555/{number}", f"2014-0{number}") for number in (1, 2, 3)))
    install("crossref_import", "Crossref", "other", kind="importer")
    for number, source in enumerate(("crossref", "crossref_import", "wikidata"), 1):
        about = {"source": source, "work_key": f"doi:10.5555/{number}"}
        alerts.put(Alert(class_name="One", details=random.randbytes(64_000), **about), NOW)
    alerts.put(Alert(class_name="One", source="crossref", details=b"about no work"), NOW)
    query = Query(class_name="One", info="summary")
    answered(query)  # sources are kept for a minute
    with Meter().spending() as spent:
        assert answered(query) == (3, ["10.5555/3", "10.5555/2", "10.5555/1"])
    assert spent.reads["alerts.Query"] == 0.5
    assert spent.calls_of("dynamodb") == 3, "alerts, works, and when their shelves were asked"


def test_ids_of_other_kinds_lead_to_all_works_that_have_them(two_sources):
    add(
        work("10.5555/1", "2014-01", pmid="7"),
        work("10.5555/2", "2014-02", pmid="7"),
        work("10.5555/3", "2014-03", pmid="8"),
    )
    assert answered(Query(kind="pmid", ids=("7", "8", "9"))) == (
        3,
        ["10.5555/3", "10.5555/2", "10.5555/1"],
    )
    assert answered(Query(kind="pmcid", ids=("7",))) == (0, [])


def test_an_installation_whose_keys_are_pmids(two_sources, monkeypatch):
    configured = dataclasses.replace(settings.load(), uid_kind="pmid")
    monkeypatch.setattr(settings, "load", lambda: configured)
    given = [work(f"10.5555/{number}", f"2014-0{number}", pmid=str(number)) for number in (1, 2)]
    given = [dataclasses.replace(each, key=f"pmid:{each.pmid}") for each in given]
    add(*given, dataclasses.replace(given[0], key="pmid:3", doi=None, pmid="3"))
    assert answered(Query(kind="pmid", ids=("1",))) == (1, ["10.5555/1"])
    assert answered(Query(kind="doi", ids=("10.5555/2", "10.5555/9"))) == (1, ["10.5555/2"])
    assert answered(Query(q="10.5555/1")) == (1, ["10.5555/1"])
    monkeypatch.setattr(selection, "FEW_WORKS", 0)
    assert answered(Query(q="10.5555")) == (2, ["10.5555/2", "10.5555/1"])
    alerts.put(Alert(class_name="One", message="", work_key="pmid:1"), NOW)
    assert answered(Query(q="10.5555", class_name="One")) == (1, ["10.5555/1"])
