"""GET /articles/<id>: item 51 of the contract, what readers see, and what visitors must not."""

import datetime as dt
import re
from urllib.parse import quote

import pytest
from botocore.client import BaseClient

from chalicelib import article_page, identifiers, overview
from chalicelib.answers import Request
from chalicelib.feed import Publisher
from chalicelib.lagotto import ArticleView, SourceEntry
from chalicelib.model import Metrics, PartialDate, Work
from chalicelib.public import get_article
from chalicelib.store import alerts, publishers
from chalicelib.store import works as stored_works
from chalicelib.store.alerts import Alert
from tests.contract import ALPHA, BETA, UUID, contract_site
from tests.test_documentation import Reader
from tests.visiting import NOW, add, install, keep, work

PAGE = f"/articles/info:doi/{ALPHA}"
HTML = {"Accept": "text/html,application/xhtml+xml"}
JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def site(_aws):
    """The contract's data, and an alert about its first article."""
    with contract_site() as site:
        install("wikipedia", "Wikipedia", "discussed")
        install("hypothesis", "Hypothes.is", "discussed")
        install("nature", "Nature Blogs", "discussed", state="retired")
        keep("wikipedia", ALPHA, 0)
        about = {"source": "crossref", "work_key": f"doi:{ALPHA}"}
        alerts.put(Alert(class_name="OddError", message="an alert's text", **about), NOW)
        publishers.put_all([Publisher(id="340", name="Example <Press>", agency="crossref")], NOW)
        yield site


def get(site, path=PAGE, headers=None):
    return site.ask("GET", path, {**HTML, **(headers or {})})


def shown(page):
    """The text of a page, with its blanks made one."""
    return re.sub(r"\s+", " ", " ".join(Reader(page).texts))


def entry(name="crossref", group="cited", metrics=None, **more):
    return SourceEntry(name, name.title(), group, NOW, metrics=metrics, **more)


def page_of(*entries, work=None, root="", hidden=(), idle=()):
    work = work or Work(key="doi:10.5/a", doi="10.5/a", title="T", issued=PartialDate(2012))
    view = ArticleView(work=work, updated_at=NOW, entries=entries)
    return article_page.page(
        view, hidden=hidden, idle=idle, cited_by="crossref", publisher="", root=root
    )


def titled(title, **more):
    return Work(key="doi:10.5/a", doi="10.5/a", title=title, issued=PartialDate(2012), **more)


