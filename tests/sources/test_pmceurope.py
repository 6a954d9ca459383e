import pytest

from chalicelib.errors import Malformed, Rejected, Unavailable
from chalicelib.replay import replay
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

PMCEUROPE = get("pmceurope")

FIRST = work("10.5555/epmc.1")
SECOND = work("10.5555/Epmc.2")
UNKNOWN = work("10.5555/unknown.3")


def play(file, *works):
    return Player(PMCEUROPE, recorded("pmceurope", file)).collect(works)


def test_counts_of_a_batch_belong_to_their_works():
    outcomes = play("found.json", SECOND, UNKNOWN, FIRST)
    totals = {key: result(outcome).metrics.total for key, outcome in outcomes.items()}
    assert totals == {SECOND.key: 0, UNKNOWN.key: 0, FIRST.key: 9}
    assert result(outcomes[FIRST.key]).metrics.citations == 9
    assert result(outcomes[FIRST.key]).events_as_json() == []


def test_identifiers_that_are_found_are_told_and_give_the_link():
    outcomes = play("found.json", FIRST, SECOND, UNKNOWN)
    first, second = result(outcomes[FIRST.key]), result(outcomes[SECOND.key])
    assert first.identifiers == {"pmid": "32000001", "pmcid": "7000001"}
    assert first.events_url == (
        "http://europepmc.org/abstract/MED/32000001#fragment-related-citations"
    )
    assert second.identifiers == {"pmid": "32000002"}
    assert result(outcomes[UNKNOWN.key]).events_url is None


def test_zero_has_a_link_too_when_the_pmid_is_known():
    known = work("10.5555/epmc.9", pmid="32000009")
    none = result(play("none.json", known)[known.key])
    assert none.metrics.total == 0
    assert (
        none.events_url == "http://europepmc.org/abstract/MED/32000009#fragment-related-citations"
    )


def test_one_search_asks_for_the_whole_batch_with_what_is_special_escaped():
    player = Player(PMCEUROPE, recorded("pmceurope", "none.json"))
    player.collect([FIRST, work('10.5555/A"b\\c OR (d)<e>&f#g%+:;')])
    [request] = player.requests
    assert request.url.startswith("https://www.ebi.ac.uk/europepmc/webservices/rest/search?")
    assert request.query == {
        "query": ['DOI:"10.5555/epmc.1" OR DOI:"10.5555/a\\"b\\\\c or (d)<e>&f#g%+:;"'],
        "resultType": ["lite"],
        "format": ["json"],
        "pageSize": ["1000"],
    }


def test_a_full_batch_fits_in_a_url():
    player = Player(PMCEUROPE, recorded("pmceurope", "none.json"))
    player.collect([work(f"10.5555/{'middling' * 8}.{number}") for number in range(50)])
    assert len(player.requests[0].url) < 8000


def test_of_several_records_the_one_in_medline_counts_else_the_most_cited():
    preprint = work("10.5555/preprint.3")
    outcomes = play("odd-three-records-one-doi.json", FIRST, preprint, UNKNOWN)
    assert result(outcomes[FIRST.key]).metrics.total == 9
    assert result(outcomes[preprint.key]).metrics.total == 4
    assert result(outcomes[preprint.key]).identifiers == {}
    assert result(outcomes[UNKNOWN.key]).metrics.total == 0


def test_a_bad_record_fails_its_work_alone():
    good, bad = work("10.5555/good.1"), work("10.5555/bad.2")
    outcomes = play("odd-one-bad-record.json", good, bad)
    assert result(outcomes[good.key]).metrics.total == 5
    assert isinstance(outcomes[bad.key], Malformed)


def test_a_list_that_is_cut_off_gives_no_false_zero():
    good = work("10.5555/good.1")
    outcomes = play("odd-cut-off.json", good, UNKNOWN)
    assert result(outcomes[good.key]).metrics.total == 5
    assert isinstance(outcomes[UNKNOWN.key], Malformed)


def test_an_error_in_a_good_status_is_no_zero():
    with pytest.raises(Malformed, match="Invalid page size"):
        play("odd-error-in-200.json", FIRST)


def test_works_without_a_doi_are_left_unasked():
    only_pmid = work(None, pmid="32000001")
    assert Player(PMCEUROPE).collect([only_pmid]) == {}
    outcomes = play("none.json", only_pmid, UNKNOWN)
    assert list(outcomes) == [UNKNOWN.key]
    assert not PMCEUROPE.applies(work(None, pmcid="1"))


# As Lagotto asked in 2014.

KNOWN = work("10.5555/epmc.1", pmid="32000001")


def player_of_2014(*replies):
    return Player(PMCEUROPE, *replies, settings={"api": "2014"})


def test_2014_the_number_is_that_of_hits():
    player = player_of_2014(recorded("pmceurope", "odd-2014-found.json"))
    found = result(player.collect([KNOWN])[KNOWN.key])
    assert (found.metrics.total, found.metrics.citations) == (23, 23)
    assert found.events_as_json() == []
    assert found.events_url == PMCEUROPE.events_url(KNOWN)
    assert [request.url for request in player.requests] == [
        "http://www.ebi.ac.uk/europepmc/webservices/rest/MED/32000001/citations/1/json"
    ]


def test_2014_no_hit_is_zero_with_a_link():
    player = player_of_2014(recorded("pmceurope", "odd-2014-none.json"))
    none = result(player.collect([work(None, pmid="32000002")])["pmid:32000002"])
    assert none.metrics.total == 0
    assert none.events_url.startswith("http://europepmc.org/abstract/MED/32000002#")


def test_2014_works_without_a_pmid_are_left_unasked():
    assert player_of_2014().collect([FIRST]) == {}
    assert replay("pmceurope", doi=FIRST.doi, settings={"api": "2014"})["total"] is None


@pytest.mark.parametrize(("status", "error"), [(408, Unavailable), (404, Rejected)])
def test_2014_a_failing_call_is_no_zero(status, error):
    with pytest.raises(error) as caught:
        player_of_2014(Reply(body="no", status=status)).collect([KNOWN])
    assert caught.value.url.endswith("/MED/32000001/citations/1/json")


@pytest.mark.parametrize("body", [b"", b"null", {}, [], {"hitCount": None}, {"hitCount": -1}])
def test_2014_what_is_no_number_is_no_zero(body):
    with pytest.raises(Malformed):
        player_of_2014(body).collect([KNOWN])
    with pytest.raises(Malformed, match="Invalid"):
        player_of_2014(recorded("pmceurope", "odd-error-in-200.json")).collect([KNOWN])
