"""API v4: creating, changing and deleting. Items of api.md section 15 in names of tests."""

import datetime as dt

import pytest

from chalicelib import edits, planner
from chalicelib.errors import ConfigurationError
from chalicelib.store import alerts, lists, works
from chalicelib.store.tables import EventsItem, ListItem
from tests.contract import ALPHA, BETA, ORDER
from tests.signing_in import ARTICLES, NOT_AUTHORIZED, Client, at, failed

THIS_YEAR = dt.datetime.now(dt.UTC).year


@pytest.fixture
def client(accounts_site, sent):
    return Client(accounts_site)


# --- creating --------------------------------------------------------------------------------


def test_42_creating(client, sent):
    article = {"doi": "10.5555/new.1", "title": "New", "year": 2013, "month": 5, "day": 15}
    seen = client.post(article)
    assert (seen.status, list(seen.json)) == (201, ["success", "error", "data"])
    assert (seen.json["success"], seen.json["error"]) == ("Article created.", None)
    data = seen.json["data"]
    assert (data["doi"], data["issued"]) == ("10.5555/new.1", {"date-parts": [[2013, 5, 15]]})
    assert [source["name"] for source in data["sources"]] == ORDER
    for source in data["sources"]:
        total = source["metrics"].pop("total")
        assert total == 0
        assert {*source["metrics"].values()} == {None}
    assert seen.headers["etag"]
    assert "location" not in seen.headers
    assert set(sent) == {("doi:10.5555/new.1",)}
    by_staff = {"doi": "10.5555/new.0", "title": "New", "year": 2013}
    assert client.post(by_staff, name="stan").status == 201
    assert client.post(article, name="uma").json == failed(NOT_AUTHORIZED)


def test_43_what_is_taken(client):
    for doi in (ALPHA, "10.5555/ALPHA.1", f"https://doi.org/{ALPHA}"):
        seen = client.post({"doi": doi, "title": "Again", "year": 2013})
        assert (seen.status, seen.json) == (400, failed({"doi": ["has already been taken"]}))
    seen = client.post({"doi": ALPHA, "title": "", "year": 2013})
    assert seen.json["error"] == {"doi": ["has already been taken"], "title": ["can't be blank"]}
    assert works.find([f"doi:{ALPHA}"])[f"doi:{ALPHA}"].work.title == "Alpha"


def test_43_two_at_the_same_time(client, monkeypatch):
    monkeypatch.setattr(edits, "_taken", lambda *_: [])
    seen = client.post({"doi": ALPHA, "title": "Again", "year": 2013})
    assert (seen.status, seen.json["error"]) == (400, {"doi": ["has already been taken"]})
    assert works.find([f"doi:{ALPHA}"])[f"doi:{ALPHA}"].work.title == "Alpha"


RANGE = f"should be between 1650 and {THIS_YEAR}"
NO_DATE = {"published_on": ["is not a valid date"]}


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        (
            {"title": None, "year": None},
            {"title": ["can't be blank"], "year": ["is not a number", RANGE]},
        ),
        ({"year": 2012, "month": 2, "day": 30}, NO_DATE),
        ({"year": 2012, "day": 3}, NO_DATE),
        ({"year": THIS_YEAR, "month": 12, "day": 32}, NO_DATE),
        ({"year": THIS_YEAR + 1}, {"year": [RANGE], "published_on": ["is a date in the future"]}),
        ({"year": 1649}, {"year": [RANGE]}),
        ({"year": 2012.5}, {"year": ["must be an integer"]}),
        ({"year": "x"}, {"year": ["is not a number", RANGE]}),
        ({"year": 2012, "doi": "abc"}, {"doi": ["is invalid"]}),
        ({"year": 2012, "doi": {"a": 1}}, {"doi": ["is invalid"]}),
        ({"year": 2012, "doi": "10.123456/a"}, {"doi": ["is invalid"]}),
        ({"year": 2012, "doi": " "}, {"uid": ["can't be blank"]}),
        ({"month": 5}, {"year": ["is not a number", RANGE]}),
    ],
)
def test_44_45_what_is_wrong(client, changes, problems):
    seen = client.post({"doi": "10.5555/wrong", "title": "T"} | changes)
    assert (seen.status, seen.json) == (400, failed(problems))
    assert list(seen.json["error"]) == list(problems)
    assert not works.find(["doi:10.5555/wrong"])


def test_46_without_a_wrapper(client):
    document = {"doi": "10.5555/new.4", "title": "T", "year": 2012, "unknown": 1}
    assert client.send("POST", ARTICLES, document).status == 201


