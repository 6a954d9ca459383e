"""Dryad: counts of recorded answers."""

import pytest

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

WORK = work("10.5061/dryad.X1Y2Z")


def play(file: str) -> Player:
    return Player(get("dryad"), recorded("dryad", file))


def test_found() -> None:
    player = play("found.json")
    found = result(player.collect([WORK])[WORK.key])
    assert (found.metrics.html, found.metrics.pdf, found.metrics.total) == (120, 37, 157)
    assert found.metrics.citations is None
    assert found.notes == {"citations": 2}
    address = "https://datadryad.org/api/v2/datasets/doi%3A10.5061%2Fdryad.x1y2z"
    assert player.requests[0].url == address


def test_an_unknown_data_set_is_zero() -> None:
    player = Player(get("dryad"), Reply(body={"error": "not-found"}, status=404))
    found = result(player.collect([WORK])[WORK.key])
    assert (found.metrics.html, found.metrics.pdf, found.metrics.total) == (0, 0, 0)


def test_a_missing_count_is_no_zero() -> None:
    with pytest.raises(Malformed):
        play("odd-without-views.json").collect([WORK])


def test_other_prefixes_are_not_asked_about() -> None:
    assert get("dryad").applies(WORK)
    assert not get("dryad").applies(work("10.5555/dryad.1"))
