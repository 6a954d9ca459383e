"""Connotea: bookmarks in RDF, for who has an account."""

import pytest

from chalicelib.errors import Malformed, Rejected, Unavailable
from chalicelib.model import Result
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

SOURCE = get("connotea")
ACCOUNT = {"username": "jane", "password": "not a secret"}
HASH = "0123456789abcdef0123456789abcdef"
WORK = work("10.5555/article.1")


def play(file: str) -> Player:
    return Player(SOURCE, recorded("connotea", file), settings=ACCOUNT)


def outcome(file: str) -> Result:
    return result(play(file).collect([WORK])[WORK.key])


def test_found() -> None:
    found = outcome("found.xml")
    assert found.metrics.total == found.metrics.readers == 2
    assert found.events_url == f"http://www.connotea.org/uri/{HASH}"
    address = f"http://www.connotea.org/user/jdoe/uri/{HASH}"
    assert found.events_as_json()[0] == {
        "event": address,
        "event_time": "2007-03-01T09:12:44Z",
        "event_url": address,
    }


def test_one_post() -> None:
    assert outcome("odd-one-post.xml").metrics.total == 1


def test_none() -> None:
    found = outcome("none.xml")
    assert (found.metrics.readers, found.events_url) == (0, None)


def test_an_error_with_status_200_is_no_zero() -> None:
    [failure] = play("odd-error-in-200.xml").collect([WORK]).values()
    assert isinstance(failure, Malformed)


def test_the_account_is_sent() -> None:
    player = play("none.xml")
    player.collect([WORK])
    [request] = player.requests
    assert request.headers == {"Authorization": "Basic amFuZTpub3QgYSBzZWNyZXQ="}


def test_failures_pass() -> None:
    with pytest.raises(Unavailable) as raised:
        Player(SOURCE, Reply(body="", status=408), settings=ACCOUNT).collect([WORK])
    assert (
        raised.value.url == "http://www.connotea.org/data/uri/http://dx.doi.org/10.5555/article.1"
    )
    with pytest.raises(Rejected):
        Player(SOURCE, Reply(body="no", status=403), settings=ACCOUNT).collect([WORK])


def test_a_work_without_doi_is_not_asked_about() -> None:
    assert SOURCE.applies(WORK)
    assert not SOURCE.applies(work(None, pmid="90000001"))
