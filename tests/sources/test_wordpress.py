"""Wordpress.com: a list of posts, or null."""

import pytest

from chalicelib.errors import Malformed, Rejected, Unavailable
from chalicelib.model import Result
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

SOURCE = get("wordpress")
WORK = work("10.5555/article.1")
PAGE = 'http://en.search.wordpress.com/?q="10.5555%2Farticle.1"&t=post'


def play(file: str) -> Player:
    return Player(SOURCE, recorded("wordpress", file))


def outcome(file: str) -> Result:
    return result(play(file).collect([WORK])[WORK.key])


def test_found() -> None:
    found = outcome("found.json")
    assert found.metrics.total == found.metrics.citations == 2
    assert found.events_url == PAGE
    first = found.events_as_json()[0]
    link = "http://invented1.wordpress.com/2007/07/12/post/"
    assert first["event"]["guid"] == first["event_url"] == link
    assert first["event_time"] == "2007-07-12T15:36:38Z"
    assert first["event_csl"] == {
        "author": [{"family": "Doe", "given": "Jane"}],
        "title": "Citing &amp; Sharing",
        "container-title": "",
        "issued": {"date-parts": [[2007, 7, 12]]},
        "url": link,
        "type": "post",
    }


def test_a_post_without_author_title_and_time() -> None:
    [event] = outcome("odd-bare.json").events_as_json()
    assert "event_time" not in event
    assert (event["event_csl"]["author"], event["event_csl"]["title"]) == ("", "")


def test_null_means_none() -> None:
    found = outcome("none.json")
    assert (found.metrics.citations, found.events_url) == (0, PAGE)


def test_a_blank_answer_is_no_zero() -> None:
    with pytest.raises(Malformed):
        Player(SOURCE, "\n").collect([WORK])


def test_failures_pass() -> None:
    with pytest.raises(Unavailable) as raised:
        Player(SOURCE, Reply(body="", status=408)).collect([WORK])
    assert (
        raised.value.url
        == "http://en.search.wordpress.com/?q=%2210.5555%2Farticle.1%22&t=post&f=json&size=20"
    )
    with pytest.raises(Rejected):
        Player(SOURCE, Reply(body="no", status=403)).collect([WORK])


def test_a_work_without_doi_is_not_asked_about() -> None:
    assert SOURCE.applies(WORK)
    assert not SOURCE.applies(work(None, pmid="90000001"))


def test_a_404_is_zero() -> None:
    absent = Player(SOURCE, Reply(body="Not Found", status=404)).collect([WORK])
    assert result(absent[WORK.key]).metrics.total == 0
