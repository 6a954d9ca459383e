"""API v4: items 42 to 48, and what else there is to writing. Works are deleted in the end."""

import contextlib
import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract import ALPHA, BETA, ORDER
from tests.contract_items import NO_DATE, NOTHING_FOUND, REQUIRED
from tests.signing_in import ALERTS, ARTICLES, NOT_AUTHORIZED, Client, at, failed
from tests.visiting import Seen, Visitor

NEW = {"doi": "10.5555/new.1", "title": "New", "year": 2013, "month": 5, "day": 15}
THIS_YEAR = dt.datetime.now(dt.UTC).year
RANGE = f"should be between 1650 and {THIS_YEAR}"
UNPERMITTED = {"foo": ["unpermitted parameter"], "baz": ["unpermitted parameter"]}


@contextlib.contextmanager
def created(client: Client, article: dict[str, Any], **more: Any) -> Iterator[Seen]:
    """The answer to the creation of an article, which is deleted in the end."""
    seen = client.post(article, **more)
    try:
        assert seen.status == 201, seen.text
        yield seen
    finally:
        client.ask("DELETE", at(article["doi"]))


class V4:
    """Items 42 to 48. They write."""

    @pytest.fixture
    def client(self, site: Visitor) -> Client:
        """Asks with a name and a password."""
        return Client(site)

    def test_42_creating(self, client: Client) -> None:
        with created(client, NEW) as seen:
            assert list(seen.json) == ["success", "error", "data"]
            assert (seen.json["success"], seen.json["error"]) == ("Article created.", None)
            data = seen.json["data"]
            assert (data["doi"], data["issued"]) == (NEW["doi"], {"date-parts": [[2013, 5, 15]]})
            assert [source["name"] for source in data["sources"]] == ORDER
            for source in data["sources"]:
                assert source["metrics"].pop("total") == 0
                assert {*source["metrics"].values()} == {None}
            assert seen.headers["etag"]
            assert "location" not in seen.headers
            refused = client.post(NEW, name="uma")
            assert (refused.status, refused.json) == (401, failed(NOT_AUTHORIZED))

    def test_42_creating_as_staff(self, client: Client) -> None:
        article = {"doi": "10.5555/new.0", "title": "New", "year": 2013}
        with created(client, article, name="stan") as seen:
            assert seen.json["data"]["doi"] == "10.5555/new.0"

    def test_43_repeating(self, client: Client) -> None:
        with created(client, NEW):
            again = client.post(NEW)
            assert (again.status, again.json) == (400, failed({"doi": ["has already been taken"]}))
            assert list(again.json) == list(failed(""))

    def test_43_what_is_taken(self, client: Client) -> None:
        for doi in (ALPHA, "10.5555/ALPHA.1", f"https://doi.org/{ALPHA}"):
            seen = client.post({"doi": doi, "title": "Again", "year": 2013})
            assert (seen.status, seen.json) == (400, failed({"doi": ["has already been taken"]}))
        seen = client.post({"doi": ALPHA, "title": "", "year": 2013})
        assert seen.json["error"] == {
            "doi": ["has already been taken"],
            "title": ["can't be blank"],
        }
        assert client.get(at(ALPHA)).json["data"]["title"] == "Alpha"

    def test_44_no_title_and_no_year(self, client: Client) -> None:
        seen = client.post({"doi": "10.5555/new.2", "title": None, "year": None})
        problems = {"title": ["can't be blank"], "year": ["is not a number", RANGE]}
        assert (seen.status, seen.json) == (400, failed(problems))
        assert list(seen.json["error"]) == list(problems)
        assert client.get(at("10.5555/new.2")).status == 404

    @pytest.mark.parametrize(
        ("changes", "problems"),
        [
            ({"year": 2012, "month": 2, "day": 30}, NO_DATE),
            ({"year": 2012, "day": 3}, NO_DATE),
            ({"year": THIS_YEAR, "month": 12, "day": 32}, NO_DATE),
            (
                {"year": THIS_YEAR + 1},
                {"year": [RANGE], "published_on": ["is a date in the future"]},
            ),
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
    def test_45_what_is_wrong(
        self, client: Client, changes: dict[str, Any], problems: dict[str, list[str]]
    ) -> None:
        seen = client.post({"doi": "10.5555/new.3", "title": "T"} | changes)
        assert (seen.status, seen.json) == (400, failed(problems))
        assert list(seen.json["error"]) == list(problems)

    def test_45_a_later_day_of_this_year(self, client: Client) -> None:
        today = dt.datetime.now(dt.UTC).date()
        last = {"year": today.year, "month": 12, "day": 31}
        seen = client.post({"doi": "10.5555/new.3", "title": "T"} | last)
        if (today.month, today.day) == (12, 31):  # there is no later one
            assert seen.status == 201
            client.ask("DELETE", at("10.5555/new.3"))
        else:
            expected = failed({"published_on": ["is a date in the future"]})
            assert (seen.status, seen.json) == (400, expected)

    def test_46_without_a_wrapper(self, client: Client) -> None:
        document = {"doi": "10.5555/new.4", "title": "T", "year": 2012, "unknown": 1}
        seen = client.send("POST", ARTICLES, document)
        assert (seen.status, seen.json["data"]["doi"]) == (201, "10.5555/new.4")
        assert client.ask("DELETE", at("10.5555/new.4")).status == 200

    def test_47_changing(self, client: Client) -> None:
        with created(client, NEW | {"pmid": "998"}):
            seen = client.put(NEW["doi"], {"pmid": "999"})
            assert (seen.status, list(seen.json)) == (200, ["success", "error", "data"])
            assert (seen.json["success"], seen.json["error"]) == ("Article updated.", None)
            assert seen.json["data"]["pmid"] == "999"
            assert seen.json["data"]["issued"] == {"date-parts": [[2013, 5, 15]]}
            assert client.get(f"{ARTICLES}/info:pmid/999").json["data"]["doi"] == NEW["doi"]
            assert client.get(f"{ARTICLES}/info:pmid/998").status == 404
            refused = client.put(NEW["doi"], {"pmid": "997"}, name="stan")
            assert (refused.status, refused.json) == (401, failed(NOT_AUTHORIZED))
        unknown = client.put("10.5555/nosuch", {"pmid": "999"})
        assert (unknown.status, unknown.json) == (404, failed("No article found."))

    def test_48_deleting(self, client: Client) -> None:
        assert client.post(NEW).status == 201
        refused = client.ask("DELETE", at(NEW["doi"]), name="stan")
        assert (refused.status, refused.json) == (401, failed(NOT_AUTHORIZED))
        seen = client.ask("DELETE", at(NEW["doi"]))
        assert (seen.status, list(seen.json)) == (200, ["success", "error", "data"])
        assert seen.json["success"] == "Article deleted."
        data = seen.json["data"]
        about = (data["doi"], data["sources"], data["viewed"], data["cited"])
        assert about == (NEW["doi"], [], 0, 0)
        again = client.ask("DELETE", at(NEW["doi"]))
        assert (again.status, again.json) == (404, failed("No article found."))


PART = b'--b\r\nContent-Disposition: form-data; name="article[%s]"\r\n\r\n%s\r\n'


class WritingOfV4:
    """What sections 1.3, 1.9, 6.4 and 6.5 say beside the items."""

    @pytest.fixture
    def client(self, site: Visitor) -> Client:
        """Asks with a name and a password."""
        return Client(site)

    @pytest.mark.parametrize(
        ("document", "error"),
        [
            ({}, REQUIRED),
            ({"article": "x"}, "Undefined method."),
            ({"article": {"foo": 1, "baz": 2}}, UNPERMITTED),
        ],
    )
    def test_no_article_in_the_body(self, client: Client, document: Any, error: Any) -> None:
        # On creation that is looked at before the role.
        for method, path, name in (("POST", ARTICLES, "uma"), ("PUT", at(BETA), "root")):
            seen = client.send(method, path, document, name=name)
            assert (seen.status, seen.json) == (422, failed(error))

    @pytest.mark.parametrize("body", [b"{", b'{"article": \xff}', b""])
    def test_malformed_json(self, client: Client, body: bytes) -> None:
        seen = client.send("POST", ARTICLES, body)
        expected = (400, failed("Malformed JSON.")) if body else (422, failed(REQUIRED))
        assert (seen.status, seen.json) == expected

    def test_what_there_is_not(self, client: Client) -> None:
        unknown = client.get(at("10.5555/nosuch"))
        assert (unknown.status, unknown.json) == (404, failed("Article not found."))
        page = client.get(f"{ALERTS}?page=x")
        assert (page.status, list(page.json)) == (404, list(json.loads(NOTHING_FOUND)))

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            (
                "application/x-www-form-urlencoded",
                b"article[doi]=10.5555%2Fform&article%5Btitle%5D=T&article[year]=2012",
            ),
            (
                "multipart/form-data; boundary=b",
                PART % (b"doi", b"10.5555/form")
                + PART % (b"title", b"T")
                + PART % (b"year", b"2012")
                + b"--b--",
            ),
        ],
    )
    def test_forms(self, client: Client, kind: str, body: bytes) -> None:
        seen = client.ask("POST", ARTICLES, headers={"Content-Type": kind}, body=body)
        assert (seen.status, seen.json["data"]["title"]) == (201, "T")
        assert client.ask("DELETE", at("10.5555/form")).status == 200

    def test_the_url_wins(self, client: Client) -> None:
        url = f"{ARTICLES}?article[title]=Url&info=summary"
        document = {"article": {"doi": "10.5555/url", "title": "B", "year": 2012}}
        seen = client.send("POST", url, document)
        assert (seen.status, seen.json["data"]["title"]) == (201, "Url")
        assert "sources" not in seen.json["data"]
        assert client.ask("DELETE", at("10.5555/url")).status == 200

    def test_changing_the_rest(self, client: Client) -> None:
        with created(client, NEW | {"pmid": "5"}):
            path = at(NEW["doi"])
            seen = client.send("PATCH", path, {"article": {"title": "Newer", "pmid": None}})
            assert (seen.json["data"]["title"], seen.json["data"]["pmid"]) == ("Newer", None)
            seen = client.put(NEW["doi"], {"doi": "10.5555/NEW.1", "year": 2012, "month": None})
            assert (seen.status, seen.json["error"]) == (400, NO_DATE)
            changes = {"doi": "10.5555/NEW.1", "year": 2012, "month": None, "day": None}
            data = client.put(NEW["doi"], changes).json["data"]
            assert (data["doi"], data["issued"], data["title"]) == (
                "10.5555/NEW.1",
                {"date-parts": [[2012]]},
                "Newer",
            )
            assert client.put(NEW["doi"], {"title": "Newer"}).json["data"] == data
            overridden = client.ask(
                "POST",
                path,
                headers={"X-HTTP-Method-Override": "PUT", "Content-Type": "application/json"},
                body=b'{"title": "Newest"}',
            )
            assert (overridden.status, overridden.json["data"]["title"]) == (200, "Newest")
