"""What the log of requests holds of each, and ``GET /api/v5/api_requests``, which shows it."""

import datetime as dt
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest

from app import app
from chalicelib import api, api_requests, overview
from chalicelib.store import keys, requests
from chalicelib.store.requests import ApiRequest
from tests.contract import ALPHA, WRONG_KEY, contract_site
from tests.signing_in import NOT_AUTHORIZED
from tests.visiting import NOW, ROLES, Site

PATH = "/api/v5/api_requests"
NOTHING = {"total": 0, "total_pages": 0, "page": 0, "error": None, "data": []}
ITEM_KEYS = ["api_key", "info", "source", "ids", "db_duration", "view_duration", "date"]
V3, V5 = "Api::V3::ArticlesController", "Api::V5::ArticlesController"


@pytest.fixture(scope="module")
def site(_aws: None) -> Iterator[Site]:
    """The site with the contract's data; its log grows from test to test."""
    with pytest.MonkeyPatch.context() as patch, contract_site() as site:
        waiting = {"visible": 0, "in_flight": 0, "delayed": 0}
        patch.setattr(overview.queues, "counts", lambda: waiting)
        yield site


@pytest.fixture
def logged(logged: Callable[[], str]) -> Callable[[], list[dict[str, Any]]]:
    """The lines that the app writes."""
    return lambda: [json.loads(line) for line in logged().splitlines()]


def newest(number: int = 1) -> list[ApiRequest]:
    today = dt.datetime.now(dt.UTC).date()
    return list(itertools.islice(requests.newest(today), number))


def used(key: str) -> int:
    today = dt.datetime.now(dt.UTC).date()
    name = keys.hash_of(key)
    return sum(requests.usage([name], today - dt.timedelta(days=1), today)[name].values())


# --- what is kept of a request ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "params", "kept"),
    [
        ("/api/v3/articles", {"ids": ALPHA, "info": "summary"}, ("summary", None, ALPHA)),
        ("/api/v3/articles/info:doi/" + ALPHA, {}, (None, f"info:doi/{ALPHA}", V3)),
        (f"/api/v3/articles/{ALPHA}", {"source": "crossref"}, (None, "crossref", None)),
        ("/api/v5/articles", {}, (None, None, V5)),
        ("/api/v5/articles.json", {"page": "2", "info": "NO"}, ("NO", None, V5)),
        ("/api/v5/articles", {"ids": ""}, (None, None, "")),
        ("/api/v5/articles", {"source": "", "ids": "a b,C"}, (None, "", "a b,C")),
        ("/api/v5/articles", {"source_id": "crossref"}, (None, "crossref", None)),
        ("/api/v5/sources", {}, (None, None, "Api::V5::SourcesController")),
        ("/api/v5/sources/crossref", {}, (None, "crossref", "Api::V5::SourcesController")),
        ("/api/v5/publishers", {}, (None, None, "Api::V5::PublishersController")),
        ("/api/v5/status", {}, (None, None, "Api::V5::StatusController")),
        (PATH, {"q": "kusr"}, (None, None, "Api::V5::ApiRequestsController")),
    ],
)
def test_9_1_what_was_asked_for_is_kept(
    site: Site, path: str, params: dict[str, str], kept: tuple[str | None, ...]
) -> None:
    before = used("kstf")
    assert site.get(path, key="kstf", **params).status == 200
    (row,) = newest()
    assert (row.key_hash, row.internal) == (keys.hash_of("kstf"), False)
    assert (row.info, row.source, row.ids) == kept
    assert used("kstf") == before + 1


@pytest.mark.parametrize(
    ("method", "headers", "body"),
    [
        ("GET", {"x-api-key": "kadm"}, b""),
        ("HEAD", {"Authorization": "Token token=kadm"}, b""),
        ("GET", {"x-api-key": "kadm", "If-None-Match": "*"}, b""),
        ("POST", {"Content-Type": "application/x-www-form-urlencoded"}, b"_method=GET&ids=10.1/x"),
    ],
)
def test_however_the_key_came_and_whatever_the_caller_has(
    site: Site, method: str, headers: dict[str, str], body: bytes
) -> None:
    before = used("kadm")
    seen = site.ask(method, f"/api/v5/articles?api_key={'kadm' if body else ''}", headers, body)
    assert seen.status == (304 if "If-None-Match" in headers else 200)
    (row,) = newest()
    assert (row.key_hash, row.internal) == (keys.hash_of("kadm"), True)
    assert row.ids == ("10.1/x" if body else V5)
    assert used("kadm") == before + 1


