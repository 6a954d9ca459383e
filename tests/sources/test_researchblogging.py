"""Research Blogging: posts in XML, for who has an account."""

import pytest

from chalicelib.errors import Rejected, Unavailable
from chalicelib.model import Result
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

SOURCE = get("researchblogging")
WORK = work("10.5555/article.1")
ACCOUNT = {"username": "jane", "password": "not a secret"}
PAGE = "http://researchblogging.org/post-search/list?article=10.5555%2Farticle.1"


def play(file: str) -> Player:
    return Player(SOURCE, recorded("researchblogging", file), settings=ACCOUNT)


def outcome(file: str) -> Result:
    return result(play(file).collect([WORK])[WORK.key])


def test_found() -> None:
    found = outcome("found.xml")
    assert found.metrics.total == found.metrics.citations == 2
    assert found.events_url == PAGE
    first, second = found.events_as_json()
    assert first["event_url"] == first["event"]["post_URL"] == "http://blog.example.org/2012/10/1/"
    assert first["event"]["citations"]["citation"]["doi"] == "10.5555/article.1"
    assert second["event_time"] == "2012-02-17T10:46:31Z"


def test_one_post() -> None:
    [event] = outcome("odd-one-post.xml").events_as_json()
    assert event["event_time"] == "2012-10-27T11:32:09Z"
    assert event["event_csl"] == {
        "author": [{"family": "Spoetnik", "given": "Laika"}],
        "title": "Why this &quot;is&quot; true: part 1",
        "container-title": "An invented blog",
        "issued": {"date-parts": [[2012, 10, 27]]},
        "url": "http://blog.example.org/2012/10/1/",
        "type": "post",
    }


def test_none() -> None:
    found = outcome("none.xml")
    assert (found.metrics.total, found.events_url) == (0, PAGE)


def test_the_account_is_sent() -> None:
    player = play("none.xml")
    player.collect([WORK])
    [request] = player.requests
    assert request.headers == {"Authorization": "Basic amFuZTpub3QgYSBzZWNyZXQ="}


def test_failures_pass() -> None:
    with pytest.raises(Unavailable) as raised:
        Player(SOURCE, Reply(body="", status=408), settings=ACCOUNT).collect([WORK])
    assert (
        raised.value.url
        == "http://researchbloggingconnect.com/blogposts?count=100&article=doi:10.5555%2Farticle.1"
    )
    with pytest.raises(Rejected):
        Player(SOURCE, Reply(body="no", status=403), settings=ACCOUNT).collect([WORK])


def test_a_work_without_doi_is_not_asked_about() -> None:
    assert SOURCE.applies(WORK)
    assert not SOURCE.applies(work(None, pmid="90000001"))


def test_a_404_is_zero() -> None:
    absent = Player(SOURCE, Reply(body="Not Found", status=404), settings=ACCOUNT).collect([WORK])
    assert result(absent[WORK.key]).metrics.total == 0
