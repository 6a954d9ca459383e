import pytest

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

FULLTEXT_DATA = get("europe_pmc_fulltext_data")
DATA = work("10.5555/data.1", pmid="32000001")


def play(file, about=DATA):
    player = Player(FULLTEXT_DATA, recorded("europe_pmc_fulltext_data", file))
    return player, result(player.collect([about])[about.key])


def test_articles_are_counted_and_told():
    _, found = play("found.json")
    assert found.metrics.total == found.metrics.citations == 2
    first, second = found.events_as_json()
    assert first["event"]["doi"] == "10.5555/Citing.1"
    assert first["event_csl"] == {
        "author": [{"family": "Doe", "given": "JQ"}, {"family": "Roe", "given": "R"}],
        "title": "An article that uses data",
        "container-title": "J Invent",
        "issued": {"date-parts": [[2020]]},
        "url": "http://europepmc.org/abstract/MED/33000001",
        "type": "article-journal",
    }
    assert second["event_url"] == "http://europepmc.org/abstract/PPR/PPR1"


def test_the_page_for_a_person_needs_a_pmid():
    page = "http://europepmc.org/abstract/MED/32000001#fragment-related-bioentities"
    assert play("none.json")[1].events_url == page
    assert play("none.json", work("10.5555/data.1"))[1].events_url is None


def test_the_question():
    player, found = play("none.json", work("10.5555/Data(1)"))
    assert found.metrics.total == 0
    [request] = player.requests
    assert request.query["query"] == ['ACCESSION_ID:"10.5555/Data(1)"']


@pytest.mark.parametrize("file", ["odd-error-in-200.json", "odd-not-all-articles.json"])
def test_what_is_no_count_is_no_zero(file):
    with pytest.raises(Malformed):
        play(file)
