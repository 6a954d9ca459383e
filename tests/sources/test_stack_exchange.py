"""Stack Exchange: posts in recorded answers, sites, the key and throttling."""

import pytest

from chalicelib.errors import RateLimited, Rejected
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

WORK = work("10.5555/Stack.1")


def play(*replies: object, **settings: str) -> Player:
    return Player(get("stack_exchange"), *replies, settings=settings or None)


def file(name: str) -> bytes:
    return recorded("stack_exchange", name)


def test_found() -> None:
    player = play(file("found.json"))
    found = result(player.collect([WORK])[WORK.key])
    assert found.metrics.total == found.metrics.comments == 2
    question, answer = found.events_as_json()
    assert question == {
        "event": {
            "title": 'What does "it" mean?',
            "item_type": "question",
            "question_id": 101,
            "score": 3,
            "tags": ["citations"],
        },
        "event_time": "2023-11-14T22:13:20Z",
        "event_url": "https://stackoverflow.com/questions/101",
    }
    assert answer["event_url"] == "https://stackoverflow.com/a/202"
    assert player.requests[0].query == {
        "q": ['"10.5555/stack.1"'],
        "site": ["stackoverflow"],
        "pagesize": ["100"],
        "sort": ["creation"],
    }


def test_another_site_and_a_key() -> None:
    player = play(file("found.json"), site="stats", api_key="a key")
    found = result(player.collect([WORK])[WORK.key])
    assert found.events_as_json()[1]["event_url"] == "https://stats.stackexchange.com/a/202"
    assert player.requests[0].query["key"] == ["a key"]
    with pytest.raises(Rejected, match="setting site"):
        play(site="no/site").collect([WORK])


def test_the_number_is_asked_for_if_there_are_more() -> None:
    player = play(file("odd-more.json"), file("odd-total.json"))
    found = result(player.collect([WORK])[WORK.key])
    assert (found.metrics.total, len(found.events)) == (123, 1)
    assert player.requests[1].query["filter"] == ["total"]


def test_a_second_call_waits_as_asked() -> None:
    with pytest.raises(RateLimited) as raised:
        play(file("odd-backoff.json")).collect([WORK])
    assert raised.value.retry_after_seconds == 10


def test_throttling_comes_as_a_400() -> None:
    with pytest.raises(RateLimited) as raised:
        play(Reply(body=file("odd-throttled.json"), status=400)).collect([WORK])
    assert raised.value.retry_after_seconds == 3600
    with pytest.raises(Rejected):
        play(Reply(body={"error_name": "bad_parameter"}, status=400)).collect([WORK])