def test_no_date_at_all_is_1970(client):
    seen = client.post({"doi": "10.5555/undated", "title": "T"})
    assert seen.json["data"]["issued"] == {"date-parts": [[1970]]}


def test_values_are_trimmed_and_unknown_fields_dropped(client):
    seen = client.post(
        {
            "doi": " 10.5555/Trim ",
            "title": " T ",
            "year": "2012",
            "pmcid": "PMC5",
            "pmid": "",
            "x": 1,
        }
    )
    data = seen.json["data"]
    assert (data["doi"], data["title"], data["pmcid"], data["pmid"]) == (
        "10.5555/Trim",
        "T",
        "5",
        None,
    )


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (
            "application/x-www-form-urlencoded",
            b"article[doi]=10.5555%2Fform.0&article%5Btitle%5D=T&article[year]=2012",
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="article[doi]"\r\n\r\n10.5555/form.1\r\n'
            b'--b\r\nContent-Disposition: form-data; name="article[title]"\r\n\r\nT\r\n'
            b'--b\r\nContent-Disposition: form-data; name="article[year]"\r\n\r\n2012\r\n--b--',
        ),
    ],
)
def test_forms(client, kind, body):
    seen = client.ask("POST", ARTICLES, headers={"Content-Type": kind}, body=body)
    assert (seen.status, seen.json["data"]["title"]) == (201, "T")


def test_the_url_wins(client):
    url = f"{ARTICLES}?article[title]=Url&info=summary"
    seen = client.send("POST", url, {"article": {"doi": "10.5555/url", "title": "B", "year": 2012}})
    assert (seen.status, seen.json["data"]["title"]) == (201, "Url")
    assert "sources" not in seen.json["data"]


REQUIRED = {"article": ["parameter is required"]}


@pytest.mark.parametrize(
    ("document", "error", "class_name"),
    [
        ({}, REQUIRED, "ActionController::ParameterMissing"),
        ({"foo": 1}, REQUIRED, "ActionController::ParameterMissing"),
        ({"article": {}}, REQUIRED, "ActionController::ParameterMissing"),
        ({"article": None}, REQUIRED, "ActionController::ParameterMissing"),
        ([1], REQUIRED, "ActionController::ParameterMissing"),
        ({"article": "x"}, "Undefined method.", "NoMethodError"),
        ({"article": 5}, "Undefined method.", "NoMethodError"),
        (
            {"article": {"foo": 1, "baz": 2}},
            {"foo": ["unpermitted parameter"], "baz": ["unpermitted parameter"]},
            "ActionController::UnpermittedParameters",
        ),
    ],
)
def test_no_article_in_the_body(client, monkeypatch, document, error, class_name):
    kept = []
    monkeypatch.setattr(alerts, "put", lambda alert, _: kept.append(alert))
    # On creation that is looked at before the role.
    for method, path, name in (("POST", ARTICLES, "uma"), ("PUT", at(BETA), "root")):
        seen = client.send(method, path, document, name=name)
        assert (seen.status, seen.json) == (422, failed(error))
    first, second = kept
    for alert in kept:
        assert (alert.class_name, alert.status, alert.level) == (class_name, 422, alerts.ERROR)
    assert (first.target_url, second.target_url) == (ARTICLES, at(BETA))


@pytest.mark.parametrize("body", [b"{", b'{"article": \xff}', b""])
def test_malformed_json(client, body):
    seen = client.send("POST", ARTICLES, body)
    expected = (400, failed("Malformed JSON.")) if body else (422, failed(REQUIRED))
    assert (seen.status, seen.json) == expected


def test_without_a_contact_an_article_waits(client, sent, monkeypatch):
    def without(*_, **_more):
        raise ConfigurationError("no contact")

    monkeypatch.setattr(planner, "ask_now", without)
    assert client.post({"doi": "10.5555/waits", "title": "T", "year": 2012}).status == 201
    assert sent == []


# --- changing --------------------------------------------------------------------------------


def test_47_changing(client):
    client.post({"doi": "10.5555/put.1", "title": "New", "year": 2013, "month": 5, "pmid": "998"})
    seen = client.put("10.5555/put.1", {"pmid": "999"})
    assert (seen.status, list(seen.json)) == (200, ["success", "error", "data"])
    assert (seen.json["success"], seen.json["data"]["pmid"]) == ("Article updated.", "999")
    assert seen.json["data"]["issued"] == {"date-parts": [[2013, 5]]}
    assert lists.lookup("pmid", ["998", "999"]) == {"999": ["doi:10.5555/put.1"]}
    assert client.put("10.5555/put.1", {"pmid": "999"}, name="stan").json == failed(NOT_AUTHORIZED)
    unknown = client.put("10.5555/nosuch", {"pmid": "999"})
    assert (unknown.status, unknown.json) == (404, failed("No article found."))


