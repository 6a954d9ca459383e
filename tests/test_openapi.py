"""The description of the API: valid, complete, of what is read, and a page that can be used."""

import getopt
import html
import json
import re
import shlex
from typing import get_args

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from app import app
from chalicelib import VERSION, alert_list, api_requests, oembed, query, rss, settings, submitted
from chalicelib.errors import RequestError
from chalicelib.lagotto import Family
from chalicelib.openapi import document, endpoints, schemas
from chalicelib.parameters import Parameter, Reader
from tests.contract import ALPHA
from tests.signing_in import PASSWORDS, Client, at
from tests.test_documentation import Reader as Page
from tests.visiting import ROLES

PATH = "/api/openapi.json"
#: Routes of pages for people, which are not described, and of what there is not.
PAGES = {
    *("/", "/admin", "/admin/{name}", "/users", "/users/{proxy+}", "/articles/{proxy+}"),
    *("/docs/api", "/docs/sources", "/docs/sources/{name}", "/api/{proxy+}", "/{proxy+}"),
}
OPERATIONS = list(document.operations())
ENDPOINTS = endpoints.table()
READERS = {
    "articles": query.ARTICLES,
    "articles_v3": query.ARTICLES_V3,
    "article_v3": query.ARTICLE_V3,
    "alerts": alert_list.ALERTS,
    "alert_feed": alert_list.FILTERS,
    "api_requests": api_requests.REQUESTS,
    "oembed": oembed.BOX,
    "rss": rss.PUBLISHED,
}
DECLARED = [
    pytest.param(parameter, id=f"{name} {parameter.name}")
    for name, reader in READERS.items()
    for parameter in reader.fields.values()
] + [pytest.param(query.CALLBACK, id="callback")]
#: What the log of requests notes of each, whatever the endpoint reads (api.md 9.1).
LOGGED = {"info", "source", "source_id", "ids"}


@pytest.fixture(scope="module")
def described(accounts_site):
    return accounts_site.ask("GET", PATH).json


@pytest.fixture
def ready(accounts_site, monkeypatch, sent):
    """The site, without queues and without alerts of all the sources that there are."""
    counts = {"visible": 1, "in_flight": 2, "delayed": 3}
    monkeypatch.setattr("chalicelib.overview.queues.counts", lambda: counts)
    monkeypatch.setattr(alert_list.sources, "names", lambda: ("retired",))
    return accounts_site


def example(endpoint):
    """An address of an endpoint that leads to something."""
    path = endpoint.path
    for parameter in endpoint.parameters:
        found = "10.5555/deleted" if endpoint.verb == "DELETE" else parameter.example
        path = path.replace(f"{{{parameter.name}}}", str(found))
    needed = {"listArticlesV3": f"?ids={ALPHA}", "getEmbed": f"?url=/articles/{ALPHA}"}
    return path + needed.get(endpoint.name, "")


def ask(site, endpoint, verb, role="admin", headers=None, body=b""):
    """A request as the role may make it."""
    name = next(name for name, (its, _) in PASSWORDS.items() if its == role)
    key = next((key for key, its in ROLES.items() if its == role), "none")
    given = {"x-api-key": key} | (headers or {})
    path = example(endpoint)
    if "account" in endpoint.callers:
        return Client(site).ask(verb, path, name=name, headers=given, body=body)
    return site.ask(verb, path, given, body)


def test_it_is_valid_openapi(described):
    OpenAPIV31SpecValidator(described).validate()
    assert described["openapi"] == "3.1.0"
    assert described["info"]["version"] == VERSION
    assert described["servers"] == [{"url": "http://localhost"}]


def test_every_component_is_used_and_there(described):
    used = set(
        re.findall(
            r'"\$ref":"#/components/(\w+)/([^"]+)"', json.dumps(described, separators=(",", ":"))
        )
    )
    there = {
        (kind, name)
        for kind, components in described["components"].items()
        for name in components
        if kind != "securitySchemes"
    }
    headers_of_some = {
        ("headers", name)
        for response in described["components"]["responses"].values()
        for name in response["headers"]
    }
    assert used <= there
    assert there - used <= headers_of_some


