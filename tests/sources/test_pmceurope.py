import pytest

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

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
