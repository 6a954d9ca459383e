"""API v3: items 8 to 18."""

from urllib.parse import quote

import pytest

from tests.contract import ALPHA, BETA, CITING, DOWNLOADS, GAMMA, ORDER, UUID
from tests.contract_items import (
    BY_DATE,
    NO_ARTICLE,
    NO_PATH,
    V3_ARTICLE_KEYS,
    V3_PATH,
    alpha_v3,
    compact,
    entries,
    told,
)
from tests.visiting import Visitor

ENTRY_KEYS = ["name", "display_name", "events_url", "metrics", "update_date"]
METRICS = "pdf,html,shares,groups,comments,likes,citations,total".split(",")
NO_SOURCE = '{"error":"Source not found."}'


class V3:
    """Items 8 to 18 but 14."""

    def test_8_one_article(self, site: Visitor) -> None:
        seen = site.ask("GET", f"{V3_PATH}?ids=10.5555%2Falpha.1&api_key=kadm")
        assert seen.status == 200
        (article,) = seen.json
        assert list(article) == V3_ARTICLE_KEYS
        assert article["publication_date"] == "2012-03-06T00:00:00Z"
        assert article["update_date"] == "2014-11-07T10:00:00Z"
        sums = {name: article[name] for name in ("views", "shares", "bookmarks", "citations")}
        assert sums == {"views": 37, "shares": 3, "bookmarks": 13, "citations": 2}
        assert [source["name"] for source in article["sources"]] == ORDER
        assert all(list(source) == ENTRY_KEYS for source in article["sources"])
        about = [article[name] for name in ("doi", "title", "url", "mendeley", "pmid", "pmcid")]
        assert about == [ALPHA, "Alpha", None, UUID, "111", "222"]

    def test_9_private_sources(self, site: Visitor) -> None:
        everything, public = alpha_v3(site, "kadm"), alpha_v3(site, "kusr")
        assert len(everything.pop("sources")) == 7
        assert [source["name"] for source in public.pop("sources")] == ORDER[:-1]
        assert everything == public
        assert entries(alpha_v3(site, "kstf"))["wos"]["metrics"]["citations"] == 5
        assert told(site.get(V3_PATH, ids=ALPHA, source="wos")) == (404, NO_SOURCE)

    @pytest.mark.parametrize(
        ("source", "names"),
        [
            ("crossref,citeulike", ["citeulike", "crossref"]),
            ("CrossRef", ["crossref"]),
            ("nosuch,crossref", ["crossref"]),
            ("crossref,wos", ["crossref"]),
            ("crossref, citeulike", ["crossref"]),
        ],
    )
    def test_10_some_sources(self, site: Visitor, source: str, names: list[str]) -> None:
        assert list(entries(alpha_v3(site, source=source))) == names
        shown = site.get(f"{V3_PATH}/{ALPHA}", source=source).json
        assert list(entries(shown)) == names

    @pytest.mark.parametrize(
        ("source", "answer"),
        [("nosuch", NO_SOURCE), ("", NO_ARTICLE), (" ", NO_ARTICLE), (",", NO_SOURCE)],
    )
    def test_10_no_source(self, site: Visitor, source: str, answer: str) -> None:
        assert told(site.get(V3_PATH, ids=ALPHA, source=source)) == (404, answer)
        assert told(site.get(V3_PATH, ids=ALPHA, source=source, info="summary")) == (404, answer)
        assert told(site.get(f"{V3_PATH}/{ALPHA}", source=source)) == (404, answer)

    def test_10_an_article_that_does_not_exist_of_a_source(self, site: Visitor) -> None:
        assert told(site.get(V3_PATH, ids="10.5555/x", source="crossref")) == (404, NO_SOURCE)
        assert told(site.get(f"{V3_PATH}/10.5555/x", source="crossref")) == (404, NO_SOURCE)

    def test_11_info(self, site: Visitor) -> None:
        assert list(alpha_v3(site, info="summary")) == V3_ARTICLE_KEYS[:-1]
        keys = {
            "event": [*ENTRY_KEYS, "events"],
            "history": [*ENTRY_KEYS, *BY_DATE],
            "detail": [*ENTRY_KEYS, "events", *BY_DATE],
            "totals": ENTRY_KEYS,
            "": ENTRY_KEYS,
        }
        for info, expected in keys.items():
            for source in alpha_v3(site, info=info)["sources"]:
                assert list(source) == expected, info

    def test_11_events_and_history(self, site: Visitor) -> None:
        shown = entries(alpha_v3(site, info="detail"))
        assert shown["crossref"]["events"] == [CITING.wrapped()]
        assert list(shown["crossref"]["events"][0]) == ["event", "event_url", "event_csl"]
        assert shown["counter"]["events"] == DOWNLOADS
        assert shown["mendeley"]["events"] == []
        assert compact(shown["counter"]["by_month"]) == (
            '[{"month":1,"year":2013,"html":18,"pdf":10}]'
        )
        assert shown["counter"]["by_year"] == [{"year": 2013, "pdf": 10, "html": 18}]
        assert shown["citeulike"]["by_month"] == [{"year": 2013, "month": 2, "total": 4}]
        assert shown["citeulike"]["by_year"] == [{"year": 2013, "total": 4}]
        assert shown["citeulike"]["by_day"] == []
        for info in ("event", "history"):
            for name, entry in entries(alpha_v3(site, info=info)).items():
                assert entry.items() <= shown[name].items()

    def test_12_metrics(self, site: Visitor) -> None:
        shown = {name: entry["metrics"] for name, entry in entries(alpha_v3(site, "kadm")).items()}
        assert compact(shown["citeulike"]) == (
            '{"pdf":null,"html":null,"shares":4,"groups":null,"comments":null,"likes":null,'
            '"citations":null,"total":4}'
        )
        given = {
            name: {key: value for key, value in metrics.items() if value is not None}
            for name, metrics in shown.items()
        }
        assert given == {
            "counter": {"pdf": 10, "html": 18, "total": 30},
            "pmc": {"pdf": 2, "html": 5, "total": 7},
            "citeulike": {"shares": 4, "total": 4},
            "mendeley": {"shares": 8, "groups": 1, "total": 9},
            "facebook": {"shares": 1, "comments": 1, "likes": 1, "total": 3},
            "crossref": {"citations": 2, "total": 2},
            "wos": {"citations": 5, "total": 5},
        }

    def test_12_never_asked(self, site: Visitor) -> None:
        (beta,) = site.get(V3_PATH, ids=BETA, info="detail").json
        assert beta["publication_date"] == "2013-01-01T00:00:00Z"
        for source in beta["sources"]:
            assert list(source["metrics"]) == METRICS
            assert list(source["metrics"].values()) == [None] * 7 + [0]
            assert all(source[name] == [] for name in ["events", *BY_DATE])
            assert source["update_date"] == "2014-11-07T10:00:00Z"

    @pytest.mark.parametrize(
        "params",
        [{}, {"ids": ""}, {"ids": "xxx"}, {"type": "pmid"}, {"ids": ",", "type": "pmcid"}],
    )
    def test_13_no_ids(self, site: Visitor, params: dict[str, str]) -> None:
        seen = site.get(V3_PATH, **params)
        assert told(seen) == (404, NO_ARTICLE)
        assert seen.headers["access-control-allow-origin"] == "*"

    @pytest.mark.parametrize(
        ("kind", "ids"),
        [
            ("pmid", "111"),
            ("pmcid", "PMC222"),
            ("pmcid", "222"),
            ("mendeley", UUID),
            ("doi", "10.5555%2Falpha.1"),
            ("nonsense", ALPHA),
            ("", "10.5555/ALPHA.1"),
        ],
    )
    def test_15_other_identifiers(self, site: Visitor, kind: str, ids: str) -> None:
        assert [found["doi"] for found in site.get(V3_PATH, type=kind, ids=ids).json] == [ALPHA]

    def test_15_the_types_of_v5_are_not_those_of_v3(self, site: Visitor) -> None:
        assert told(site.get(V3_PATH, type="mendeley_uuid", ids=UUID)) == (404, NO_ARTICLE)

    def test_15_several_ids(self, site: Visitor) -> None:
        ids = ",".join([quote(GAMMA, safe=""), "10.5555/nosuch", "", ALPHA, ALPHA])
        found = [article["doi"] for article in site.get(V3_PATH, ids=ids).json]
        assert sorted(found) == [ALPHA, GAMMA]

    def test_a_list_with_a_slash_at_its_end(self, site: Visitor) -> None:
        seen = site.get(f"{V3_PATH}/", ids=ALPHA)
        assert (seen.status, seen.json) == (200, [alpha_v3(site)])

    @pytest.mark.parametrize(
        "identifier",
        [
            f"info:doi/{ALPHA}",
            ALPHA,
            "10.5555/ALPHA.1",
            "info%3Adoi%2F10.5555%2Falpha.1",
            "info:doi/10.5555%2Falpha.1",
            "info%253Adoi%252F10.5555%252Falpha.1",
            "http%3A%2F%2Fdx.doi.org%2F10.5555%2Falpha.1",
            "http:/dx.doi.org/10.5555/alpha.1",
            "http://dx.doi.org/10.5555/alpha.1",
            "info:pmid/111",
            "info:pmcid/PMC222",
            "info:pmcid/222",
            f"info:mendeley/{UUID}",
        ],
    )
    def test_16_an_article(self, site: Visitor, identifier: str) -> None:
        seen = site.ask("GET", f"{V3_PATH}/{identifier}?api_key=kusr")
        assert (seen.status, list(seen.json)) == (200, V3_ARTICLE_KEYS)
        assert seen.json["doi"] == ALPHA

    @pytest.mark.parametrize("doi", [BETA, GAMMA])
    def test_16_odd_characters_of_a_doi(self, site: Visitor, doi: str) -> None:
        for identifier in (f"info:doi/{doi}", doi, quote(doi), quote(f"info:doi/{doi}", safe="")):
            assert site.ask("GET", f"{V3_PATH}/{identifier}?api_key=kusr").json["doi"] == doi

    @pytest.mark.parametrize("identifier", [f"info:doi/{ALPHA}.json", "x", "info:pmid/9", "111"])
    def test_17_an_article_that_does_not_exist(self, site: Visitor, identifier: str) -> None:
        assert told(site.get(f"{V3_PATH}/{identifier}")) == (404, NO_ARTICLE)

    def test_17_a_list_has_no_extension(self, site: Visitor) -> None:
        seen = site.get(f"{V3_PATH}.json", ids=ALPHA)
        assert told(seen) == (404, NO_PATH)

    def test_18_the_extension_of_2_1_is_on(self, site: Visitor) -> None:
        assert site.get(f"{V3_PATH}/doi:{ALPHA}").json == alpha_v3(site)


class Fifty:
    """Item 14, which needs more works."""

    def test_14_the_first_fifty(self, site: Visitor, sixty: list[str]) -> None:
        ids = [quote(doi, safe="") for doi in sixty]
        seen = site.get(V3_PATH, ids=",".join(ids), info="summary")
        assert seen.status == 200
        assert sorted(article["doi"] for article in seen.json) == sorted(sixty[:50])