def test_it_needs_no_key_and_is_not_sent_twice(accounts_site):
    seen = accounts_site.ask("GET", PATH, {"Host": "metrics.example.org"})
    assert (seen.status, seen.headers["access-control-allow-origin"]) == (200, "*")
    assert seen.headers["content-type"] == "application/json; charset=utf-8"
    assert seen.json["servers"] == [{"url": "http://metrics.example.org"}]
    known = {"Host": "metrics.example.org", "If-None-Match": seen.headers["etag"]}
    assert accounts_site.ask("GET", PATH, known).status == 304


def routes_of(endpoint):
    return {endpoint.route or endpoint.path, *endpoint.also}


def test_everything_public_is_described_and_nothing_else(ready):
    """A verb that a route takes is described, or there is nothing."""
    told = {
        ((path != endpoint.path and path) or endpoint.route or path, verb.upper())
        for path, verb, endpoint, _ in OPERATIONS
    }
    taken = {(route, verb) for route, verbs in app.routes.items() for verb in verbs}
    taken = {pair for pair in taken if pair[0] not in PAGES}
    assert told <= taken
    for route, verb in taken - told:
        endpoint = next(e for e in ENDPOINTS if route in routes_of(e))
        seen = ask(ready, endpoint, verb, headers={"Accept": "application/json"})
        assert (seen.status, seen.json["error"]) == (404, query.UNKNOWN_PATH), (route, verb)


class Noting(dict):
    """Parameters that note which of them are asked for."""

    def __init__(self, given, noted):
        super().__init__(given)
        self.noted = noted

    def get(self, name, default=None):
        self.noted.add(name)
        return super().get(name, default)

    def __getitem__(self, name):
        self.noted.add(name)
        return super().__getitem__(name)

    def __contains__(self, name):
        self.noted.add(name)
        return super().__contains__(name)


def names_of(parameters):
    return {name for p in parameters for name in (p.name, *p.other_names)}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_what_is_read_is_described_and_what_is_described_is_read(endpoint, ready, monkeypatch):
    if endpoint.verb == "DELETE":
        Client(ready).post({"doi": "10.5555/deleted", "title": "T"})
    noted = set()
    parameters, read = query.parameters, Reader.read

    def noting(self, params, **absent):
        if isinstance(params, Noting):
            params.noted.update(names_of(self.fields.values()))
        return read(self, params, **absent)

    monkeypatch.setattr(query, "parameters", lambda *given: Noting(parameters(*given), noted))
    monkeypatch.setattr(Reader, "read", noting)
    article = {"title": "Alpha", "year": 2012, "month": 3, "day": 6}
    headers = {"Content-Type": "application/json"}
    if endpoint.name == "createArticle":
        article["doi"] = "10.5555/created"
    elif endpoint.verb == "POST":
        headers["X-HTTP-Method-Override"] = "PATCH"
    body = b"" if endpoint.verb == "GET" else json.dumps({"article": article}).encode()
    seen = ask(ready, endpoint, endpoint.verb, headers=headers, body=body)
    assert seen.status in (200, 201)
    described = names_of(p for p in endpoint.parameters if p.location == "query")
    key = {"api_key"} if "key" in endpoint.callers else set()
    # What is written may be in the address, too.
    written = {"article"} if endpoint.body else set()
    logged = LOGGED if "key" in endpoint.callers else set()
    assert described <= noted
    assert noted - described <= key | written | logged


@pytest.mark.parametrize("parameter", DECLARED)
def test_what_is_meant_is_understood_and_the_rest_is_not(parameter):
    schema = parameter.schema
    for value in schema.get("enum", ()):
        assert understood(parameter, value) is not None
    if schema["type"] == "integer":
        least, most = schema["minimum"], schema["maximum"]
        assert (understood(parameter, least), understood(parameter, most)) == (least, most)
        for other in (least - 1, most + 1, "x", ""):
            assert understood(parameter, other) is None
    if "pattern" in schema:
        assert understood(parameter, "a b") is None
    if "enum" in schema:
        assert understood(parameter, "") in (None, "")
    if parameter.example:
        assert understood(parameter, parameter.example) is not None
        Draft202012Validator(schema).validate(parameter.example)


def understood(parameter: Parameter, value):
    """What is understood; None also for what is refused."""
    try:
        return parameter.understand(str(value))
    except RequestError:
        return None


