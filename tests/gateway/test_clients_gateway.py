"""What known clients send, and what they make of the answers (``tests.clients``, api.md 13).

The plugin for OJS, which needs a setting, is in tests/test_conformance.py.
"""

import datetime as dt

import pytest

from tests.clients.alm_r import RAlm01, RAlm03, RAlm04
from tests.clients.almviz import Almviz
from tests.clients.others import AlmReport, ImpactStory, LagottoRb, WordPress
from tests.clients.pyalm import OlderPyalm, Pyalm
from tests.contract import ALPHA, BETA, GAMMA, ORDER, UUID, WRONG_KEY
from tests.gateway.site import GatewaySite
from tests.signing_in import ARTICLES, Client

pytestmark = pytest.mark.gateway

PUBLISHED = dt.datetime(2012, 3, 6)
CHANGED = dt.datetime(2014, 11, 7, 10)
#: The one event with a citation, as the R packages show it.
CITATION = {
    "doi": "10.5555/c1",
    "issn": "12345678",
    "article_title": "T",
    "journal_title": "J",
    "year": "2014",
    "fl_count": "0",
    "publication_type": "full_text",
}


# --- pyalm (13.1) ----------------------------------------------------------------------------


def test_pyalm_reads_articles(site: GatewaySite) -> None:
    read = Pyalm(site).get_alm([ALPHA, BETA], info="summary", type="doi")
    assert read.meta == {"total": 2, "total_pages": 1, "page": 1, "error": None}
    beta, alpha = read.articles
    assert (alpha.doi, alpha.title, alpha.pmid, alpha.pmcid) == (ALPHA, "Alpha", "111", "222")
    assert (alpha.mendeley_uuid, alpha.url) == (UUID, None)
    assert (alpha.viewed, alpha.saved, alpha.discussed, alpha.cited) == (37, 13, 3, 2)
    assert (alpha.issued, alpha.update_date) == (PUBLISHED, CHANGED)
    assert (beta.doi, beta.viewed) == (BETA, 0)
    assert not hasattr(alpha, "sources")


def test_pyalm_reads_sources_and_events(site: GatewaySite) -> None:
    (alpha,) = Pyalm(site).get_alm([ALPHA], info="detail").articles
    assert list(alpha.sources) == ORDER[:-1]
    counter, crossref = alpha.sources["counter"], alpha.sources["crossref"]
    assert (counter.metrics.total, counter.metrics.html, counter.metrics.pdf) == (30, 18, 10)
    assert (counter.metrics.readers, counter.metrics.shares) == (None, None)
    assert alpha.sources["citeulike"].by_month == [{"year": 2013, "month": 2, "total": 4}]
    assert [Pyalm.counter(event) for event in counter.events] == [
        {"year": 2013, "month": 1, "pdf_views": 10, "xml_views": 2, "html_views": 18}
    ]
    (citing,) = [Pyalm.crossref(event) for event in crossref.events]
    assert (citing.doi, citing.fl_count, citing.publication_year) == ("10.5555/c1", 0, 2014)
    assert citing.authors == [("G", "S", True, "first"), ("H", "U", False, "additional")]
    assert [entry["type"] for entry in crossref.events_csl] == ["article-journal"]


def test_pyalm_searches(site: GatewaySite) -> None:
    pyalm = Pyalm(site)
    found = pyalm.get_alm(info="summary", source="crossref", order="crossref", per_page=1, page=2)
    assert (found.meta["total"], found.meta["page"]) == (2, 2)
    assert [article.doi for article in found.articles] == [ALPHA]
    of_publisher = pyalm.get_alm(info="summary", publisher=340)
    assert [article.doi for article in of_publisher.articles] == [ALPHA]


def test_the_older_pyalm(site: GatewaySite) -> None:
    (alpha,) = OlderPyalm(site).get_alm(ALPHA, "history", "crossref,counter")
    assert (alpha.published, alpha.updated) == (PUBLISHED, CHANGED)
    assert (alpha.views, alpha.shares, alpha.bookmarks, alpha.citations) == (37, 3, 13, 2)
    assert alpha.totals == {"counter": 30, "crossref": 2}


# --- alm for R (13.2) ------------------------------------------------------------------------


