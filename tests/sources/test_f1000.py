"""F1000Prime: the feed of recommendations, and Lagotto's document store."""

import datetime as dt
from typing import Any

import pytest

from chalicelib.errors import Malformed, Rejected, Unavailable
from chalicelib.feed import Window
from chalicelib.sources import get
from chalicelib.sources.f1000 import F1000
from tests.sources.player import Player, Reply, recorded, result, work

WORK = work("10.5555/f1000.1")
SETTINGS = {"feed_url": "https://f1000.example.org/feeds/invented.xml"}
WINDOW = Window(dt.date(2019, 5, 24), dt.date(2019, 5, 31))


def play(file: Any, settings: Any = SETTINGS) -> Player:
    reply = recorded("f1000", file) if isinstance(file, str) else file
    return Player(get("f1000"), reply, settings=settings)


def source() -> F1000:
    found = get("f1000")
    assert isinstance(found, F1000)
    return found


def test_found() -> None:
    found = result(play("found.xml").collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.citations) == (2, 2)
    assert list(found.by_month) == [{"month": 5, "year": 2019, "total": 2}]
    assert found.events_url == "http://f1000.example.org/prime/9001"
    [event] = found.events_as_json()
    assert event == {
        "event": {
            "year": 2019,
            "month": 5,
            "doi": "10.5555/f1000.1",
            "f1000_id": "9001",
            "url": "http://f1000.example.org/prime/9001",
            "score": 2,
            "classifications": ["confirmation", "good_for_teaching"],
            "updated_at": "2019-05-03T00:00:00Z",
        },
        "event_url": "http://f1000.example.org/prime/9001",
    }


def test_none() -> None:
    found = result(play("none.xml").collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.citations) == (0, 0)
    assert found.events_url is None and not found.events


def test_the_last_score_is_the_total() -> None:
    page = source().read(play("found.xml"), WINDOW, "")
    assert page.next_place is None and len(page.entries) == 2
    found = page.entries[0].result
    assert found
    earlier = {"year": 2018, "month": 12, "score": 1, "url": "http://f1000.example.org/prime/9001"}
    replaced = {**earlier, "year": 2019, "month": 5, "score": 9}
    kept = [{"event": replaced}, {"event": earlier}]
    merged = source().merge(kept, found, WORK)
    assert (merged.metrics and merged.metrics.total) == 2
    assert [(month["month"], month["total"]) for month in merged.by_month] == [(12, 1), (5, 2)]


def test_an_article_without_doi_is_skipped_and_a_bad_one_fails_alone() -> None:
    page = source().read(play("odd-without-doi.xml"), WINDOW, "")
    assert len(page.entries) == 1 and not page.failed
    [event] = page.entries[0].result.events_as_json() if page.entries[0].result else []
    assert event["event"]["classifications"] == []
    assert event["event"]["updated_at"] == "2019-05-31T00:00:00Z"
    page = source().read(play("odd-one-bad-article.xml"), WINDOW, "")
    assert len(page.entries) == 1
    assert [type(error) for error in page.failed] == [Malformed]


def test_documents_of_the_store() -> None:
    for settings in (SETTINGS, {"db_url": "http://127.0.0.1:5984/f1000/"}):
        found = result(play("odd-document.json", settings).collect([WORK])[WORK.key])
        assert (found.metrics.total, found.metrics.citations) == (2, 2)
        assert list(found.by_month) == [{"month": 4, "year": 2014, "total": 2}]
        assert found.events_url == "http://f1000.example.org/prime/9001"
        [event] = found.events_as_json()
        assert event["event"]["classifications"] == ["confirmation", "good_for_teaching"]


def test_an_unknown_work_is_a_404_of_the_store_only() -> None:
    reply = Reply(body=recorded("f1000", "odd-document-not-found.json"), status=404)
    found = result(play(reply).collect([WORK])[WORK.key])
    assert (found.metrics.total, found.events_url) == (0, None)
    with pytest.raises(Rejected):
        source().read(play(reply), WINDOW, "")
    with pytest.raises(Malformed):
        play("odd-document-not-found.json").collect([WORK])


def test_a_timeout_tells_the_url() -> None:
    settings = {"db_url": "http://127.0.0.1:5984/f1000/"}
    with pytest.raises(Unavailable) as raised:
        play(Reply(body="", status=408), settings).collect([WORK])
    assert raised.value.url == "http://127.0.0.1:5984/f1000/10.5555%2Ff1000.1"
