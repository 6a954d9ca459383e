"""Figshare: usage of the figures and supplements of PLOS articles."""

import pytest

from chalicelib.errors import Malformed, Unavailable
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

URL = "https://api.example.org/v1/publishers/search_for?doi={doi}"
WORK = work("10.1371/journal.pone.9000001")


def play(body: str | Reply) -> Player:
    reply = recorded("figshare", body) if isinstance(body, str) else body
    return Player(get("figshare"), reply, settings={"url": URL})


def test_found() -> None:
    player = play("found.json")
    found = result(player.collect([WORK])[WORK.key])
    metrics = found.metrics
    assert (metrics.total, metrics.html, metrics.pdf, metrics.likes) == (6, 5, 1, 0)
    events = found.events_as_json()
    assert isinstance(events, list)
    assert [item["article_id"] for item in events] == [90001, 90002]
    assert found.events_url is None
    assert player.requests[0].url == URL.replace("{doi}", "10.1371/journal.pone.9000001")


def test_none() -> None:
    metrics = result(play("none.json").collect([WORK])[WORK.key]).metrics
    assert (metrics.total, metrics.html, metrics.pdf, metrics.likes) == (0, 0, 0, 0)


def test_an_item_without_numbers_is_no_zero() -> None:
    assert isinstance(play("odd-without-stats.json").collect([WORK])[WORK.key], Malformed)


def test_odd_characters_of_a_doi_do_not_cut_the_url() -> None:
    odd = work("10.1371/a#b&c")
    player = play("none.json")
    player.collect([odd])
    assert player.requests[0].query == {"doi": ["10.1371/a#b&c"]}


def test_a_timeout_tells_the_url() -> None:
    with pytest.raises(Unavailable) as raised:
        play(Reply(body="", status=408)).collect([WORK])
    assert raised.value.url == URL.replace("{doi}", "10.1371/journal.pone.9000001")


def test_only_plos_is_asked_about() -> None:
    assert get("figshare").applies(WORK)
    assert not get("figshare").applies(work("10.5555/1"))
