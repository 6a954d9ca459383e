"""GET /oembed, beyond item 50 of the contract: addresses, dates, sizes, formats, escaping."""

import datetime as dt
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from chalicelib import oembed, public, settings
from chalicelib.answers import Request, redirect
from chalicelib.model import Metrics, PartialDate, Result, Work
from tests.test_documentation import Reader
from tests.visiting import NOW, add, install, keep, work

ALPHA, BETA, GAMMA = "10.5555/alpha.1", "10.5555/beta(2)", "10.5555/gamma,3"
UUID = "aaaaaaaa-0000-0000-0000-000000000001"
PAGE = f"http://alm.example.org/articles/info:doi/{ALPHA}"
KEYS = ["type", "version", "width", "height", "provider_name", "provider_url", "title"]
KEYS += ["html", "url"]
NOT_FOUND = '{"error":"No article found."}'
NO_COUNTS = dict.fromkeys(("viewed", "saved", "discussed", "cited"), 0)


@pytest.fixture
def articles(site):
    """The test data of the contract, as far as boxes show it."""
    install("counter", "Counter", "viewed", usage=True)
    install("pmc", "PubMed Central Usage Stats", "viewed", usage=True)
    install("citeulike", "CiteULike", "saved")
    install("mendeley", "Mendeley", "saved")
    install("facebook", "Facebook", "discussed")
    install("crossref", "CrossRef", "cited")
    install("wos", "Web of Science", "cited", private=True)
    add(work(ALPHA, "2012-03-06", "Alpha", pmid="111", pmcid="222", mendeley_uuid=UUID))
    add(work(BETA, "2013", "Beta", pmid="112"), work(GAMMA, "2014-01-15", "Gamma"))
    keep("counter", ALPHA, Result(metrics=Metrics(total=30, pdf=10, html=18)), usage=True)
    keep("pmc", ALPHA, Result(metrics=Metrics(total=7, pdf=2, html=5)), usage=True)
    keep("citeulike", ALPHA, Result(metrics=Metrics.of(readers=4)))
    keep("mendeley", ALPHA, Result(metrics=Metrics.of(readers=8, groups=1)))
    keep("facebook", ALPHA, Result(metrics=Metrics.of(readers=1, comments=1, likes=1)))
    keep("crossref", ALPHA, 2)
    keep("wos", ALPHA, 5)
    keep("crossref", GAMMA, 8)
    return site


def get(site, url=PAGE, **params):
    return site.get("/oembed", key=None, url=url, **params)


def found(site, url):
    """The DOI of the article that is found, None for none."""
    seen = get(site, url)
    if seen.status == 404:
        assert seen.text == NOT_FOUND
        return None
    return seen.json["url"].removeprefix("http://dx.doi.org/")


def box(work: Work, **counts: int) -> str:
    made = oembed.document(
        work, NO_COUNTS | counts, width=1, height=1, provider="P", provider_url="http://p"
    )
    return made["html"]


def test_another_format_is_not_implemented(articles):
    odd = get(articles, format="yaml")
    assert odd.status == 501 and odd.json["error"]


def test_no_counts_and_partial_dates(articles):
    html = get(articles, f"/articles/{BETA}").json["html"]
    assert "signpost" not in html.partition("</style>")[2]
    assert 'data-datetime="2013-01-01T00:00:00Z">2013. <a' in html
    assert "rft_date=2013&" in html.replace('"', "&")
    only = get(articles, f"/articles/{GAMMA}").json["html"].partition("</style>")[2]
    assert re.findall(r">(\w+: \d+)<", only) == ["Cited: 8"]
    march = Work(key="doi:10.5/a", doi="10.5/a", title="T", issued=PartialDate(2012, 3))
    assert 'data-datetime="2012-03-01T00:00:00Z">March 2012. <a' in box(march)
    assert "rft_date=2012-03&quot;" not in box(march) and "rft_date=2012-03" in box(march)


