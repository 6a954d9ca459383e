"""Article Coverage Curated: selected media coverage of PLOS articles."""

import pytest

from chalicelib.errors import Unavailable
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

URL = "https://coverage.example.org/api?doi={doi}"
WORK = work("10.1371/journal.pone.9000001")


def play(body: str | Reply) -> Player:
    reply = recorded("articlecoveragecurated", body) if isinstance(body, str) else body
    return Player(get("articlecoveragecurated"), reply, settings={"url": URL})


def test_found() -> None:
    found = result(play("found.json").collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.comments) == (2, 2)
    first, second = found.events_as_json()
    assert first["event_time"] == "2013-11-20T00:00:00Z"
    assert first["event_csl"] == {
        "author": "",
        "title": "Story 1",
        "container-title": "The Invented Post",
        "issued": {"date-parts": [[2013, 11, 20]]},
        "url": "https://news.example.org/1",
        "type": "post",
    }
    assert list(second) == ["event", "event_time", "event_url", "event_csl"]
    assert second["event_time"] is None
    assert second["event_csl"]["issued"] is None
    assert second["event_csl"]["container-title"] == ""


def test_types() -> None:
    events = result(play("odd-types.json").collect([WORK])[WORK.key]).events_as_json()
    assert [event["event_csl"]["type"] for event in events] == [
        *("post", "article-newspaper", "broadcast", "webpage", "webpage", None, None)
    ]


def test_none() -> None:
    body = recorded("articlecoveragecurated", "odd-not-found.json")
    for reply in ("none.json", Reply(body=body, status=404)):
        found = result(play(reply).collect([WORK])[WORK.key])
        assert (found.metrics.total, found.metrics.comments) == (0, 0)


def test_a_timeout_tells_the_url() -> None:
    with pytest.raises(Unavailable) as raised:
        play(Reply(body="", status=408)).collect([WORK])
    assert raised.value.url == URL.replace("{doi}", "10.1371%2Fjournal.pone.9000001")


def test_only_plos_is_asked_about() -> None:
    assert get("articlecoveragecurated").applies(WORK)
    assert not get("articlecoveragecurated").applies(work("10.5555/1"))
