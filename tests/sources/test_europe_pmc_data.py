import pytest

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

EUROPE_PMC_DATA = get("europe_pmc_data")
WORK = work("10.5555/epmc.1", pmid="32000001")


def play(reply):
    return result(Player(EUROPE_PMC_DATA, reply).collect([WORK])[WORK.key])


def file(name):
    return recorded("europe_pmc_data", name)


def test_records_are_counted_and_told():
    found = play(file("found.json"))
    assert found.metrics.total == found.metrics.citations == 3
    assert found.events_as_json()[0] == {
        "event": {
            "database": "UNIPROT",
            "info1": "Q00001",
            "info2": "An invented protein",
            "info4": "UNIPROT",
        },
        "event_url": "https://www.uniprot.org/uniprotkb/Q00001",
    }
    assert "event_url" not in found.events_as_json()[2]
    assert found.events_url == (
        "http://europepmc.org/abstract/MED/32000001#fragment-related-bioentities"
    )


def test_no_link_and_an_unknown_article_are_zero():
    assert play(file("none.json")).metrics.total == 0
    assert play(Reply(body="", status=404)).metrics.total == 0


def test_a_single_database_with_more_records_than_are_listed():
    found = play(file("odd-one-database.json"))
    assert found.metrics.total == 27_737
    assert [event.event["info1"] for event in found.events] == ["INVT01000001"]


@pytest.mark.parametrize(
    "name", ["odd-error-in-200.json", "odd-no-count.json", "odd-none-listed.json"]
)
def test_what_is_no_count_is_no_zero(name):
    with pytest.raises(Malformed):
        play(file(name))


def test_the_article_is_asked_for_by_pmid():
    player = Player(EUROPE_PMC_DATA, file("none.json"))
    player.collect([WORK])
    assert [request.url for request in player.requests] == [
        "https://www.ebi.ac.uk/europepmc/webservices/rest/MED/32000001/databaseLinks"
        "?format=json&pageSize=1000&page=1"
    ]
