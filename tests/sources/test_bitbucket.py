"""Bitbucket: watchers and forks of recorded answers."""

import pytest

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

WORK = work(canonical_url="https://bitbucket.org/example/invented-tool")


def play(*files: str, **settings: str) -> Player:
    bodies = [recorded("bitbucket", file) for file in files]
    return Player(get("bitbucket"), *bodies, settings=settings)


def test_found() -> None:
    player = play("found.json", "found-forks.json")
    found = result(player.collect([WORK])[WORK.key])
    assert (found.metrics.readers, found.metrics.total) == (11, 14)
    assert found.events == {"watchers": 11, "forks": 3}
    assert found.events_url == WORK.canonical_url
    base = "https://api.bitbucket.org/2.0/repositories/example/invented-tool"
    assert [request.url for request in player.requests] == [f"{base}/watchers", f"{base}/forks"]
    assert all("authorization" not in request.headers for request in player.requests)


def test_a_token_is_sent() -> None:
    player = play("none.json", "none.json", access_token="abc")
    player.collect([WORK])
    assert player.requests[1].headers["authorization"] == "Bearer abc"


def test_a_whole_list_without_size_is_counted() -> None:
    found = result(play("odd-without-size.json", "none.json").collect([WORK])[WORK.key])
    assert (found.metrics.readers, found.metrics.total) == (2, 2)
    with pytest.raises(Malformed):
        play("odd-pages-without-size.json").collect([WORK])


def test_an_unknown_repository_is_zero_after_one_call() -> None:
    player = Player(get("bitbucket"), Reply(body={"type": "error"}, status=404))
    assert result(player.collect([WORK])[WORK.key]).metrics.total == 0


def test_other_pages_are_not_asked_about() -> None:
    assert get("bitbucket").applies(WORK)
    for url in ("https://github.com/a/b", "https://bitbucket.org/a", "https://bitbucket.org/a/b/c"):
        assert not get("bitbucket").applies(work(canonical_url=url))