@pytest.mark.parametrize(
    "url",
    [
        PAGE,
        f"https://other.example.org:8080/articles/info:doi/{ALPHA}",
        f"//host/articles/{ALPHA}",
        f"/articles/info:doi/{ALPHA}",
        f"articles/info:doi/{ALPHA}",
        f"/articles/{ALPHA}",
        f"/articles/{ALPHA}?utm_source=x",
        f"/articles/{ALPHA}#top",
        f"/articles/{ALPHA}.html",
        f"/articles/{ALPHA}/",
        "/articles/10.5555/ALPHA.1",
        "/articles/info:doi/10.5555%2Falpha.1",
        "/articles/info%3Adoi%2F10.5555%252Falpha.1",
        quote(PAGE, safe=""),
        "/articles/http%3A%2F%2Fdx.doi.org%2F10.5555%2Falpha.1",
        f"/articles/http:/dx.doi.org/{ALPHA}",
        "/articles/info:pmid/111",
        "/articles/info:pmcid/PMC222",
        "/articles/info:pmcid/222",
        f"/articles/info:mendeley/{UUID}",
    ],
)
def test_addresses(articles, url):
    assert found(articles, url) == ALPHA


def test_an_address_that_is_not_escaped(articles):
    assert articles.ask("GET", f"/oembed?url={PAGE}&maxwidth=9").json["title"] == "Alpha"


@pytest.mark.parametrize(
    "doi", ["10.1002/(SICI)1<1::A>3.0.CO;2-#", "10.5555/a?b", "10.5555/a+b", "10.5555/a.html"]
)
def test_odd_dois(site, doi):
    add(work(doi, "2012"))
    page = f"http://host/articles/info:doi/{quote(doi, safe='')}"
    assert get(site, page).status == 200
    assert get(site, f"{page}?x=1#y").status == 200
    assert get(site, f"/articles/{doi}").status == 200


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "/",
        "/status",
        "/articles",
        "/articles/",
        "/articles/new",
        "/sources/crossref",
        f"/api/v5/articles/{ALPHA}",
        f"http://hostarticles/{ALPHA}",
        "/articles/info:doi/10.5555/nosuch",
        "/articles/info:pmid/999",
        "/articles/%00%ff%ED%A0%80",
        "/articles/" + "9" * 5000,
        "javascript:alert(1)",
    ],
)
def test_unknown_articles(articles, url):
    assert found(articles, url) is None
    seen = get(articles, url, format="xml")
    assert (seen.status, seen.text) == (404, "<error>No article found.</error>")
    assert seen.headers["content-type"] == "application/xml; charset=utf-8"


def test_no_url(articles):
    seen = articles.ask("GET", "/oembed")
    assert (seen.status, seen.text) == (404, NOT_FOUND)
    assert seen.headers["cache-control"] == "no-cache"


def test_of_several_articles_the_one_that_was_added_first(site):
    add(work("10.5555/second", "2012", pmid="7"), at=NOW)
    add(work("10.5555/first", "2013", pmid="7"), at=NOW - dt.timedelta(days=300))
    assert found(site, "/articles/info:pmid/7") == "10.5555/first"


@pytest.mark.parametrize(
    ("text", "width"),
    [("474", 474), ("474.9", 474), ("474px", 474), (" 20", 20), ("0", 0)]
    + [(text, 600) for text in ("", "x", "-5", "9" * 30)],
)
def test_sizes(articles, text, width):
    seen = get(articles, maxwidth=text, maxheight=text).json
    assert (seen["width"], seen["height"]) == (width, 100 if width == 600 else width)


