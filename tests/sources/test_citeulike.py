"""CiteULike: bookmarks in XML."""

import pytest

from chalicelib.errors import Rejected, Unavailable
from chalicelib.model import Result
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

SOURCE = get("citeulike")
WORK = work("10.5555/article.1")
PAGE = "http://www.citeulike.org/doi/10.5555%2Farticle.1"


def play(file: str) -> Player:
    return Player(SOURCE, recorded("citeulike", file))


def outcome(file: str) -> Result:
    return result(play(file).collect([WORK])[WORK.key])


def test_found() -> None:
    found = outcome("found.xml")
    assert found.metrics.total == found.metrics.readers == 2
    assert found.metrics.citations is None
    assert found.events_url == PAGE
    first, second = found.events_as_json()
    assert first["event_url"] == first["event"]["link"]["url"]
    assert first["event"]["tag"] == ["metrics", "peer_review"]
    assert second["event"]["group"] == "Invented"


def test_one_post() -> None:
    found = outcome("odd-one-post.xml")
    assert found.metrics.total == 1
    assert found.times() == ["2006-06-13T16:14:19Z"]


def test_none() -> None:
    found = outcome("none.xml")
    assert (found.metrics.total, found.events, found.events_url) == (0, [], PAGE)


def test_white_space_means_none() -> None:
    found = result(Player(SOURCE, "\n \n").collect([WORK])[WORK.key])
    assert (found.metrics.readers, found.events_url) == (0, PAGE)


def test_the_address_is_a_setting() -> None:
    settings = {"url": "https://archive.example.org/%{doi}.xml"}
    player = Player(SOURCE, recorded("citeulike", "none.xml"), settings=settings)
    player.collect([WORK])
    [request] = player.requests
    assert request.url == "https://archive.example.org/10.5555%2Farticle.1.xml"
    assert request.accept == "application/xml"


def test_failures_pass() -> None:
    with pytest.raises(Unavailable) as raised:
        Player(SOURCE, Reply(body="", status=408)).collect([WORK])
    assert raised.value.url == "http://www.citeulike.org/api/posts/for/doi/10.5555%2Farticle.1"
    with pytest.raises(Rejected):
        Player(SOURCE, Reply(body="no", status=403)).collect([WORK])


def test_a_work_without_doi_is_not_asked_about() -> None:
    assert SOURCE.applies(WORK)
    assert not SOURCE.applies(work(None, pmid="90000001"))


def test_a_404_is_zero() -> None:
    absent = Player(SOURCE, Reply(body="Not Found", status=404)).collect([WORK])
    assert result(absent[WORK.key]).metrics.total == 0
