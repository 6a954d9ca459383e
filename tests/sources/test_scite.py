"""scite: tallies of recorded answers, and what is asked."""

import json

import pytest

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

WORK, OTHER, THIRD = (work(f"10.5555/SCITE.{number}") for number in (1, 2, 3))


def play(file: str) -> Player:
    return Player(get("scite"), recorded("scite", file))


def test_found() -> None:
    found = result(play("found.json").collect([WORK])[WORK.key])
    assert found.metrics.total == found.metrics.citations == 31
    assert found.events_as_json() == {
        "supporting": 4,
        "contradicting": 1,
        "mentioning": 25,
        "unclassified": 1,
        "citingPublications": 22,
        "total": 31,
    }


def test_one_list_for_all() -> None:
    player = play("none.json")
    outcomes = player.collect([WORK, OTHER])
    assert [result(outcome).metrics.total for outcome in outcomes.values()] == [0, 0]
    [request] = player.requests
    assert (request.method, request.url) == ("POST", "https://api.scite.ai/tallies")
    assert json.loads(request.body) == ["10.5555/scite.1", "10.5555/scite.2"]


def test_a_bad_tally_fails_its_work_only() -> None:
    outcomes = play("odd-one-bad-tally.json").collect([WORK, OTHER, THIRD])
    assert result(outcomes[WORK.key]).metrics.total == 31
    assert isinstance(outcomes[OTHER.key], Malformed)
    assert result(outcomes[THIRD.key]).metrics.total == 0


def test_an_error_with_status_200_is_no_zero() -> None:
    with pytest.raises(Malformed):
        play("odd-error-in-200.json").collect([WORK])
