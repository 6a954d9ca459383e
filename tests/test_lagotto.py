"""Lagotto's JSON, byte for byte: key order, nulls, sums and error bodies."""

import dataclasses
import datetime as dt
import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import lagotto
from chalicelib.lagotto import ArticleView, SourceEntry, SourceView, StatusView
from chalicelib.model import Metrics, PartialDate, Work

CREATED = dt.datetime(2014, 11, 7, 10, tzinfo=dt.UTC)
ASKED = dt.datetime(2014, 11, 6, 8, tzinfo=dt.UTC)

ALPHA = Work(
    key="doi:10.5555/alpha.1",
    doi="10.5555/alpha.1",
    title="Alpha",
    issued=PartialDate(2012, 3, 6),
    pmid="111",
    pmcid="222",
    mendeley_uuid="aaaaaaaa-0000-0000-0000-000000000001",
    canonical_url="http://journal.example.org/alpha",
    publisher_id=340,
)
BETA = Work(
    key="doi:10.5555/beta(2)", doi="10.5555/beta(2)", title="Beta", issued=PartialDate(2013)
)
DOWNLOADS = {"month": "1", "year": "2013", "pdf_views": "10", "xml_views": "2", "html_views": "18"}
CITING = {"title": "T", "author": [{"family": "S", "given": "G"}], "type": "article-journal"}


def entry(name: str, group: str, counts: Metrics | None = None, **more: Any) -> SourceEntry:
    return SourceEntry(
        name=name, title=name.title(), group=group, updated_at=ASKED, metrics=counts, **more
    )


COUNTER = entry(
    "counter",
    "viewed",
    Metrics(total=30, pdf=10, html=18),
    usage=True,
    by_month=[{"year": 2013, "month": 1, "html": 18, "pdf": 10}],
    events=[DOWNLOADS],
)
CROSSREF = entry(
    "crossref",
    "cited",
    Metrics(total=2, citations=2),
    events=[
        {"event": {"doi": "10.5555/c1"}, "event_url": "http://example.org", "event_csl": CITING}
    ],
)
ENTRIES = [
    COUNTER,
    entry("pmc", "viewed", Metrics(total=7, pdf=2, html=5), usage=True),
    entry(
        "citeulike",
        "saved",
        Metrics(total=4, readers=4),
        by_month=[{"year": 2013, "month": 2, "total": 4}],
    ),
    entry("mendeley", "saved", Metrics(total=9, readers=8, groups=1)),
    entry("facebook", "discussed", Metrics(total=3, readers=1, comments=1, likes=1)),
    CROSSREF,
    entry("wos", "cited", Metrics(total=5, citations=5)),
]
VIEW = ArticleView(work=ALPHA, updated_at=CREATED, entries=ENTRIES)


def test_the_answer_for_one_article_with_details() -> None:
    answer = lagotto.articles([VIEW], total=1, info="detail", visible={"counter"})
    assert orjson.dumps(answer).decode() == (
        '{"total":1,"total_pages":1,"page":1,"error":null,"data":[{"id":"doi/10.5555/alpha.1","doi":"10.5555/alpha.1",'
        '"title":"Alpha","issued":{"date-parts":[[2012,3,6]]},'
        '"canonical_url":"http://journal.example.org/alpha","pmid":"111","pmcid":"222",'
        '"mendeley_uuid":"aaaaaaaa-0000-0000-0000-000000000001","viewed":37,"saved":13,'
        '"discussed":3,"cited":2,"update_date":"2014-11-07T10:00:00Z","sources":[{'
        '"name":"counter","display_name":"Counter","group_name":"viewed","events_url":null,'
        '"by_day":[],"by_month":[{"month":1,"year":2013,"html":18,"pdf":10}],'
        '"by_year":[{"year":2013,"pdf":10,"html":18}],"update_date":"2014-11-06T08:00:00Z",'
        '"metrics":{"pdf":10,"html":18,"readers":null,"comments":null,"likes":null,"total":30},'
        '"events":[{"month":"1","year":"2013","pdf_views":"10","xml_views":"2",'
        '"html_views":"18"}],"events_csl":[]}]}]}'
    )


