"""GET /alerts.rss: what it tells, who may read it, and that the gateway asks for credentials."""

import datetime as dt
import xml.etree.ElementTree as ET
from urllib.parse import urlencode

import pytest

from app import app
from chalicelib import alert_feed, alert_list, authorizer, basic, lagotto, overview
from chalicelib.answers import Request
from chalicelib.store import alerts, gateway_keys, keys, requests
from chalicelib.store.alerts import Alert
from infra import gateway
from tests.conftest import STACK
from tests.contract import GAMMA
from tests.signing_in import NOT_AUTHORIZED, Client
from tests.visiting import NOW

FEED = "/alerts.rss"


@pytest.fixture(scope="module")
def client(accounts_site):
    """Three alerts, newest first: fatal, resolved error, warning about a work."""
    overview.forget_cache()
    warning = Alert(
        class_name="Net::HTTPRequestTimeOut",
        message="Too <slow> & more",
        level=alerts.WARN,
        source="citeulike",
        work_key=f"doi:{GAMMA}",
        status=408,
        target_url="http://example.org/?token=[redacted]",
    )
    error = Alert(class_name="KeyError", message="x")
    fatal = Alert(class_name="TooManyErrorsBySourceError", level=alerts.FATAL, source="crossref")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alert_list.sources, "names", lambda: ("retired",))
        for minute, alert in enumerate((warning, error, fatal)):
            id_ = alerts.put(alert, NOW + dt.timedelta(minutes=minute))
            if alert is error:
                alerts.resolve(alerts.SYSTEM, id_)
        yield Client(accounts_site)


def read(client, *, key="kstf", **params):
    """The items of the feed: (what it says)."""
    given = ({"api_key": key} if key else {}) | params
    seen = client.get(f"{FEED}?{urlencode(given)}", name=None)
    assert seen.status == 200, seen.text
    root = ET.fromstring(seen.text.encode())
    return [{part.tag: part.text for part in item} for item in root[0].iter("item")]


def titles(client, **params):
    return [item["title"].split()[1][:3] for item in read(client, **params)]


def test_the_feed(client):
    seen = client.get(f"{FEED}?api_key=kstf", name=None)
    assert seen.headers["content-type"] == "application/rss+xml; charset=utf-8"
    assert seen.headers["cache-control"] == "max-age=0, private, must-revalidate"
    assert "access-control-allow-origin" not in seen.headers
    channel = ET.fromstring(seen.text.encode())[0]
    assert channel.findtext("title") == "Lagotto: alerts"
    assert channel.findtext("link") == "http://localhost/"
    fatal, error, warning = channel.iter("item")
    assert warning.findtext("title") == "WARN Net::HTTPRequestTimeOut (408)"
    assert warning.findtext("description") == "Too <slow> & more"
    assert warning.findtext("pubDate") == "Fri, 07 Nov 2014 10:00:00 +0000"
    assert warning.findtext("link") == f"http://localhost/articles/info:doi/{GAMMA}"
    assert client.get(f"/articles/info:doi/{GAMMA}", name=None).status == 200
    guid = warning.find("guid")
    assert guid.attrib == {"isPermaLink": "false"}
    assert guid.text == next(alerts.find("source#citeulike")).id
    assert error.findtext("title") == "ERROR KeyError"
    assert error.findtext("pubDate") == "Fri, 07 Nov 2014 10:01:00 +0000"
    assert fatal.findtext("link") == "http://localhost/"


def test_an_unchanged_feed_is_not_sent_again(client):
    etag = client.get(f"{FEED}?api_key=kstf", name=None).headers["etag"]
    again = client.get(f"{FEED}?api_key=kadm", name=None, headers={"If-None-Match": etag})
    assert (again.status, again.text) == (304, "")
    head = client.ask("HEAD", f"{FEED}?api_key=kstf", name=None)
    assert (head.status, head.text) == (200, "")


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"unresolved": ""}, ["Too", "Net"]),
        ({"source": "citeulike"}, ["Net"]),
        ({"class_name": "keyerror"}, ["Key"]),
        ({"level": "Error"}, ["Too", "Key"]),
        ({"q": "slow"}, ["Net"]),
        ({"page": "x", "per_page": "1"}, ["Too", "Key", "Net"]),
    ],
)
def test_6_7_filters(client, params, found):
    assert titles(client, **params) == found


def test_the_fifty_newest(client, monkeypatch):
    assert alert_feed.LENGTH == 50
    monkeypatch.setattr(alert_feed, "LENGTH", 2)
    assert titles(client) == ["Too", "Key"]


@pytest.mark.parametrize(
    "headers",
    [{"x-api-key": "kadm"}, {"Authorization": "Token token=kstf"}],
)
def test_a_key_may_come_in_any_way(client, headers):
    assert client.get(FEED, name=None, headers=headers).status == 200


