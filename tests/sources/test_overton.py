"""Overton: policy documents in recorded answers, and their pages."""

import pytest

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

WORK = work("10.5555/Overton.1")


def play(*files: str) -> Player:
    replies = [recorded("overton", file) for file in files]
    return Player(get("overton"), *replies, settings={"api_key": "a key"})


def test_found() -> None:
    player = play("found.json")
    found = result(player.collect([WORK])[WORK.key])
    assert found.metrics.total == found.metrics.citations == 2
    first, second = found.events_as_json()
    assert first["event_url"] == "https://example.org/policy/1"
    assert first["event_time"] == "2025-12-01T00:00:00Z"
    assert first["event"]["source"]["title"] == "Ministry of Examples"
    assert "event_time" not in second
    assert player.requests[0].query == {
        "plain_dois_cited": ["10.5555/overton.1"],
        "format": ["json"],
        "page": ["1"],
        "api_key": ["a key"],
    }


def test_all_pages_are_read() -> None:
    player = play("odd-first-page.json", "odd-last-page.json")
    found = result(player.collect([WORK])[WORK.key])
    assert found.metrics.total == len(found.events) == 3
    assert [request.query["page"] for request in player.requests] == [["1"], ["2"]]


def test_five_pages_at_most() -> None:
    body = recorded("overton", "odd-first-page.json").replace(b": 3,", b": 300,")
    player = Player(get("overton"), *[body] * 5, settings={"api_key": "a key"})
    found = result(player.collect([WORK])[WORK.key])
    assert (found.metrics.total, len(found.events)) == (300, 10)


def test_none_and_an_error() -> None:
    assert result(play("none.json").collect([WORK])[WORK.key]).metrics.total == 0
    with pytest.raises(Malformed):
        play("odd-error-in-200.json").collect([WORK])
