import pytest

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

FULLTEXT = get("europe_pmc_fulltext")
DATA = work("10.5555/data.1")


def play(*files):
    player = Player(FULLTEXT, *(recorded("europe_pmc_fulltext", file) for file in files))
    return player, result(player.collect([DATA])[DATA.key])


def test_articles_are_counted_and_told_but_not_the_work_itself():
    _, found = play("found.json")
    assert found.metrics.total == found.metrics.citations == 2
    first, second = found.events_as_json()
    assert first["event"]["pmcid"] == "PMC7000001"
    assert "isOpenAccess" not in first["event"]
    assert first["event_time"] == "2020-02-03T00:00:00Z"
    assert first["event_csl"] == {
        "author": [{"family": "Doe", "given": "JQ"}, {"family": "Roe", "given": "R"}],
        "title": "An article that uses data",
        "container-title": "J Invent",
        "issued": {"date-parts": [[2020]]},
        "url": "http://doi.org/10.5555/citing.1",
        "type": "article-journal",
    }
    assert second["event_url"] == "http://europepmc.org/abstract/PPR/PPR1"
    assert found.events_url == (
        "http://europepmc.org/search?query=%2210.5555%2Fdata.1%22%20OR%20REF:%2210.5555%2Fdata.1%22"
    )


def test_none():
    assert play("none.json")[1].metrics.total == 0


def test_all_pages_are_read():
    player, found = play("odd-page-1-of-2.json", "odd-page-2-of-2.json")
    assert (found.metrics.total, len(found.events)) == (2, 2)
    assert [request.query["cursorMark"] for request in player.requests] == [["*"], ["AoIIP1"]]
    assert player.requests[0].query["query"] == ['"10.5555/data.1" OR REF:"10.5555/data.1"']


def test_a_list_that_ends_early_is_no_count():
    with pytest.raises(Malformed, match="1 of 2 articles"):
        play("odd-page-1-of-2.json", "odd-page-empty.json")


def test_of_very_many_articles_ten_pages_are_read():
    hit = {"id": "1", "source": "MED"}
    pages = [
        {"hitCount": 12_345, "nextCursorMark": str(number), "resultList": {"result": [hit] * 1000}}
        for number in range(10)
    ]
    found = result(Player(FULLTEXT, *pages).collect([DATA])[DATA.key])
    assert (found.metrics.total, len(found.events)) == (12_345, 10_000)


def test_an_error_with_status_200_is_no_zero():
    with pytest.raises(Malformed):
        play("odd-error-in-200.json")


def test_only_works_of_datacite_are_asked_about():
    assert FULLTEXT.applies(DATA)
    assert not FULLTEXT.applies(work("10.5555/article.1", registration_agency="crossref"))
