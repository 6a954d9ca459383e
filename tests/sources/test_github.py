"""GitHub: stars and forks of recorded answers, and what its headers tell."""

import pytest

from chalicelib.errors import Malformed, RateLimited, Rejected
from chalicelib.source import Limits
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

WORK = work(canonical_url="https://github.com/example/invented-tool")
TOKEN = {"personal_access_token": "abc"}


def play(reply: object) -> Player:
    return Player(get("github"), reply, settings=TOKEN)


def test_found() -> None:
    player = play(recorded("github", "found.json"))
    found = result(player.collect([WORK])[WORK.key])
    assert (found.metrics.readers, found.metrics.total) == (84, 96)
    assert found.events == {"stargazers_count": 84, "forks_count": 12, "subscribers_count": 7}
    assert found.events_url == WORK.canonical_url
    [request] = player.requests
    assert request.url == "https://api.github.com/repos/example/invented-tool"
    assert request.headers["authorization"] == "Bearer abc"


@pytest.mark.parametrize(
    ("url", "applies"),
    [
        ("https://github.com/example/tool.py", True),
        ("http://www.github.com/example/tool.git", True),
        ("https://github.com/example/tool/", True),
        ("https://github.com/example", False),
        ("https://github.com/example/tool/issues/1", False),
        ("https://example.org/github.com/example/tool", False),
        (None, False),
    ],
)
def test_only_repositories_are_asked_about(url: str | None, applies: bool) -> None:
    assert get("github").applies(work("10.5555/1", canonical_url=url)) is applies


def test_the_ending_of_a_clone_address_is_left_out() -> None:
    player = play(recorded("github", "none.json"))
    clone = work(canonical_url="https://github.com/example/tool.git")
    assert result(player.collect([clone])[clone.key]).metrics.total == 0
    assert player.requests[0].url == "https://api.github.com/repos/example/tool"


def test_an_unknown_repository_is_zero() -> None:
    found = result(play(Reply(body={"message": "Not Found"}, status=404)).collect([WORK])[WORK.key])
    assert (found.metrics.readers, found.metrics.total, found.events) == (0, 0, {})


def test_a_missing_count_is_no_zero() -> None:
    with pytest.raises(Malformed):
        play(recorded("github", "odd-without-forks.json")).collect([WORK])


def test_too_many_calls_come_as_403() -> None:
    with pytest.raises(RateLimited):
        play(Reply(body=recorded("github", "odd-rate-limit.json"), status=403)).collect([WORK])
    with pytest.raises(Rejected):
        play(Reply(body={"message": "Bad credentials"}, status=403)).collect([WORK])


def test_limits() -> None:
    headers = {
        "date": "Thu, 26 Nov 2026 10:00:00 GMT",
        "x-ratelimit-remaining": "4987",
        "x-ratelimit-reset": "1795689000",
    }
    assert get("github").limits(headers) == Limits(remaining_calls=4987, reset_seconds=1800)
    assert get("github").limits({**headers, "date": "today"}) is None
    assert get("github").limits({}) is None