def test_what_info_adds_and_takes_away() -> None:
    summary = lagotto.article(VIEW, info="summary")
    assert list(summary)[-1] == "update_date"
    assert "sources" not in summary
    for source in lagotto.article(VIEW)["sources"]:
        assert list(source)[-2:] == ["update_date", "metrics"]
    for source in lagotto.article(VIEW, info="detail")["sources"]:
        assert list(source)[-2:] == ["events", "events_csl"]


def test_signposts_count_what_is_hidden_too() -> None:
    hidden = lagotto.article(VIEW, visible=())
    assert hidden["sources"] == []
    signposts = {name: hidden[name] for name in ("viewed", "saved", "discussed", "cited")}
    assert signposts == {"viewed": 37, "saved": 13, "discussed": 3, "cited": 2}
    assert lagotto.article(VIEW, cited_by="scopus")["cited"] == 0
    assert [source["name"] for source in lagotto.article(VIEW)["sources"]] == [
        entry.name for entry in ENTRIES
    ]


@pytest.mark.parametrize(
    ("signpost", "sources"),
    [
        ("viewed", "pmc counter"),
        ("saved", "citeulike mendeley"),
        ("discussed", "facebook twitter twitter_search"),
    ],
)
def test_4_5_the_sources_of_a_signpost(signpost: str, sources: str) -> None:
    entries = [entry(name, "other", Metrics(total=1)) for name in sources.split()]
    shown = lagotto.article(dataclasses.replace(VIEW, entries=entries))
    counts = {name: shown[name] for name in (*lagotto.SIGNPOSTS, "cited")}
    assert counts == {**dict.fromkeys(counts, 0), signpost: len(entries)}


def test_the_id_of_a_work_without_a_doi() -> None:
    known = dataclasses.replace(ALPHA, key="pmid:111", doi=None)
    shown = lagotto.article(dataclasses.replace(VIEW, work=known))
    assert (shown["id"], shown["doi"]) == ("pmid/111", None)


def test_who_cites() -> None:
    assert lagotto.cited_source(["crossref", "wos"]) == "crossref"
    assert lagotto.cited_source(["crossref", "scopus"]) == "scopus"


def test_a_work_never_asked_about() -> None:
    view = ArticleView(work=BETA, updated_at=CREATED, entries=[entry("crossref", "cited")])
    answer = lagotto.article(view, info="detail")
    assert answer["issued"] == {"date-parts": [[2013]]}
    assert [answer[key] for key in ("pmid", "pmcid", "mendeley_uuid", "canonical_url")] == [
        None
    ] * 4
    assert [answer[key] for key in ("viewed", "saved", "discussed", "cited")] == [0] * 4
    (source,) = answer["sources"]
    assert source["metrics"] == {
        "pdf": None,
        "html": None,
        "readers": None,
        "comments": None,
        "likes": None,
        "total": 0,
    }
    for key in ("by_day", "by_month", "by_year", "events", "events_csl"):
        assert source[key] == []


def test_never_asked_does_not_share_its_numbers() -> None:
    first = lagotto.metrics(None)
    first["total"] = 9
    assert lagotto.metrics(None)["total"] == 0


def test_asked_and_none_is_0_in_the_categories_of_the_source() -> None:
    zero = entry(
        "citeulike",
        "saved",
        Metrics(total=0, readers=0),
        by_month=[{"year": 2013, "month": 2, "total": 4}],
        by_day=[{"year": 2013, "month": 2, "day": 1, "total": 4}],
        events=[{"event": {}}],
    )
    source = lagotto.source_entry(zero, detail=True)
    assert (source["metrics"]["readers"], source["metrics"]["comments"]) == (0, None)
    assert [source[key] for key in ("by_day", "by_month", "by_year", "events")] == [[]] * 4


