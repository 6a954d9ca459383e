import pytest

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

PMCEUROPEDATA = get("pmceuropedata")

WORK = work("10.5555/epmc.1", pmid="32000001")
LINK = "http://europepmc.org/abstract/MED/32000001#fragment-related-bioentities"


def play(reply):
    return result(Player(PMCEUROPEDATA, reply).collect([WORK])[WORK.key])


def test_links_are_counted_by_database():
    found = play(recorded("pmceuropedata", "found.json"))
    assert (found.metrics.total, found.metrics.citations) == (15, 15)
    assert found.events_as_json() == {"EMBL": 10, "UNIPROT": 5}
    assert found.events_url == LINK


def test_without_links_the_events_are_an_empty_list():
    none = play(recorded("pmceuropedata", "none.json"))
    assert none.metrics.total == 0
    assert none.events_as_json() == []
    assert none.events_url == LINK


def test_a_single_database_and_numbers_as_text_are_understood():
    one = play(recorded("pmceuropedata", "odd-one-database.json"))
    assert one.metrics.total == 3
    assert one.events_as_json() == {"PDB": 3}


def test_the_article_is_asked_for_by_pmid():
    player = Player(PMCEUROPEDATA, recorded("pmceuropedata", "none.json"))
    player.collect([WORK])
    assert [request.url for request in player.requests] == [
        "https://www.ebi.ac.uk/europepmc/webservices/rest/MED/32000001/databaseLinks?format=json"
    ]


def test_only_works_with_a_pmid_are_asked_for():
    assert PMCEUROPEDATA.applies(WORK)
    assert not PMCEUROPEDATA.applies(work("10.5555/epmc.1"))


def test_an_unknown_article_is_zero():
    assert play(Reply(body="", status=404)).metrics.total == 0


@pytest.mark.parametrize(
    "body",
    [
        recorded("pmceuropedata", "odd-error-in-200.json"),
        {"version": "6.9"},
        {"hitCount": 1, "dbCountList": {"db": [{"dbName": " ", "count": 1}]}},
        {"hitCount": 1, "dbCountList": {"db": ["EMBL"]}},
        {"hitCount": -1},
        [],
    ],
)
def test_what_is_no_count_is_no_zero(body):
    with pytest.raises(Malformed):
        play(body)
