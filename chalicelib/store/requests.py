"""The requests to the API of people with a key, and how many there were by key and day.

Table ``<stack>-requests``, key (kind, name). Access patterns:

    log#<day>        <time>-<random>   the requests of a day (UTC), read backwards from the newest;
                                       each goes after 30 days
    usage#<day>      <hash>            how many requests a key made on a day (UTC): of some keys, or
                                       of all that were used, ended ones too; goes after 400 days

A request costs a write unit in each: its row stays below 1 kB but where more than a few works are
asked for by their ids (up to 5 kB), and the other is a counter that is moved. A day's rows are one
partition of each kind, which takes a thousand writes a second. A key is named by its hash, never
told.
"""

import dataclasses
import datetime as dt
import itertools
import secrets
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from chalicelib.store.tables import RequestItem, hasty_client

KEPT_DAYS = 30
USAGE_KEPT_DAYS = 400
#: How many rows are read for a list at most, usually some 10 MB of them: what is older is not
#: found by a filter that few requests pass.
READ_LIMIT = 20_000

#: How much of what a caller wrote is kept, in bytes of JSON; for 50 DOIs it is enough.
_LIMITS_BYTES = {"info": 40, "source": 200, "ids": 4000}
_CUT = "…"
#: More bytes no character takes in JSON.
_CHARACTER_BYTES = 6
_READ_AT_ONCE = 1000
#: The counts of so many keys are looked up; for more keys those of all are read day by day.
_FEW_KEYS = 100


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ApiRequest:
    """A request that was answered (api.md 9.1). ``key_hash`` is the SHA-256 of its key.

    ``internal``: with a key of the operators. ``info``, ``source`` and ``ids`` are as given; in
    place of the latter two, without any, stand the identifier of the path and the name of
    3.9's controller. Durations are milliseconds: calls to tables, and the rest.
    ``at`` is ``2014-11-07T10:00:00Z``, "" before it is kept.
    """

    key_hash: str
    internal: bool
    info: str | None
    source: str | None
    ids: str | None
    db_duration: float
    view_duration: float
    at: str = ""


def put(request: ApiRequest, now: dt.datetime) -> None:
    """Keep a request and count it for its key. Gives up after some seconds.

    Errors: those of botocore. Where an answer of DynamoDB got lost, the count may be too high.
    """
    client, table = hasty_client(), RequestItem.Meta.table_name
    client.update_item(
        TableName=table,
        Key={"kind": {"S": _usage_of(now.date())}, "name": {"S": request.key_hash}},
        UpdateExpression="ADD requests :one SET expires_at = :end",
        ExpressionAttributeValues={
            ":one": {"N": "1"},
            ":end": _seconds_after(now, USAGE_KEPT_DAYS),
        },
        ReturnConsumedCapacity="TOTAL",
    )
    moment = f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z"
    client.put_item(
        TableName=table,
        Item={
            "kind": {"S": _log_of(now.date())},
            "name": {"S": f"{moment}-{secrets.token_hex(3)}"},
            "about": {"S": _about(request)},
            "expires_at": _seconds_after(now, KEPT_DAYS),
        },
        ReturnConsumedCapacity="TOTAL",
    )


def newest(today: dt.date) -> Iterator[ApiRequest]:
    """The requests of the last 30 days, newest first, read as they are consumed: at most
    ``READ_LIMIT``.
    """
    return itertools.islice(_backwards(today), READ_LIMIT)


def usage(
    key_hashes: Iterable[str], first_day: dt.date, last_day: dt.date
) -> dict[str, dict[dt.date, int]]:
    """How many requests keys made on each day: {hash: {day: number}}, days without any left out."""
    found: dict[str, dict[dt.date, int]] = {key_hash: {} for key_hash in key_hashes}
    days = range((last_day - first_day).days + 1)
    kinds = [_usage_of(first_day + dt.timedelta(days=number)) for number in days]
    rows: Iterable[RequestItem]
    if len(found) <= _FEW_KEYS:
        rows = RequestItem.batch_get([(kind, key_hash) for kind in kinds for key_hash in found])
    else:
        rows = (row for kind in kinds for row in RequestItem.query(kind) if row.name in found)
    for row in sorted(rows, key=lambda row: str(row.kind)):
        day = dt.date.fromisoformat(row.kind.partition("#")[2])
        found[row.name][day] = int(row.requests)
    return found


def total(day: dt.date) -> int:
    """How many requests all keys made on a day, those that have ended too."""
    return sum(int(row.requests) for row in RequestItem.query(_usage_of(day)))


def _usage_of(day: dt.date) -> str:
    return f"usage#{day.isoformat()}"


def _log_of(day: dt.date) -> str:
    return f"log#{day.isoformat()}"


def _backwards(today: dt.date) -> Iterator[ApiRequest]:
    for back in range(KEPT_DAYS):
        day = today - dt.timedelta(days=back)
        rows = RequestItem.query(_log_of(day), scan_index_forward=False, page_size=_READ_AT_ONCE)
        yield from map(_request, rows)


def _request(row: RequestItem) -> ApiRequest:
    about = orjson.loads(row.about)
    return ApiRequest(
        key_hash=about["key"],
        internal=about.get("internal", False),
        info=about.get("info"),
        source=about.get("source"),
        ids=about.get("ids"),
        db_duration=about["db_duration"],
        view_duration=about["view_duration"],
        at=f"{row.name[:19]}Z",
    )


def _about(request: ApiRequest) -> str:
    about: dict[str, Any] = {
        "format": "json",
        "key": request.key_hash,
        "db_duration": request.db_duration,
        "view_duration": request.view_duration,
    }
    if request.internal:
        about["internal"] = True
    for name, limit_bytes in _LIMITS_BYTES.items():
        text = getattr(request, name)
        if text is not None:
            about[name] = _short(text, limit_bytes)
    return orjson.dumps(about).decode()


def _short(text: str, limit_bytes: int) -> str:
    """A text, cut where its JSON would take more bytes: after a comma, so that nothing in a list
    looks like another identifier."""
    shown = text[: limit_bytes + 1].encode("utf-8", "replace").decode()
    if _json_bytes(shown) <= limit_bytes:
        return shown
    while (over := _json_bytes(shown + _CUT) - limit_bytes) > 0:
        shown = shown[: -max(1, over // _CHARACTER_BYTES)]
    return shown[: shown.rfind(",") + 1 or None] + _CUT


def _json_bytes(text: str) -> int:
    return len(orjson.dumps(text)) - len('""')


def _seconds_after(now: dt.datetime, days: int) -> dict[str, str]:
    return {"N": str(int(now.timestamp()) + days * 86_400)}
