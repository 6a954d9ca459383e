"""Journal Comments: what readers wrote under PLOS articles."""

import pytest

from chalicelib.errors import Malformed, Rejected, Unavailable
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

URL = "https://api.example.org/v1/articles/{doi}?comments"
WORK = work("10.1371/journal.pone.9000001")


def play(body: str | Reply) -> Player:
    reply = recorded("plos_comments", body) if isinstance(body, str) else body
    return Player(get("plos_comments"), reply, settings={"url": URL})


def test_found() -> None:
    player = play("found.json")
    found = result(player.collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.comments) == (5, 2)
    first, second = found.events_as_json()
    assert first["event"]["totalNumReplies"] == 3
    assert second["event_time"] == "2009-03-31T00:31:12Z"
    assert first["event_csl"] == {
        "author": [{"family": "Doe", "given": "Jane Q."}],
        "title": "Comment 1",
        "container-title": "PLOS Comments",
        "issued": {"date-parts": [[2009, 3, 31]]},
        "url": "http://dx.doi.org/10.1371/journal.pone.9000001",
        "type": "personal_communication",
    }
    assert list(first) == ["event", "event_time", "event_url", "event_csl"]
    assert first["event_url"] is found.events_url is None
    assert player.requests[0].url == URL.replace("{doi}", "10.1371/journal.pone.9000001")


def test_none() -> None:
    found = result(play("none.json").collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.comments) == (0, 0)


def test_an_unknown_work_is_a_failure() -> None:
    reply = Reply(body=recorded("plos_comments", "odd-not-found.txt"), status=404)
    with pytest.raises(Rejected) as raised:
        play(reply).collect([WORK])
    assert raised.value.body.startswith(b"Item not found")


def test_a_comment_without_its_number_of_replies_is_malformed() -> None:
    assert isinstance(play("odd-without-replies.json").collect([WORK])[WORK.key], Malformed)


def test_a_timeout_tells_the_url() -> None:
    with pytest.raises(Unavailable) as raised:
        play(Reply(body="", status=408)).collect([WORK])
    assert raised.value.url == URL.replace("{doi}", "10.1371/journal.pone.9000001")


def test_only_plos_is_asked_about() -> None:
    assert get("plos_comments").applies(WORK)
    assert not get("plos_comments").applies(work("10.5555/1"))
