"""API v4: signing in and reading, beyond the items of the contract (``tests.contract_items``)."""

import base64
import datetime as dt
import re

import pytest

from app import app
from chalicelib import abilities, api_v4, basic, callers
from chalicelib.store import accounts, alerts
from tests.contract import ALPHA, GAMMA, ORDER, UUID
from tests.signing_in import ALERTS, ARTICLES, NOT_AUTHORIZED, PASSWORDS, Client, at, failed
from tests.visiting import NOW


@pytest.fixture
def client(accounts_site, sent):
    return Client(accounts_site)


# --- signing in ------------------------------------------------------------------------------


@pytest.mark.parametrize("encoded", ["", "!", "cm9vdA==", "OnNlY3JldDEy", "/////w==", "A" * 3000])
def test_odd_credentials(client, encoded):
    seen = client.get(ARTICLES, name=None, headers={"Authorization": f"Basic {encoded}"})
    assert (seen.status, seen.json["error"]) == (401, NOT_AUTHORIZED)


def test_passwords_cannot_be_guessed(client, monkeypatch):
    accounts.create("gus", "staff", NOW, password="right one")
    asked = []
    authenticate = accounts.authenticate
    monkeypatch.setattr(
        accounts, "authenticate", lambda *given: asked.append(given) or authenticate(*given)
    )
    statuses = [client.get(ARTICLES, name="gus", password=f"{n}").status for n in range(21)]
    assert statuses == [401] * 20 + [429]
    seen = client.get(ARTICLES, name="Gus", password="right one")
    assert (seen.status, len(asked)) == (429, 20)
    assert 0 < int(seen.headers["retry-after"]) <= 15 * 60
    assert "Too many wrong passwords" in seen.json["error"]
    assert client.get(ARTICLES).status == 200  # others are not held up
    monkeypatch.setattr(basic, "WINDOW", dt.timedelta(0))
    assert client.get(ARTICLES, name="gus", password="right one").status == 200


def test_a_password_with_colons(client):
    accounts.create("colin", "staff", NOW, password="se:cret:90")
    assert client.get(ARTICLES, name="colin", password="se:cret:90").status == 200


def test_credentials_are_neither_logged_nor_kept(client, caplog, capsys):
    client.get(ARTICLES, password="hunter2secret")
    client.post({"doi": "10.5555/log", "title": "Logged", "year": 2013})
    client.post("hunter2secret", password="hunter2secret")
    said = caplog.text + "".join(capsys.readouterr())
    for secret in (
        "hunter2secret",
        "secret12",
        "scrypt",
        base64.b64encode(b"root:secret12").decode(),
    ):
        assert secret not in said
        assert secret not in str([*alerts.find_every(alerts.SYSTEM, limit=1000)])


#: Method, path, body, and what it needs.
ROUTES = [
    ("GET", ARTICLES, "R", "articles_v4"),
    ("GET", at(ALPHA), "R", "articles_v4"),
    ("POST", ARTICLES, "C", "article"),
    ("PUT", at("10.5555/nosuch"), "U", "article"),
    ("PATCH", at("10.5555/nosuch"), "U", "article"),
    ("DELETE", at("10.5555/nosuch"), "D", "article"),
    ("GET", ALERTS, "R", "alerts"),
]
MAY = {
    "admin": {"GET", "POST", "PUT", "PATCH", "DELETE"},
    "staff": {"GET", "POST"},
    "user": set(),
    "contributor": set(),
}


@pytest.mark.parametrize("name", PASSWORDS)
@pytest.mark.parametrize(("method", "path", "action", "resource"), ROUTES)
def test_who_may_what(client, name, method, path, action, resource):
    role = PASSWORDS[name][0]
    assert abilities.may(role, action, resource) == (method in MAY[role])
    if method == "GET":
        seen = client.get(path, name=name)
    else:
        seen = client.send(method, path, {"article": {"doi": "invalid"}}, name=name)
    if method in MAY[role]:
        assert seen.status == (200 if method == "GET" else 400 if method == "POST" else 404)
    else:
        assert (seen.status, seen.json["error"]) == (401, NOT_AUTHORIZED)


def test_every_route_is_walked():
    walked = {
        "/api/v4/articles/{proxy+}" if path.startswith(f"{ARTICLES}/") else path
        for _, path, _, _ in ROUTES
    }
    assert walked == {path for path in app.routes if path.startswith("/api/v4/")}


#: What browsers say of requests that pages of other sites make.
FOREIGN = [
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "script"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
]


@pytest.mark.parametrize("said", FOREIGN)
def test_a_kept_password_is_of_no_use_to_other_sites(client, said, monkeypatch):
    """Browsers keep a password of HTTP Basic, and send it whoever has them ask."""
    monkeypatch.setattr(accounts, "authenticate", lambda *_: pytest.fail("somebody signed in"))
    form = said | {"Content-Type": "application/x-www-form-urlencoded"}
    new = b"article[doi]=10.5555/evil&article[title]=E&article[year]=2012"
    for method, path, headers, body in (
        ("POST", ARTICLES, form, new),
        ("POST", at(ALPHA), form, b"_method=DELETE"),
        ("GET", f"{ARTICLES}?callback=steal", said, b""),
    ):
        seen = client.ask(method, path, headers=headers, body=body)
        assert (seen.status, seen.json) == (403, failed(basic.FOREIGN))
    seen = client.get(f"{ALERTS}?callback=steal", headers=said)
    assert seen.status == 403
    assert seen.json == {k: v for k, v in failed(basic.FOREIGN).items() if k != "success"}
    assert client.get("/alerts.rss", headers=said).json == {"error": basic.FOREIGN}


