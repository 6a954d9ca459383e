"""Hypothes.is: counts and trimmed events of recorded answers."""

import pytest

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

WORK = work("10.5555/Hyp.1")


def play(file: str) -> Player:
    return Player(get("hypothesis"), recorded("hypothesis", file))


def test_found() -> None:
    found = result(play("found.json").collect([WORK])[WORK.key])
    assert found.metrics.total == found.metrics.comments == 2
    assert found.events_as_json()[0] == {
        "event": {
            "id": "AAinvented1",
            "uri": "https://example.org/article/1",
            "tags": ["methods"],
            "created": "2023-05-06T07:08:09.334539+00:00",
        },
        "event_time": "2023-05-06T07:08:09Z",
        "event_url": "https://hypothes.is/a/AAinvented1",
    }


def test_neither_texts_nor_names_are_kept() -> None:
    kept = str(result(play("found.json").collect([WORK])[WORK.key]))
    assert "remark" not in kept and "acct:" not in kept and "A Reader" not in kept


def test_total_counts_what_is_not_shown() -> None:
    found = result(play("odd-more-than-shown.json").collect([WORK])[WORK.key])
    assert found.metrics.total == 431
    assert [(event.url, event.time) for event in found.events] == [
        ("https://hyp.is/AAinvented3/example.org", "2023-05-06T05:08:09Z"),
        (None, "2023-05-06T07:08:09Z"),
    ]


def test_all_addresses_are_asked_for_in_one_call() -> None:
    player = play("none.json")
    page = work("10.5555/Hyp.1", canonical_url="https://example.org/article/1")
    player.collect([page])
    assert player.requests[0].query["uri"] == [
        "doi:10.5555/Hyp.1",
        "doi:10.5555/hyp.1",
        "https://doi.org/10.5555/Hyp.1",
        "https://doi.org/10.5555/hyp.1",
        "https://example.org/article/1",
    ]


def test_a_folded_doi_is_asked_for_once() -> None:
    player = play("none.json")
    lower = work("10.5555/hyp.1")
    assert result(player.collect([lower])[lower.key]).metrics.total == 0
    assert player.requests[0].query["uri"] == ["doi:10.5555/hyp.1", "https://doi.org/10.5555/hyp.1"]


def test_a_failure_with_status_200_is_no_zero() -> None:
    with pytest.raises(Malformed):
        play("odd-failure-in-200.json").collect([WORK])
