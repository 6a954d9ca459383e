import pytest

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

PLOS = get("plos_fulltext")
DATA = work("10.5555/data.1")


def play(*files):
    player = Player(PLOS, *(recorded("plos_fulltext", file) for file in files))
    return player, player.collect([DATA])[DATA.key]


def test_articles_are_counted_and_told():
    found = result(play("found.json")[1])
    assert found.metrics.total == found.metrics.citations == 2
    assert found.events_url == (
        "http://www.plosone.org/search/advanced?unformattedQuery=everything:%2210.5555%2Fdata.1%22"
    )
    event = found.events_as_json()[0]
    assert event["event"]["id"] == "10.1371/journal.invented.0000001"
    assert event["event_time"] == "2014-04-10T00:00:00Z"
    assert event["event_url"] == "http://doi.org/10.1371/journal.invented.0000001"
    assert event["event_csl"] == {
        "author": [{"family": "Doe", "given": "Jane Q."}, {"family": "Roe", "given": "Richard"}],
        "title": "An article that uses <i>invented</i> data",
        "container-title": "PLOS Invented",
        "issued": {"date-parts": [[2014, 4, 10]]},
        "url": "http://doi.org/10.1371/journal.invented.0000001",
        "type": "article-journal",
    }


def test_none():
    assert result(play("none.json")[1]).metrics.total == 0


def test_doi_and_landing_page_are_looked_for():
    player = Player(PLOS, recorded("plos_fulltext", "none.json"))
    player.collect([work('10.5555/"1"', canonical_url="https://example.org/data/1")])
    [request] = player.requests
    assert request.query == {
        "q": ['everything:"10.5555/\\"1\\"" OR everything:"https://example.org/data/1"'],
        "fq": ["doc_type:full"],
        "fl": ["id,publication_date,title,cross_published_journal_name,author_display"],
        "wt": ["json"],
        "rows": ["1000"],
    }


def test_works_of_plos_and_of_other_agencies_are_not_asked_about():
    assert PLOS.applies(DATA)
    assert PLOS.applies(work("10.5555/data.1", registration_agency="datacite"))
    assert not PLOS.applies(work("10.5555/data.1", registration_agency="crossref"))
    assert not PLOS.applies(work("10.1371/journal.invented.0000001"))


def test_all_pages_are_read():
    player, outcome = play("odd-page-1-of-2.json", "odd-page-2-of-2.json")
    assert result(outcome).metrics.total == 2
    assert [request.query.get("start") for request in player.requests] == [None, ["1000"]]


def test_a_list_that_ends_early_is_no_count():
    assert str(play("odd-page-1-of-2.json", "odd-page-empty.json")[1]) == "1 of 2 articles"


def test_an_error_with_status_200_is_no_zero():
    with pytest.raises(Malformed):
        play("odd-error-in-200.json")
