"""PubPeer: comments in recorded answers, and what is asked."""

import json

import pytest

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

WORK, OTHER, THIRD = (work(f"10.5555/PubPeer.{number}") for number in (1, 2, 3))


def play(file: str) -> Player:
    return Player(get("pubpeer"), recorded("pubpeer", file), settings={"devkey": "a key"})


def test_found() -> None:
    found = result(play("found.json").collect([WORK])[WORK.key])
    assert found.metrics.total == found.metrics.comments == 5
    assert found.events_url == "https://pubpeer.com/publications/0123456789ABCDEF"
    assert found.events_as_json() == [
        {
            "event": {"title": "A work", "total_comments": 5, "users": "Peer 1, Peer 2"},
            "event_time": "2026-03-04T05:06:07Z",
            "event_url": "https://pubpeer.com/publications/0123456789ABCDEF",
        }
    ]


def test_one_call_for_all() -> None:
    player = play("none.json")
    outcomes = player.collect([WORK, OTHER])
    assert [result(outcome).metrics.total for outcome in outcomes.values()] == [0, 0]
    [request] = player.requests
    assert request.query == {"devkey": ["a key"]}
    assert json.loads(request.body) == {"dois": ["10.5555/pubpeer.1", "10.5555/pubpeer.2"]}


def test_times_may_be_missing_and_a_bad_number_fails_its_work_only() -> None:
    outcomes = play("odd-times-and-numbers.json").collect([WORK, OTHER, THIRD])
    first, third = result(outcomes[WORK.key]), result(outcomes[THIRD.key])
    assert (first.metrics.total, third.metrics.total) == (1, 2)
    assert "event_time" not in first.events_as_json()[0]
    assert isinstance(outcomes[OTHER.key], Malformed)


def test_a_bad_status_is_no_zero() -> None:
    with pytest.raises(Malformed):
        play("odd-status.json").collect([WORK])
