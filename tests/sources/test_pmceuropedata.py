import contextlib

import pytest

from chalicelib.errors import Malformed, Rejected, Unavailable
from chalicelib.replay import replay
from chalicelib.sources import get
from tests.sources.cases import check
from tests.sources.player import Player, Reply, recorded, result, work
from tests.test_source_answers import variants

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


# As Lagotto asked in 2014.

SEARCH = "http://www.ebi.ac.uk/europepmc/webservices/rest/search/query=ACCESSION_ID:{doi}"
DATA = work("10.5072/dryad.j1fd7")


def player_of_2014(*replies, **settings):
    return Player(PMCEUROPEDATA, *replies, settings={"api": "2014", **settings})


def play_as_in_2014(reply, asked=WORK, **settings):
    return result(player_of_2014(reply, **settings).collect([asked])[asked.key])


@pytest.mark.parametrize(
    ("file", "databases"),
    [("odd-2014-links.json", {"EMBL": 10, "UNIPROT": 5}), ("odd-2014-links.xml", {"PDB": 3})],
)
def test_2014_links_in_json_and_xml(file, databases):
    found = play_as_in_2014(recorded("pmceuropedata", file))
    assert found.metrics.total == found.metrics.citations == sum(databases.values())
    assert found.events_as_json() == databases
    assert found.events_url == LINK


def test_2014_articles_that_cite_data():
    found = play_as_in_2014(recorded("pmceuropedata", "odd-2014-search.json"), DATA, url=SEARCH)
    assert (found.metrics.total, found.metrics.citations) == (2, 2)
    first, second = found.events_as_json()
    assert first["event"]["doi"] == "10.5555/reuse.1"
    assert first["event_url"] == "http://europepmc.org/abstract/MED/32000021"
    assert first["event_csl"] == {
        "author": [{"family": "Ha.", "given": "Piwowar"}],
        "title": "Data reuse and the open data citation advantage.",
        "container-title": "PeerJ",
        "issued": {"date-parts": [[2013]]},
        "url": "http://europepmc.org/abstract/MED/32000021",
        "type": "article-journal",
    }
    assert list(second) == ["event", "event_url", "event_csl"]
    assert second["event_url"] is None
    assert second["event_csl"]["author"] == second["event_csl"]["container-title"] == ""
    assert found.events_url is None


def test_2014_a_single_article_in_xml():
    found = play_as_in_2014(recorded("pmceuropedata", "odd-2014-search.xml"), DATA, url=SEARCH)
    assert found.metrics.total == 1
    [event] = found.events_as_json()
    assert event["event_csl"]["issued"] == {"date-parts": [[2013]]}


def test_2014_no_hit_is_zero_with_an_empty_list():
    for file in ("odd-2014-none.xml", "none.json"):
        none = play_as_in_2014(recorded("pmceuropedata", file))
        assert (none.metrics.total, none.events_as_json()) == (0, [])
        assert none.events_url == LINK


def test_2014_what_is_asked():
    none = recorded("pmceuropedata", "odd-2014-none.xml")
    links, search = player_of_2014(none), player_of_2014(none, none, url=SEARCH)
    links.collect([WORK, DATA])
    search.collect([DATA, work("10.5072/a#b?c&d%41", pmid="1")])
    assert [request.url for request in links.requests + search.requests] == [
        "http://www.ebi.ac.uk/europepmc/webservices/rest/MED/32000001/databaseLinks//1/json",
        SEARCH.replace("{doi}", "10.5072/dryad.j1fd7"),
        SEARCH.replace("{doi}", "10.5072/a%23b%3Fc%26d%2541"),
    ]


def test_2014_a_work_without_what_the_url_needs_is_left_unasked():
    assert player_of_2014().collect([DATA]) == {}
    assert player_of_2014(url=SEARCH).collect([work(None, pmid="1")]) == {}
    shown = replay("pmceuropedata", pmid="1", settings={"api": "2014", "url": SEARCH})
    assert (shown["total"], shown["requests"]) == (None, [])


def test_2014_a_url_without_placeholder_is_not_asked():
    with pytest.raises(Rejected, match=r"neither \{pmid\} nor \{doi\}"):
        player_of_2014(url="http://example.org/").collect([WORK])


@pytest.mark.parametrize(("status", "error"), [(408, Unavailable), (404, Rejected)])
def test_2014_a_failing_call_is_no_zero(status, error):
    with pytest.raises(error) as caught:
        player_of_2014(Reply(body="no", status=status), url=SEARCH).collect([DATA])
    assert caught.value.url == SEARCH.replace("{doi}", "10.5072/dryad.j1fd7")


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"<html><p>Sorry</p></html>", {}, [], {"responseWrapper": None}),
        *({"hitCount": None}, {"hitCount": 1, "resultList": {"result": ["x"]}}),
        recorded("pmceuropedata", "odd-error-in-200.json"),
    ],
)
def test_2014_what_is_no_count_is_no_zero(body):
    with pytest.raises(Malformed):
        play_as_in_2014(body)


@pytest.mark.parametrize("file", ["odd-2014-links.xml", "odd-2014-search.json"])
def test_2014_every_value_can_be_wrong(file):
    for body in variants(recorded("pmceuropedata", file)):
        with contextlib.suppress(Malformed):
            check(player_of_2014(body).collect([WORK]), (WORK,))
