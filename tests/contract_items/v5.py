"""API v5: items 19 to 41."""

import json
import re
from typing import Any

import pytest

from tests.contract import ALPHA, BETA, CITING, DOWNLOADS, GAMMA, ORDER, UUID
from tests.contract_items import BY_DATE, JSON, NOTHING_FOUND, compact, entries, told
from tests.visiting import Visitor

ARTICLE_KEYS = (
    "id,doi,title,issued,canonical_url,pmid,pmcid,mendeley_uuid,viewed,saved,discussed,cited,"
    "update_date,sources"
).split(",")
ENTRY_KEYS = (
    "name,display_name,group_name,events_url,by_day,by_month,by_year,update_date,metrics"
).split(",")
SOURCE_KEYS = (
    "name,display_name,group,description,update_date,state,jobs,responses,error_count,"
    "article_count,event_count,status,by_day,by_month"
).split(",")
STATUS_KEYS = (
    "articles_count,articles_last30_count,alerts_count,workers_count,"
    "delayed_jobs_active_count,responses_count,events_count,requests_count,users_count,"
    "sources_active_count,version,couchdb_size,update_date"
).split(",")


def alpha(site: Visitor, key: str = "kusr", **params: str) -> dict[str, Any]:
    """Article A as v5 lists it."""
    (article,) = site.articles(key, ids=ALPHA, **params)["data"]
    return dict(article)


class V5Articles:
    """Items 19 to 36 but 21."""

    def test_19_all_articles(self, site: Visitor) -> None:
        found = site.articles()
        assert list(found) == ["total", "total_pages", "page", "error", "data"]
        numbers = (found["total"], found["total_pages"], found["page"], found["error"])
        assert numbers == (3, 1, 1, None)
        assert [article["doi"] for article in found["data"]] == [GAMMA, BETA, ALPHA]

    @pytest.mark.parametrize(("page", "dois"), [("1", [GAMMA, BETA]), ("2", [ALPHA]), ("9", [])])
    def test_20_pages(self, site: Visitor, page: str, dois: list[str]) -> None:
        found = site.articles(per_page="2", page=page)
        assert [article["doi"] for article in found["data"]] == dois
        assert (found["total"], found["total_pages"], found["page"]) == (3, 2, int(page))

    @pytest.mark.parametrize("page", ["0", "abc"])
    def test_22_pages_that_cannot_be(self, site: Visitor, page: str) -> None:
        seen = site.get("/api/v5/articles", page=page)
        assert seen.status == 404
        assert seen.headers["content-type"] == JSON
        assert seen.json["error"] is not None
        assert {**seen.json, "error": None} == json.loads(NOTHING_FOUND)

    def test_23_ids_escaped_twice(self, site: Visitor) -> None:
        url = "/api/v5/articles?api_key=kusr&ids=10.5555%252Falpha.1&type=doi"
        assert [article["doi"] for article in site.ask("GET", url).json["data"]] == [ALPHA]
        comma = "/api/v5/articles?api_key=kusr&ids=10.5555%252Fgamma%252C3%2C10.5555%252Fx"
        assert [article["doi"] for article in site.ask("GET", comma).json["data"]] == [GAMMA]

    def test_24_case_of_a_doi(self, site: Visitor) -> None:
        assert site.dois(ids="10.5555/ALPHA.1") == [ALPHA]

    @pytest.mark.parametrize("ids", ["xxx", ""])
    def test_25_nothing_found(self, site: Visitor, ids: str) -> None:
        assert told(site.get("/api/v5/articles", ids=ids)) == (200, NOTHING_FOUND)

    def test_26_other_identifiers(self, site: Visitor) -> None:
        assert site.dois(type="mendeley_uuid", ids=UUID) == [ALPHA]
        assert site.articles(type="mendeley", ids=UUID)["total"] == 0
        assert site.dois(type="pmid", ids="111") == [ALPHA]
        assert site.dois(type="pmcid", ids="PMC222") == [ALPHA]
        assert site.dois(type="pmcid", ids="222") == [ALPHA]

    def test_27_dates_and_signposts(self, site: Visitor) -> None:
        article = alpha(site)
        assert list(article) == ARTICLE_KEYS
        assert article["issued"] == {"date-parts": [[2012, 3, 6]]}
        assert article["pmcid"] == "222"
        signposts = [article[name] for name in ("viewed", "saved", "discussed", "cited")]
        assert signposts == [37, 13, 3, 2]
        (beta,) = site.articles(ids=BETA)["data"]
        assert beta["issued"] == {"date-parts": [[2013]]}

    def test_28_usage(self, site: Visitor) -> None:
        counter = entries(alpha(site))["counter"]
        assert list(counter) == ENTRY_KEYS
        assert counter["group_name"] == "viewed"
        assert compact(counter["metrics"]) == (
            '{"pdf":10,"html":18,"readers":null,"comments":null,"likes":null,"total":30}'
        )
        assert compact(counter["by_month"]) == '[{"month":1,"year":2013,"html":18,"pdf":10}]'
        assert compact(counter["by_year"]) == '[{"year":2013,"pdf":10,"html":18}]'
        assert counter["by_day"] == []

    def test_29_never_asked(self, site: Visitor) -> None:
        (beta,) = site.articles(ids=BETA, info="detail")["data"]
        assert len(beta["sources"]) == 6
        for source in beta["sources"]:
            metrics = source["metrics"]
            assert metrics.pop("total") == 0
            assert list(metrics.values()) == [None] * 5
            for name in (*BY_DATE, "events", "events_csl"):
                assert source[name] == []
            assert source["update_date"] == beta["update_date"] == "2014-11-07T10:00:00Z"

    def test_30_info(self, site: Visitor) -> None:
        assert "sources" not in alpha(site, info="summary")
        assert all("events" not in source for source in alpha(site)["sources"])
        detailed = alpha(site, info="detail")
        for source in detailed["sources"]:
            assert list(source) == [*ENTRY_KEYS, "events", "events_csl"]
        shown = entries(detailed)
        assert shown["crossref"]["events_csl"] == [CITING.csl]
        assert shown["crossref"]["events"] == [CITING.wrapped()]
        assert list(shown["crossref"]["events"][0]) == ["event", "event_url", "event_csl"]
        assert shown["counter"]["events"] == DOWNLOADS
        assert shown["counter"]["events_csl"] == []
        assert shown["mendeley"]["events"] == []

    def test_31_of_a_source(self, site: Visitor) -> None:
        # These two come in the same order by date and by count, which all that is in
        # test_selection.test_every_selection_and_order tells apart.
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

    def test_32_a_source_that_there_is_not(self, site: Visitor) -> None:
        found = site.articles(source="nosuch")
        assert found["total"] == 3
        assert [article["sources"] for article in found["data"]] == [[], [], []]

    def test_33_beginnings_of_dois(self, site: Visitor) -> None:
        assert site.dois(q="10.5555/al") == [ALPHA]
        found = site.articles(q="10.5555", order="crossref", source="crossref")["data"]
        assert [article["doi"] for article in found] == [GAMMA, ALPHA, BETA]
        assert all(list(entries(article)) == ["crossref"] for article in found)

    def test_34_private_sources(self, site: Visitor) -> None:
        for article in site.articles()["data"]:
            assert list(entries(article)) == ORDER[:-1]
        for key in ("kadm", "kstf"):
            assert list(entries(alpha(site, key))) == ORDER
        assert alpha(site, source="wos")["sources"] == []
        assert site.dois(source="wos") == [ALPHA]

    def test_35_headers_and_conditional_requests(self, site: Visitor) -> None:
        url = f"/api/v5/articles?api_key=kusr&ids={ALPHA}"
        seen = site.ask("GET", url)
        assert seen.headers["access-control-allow-origin"] == "*"
        assert re.fullmatch('"[0-9a-f]{32}"', seen.headers["etag"])
        assert seen.headers["cache-control"] == "max-age=0, private, must-revalidate"
        again = site.ask("GET", url, {"If-None-Match": seen.headers["etag"]})
        assert told(again) == (304, "")

    def test_36_preflight(self, site: Visitor) -> None:
        seen = site.ask("OPTIONS", "/api/v5/articles")
        assert told(seen) == (200, "")
        assert {name: value for name, value in seen.headers.items() if "access" in name} == {
            "access-control-allow-origin": "*",
            "access-control-allow-methods": "POST, GET, OPTIONS",
            "access-control-allow-headers": "X-Requested-With, X-Prototype-Version",
            "access-control-max-age": "1728000",
        }


