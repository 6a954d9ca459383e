"""The log of requests and the counts by key and day, as the table keeps them.

The table is that of the module; each test has a month of its own.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from chalicelib.store import requests
from chalicelib.store.requests import ApiRequest
from chalicelib.store.tables import RequestItem, hasty_client
from infra.bench.meter import Meter
from tests.conftest import empty_tables

NOW = dt.datetime(2014, 11, 7, 10, 0, 0, 123_456, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
ADA, BO = "a" * 64, "b" * 64


@pytest.fixture(scope="module", autouse=True)
def _table(_aws: None) -> Iterator[None]:
    with empty_tables():
        yield


def month(year: int) -> dt.datetime:
    return NOW.replace(year=year)


def asked(key_hash: str = ADA, **more: Any) -> ApiRequest:
    given = {"internal": False, "info": None, "source": None, "ids": None}
    durations = {"db_duration": 12.3, "view_duration": 45.6}
    return ApiRequest(key_hash=key_hash, **(given | durations | more))


def items(kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = boto3.client("dynamodb").scan(
        TableName=RequestItem.Meta.table_name
    )["Items"]
    return [item for item in found if item["kind"]["S"].startswith(kind)]


def size_bytes(item: dict[str, Any]) -> int:
    return sum(len(n) + len(str(*value.values()).encode()) for n, value in item.items())


@pytest.fixture(scope="module")
def days() -> None:
    """Requests of two keys on several days."""
    for back, key_hash in ((0, ADA), (0, BO), (1, ADA), (1, ADA), (9, BO), (31, ADA)):
        now = NOW - back * DAY + dt.timedelta(seconds=key_hash == BO)
        requests.put(asked(key_hash, ids=f"{back}"), now)


def test_the_newest_come_first_over_days_without_any(days: None) -> None:
    found = [(request.key_hash, request.at) for request in requests.newest(NOW.date())]
    assert found == [
        (BO, "2014-11-07T10:00:01Z"),
        (ADA, "2014-11-07T10:00:00Z"),
        (ADA, "2014-11-06T10:00:00Z"),
        (ADA, "2014-11-06T10:00:00Z"),
        (BO, "2014-10-29T10:00:01Z"),
    ]


def test_so_many_are_read_at_most(days: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "READ_LIMIT", 3)
    assert [request.ids for request in requests.newest(NOW.date())] == ["0", "0", "1"]


@pytest.mark.parametrize("few", [100, 0], ids=["looked up", "read day by day"])
def test_usage_is_told_by_key_and_day(
    days: None, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(requests, "_FEW_KEYS", few)
    today = NOW.date()
    first = today - 9 * DAY
    assert requests.usage([ADA, BO, "c" * 64], first, today) == {
        ADA: {today - DAY: 2, today: 1},
        BO: {first: 1, today: 1},
        "c" * 64: {},
    }
    assert requests.usage([BO], first + DAY, today - DAY) == {BO: {}}
    assert requests.usage([], first, today) == {}
    assert list(requests.usage([ADA], first, today)[ADA]) == [today - DAY, today]


def test_a_day_s_requests_of_all_keys_are_counted_in_one_read(days: None) -> None:
    today = NOW.date()
    with Meter().spending() as spent:
        assert [requests.total(today - back * DAY) for back in (0, 1, 2)] == [2, 2, 0]
    assert dict(spent.calls) == {"dynamodb.Query": 3}
    with Meter().spending() as spent:
        requests.usage([ADA, BO], today - 29 * DAY, today)
    assert dict(spent.calls) == {"dynamodb.BatchGetItem": 1}


def test_a_request_is_kept_as_it_was() -> None:
    now = month(2015)
    request = asked(internal=True, info="detail", source="", ids='10.5555/"ä",\u2028𝒳')
    requests.put(request, now)
    requests.put(asked(BO), now - DAY)
    kept, bare = requests.newest(now.date())
    assert kept == ApiRequest(
        key_hash=ADA,
        internal=True,
        info="detail",
        source="",
        ids='10.5555/"ä",\u2028𝒳',
        db_duration=12.3,
        view_duration=45.6,
        at="2015-11-07T10:00:00Z",
    )
    assert (bare.internal, bare.info, bare.source, bare.ids) == (False, None, None, None)


def test_rows_expire() -> None:
    now = month(2016)
    requests.put(asked("c" * 64), now)
    (row,) = items("log#2016-11-07")
    (count,) = items("usage#2016-11-07")
    assert row["name"]["S"].startswith("2016-11-07T10:00:00.123Z-")
    assert int(row["expires_at"]["N"]) == int((now + 30 * DAY).timestamp())
    assert count["name"]["S"] == "c" * 64
    assert int(count["expires_at"]["N"]) == int((now + 400 * DAY).timestamp())


@pytest.mark.parametrize(
    ("year", "character"),
    list(enumerate(["x", "\0", '"', "ä", "𝒳", "\ud800"], 2020)),
    ids=["letter", "control", "quote", "umlaut", "mathematical", "half"],
)
def test_however_much_was_asked_for_a_row_costs_few_units(year: int, character: str) -> None:
    text = character * 1_000_000
    request = asked(internal=True, info=text, source=text, ids=text, db_duration=123456.7)
    requests.put(request, month(year))
    (row,) = items(f"log#{year}")
    assert 4000 < size_bytes(row) <= 5 * 1024
    (kept,) = requests.newest(month(year).date())
    shown = "?" if character == "\ud800" else character
    for cut in (kept.info, kept.source, kept.ids):
        assert cut is not None
        assert cut.endswith("…")
        assert cut.rstrip("…").strip(shown) == ""


def test_fifty_dois_are_kept_and_of_more_no_half_one() -> None:
    dois = [f"10.1371/journal.pone.{number:07d}" for number in range(200)]
    requests.put(asked(ids=",".join(dois[:50])), month(2017))
    requests.put(asked(ids=",".join(dois)), month(2017) + dt.timedelta(seconds=1))
    requests.put(asked(info="summary", ids="10.5555/alpha.1"), month(2018))
    many, fifty = requests.newest(month(2017).date())
    assert fifty.ids == ",".join(dois[:50])
    assert many.ids is not None
    *kept, cut = many.ids.split(",")
    assert (kept, cut) == (dois[: len(kept)], "…")
    assert 3900 < len(many.ids) <= 4000
    (usual,) = items("log#2018")
    assert size_bytes(usual) < 1024, "what most ask for costs one unit"


def test_nobody_waits_long_for_the_log() -> None:
    config = hasty_client().meta.config
    tries = config.retries["total_max_attempts"]
    assert tries == 2, "a connection that was closed meanwhile is no reason to lose a row"
    assert tries * (config.connect_timeout + config.read_timeout) <= 6