def test_r_of_2014_with_v3(site: GatewaySite) -> None:
    alm = RAlm01(site)
    found = alm.alm(ALPHA, "detail", "crossref,mendeley")
    assert list(found) == ["mendeley", "crossref"]
    assert found["mendeley"]["metrics"]["groups"] == 1
    assert next(iter(found["crossref"]["events"][0])) == "event"
    assert list(alm.alm(BETA, "history", "pmc")) == ["pmc"]
    assert alm.alm_by_mendeley(UUID) == ALPHA
    assert alm.title(ALPHA) == "Alpha"


@pytest.mark.parametrize("package", [RAlm03, RAlm04])
def test_r_totals_and_details(site: GatewaySite, package: type[RAlm03]) -> None:
    alm = package(site)
    read = alm.alm_ids(ALPHA)
    assert read.meta == {"total": 1, "total_pages": 1, "page": 1, "error": None}
    totals = {name: metrics["total"] for name, metrics in read.data[ALPHA].totals.items()}
    assert list(totals.values()) == [30, 7, 4, 9, 3, 2]
    summary = alm.alm_ids(ALPHA, info="summary").data[ALPHA]
    assert summary.info["issued"] == "2012-03-6"
    assert summary.signposts == {
        "doi": ALPHA,
        "viewed": 37,
        "saved": 13,
        "discussed": 3,
        "cited": 2,
    }
    detail = alm.alm_ids(ALPHA, info="detail").data[ALPHA]
    assert detail.by_year == [
        {"year": 2013, "pdf": 10, "html": 18, "source": "counter"},
        {"year": 2014, "pdf": 2, "html": 5, "source": "pmc"},
        {"year": 2013, "total": 4, "source": "citeulike"},
        {"year": 2014, "total": 9, "source": "mendeley"},
        {"year": 2014, "total": 3, "source": "facebook"},
        {"year": 2014, "total": 2, "source": "crossref"},
    ]


@pytest.mark.parametrize("package", [RAlm03, RAlm04])
def test_r_several_ids(site: GatewaySite, package: type[RAlm03]) -> None:
    alm = package(site)
    assert list(alm.alm_ids(ALPHA, BETA).data) == [BETA, ALPHA]
    both = alm.alm_ids(ALPHA, "10.5555/nosuch", info="summary")
    assert (both.meta["total"], list(both.data)) == (1, [ALPHA])


def test_r_many_ids_and_one_source(site: GatewaySite) -> None:
    unknown = [f"10.5555/nosuch.{number}" for number in range(49)]
    read = RAlm03(site).alm_ids(ALPHA, *unknown, BETA, source="crossref")
    shown = {
        doi: {n: m["total"] for n, m in told.totals.items()} for doi, told in read.data.items()
    }
    assert shown == {ALPHA: {"crossref": 2}, BETA: {"crossref": 0}}


@pytest.mark.parametrize(
    ("kind", "identifier"),
    [("pmid", "111"), ("pmcid", "PMC222"), ("pmcid", "222"), ("mendeley_uuid", UUID)],
)
def test_r_other_identifiers(site: GatewaySite, kind: str, identifier: str) -> None:
    assert list(RAlm03(site).alm_ids(identifier, kind=kind).data) == [ALPHA]


@pytest.mark.parametrize("package", [RAlm03, RAlm04])
def test_r_searches_events_and_status(site: GatewaySite, package: type[RAlm03]) -> None:
    alm = package(site)
    assert list(alm.alm_sources("mendeley").data) == [ALPHA]
    events = alm.alm_events(ALPHA)
    assert events.pop("counter") == [
        {"year": 2013, "month": 1, "pdf_views": 10, "html_views": 18, "xml_views": 2}
    ]
    assert events.pop("crossref") == [{**CITATION, "contributors": "true first; false additional"}]
    assert set(events.values()) == {"sorry"}
    assert alm.alm_status()["articles_count"] == 3


def test_r_long_lists_in_a_body(site: GatewaySite) -> None:
    alm = RAlm04(site)
    unknown = tuple(f"10.5555/nosuch.{number}" for number in range(48))
    found = alm.post((ALPHA, BETA, *unknown), info="summary")
    assert [article["doi"] for article in found["data"]] == [BETA, ALPHA]
    (wos,) = alm.post((ALPHA, BETA), source_id="wos", key="kadm")["data"][1]["sources"]
    assert wos["metrics"]["total"] == 5


