"""Copernicus: usage of the publisher's articles."""

import pytest

from chalicelib.errors import Malformed, Rejected, Unavailable
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

URL = "https://harvester.example.org/api/v1/articleStatisticsDoi/doi:{doi}"
WORK = work("10.5194/iv-2-175-2011")
SETTINGS = {"url": URL, "username": "jane", "password": "pass:word"}


def play(body: str | Reply) -> Player:
    reply = recorded("copernicus", body) if isinstance(body, str) else body
    return Player(get("copernicus"), reply, settings=SETTINGS)


def test_found() -> None:
    player = play("found.json")
    found = result(player.collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.html, found.metrics.pdf) == (83, 72, 10)
    events = found.events_as_json()
    assert isinstance(events, dict) and events["counter"]["XmlDownloads"] == 1
    assert not found.by_month and found.events_url is None


def test_the_doi_is_not_escaped_and_the_account_is_sent() -> None:
    player = play("found.json")
    player.collect([WORK])
    [request] = player.requests
    assert request.url == URL.replace("{doi}", "10.5194/iv-2-175-2011")
    assert request.headers["Authorization"] == "Basic amFuZTpwYXNzOndvcmQ="


def test_an_unknown_work_is_an_empty_list() -> None:
    found = result(play("none.json").collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.html, found.metrics.pdf) == (0, 0, 0)
    assert found.events_as_json() == {}


def test_nulls_are_skipped() -> None:
    found = result(play("odd-nulls.json").collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.html, found.metrics.pdf) == (9, 7, 0)


def test_no_counts_are_no_zero() -> None:
    assert isinstance(play("odd-without-counts.json").collect([WORK])[WORK.key], Malformed)


def test_unauthorized() -> None:
    reply = Reply(body=recorded("copernicus", "odd-unauthorized.json"), status=401)
    with pytest.raises(Rejected) as raised:
        play(reply).collect([WORK])
    assert (raised.value.status, raised.value.url) == (
        401,
        URL.replace("{doi}", "10.5194/iv-2-175-2011"),
    )


def test_a_timeout_tells_the_url() -> None:
    with pytest.raises(Unavailable) as raised:
        play(Reply(body="", status=408)).collect([WORK])
    assert raised.value.url == URL.replace("{doi}", "10.5194/iv-2-175-2011")


def test_only_copernicus_is_asked_about() -> None:
    assert get("copernicus").applies(WORK)
    assert not get("copernicus").applies(work("10.5555/1"))
