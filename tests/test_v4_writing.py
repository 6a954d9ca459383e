"""API v4: creating, changing and deleting, beyond the items of the contract."""

import datetime as dt

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib import edits, planner
from chalicelib.errors import ConfigurationError
from chalicelib.store import alerts, catalogue, lists, shelves, sources, works
from chalicelib.store.tables import EventsItem, ListItem
from tests.contract import ALPHA, BETA
from tests.contract_items import NO_DATE, REQUIRED
from tests.signing_in import ARTICLES, Client, at, failed
from tests.visiting import add, keep, work


@pytest.fixture
def client(accounts_site, sent):
    return Client(accounts_site)


# --- creating --------------------------------------------------------------------------------


def test_a_new_article_is_asked_about_at_once(client, sent):
    article = {"doi": "10.5555/new.1", "title": "New", "year": 2013, "month": 5, "day": 15}
    assert client.post(article).status == 201
    assert set(sent) == {("doi:10.5555/new.1",)}


def test_what_the_queue_does_not_take_waits_for_the_schedule(client, monkeypatch):
    def refusing(_):
        raise EndpointConnectionError(endpoint_url="https://sqs.example.org")

    monkeypatch.setattr(planner.queues, "send", refusing)
    article = {"doi": "10.5555/queued", "title": "Queued", "year": 2013, "month": 5, "day": 15}
    assert client.post(article).status == 201
    shelf = works.find(["doi:10.5555/queued"])["doi:10.5555/queued"].shelf
    now = dt.datetime.now(dt.UTC)
    asked = [row.name for row in sources.on_shelves()]
    assert asked
    for source in asked:
        assert shelf in dict(shelves.due(source, now))


def test_what_is_wrong_is_not_kept(client, sent):
    assert client.post({"doi": "10.5555/wrong", "title": "T", "year": 1649}).status == 400
    assert not works.find(["doi:10.5555/wrong"])
    assert sent == []


def test_two_at_the_same_time(client, monkeypatch):
    monkeypatch.setattr(edits, "_taken", lambda *_: [])
    seen = client.post({"doi": ALPHA, "title": "Again", "year": 2013})
    assert (seen.status, seen.json["error"]) == (400, {"doi": ["has already been taken"]})
    assert works.find([f"doi:{ALPHA}"])[f"doi:{ALPHA}"].work.title == "Alpha"


def test_no_date_at_all_is_1970(client):
    seen = client.post({"doi": "10.5555/undated", "title": "T"})
    assert seen.json["data"]["issued"] == {"date-parts": [[1970]]}


def test_1_3_an_empty_list_is_null(client):
    article = {"doi": "10.5555/lists", "title": "T", "year": 2012, "month": [], "pmid": []}
    data = client.post(article).json["data"]
    assert (data["pmid"], data["issued"]) == (None, {"date-parts": [[2012]]})


def test_6_1_what_there_is_not_is_told_before_the_body(client):
    seen = client.send("PUT", at("10.5555/nosuch"), {})
    assert (seen.status, seen.json) == (404, failed("No article found."))


def test_what_is_written_is_told_whatever_the_caller_has(client):
    given = {"Content-Type": "application/json", "If-None-Match": "*"}
    seen = client.ask("PUT", at(BETA), headers=given, body=b'{"title": "Beta"}')
    assert (seen.status, seen.json["success"]) == (200, "Article updated.")


def test_a_title_that_is_a_number(client):
    """As Lagotto 3.9 stores it."""
    seen = client.post({"doi": "10.5555/orwell", "title": 1984, "year": 1949})
    assert (seen.status, seen.json["data"]["title"]) == (201, "1984")


