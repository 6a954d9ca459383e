"""Mastodon: checked public posts of one server."""

import pytest

from chalicelib.errors import Malformed
from chalicelib.source import Limits
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

WORK = work("10.5555/toot.1")
WITH_PAGE = work("10.5555/toot.1", canonical_url="https://www.example.org/article/1")
SETTINGS = {"server": "https://social.example.org/", "access_token": "the-token"}


def play(*answers: object) -> Player:
    read = (recorded("mastodon", a) if isinstance(a, str) else a for a in answers)
    return Player(get("mastodon"), *read, settings=SETTINGS)


def test_found() -> None:
    player = play("found.json")
    found = result(player.collect([WORK])[WORK.key])
    assert found.metrics.total == found.metrics.comments == 1
    assert found.events_as_json() == [
        {
            "event": {
                "uri": "https://social.example.org/users/someone/statuses/1100001",
                "replies_count": 0,
                "reblogs_count": 3,
                "favourites_count": 4,
            },
            "event_time": "2026-11-20T10:00:00Z",
            "event_url": "https://social.example.org/@someone/1100001",
        }
    ]
    [request] = player.requests
    assert request.url.startswith("https://social.example.org/api/v2/search?")
    assert request.query == {
        "q": ['"10.5555/toot.1"'],
        "type": ["statuses"],
        "limit": ["40"],
        "offset": ["0"],
    }
    assert request.headers["authorization"] == "Bearer the-token"


def test_private_posts_and_loose_hits_are_left_out() -> None:
    player = play("none.json", "odd-private-and-loose.json")
    found = result(player.collect([WITH_PAGE])[WITH_PAGE.key])
    assert [event.event["uri"][-1] for event in found.events] == ["4", "1"]
    assert player.requests[1].query["q"] == ['"www.example.org/article/1"']


def test_full_pages_are_followed() -> None:
    [post] = play("found.json").collect([WORK])[WORK.key].events
    full = {"statuses": [_post(number) for number in range(40)]}
    player = play(full, {"statuses": [_post(number) for number in range(39, 42)]})
    assert result(player.collect([WORK])[WORK.key]).metrics.total == 42
    assert player.requests[1].query["offset"] == ["40"]
    assert post.url


def _post(number: int) -> dict[str, object]:
    return {
        "uri": f"https://social.example.org/users/someone/statuses/{number}",
        "url": f"https://social.example.org/@someone/{number}",
        "visibility": "public",
        "content": "<p>10.5555/toot.1</p>",
        "created_at": "2026-11-20T10:00:00.000Z",
    }


def test_an_answer_without_posts_is_malformed() -> None:
    with pytest.raises(Malformed):
        play("odd-without-statuses.json").collect([WORK])


def test_the_budget_is_read_from_the_headers() -> None:
    headers = {
        "x-ratelimit-remaining": "299",
        "x-ratelimit-reset": "2026-11-20T10:05:00.123456Z",
        "date": "Fri, 20 Nov 2026 10:03:00 GMT",
    }
    assert get("mastodon").limits(headers) == Limits(remaining_calls=299, reset_seconds=120)
    assert get("mastodon").limits({}) is None
