"""Hacker News: what counts as a mention, and paging, with recorded answers."""

from typing import Any

import pytest

from chalicelib.errors import Malformed
from chalicelib.model import Event, Work
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

WORK = work("10.5555/hn.1")


def play(*files: str) -> Player:
    return Player(get("hackernews"), *(recorded("hackernews", file) for file in files))


def ids(player: Player, about: Work = WORK) -> list[str]:
    events = result(player.collect([about])[about.key]).events
    return [event.event["objectID"] for event in events if isinstance(event, Event)]


def test_found() -> None:
    found = result(play("found.json").collect([WORK])[WORK.key])
    assert found.metrics.total == found.metrics.comments == 2
    assert found.metrics.likes is None
    assert found.events_as_json()[0] == {
        "event": {
            "objectID": "26000001",
            "title": "An invented finding",
            "url": "https://doi.org/10.5555/HN.1",
            "story_id": 26000001,
            "points": 120,
            "num_comments": 45,
        },
        "event_time": "2021-02-03T04:05:06Z",
        "event_url": "https://news.ycombinator.com/item?id=26000001",
    }


def test_texts_and_names_are_not_kept() -> None:
    kept = str(result(play("found.json").collect([WORK])[WORK.key]))
    assert "somebody" not in kept and "Nice" not in kept


def test_false_hits_do_not_count() -> None:
    assert ids(play("odd-false-hits.json")) == ["26000013", "26000015"]


def test_the_landing_page_counts_whatever_is_added_to_it() -> None:
    page = work("10.5555/hn.1", canonical_url="https://example.org/article?id=1")
    player = play("none.json", "odd-landing-page.json")
    assert ids(player, page) == ["26000021", "26000024"]
    assert player.requests[1].query["query"] == ["example.org/article?id=1"]
    assert player.requests[1].query["restrictSearchableAttributes"] == ["url"]


def test_a_hit_of_both_questions_counts_once() -> None:
    page = work("10.5555/hn.1", canonical_url="https://example.org/article?id=1")
    assert ids(play("found.json", "found.json"), page) == ["26000001", "26000002"]


def test_all_pages_are_read_and_nothing_counts_twice() -> None:
    player = play("odd-page-1-of-2.json", "odd-page-2-of-2.json")
    assert ids(player) == ["26000031", "26000032"]
    assert [request.query["page"] for request in player.requests] == [["0"], ["1"]]


def test_paging_ends() -> None:
    endless: dict[str, Any] = {"hits": [], "nbHits": 10**6, "nbPages": 10**4}
    player = Player(get("hackernews"), *[endless] * 10)
    assert ids(player) == []
    assert len(player.requests) == 10


def test_an_error_with_status_200_is_no_zero() -> None:
    with pytest.raises(Malformed):
        play("odd-error-in-200.json").collect([WORK])


def test_a_quote_in_the_doi_cannot_end_the_phrase() -> None:
    player = play("none.json")
    player.collect([work('10.5555/a"b')])
    assert player.requests[0].query["query"] == ['"10.5555/a b"']
