"""ScholeXplorer: links in recorded answers, both directions and pages."""

import pytest

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

WORK = work("10.5555/Schole.1")


def play(*files: str) -> Player:
    return Player(get("scholexplorer"), *[recorded("scholexplorer", file) for file in files])


def test_found_in_both_directions() -> None:
    player = play("found.json", "odd-links-to-the-work.json")
    found = result(player.collect([WORK])[WORK.key])
    assert found.metrics.total == 2
    assert found.metrics.citations is None
    first, second = found.events_as_json()
    assert first == {
        "event": {
            "direction": "outgoing",
            "relation": "References",
            "title": "Data",
            "publisher": ["Example Archive"],
            "identifiers": ["doi:10.5555/data.1"],
        },
        "event_time": "2020-06-15T00:00:00Z",
        "event_url": "https://doi.org/10.5555/data.1",
    }
    assert second["event"]["direction"] == "incoming"
    assert second["event"]["relation"] == "IsSupplementTo"
    assert [request.query for request in player.requests] == [
        {"sourcePid": ["10.5555/schole.1"], "targetType": ["dataset"], "page": ["0"]},
        {"targetPid": ["10.5555/schole.1"], "sourceType": ["dataset"], "page": ["0"]},
    ]


def test_pages() -> None:
    player = play("odd-first-page.json", "odd-first-page.json", "none.json")
    found = result(player.collect([WORK])[WORK.key])
    assert found.metrics.total == len(found.events) == 2
    assert "event_time" not in found.events_as_json()[0]
    assert [request.query["page"] for request in player.requests] == [["0"], ["1"], ["0"]]


def test_none() -> None:
    found = result(play("none.json", "none.json").collect([WORK])[WORK.key])
    assert (found.metrics.total, list(found.events)) == (0, [])


def test_a_number_without_links_is_no_result() -> None:
    with pytest.raises(Malformed):
        play("odd-no-result.json").collect([WORK])
