"""Counter: usage of PLOS articles by format and month."""

import pytest

from chalicelib.errors import Malformed, Unavailable
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

URL = "https://usage.example.org/counter?doi={doi}"
WORK = work("10.1371/journal.pone.9000001")


def play(body: str | Reply) -> Player:
    reply = recorded("counter", body) if isinstance(body, str) else body
    return Player(get("counter"), reply, settings={"url": URL})


def test_found() -> None:
    player = play("found.xml")
    found = result(player.collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.html, found.metrics.pdf) == (405, 311, 93)
    assert list(found.by_month) == [
        {"month": 1, "year": 2010, "html": 299, "pdf": 90},
        {"month": 2, "year": 2010, "html": 12, "pdf": 3},
    ]
    assert found.events_as_json() == [
        {"month": "1", "year": "2010", "pdf_views": "90", "xml_views": "1", "html_views": "299"},
        {"month": "2", "year": "2010", "pdf_views": "3", "xml_views": 0, "html_views": "12"},
    ]
    assert found.events_url is None
    assert player.requests[0].url == URL.replace("{doi}", "10.1371%2Fjournal.pone.9000001")
    assert player.requests[0].accept == "application/xml"


def test_none() -> None:
    found = result(play("none.xml").collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.html, found.metrics.pdf) == (0, 0, 0)
    assert not found.events and not found.by_month


def test_one_item_is_a_list_too() -> None:
    found = result(play("odd-one-item.xml").collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.html, found.metrics.pdf) == (2, 0, 2)


@pytest.mark.parametrize("file", ["odd-not-a-number.xml", "odd-failure.xml"])
def test_what_cannot_be_read_is_no_zero(file: str) -> None:
    assert isinstance(play(file).collect([WORK])[WORK.key], Malformed)


def test_a_timeout_tells_the_url() -> None:
    with pytest.raises(Unavailable) as raised:
        play(Reply(body="", status=408)).collect([WORK])
    assert raised.value.url == URL.replace("{doi}", "10.1371%2Fjournal.pone.9000001")


def test_only_plos_is_asked_about() -> None:
    assert get("counter").applies(WORK)
    assert not get("counter").applies(work("10.5555/1"))
    assert not get("counter").applies(work(pmid="1"))
