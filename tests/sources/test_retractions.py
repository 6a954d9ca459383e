"""Crossref retractions: notices of recorded pages, and how they are kept together."""

import datetime as dt

import pytest

from chalicelib.errors import Malformed, Unavailable
from chalicelib.feed import Window
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

SOURCE = get("retractions")
DAYS = Window(dt.date(2026, 11, 20), dt.date(2026, 11, 25))
PAPER = work("10.5555/paper.1")


def play(file, place=""):
    body = file if isinstance(file, Reply) else recorded("retractions", file)
    player = Player(SOURCE, body)
    return player, SOURCE.read(player, DAYS, place)


def of(page, doi):
    [entry] = [entry for entry in page.entries if entry.of(work(doi))]
    return entry.result


def test_a_notice_counts_once_whoever_tells_of_it() -> None:
    _, page = play("found.json")
    assert [entry.identifiers for entry in page.entries] == [{"doi": "10.5555/paper.1"}]
    found = of(page, "10.5555/Paper.1")
    assert found.metrics.total == 1
    assert found.events == {
        "retraction": 1,
        "partial_retraction": 0,
        "removal": 0,
        "withdrawal": 0,
        "expression_of_concern": 0,
        "notices": [
            {
                "doi": "10.5555/notice.1",
                "type": "retraction",
                "sources": ["publisher", "retraction-watch"],
                "date": "2020-05-01",
                "title": "Retraction: An invented article",
            }
        ],
    }


def test_other_notices_have_their_own_counts() -> None:
    _, page = play("odd-several.json")
    assert len(page.entries) == 4 and len(page.failed) == 1
    concern, withdrawal = (
        entry.result for entry in page.entries if entry.identifiers == {"doi": "10.5555/paper.1"}
    )
    assert concern.metrics.total == withdrawal.metrics.total == 0
    assert concern.events["expression_of_concern"] == withdrawal.events["withdrawal"] == 1
    assert withdrawal.events["notices"][0]["date"] == "2021-07"
    assert withdrawal.events["notices"][0]["sources"] == []
    own = page.entries[2].result
    assert (own.metrics.total, own.events["notices"][0]["title"]) == (1, None)


def test_notices_are_kept_and_one_that_is_told_again_counts_once() -> None:
    first, several = of(play("found.json")[1], "10.5555/paper.1"), play("odd-several.json")[1]
    merged = SOURCE.merge([], first, PAPER)
    assert merged.events == first.events
    merged = SOURCE.merge(merged.events_as_json(), several.entries[0].result, PAPER)
    merged = SOURCE.merge(merged.events_as_json(), first, PAPER)
    assert merged.metrics.total == 1
    assert merged.events["expression_of_concern"] == 1
    assert [notice["doi"] for notice in merged.events["notices"]] == [
        "10.5555/notice.2",
        "10.5555/notice.1",
    ]
    assert merged.events_url == "https://crossmark.crossref.org/dialog/?doi=10.5555%2Fpaper.1"


def test_what_is_asked() -> None:
    player, _ = play("none.json", "DnF0")
    [request] = player.requests
    assert request.url.startswith("https://api.crossref.org/works?filter=update-type%3Aretraction")
    assert request.query["filter"][0].endswith(
        "update-type:expression_of_concern,from-index-date:2026-11-20,until-index-date:2026-11-25"
    )
    assert request.query["select"] == ["DOI,update-to,issued,title"]
    assert (request.query["rows"], request.query["cursor"]) == (["1000"], ["DnF0"])
    assert request.query["mailto"] == ["operator@example.org"]


def test_a_full_page_is_followed_by_another(monkeypatch) -> None:
    monkeypatch.setattr("chalicelib.apis.crossref.ROWS", 1)
    assert play("found.json")[1].next_place == "DnF1"
    with pytest.raises(Malformed):
        play("odd-not-all.json")


def test_a_work_without_notices_is_zero() -> None:
    other = work("10.5555/paper.9")
    outcome = result(
        Player(SOURCE, recorded("retractions", "found.json")).collect([other])[other.key]
    )
    assert (outcome.metrics.total, outcome.events) == (0, ())


@pytest.mark.parametrize("file", ["odd-error-in-200.json", "odd-not-all.json"])
def test_no_list_and_half_a_list_are_no_empty_list(file) -> None:
    with pytest.raises(Malformed):
        play(file)


def test_408() -> None:
    with pytest.raises(Unavailable):
        play(Reply(body="", status=408))
