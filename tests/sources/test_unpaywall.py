"""Unpaywall: places in recorded answers."""

import pytest

from chalicelib.errors import Malformed, Rejected
from chalicelib.sources import get
from tests.sources.player import CONTACT_EMAIL, Player, Reply, recorded, result, work

WORK = work("10.5555/Unpaywall.1")


def play(reply: object) -> Player:
    return Player(get("unpaywall"), reply)


def file(name: str) -> bytes:
    return recorded("unpaywall", name)


def test_found() -> None:
    player = play(file("found.json"))
    found = result(player.collect([WORK])[WORK.key])
    assert found.metrics.total == 2
    assert found.events_as_json() == {
        "is_oa": True,
        "oa_status": "green",
        "best_oa_location": {
            "url": "https://repository.example.org/1.pdf",
            "host_type": "repository",
            "license": "cc-by",
            "version": "acceptedVersion",
        },
    }
    [request] = player.requests
    assert request.url.startswith("https://api.unpaywall.org/v2/10.5555/unpaywall.1?")
    assert request.query == {"email": [CONTACT_EMAIL]}


def test_closed_and_unknown() -> None:
    closed = result(play(file("none.json")).collect([WORK])[WORK.key])
    assert closed.metrics.total == 0
    assert closed.events_as_json() == {
        "is_oa": False,
        "oa_status": "closed",
        "best_oa_location": None,
    }
    unknown = result(play(Reply(body={"error": True}, status=404)).collect([WORK])[WORK.key])
    assert (unknown.metrics.total, unknown.events) == (0, ())


def test_errors_are_no_zeros() -> None:
    with pytest.raises(Malformed):
        play(file("odd-error-in-200.json")).collect([WORK])
    with pytest.raises(Rejected):
        play(Reply(body={"error": True}, status=422)).collect([WORK])
