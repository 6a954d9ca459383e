"""COUNTER 5.1 (SUSHI): Item Reports of any platform."""

import datetime as dt
from typing import Any

import pytest

from chalicelib.errors import Malformed, RateLimited, Rejected, SourceError, Unavailable
from chalicelib.feed import Window
from chalicelib.sources import get
from chalicelib.sources.sushi import Sushi
from tests.sources.player import Player, recorded, result, work

WORK = work("10.5555/SUSHI.1")
SETTINGS = {"url": "https://sushi.example.org/counter/", "requestor_id": "jane", "api_key": "key1"}
MAY = Window(dt.date(2019, 5, 1), dt.date(2019, 5, 31))


def play(*replies: Any, settings: Any = SETTINGS) -> Player:
    bodies = [recorded("sushi", file) if isinstance(file, str) else file for file in replies]
    return Player(get("sushi"), *bodies, settings=settings)


def source() -> Sushi:
    found = get("sushi")
    assert isinstance(found, Sushi)
    return found


def test_found() -> None:
    player = play("found.json")
    found = result(player.collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.html, found.metrics.pdf) == (15, 8, 7)
    assert list(found.by_month) == [{"year": 2019, "month": 5, "html": 8, "pdf": 7}]
    assert found.events_as_json() == [
        {
            "year": 2019,
            "month": 5,
            "Total_Item_Investigations": 15,
            "Total_Item_Requests": 7,
        }
    ]
    [request] = player.requests
    assert request.url.startswith("https://sushi.example.org/counter/r51/reports/ir?")
    assert request.query == {
        "customer_id": ["0000000000000000"],
        "requestor_id": ["jane"],
        "api_key": ["key1"],
        "begin_date": ["2019-05"],
        "end_date": ["2019-05"],
        "metric_type": ["Total_Item_Investigations|Total_Item_Requests"],
        "access_method": ["Regular"],
    }


def test_credentials_that_are_not_set_are_not_sent() -> None:
    player = play("none.json", settings={"url": "https://sushi.example.org", "customer_id": "c1"})
    assert result(player.collect([WORK])[WORK.key]).metrics.total == 0
    assert player.requests[0].query["customer_id"] == ["c1"]
    assert not {"requestor_id", "api_key"} & player.requests[0].query.keys()


def test_each_closed_month_is_a_page() -> None:
    player = play("none.json", "found.json")
    pages = list(source().pages(player, Window(dt.date(2019, 4, 10), dt.date(2019, 6, 12))))
    assert [request.query["begin_date"] for request in player.requests] == [
        ["2019-04"],
        ["2019-05"],
    ]
    assert [len(page.entries) for page in pages] == [0, 2]


def test_months_add_up() -> None:
    found = source().read(play("found.json"), MAY, "").entries[0].result
    assert found
    kept = [
        {"year": 2019, "month": m, "Total_Item_Investigations": 5, "Total_Item_Requests": 1}
        for m in (4, 5)
    ]
    merged = source().merge(kept, found, WORK).metrics
    assert merged and (merged.total, merged.html, merged.pdf) == (20, 12, 8)


def test_use_under_several_parents_is_added_up() -> None:
    metrics = result(play("odd-twice.json").collect([WORK])[WORK.key]).metrics
    assert (metrics.total, metrics.html, metrics.pdf) == (14, 7, 7)


def test_a_bad_item_fails_alone() -> None:
    page = source().read(play("odd-one-bad-item.json"), MAY, "")
    assert [entry.identifiers["doi"] for entry in page.entries] == ["10.5555/sushi.1"]
    assert [type(error) for error in page.failed] == [Malformed]
    page = source().read(play("odd-more-requests.json"), MAY, "")
    assert not page.entries and [type(error) for error in page.failed] == [Malformed]


def test_a_month_that_is_not_ready_is_left_out() -> None:
    page = source().read(play("odd-not-ready.json"), MAY, "")
    assert [type(error) for error in page.failed] == [Unavailable]
    with pytest.raises(Unavailable):
        play("odd-not-ready.json").collect([WORK])


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (1000, Unavailable),
        (1011, Unavailable),
        (1020, RateLimited),
        (1030, Rejected),
        (2010, Rejected),
        (3020, Rejected),
    ],
)
def test_exceptions(code: int, expected: type[SourceError]) -> None:
    exception = {"Code": code, "Message": "Some message", "Data": "more"}
    for body in (exception, {"Report_Header": {"Exceptions": [exception]}, "Report_Items": []}):
        with pytest.raises(SourceError) as raised:
            source().read(play(body), MAY, "")
        assert type(raised.value) is expected
        assert f"{code}: Some message; more" in str(raised.value)


def test_a_queued_report_comes_later() -> None:
    with pytest.raises(Unavailable):
        play("odd-queued.json").collect([WORK])


def test_an_empty_report_without_a_reason_is_no_zero() -> None:
    with pytest.raises(Malformed):
        play("odd-empty.json").collect([WORK])