@pytest.mark.parametrize("name", READERS)
def test_defaults_are_those_of_what_is_made(name):
    reader = READERS[name]
    needed = {"ids": ()} if name.endswith("_v3") else {}
    made = reader.read({}, **needed)
    for field, parameter in reader.fields.items():
        if "default" in parameter.schema:
            assert getattr(made, field) == parameter.schema["default"]


READ = [endpoint for endpoint in ENDPOINTS if endpoint.verb == "GET"]
#: Verb, headers and body of requests that go well, and of such that do not.
VARIANTS = (
    ("GET", {}, b""),
    ("HEAD", {"If-None-Match": "*"}, b""),
    ("GET", {"Content-Type": "application/json"}, b"{"),
    ("GET", {"Content-Type": "multipart/form-data"}, b"x"),
    ("GET", {"Sec-Fetch-Site": "cross-site"}, b""),
    ("GET", {"x-api-key": "none"}, b""),
    ("POST", {"X-HTTP-Method-Override": "GET"}, b""),
    ("POST", {}, b""),
    ("OPTIONS", {}, b""),
)


@pytest.mark.parametrize("endpoint", READ, ids=lambda endpoint: endpoint.name)
def test_statuses_and_headers_are_described(endpoint, ready):
    told = {verb: made for path, verb, _, made in OPERATIONS if path == endpoint.path}
    statuses = set()
    for verb, headers, body in VARIANTS:
        if verb.lower() not in told:
            continue
        seen = ask(ready, endpoint, verb, headers=headers, body=body)
        described = told[verb.lower()]["responses"][str(seen.status)]["headers"]
        always = {name.lower() for name, header in described.items() if "$ref" in header}
        sent = seen.headers.keys() - {"content-type"}
        assert always <= sent <= {name.lower() for name in described}, (verb, seen)
        statuses.add(seen.status)
    assert statuses >= {200, 304, 400}
    assert (403 in statuses) == ("account" in endpoint.callers)


def test_who_has_to_say_who_he_is_is_described(ready):
    as_get = {"X-HTTP-Method-Override": "GET", "Content-Type": "application/json"}
    for path, verb, endpoint, made in OPERATIONS:
        if verb in ("get", "post") and endpoint in READ:
            given = (as_get, b'{"api_key": "kadm"}') if verb == "post" else ()
            seen = ready.ask(verb.upper(), example(endpoint), *given)
            needed = made["security"] != [] and {} not in made["security"]
            assert (seen.status == 401) == needed, (verb, path)
            if path == "/sources/{name}.rss":
                assert {"key_in_the_query": []} in made["security"]
    private = [ready.ask("GET", f"/sources/wos.rss{key}").status for key in ("", "?api_key=kstf")]
    assert private == [404, 200]


@pytest.mark.parametrize("role", ["user", "staff", "admin"])
def test_roles_are_those_that_may(role, ready):
    for endpoint in ENDPOINTS:
        if endpoint.verb == "GET" and endpoint.roles:
            seen = ask(ready, endpoint, "GET", role)
            assert (seen.status == 401) == (role not in endpoint.roles), endpoint.name


def test_keys_are_in_the_order_of_the_answers(ready):
    for path, name, data in (
        ("/api/v5/articles?info=detail", "Article", lambda seen: seen["data"][0]),
        ("/api/v5/articles?info=detail", "Entry", lambda seen: seen["data"][0]["sources"][0]),
        (f"/api/v3/articles/{ALPHA}?info=detail", "ArticleV3", lambda seen: seen),
        (f"/api/v3/articles/{ALPHA}?info=detail", "EntryV3", lambda seen: seen["sources"][0]),
        ("/api/v5/sources/pmc", "Source", lambda seen: seen["data"]),
        ("/api/v5/status", "Status", lambda seen: seen["data"]),
        ("/heartbeat", "Heartbeat", lambda seen: seen),
        (f"/oembed?url=/articles/{ALPHA}", "Embed", lambda seen: seen),
    ):
        seen = ready.ask("GET", path, {"x-api-key": "kadm"})
        shown = data(seen.json)
        assert list(schemas.COMPONENTS[name]["properties"]) == list(shown), name


