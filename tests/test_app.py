"""app.py: what Chalice is told, what is logged, and what a crash looks like to a caller."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from chalice.deploy.swagger import SwaggerGenerator
from chalice.test import Client

from app import app
from chalicelib import api, articles
from chalicelib.store import alerts, keys
from tests.visiting import add, work

PROJECT = Path(__file__).parent.parent
PATHS = [
    "/api/v3/articles",
    "/api/v3/articles/{proxy+}",
    "/api/v4/alerts",
    "/api/v4/articles",
    "/api/v4/articles/{proxy+}",
    "/api/v5/api_requests",
    "/api/v5/api_requests.json",
    "/api/v5/articles",
    "/api/v5/articles.json",
    "/",
    "/admin",
    "/admin/{name}",
    "/alerts.rss",
    "/articles/{proxy+}",
    "/oembed",
    "/sources/{name}",
    "/api/v5/publishers",
    "/api/v5/publishers.json",
    "/api/v5/sources",
    "/api/v5/sources.json",
    "/api/v5/sources/{name}",
    "/api/v5/status",
    "/api/v5/status.json",
    "/api/openapi.json",
    "/api/{proxy+}",
    "/docs/api",
    "/docs/sources",
    "/docs/sources/{name}",
    "/heartbeat",
    "/users",
    "/users/{proxy+}",
    "/{proxy+}",
]


@pytest.fixture
def logged(logged):
    """The lines that are logged."""
    return lambda: [json.loads(line) for line in logged().splitlines()]


def test_the_paths():
    assert sorted(app.routes) == sorted(PATHS)
    for path, methods in app.routes.items():
        assert {"GET", "HEAD", "POST", "OPTIONS"} <= set(methods), path


def test_the_swagger_document_can_be_made():
    generator = SwaggerGenerator("us-east-1", {"api_handler_arn": "arn:aws:lambda:x:y:function:z"})
    document = generator.generate_swagger(app)
    assert sorted(document["paths"]) == sorted(PATHS)


@pytest.mark.parametrize("path", ["/api/v5/articles.json", "/api/v5/sources.json"])
def test_an_extension_is_tolerated(site, path):
    seen = site.get(path)
    assert (seen.status, seen.json["error"]) == (200, None)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
def test_unknown_paths(site, method):
    seen = site.ask(method, "/api/v9")
    assert (seen.status, seen.text) == (
        404,
        '{"error":"The page you were looking for doesn\'t exist."}',
    )
    assert seen.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/nosuch", "/sources/a/b", "/articles", "/favicon.ico", "/a%2Fb"])
def test_8_6_unknown_paths_outside_the_api(site, path):
    error = {"error": "The page you were looking for doesn't exist."}
    for method in ("GET", "HEAD", "POST"):
        seen = site.ask(method, path, {"Accept": "text/html"})
        assert (seen.status, seen.headers["location"], seen.text) == (302, "/", "")
        told = site.ask(method, path, {"Accept": "application/json"})
        assert told.status == 404 and (method == "HEAD" or told.json == error)
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
        seen = site.ask(method, path, {"Accept": "text/html"})
        assert (seen.status, seen.json) == (404, error)
    assert site.get(f"{path}.json", key=None).status == 404


@pytest.mark.parametrize(
    ("path", "status", "cached"),
    [
        ("/heartbeat", 200, True),
        ("/oembed?url=/articles/10.5555/1", 200, True),
        ("/oembed?url=/articles/10.5555/1&format=xml", 200, True),
        ("/oembed?url=x", 404, False),
        ("/oembed?url=x&format=yaml", 501, False),
        ("/sources/crossref.rss", 200, True),
        ("/sources/nosuch.rss", 404, False),
        ("/articles/10.5555/1", 200, True),
        ("/articles/10.5555/nosuch", 302, False),
        ("/docs/sources", 200, True),
        ("/admin", 301, False),
        ("/", 302, False),
        ("/nosuch", 302, False),
        ("/nosuch.json", 404, False),
    ],
)
def test_1_4_headers_of_what_is_outside_the_api(site, path, status, cached):
    add(work("10.5555/1", "2014-01"))
    seen = site.ask("GET", path)
    assert seen.status == status
    assert seen.headers["access-control-allow-origin"] == "*"
    assert seen.headers["x-frame-options"] == "SAMEORIGIN"
    assert seen.headers["x-xss-protection"] == "1; mode=block"
    assert seen.headers["x-content-type-options"] == "nosniff"
    assert seen.headers["x-request-id"] and seen.headers["x-runtime"]
    kept = "max-age=0, private, must-revalidate" if cached else "no-cache"
    assert seen.headers["cache-control"] == kept
    assert ("etag" in seen.headers) == cached
    if cached:
        again = site.ask("GET", path, {"If-None-Match": seen.headers["etag"]})
        assert (again.status, again.text) == (304, "")


@pytest.mark.parametrize("path", ["/heartbeat", "/oembed", "/sources/crossref.rss", "/articles/x"])
def test_1_5_preflights_outside_the_api(site, path):
    seen = site.ask("OPTIONS", path)
    assert (seen.status, seen.text) == (200, "")
    assert seen.headers["content-type"] == "text/plain"
    assert seen.headers["access-control-allow-origin"] == "*"
    allowed = seen.headers["access-control-allow-headers"]
    assert allowed == "X-Requested-With, X-Prototype-Version"


def test_1_6_oembed_has_no_jsonp(site):
    add(work("10.5555/1", "2014-01"))
    seen = site.get("/oembed", key=None, url="/articles/10.5555/1", callback="f")
    assert seen.headers["content-type"] == "application/json; charset=utf-8"
    assert seen.json["type"] == "rich"


def test_head(site):
    seen = site.ask("HEAD", "/heartbeat")
    assert (seen.status, seen.text) == (200, "")
    assert seen.headers["content-type"] == "application/json; charset=utf-8"


def test_a_request_id_is_told(site):
    assert len(site.get("/heartbeat").headers["x-request-id"]) > 10


def crash(monkeypatch):
    def broken(*_given, **_more):
        raise ZeroDivisionError("kusr must not be told to anybody")

    monkeypatch.setattr(articles, "page", broken)


def test_a_crash_is_answered_in_the_shape_of_the_family(site, monkeypatch, logged):
    crash(monkeypatch)
    seen = site.get("/api/v5/articles", ids="10.5555/1")
    assert seen.status == 500
    assert seen.text == (
        '{"total":0,"total_pages":0,"page":0,"error":"Internal server error.","data":[]}'
    )
    assert seen.headers["access-control-allow-origin"] == "*"
    (alert,) = alerts.find(alerts.SYSTEM)
    assert (alert.class_name, alert.status, alert.level) == ("ZeroDivisionError", 500, alerts.ERROR)
    assert alert.target_url == "/api/v5/articles"
    assert "Traceback" in logged()[0]["exception"]


def test_a_crash_of_the_store_too(site, monkeypatch, logged):
    crash(monkeypatch)
    monkeypatch.setattr(alerts, "put", lambda *_: 1 / 0)
    assert site.get("/api/v5/articles").status == 500
    messages = [line["message"] for line in logged()]
    assert messages == ["A request failed.", "An alert could not be kept.", "GET /api/v5/articles"]


def test_families_of_crashes(site, monkeypatch):
    def broken(*_):
        raise OSError

    monkeypatch.setattr(api.overview, "source_views", broken)
    monkeypatch.setattr(api.overview, "source_view", broken)
    monkeypatch.setattr(api.overview, "status", broken)
    monkeypatch.setattr(api.overview, "heartbeat", broken)
    error = "Internal server error."
    sources = {"total": 0, "error": error, "data": []}
    assert site.get("/api/v5/sources.json").json == sources
    assert site.get("/api/v5/sources/crossref").json == sources
    assert site.get("/api/v5/status").json == {"error": error, "data": []}
    assert site.get("/heartbeat").json == {"error": error}


def test_a_crash_of_a_page_is_a_page(site, monkeypatch):
    monkeypatch.setattr(api.overview, "keep", lambda *_: 1 / 0)
    for path in ("/articles/info:doi/10.5555/1", "/docs/sources/crossref"):
        monkeypatch.setattr(api, "get_source_page", lambda *_: 1 / 0)
        seen = site.ask("GET", path, {"Accept": "text/html"})
        assert (seen.status, "Something is broken here" in seen.text) == (500, True)
        assert seen.headers["content-type"] == "text/html; charset=utf-8"
        program = site.ask("GET", path, {"Accept": "application/json"})
        assert (program.status, program.json) == (500, {"error": "Internal server error."})


def test_pages_that_are_the_same_for_everybody_ask_nobody_to_sign_in(site):
    seen = site.get("/docs/sources").text
    assert '<a href="/users/me" class="person">Your account</a>' in seen
    assert "Sign in" not in seen


def test_each_request_is_logged_without_its_key(site, logged):
    add(work("10.5555/1", "2014-01"))
    site.get("/api/v5/articles", ids="10.5555/1," + "x" * 1000)
    site.ask("GET", "/api/v5/articles", {"x-api-key": "kusr", "Authorization": "Token token=kusr"})
    first, second = logged()
    assert "kusr" not in str([first, second])
    assert (first["message"], first["status"]) == ("GET /api/v5/articles", 200)
    assert first["query"]["api_key"] == "***"
    assert first["query"]["ids"].startswith("10.5555/1,x")
    assert len(first["query"]["ids"]) == 200
    assert first["milliseconds"] > 0
    assert second["query"] == {}


def gateway_event(**given):
    return {
        "path": "/api/v5/articles",
        "headers": {"Host": "example.org"},
        "multiValueHeaders": {"Host": ["example.org"]},
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "body": None,
        "isBase64Encoded": False,
        "requestContext": {
            "httpMethod": "GET",
            "resourcePath": "/api/v5/articles",
            "requestId": "r1",
            "authorizer": {"key_hash": "0" * 64, "owner": "ada", "role": "user"},
        },
        **given,
    }


def test_behind_the_gateway_the_authorizer_is_believed(tables, monkeypatch, logged):
    monkeypatch.setattr(keys, "find", lambda _: pytest.fail("a table was read"))
    answer = app(gateway_event(), None)
    assert (answer["statusCode"], json.loads(answer["body"])["total"]) == (200, 0)
    assert answer["headers"]["X-Request-Id"] == "r1"
    assert logged()[0]["key"] == "0" * 12


def test_a_binary_body_of_the_gateway(tables):
    event = gateway_event(
        headers={"content-type": "application/x-www-form-urlencoded"},
        multiValueHeaders={"content-type": ["application/x-www-form-urlencoded"]},
        body="X21ldGhvZD1HRVQmaWRzPTEwLjU1NTUlMkYx",  # _method=GET&ids=10.5555%2F1
        isBase64Encoded=True,
    )
    event["requestContext"]["httpMethod"] = "POST"
    assert json.loads(app(event, None)["body"])["error"] is None


def test_the_authorizer_is_a_function_of_its_own(tables):
    with Client(app, project_dir=str(Path(__file__).parent)) as client:
        arn = "arn:aws:execute-api:us-east-1:123456789012:abc/api/GET/heartbeat"
        found = client.lambda_.invoke("authorizer", {"methodArn": arn, "headers": {}}).payload
    assert found["context"] == {"key_hash": "", "owner": "", "role": ""}


def test_an_api_request_loads_no_source():
    """In a process of its own, as others have loaded them here: the answer to a request for
    articles and sources, with the numbers of a source that is there."""
    code = (
        "import sys\n"
        "from moto import mock_aws\n"
        "from tests.conftest import empty_tables\n"
        "from tests.visiting import Site, add, install, keep, work\n"
        "with mock_aws(), empty_tables():\n"
        "    site = Site()\n"
        "    install('crossref', 'CrossRef', 'cited')\n"
        "    add(work('10.5555/a', '2012-03-06'))\n"
        "    keep('crossref', '10.5555/a', 2)\n"
        "    assert site.articles(ids='10.5555/a', info='detail')['data']\n"
        "    assert site.get('/api/v3/articles/10.5555/a', info='detail').status == 200\n"
        "    assert site.get('/api/v5/sources').status == 200\n"
        "    assert site.get('/api/v5/sources/crossref').status == 200\n"
        "print([name for name in sys.modules if name.startswith('chalicelib.sources.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_api_request_loads_nothing_heavy():
    code = (
        "import sys, app\n"
        "heavy = ('requests', 'boto3', 'nh3', 'defusedxml', 'chalicelib.client', "
        "'chalicelib.openapi', "
        "'chalicelib.sources.crossref', 'chalicelib.worker', 'pydantic', "
        "'authlib', 'joserfc', 'cryptography', 'chalicelib.users')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