def test_r_with_the_names_of_later_versions(site: GatewaySite) -> None:
    alm = RAlm04(site)
    assert alm.alm_events_of("crossref") == {
        GAMMA: "sorry",
        ALPHA: [{**CITATION, "contributors": "true first; false additional"}],
    }
    assert list(alm.alm_events_of("crossref", publisher="340")) == [ALPHA]


def test_r_alerts_and_requests(site: GatewaySite) -> None:
    assert Client(site).send("POST", ARTICLES, {}).status == 422  # which leaves an alert
    old = RAlm03(site).alm_alerts("rows=50&page=1")
    alert = old.data[0]
    assert (alert["status"], alert["level"]) == (422, "ERROR")
    assert RAlm03(site).alm_alerts("source=wos&rows=50&page=1").data == []
    alm = RAlm04(site)
    later = alm.alm_alerts("level=ERROR&unresolved=1&per_page=50&page=1")
    assert later.data == old.data
    of_wos = alm.alm_alerts("source_id=wos&level=ERROR&unresolved=1&per_page=50&page=1")
    assert (of_wos.meta["total"], of_wos.data) == (0, [])
    alm.alm_ids(ALPHA, source_id="crossref")
    newest, *_ = alm.alm_requests("kstf")
    asked = (newest["ids"], newest["info"], newest["source"])
    assert asked == ("10.5555%2Falpha.1", None, "crossref")


# --- almviz and Lagotto's own pages (13.3, 13.8) ---------------------------------------------


def test_almviz_draws_bars(site: GatewaySite) -> None:
    assert Almviz(site).bars(ALPHA) == {
        ("counter", "html"): (18, 18),
        ("counter", "pdf"): (10, 10),
        ("pmc", "html"): (5, 5),
        ("pmc", "pdf"): (2, 2),
        ("crossref", "total"): (2, 2),
        ("citeulike", "total"): (4, 4),
        ("mendeley", "total"): (9, 9),
        ("facebook", "total"): (3, 3),
    }
    assert Almviz(site).bars(BETA) == {}


def test_lists_of_articles(site: GatewaySite) -> None:
    almviz = Almviz(site)
    signposts = "viewed: 37 | cited: 2 | saved: 13 | discussed: 3"
    assert almviz.lines() == ["2014-01-15 | cited: 8", "2013", f"2012-03-06 | {signposts}"]
    assert almviz.lines(source="citeulike") == [f"2012-03-06 | CiteULike: 4 | {signposts}"]
    assert almviz.lines(order="crossref") == [
        "2014-01-15 | CrossRef: 8 | cited: 8",
        f"2012-03-06 | CrossRef: 2 | {signposts}",
        "2013 | CrossRef: 0",
    ]
    assert almviz.lines(publisher="340") == [f"2012-03-06 | {signposts}"]
    assert almviz.lines(q="10.5555/al", source="crossref", order="crossref") == [
        f"2012-03-06 | CrossRef: 2 | {signposts}"
    ]
    assert almviz.lines(class_name="NoSuchError") == []


def test_events_of_an_article(site: GatewaySite) -> None:
    assert Almviz(site).events(ALPHA) == ["T: G S & H U. J. article-journal. 2014"]


def test_tables_of_sources(site: GatewaySite) -> None:
    rows = Almviz(site).source_rows()
    assert list(rows) == ORDER
    assert (rows["counter"], rows["crossref"], rows["wos"]) == ((1, 30), (2, 10), (1, 5))
    assert Almviz(site).source_row("crossref") == (2, 10)


def test_tables_of_requests(site: GatewaySite) -> None:
    almviz = Almviz(site)
    almviz.bars(ALPHA)
    newest, *_ = almviz.requests("kstf", "external")
    assert newest.endswith(f" None None {ALPHA}")
    assert all(" None Api::V5::" in line for line in almviz.requests("kadm", "other")[:1])


@pytest.mark.parametrize(
    ("kind", "ids"), [("doi", ALPHA), ("pmid", "111"), ("pmcid", "222"), ("mendeley", UUID)]
)
def test_a_badge_on_another_site(site: GatewaySite, kind: str, ids: str) -> None:
    assert Almviz(site).badge(ids, kind) == ("Alpha", 37, 3, 13, 2)