def test_each_family_has_its_error():
    named = {schemas.error_name(family) for family in get_args(Family)}
    assert len(named) == len(get_args(Family))
    assert named <= schemas.COMPONENTS.keys()


def test_one_article_of_v3_is_a_list_where_it_is_set(accounts_site, monkeypatch):
    def shape():
        seen = accounts_site.ask("GET", PATH).json
        shared = seen["components"]["responses"]
        name = seen["paths"]["/api/v3/articles/{id}"]["get"]["responses"]["200"]["$ref"]
        return shared[name.rpartition("/")[2]]["content"]["application/json"]["schema"]

    assert shape() == schemas.reference("ArticleV3")
    given = settings.load()
    as_array = type(given)(
        **{f: getattr(given, f) for f in given.__slots__} | {"v3_show_as_array": True}
    )
    monkeypatch.setattr(settings, "load", lambda: as_array)
    assert (shape()["type"], shape()["items"]) == ("array", schemas.reference("ArticleV3"))


def test_what_may_be_written_is_described(described):
    fields = described["components"]["schemas"]["ArticleFields"]["properties"]
    assert tuple(fields) == submitted.FIELDS


def test_a_body_is_required_where_there_has_to_be_one(described, ready):
    bodies = described["components"]["requestBodies"]
    assert bodies["putArticle"]["required"] and bodies["patchArticle"]["required"]
    assert not bodies["overrideArticle"]["required"]
    Client(ready).post({"doi": "10.5555/deleted", "title": "T"})
    headers = {"X-HTTP-Method-Override": "DELETE"}
    seen = Client(ready).ask("POST", at("10.5555/deleted"), headers=headers)
    assert seen.json["success"] == "Article deleted."


def test_the_page_tells_all(accounts_site):
    seen = accounts_site.ask("GET", "/docs/api")
    assert seen.status == 200
    assert seen.headers["content-security-policy"].startswith("default-src 'none'")
    read = Page(seen.text)
    words = "".join(read.texts)
    anchors = re.findall(r' id="([^"]+)"', seen.text)
    assert len(anchors) == len(set(anchors))
    for endpoint in ENDPOINTS:
        assert f"{endpoint.verb} {endpoint.path}" in words
        assert endpoint.name in anchors
        for parameter in endpoint.parameters:
            assert parameter.description.replace("`", "") in words
    for link in read.links:
        assert link[1:] in anchors if link[0] == "#" else link.startswith(("/", "data:"))
    assert PATH in read.links and "/docs/api" in read.links
    assert "></th>" not in seen.text, "a column without a heading"
    assert "100,000 a day" in words and "Retry-After" in words


def pasted(site, line):
    """The verb of a line of the page, and what is answered to it; what it writes is new."""
    program, *words = shlex.split(line)
    assert program == "curl"
    found, (address,) = getopt.getopt(words, "X:u:H:d:")
    given = dict(found)
    verb, body = given.get("-X", "GET"), given.get("-d", "")
    path = address.removeprefix("http://localhost").replace("KEY", "kadm")
    if verb != "GET":
        body, path = (text.replace("10.5555/alpha.1", "10.5555/pasted") for text in (body, path))
    headers = dict(value.split(": ") for option, value in found if option == "-H")
    name = "root" if given.get("-u") == "NAME:PASSWORD" else None
    return verb, Client(site).ask(verb, path, name=name, headers=headers, body=body.encode())


def test_the_examples_of_the_page_work(ready):
    page = ready.ask("GET", "/docs/api").text
    lines = [html.unescape(line) for line in re.findall(r"<pre><code>(.+?)</code></pre>", page)]
    assert len(lines) == len(ENDPOINTS)
    written = []
    for line in sorted(lines, key=lambda line: "DELETE" in line):
        verb, seen = pasted(ready, line)
        if verb == "GET":
            assert seen.status == 200, line
        else:
            written.append((seen.json["success"], seen.json["data"]["title"]))
            Client(ready).put("10.5555/pasted", {"title": "Before"})
    updated = ("Article updated.", "Alpha")
    deleted = ("Article deleted.", "Before")
    assert written == [("Article created.", "Alpha"), updated, updated, updated, deleted]
