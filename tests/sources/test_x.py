"""X: posts of the last days, what is kept of them, and what they cost."""

import pytest

from chalicelib.errors import Malformed, Rejected
from chalicelib.source import Limits
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

WORK = work("10.5555/x.1", canonical_url="https://example.org/article/1")


def play(*files: str, **settings: str) -> Player:
    answers = (recorded("x", file) for file in files)
    return Player(get("x"), *answers, settings={"bearer_token": "the-token", **settings})


def test_found() -> None:
    found = result(play("found.json").collect([WORK])[WORK.key])
    assert found.metrics.total == found.metrics.comments == 2
    assert found.notes == {}
    assert found.events_as_json()[1] == {
        "event": {
            "id": "1990000000000000001",
            "created_at": "2026-11-20T10:00:00Z",
            "public_metrics": {
                "retweet_count": 1,
                "reply_count": 0,
                "like_count": 5,
                "quote_count": 0,
            },
        },
        "event_time": "2026-11-20T10:00:00Z",
        "event_url": "https://x.com/i/status/1990000000000000001",
    }


def test_what_is_asked() -> None:
    player = play("none.json")
    assert result(player.collect([WORK])[WORK.key]).metrics.total == 0
    [request] = player.requests
    assert request.query == {
        "query": [
            '("10.5555/x.1" OR url:"10.5555/x.1" OR url:"example.org/article/1") -is:retweet'
        ],
        "max_results": ["100"],
        "tweet.fields": ["created_at,public_metrics"],
    }
    assert request.headers["authorization"] == "Bearer the-token"


def test_all_pages_are_read() -> None:
    player = play("odd-more-left.json", "found.json")
    found = result(player.collect([WORK])[WORK.key])
    assert (found.metrics.total, found.notes) == (2, {})  # one is on both pages
    assert player.requests[1].query["next_token"] == ["b26v89c19zqg8o3f"]
    assert player.requests[1].query["max_results"] == ["99"]


def test_no_more_posts_are_read_than_may_be_paid_for() -> None:
    player = play("odd-more-left.json", "odd-counts.json", maximum_posts="10")
    found = result(player.collect([WORK])[WORK.key])
    assert (found.metrics.total, found.notes) == (1, {"posts_in_7_days": 250})
    assert player.requests[0].query["max_results"] == ["10"]
    assert player.requests[1].url.startswith("https://api.x.com/2/tweets/counts/recent?")


@pytest.mark.parametrize("maximum", ["0", "9", "many", ""])
def test_a_maximum_that_cannot_be_kept_to(maximum: str) -> None:
    with pytest.raises(Rejected, match="maximum_posts"):
        play(maximum_posts=maximum).collect([WORK])


def test_earlier_posts_are_kept() -> None:
    found = result(play("found.json").collect([WORK])[WORK.key])
    kept = [{"event": {"id": "1"}}, {"event": {"id": "1990000000000000001"}}]
    merged = get("x").merge(kept, found, WORK)
    assert [event["event"]["id"][-2:] for event in merged.events_as_json()] == ["1", "01", "02"]
    assert merged.events_as_json()[1]["event"]["public_metrics"]["like_count"] == 5
    assert merged.metrics.total == merged.metrics.comments == 3


def test_a_query_that_is_too_long() -> None:
    doi = "10.5555/" + "x" * 150
    long = work(doi, canonical_url="https://example.org/" + "y" * 200)
    player = play("none.json")
    player.collect([long])
    assert player.requests[0].query["query"] == [f'("{doi}" OR url:"{doi}") -is:retweet']
    assert get("x").applies(long)
    assert not get("x").applies(work("10.5555/" + "x" * 300))


def test_errors_in_200_are_no_zero() -> None:
    with pytest.raises(Malformed):
        play("odd-errors-in-200.json").collect([WORK])


def test_the_budget_is_read_from_the_headers() -> None:
    headers = {
        "x-rate-limit-remaining": "449",
        "x-rate-limit-reset": "1630644628",
        "date": "Fri, 03 Sep 2021 04:44:28 GMT",
    }
    assert get("x").limits(headers) == Limits(remaining_calls=449, reset_seconds=360)
