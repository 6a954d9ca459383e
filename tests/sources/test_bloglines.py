"""Bloglines: search results in XML."""

import pytest

from chalicelib.errors import Malformed, Rejected, Unavailable
from chalicelib.model import Result
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

SOURCE = get("bloglines")
ACCOUNT = {"username": "jane", "password": "not a secret"}
WORK = work("10.5555/article.1", title="An <i>article</i>")


def play(file: str) -> Player:
    return Player(SOURCE, recorded("bloglines", file), settings=ACCOUNT)


def outcome(file: str) -> Result:
    return result(play(file).collect([WORK])[WORK.key])


def test_found() -> None:
    found = outcome("found.xml")
    assert found.metrics.total == found.metrics.citations == 2
    assert found.events_as_json()[0] == {
        "event": {
            "site_name": "An invented blog",
            "site_url": "http://blog.example.org",
            "site_feedurl": "http://blog.example.org/atom.xml",
            "title": "An article, and why it matters",
            "author": "Jane",
            "abstract": "Here then, is my view of an article:",
            "url": "http://blog.example.org/2006/10/an-article.html",
        },
        "event_time": "2006-10-20T20:46:00Z",
        "event_url": "http://blog.example.org/2006/10/an-article.html",
    }


def test_the_link_of_the_doi_itself_is_left_out() -> None:
    urls = [event["event_url"] for event in outcome("found.xml").events_as_json()]
    assert urls[1:] == ["http://other.example.org/2006/10/listening.html"]


def test_none() -> None:
    assert outcome("none.xml").metrics.citations == 0


def test_an_answer_without_resultset_is_no_zero() -> None:
    [failure] = play("odd-no-resultset.xml").collect([WORK]).values()
    assert isinstance(failure, Malformed)


def test_failures_pass() -> None:
    with pytest.raises(Unavailable) as raised:
        Player(SOURCE, Reply(body="", status=408), settings=ACCOUNT).collect([WORK])
    assert (
        raised.value.url
        == "http://www.bloglines.com/search?format=publicapi&apiuser=jane&apikey=not+a+secret&q=An+article"
    )
    with pytest.raises(Rejected):
        Player(SOURCE, Reply(body="no", status=403), settings=ACCOUNT).collect([WORK])


def test_a_work_without_doi_is_not_asked_about() -> None:
    assert SOURCE.applies(WORK)
    assert not SOURCE.applies(work(None, pmid="90000001"))
