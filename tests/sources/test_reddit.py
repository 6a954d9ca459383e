"""Reddit: votes and comments, tokens, and the anonymous search of 2014."""

import pytest

from chalicelib.errors import Malformed, Rejected, Unavailable
from chalicelib.source import Limits
from chalicelib.sources import get
from tests.sources import tokens
from tests.sources.player import Player, Reply, recorded, result, work

WORK = work("10.5555/reddit.1", canonical_url="https://example.org/article/1")
APP = {"client_id": "1234", "client_secret": "app-secret"}
TOKEN = {"access_token": "fresh-token-1", "expires_in": 86400, "scope": "*"}
SEARCH_2014 = "http://www.reddit.com/search.json?q=%2210.5555%2Freddit.1%22&limit=100"


def play(*files: str, **settings: str) -> Player:
    answers = (recorded("reddit", file) for file in files)
    return Player(get("reddit"), *answers, settings={**APP, **settings}, token="kept")


@pytest.mark.parametrize("api", ["current", "2014"])
def test_found(api: str) -> None:
    found = result(play("found.json", api=api).collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.likes, found.metrics.comments) == (18, 13, 5)
    assert found.events_url == 'http://www.reddit.com/search?q="10.5555%2Freddit.1"'
    first, second = found.events_as_json()
    assert first["event"]["id"] == "abc1"
    assert first["event_time"] == "2012-06-28T19:42:52Z"
    assert first["event_url"] == "https://example.org/posts/abc1"
    assert first["event_csl"] == {
        "author": [{"family": "Jjberg2", "given": ""}],
        "title": "A measure of attention",
        "container-title": "Reddit",
        "issued": {"date-parts": [[2012, 6, 28]]},
        "url": "https://example.org/posts/abc1",
        "type": "personal_communication",
    }
    assert ("selftext" in second["event"]) == (api == "2014")


@pytest.mark.parametrize("api", ["current", "2014"])
def test_none(api: str) -> None:
    found = result(play("none.json", api=api).collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.likes, found.metrics.comments) == (0, 0, 0)
    assert found.events_url == 'http://www.reddit.com/search?q="10.5555%2Freddit.1"'


def test_what_is_asked() -> None:
    player = play("odd-first-page.json", "found.json")
    found = result(player.collect([WORK])[WORK.key])
    assert len(found.events) == 2  # one is on both pages
    first, second = player.requests
    assert first.query["q"] == [
        '"10.5555/reddit.1" OR url:"10.5555/reddit.1" OR url:"example.org/article/1"'
    ]
    assert first.headers["authorization"] == "Bearer kept"
    assert "after" not in first.query and second.query["after"] == ["t3_abc1"]


def test_2014_asks_without_any_account() -> None:
    player = play("found.json", api="2014")
    player.collect([WORK])
    assert player.requests[0].url == SEARCH_2014
    assert player.requests[0].headers == {}


def test_more_downvotes_than_upvotes_are_no_votes() -> None:
    found = result(play("odd-negative-score.json").collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.likes) == (4, 0)
    assert found.events[0].event["score"] == -7


def test_a_token_is_fetched_and_kept() -> None:
    player = Player(get("reddit"), TOKEN, recorded("reddit", "none.json"), settings=APP)
    player.collect([WORK])
    assert player.requests[0].url == "https://www.reddit.com/api/v1/access_token"
    assert player.requests[0].body == b"grant_type=client_credentials"
    assert (player.token, player.token_lifetime_seconds) == ("fresh-token-1", 86400)


def test_a_refused_token_is_replaced_and_never_told() -> None:
    client, transport, error = tokens.ask(
        "reddit",
        WORK,
        (401, "expired: {echo}"),
        (200, TOKEN),
        (403, "refused: {echo}"),
        kept="kept-token-1",
        **APP,
    )
    assert len(transport.requests) == 3
    assert error is not None and error.status == 403
    for secret in ("kept-token-1", "fresh-token-1", "app-secret"):
        assert secret not in tokens.said(client, error)


@pytest.mark.parametrize("api", ["current", "2014"])
def test_errors(api: str) -> None:
    settings = {**APP, "api": api}
    with pytest.raises(Malformed):
        play("odd-error-in-200.json", api=api).collect([WORK])
    with pytest.raises(Unavailable) as raised:
        Player(get("reddit"), Reply(body="", status=408), settings=settings, token="t").collect(
            [WORK]
        )
    assert api == "current" or raised.value.url == SEARCH_2014
    with pytest.raises(Rejected):
        Player(get("reddit"), Reply(body="{}", status=404), settings=settings, token="t").collect(
            [WORK]
        )


def test_the_budget_is_read_from_the_headers() -> None:
    headers = {"x-ratelimit-remaining": "93.0", "x-ratelimit-reset": "421"}
    assert get("reddit").limits(headers) == Limits(remaining_calls=93, reset_seconds=421)
