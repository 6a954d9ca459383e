"""Facebook: engagement today, shares and link_stat as in 2014, and tokens."""

import json

import pytest

from chalicelib.errors import Malformed, RateLimited, Rejected, Unavailable
from chalicelib.replay import replay
from chalicelib.sources import get
from tests.sources import tokens
from tests.sources.player import Player, Reply, recorded, result, work

WORK = work("10.5555/facebook.1", canonical_url="https://example.org/article/1")
APP = {"client_id": "1234", "client_secret": "app-secret"}
PAGE = "https%3A%2F%2Fexample.org%2Farticle%2F1"
LINK_STAT = (
    "https://graph.facebook.com/fql?access_token={access_token}&q=select url, total_count "
    "from link_stat where url = '%{query_url}'"
)
EXPIRED = {"error": {"type": "OAuthException", "code": 190, "message": "expired"}}


def play(*answers: object, token: str | None = "kept", **settings: str) -> Player:
    read = (recorded("facebook", a) if isinstance(a, str) else a for a in answers)
    return Player(get("facebook"), *read, settings={**APP, **settings}, token=token)


def test_found() -> None:
    player = play("found.json")
    found = result(player.collect([WORK])[WORK.key])
    metrics = found.metrics
    assert (metrics.total, metrics.readers, metrics.comments, metrics.likes) == (100, 28, 14, 56)
    assert found.events["comment_plugin_count"] == 2
    assert found.events_url is None
    [request] = player.requests
    assert request.url.startswith("https://graph.facebook.com/v26.0/?")
    assert request.query == {
        "id": ["https://example.org/article/1"],
        "fields": ["engagement"],
        "access_token": ["kept"],
    }


def test_too_many_are_of_another_page() -> None:
    found = result(play("odd-too-many.json").collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.likes, found.events) == (0, 0, {})
    found = result(play("odd-too-many.json", count_limit="30000").collect([WORK])[WORK.key])
    assert found.metrics.total == 20001


def test_an_answer_without_engagement_is_no_zero() -> None:
    assert isinstance(play("odd-without-engagement.json").collect([WORK])[WORK.key], Malformed)


def test_shares_as_in_2014() -> None:
    player = play("odd-2014-shares.json", api="2014")
    found = result(player.collect([WORK])[WORK.key])
    metrics = found.metrics
    assert (metrics.total, metrics.readers, metrics.comments, metrics.likes) == (9972, 0, 0, 0)
    assert found.events["og_object"]["id"] == "119940294870426"
    [request] = player.requests
    assert request.url == f"https://graph.facebook.com/v2.1/?access_token=kept&id={PAGE}"
    assert request.headers["authorization"] == "Bearer kept"


def test_no_shares_in_2014() -> None:
    found = result(play("odd-2014-no-shares.json", api="2014").collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.readers) == (0, 0)
    assert found.events == {"id": "https://example.org/article/1"}


def test_link_stat() -> None:
    player = play("odd-2014-link-stat.json", api="2014", linkstat_url=LINK_STAT)
    found = result(player.collect([WORK])[WORK.key])
    metrics = found.metrics
    assert (metrics.total, metrics.readers) == (7500, 1745)
    assert (metrics.comments, metrics.likes) == (2355, 3400)
    assert [row["total_count"] for row in found.events_as_json()] == [7500, 3]
    assert player.requests[0].url == (
        "https://graph.facebook.com/fql?access_token=kept&q=select%20url,%20total_count%20"
        f"from%20link_stat%20where%20url%20=%20'{PAGE.replace('%', '%25')}'"
    )


@pytest.mark.parametrize(
    "told", ["access_token=12|fresh-token \n", '{"access_token":"12|fresh-token"}']
)
def test_a_token_is_fetched_and_kept(told: str) -> None:
    player = play(told.encode(), "found.json", token=None)
    player.collect([WORK])
    assert player.requests[0].url == (
        "https://graph.facebook.com/oauth/access_token?client_id=1234&client_secret=app-secret"
        "&grant_type=client_credentials"
    )
    assert player.token == "12|fresh-token"


@pytest.mark.parametrize("told", ["access_token=", "{}", "none", '{"access_token": 1}'])
def test_an_answer_without_token_is_malformed(told: str) -> None:
    with pytest.raises(Malformed) as raised:
        play(told.encode(), token=None).collect([WORK])
    assert raised.value.body == b""


@pytest.mark.parametrize("mode", [{}, {"api": "2014"}, {"api": "2014", "linkstat_url": LINK_STAT}])
def test_a_refused_token_is_replaced_and_never_told(mode: dict[str, str]) -> None:
    client, transport, error = tokens.ask(
        "facebook",
        WORK,
        (400, json.dumps(EXPIRED)),
        (200, "access_token=12|fresh token"),
        (403, "refused: {echo}"),
        **APP,
        **mode,
        access_token="34|given token",
    )
    assert len(transport.requests) == 3
    assert error is not None and error.status == 403
    for secret in ("fresh", "given", "app-secret"):
        assert secret not in tokens.said(client, error)


def test_a_refused_token_without_credentials_is_an_error() -> None:
    for status, body in ((401, "no"), (400, EXPIRED)):
        with pytest.raises(Rejected) as raised:
            play(Reply(body=body, status=status), client_secret="").collect([WORK])
        assert raised.value.status == 401


def test_too_many_calls() -> None:
    with pytest.raises(RateLimited):
        play(Reply(body={"error": {"code": 4}}, status=403)).collect([WORK])


def test_errors() -> None:
    with pytest.raises(Unavailable) as raised:
        play(Reply(body="", status=408), api="2014", linkstat_url=LINK_STAT).collect([WORK])
    assert "link_stat" in raised.value.url
    with pytest.raises(Rejected):
        play(Reply(body="{}", status=404)).collect([WORK])
    with pytest.raises(Rejected, match="count_limit"):
        play(count_limit="many").collect([WORK])
    with pytest.raises(Rejected, match="no access token"):
        Player(get("facebook")).collect([WORK])


def test_a_work_without_page_is_not_asked_about() -> None:
    shown = replay("facebook", doi="10.5555/facebook.1", settings=APP, responses=[])
    assert (shown["total"], shown["requests"]) == (None, [])