@pytest.mark.parametrize(
    "said",
    [
        {"Sec-Fetch-Site": "none"},  # typed by a person
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://metrics.example.org"},
    ],
)
def test_own_pages_and_people_are_answered(client, said):
    assert client.get(ARTICLES, headers=said).status == 200
    assert client.get("/alerts.rss", headers=said).status == 200


def test_a_key_in_the_address_is_no_kept_password(client):
    said = {"Origin": "https://reader.example", "Sec-Fetch-Site": "cross-site"}
    assert client.get("/alerts.rss?api_key=kstf", name=None, headers=said).status == 200


# --- reading ---------------------------------------------------------------------------------


def test_the_list_shows_all_sources(client):
    seen = client.get(f"{ARTICLES}?ids={ALPHA}&source=crossref", name="stan")
    assert list(seen.json) == ["total", "total_pages", "page", "error", "data"]
    (article,) = seen.json["data"]
    assert [source["name"] for source in article["sources"]] == ORDER
    assert "events" not in article["sources"][0]
    assert "access-control-allow-origin" not in seen.headers
    assert re.fullmatch('"[0-9a-f]{32}"', seen.headers["etag"])
    again = client.get(
        f"{ARTICLES}?ids={ALPHA}&source=crossref", headers={"If-None-Match": seen.headers["etag"]}
    )
    assert (again.status, again.text) == (304, "")


def test_the_list_is_selected_and_paged_as_in_v5(client):
    found = client.get(f"{ARTICLES}?source=crossref&order=crossref&per_page=1").json
    assert (found["total"], found["total_pages"]) == (2, 2)
    assert found["data"][0]["doi"] == GAMMA
    wrong = client.get(f"{ARTICLES}?page=0")
    assert (wrong.status, wrong.json) == (404, failed(wrong.json["error"]))


def test_events_are_csl(client):
    for url in (f"{ARTICLES}?ids={ALPHA}&info=detail", f"{at(ALPHA)}?info=detail"):
        data = client.get(url).json["data"]
        article = data[0] if isinstance(data, list) else data
        sources = {source["name"]: source for source in article["sources"]}
        assert list(sources["crossref"])[-2:] == ["metrics", "events"]
        assert sources["crossref"]["events"][0]["title"] == "T"
        assert sources["counter"]["events"] == []


@pytest.mark.parametrize(
    "path",
    [
        "info:doi/10.5555/alpha.1",
        "info%3Adoi%2F10.5555%2FALPHA.1",
        "10.5555/alpha.1",
        "info:pmid/111",
        "info:pmcid/PMC222",
        f"info:mendeley/{UUID}",
    ],
)
def test_one_article(client, path):
    seen = client.get(f"{ARTICLES}/{path}", name="stan")
    assert (seen.status, list(seen.json)) == (200, ["success", "error", "data"])
    assert (seen.json["success"], seen.json["error"]) == ("Article found.", None)
    assert (seen.json["data"]["doi"], len(seen.json["data"]["sources"])) == (ALPHA, 7)
    assert seen.json["data"]["viewed"] == 37
    assert "sources" not in client.get(f"{ARTICLES}/{path}?info=summary").json["data"]


@pytest.mark.parametrize("path", ["info:doi/10.5555/alpha.1.json", "x", "info:pmid/9", "%00"])
def test_an_article_that_there_is_not(client, path):
    seen = client.get(f"{ARTICLES}/{path}")
    assert (seen.status, seen.json) == (404, failed("Article not found."))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", ARTICLES),
        ("OPTIONS", ARTICLES),
        ("POST", at(ALPHA)),
        ("POST", ALERTS),
        ("GET", "/api/v4/articles.json"),
        ("GET", "/api/v4/alerts/new"),
    ],
)
def test_what_there_is_not(client, method, path):
    seen = client.ask(method, path)
    assert (seen.status, list(seen.json)) == (404, ["error"])


def test_jsonp_is_for_reading(client):
    assert client.post({}, name="stan").headers["content-type"].startswith("application/json")


def test_a_crash_in_the_shape_of_the_family(client, monkeypatch):
    monkeypatch.setattr(api_v4.alert_list, "select", lambda *_: 1 / 0)
    monkeypatch.setattr(api_v4.articles, "page", lambda *_, **_more: 1 / 0)
    error = "Internal server error."
    assert client.get(ARTICLES).json == failed(error)
    assert client.get(ALERTS).json == {
        name: v for name, v in failed(error).items() if name != "success"
    }


# --- the gateway -----------------------------------------------------------------------------


def test_a_password_is_no_key():
    headers = {"authorization": f"Basic {base64.b64encode(b'token=kadm:kadm').decode()}"}
    assert callers.presented(headers, {}) == ""
    assert callers.presented(headers | {"x-api-key": "kadm"}, {}) == "kadm"
