"""PubMed Central Usage Stats: the feed of publishers, and Lagotto's document store."""

import datetime as dt
from typing import Any

import pytest

from chalicelib.errors import Malformed, Rejected, Unavailable
from chalicelib.feed import Window
from chalicelib.sources import get
from chalicelib.sources.pmc import Pmc
from tests.sources.player import Player, Reply, recorded, result, work

WORK = work("10.5555/PMC.1", pmcid="9000001")
ACCOUNT = {"journals": "inventbiol", "username": "jane", "password": "a/b"}
WINDOW = Window(dt.date(2019, 4, 10), dt.date(2019, 5, 31))
PAGE = "http://www.ncbi.nlm.nih.gov/pmc/articles/PMC9000001"


def play(*files: Any, settings: Any = ACCOUNT, **publishers: Any) -> Player:
    replies = [recorded("pmc", file) if isinstance(file, str) else file for file in files]
    return Player(get("pmc"), *replies, settings=settings, **publishers)


def source() -> Pmc:
    found = get("pmc")
    assert isinstance(found, Pmc)
    return found


def test_found() -> None:
    player = play("found.xml")
    found = result(player.collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.html, found.metrics.pdf) == (5, 3, 2)
    assert list(found.by_month) == [{"month": 5, "year": 2019, "html": 3, "pdf": 2}]
    assert found.events_url == PAGE
    [view] = found.events_as_json()
    assert (view["year"], view["month"], view["full-text"]) == ("2019", "5", "3")
    assert player.requests[0].query == {
        "year": ["2019"],
        "month": ["5"],
        "jrid": ["inventbiol"],
        "user": ["jane"],
        "password": ["a/b"],
    }


def test_none() -> None:
    found = result(play("none.xml").collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.html, found.metrics.pdf) == (0, 0, 0)
    assert found.events_url == PAGE


def test_each_publisher_journal_and_month_is_a_page() -> None:
    publishers = {
        340: {"journals": "one two", "username": "jane", "password": "abc"},
        341: {"journals": "three"},
        342: {"journals": "four", "username": "joe", "password": "def"},
    }
    player = play(*["none.xml"] * 6, settings={}, publishers=publishers)
    pages = list(source().pages(player, WINDOW))
    asked = [[request.query[name][0] for name in ("jrid", "month")] for request in player.requests]
    assert asked == [[name, month] for name in ("one", "two", "four") for month in ("4", "5")]
    assert player.requests[-1].query["user"] == ["joe"]
    assert [entry.identifiers for page in pages for entry in page.entries] == (
        [{"doi": "10.5555/pmc.2"}] * 6
    )


def test_what_is_wrong_with_one_journal_does_not_stop_the_others() -> None:
    settings = {**ACCOUNT, "journals": "one two three"}
    player = play("odd-refused.xml", Reply(body="", status=403), "found.xml", settings=settings)
    one, two, three = source().pages(player, Window(dt.date(2019, 5, 1), dt.date(2019, 5, 31)))
    [refused] = one.failed
    assert isinstance(refused, Rejected)
    assert str(refused).startswith("PMC Usage stats for journal one, month 5 and year 2019: Wrong")
    assert [error.status for error in two.failed] == [403]
    assert len(three.entries) == 2 and not three.failed


def test_a_month_replaces_itself_and_the_total_is_of_all_months() -> None:
    page = source().read(play("found.xml"), WINDOW, "1")
    kept = [
        {"full-text": "7", "pdf": "0", "year": "2019", "month": "5"},
        {"full-text": "10", "pdf": "4", "year": "2018", "month": "12"},
    ]
    found = page.entries[0].result
    assert found
    merged = source().merge(kept, found, WORK)
    assert (merged.metrics and merged.metrics.total) == 19
    assert [month["month"] for month in merged.by_month] == [12, 5]
    assert merged.events_url == PAGE


def test_an_article_without_doi_is_skipped_and_a_bad_one_fails_alone() -> None:
    may = Window(dt.date(2019, 5, 1), dt.date(2019, 5, 31))
    page = source().read(play("odd-without-doi.xml"), may, "")
    assert len(page.entries) == 1 and not page.failed
    page = source().read(play("odd-one-bad-article.xml"), may, "")
    assert len(page.entries) == 1
    assert [type(error) for error in page.failed] == [Malformed]


def test_documents_of_the_store() -> None:
    for settings in ({}, {"db_url": "http://127.0.0.1:5984/pmc"}):
        player = play("odd-document.json", settings=settings)
        found = result(player.collect([WORK])[WORK.key])
        assert (found.metrics.total, found.metrics.html, found.metrics.pdf) == (12, 9, 3)
        assert [month["month"] for month in found.by_month] == [9, 10]
        assert player.requests[0].url == "http://127.0.0.1:5984/pmc/10.5555%2FPMC.1"
    assert result(play("odd-document.json").collect([WORK])[WORK.key]).metrics.total == 12
    zeros = result(play("odd-document-of-zeros.json").collect([WORK])[WORK.key])
    assert zeros.metrics.total == 0 and len(zeros.events) == 1
    assert list(zeros.by_month) == [{"month": 10, "year": 2013, "html": 0, "pdf": 0}]
    for reply in (b"{}", Reply(body={"error": "not_found"}, status=404)):
        nothing = result(play(reply, settings={}).collect([WORK])[WORK.key])
        assert (nothing.metrics.total, nothing.metrics.html, nothing.metrics.pdf) == (0, 0, 0)
        assert nothing.events_url == PAGE


def test_a_timeout_tells_the_url() -> None:
    with pytest.raises(Unavailable) as raised:
        play(Reply(body="", status=408), settings={}).collect([WORK])
    assert raised.value.url == "http://127.0.0.1:5984/pmc/10.5555%2FPMC.1"


def test_the_feed_is_not_zero_when_its_address_is_wrong_or_missing() -> None:
    page = source().read(play(Reply(body="", status=404)), WINDOW, "1")
    assert [error.status for error in page.failed] == [404]
    with pytest.raises(Rejected):
        source().read(play(settings={}), WINDOW, "")
    assert not source().read(play(), Window(dt.date(2019, 5, 1), dt.date(2019, 5, 9)), "").entries