def test_pages_of_another_site_may_read(site: GatewaySite) -> None:
    """Lagotto's own site shows several servers (13.8); ``info=history`` means nothing in v5."""
    origin = {"Origin": "http://other.example.org", "Accept": "application/json,*/*"}
    queries = [
        "articles?api_key=kusr&order=crossref&source=crossref&q=10.5555&info=history",
        "sources?api_key=kusr",
        "status?api_key=kusr",
    ]
    for query in queries:
        seen = site.ask("GET", f"/api/v5/{query}", origin)
        assert (seen.status, seen.headers["access-control-allow-origin"]) == (200, "*")
        asked = origin | {
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "x-requested-with",
        }
        allowed = site.ask("OPTIONS", f"/api/v5/{query}", asked)
        assert (allowed.status, allowed.headers["access-control-allow-origin"]) == (200, "*")
        assert "x-requested-with" in allowed.headers["access-control-allow-headers"].lower()


# --- alm-report (13.4) -----------------------------------------------------------------------


def test_alm_report(site: GatewaySite) -> None:
    report = AlmReport(site)
    table = report.table(BETA, ALPHA)
    assert set(table) == {ALPHA, BETA}
    assert {name: count for name, count in table[ALPHA].items() if count} == {
        "crossref": 2,
        "citeulike": 4,
        "mendeley": 9,
        "facebook": 3,
        "plos_html": 18,
        "plos_pdf": 10,
        "plos_xml": 2,
        "pmc_views": 5,
        "pmc_pdf": 2,
    }
    assert set(table[BETA].values()) == {0}
    shown = report.one_article(ALPHA)
    assert (shown["crossref"], shown["published"]) == (2, PUBLISHED)
    assert shown["counter"][0] == 30 and shown["counter"][1][0]["xml_views"] == "2"
    assert shown["mendeley"] == (9, [])
    assert [work["doi"] for work in report.works(ALPHA)] == [ALPHA]
    assert [work["doi"] for work in report.works(ALPHA, BETA)] == [BETA, ALPHA]


# --- lagotto-rb (13.5) -----------------------------------------------------------------------


def test_lagotto_rb_with_v5(site: GatewaySite) -> None:
    rb = LagottoRb(site, "/api/v5")
    status, body = rb.get("status?api_key=kusr")
    assert (status, body["data"]["articles_count"]) == (200, 3)
    for target in ("sources", "sources/crossref", "publishers"):  # it sends no key with these
        status, body = rb.get(target)
        assert (status, body["error"]) == (401, WRONG_KEY)
    status, body = rb.get("articles?ids=10.5555%2Falpha.1&per_page=50&page=1&api_key=kusr")
    assert (status, [article["doi"] for article in body["data"]]) == (200, [ALPHA])


@pytest.mark.parametrize(
    "target",
    [
        "works?ids=10.5555%2Falpha.1&per_page=50&page=1&api_key=kusr",
        "events?source=crossref&per_page=50&page=1&api_key=kusr",
        "references?work_id=http%3A%2F%2Fdoi.org%2F10.5555%2Falpha.1&page=1&per_page=1000",
        "works/10.5555/alpha.1/recommendations",
        "publishers/340",
        "groups/cited",
        "sources/crossref",
        "work_types",
        "relation_types/cites",
        "docs/counter",
        "status?api_key=kusr",
    ],
)
def test_lagotto_rb_hears_in_json_that_there_is_no_v6(site: GatewaySite, target: str) -> None:
    status, body = LagottoRb(site, "/api").get(target)
    assert (status, list(body)) == (404, ["error"])


# --- WordPress and others (13.7, 13.8) -------------------------------------------------------


def test_wordpress(site: GatewaySite) -> None:
    wordpress = WordPress(site)
    html = wordpress.embed(f"http://alm.plos.org/articles/info:doi/{ALPHA}")
    assert html is not None
    assert '<blockquote class="alm">' in html and "Viewed: 37" in html
    assert wordpress.embed("http://alm.plos.org/articles/info:doi/10.5555/nosuch") is None


def test_impactstory(site: GatewaySite) -> None:
    assert ImpactStory(site).views(ALPHA) == {"html": 18, "pdf": 10}
    assert ImpactStory(site).views("10.5555/nosuch") == {}