def test_a_doi_that_is_too_long_in_lower_case(client):
    seen = client.post({"doi": "10.5555/" + "\u023a" * 440, "title": "T", "year": 2011})
    assert (seen.status, seen.json["error"]) == (400, {"doi": ["is invalid"]})


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
    ("document", "error", "class_name"),
    [
        ({}, REQUIRED, "ActionController::ParameterMissing"),
        ({"foo": 1}, REQUIRED, "ActionController::ParameterMissing"),
        ({"article": {}}, REQUIRED, "ActionController::ParameterMissing"),
        ({"article": None}, REQUIRED, "ActionController::ParameterMissing"),
        ([1], REQUIRED, "ActionController::ParameterMissing"),
        ({"article": "x"}, "Undefined method.", "NoMethodError"),
        ({"article": 5}, "Undefined method.", "NoMethodError"),
        ({"article": 0}, "Undefined method.", "NoMethodError"),
        ({"article": 0.0}, "Undefined method.", "NoMethodError"),
        ({"article": False}, REQUIRED, "ActionController::ParameterMissing"),
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


def test_without_a_contact_an_article_waits(client, sent, monkeypatch):
    def without(*_, **_more):
        raise ConfigurationError("no contact")

    monkeypatch.setattr(planner, "ask_now", without)
    assert client.post({"doi": "10.5555/waits", "title": "T", "year": 2012}).status == 201
    assert sent == []


# --- changing --------------------------------------------------------------------------------


def test_another_identifier_is_looked_up_in_place_of_the_old_one(client):
    client.post({"doi": "10.5555/put.1", "title": "New", "year": 2013, "month": 5, "pmid": "998"})
    assert client.put("10.5555/put.1", {"pmid": "999"}).status == 200
    assert lists.lookup("pmid", ["998", "999"]) == {"999": ["doi:10.5555/put.1"]}


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


def test_with_another_doi_what_else_is_known_of_it_stays(client):
    known = {"arxiv": "2101.01234", "wos": "000308063700032", "publisher_id": 340}
    add(work("10.5555/known", "2014-10-01", scp="84876222028", ark="ark:/12345/x", **known))
    keep("crossref", "10.5555/known", 5)
    assert client.put("10.5555/known", {"doi": "10.5555/known.2", "day": None}).status == 200
    changed = works.find(["doi:10.5555/known.2"])["doi:10.5555/known.2"]
    assert changed.work == work(
        "10.5555/known.2", "2014-10", scp="84876222028", ark="ark:/12345/x", **known
    )
    assert changed.numbers == {}


@pytest.mark.parametrize(
    ("failure", "status", "error"),
    [(TimeoutError(), 400, "An error occured."), (None, 404, "No article found.")],
)
def test_with_another_doi_there_are_never_two(client, monkeypatch, failure, status, error):
    """The old one cannot be deleted, or somebody else did it first."""
    deleted = catalogue.delete

    def failing(key):
        if key != f"doi:{BETA}":
            return deleted(key)
        if failure:
            raise failure
        return False

    monkeypatch.setattr(catalogue, "delete", failing)
    seen = client.put(BETA, {"doi": "10.5555/beta.2"})
    assert (seen.status, seen.json) == (status, failed(error))
    assert works.find([f"doi:{BETA}", "doi:10.5555/beta.2"]).keys() == {f"doi:{BETA}"}


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


def test_deleting_leaves_nothing(client):
    client.post({"doi": "10.5555/gone(1)", "title": "New", "year": 2013, "pmid": "4711"})
    assert client.ask("DELETE", at("10.5555/gone(1)")).status == 200
    assert not list(ListItem.query("pmid:4711"))
    assert not list(EventsItem.query("doi:10.5555/gone(1)"))


def test_deleting_that_fails(client, monkeypatch):
    def busy(_):
        raise TimeoutError

    monkeypatch.setattr(edits.catalogue, "delete", busy)
    seen = client.ask("DELETE", at(BETA))
    assert (seen.status, seen.json) == (400, failed("An error occured."))
    monkeypatch.setattr(edits.catalogue, "delete", lambda _: False)
    assert client.ask("DELETE", at(BETA)).status == 404
