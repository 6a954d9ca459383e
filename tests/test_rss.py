"""RSS of the sources, and what answers where there is no feed."""

import datetime as dt
import xml.etree.ElementTree as ET

import pytest

from chalicelib import charts, overview, rss
from chalicelib.model import PartialDate, Work
from chalicelib.store import keys, requests
from tests.visiting import add, install, keep, work

ALPHA, BETA, GAMMA = "10.5555/alpha.1", "10.5555/beta(2)", "10.5555/gamma,3"
TODAY = dt.datetime.now(dt.UTC).date()


@pytest.fixture
def site_with_works(site):
    """The test data of the contract, as far as feeds show it."""
    install("citeulike", "CiteULike", "saved")
    install("crossref", "CrossRef", "cited")
    install("wos", "Web of Science", "cited", private=True)
    add(work(ALPHA, "2012-03-06", "Alpha"), work(BETA, "2013", "Beta"))
    add(work(GAMMA, "2014-01-15", "Gamma"))
    keep("citeulike", ALPHA, 4)
    keep("crossref", ALPHA, 2)
    keep("crossref", BETA, 0)
    keep("crossref", GAMMA, 8)
    keep("wos", ALPHA, 5)
    return site


def get(site, path, **params):
    return site.get(path, key=None, **params)


def channel(seen):
    assert seen.headers["content-type"] == "application/rss+xml; charset=utf-8"
    root = ET.fromstring(seen.text.encode())
    assert (root.tag, root.attrib, len(root)) == ("rss", {"version": "2.0"}, 1)
    return root[0]


def items(site, path, **params):
    seen = get(site, path, **params)
    assert seen.status == 200
    return [{part.tag: part.text for part in item} for item in channel(seen).iter("item")]


def guids(site, **params):
    overview.forget_cache()
    return [item["guid"] for item in items(site, "/sources/crossref.rss", **params)]


def ago(days: int) -> str:
    return (TODAY - dt.timedelta(days=days)).isoformat()


def test_a_feed(site_with_works):
    seen = get(site_with_works, "/sources/crossref.rss")
    assert seen.status == 200
    assert seen.text == (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        "<title>Lagotto: most-cited articles in CrossRef</title>"
        "<link>http://localhost/sources/crossref</link>"
        "<description>Lagotto: most-cited articles in CrossRef</description>"
        "<item><title>Gamma</title><description>8 CrossRef events</description>"
        "<pubDate>Wed, 15 Jan 2014 00:00:00 +0000</pubDate>"
        "<link>http://dx.doi.org/10.5555/gamma,3</link>"
        '<guid isPermaLink="false">10.5555/gamma,3</guid></item>'
        "<item><title>Alpha</title><description>2 CrossRef events</description>"
        "<pubDate>Tue, 06 Mar 2012 00:00:00 +0000</pubDate>"
        "<link>http://dx.doi.org/10.5555/alpha.1</link>"
        '<guid isPermaLink="false">10.5555/alpha.1</guid></item>'
        "</channel></rss>"
    )


def test_the_case_of_the_name_does_not_matter(site_with_works):
    assert items(site_with_works, "/sources/CiteULike.rss")[0]["guid"] == ALPHA


@pytest.mark.parametrize("key", [None, "", "nope", "kusr"])
def test_a_private_source_is_hidden_from_visitors(site_with_works, key):
    seen = site_with_works.get("/sources/wos.rss", key=key)
    assert seen.status == 404
    assert seen.text == get(site_with_works, "/sources/nosuch.rss").text


def test_a_private_source_is_shown_to_staff(site_with_works):
    told = items(site_with_works, "/sources/wos.rss", api_key="kstf")
    assert [item["description"] for item in told] == ["5 Web of Science events"]
    token = {"Authorization": "Token token=kadm"}
    assert site_with_works.ask("GET", "/sources/wos.rss", token).status == 200


def test_a_key_that_shows_a_private_source_is_logged(site_with_works):
    for key, path in (("kusr", "wos"), ("kstf", "wos"), ("kstf", "crossref")):
        site_with_works.get(f"/sources/{path}.rss", key=key)
    (logged,) = requests.newest(TODAY)
    assert (logged.key_hash, logged.source, logged.ids) == (
        *(keys.hash_of("kstf"), "wos"),
        "SourcesController",
    )


def test_one_event_is_singular(site):
    install("citeulike", "CiteULike", "saved")
    add(work(ALPHA, "2012-03-06"))
    keep("citeulike", ALPHA, 1)
    (item,) = items(site, "/sources/citeulike.rss")
    assert item["description"] == "1 CiteULike event"


def test_a_source_that_there_is_not(site):
    seen = get(site, "/sources/nosuch.rss")
    assert seen.status == 404
    found = channel(seen)
    assert found.findtext("title") == "Lagotto: source not found"
    assert found.findtext("link") == "http://localhost/"
    assert found.find("item") is None