@pytest.mark.parametrize(("name", "status"), [("root", 200), ("stan", 200), ("uma", 401)])
def test_people_sign_in_with_an_account(client, name, status):
    seen = client.get(FEED, name=name)
    assert seen.status == status
    if status == 401:
        assert seen.json == {"error": NOT_AUTHORIZED}
        assert "www-authenticate" not in seen.headers


@pytest.mark.parametrize(
    ("key", "error"), [("nope", lagotto.WRONG_KEY), ("kusr", NOT_AUTHORIZED), ("x" * 300, None)]
)
def test_wrong_keys_and_roles(client, key, error):
    seen = client.get(f"{FEED}?api_key={key}", name=None)
    assert seen.status == 401
    assert seen.json["error"] == (error or lagotto.WRONG_KEY)
    assert client.get(FEED, name="root", password="wrong").json == {"error": NOT_AUTHORIZED}


def test_without_credentials_they_are_asked_for(client, monkeypatch):
    monkeypatch.setattr(alert_list, "select", lambda _: pytest.fail("alerts were read"))
    for path in (FEED, f"{FEED}?api_key="):
        seen = client.get(path, name=None)
        assert (seen.status, seen.text) == (401, basic.ACCESS_DENIED)
        assert seen.headers["www-authenticate"] == basic.REALM


def test_readers_that_ask_often_cost_nothing(client, monkeypatch):
    before = read(client, q="slow")
    monkeypatch.setattr(alert_list, "select", lambda _: pytest.fail("alerts were read"))
    assert read(client, q="slow") == before


def test_only_this_name_and_reading(client):
    for path in ("/alerts.rss.json", "/alerts.atom"):
        assert client.get(path, name=None, headers={"Accept": "application/json"}).status == 404
    posted = client.ask("POST", FEED, name=None, headers={"x-api-key": "kstf"})
    assert (posted.status, posted.headers["location"]) == (302, "/")


def test_reading_with_a_key_is_logged(client):
    today = dt.datetime.now(dt.UTC).date()

    def logged():
        return [(row.key_hash, row.source, row.ids) for row in requests.newest(today)]

    before = logged()
    kstf = keys.hash_of("kstf")
    read(client)
    read(client, source="citeulike")
    expected = [(kstf, "citeulike", None), (kstf, None, "AlertsController"), *before]
    assert logged() == expected
    for key in ("kusr", "nope"):
        assert client.get(f"{FEED}?api_key={key}", name=None).status == 401
    assert client.get(FEED, name="stan").status == 200  # by a password
    assert logged() == expected


# --- the gateway -----------------------------------------------------------------------------


def event(**given):
    arn = "arn:aws:execute-api:us-east-1:123456789012:abc123/api/GET/alerts.rss"
    return {"type": "REQUEST", "methodArn": arn, "resource": FEED, "headers": None, **given}


def test_the_gateway_asks_the_authorizer():
    def view():
        uri = "arn:aws:apigateway:x:lambda:path/a/functions/arn:aws:lambda:x:1:function:f"
        return {"x-amazon-apigateway-integration": {"uri": f"{uri}/invocations"}}

    document = {"paths": {FEED: {"get": view(), "options": view()}, "/{proxy+}": {"get": view()}}}
    paths = gateway.guarded(document)["paths"]
    assert paths[FEED]["get"]["security"]
    assert "security" not in paths[FEED]["options"] and "security" not in paths["/{proxy+}"]["get"]
    assert FEED in app.routes


def test_the_authorizer_refuses_requests_without_key_and_name(client):
    with pytest.raises(authorizer.Unauthorized):
        authorizer.authorize(event())
    with pytest.raises(authorizer.Unauthorized):
        authorizer.authorize(event(headers={"x-api-key": ""}))


@pytest.mark.parametrize(
    ("given", "role", "plan"),
    [
        ({"multiValueQueryStringParameters": {"api_key": ["kstf"]}}, "staff", None),
        ({"headers": {"x-api-key": "nope"}}, "", gateway_keys.ANONYMOUS),
        ({"headers": {"Authorization": "Basic c3RhbjpzZWNyZXQzNA=="}}, "", gateway_keys.PEOPLE),
    ],
)
def test_others_count_to_a_plan_and_go_on_to_the_app(client, given, role, plan):
    found = authorizer.authorize(event(**given))
    assert found["context"]["role"] == role
    value = gateway_keys.shared_value(STACK, plan) if plan else keys.hash_of("kstf")
    assert found["usageIdentifierKey"] == value


def test_behind_the_gateway_no_table_is_read_for_a_wrong_key(client, monkeypatch):
    monkeypatch.setattr(keys, "find", lambda _: pytest.fail("a table was read"))
    request = Request(
        method="GET",
        path=FEED,
        query={"api_key": "nope"},
        authorizer={"key_hash": "0" * 64, "owner": "", "role": ""},
    )
    assert alert_feed.serve(request).status == 401
