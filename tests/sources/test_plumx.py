"""PlumX: categories of recorded answers, the limits and the secrets."""

import pytest

from chalicelib.errors import Malformed
from chalicelib.source import Limits
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

WORK = work("10.5555/plumx.1")


def play(reply: object, **settings: str) -> Player:
    return Player(get("plumx"), reply, settings={"api_key": "a key", **settings})


def test_found() -> None:
    found = result(play(recorded("plumx", "found.json")).collect([WORK])[WORK.key])
    assert found.metrics.total == 45
    assert found.metrics.readers is found.metrics.citations is None
    events = found.events_as_json()
    assert isinstance(events, dict)
    assert list(events) == ["capture", "citation", "socialMedia"]
    assert events["capture"] == {
        "total": 30,
        "count_types": {"READER_COUNT": 28, "EXPORTS_SAVES": 2},
    }
    assert events["citation"]["sources"] == {"CrossRef": 10, "Scopus": 12}


def test_unknown_is_zero() -> None:
    unknown = play(Reply(body={"error": "not found"}, status=404))
    assert result(unknown.collect([WORK])[WORK.key]).metrics.total == 0


def test_an_error_with_status_200_is_no_zero() -> None:
    with pytest.raises(Malformed):
        play(recorded("plumx", "odd-error-in-200.json")).collect([WORK])


@pytest.mark.parametrize(
    ("token", "names"),
    [("", {"x-els-apikey"}), ("a token", {"x-els-apikey", "x-els-insttoken"})],
)
def test_an_empty_token_is_not_sent(token: str, names: set[str]) -> None:
    player = play(recorded("plumx", "none.json"), insttoken=token)
    player.collect([WORK])
    assert set(player.requests[0].headers) == names
    assert player.requests[0].url == "https://api.elsevier.com/analytics/plumx/doi/10.5555/plumx.1"


def test_limits() -> None:
    headers = {
        "x-ratelimit-remaining": "19000",
        "x-ratelimit-reset": "1795000060",
        "date": "Wed, 18 Nov 2026 11:06:40 GMT",
    }
    assert get("plumx").limits(headers) == Limits(remaining_calls=19000, reset_seconds=60)
    assert get("plumx").limits({"x-ratelimit-remaining": "1"}) is None