def test_51_the_page_and_its_oembed_link(site):
    seen = get(site)
    assert (seen.status, seen.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (
        '<link rel="alternate" type="application/json+oembed" '
        'href="/oembed?url=/articles/info:doi/10.5555/alpha.1" title="Article oEmbed Profile" />'
    ) in seen.text
    unknown = get(site, "/articles/info:doi/x")
    assert (unknown.status, unknown.headers["location"], unknown.text) == (302, "/", "")


def test_what_an_article_is(site):
    page = get(site).text
    text = shown(page)
    assert "<h1>Alpha</h1>" in page and "<title>Alpha – Lagotto</title>" in page
    assert '<time datetime="2012-03-06">March 6, 2012</time>' in page
    assert "Example &lt;Press&gt;" in page
    links = Reader(page).links
    assert "http://dx.doi.org/10.5555/alpha.1" in links
    assert "https://pubmed.ncbi.nlm.nih.gov/111/" in links
    assert "https://pmc.ncbi.nlm.nih.gov/articles/PMC222/" in links
    for count, name in ((37, "Viewed"), (13, "Saved"), (3, "Discussed"), (2, "Cited")):
        assert f"{count} {name}" in text


def test_groups_come_in_the_order_of_the_page_and_sources_link_to_what_they_count(site):
    page = get(site).text
    groups = re.findall(r'<h2 class="group">(\w+)</h2>', page)
    assert groups == ["Viewed", "Cited", "Saved", "Discussed"]
    names = re.findall(r'<h3><a href="/docs/sources/(\w+)">', page)
    assert names == ["counter", "pmc", "crossref", "citeulike", "mendeley", "facebook"]
    assert 'Asked <time datetime="2014-11-07T10:00:00Z">November 7, 2014</time>' in page


def test_views_are_split_into_html_and_pdf_each_with_its_years(site):
    (counter,) = re.findall(r'<h3><a href="/docs/sources/counter".*?(?=<h3>)', get(site).text)
    assert '<p class="number">30</p>' in counter
    assert re.findall(r"<p>(HTML|PDF): <b>(\d+)</b>", counter) == [("HTML", "18"), ("PDF", "10")]
    assert counter.count('<table class="years">') == 2
    assert re.findall(r"<td>(\d+)<", counter) == ["18", "10"]


def test_sources_without_events_say_why(site):
    text = shown(get(site).text)
    assert "Asked, nothing found Wikipedia November 7, 2014" in text
    assert "Not asked yet Hypothes.is" in text
    assert "Not asked, because not active Nature Blogs" in text


def test_48_a_visitor_sees_no_private_source_no_key_and_no_alert(site):
    for path in (PAGE, f"{PAGE}?api_key=kadm"):
        page = get(site, path, {"x-api-key": "kadm"}).text
        for secret in ("Web of Science", "wos", "kadm", "kusr", "OddError", "an alert's", "alert&"):
            assert secret not in page
        assert "<script" not in page


def test_a_page_without_any_number(site):
    text = shown(get(site, f"/articles/info:doi/{quote(BETA)}").text)
    assert "No source has counted anything yet." in text
    assert "0 Viewed" in text and "Not asked yet Counter" in text


@pytest.mark.parametrize(
    "path",
    [
        f"/articles/{ALPHA}",
        f"/articles/info:doi/{ALPHA}.html",
        f"/articles/{ALPHA}.js",
        "/articles/10.5555/ALPHA.1",
        "/articles/info%3Adoi%2F10.5555%2Falpha.1",
        "/articles/info%3Adoi%2F10.5555%252Falpha.1",
        "/articles/http%3A%2F%2Fdx.doi.org%2F10.5555%2Falpha.1",
        "/articles/info:pmid/111",
        "/articles/info:pmcid/PMC222",
        f"/articles/info:mendeley/{UUID}",
    ],
)
def test_2_1_any_spelling_of_the_identifier(site, path):
    assert "<h1>Alpha</h1>" in get(site, path).text


@pytest.mark.parametrize(
    ("method", "headers", "status", "error"),
    [
        ("GET", JSON, 404, "The page you are looking for doesn't exist."),
        ("HEAD", HTML, 302, None),
        ("POST", HTML, 302, None),
        ("POST", JSON, 404, "The page you were looking for doesn't exist."),
        ("DELETE", HTML, 404, "The page you were looking for doesn't exist."),
    ],
)
def test_8_6_articles_that_there_are_not(site, method, headers, status, error):
    seen = site.ask(method, "/articles/info:doi/10.5555/nosuch", headers)
    assert seen.status == status
    assert (seen.json["error"] if seen.text else None) == error


def test_verbs_and_conditional_requests(site):
    etag = get(site).headers["etag"]
    again = get(site, headers={"If-None-Match": etag})
    assert (again.status, again.text) == (304, "")
    head = site.ask("HEAD", PAGE, HTML)
    assert (head.status, head.text, head.headers["etag"]) == (200, "", etag)
    assert site.ask("OPTIONS", PAGE).status == 200
    assert site.ask("PUT", PAGE, HTML).status == 404
    assert get(site).headers["content-security-policy"].startswith("default-src 'none'")


def test_pages_are_kept_for_a_minute_found_or_not(site, monkeypatch):
    paths = (PAGE, "/articles/info:doi/10.5555/nosuch")
    before = [get(site, path).text for path in paths]
    monkeypatch.setattr(stored_works, "find", lambda *_, **__: pytest.fail("a table was read"))
    assert [get(site, path).text for path in paths] == before


def test_behind_a_stage_all_links_begin_with_it(site):
    overview.forget_cache()
    request = Request(
        method="GET", path=PAGE, headers={"host": "a1.execute-api.eu.amazonaws.com"}, stage="api"
    )
    links = [link for link in Reader(get_article(request).body.decode()).links if link[0] == "/"]
    assert links and all(link.startswith("/api/") for link in links)
    assert f"/api/oembed?url=/articles/info:doi/{ALPHA}" in links


@pytest.mark.parametrize(
    "doi",
    ["10.1002/(SICI)1<1::A>3.0.CO;2-#", "10.5555/a?b&c=d", "10.5555/a+b", "10.5555/50%", "10.5/ä"],
)
def test_odd_dois_lead_from_the_page_to_the_box_and_back(site, doi):
    add(work(doi, "2012", f"About {doi}"))
    page = get(site, f"/articles/{identifiers.to_path('doi', doi)}").text
    own = next(link for link in Reader(page).links if link.startswith("/articles/"))
    box = next(link for link in Reader(page).links if link.startswith("/oembed?"))
    assert get(site, own).text == page
    assert site.ask("GET", box).json["title"] == f"About {doi}"


def test_titles_keep_their_tags_and_nothing_else_is_markup():
    page = page_of(work=titled("<i>A</i> &lt; b &amp; c & d <sub>2</sub>"))
    assert "<h1><i>A</i> &lt; b &amp; c &amp; d <sub>2</sub></h1>" in page
    assert "<title>A &lt; b &amp; c &amp; d 2 – Lagotto</title>" in page
    evil = page_of(
        entry(metrics=Metrics.of(citations=1), events_url='https://a/"onclick="x'),
        work=titled('<img src=x onerror=alert(1)>"', canonical_url="javascript:alert(1)"),
    )
    assert "<img" not in evil and 'onclick="x' not in evil
    assert "javascript:alert(1)" in shown(evil)
    assert not any(link.startswith("javascript") for link in Reader(evil).links)


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", " javascript:x", "data:text/html,x", "//evil", "ftp://a/b"]
)
def test_only_web_addresses_become_links(address):
    counted = entry(metrics=Metrics.of(citations=1200), events_url=address)
    page = page_of(counted, work=titled("T", canonical_url=address))
    assert address not in Reader(page).links
    assert '<p class="number">1,200</p>' in page
    linked = page_of(counted._replace(events_url="HTTPS://a/?b&c"))
    assert '<a href="HTTPS://a/?b&amp;c" rel="noreferrer nofollow">1,200</a>' in linked


