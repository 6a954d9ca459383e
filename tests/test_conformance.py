"""The contract, item by item: the v5 items of api.md section 15, with its test data.

Numbers in the names of tests are those of the items.
"""

import json
import re
from collections.abc import Iterator

import pytest

from tests.contract import (
    ALPHA,
    BETA,
    CITING,
    DOWNLOADS,
    GAMMA,
    ORDER,
    UUID,
    WRONG_KEY,
    contract_site,
)
from tests.visiting import Site

NOTHING_FOUND = '{"total":0,"total_pages":0,"page":0,"error":null,"data":[]}'
ARTICLE_KEYS = (
    "doi,title,issued,canonical_url,pmid,pmcid,mendeley_uuid,viewed,saved,discussed,cited,"
    "update_date,sources"
).split(",")
ENTRY_KEYS = (
    "name,display_name,group_name,events_url,by_day,by_month,by_year,update_date,metrics"
).split(",")
SOURCE_KEYS = (
    "name,display_name,group,description,update_date,state,jobs,responses,error_count,"
    "article_count,event_count,status,by_day,by_month"
).split(",")


@pytest.fixture(scope="module")
def site(_aws: None) -> Iterator[Site]:
    """The site with the test data of the contract; tests only read."""
    with contract_site() as site:
        yield site


def alpha(site: Site, key: str = "kusr", **params: str):
    (article,) = site.articles(key, ids=ALPHA, **params)["data"]
    return article


def entry(article, name: str):
    (found,) = [source for source in article["sources"] if source["name"] == name]
    return found


def test_3_an_empty_key(site):
    seen = site.get("/api/v5/articles", key="")
    assert seen.status == 401
    assert seen.text == (
        '{"total":0,"total_pages":0,"page":0,"error":"Missing or wrong API key.","data":[]}'
    )


def test_4_no_key_for_sources_and_status(site):
    sources = site.get("/api/v5/sources", key=None)
    assert (sources.status, list(sources.json)) == (401, ["total", "error", "data"])
    status = site.get("/api/v5/status", key=None)
    assert (status.status, status.text) == (401, f'{{"error":"{WRONG_KEY}","data":[]}}')


def test_19_all_articles(site):
    found = site.articles()
    assert list(found) == ["total", "total_pages", "page", "error", "data"]
    assert (found["total"], found["total_pages"], found["page"], found["error"]) == (3, 1, 1, None)
    assert [article["doi"] for article in found["data"]] == [GAMMA, BETA, ALPHA]


@pytest.mark.parametrize(("page", "dois"), [("1", [GAMMA, BETA]), ("2", [ALPHA]), ("9", [])])
def test_20_pages(site, page, dois):
    found = site.articles(per_page="2", page=page)
    assert [article["doi"] for article in found["data"]] == dois
    assert (found["total"], found["total_pages"], found["page"]) == (3, 2, int(page))


@pytest.mark.parametrize("per_page", ["0", "51", "x"])
def test_21_odd_page_sizes_are_50(site, per_page):
    found = site.articles(per_page=per_page)
    assert (len(found["data"]), found["total_pages"]) == (3, 1)


@pytest.mark.parametrize("page", ["0", "abc"])
def test_22_pages_that_cannot_be(site, page):
    seen = site.get("/api/v5/articles", page=page)
    assert seen.status == 404
    assert seen.headers["content-type"] == "application/json; charset=utf-8"
    assert seen.json["error"] is not None
    assert {**seen.json, "error": None} == json.loads(NOTHING_FOUND)


def test_23_ids_escaped_twice(site):
    url = "/api/v5/articles?api_key=kusr&ids=10.5555%252Falpha.1&type=doi"
    assert [article["doi"] for article in site.ask("GET", url).json["data"]] == [ALPHA]


def test_24_case_of_a_doi(site):
    assert site.dois(ids="10.5555/ALPHA.1") == [ALPHA]


@pytest.mark.parametrize("ids", ["xxx", ""])
def test_25_nothing_found(site, ids):
    assert site.get("/api/v5/articles", ids=ids).text == NOTHING_FOUND


