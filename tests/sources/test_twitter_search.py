"""Twitter's search of 2014: tweets, tokens, and what is kept of earlier answers."""

import pytest

from chalicelib.errors import Malformed, Rejected, Unavailable
from chalicelib.replay import replay
from chalicelib.sources import get
from tests.sources import tokens
from tests.sources.player import Player, Reply, recorded, result, work

WORK = work("10.5555/tweet.1", canonical_url="https://example.org/article/1")
KEYS = {"api_key": "the-key", "api_secret": "app-secret"}
SEARCH = (
    "https://api.twitter.com/1.1/search/tweets.json?count=100&include_entities=1"
    "&q=10.5555%252Ftweet.1+OR+https%3A%2F%2Fexample.org%2Farticle%2F1&result_type=recent"
)
TOKEN = {"token_type": "bearer", "access_token": "fresh-token-1"}


def play(*answers: object, token: str | None = "kept", **settings: str) -> Player:
    read = (recorded("twitter_search", a) if isinstance(a, str) else a for a in answers)
    return Player(get("twitter_search"), *read, settings={**KEYS, **settings}, token=token)


def test_found() -> None:
    player = play("found.json")
    found = result(player.collect([WORK])[WORK.key])
    assert found.metrics.total == found.metrics.comments == 1
    assert found.events_url == "https://twitter.com/search?q=10.5555%2Ftweet.1"
    url = "http://twitter.com/ChampsEvrywhere/status/422039629882089472"
    assert found.events_as_json() == [
        {
            "event": {
                "id": "422039629882089472",
                "text": "A new measure of attention http://t.co/x",
                "created_at": "2014-01-11T16:17:43Z",
                "user": "ChampsEvrywhere",
                "user_name": "ChampionsEverywhere",
                "user_profile_image": "http://img.example.org/1.png",
            },
            "event_time": "2014-01-11T16:17:43Z",
            "event_url": url,
            "event_csl": {
                "author": [{"family": "Champions Everywhere", "given": ""}],
                "title": "A new measure of attention http://t.co/x",
                "container-title": "Twitter",
                "issued": {"date-parts": [[2014, 1, 11]]},
                "url": url,
                "type": "personal_communication",
            },
        }
    ]
    assert player.requests[0].url == SEARCH
    assert player.requests[0].headers["authorization"] == "Bearer kept"


def test_none() -> None:
    found = result(play("none.json").collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.comments, found.events) == (0, 0, [])
    assert found.events_url == "https://twitter.com/search?q=10.5555%2Ftweet.1"


def test_another_template() -> None:
    player = play(
        "none.json", url='https://archive.example.org/tweets?q="%{doi}" OR "%{query_url}"'
    )
    player.collect([WORK])
    assert player.requests[0].query == {
        "q": ['"10.5555%2Ftweet.1" OR "https://example.org/article/1"']
    }


def test_earlier_tweets_are_kept_and_win() -> None:
    source = get("twitter_search")
    found = result(play("odd-older-form.json").collect([WORK])[WORK.key])
    assert [event.event["user"] for event in found.events] == ["example", "ChampsEvrywhere"]
    kept = [
        {"event": {"id": "1"}, "event_time": "2014-01-01T00:00:00Z"},
        {"event": {"id": "422039629882089472", "text": "as it was"}},
    ]
    merged = source.merge(kept, found, WORK)
    assert [event["event"]["id"] for event in merged.events_as_json()] == [
        "1",
        "422039629882089472",
        "422039629882089999",
    ]
    assert merged.events_as_json()[1]["event"]["text"] == "as it was"
    assert merged.metrics.total == merged.metrics.comments == 3
    assert source.merge({}, found, WORK).metrics.total == 2


def test_nothing_new_is_not_nothing() -> None:
    nothing = result(play("none.json").collect([WORK])[WORK.key])
    merged = get("twitter_search").merge([{"event": {"id": "1"}}], nothing, WORK)
    assert (merged.metrics.total, merged.events_url) == (1, nothing.events_url)


def test_a_token_is_fetched_and_kept() -> None:
    player = play(TOKEN, "none.json", token=None)
    player.collect([WORK])
    assert player.requests[0].url == "https://api.twitter.com/oauth2/token"
    assert player.requests[0].body == b"grant_type=client_credentials"
    assert player.requests[0].headers["Authorization"].startswith("Basic ")
    assert player.token == "fresh-token-1"


def test_a_refused_token_is_replaced_and_never_told() -> None:
    client, transport, error = tokens.ask(
        "twitter_search",
        WORK,
        (401, "expired: {echo}"),
        (200, TOKEN),
        (403, "refused: {echo}"),
        **KEYS,
        access_token="given-token-1",
    )
    assert len(transport.requests) == 3
    assert error is not None and error.status == 403
    for secret in ("fresh-token-1", "given-token-1", "app-secret"):
        assert secret not in tokens.said(client, error)


def test_errors() -> None:
    with pytest.raises(Malformed):
        play("odd-errors-in-200.json").collect([WORK])
    with pytest.raises(Unavailable) as raised:
        play(Reply(body="", status=408)).collect([WORK])
    assert raised.value.url == SEARCH
    with pytest.raises(Rejected):
        play(Reply(body="{}", status=404)).collect([WORK])


def test_a_work_without_page_is_not_asked_about() -> None:
    shown = replay("twitter_search", doi="10.5555/tweet.1", settings=KEYS, responses=[])
    assert (shown["total"], shown["requests"]) == (None, [])