@pytest.mark.parametrize(
    ("wanted", "accept", "is_xml"),
    [
        (None, "", False),
        (None, "application/xml", True),
        (None, "application/xml;q=0.9, */*;q=0.1", True),
        (None, "application/json, application/xml", False),
        (None, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        (None, "text/xml", False),
        ("json", "application/xml", False),
        ("", "application/xml", True),
        ("XML", "", True),
    ],
)
def test_formats(wanted, accept, is_xml):
    wish = oembed.BOX.read({} if wanted is None else {"format": wanted})
    assert oembed.is_xml(wish.format, accept) is is_xml


def test_the_header_accept_is_read(articles):
    url = f"/oembed?{urlencode({'url': PAGE})}"
    assert articles.ask("GET", url, {"Accept": "application/xml"}).text.startswith("<?xml")


def test_there_is_no_jsonp(articles):
    assert json.loads(get(articles, callback="f").text)["type"] == "rich"


def test_headers_and_conditional_requests(articles):
    seen = get(articles)
    assert seen.headers["access-control-allow-origin"] == "*"
    assert seen.headers["cache-control"] == "max-age=0, private, must-revalidate"
    etag = {"If-None-Match": seen.headers["etag"]}
    url = f"/oembed?{urlencode({'url': PAGE})}"
    assert articles.ask("GET", url, etag).status == 304
    assert articles.ask("GET", f"{url}&maxwidth=5", etag).status == 200
    assert articles.ask("HEAD", url).text == ""
    assert articles.ask("OPTIONS", url).status == 200


def test_texts_are_escaped(site):
    title = 'A <i>b</i> <script>alert(1)</script> & "c" &lt; <b onclick=x> \x0b'
    doi = "10.5555/\"><script>alert('1')</script>"
    odd = Work(key=f"doi:{doi}", doi=doi, title=title, issued=PartialDate(2012))
    html = box(odd).partition("</style>")[2]
    assert re.findall(r"<(\w+)[^>]*>", html) == ["blockquote", "h4", "i", "p", "a", "p", "span"]
    read = Reader(html)
    assert read.texts[:3] == ["A ", "b", ' <script>alert(1)</script> & "c" < <b onclick=x> ']
    assert read.links == ["http://dx.doi.org/10.5555/%22%3E%3Cscript%3Ealert('1')%3C/script%3E"]
    add(odd)
    seen = get(site, f"/articles/info:doi/{quote(doi, safe='')}", format="xml")
    told = ET.fromstring(seen.text.encode())
    assert told.findtext("title") == title.removesuffix("\x0b")
    assert "<script" not in told.findtext("html")


def test_a_work_without_a_doi():
    page = "http://example.org/?a&b"
    plain = Work(key="pmid:1", title="T", issued=PartialDate(2013), pmid="1", canonical_url=page)
    assert '<a href="http://example.org/?a&amp;b">' in box(plain)
    assert "rft_id" not in box(plain)
    bare = Work(key="pmid:1", title="T", issued=PartialDate(2013), pmid="1")
    assert "<a " not in box(bare)
    made = oembed.document(
        bare, NO_COUNTS, width=1, height=1, provider="P", provider_url="http://p"
    )
    assert made["url"] is None and oembed.as_xml(made).endswith("<url></url></oembed>")


def test_the_site_s_name(articles, monkeypatch):
    monkeypatch.setenv("LAGOTTO_SITE_NAME", "PLOS <ALM>")
    settings.load.cache_clear()
    seen = articles.ask(
        "GET", f"/oembed?{urlencode({'url': PAGE})}", {"Host": "alm.example.org"}
    ).json
    monkeypatch.undo()
    settings.load.cache_clear()
    assert (seen["provider_name"], seen["provider_url"]) == ("PLOS <ALM>", "http://alm.example.org")


def test_the_stage_stands_before_every_path_where_the_domain_is_the_gateway_s():
    host = "abc123.execute-api.eu-west-1.amazonaws.com"
    headers = {"host": host, "x-forwarded-proto": "https"}
    behind = Request(method="GET", path="/admin/x", headers=headers, stage="api")
    assert behind.site == f"https://{host}/api"
    assert redirect(behind, "/x").headers["Location"] == "/api/x"
    assert public.send_on(behind, "x").headers["Location"] == "/api/x"
    own = Request(method="GET", path="/x", headers={"host": "[::1]:8080"}, stage="api")
    assert (own.root, own.site) == ("", "http://[::1]:8080")


@pytest.mark.parametrize("root", ["/api", ""])
@pytest.mark.parametrize(
    "origin", ["https://abc123.execute-api.eu-west-1.amazonaws.com", "", "//h"]
)
def test_the_stage_may_stand_before_the_path_of_a_page(origin, root):
    ids = list(oembed.article_ids(f"{origin}{root}/articles/{ALPHA}", "/api"))
    assert ids == [ALPHA]
    assert list(oembed.article_ids(f"{origin}/api/articles/{ALPHA}")) == []
    assert list(oembed.article_ids(f"{origin}/apis/articles/{ALPHA}", "/api")) == []


def test_a_box_of_a_page_s_own_address_behind_the_gateway_s_domain(articles):
    headers = {"host": "abc123.execute-api.eu-west-1.amazonaws.com"}
    asked = {"headers": headers, "stage": "api", "method": "GET"}
    site = Request(path="/", **asked).site
    box = Request(path="/oembed", query={"url": f"{site}/articles/info:doi/{ALPHA}"}, **asked)
    assert public.get_oembed(box).status == 200


def test_an_api_request_does_not_load_what_is_for_pages():
    code = (
        "import sys, app\n"
        "ours = ('public', 'oembed', 'rss', 'markup', 'charts', 'publishers', 'feed')\n"
        "print([name for name in ours if f'chalicelib.{name}' in sys.modules])"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
