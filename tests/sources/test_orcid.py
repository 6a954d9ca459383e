"""ORCID: people who list a work."""

import pytest

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

WORK = work("10.5555/Orcid.1")


def play(file: str, **settings: str) -> Player:
    return Player(get("orcid"), recorded("orcid", file), settings=settings)


def test_found() -> None:
    found = result(play("found.json").collect([WORK])[WORK.key])
    assert found.metrics.total == 2
    assert found.metrics.readers is found.metrics.citations is None
    assert found.events_as_json()[1] == {
        "event": {
            "message_type": "contribution",
            "contribution": {
                "subj_id": "http://orcid.org/0000-0000-0000-002X",
                "obj_id": "http://doi.org/10.5555/Orcid.1",
                "source_id": "orcid",
            },
        },
        "event_url": "https://orcid.org/0000-0000-0000-002X",
    }


def test_both_spellings_are_asked_for() -> None:
    player = play("none.json")
    assert result(player.collect([WORK])[WORK.key]).events == []
    assert player.requests[0].query == {
        "q": ['digital-object-ids:("10.5555/orcid.1" OR "10.5555/Orcid.1")'],
        "rows": ["100"],
    }


def test_the_total_counts_more_than_are_listed() -> None:
    found = result(play("odd-more-than-listed.json").collect([WORK])[WORK.key])
    assert (found.metrics.total, len(found.events)) == (240, 1)


def test_people_may_be_counted_without_being_kept() -> None:
    found = result(play("found.json", people="count").collect([WORK])[WORK.key])
    assert (found.metrics.total, found.events) == (2, ())


def test_a_count_without_list_is_malformed() -> None:
    with pytest.raises(Malformed):
        play("odd-count-without-list.json").collect([WORK])