def test_history_is_shown_as_it_is_and_summed_by_year() -> None:
    days = [{"year": 2012, "month": 3, "day": 8, "total": 1}]
    months = [
        {"year": 2013, "month": 12, "total": 4},
        {"year": 2012, "month": 3, "total": 1},
        {"year": 2013, "month": 11, "total": 0},
    ]
    shown = lagotto.source_entry(
        entry("twitter", "discussed", Metrics(total=5), by_day=days, by_month=months)
    )
    assert (shown["by_day"], shown["by_month"]) == (days, months)
    assert shown["by_year"] == [{"year": 2012, "total": 1}, {"year": 2013, "total": 4}]


def test_usage_is_summed_by_year_in_the_order_of_counter() -> None:
    months = [
        {"year": 2013, "month": 1, "html": 18, "pdf": 10},
        {"year": 2013, "month": 2, "html": 2},
        {"year": 2014, "month": 1, "pdf": 3},
    ]
    shown = lagotto.source_entry(
        entry("pmc", "viewed", Metrics(total=5), usage=True, by_month=months)
    )
    assert json.dumps(shown["by_year"]) == (
        '[{"year": 2013, "pdf": 10, "html": 20}, {"year": 2014, "pdf": 3, "html": 0}]'
    )
    assert json.dumps(shown["by_month"][1]) == '{"month": 2, "year": 2013, "html": 2, "pdf": 0}'


@given(
    st.lists(
        st.fixed_dictionaries(
            {"year": st.integers(2000, 2005), "month": st.integers(1, 12), "total": st.integers()}
        )
    )
)
def test_by_year_loses_nothing(months: list[dict[str, int]]) -> None:
    years = lagotto.by_year(months)
    assert sum(year["total"] for year in years) == sum(month["total"] for month in months)
    assert [year["year"] for year in years] == sorted({month["year"] for month in months})


def test_events_can_be_an_object_or_missing() -> None:
    languages = {"en": 3, "de": 1, "total": 4}
    shown = lagotto.source_entry(
        entry("wikipedia", "discussed", Metrics(total=4), events=languages), detail=True
    )
    assert (shown["events"], shown["events_csl"]) == (languages, [])
    missing = lagotto.source_entry(entry("pmceurope", "cited", Metrics(total=4)), detail=True)
    assert (missing["events"], missing["events_csl"]) == ([], [])


def test_events_csl_are_those_that_there_are_in_order() -> None:
    events = [{"event": "1"}, {"event": "2", "event_csl": CITING}, {"event_csl": None}, "bare"]
    assert lagotto.events_csl(events) == [CITING]
    assert lagotto.source_entry(CROSSREF, detail=True)["events_csl"] == [CITING]


@pytest.mark.parametrize(
    ("total", "page", "per_page", "expected"),
    [
        (0, 3, 50, (0, 0, 0)),
        (3, 9, 2, (3, 2, 9)),
        (100, 1, 50, (100, 2, 1)),
        (101, 1, 50, (101, 3, 1)),
    ],
)
def test_the_envelope(total: int, page: int, per_page: int, expected: tuple[int, int, int]) -> None:
    answer = lagotto.articles([], total=total, page=page, per_page=per_page)
    assert list(answer) == ["total", "total_pages", "page", "error", "data"]
    assert (answer["total"], answer["total_pages"], answer["page"]) == expected
    assert (answer["error"], answer["data"]) == (None, [])


SOURCE = SourceView(
    name="citeulike",
    title="CiteULike",
    group="saved",
    description=None,
    updated_at=CREATED,
    state="waiting",
    jobs_working=1,
    jobs_pending=2,
    responses=lagotto.ResponseCounts(count=3, average_ms=4, maximum_ms=5),
    error_count=6,
    article_count=7,
    event_count=8,
    refreshed_count=9,
    queued_count=10,
    stale_count=11,
    by_day=lagotto.UpdateCounts(with_events=12, without_events=13, not_updated=14),
    by_month=lagotto.UpdateCounts(with_events=15, without_events=16, not_updated=17),
)