def test_changing_the_rest(client):
    client.post({"doi": "10.5555/put.2", "title": "New", "year": 2013, "month": 5, "pmid": "5"})
    seen = client.send("PATCH", at("10.5555/put.2"), {"article": {"title": "Newer", "pmid": None}})
    assert (seen.json["data"]["title"], seen.json["data"]["pmid"]) == ("Newer", None)
    seen = client.put("10.5555/put.2", {"doi": "10.5555/PUT.2", "year": 2012, "month": None})
    data = seen.json["data"]
    assert (data["doi"], data["issued"], data["title"]) == (
        "10.5555/PUT.2",
        {"date-parts": [[2012]]},
        "Newer",
    )
    assert client.put("10.5555/put.2", {"title": "Newer"}).json["data"] == data
    overridden = client.ask(
        "POST",
        at("10.5555/put.2"),
        headers={"X-HTTP-Method-Override": "PUT", "Content-Type": "application/json"},
        body=b'{"title": "Newest"}',
    )
    assert (overridden.status, overridden.json["data"]["title"]) == (200, "Newest")


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"title": ""}, {"title": ["can't be blank"]}),
        ({"doi": ALPHA}, {"doi": ["has already been taken"]}),
        ({"doi": None}, {"uid": ["can't be blank"]}),
        ({"day": 3}, NO_DATE),
    ],
)
def test_what_is_wrong_with_a_change(client, changes, problems):
    seen = client.put(BETA, changes)
    assert (seen.status, seen.json) == (400, failed(problems))
    assert client.get(at(BETA)).json["data"]["title"] == "Beta"


def test_with_another_doi_it_is_another_work(client, sent):
    client.post({"doi": "10.5555/typo", "title": "New", "year": 2013, "pmid": "77"})
    sent.clear()
    seen = client.put("10.5555/typo", {"doi": "10.5555/right"})
    data = seen.json["data"]
    assert (seen.status, data["doi"], data["title"], data["pmid"]) == (
        200,
        "10.5555/right",
        "New",
        "77",
    )
    assert set(sent) == {("doi:10.5555/right",)}
    assert client.get(at("10.5555/typo")).status == 404
    assert client.get(f"{ARTICLES}/info:pmid/77").json["data"]["doi"] == "10.5555/right"


def test_a_change_is_tried_again_and_given_up_at_last(client, monkeypatch):
    replace, refused = works.replace, []

    def busy(*given):
        refused.append(given)
        return len(refused) > 2 and replace(*given)

    monkeypatch.setattr(works, "replace", busy)
    client.post({"doi": "10.5555/busy", "title": "New", "year": 2013})
    assert client.put("10.5555/busy", {"title": "Newer"}).json["data"]["title"] == "Newer"
    assert len(refused) == 3
    monkeypatch.setattr(works, "replace", lambda *_: False)
    seen = client.put("10.5555/busy", {"title": "Newest"})
    assert (seen.status, seen.json) == (500, failed("Internal server error."))


# --- deleting --------------------------------------------------------------------------------


def test_48_deleting(client):
    client.post({"doi": "10.5555/gone(1)", "title": "New", "year": 2013, "pmid": "4711"})
    path = at("10.5555/gone(1)")
    assert client.ask("DELETE", path, name="stan").json == failed(NOT_AUTHORIZED)
    seen = client.ask("DELETE", path)
    assert (seen.status, seen.json["success"]) == (200, "Article deleted.")
    data = seen.json["data"]
    assert (data["doi"], data["sources"], data["viewed"], data["cited"]) == (
        "10.5555/gone(1)",
        [],
        0,
        0,
    )
    assert not list(ListItem.query("pmid:4711"))
    assert not list(EventsItem.query("doi:10.5555/gone(1)"))
    again = client.ask("DELETE", path)
    assert (again.status, again.json) == (404, failed("No article found."))


def test_deleting_that_fails(client, monkeypatch):
    def busy(_):
        raise TimeoutError

    monkeypatch.setattr(edits.catalogue, "delete", busy)
    seen = client.ask("DELETE", at(BETA))
    assert (seen.status, seen.json) == (400, failed("An error occured."))
    monkeypatch.setattr(edits.catalogue, "delete", lambda _: False)
    assert client.ask("DELETE", at(BETA)).status == 404
