"""Article Coverage: media coverage of PLOS articles."""

import pytest

from chalicelib.errors import Malformed, Unavailable
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

URL = "https://coverage.example.org/api?doi={doi}"
WORK = work("10.1371/journal.pone.9000001")


def play(body: str | Reply) -> Player:
    reply = recorded("articlecoverage", body) if isinstance(body, str) else body
    return Player(get("articlecoverage"), reply, settings={"url": URL})


def test_found() -> None:
    player = play("found.json")
    found = result(player.collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.comments) == (2, 2)
    assert found.times() == ["2013-11-20T00:00:00Z"] * 2
    first, second = found.events_as_json()
    assert first["event_url"] == "https://news.example.org/1"
    assert second["event"]["referral"] == "https://news.example.org/2"
    assert "event_csl" not in first
    assert found.events_url is None
    assert player.requests[0].url == URL.replace("{doi}", "10.1371%2Fjournal.pone.9000001")


def test_a_page_without_a_date() -> None:
    body = recorded("articlecoverage", "found.json").replace(b"2013-11-20T00:00:00Z", b"", 1)
    found = result(play(Reply(body=body)).collect([WORK])[WORK.key])
    first, second = found.events_as_json()
    assert (list(first), first["event_time"]) == (["event", "event_time", "event_url"], None)
    assert found.times() == [second["event_time"]]


def test_none() -> None:
    found = result(play("none.json").collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.comments) == (0, 0)


def test_an_unknown_work_is_a_404() -> None:
    body = recorded("articlecoverage", "odd-not-found.json")
    found = result(play(Reply(body=body, status=404)).collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.comments) == (0, 0)
    assert isinstance(play("odd-not-found.json").collect([WORK])[WORK.key], Malformed)


def test_undated_coverage_counts_without_time() -> None:
    found = result(play("odd-undated.json").collect([WORK])[WORK.key])
    assert found.metrics.total == 2
    assert found.times() == ["2013-11-20T00:00:00Z"]


def test_a_timeout_tells_the_url() -> None:
    with pytest.raises(Unavailable) as raised:
        play(Reply(body="", status=408)).collect([WORK])
    assert raised.value.url == URL.replace("{doi}", "10.1371%2Fjournal.pone.9000001")


def test_only_plos_is_asked_about() -> None:
    assert get("articlecoverage").applies(WORK)
    assert not get("articlecoverage").applies(work("10.5555/1"))