def test_a_key_that_the_authorizer_knows_is_kept_too(site: Site) -> None:
    event = {
        "path": "/api/v5/sources",
        "headers": {},
        "multiValueHeaders": {},
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "body": None,
        "isBase64Encoded": False,
        "requestContext": {
            "httpMethod": "GET",
            "resourcePath": "/api/v5/sources",
            "authorizer": {"key_hash": "0" * 64, "owner": "ada", "role": "admin"},
        },
    }
    assert app(event, None)["statusCode"] == 200
    (row,) = newest()
    assert (row.key_hash, row.internal) == ("0" * 64, True)


def test_refused_requests_preflights_and_what_needs_no_key_are_not_kept(site: Site) -> None:
    site.get("/api/v5/sources", key="kadm", ids="the last one")
    refused = [
        site.get("/api/v5/articles", key="nope"),
        site.get("/api/v5/articles", key=None),
        site.get("/api/v5/articles", page="0"),
        site.get("/api/v3/articles", ids="10.5555/nosuch"),
        site.get("/api/v5/sources/nosuch"),
        site.get("/api/v5/nosuch"),
        site.get(PATH),
        site.ask("PUT", "/api/v5/articles?api_key=kusr"),
    ]
    assert all(seen.status >= 400 for seen in refused)
    assert site.ask("OPTIONS", "/api/v5/articles?api_key=kusr").status == 200
    assert site.get("/heartbeat").status == 200
    (row,) = newest()
    assert row.ids == "the last one"


def test_the_time_in_tables_and_the_rest_are_told_apart(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent = iter((5.0, 5.25))
    monkeypatch.setattr(api.tables, "seconds_spent", lambda: next(spent))
    site.get("/api/v5/articles")
    (row,) = newest()
    assert row.db_duration == 250.0
    monkeypatch.undo()
    site.get("/api/v5/articles")
    (row,) = newest()
    assert row.db_duration > 0 and row.view_duration > 0


def test_an_answer_goes_out_whatever_becomes_of_the_log(
    site: Site, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    monkeypatch.setattr(requests, "put", lambda *_: 1 / 0)
    assert site.articles(ids=ALPHA)["total"] == 1
    assert [line["message"] for line in logged()] == [
        "A request could not be recorded.",
        "GET /api/v5/articles",
    ]


def test_no_key_is_kept_told_or_logged(
    site: Site, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    text = "AnUnmistakableKey123"
    keys.create("ada", "staff", NOW, key=text)
    answers = [
        site.get("/api/v5/sources", key=text),
        site.ask("GET", "/api/v5/sources", {"x-api-key": text}),
        site.get(PATH, key=text, q=text),
        site.get(f"{PATH}.json", key=text),
    ]
    assert answers[2].json["total"] == 2
    rows = boto3.client("dynamodb").scan(TableName=requests.RequestItem.Meta.table_name)["Items"]
    assert keys.hash_of(text) in str(rows)
    for told in (str(rows), str(logged()), *(seen.text for seen in answers)):
        assert text not in told


# --- the list --------------------------------------------------------------------------------


def request(key: str, ids: str | None = "10.5555/a", **more: Any) -> ApiRequest:
    name, internal = keys.hash_of(key), ROLES.get(key) == "admin"
    given = {"info": None, "source": None, "db_duration": 12.3, "view_duration": 45.6}
    at = "2014-11-07T10:00:00Z"
    return ApiRequest(key_hash=name, internal=internal, ids=ids, at=at, **(given | more))


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> list[ApiRequest]:
    """What the log holds, newest first."""
    held = [
        request("kusr", ALPHA, info="detail"),
        request("kadm", "1"),
        request("kstf", V5),
        request("kadm", V3, source="info:doi/2"),
        request("kusr", None, source="crossref"),
    ]
    monkeypatch.setattr(requests, "newest", lambda today: iter(held))
    return held


def ids(site: Site, **params: str) -> list[str]:
    seen = site.ask("GET", f"{PATH}?{urlencode(params)}", {"x-api-key": "kstf"})
    assert seen.status == 200, seen.text
    return [found["ids"] or found["source"] for found in seen.json["data"]]


def test_7_staff_and_admins_see_it_and_nobody_else(site: Site) -> None:
    refused = site.get(PATH, key="kusr", page="0")
    assert (refused.status, refused.json) == (401, NOTHING | {"error": NOT_AUTHORIZED})
    unknown = site.get(PATH, key="nope")
    assert (unknown.status, unknown.json) == (401, NOTHING | {"error": WRONG_KEY})
    site.get("/api/v5/articles", key="kusr")  # the first to be in the log
    for key in ("kstf", "kadm"):
        for path in (PATH, f"{PATH}.json"):
            seen = site.get(path, key=key)
            assert (seen.status, seen.json["error"], seen.json["page"]) == (200, None, 1)


def test_7_6_an_item(site: Site, rows: list[ApiRequest]) -> None:
    found = site.get(PATH, key="kadm").json
    assert {**found, "data": []} == NOTHING | {"total": 5, "total_pages": 1, "page": 1}
    assert [list(item) for item in found["data"]] == [ITEM_KEYS] * 5
    assert found["data"][0] == {
        "api_key": keys.hash_of("kusr")[:12],
        "info": "detail",
        "source": None,
        "ids": ALPHA,
        "db_duration": 12.3,
        "view_duration": 45.6,
        "date": "2014-11-07T10:00:00Z",
    }


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"key": "internal"}, ["1", V3]),
        ({"key": "external"}, [ALPHA, V5, "crossref"]),
        ({"key": "other"}, [V5, V3]),
        ({"key": "nosuch"}, [ALPHA, "1", V5, V3, "crossref"]),
        ({"key": "", "q": ""}, [ALPHA, "1", V5, V3, "crossref"]),
        ({"q": "kusr"}, [ALPHA, "crossref"]),
        ({"q": "kusr", "key": "internal"}, [ALPHA, "crossref"]),
        ({"q": keys.hash_of("kadm")}, ["1", V3]),
        ({"q": keys.hash_of("kadm")[:12].upper()}, ["1", V3]),
        ({"q": keys.hash_of("kadm")[:11]}, []),
        ({"q": "KUSR"}, []),
    ],
)
def test_7_6_filters(
    site: Site, rows: list[ApiRequest], params: dict[str, str], found: list[str]
) -> None:
    assert ids(site, **params) == found


