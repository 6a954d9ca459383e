"""Relative Metric: average views of PLOS articles of the same subject areas."""

import pytest

from chalicelib.errors import Malformed, Unavailable
from chalicelib.model import Metrics
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

URL = "https://couch.example.org/relativemetric/_design/views/{doi}"
WORK = work("10.1371/journal.pone.9000001")


def play(body: str | Reply) -> Player:
    reply = recorded("relativemetric", body) if isinstance(body, str) else body
    return Player(get("relativemetric"), reply, settings={"url": URL})


def test_found() -> None:
    player = play("found.json")
    found = result(player.collect([WORK])[WORK.key])
    assert found.metrics == Metrics(total=16)
    assert found.events_as_json() == {
        "start_date": "2019-01-01T00:00:00Z",
        "end_date": "2019-12-31T00:00:00Z",
        "subject_areas": [
            {"subject_area": "/Biology and life sciences", "average_usage": [1, 2, 3]},
            {"subject_area": "/Social sciences/Sociology", "average_usage": [10]},
        ],
    }
    assert found.events_url is None and not found.by_month
    assert player.requests[0].url == URL.replace("{doi}", "10.1371%2Fjournal.pone.9000001")


def test_none() -> None:
    found = result(play("none.json").collect([WORK])[WORK.key])
    assert found.metrics == Metrics(total=0)
    events = found.events_as_json()
    assert isinstance(events, dict) and events["subject_areas"] == []


def test_what_is_no_number_is_malformed() -> None:
    assert isinstance(play("odd-no-numbers.json").collect([WORK])[WORK.key], Malformed)


def test_a_timeout_tells_the_url() -> None:
    with pytest.raises(Unavailable) as raised:
        play(Reply(body="", status=408)).collect([WORK])
    assert raised.value.url == URL.replace("{doi}", "10.1371%2Fjournal.pone.9000001")


def test_only_plos_is_asked_about() -> None:
    assert get("relativemetric").applies(WORK)
    assert not get("relativemetric").applies(work("10.5555/1"))
