"""Answers on the wire: headers, ETag, JSONP, methods, escapes and error bodies."""

import hashlib
import json
import re
from urllib.parse import quote, urlencode

import orjson
import pytest

from chalicelib import answers, query
from chalicelib.answers import Request
from chalicelib.errors import RequestError

DOCUMENT = {"title": "Größe < α & \u2028 /", "total": 1}
ENCODED = '{"title":"Größe < α & \u2028 /","total":1}'.encode()
SECURE = {
    "X-Frame-Options": "SAMEORIGIN",
    "X-XSS-Protection": "1; mode=block",
    "X-Content-Type-Options": "nosniff",
}
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, GET, OPTIONS",
    "Access-Control-Max-Age": "1728000",
}


def request(method="GET", **given):
    return Request(method=method, path="/api/v5/articles", id="r1", **given)


def answered(given, document=DOCUMENT):
    return answers.answer(given, lambda _request, _params: document, "articles")


def params_of(given):
    """The parameters that an endpoint is handed."""
    seen = []
    answers.answer(given, lambda _request, params: seen.append(params), "articles")
    return seen[0]


def test_json_is_compact_and_escapes_nothing():
    given = answered(request())
    assert (given.status, given.body) == (200, ENCODED)
    assert given.headers["Content-Type"] == "application/json; charset=utf-8"


def test_headers_of_success():
    headers = answered(request()).headers
    assert headers.items() >= (SECURE | CORS).items()
    assert headers["Cache-Control"] == "max-age=0, private, must-revalidate"
    assert headers["X-Request-Id"] == "r1"
    assert re.fullmatch(r"\d+\.\d{6}", headers["X-Runtime"])


def test_the_etag_is_the_md5_of_the_body():
    assert answered(request()).headers["ETag"] == f'"{hashlib.md5(ENCODED).hexdigest()}"'
    assert answered(request(), {"total": 2}).headers["ETag"] != answered(request()).headers["ETag"]


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*", '"a","b" , W/{}'])
def test_what_the_client_has_is_not_sent_again(form):
    etag = answered(request()).headers["ETag"]
    again = answered(request(headers={"if-none-match": form.format(etag)}))
    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == etag
    assert again.headers.items() >= CORS.items()
    assert "Content-Type" not in again.headers


@pytest.mark.parametrize("form", ["", '"other"', "55dafb92da5eb3e0e41e0e66d3a1b5f4", '"*"'])
def test_other_etags_do_not_match(form):
    assert answered(request(headers={"if-none-match": form})).status == 200


def test_jsonp():
    given = answered(request(query={"callback": "a.b$[0]_c"}))
    assert given.body == b"a.b$[0]_c(" + ENCODED.replace("\u2028".encode(), b"\\u2028") + b")"
    assert given.headers["Content-Type"] == "application/javascript; charset=utf-8"
    assert given.headers["ETag"] != answered(request()).headers["ETag"]


@pytest.mark.parametrize("name", ["", "alert(1)//", "a b", "a\n", "ä"])
def test_callbacks_that_may_be_attacks_are_absent(name):
    assert answered(request(query={"callback": name})).body == ENCODED


def test_errors_have_the_body_of_their_family():
    def endpoint(_request, _params):
        raise RequestError("No.", status=404)

    given = answers.answer(request(), endpoint, "articles")
    assert (given.status, given.body) == (
        404,
        b'{"total":0,"total_pages":0,"page":0,"error":"No.","data":[]}',
    )
    assert given.headers["Cache-Control"] == "no-cache"
    assert "ETag" not in given.headers
    assert given.headers.items() >= (SECURE | CORS).items()
    wrapped = answers.answer(request(query={"callback": "f"}), endpoint, "status")
    assert wrapped.body == b'f({"error":"No.","data":[]})'


def test_head_is_a_get_without_body():
    given, full = answered(request("HEAD")), answered(request())
    assert (given.status, given.body) == (200, b"")
    assert given.headers["ETag"] == full.headers["ETag"]


