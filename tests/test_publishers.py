"""GET /api/v5/publishers, beyond item 40 of the contract: order, pages and errors."""

import datetime as dt
import json

import pytest

from chalicelib import overview
from chalicelib.feed import Publisher
from chalicelib.store import publishers
from chalicelib.store.tables import ControlItem
from tests.visiting import NOW

NOTHING = {"total": 0, "total_pages": 0, "page": 0, "error": None, "data": []}


def put(*names: str, first_id: int = 1) -> None:
    found = [
        Publisher(id=str(number), name=name, agency="crossref")
        for number, name in enumerate(names, first_id)
    ]
    publishers.put_all(found, NOW)


def listed(site, **params):
    seen = site.get("/api/v5/publishers", **params)
    assert seen.status == 200, seen.text
    return seen.json


def names(site, **params):
    return [publisher["name"] for publisher in listed(site, **params)["data"]]


def test_other_names_hold_the_name_itself(site):
    press = Publisher(id="340", name="B", agency="crossref", other_names=["A", "C"])
    publishers.put_all([press], NOW)
    (found,) = listed(site)["data"]
    assert (found["other_names"], found["prefixes"]) == (["B", "A", "C"], [])


def test_they_are_ordered_by_name_whatever_its_case(site):
    put("zebra", "Alpha", "beta", "Élan", "Beta")
    assert names(site) == ["Alpha", "Beta", "beta", "zebra", "Élan"]


def test_only_those_with_a_number_at_crossref(site):
    found = [
        Publisher(id="CERN.ZENODO", name="Zenodo", agency="datacite"),
        Publisher(id="4950", name="Eleven", agency="crossref"),
    ]
    publishers.put_all(found, NOW)
    assert names(site) == ["Eleven"]


def test_thirty_a_page_whatever_is_asked_for(site):
    put(*(f"Press {number:02d}" for number in range(61)))
    first = listed(site, per_page="5")
    assert (first["total"], first["total_pages"], first["page"]) == (61, 3, 1)
    assert [p["name"] for p in first["data"]] == [f"Press {number:02d}" for number in range(30)]
    assert names(site, page="3") == ["Press 60"]
    beyond = listed(site, page="4")
    assert (beyond["total"], beyond["page"], beyond["data"]) == (61, 4, [])


def test_nothing_yet(site):
    assert listed(site) == NOTHING
    assert listed(site, page="2") == NOTHING


@pytest.mark.parametrize("page", ["0", "-1", "abc", "2.5", ""])
def test_pages_that_cannot_be(site, page):
    seen = site.get("/api/v5/publishers", page=page)
    assert seen.status == 404
    assert {**seen.json, "error": None} == NOTHING and seen.json["error"]


@pytest.mark.parametrize("key", [None, "", "nope"])
def test_a_key_is_needed(site, key):
    seen = site.get("/api/v5/publishers", key=key)
    assert seen.status == 401
    assert seen.json == NOTHING | {"error": "Missing or wrong API key."}


@pytest.mark.parametrize("key", ["kusr", "kstf", "kadm"])
def test_every_role_may_read(site, key):
    assert site.get("/api/v5/publishers.json", key=key).status == 200


def test_jsonp_headers_and_conditional_requests(site):
    put("A")
    seen = site.get("/api/v5/publishers", callback="f")
    assert seen.headers["content-type"] == "application/javascript; charset=utf-8"
    assert json.loads(seen.text[2:-1])["total"] == 1
    url = "/api/v5/publishers?api_key=kusr"
    etag = site.ask("GET", url).headers["etag"]
    assert site.ask("GET", url, {"If-None-Match": etag}).status == 304
    preflight = site.ask("OPTIONS", "/api/v5/publishers")
    assert (preflight.status, preflight.headers["access-control-allow-origin"]) == (200, "*")


def test_a_crash_looks_like_the_family(site, monkeypatch):
    monkeypatch.setattr(publishers, "find_all", lambda: 1 / 0)
    seen = site.get("/api/v5/publishers")
    assert (seen.status, seen.json) == (500, NOTHING | {"error": "Internal server error."})


def test_the_last_time_one_was_told_of_counts(site):
    put("A")
    publishers.put_all([Publisher(id="1", name="B", agency="crossref")], NOW + dt.timedelta(days=7))
    (found,) = listed(site)["data"]
    assert (found["name"], found["update_date"]) == ("B", "2014-11-14T10:00:00Z")


def test_they_are_kept_for_a_minute(site):
    put("A")
    assert names(site) == ["A"]
    put("B")
    assert names(site) == ["A"]
    overview.forget_cache()
    assert names(site) == ["B"]


def test_a_row_of_an_older_version_has_no_time(site):
    about = '{"id":"7","name":"Old","agency":"crossref","other_names":[],"prefixes":[]}'
    ControlItem(publishers.KIND, "7", about=about).save()
    assert listed(site)["data"][0]["update_date"] == "1970-01-01T00:00:00Z"
    assert publishers.get("7").name == "Old"