def test_26_other_identifiers(site):
    assert site.dois(type="mendeley_uuid", ids=UUID) == [ALPHA]
    assert site.articles(type="mendeley", ids=UUID)["total"] == 0
    assert site.dois(type="pmid", ids="111") == [ALPHA]
    assert site.dois(type="pmcid", ids="PMC222") == [ALPHA]
    assert site.dois(type="pmcid", ids="222") == [ALPHA]


def test_27_dates_and_signposts(site):
    article = alpha(site)
    assert list(article) == ARTICLE_KEYS
    assert article["issued"] == {"date-parts": [[2012, 3, 6]]}
    assert article["pmcid"] == "222"
    signposts = [article[name] for name in ("viewed", "saved", "discussed", "cited")]
    assert signposts == [37, 13, 3, 2]
    (beta,) = site.articles(ids=BETA)["data"]
    assert beta["issued"] == {"date-parts": [[2013]]}


def test_28_usage(site):
    counter = entry(alpha(site), "counter")
    assert list(counter) == ENTRY_KEYS
    assert counter["group_name"] == "viewed"
    assert json.dumps(counter["metrics"], separators=(",", ":")) == (
        '{"pdf":10,"html":18,"readers":null,"comments":null,"likes":null,"total":30}'
    )
    assert json.dumps(counter["by_month"], separators=(",", ":")) == (
        '[{"month":1,"year":2013,"html":18,"pdf":10}]'
    )
    assert json.dumps(counter["by_year"], separators=(",", ":")) == (
        '[{"year":2013,"pdf":10,"html":18}]'
    )
    assert counter["by_day"] == []


def test_29_never_asked(site):
    (beta,) = site.articles(ids=BETA, info="detail")["data"]
    assert len(beta["sources"]) == 6
    for source in beta["sources"]:
        metrics = source["metrics"]
        assert metrics.pop("total") == 0
        assert list(metrics.values()) == [None] * 5
        for name in ("by_day", "by_month", "by_year", "events", "events_csl"):
            assert source[name] == []
        assert source["update_date"] == beta["update_date"] == "2014-11-07T10:00:00Z"


def test_30_info(site):
    assert "sources" not in alpha(site, info="summary")
    assert all("events" not in source for source in alpha(site)["sources"])
    detailed = alpha(site, info="detail")
    for source in detailed["sources"]:
        assert list(source) == [*ENTRY_KEYS, "events", "events_csl"]
    crossref = entry(detailed, "crossref")
    assert len(crossref["events_csl"]) == 1
    assert crossref["events"] == [CITING.wrapped()]
    assert list(crossref["events"][0]) == ["event", "event_url", "event_csl"]
    assert entry(detailed, "counter")["events"] == DOWNLOADS
    assert entry(detailed, "counter")["events_csl"] == []
    assert entry(detailed, "mendeley")["events"] == []


def test_31_of_a_source(site):
    found = site.articles(source="crossref")
    assert [article["doi"] for article in found["data"]] == [GAMMA, ALPHA]
    assert found["total"] == 2
    for article in found["data"]:
        assert [source["name"] for source in article["sources"]] == ["crossref"]
    by_count = site.articles(source="crossref", order="crossref")["data"]
    assert [(a["doi"], a["sources"][0]["metrics"]["total"]) for a in by_count] == [
        (GAMMA, 8),
        (ALPHA, 2),
    ]


def test_32_a_source_that_there_is_not(site):
    found = site.articles(source="nosuch")
    assert found["total"] == 3
    assert [article["sources"] for article in found["data"]] == [[], [], []]


def test_33_beginnings_of_dois(site):
    assert site.dois(q="10.5555/al") == [ALPHA]
    found = site.articles(q="10.5555", order="crossref", source="crossref")["data"]
    assert [article["doi"] for article in found] == [GAMMA, ALPHA, BETA]
    assert all([s["name"] for s in article["sources"]] == ["crossref"] for article in found)


