"""Bluesky: checked posts, and the session."""

import json

import pytest

from chalicelib.errors import Malformed
from chalicelib.source import Limits
from chalicelib.sources import get
from tests.sources import tokens
from tests.sources.player import Player, Reply, recorded, result, work

WORK = work("10.5555/bsky.1")
WITH_PAGE = work("10.5555/bsky.1", canonical_url="https://www.example.org/article/1")
ACCOUNT = {"identifier": "lagotto.example.org", "app_password": "app-pass-word"}
SESSION = {"accessJwt": "fresh-token-1", "refreshJwt": "refresh-token", "did": "did:plc:a"}


def play(*answers: object, token: str | None = "kept", **settings: str) -> Player:
    read = (recorded("bluesky", a) if isinstance(a, str) else a for a in answers)
    return Player(get("bluesky"), *read, settings={**ACCOUNT, **settings}, token=token)


def test_found() -> None:
    player = play("found.json", "odd-by-link.json")
    found = result(player.collect([WORK])[WORK.key])
    assert found.metrics.total == found.metrics.comments == 2  # one is found by both questions
    uri = "at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/app.bsky.feed.post/3kaaaaaaaaaa1"
    assert found.events_as_json()[0] == {
        "event": {
            "uri": uri,
            "likeCount": 7,
            "repostCount": 2,
            "quoteCount": 0,
            "replyCount": 1,
        },
        "event_url": "https://bsky.app/profile/did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/post/3kaaaaaaaaaa1",
        "event_time": "2026-11-20T10:00:00Z",
    }
    common = {"sort": ["latest"], "limit": ["100"]}
    assert [request.query for request in player.requests] == [
        {"q": ['"10.5555/bsky.1"'], **common},
        {"q": ["*"], "url": ["https://doi.org/10.5555/bsky.1"], **common},
    ]
    assert player.requests[0].url.startswith("https://bsky.social/xrpc/app.bsky.feed.searchPosts?")
    assert player.requests[0].headers["authorization"] == "Bearer kept"


def test_loose_hits_are_left_out() -> None:
    answers = ("none.json", "none.json", "odd-loose-hits.json", "none.json")
    player = play(*answers)
    found = result(player.collect([WITH_PAGE])[WITH_PAGE.key])
    [event] = found.events
    assert event.url.endswith("/3kaaaaaaaaaa4")
    assert event.time == "2026-11-23T10:00:00Z"  # what the author claims is no time
    assert player.requests[2].query["url"] == ["https://www.example.org/article/1"]
    assert player.requests[3].query["cursor"] == ["2"]


def test_a_session_is_opened_and_kept() -> None:
    player = play(SESSION, "none.json", "none.json", token=None, host="https://pds.example.org/")
    player.collect([WORK])
    assert player.requests[0].url == (
        "https://pds.example.org/xrpc/com.atproto.server.createSession"
    )
    assert json.loads(player.requests[0].body) == {
        "identifier": "lagotto.example.org",
        "password": "app-pass-word",
    }
    assert (player.token, player.token_lifetime_seconds) == ("fresh-token-1", 3600)


@pytest.mark.parametrize(
    "expired", [(401, "expired: {echo}"), (400, '{"error": "ExpiredToken", "message": "{echo}"}')]
)
def test_a_session_that_expired_is_replaced_and_never_told(expired: tuple[int, str]) -> None:
    client, transport, error = tokens.ask(
        "bluesky",
        WORK,
        expired,
        (200, SESSION),
        (403, "refused: {echo}"),
        kept="kept-token-1",
        **ACCOUNT,
    )
    assert len(transport.requests) == 3
    assert error is not None and error.status == 403
    for secret in ("kept-token-1", "fresh-token-1", "refresh-token", "app-pass-word"):
        assert secret not in tokens.said(client, error)


def test_a_session_without_token_is_malformed() -> None:
    with pytest.raises(Malformed) as raised:
        play({"accessJwt": None}, token=None).collect([WORK])
    assert raised.value.body == b""


def test_errors_in_200_are_no_zero() -> None:
    with pytest.raises(Malformed):
        play(Reply(body=recorded("bluesky", "odd-error-in-200.json"))).collect([WORK])


def test_the_budget_is_read_from_the_headers() -> None:
    headers = {
        "ratelimit-remaining": "2998",
        "ratelimit-reset": "1630644628",
        "date": "Fri, 03 Sep 2021 04:48:28 GMT",
    }
    assert get("bluesky").limits(headers) == Limits(remaining_calls=2998, reset_seconds=120)
