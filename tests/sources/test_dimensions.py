"""Dimensions: counts and ratios of recorded answers."""

import pytest

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

WORK = work("10.5555/Dimensions.1")


def play(reply: object) -> Player:
    return Player(get("dimensions"), reply)


def test_found() -> None:
    player = play(recorded("dimensions", "found.json"))
    found = result(player.collect([WORK])[WORK.key])
    assert found.metrics.total == found.metrics.citations == 34
    assert found.events == ()
    assert found.notes == {
        "recent_citations": 9,
        "highly_cited_1": False,
        "highly_cited_5": False,
        "highly_cited_10": True,
        "relative_citation_ratio": 1.42,
        "field_citation_ratio": 5.1,
    }
    assert player.requests[0].url == "https://metrics-api.dimensions.ai/doi/10.5555/dimensions.1"


def test_unknown_is_zero() -> None:
    unknown = play(Reply(body={"error": "not found"}, status=404))
    assert result(unknown.collect([WORK])[WORK.key]).metrics.total == 0


def test_no_number_is_no_zero() -> None:
    with pytest.raises(Malformed):
        play(recorded("dimensions", "odd-no-number.json")).collect([WORK])


def test_it_waits_for_a_registration() -> None:
    [setting] = get("dimensions").settings
    assert setting.required and not setting.secret
    assert not get("dimensions").on_by_default
