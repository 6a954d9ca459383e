"""Nature Blogs: a list of posts."""

import pytest

from chalicelib.errors import Rejected, Unavailable
from chalicelib.model import Result
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

SOURCE = get("nature")
WORK = work("10.5555/article.1")


def play(file: str) -> Player:
    return Player(SOURCE, recorded("nature", file))


def outcome(file: str) -> Result:
    return result(play(file).collect([WORK])[WORK.key])


def test_found() -> None:
    found = outcome("found.json")
    assert found.metrics.total == found.metrics.citations == 2
    assert found.events_url is None
    first, second = found.events_as_json()
    assert first["event"]["id"] == 900009
    assert first["event_time"] == "2012-06-19T16:40:23Z"
    assert first["event_csl"] == {
        "author": "",
        "title": "More on article 9",
        "container-title": "An invented blog",
        "issued": {"date-parts": [[2012, 6, 19]]},
        "url": "http://blog.example.org/news.php?item.854.5",
        "type": "post",
    }
    assert second["event_url"] == "https://blog.example.org/2/"


def test_a_post_without_title_and_blog() -> None:
    [event] = outcome("odd-bare.json").events_as_json()
    assert event["event_url"] == "http://blog.example.org/3/"
    assert event["event_csl"]["title"] == event["event_csl"]["container-title"] == ""


def test_none() -> None:
    found = outcome("none.json")
    assert (found.metrics.citations, found.events, found.events_url) == (0, [], None)


def test_failures_pass() -> None:
    with pytest.raises(Unavailable) as raised:
        Player(SOURCE, Reply(body="", status=408)).collect([WORK])
    assert raised.value.url == "http://blogs.nature.com/posts.json?doi=10.5555%2Farticle.1"
    with pytest.raises(Rejected):
        Player(SOURCE, Reply(body="no", status=403)).collect([WORK])


def test_a_work_without_doi_is_not_asked_about() -> None:
    assert SOURCE.applies(WORK)
    assert not SOURCE.applies(work(None, pmid="90000001"))


def test_a_404_is_zero() -> None:
    absent = Player(SOURCE, Reply(body="Not Found", status=404)).collect([WORK])
    assert result(absent[WORK.key]).metrics.total == 0