def test_a_preflight_asks_no_endpoint():
    given = answers.answer(request("OPTIONS"), lambda *_: pytest.fail("it was asked"), "articles")
    assert (given.status, given.body) == (200, b"")
    assert given.headers["Content-Type"] == "text/plain"
    assert given.headers.items() >= CORS.items()
    allowed = given.headers["Access-Control-Allow-Headers"]
    assert allowed == "X-Requested-With, X-Prototype-Version"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_other_verbs_find_nothing(method):
    given = answered(request(method))
    assert (given.status, json.loads(given.body)) == (404, {"error": query.UNKNOWN_PATH})


FIELDS = {"ids": "10.5555%2Fa,10.5555%2Fb", "type": "doi"}
OVERRIDE = {"x-http-method-override": "GET"}


def multipart(fields):
    parts = [
        f'--b1\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return "".join([*parts, "--b1--\r\n"]).encode()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", urlencode(FIELDS).encode()),
        ("multipart/form-data; boundary=b1", multipart(FIELDS)),
        ("application/json", orjson.dumps(FIELDS)),
    ],
)
def test_a_post_that_says_it_is_a_get(content_type, body):
    headers = OVERRIDE | {"content-type": content_type}
    given = request("POST", headers=headers, body=body, query={"type": "pmid"})
    assert params_of(given) == FIELDS | {"type": "pmid"}


def test_the_verb_may_be_a_field_of_the_form():
    body = urlencode(FIELDS | {"_method": "get"}).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    given = request("POST", headers=headers, body=body)
    assert params_of(given).items() >= FIELDS.items()


def test_bodies_that_are_not_what_they_say():
    headers = OVERRIDE | {"content-type": "application/json"}
    given = answered(request("POST", headers=headers, body=b'{"ids":'))
    assert (given.status, json.loads(given.body)["error"]) == (400, "Malformed JSON.")
    assert list(json.loads(given.body)) == ["total", "total_pages", "page", "error", "data"]


DOI = "10.5555/a(1)<2>;3#4:5+6,7%8"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_any_character_of_a_doi_comes_through(site, method):
    """Through Chalice: escaped twice in the URL, or once in a form and once more in it."""
    from tests.visiting import add, work

    add(work(DOI, "2014-01"), work("10.5555/other", "2014-02"))
    fields = {"api_key": "kusr", "ids": f"{quote(DOI, safe='')},10.5555%2Fother"}
    if method == "GET":
        seen = site.ask("GET", f"/api/v5/articles.json?{urlencode(fields)}")
    else:
        headers = {
            "X-HTTP-Method-Override": "GET",
            "Content-Type": "multipart/form-data; boundary=b1",
        }
        seen = site.ask("POST", "/api/v5/articles", headers, multipart(fields))
    assert [article["doi"] for article in seen.json["data"]] == ["10.5555/other", DOI]


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", 302),
        ("text/html, application/json", 302),
        ("application/json", 404),
        ("*/*", 302),
    ],
)
def test_8_6_browsers_are_sent_to_the_start(accept, status):
    given = Request(method="GET", path="/nosuch", headers={"accept": accept})
    assert answers.no_page(given).status == status


def test_the_last_of_repeated_parameters_wins(site):
    seen = site.ask("GET", "/api/v5/articles?api_key=nope&api_key=kusr&page=0&page=1")
    assert (seen.status, seen.json["total"]) == (200, 0)


def test_text_comes_through_as_it_is(site):
    from tests.visiting import add, work

    add(work("10.5555/ä", "2014-01", "<i>Größe</i> & α/β"))
    seen = site.get("/api/v5/articles", ids="10.5555/Ä")
    assert '"doi":"10.5555/ä","title":"<i>Größe</i> & α/β"' in seen.text
    assert seen.headers["content-type"] == "application/json; charset=utf-8"