class Fifty:
    """Item 21, which needs more works than a page has."""

    def test_21_odd_page_sizes_are_50(self, site: Visitor, sixty: list[str]) -> None:
        for per_page in ("0", "51", "x"):
            found = site.articles(per_page=per_page, info="summary")
            shown = (len(found["data"]), found["total"], found["total_pages"])
            assert shown == (50, len(sixty), 2), per_page


class V5Others:
    """Items 37 to 41."""

    def test_37_sources(self, site: Visitor) -> None:
        seen = site.get("/api/v5/sources")
        assert (seen.status, list(seen.json)) == (200, ["total", "error", "data"])
        assert (seen.json["total"], seen.json["error"]) == (7, None)
        assert [source["name"] for source in seen.json["data"]] == ORDER
        assert all(list(source) == SOURCE_KEYS for source in seen.json["data"])

    @pytest.mark.parametrize("path", ["citeulike", "citeulike.json", "CiteULike"])
    def test_38_one_source(self, site: Visitor, path: str) -> None:
        seen = site.get(f"/api/v5/sources/{path}")
        assert (seen.status, list(seen.json)) == (200, ["error", "data"])
        source = seen.json["data"]
        assert (source["article_count"], source["event_count"], source["group"]) == (1, 4, "saved")
        states = "available retired inactive disabled waiting working".split()
        assert source["state"] in states
        assert list(source["by_day"]) == ["with_events", "without_events", "not_updated"]
        assert sum(source["by_day"].values()) == sum(source["by_month"].values()) == 3

    def test_39_a_source_of_no_name(self, site: Visitor) -> None:
        seen = site.get("/api/v5/sources/nosuch")
        assert told(seen) == (404, '{"total":0,"error":"Source not found.","data":[]}')

    def test_40_publishers(self, site: Visitor) -> None:
        assert told(site.get("/api/v5/publishers")) == (
            200,
            '{"total":1,"total_pages":1,"page":1,"error":null,"data":[{"name":"Example Press",'
            '"other_names":["Example Press"],"crossref_id":340,"prefixes":["10.5555"],'
            '"update_date":"2014-11-07T10:00:00Z"}]}',
        )

    def test_41_status(self, site: Visitor) -> None:
        seen = site.get("/api/v5/status")
        assert (seen.status, list(seen.json)) == (200, ["error", "data"])
        status = seen.json["data"]
        assert list(status) == STATUS_KEYS
        assert (status["articles_count"], status["users_count"]) == (3, 3)
        assert (status["version"], status["sources_active_count"]) == ("3.9", 7)
        assert status["events_count"] == 30 + 7 + 4 + 9 + 3 + 2 + 5 + 8
        counts = set(STATUS_KEYS) - {"version", "update_date"}
        assert all(type(status[name]) is int for name in counts)