def test_7_6_a_thousand_at_most(site: Site, rows: list[ApiRequest]) -> None:
    rows *= 201
    seen = site.get(PATH, key="kstf").json
    assert (seen["total"], seen["total_pages"], len(seen["data"])) == (1000, 1, 1000)


def test_7_6_the_newest_only(
    site: Site, rows: list[ApiRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_requests, "PAGE_SIZE", 2)
    assert ids(site) == [ALPHA, "1"]
    assert ids(site, q="kusr") == [ALPHA, "crossref"]
    beyond = site.get(PATH, key="kstf", page="2").json
    assert beyond == NOTHING | {"total": 2, "total_pages": 1, "page": 2}
    rows.clear()
    assert site.get(PATH, key="kstf", page="2").json == NOTHING


@pytest.mark.parametrize("page", ["0", "-1", "abc", "2.5", ""])
def test_pages_that_cannot_be(site: Site, page: str) -> None:
    seen = site.get(PATH, key="kstf", page=page)
    assert seen.status == 404
    assert {**seen.json, "error": None} == NOTHING and seen.json["error"]


def test_jsonp_and_a_crash(
    site: Site, rows: list[ApiRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = site.get(PATH, key="kstf", callback="f")
    assert seen.headers["content-type"] == "application/javascript; charset=utf-8"
    assert json.loads(seen.text[2:-1])["total"] == 5
    monkeypatch.setattr(requests, "newest", lambda today: 1 / 0)
    seen = site.get(PATH, key="kstf")
    assert (seen.status, seen.json) == (500, NOTHING | {"error": "Internal server error."})


# --- keys that have ended --------------------------------------------------------------------


@pytest.mark.parametrize("way", ["expired", "revoked"])
def test_a_key_that_has_ended_is_answered_like_an_unknown_one(site: Site, way: str) -> None:
    now = dt.datetime.now(dt.UTC)
    text, key = keys.create("bo", "staff", NOW)
    assert site.get("/api/v5/sources", key=text).status == 200, "it is in the cache now"
    if way == "expired":
        keys.expire(key.hash, now - dt.timedelta(seconds=1))
    else:
        keys.revoke(key.hash)
    for path in ("/api/v3/articles", "/api/v5/articles", "/api/v5/status", PATH):
        seen, unknown = site.get(path, key=text), site.get(path, key="nope")
        assert (seen.status, seen.text) == (unknown.status, unknown.text)
        assert (seen.status, seen.json["error"]) == (401, WRONG_KEY)
    assert used(text) == 1