def test_a_source_that_is_not_installed_has_an_empty_feed(site):
    found = channel(get(site, "/sources/crossref.rss"))
    assert found.findtext("title") == "Lagotto: most-cited articles in CrossRef"
    assert found.find("item") is None


def test_the_address_behind_a_gateway(site_with_works):
    def link(host: str, **more: str) -> str:
        headers = {"Host": host, "X-Forwarded-Proto": "https", **more}
        seen = site_with_works.ask("GET", "/sources/crossref.rss", headers)
        return channel(seen).findtext("link")

    assert link("alm.example.org") == "https://alm.example.org/sources/crossref"
    assert link("alm.example.org:8080") == "https://alm.example.org:8080/sources/crossref"
    assert link("a<b>.example.org") == "https://localhost/sources/crossref"
    assert link("x", **{"X-Forwarded-Proto": "gopher"}) == "http://x/sources/crossref"


def test_at_most_25_the_most_events_first(site):
    install("crossref", "CrossRef", "cited")
    dois = [f"10.5555/{number}" for number in range(40)]
    add(*(work(doi, "2012-03-06") for doi in dois))
    for number, doi in enumerate(dois):
        keep("crossref", doi, number * 3 % 40)
    counts = [int(item["description"].split()[0]) for item in items(site, "/sources/crossref.rss")]
    assert counts == list(range(39, 14, -1))
    recent = items(site, "/sources/crossref.rss", days="9999")
    assert [int(item["description"].split()[0]) for item in recent] == counts


def recent_works() -> None:
    install("crossref", "CrossRef", "cited")
    for days, count in ((0, 1), (5, 3), (6, 9), (45, 5), (400, 99)):
        add(work(f"10.5555/{days}", ago(days)))
        keep("crossref", f"10.5555/{days}", count)


@pytest.mark.parametrize("few", [0, 2000])
def test_days_and_months(site, monkeypatch, few):
    """Both ways of finding the works that were published lately."""
    monkeypatch.setattr(charts, "FEW_WORKS", few)
    recent_works()
    everything = [f"10.5555/{days}" for days in (400, 6, 45, 5, 0)]
    assert guids(site) == everything
    assert guids(site, days="5") == ["10.5555/5", "10.5555/0"]
    assert guids(site, days="6") == ["10.5555/6", "10.5555/5", "10.5555/0"]
    assert guids(site, days="0") == ["10.5555/0"]
    assert guids(site, months="1") == ["10.5555/6", "10.5555/5", "10.5555/0"]
    assert guids(site, months="2") == everything[1:]
    assert guids(site, days="5", months="2") == ["10.5555/5", "10.5555/0"]
    assert guids(site, days="999999999") == guids(site, months="999999999") == everything
    for odd in ("", "x", "-5", "9" * 40):
        assert guids(site, days=odd) == everything
        assert guids(site, days=odd, months="1") == ["10.5555/6", "10.5555/5", "10.5555/0"]


@pytest.mark.parametrize(("length", "rows"), [(2, 20_000), (2, 1), (4, 20_000)])
def test_long_lists_are_walked_and_given_up(site, monkeypatch, length, rows):
    monkeypatch.setattr(charts, "FEW_WORKS", 0)
    monkeypatch.setattr(charts, "WALKED_ROWS", rows)
    recent_works()
    first = TODAY - dt.timedelta(days=50)
    found = charts.most_cited("crossref", first, length)
    assert [item.count for item in found] == [9, 5, 3, 1][:length]


@pytest.mark.parametrize(
    ("today", "months", "first"),
    [
        ("2014-03-31", "1", "2014-02-28"),
        ("2016-03-31", "1", "2016-02-29"),
        ("2014-03-15", "3", "2013-12-15"),
        ("2014-12-31", "12", "2013-12-31"),
        ("2014-01-31", "1", "2013-12-31"),
        ("2014-07-31", "1", "2014-06-30"),
        ("2014-07-31", "0", "2014-07-31"),
        ("2014-07-31", "24162", "0001-01-31"),
        ("2014-07-31", "24163", "0001-01-01"),
    ],
)
def test_months_are_those_of_the_calendar(today, months, first):
    found = rss.since({"months": months}, dt.date.fromisoformat(today))
    assert found == dt.date.fromisoformat(first)


