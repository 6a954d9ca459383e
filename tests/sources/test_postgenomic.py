"""Postgenomic: a list of posts."""

import pytest

from chalicelib.errors import Rejected, Unavailable
from chalicelib.model import Result
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

SOURCE = get("postgenomic")
WORK = work("10.5555/article.1")


def play(file: str) -> Player:
    return Player(SOURCE, recorded("postgenomic", file))


def outcome(file: str) -> Result:
    return result(play(file).collect([WORK])[WORK.key])


def test_found() -> None:
    found = outcome("found.json")
    assert found.metrics.total == found.metrics.citations == 2
    assert found.events_url == "http://postgenomic.com/paper.php?doi=10.5555%2Farticle.1"
    first, second = found.events_as_json()
    assert first["event"]["blog_name"] == "An invented blog"
    assert first["event_url"] == "http://blog.example.org/1/"
    assert first["event_time"] == "2007-03-01T09:12:44Z"
    assert "event_time" not in second


def test_a_post_of_which_only_the_address_is_known() -> None:
    assert outcome("odd-bare.json").metrics.total == 1


def test_none() -> None:
    assert outcome("none.json").metrics.citations == 0


def test_failures_pass() -> None:
    with pytest.raises(Unavailable) as raised:
        Player(SOURCE, Reply(body="", status=408)).collect([WORK])
    assert (
        raised.value.url
        == "http://www.postgenomic.com/api.php?type=post&format=json&citing_doi=10.5555%2Farticle.1"
    )
    with pytest.raises(Rejected):
        Player(SOURCE, Reply(body="no", status=403)).collect([WORK])


def test_a_work_without_doi_is_not_asked_about() -> None:
    assert SOURCE.applies(WORK)
    assert not SOURCE.applies(work(None, pmid="90000001"))
