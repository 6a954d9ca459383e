"""NIH iCite: counts, events and notes of recorded answers."""

import pytest

from chalicelib.errors import Malformed, Rejected
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

WORK = work("10.5555/icite.1", pmid="90000001")
OTHER = work("10.5555/icite.2", pmid="90000002")
THIRD = work(None, pmid="90000003")


def play(file: str) -> Player:
    return Player(get("icite"), recorded("icite", file))


def test_found() -> None:
    found = result(play("found.json").collect([WORK])[WORK.key])
    assert found.metrics.total == found.metrics.citations == 3
    assert found.metrics.likes is found.metrics.comments is None
    assert found.events_as_json()[0] == {
        "event": "90000011",
        "event_url": "https://pubmed.ncbi.nlm.nih.gov/90000011/",
    }
    assert found.notes == {
        "relative_citation_ratio": 2.41,
        "nih_percentile": 83.2,
        "apt": 0.75,
        "is_clinical": False,
        "provisional": False,
        "cited_by_clin": ["90000012"],
    }


def test_a_missing_pmid_is_zero() -> None:
    outcomes = play("found.json").collect([WORK, OTHER])
    assert result(outcomes[WORK.key]).metrics.total == 3
    assert result(outcomes[OTHER.key]).metrics.total == 0
    assert result(outcomes[OTHER.key]).events == ()


def test_one_call_for_all() -> None:
    player = play("none.json")
    player.collect([WORK, OTHER, THIRD])
    assert [request.query for request in player.requests] == [
        {"pmids": ["90000001,90000002,90000003"]}
    ]


def test_older_answers() -> None:
    outcomes = play("odd-older-flags.json").collect([WORK, OTHER])
    first, second = result(outcomes[WORK.key]), result(outcomes[OTHER.key])
    assert (first.notes["is_clinical"], first.notes["provisional"]) == (True, False)
    assert [event.event for event in first.events] == ["90000011", "90000012"]
    assert second.metrics.total == 0
    assert second.notes == {"apt": 0.05, "is_clinical": False, "provisional": True}


def test_a_bad_record_fails_its_work_only() -> None:
    outcomes = play("odd-one-bad-record.json").collect([WORK, OTHER, THIRD])
    assert result(outcomes[WORK.key]).metrics.total == 3
    assert isinstance(outcomes[OTHER.key], Malformed)
    assert result(outcomes[THIRD.key]).metrics.total == 0


def test_the_doi_of_a_work_without_one_is_revealed() -> None:
    alone = work(None, pmid="90000001")
    assert result(play("found.json").collect([alone])[alone.key]).identifiers == {
        "doi": "10.5555/icite.1"
    }
    assert result(play("found.json").collect([WORK])[WORK.key]).identifiers == {}


def test_an_error_with_status_200_is_no_zero() -> None:
    with pytest.raises(Malformed):
        play("odd-error-in-200.json").collect([WORK])


def test_a_404_is_no_zero() -> None:
    with pytest.raises(Rejected):
        Player(get("icite"), Reply(body="Not Found", status=404)).collect([WORK])