def test_34_private_sources(site):
    for article in site.articles()["data"]:
        assert [source["name"] for source in article["sources"]] == ORDER[:-1]
    for key in ("kadm", "kstf"):
        assert [source["name"] for source in alpha(site, key)["sources"]] == ORDER
    assert alpha(site, source="wos")["sources"] == []
    assert site.dois(source="wos") == [ALPHA]


def test_35_headers_and_conditional_requests(site):
    url = f"/api/v5/articles?api_key=kusr&ids={ALPHA}"
    seen = site.ask("GET", url)
    assert seen.headers["access-control-allow-origin"] == "*"
    assert re.fullmatch('"[0-9a-f]{32}"', seen.headers["etag"])
    assert seen.headers["cache-control"] == "max-age=0, private, must-revalidate"
    again = site.ask("GET", url, {"If-None-Match": seen.headers["etag"]})
    assert (again.status, again.text) == (304, "")


def test_36_preflight(site):
    seen = site.ask("OPTIONS", "/api/v5/articles")
    assert (seen.status, seen.text) == (200, "")
    assert {name: value for name, value in seen.headers.items() if "access" in name} == {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "POST, GET, OPTIONS",
        "access-control-allow-headers": "X-Requested-With, X-Prototype-Version",
        "access-control-max-age": "1728000",
    }


def test_37_sources(site):
    seen = site.get("/api/v5/sources")
    assert (seen.status, list(seen.json)) == (200, ["total", "error", "data"])
    assert (seen.json["total"], seen.json["error"]) == (7, None)
    assert [source["name"] for source in seen.json["data"]] == ORDER
    assert all(list(source) == SOURCE_KEYS for source in seen.json["data"])


@pytest.mark.parametrize("path", ["citeulike", "citeulike.json"])
def test_38_one_source(site, path):
    seen = site.get(f"/api/v5/sources/{path}")
    assert (seen.status, list(seen.json)) == (200, ["error", "data"])
    source = seen.json["data"]
    assert (source["article_count"], source["event_count"], source["group"]) == (1, 4, "saved")
    states = "available retired inactive disabled waiting working".split()
    assert source["state"] in states
    assert list(source["by_day"]) == ["with_events", "without_events", "not_updated"]
    assert sum(source["by_day"].values()) == sum(source["by_month"].values()) == 3


def test_39_a_source_of_no_name(site):
    seen = site.get("/api/v5/sources/nosuch")
    assert seen.status == 404
    assert seen.text == '{"total":0,"error":"Source not found.","data":[]}'


def test_41_status(site, queue_urls):
    seen = site.get("/api/v5/status")
    assert (seen.status, list(seen.json)) == (200, ["error", "data"])
    status = seen.json["data"]
    assert list(status) == (
        "articles_count,articles_last30_count,alerts_count,workers_count,"
        "delayed_jobs_active_count,responses_count,events_count,requests_count,users_count,"
        "sources_active_count,version,couchdb_size,update_date"
    ).split(",")
    assert (status["articles_count"], status["users_count"]) == (3, 3)
    assert (status["version"], status["sources_active_count"]) == ("3.9", 7)
    assert status["events_count"] == 30 + 7 + 4 + 9 + 3 + 2 + 5 + 8


def test_49_heartbeat(site):
    seen = site.get("/heartbeat", key=None)
    assert (seen.status, list(seen.json)) == (
        200,
        ["version", "articles_count", "update_date", "status"],
    )
    assert (seen.json["version"], seen.json["articles_count"]) == ("3.9", 3)
    assert seen.json["status"] == "OK"
    wrapped = site.get("/heartbeat", key=None, callback="f")
    assert re.fullmatch(r'f\(\{"version":.*"status":"OK"\}\)', wrapped.text)
    assert wrapped.headers["content-type"] == "application/javascript; charset=utf-8"


def test_8_6_paths_that_there_are_not(site):
    seen = site.get("/api/nosuch")
    assert seen.status == 404
    posted = site.ask("POST", "/api/v5/articles?api_key=kusr")
    assert posted.status == 404
    assert posted.text == '{"error":"The page you were looking for doesn\'t exist."}'