def test_hidden_sources_count_in_the_signposts_only():
    hidden = entry("counter", "viewed", Metrics(total=5))
    page = page_of(hidden, entry(metrics=Metrics.of(citations=2)), hidden={"counter"})
    assert "5 Viewed" in shown(page) and "Counter" not in page


def test_years_begin_with_the_first_count_and_columns_are_scaled():
    months = [
        {"year": year, "month": 1, "total": total}
        for year, total in ((2010, 0), (2011, 4), (2012, 0), (2013, 8))
    ]
    page = page_of(entry(metrics=Metrics.of(citations=12), by_month=months))
    assert re.findall(r'<th scope="col">(\d+)<', page) == ["2011", "2012", "2013"]
    assert re.findall(r"<td>(\d+)<span style=\"height:(\d+)px", page) == [
        ("4", "24"),
        ("0", "0"),
        ("8", "48"),
    ]
    assert '<table class="years">' not in page_of(entry(metrics=Metrics.of(citations=12)))


def test_groups_that_are_unknown_come_last():
    page = page_of(
        entry("b", "zzz", Metrics(total=1)),
        entry("a", "results", Metrics(total=1)),
        entry("c", "recommended", Metrics(total=1)),
    )
    assert re.findall(r'class="group">(\w+)', page) == ["Recommended", "Results", "Zzz"]


def test_works_without_a_doi():
    page = page_of(work=Work(key="pmid:7", title="T", issued=PartialDate(2012, 3), pmid="7"))
    assert 'href="/oembed?url=/articles/info:pmid/7"' in page
    assert "March 2012" in page and "DOI" not in shown(page)


def test_a_publisher_that_nobody_told_is_a_number(site):
    add(work("10.5555/other", "2012", "Other", publisher_id=999), at=NOW + dt.timedelta(hours=1))
    assert "Crossref member 999" in get(site, "/articles/10.5555/other").text


def test_a_page_takes_two_reads(site, monkeypatch):
    overview.forget_cache()
    get(site)  # sources and publishers are kept for a minute
    overview._kept.pop(f"article  {PAGE}")
    reads = []
    make = BaseClient._make_api_call

    def count(self, operation, arguments):
        reads.append(operation)
        return make(self, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", count)
    assert get(site).status == 200
    assert reads == ["BatchGetItem", "BatchGetItem"]