def test_one_source() -> None:
    assert orjson.dumps(lagotto.source(SOURCE)).decode() == (
        '{"error":null,"data":{"name":"citeulike","display_name":"CiteULike","group":"saved",'
        '"description":null,"update_date":"2014-11-07T10:00:00Z","state":"waiting",'
        '"jobs":{"working":1,"pending":2},"responses":{"count":3,"average":4,"maximum":5},'
        '"error_count":6,"article_count":7,"event_count":8,'
        '"status":{"refreshed":9,"queued":10,"stale":11},'
        '"by_day":{"with_events":12,"without_events":13,"not_updated":14},'
        '"by_month":{"with_events":15,"without_events":16,"not_updated":17}}}'
    )


def test_sources_are_sorted_by_group_and_title() -> None:
    names = [
        ("wos", "Web of Science", "cited"),
        ("other", "A", "nameless"),
        ("pmc", "PubMed Central Usage Stats", "viewed"),
        ("crossref", "CrossRef", "cited"),
        ("facebook", "Facebook", "discussed"),
        ("biod", "bioD", "cited"),
        ("counter", "Counter", "viewed"),
        ("mendeley", "Mendeley", "saved"),
        ("citeulike", "CiteULike", "saved"),
    ]
    answer = lagotto.sources(
        dataclasses.replace(SOURCE, name=name, title=title, group=group)
        for name, title, group in names
    )
    assert list(answer) == ["total", "error", "data"]
    assert (answer["total"], answer["error"]) == (9, None)
    assert [source["name"] for source in answer["data"]] == [
        *("counter", "pmc", "citeulike", "mendeley", "facebook"),
        *("biod", "crossref", "wos", "other"),
    ]


def test_status() -> None:
    view = StatusView(
        version="3.9",
        updated_at=CREATED,
        articles_count=1,
        articles_last30_count=2,
        alerts_count=3,
        workers_count=4,
        delayed_jobs_active_count=5,
        responses_count=6,
        events_count=7,
        requests_count=8,
        users_count=9,
        sources_active_count=10,
        couchdb_size_bytes=11,
    )
    assert orjson.dumps(lagotto.status(view)).decode() == (
        '{"error":null,"data":{"articles_count":1,"articles_last30_count":2,"alerts_count":3,'
        '"workers_count":4,"delayed_jobs_active_count":5,"responses_count":6,"events_count":7,'
        '"requests_count":8,"users_count":9,"sources_active_count":10,"version":"3.9",'
        '"couchdb_size":11,"update_date":"2014-11-07T10:00:00Z"}}'
    )


def test_heartbeat() -> None:
    answer = lagotto.heartbeat(version="3.9", articles_count=3, updated_at=CREATED)
    assert orjson.dumps(answer).decode() == (
        '{"version":"3.9","articles_count":3,"update_date":"2014-11-07T10:00:00Z","status":"OK"}'
    )


@pytest.mark.parametrize(
    ("family", "body"),
    [
        ("articles", '{"total":0,"total_pages":0,"page":0,"error":"No.","data":[]}'),
        ("sources", '{"total":0,"error":"No.","data":[]}'),
        ("status", '{"error":"No.","data":[]}'),
        ("other", '{"error":"No."}'),
    ],
)
def test_error_bodies(family: lagotto.Family, body: str) -> None:
    assert orjson.dumps(lagotto.error(family, "No.")).decode() == body


def test_jsonp() -> None:
    assert lagotto.jsonp("f", b'{"a":"\\u2028"}') == b'f({"a":"\\u2028"})'
    separators = "\N{LINE SEPARATOR}“\N{PARAGRAPH SEPARATOR}"
    wrapped = lagotto.jsonp("jQuery.f", orjson.dumps(separators))
    assert wrapped == 'jQuery.f("\\u2028“\\u2029")'.encode()
    assert json.loads(wrapped[9:-1]) == separators


@pytest.mark.parametrize(
    "moment",
    [
        dt.datetime(2014, 11, 7, 10, 0, 0, tzinfo=dt.UTC),
        dt.datetime(2014, 11, 7, 10, 0, 0, 999999, tzinfo=dt.UTC),
        dt.datetime(2014, 11, 7, 2, tzinfo=dt.timezone(dt.timedelta(hours=-8))),
    ],
)
def test_timestamps_are_utc_seconds(moment: dt.datetime) -> None:
    assert lagotto.timestamp(moment) == "2014-11-07T10:00:00Z"