def test_texts_are_escaped_and_what_xml_cannot_hold_is_left_out():
    title = 'a\x00\x0b\ud800\ufffe<i>b</i> & "c" ]]> \N{SNOWMAN} \U0001f600'
    odd = Work(
        key="doi:10.5555/a", doi="10.5555/<a>&#?%\x1f", title=title, issued=PartialDate(2013)
    )
    root = ET.fromstring(rss.feed("<&>\x00", "http://a/?b&c", [rss.Item(odd, 2)]).encode())
    item = root[0].find("item")
    assert root[0].findtext("title") == "Lagotto: most-cited articles in <&>"
    assert root[0].findtext("link") == "http://a/?b&c"
    assert item.findtext("title") == 'a<i>b</i> & "c" ]]> \N{SNOWMAN} \U0001f600'
    assert item.findtext("description") == "2 <&> events"
    assert item.findtext("pubDate") == "Tue, 01 Jan 2013 00:00:00 +0000"
    assert item.findtext("link") == "http://dx.doi.org/10.5555/%3Ca%3E&%23%3F%25%1F"
    assert item.findtext("guid") == "10.5555/<a>&#?%"


def test_works_without_a_doi():
    page = "http://example.org/a"
    plain = Work(key="pmid:1", title="T", issued=PartialDate(2013), pmid="1", canonical_url=page)
    bare = Work(key="pmid:2", title="T", issued=PartialDate(2013), pmid="2")
    root = ET.fromstring(rss.feed("S", "http://a", [rss.Item(plain, 1), rss.Item(bare, 1)]))
    first, second = root.iter("item")
    assert (first.findtext("link"), first.findtext("guid")) == (page, "pmid:1")
    assert second.find("link") is None


def test_headers_and_conditional_requests(site_with_works):
    seen = get(site_with_works, "/sources/crossref.rss")
    assert seen.headers["cache-control"] == "max-age=0, private, must-revalidate"
    assert seen.headers["x-content-type-options"] == "nosniff"
    etag = {"If-None-Match": seen.headers["etag"]}
    assert site_with_works.ask("GET", "/sources/crossref.rss", etag).status == 304
    head = site_with_works.ask("HEAD", "/sources/crossref.rss")
    assert (head.status, head.text) == (200, "")
    assert "etag" not in get(site_with_works, "/sources/nosuch.rss").headers


def test_a_post_reads_only_if_it_says_so(site_with_works):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    overridden = site_with_works.ask(
        "POST", "/sources/crossref.rss", form | {"X-HTTP-Method-Override": "GET"}, b"days=1"
    )
    assert channel(overridden).find("item") is None
    plain = site_with_works.ask("POST", "/sources/crossref.rss", form, b"days=1")
    assert (plain.status, plain.headers["location"]) == (302, "/")


def test_the_page_of_a_source_is_its_documentation(site):
    seen = get(site, "/sources/crossref")
    assert (seen.status, seen.headers["location"]) == (302, "/docs/sources/crossref")
    assert get(site, seen.headers["location"]).status == 200


@pytest.mark.parametrize("name", ["nosuch", "crossref.atom", "..", ".rss2"])
def test_pages_that_there_are_not(site, name):
    seen = get(site, f"/sources/{name}")
    assert (seen.status, seen.headers["location"], seen.text) == (302, "/", "")
    told = site.ask("GET", f"/sources/{name}", {"Accept": "application/json"})
    error = '{"error":"The page you are looking for doesn\'t exist."}'
    assert (told.status, told.text) == (404, error)
    assert get(site, f"/sources/{name}.json").text == error


@pytest.mark.parametrize("path", ["/heartbeat", "/oembed", "/sources/crossref.rss", "/admin", "/"])
def test_verbs_that_a_path_does_not_have(site, path):
    error = '{"error":"The page you were looking for doesn\'t exist."}'
    for verb in ("PUT", "PATCH", "DELETE"):
        seen = site.ask(verb, path)
        assert (seen.status, seen.text) == (404, error)
    posted = site.ask("POST", path, {"Accept": "text/html,*/*"})
    assert (posted.status, posted.headers["location"]) == (302, "/")
    told = site.ask("POST", path, {"Accept": "application/json"})
    assert (told.status, told.text) == (404, error)


def test_51_redirects(site):
    seen = get(site, "/admin/sources")
    assert (seen.status, seen.headers["location"]) == (301, "/sources")
    assert get(site, "/admin").headers["location"] == "/status"
    start = get(site, "/")
    assert (start.status, start.headers["location"]) == (302, "/docs/sources")


@pytest.mark.parametrize(
    "name", ["%2F%2Fevil.example.org", "%5Cevil.example.org", "a%0D%0ASet-Cookie:b", "%252F%252Fe"]
)
def test_a_redirect_never_leaves_the_site(site, name):
    location = get(site, f"/admin/{name}").headers["location"]
    assert location[0] == "/" and location[1:].isascii()
    assert not set(location[1:]) & set("/\\\r\n:")


def test_what_is_kept_for_a_minute_does_not_grow(site_with_works, monkeypatch):
    monkeypatch.setattr(overview, "_KEPT_LIMIT", 3)
    for days in range(10):
        get(site_with_works, "/sources/crossref.rss", days=days)
        assert len(overview._kept) <= 3
