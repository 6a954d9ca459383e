"""The app's routes in the gateway: identifiers with slashes, in any escaping."""

from collections.abc import Iterator

import pytest

from tests.contract import ALPHA
from tests.contract_items import NO_ARTICLE, NO_PATH, V3_PATH
from tests.gateway.site import GatewaySite
from tests.signing_in import ARTICLES, Client, at

pytestmark = pytest.mark.gateway

DOIS = ["10.5555/a", "10.5555/a/b/c", "10.5555/a%41<4>;5", "10.5555/(ä#?++)"]
GET = {"X-HTTP-Method-Override": "GET"}


@pytest.fixture(scope="module")
def works(site: GatewaySite) -> Iterator[None]:
    """Works whose DOIs are easily lost on their way."""
    client = Client(site)
    for doi in DOIS:
        seen = client.post({"doi": doi, "title": "Odd", "year": 2014})
        assert (seen.status, seen.json["data"]["doi"]) == (201, doi)
    yield
    for doi in DOIS:
        assert client.ask("DELETE", at(doi.replace("%", "%25"))).status == 200


@pytest.mark.parametrize(
    ("escaped", "doi"),
    [
        ("info:doi/10.5555/a", "10.5555/a"),
        ("info%3Adoi%2F10.5555%2Fa", "10.5555/a"),
        ("10.5555/a/b/c", "10.5555/a/b/c"),
        ("http%3A%2F%2Fdx.doi.org%2F10.5555%2Fa", "10.5555/a"),
        ("http://dx.doi.org/10.5555/a", "10.5555/a"),
        ("10.5555/a%2541%3C4%3E%3B5", "10.5555/a%41<4>;5"),
        ("10.5555/%28%C3%A4%23%3F+%2B%29", "10.5555/(ä#?++)"),
    ],
)
def test_an_identifier_comes_through_whole(
    site: GatewaySite, works: None, escaped: str, doi: str
) -> None:
    seen = site.ask("GET", f"{V3_PATH}/{escaped}?api_key=kusr")
    assert (seen.status, seen.json["doi"]) == (200, doi)


@pytest.mark.parametrize(
    ("method", "path", "status", "sign"),
    [
        ("GET", f"{V3_PATH}?api_key=kusr", 404, NO_ARTICLE),
        ("GET", f"{V3_PATH}/?api_key=kusr", 404, NO_ARTICLE),
        ("GET", f"{V3_PATH}.json", 404, NO_PATH),
        ("GET", "/api/v3/nosuch", 404, NO_PATH),
        ("PUT", f"{V3_PATH}/{ALPHA}", 404, NO_PATH),
        ("DELETE", f"{ARTICLES}/{ALPHA}", 401, "HTTP Basic: Access denied."),
        ("GET", "/api/v5/sources/crossref?api_key=kusr", 200, '"name":"crossref"'),
        ("GET", "/sources/crossref.rss", 200, "most-cited articles in CrossRef"),
        ("GET", f"/oembed?url=/articles/info:doi/{ALPHA}", 200, "Viewed: 37"),
        ("GET", "/articles/info:doi/10.5555%2Falpha.1.html", 200, "<h1>Alpha</h1>"),
        ("GET", "/alerts.rss", 401, "HTTP Basic: Access denied."),
        ("DELETE", "/nosuch", 404, NO_PATH),
    ],
)
def test_the_most_specific_route_is_found(
    site: GatewaySite, method: str, path: str, status: int, sign: str
) -> None:
    seen = site.ask(method, path)
    assert seen.status == status
    assert sign in seen.text


@pytest.mark.parametrize("path", [V3_PATH, f"{V3_PATH}/10.5555/nosuch"])
def test_a_post_that_says_it_is_a_get_has_the_route_of_a_get(site: GatewaySite, path: str) -> None:
    seen = site.ask("POST", f"{path}?api_key=kusr", GET)
    assert (seen.status, seen.text) == (404, NO_ARTICLE)


@pytest.mark.parametrize(
    ("path", "location"), [("/", "/docs/sources"), ("/admin", "/status"), ("/sources/a/b", "/")]
)
def test_where_paths_lead(site: GatewaySite, path: str, location: str) -> None:
    assert site.ask("GET", path).headers["location"] == location
