"""API v3: the items of api.md section 15 with its test data, and what its clients send and read.

Numbers in the names of tests are those of the items.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

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
from tests.visiting import Seen, Site

PATH = "/api/v3/articles"
ARTICLE_KEYS = (
    "doi,title,url,mendeley,pmid,pmcid,publication_date,update_date,"
    "views,shares,bookmarks,citations,sources"
).split(",")
ENTRY_KEYS = ["name", "display_name", "events_url", "metrics", "update_date"]
BY_DATE = ["by_day", "by_month", "by_year"]
METRICS = "pdf,html,shares,groups,comments,likes,citations,total".split(",")
NO_ARTICLE = '{"error":"Article not found."}'
NO_SOURCE = '{"error":"Source not found."}'


@pytest.fixture(scope="module")
def site(_aws: None) -> Iterator[Site]:
    """The site with the test data of the contract; tests only read."""
    with contract_site() as site:
        yield site


def alpha(site: Site, key: str = "kusr", **params: str) -> dict[str, Any]:
    seen = site.get(PATH, key=key, ids=ALPHA, **params)
    assert seen.status == 200, seen.text
    (article,) = seen.json
    return dict(article)


def entries(article: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {source["name"]: source for source in article["sources"]}


def told(seen: Seen) -> tuple[int, str]:
    return seen.status, seen.text


def test_1_and_2_no_key_and_a_wrong_one(site: Site) -> None:
    for key in (None, "", "nope"):
        seen = site.get(PATH, key=key, ids=ALPHA)
        assert told(seen) == (401, f'{{"error":"{WRONG_KEY}"}}')
        assert told(site.get(f"{PATH}/info:doi/{ALPHA}", key=key)) == told(seen)
        assert seen.headers["access-control-allow-origin"] == "*"
        assert seen.headers["content-type"] == "application/json; charset=utf-8"


def test_8_one_article(site: Site) -> None:
    seen = site.ask("GET", f"{PATH}?ids=10.5555%2Falpha.1&api_key=kadm")
    assert seen.status == 200
    (article,) = seen.json
    assert list(article) == ARTICLE_KEYS
    assert article["publication_date"] == "2012-03-06T00:00:00Z"
    assert article["update_date"] == "2014-11-07T10:00:00Z"
    sums = {name: article[name] for name in ("views", "shares", "bookmarks", "citations")}
    assert sums == {"views": 37, "shares": 3, "bookmarks": 13, "citations": 2}
    assert [source["name"] for source in article["sources"]] == ORDER
    assert all(list(source) == ENTRY_KEYS for source in article["sources"])
    about = [article[name] for name in ("doi", "title", "url", "mendeley", "pmid", "pmcid")]
    assert about == [ALPHA, "Alpha", None, UUID, "111", "222"]


def test_9_private_sources(site: Site) -> None:
    everything, public = alpha(site, "kadm"), alpha(site, "kusr")
    assert len(everything.pop("sources")) == 7
    assert [source["name"] for source in public.pop("sources")] == ORDER[:-1]
    assert everything == public
    assert entries(alpha(site, "kstf"))["wos"]["metrics"]["citations"] == 5
    assert told(site.get(PATH, ids=ALPHA, source="wos")) == (404, NO_SOURCE)


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
def test_10_some_sources(site: Site, source: str, names: list[str]) -> None:
    assert list(entries(alpha(site, source=source))) == names
    shown = site.get(f"{PATH}/{ALPHA}", source=source).json
    assert list(entries(shown)) == names


@pytest.mark.parametrize(
    ("source", "answer"),
    [("nosuch", NO_SOURCE), ("", NO_ARTICLE), (" ", NO_ARTICLE), (",", NO_SOURCE)],
)
def test_10_no_source(site: Site, source: str, answer: str) -> None:
    assert told(site.get(PATH, ids=ALPHA, source=source)) == (404, answer)
    assert told(site.get(PATH, ids=ALPHA, source=source, info="summary")) == (404, answer)
    assert told(site.get(f"{PATH}/{ALPHA}", source=source)) == (404, answer)


def test_10_an_article_that_does_not_exist_of_a_source(site: Site) -> None:
    assert told(site.get(PATH, ids="10.5555/x", source="crossref")) == (404, NO_SOURCE)
    assert told(site.get(f"{PATH}/10.5555/x", source="crossref")) == (404, NO_SOURCE)


def test_11_info(site: Site) -> None:
    assert list(alpha(site, info="summary")) == ARTICLE_KEYS[:-1]
    keys = {
        "event": [*ENTRY_KEYS, "events"],
        "history": [*ENTRY_KEYS, *BY_DATE],
        "detail": [*ENTRY_KEYS, "events", *BY_DATE],
        "totals": ENTRY_KEYS,
        "": ENTRY_KEYS,
    }
    for info, expected in keys.items():
        for source in alpha(site, info=info)["sources"]:
            assert list(source) == expected, info


def test_11_events_and_history(site: Site) -> None:
    shown = entries(alpha(site, info="detail"))
    assert shown["crossref"]["events"] == [CITING.wrapped()]
    assert list(shown["crossref"]["events"][0]) == ["event", "event_url", "event_csl"]
    assert shown["counter"]["events"] == DOWNLOADS
    assert shown["mendeley"]["events"] == []
    assert shown["counter"]["by_month"] == [{"month": 1, "year": 2013, "html": 18, "pdf": 10}]
    assert list(shown["counter"]["by_month"][0]) == ["month", "year", "html", "pdf"]
    assert shown["counter"]["by_year"] == [{"year": 2013, "pdf": 10, "html": 18}]
    assert shown["citeulike"]["by_month"] == [{"year": 2013, "month": 2, "total": 4}]
    assert shown["citeulike"]["by_year"] == [{"year": 2013, "total": 4}]
    assert shown["citeulike"]["by_day"] == []
    for info in ("event", "history"):
        for name, entry in entries(alpha(site, info=info)).items():
            assert entry.items() <= shown[name].items()


def test_12_metrics(site: Site) -> None:
    shown = {name: entry["metrics"] for name, entry in entries(alpha(site, "kadm")).items()}
    assert json.dumps(shown["citeulike"], separators=(",", ":")) == (
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


def test_12_never_asked(site: Site) -> None:
    (beta,) = site.get(PATH, ids=BETA, info="detail").json
    assert beta["publication_date"] == "2013-01-01T00:00:00Z"
    for source in beta["sources"]:
        assert list(source["metrics"]) == METRICS
        assert list(source["metrics"].values()) == [None] * 7 + [0]
        assert all(source[name] == [] for name in ["events", *BY_DATE])
        assert source["update_date"] == "2014-11-07T10:00:00Z"


@pytest.mark.parametrize(
    "params", [{}, {"ids": ""}, {"ids": "xxx"}, {"type": "pmid"}, {"ids": ",", "type": "pmcid"}]
)
def test_13_no_ids(site: Site, params: dict[str, str]) -> None:
    seen = site.get(PATH, **params)
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
def test_15_other_identifiers(site: Site, kind: str, ids: str) -> None:
    assert [found["doi"] for found in site.get(PATH, type=kind, ids=ids).json] == [ALPHA]


def test_15_the_types_of_v5_are_not_those_of_v3(site: Site) -> None:
    assert told(site.get(PATH, type="mendeley_uuid", ids=UUID)) == (404, NO_ARTICLE)


def test_15_several_ids(site: Site) -> None:
    ids = ",".join([quote(GAMMA, safe=""), "10.5555/nosuch", "", ALPHA, ALPHA])
    found = [article["doi"] for article in site.get(PATH, ids=ids).json]
    assert sorted(found) == [ALPHA, GAMMA]


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
        f"doi:{ALPHA}",  # 18: the extension of 2.1 is on
    ],
)
def test_16_an_article(site: Site, identifier: str) -> None:
    seen = site.ask("GET", f"{PATH}/{identifier}?api_key=kusr")
    assert seen.status == 200, seen.text
    assert seen.json == alpha(site)


@pytest.mark.parametrize("doi", [BETA, GAMMA])
def test_16_odd_characters_of_a_doi(site: Site, doi: str) -> None:
    for identifier in (f"info:doi/{doi}", doi, quote(doi), quote(f"info:doi/{doi}", safe="")):
        assert site.ask("GET", f"{PATH}/{identifier}?api_key=kusr").json["doi"] == doi


@pytest.mark.parametrize("identifier", [f"info:doi/{ALPHA}.json", "x", "info:pmid/9", "111"])
def test_17_an_article_that_does_not_exist(site: Site, identifier: str) -> None:
    assert told(site.get(f"{PATH}/{identifier}")) == (404, NO_ARTICLE)


def test_17_a_list_has_no_extension(site: Site) -> None:
    seen = site.get(f"{PATH}.json", ids=ALPHA)
    assert told(seen) == (404, '{"error":"The page you were looking for doesn\'t exist."}')


@pytest.mark.parametrize(
    "path", [f"{PATH}?ids={ALPHA}&api_key=kusr", f"{PATH}/{ALPHA}?api_key=kusr"]
)
def test_headers_conditional_requests_and_head(site: Site, path: str) -> None:
    seen = site.ask("GET", path)
    assert re.fullmatch('"[0-9a-f]{32}"', seen.headers["etag"])
    assert seen.headers["cache-control"] == "max-age=0, private, must-revalidate"
    assert seen.headers["content-type"] == "application/json; charset=utf-8"
    assert {name: value for name, value in seen.headers.items() if "access" in name} == {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "POST, GET, OPTIONS",
        "access-control-max-age": "1728000",
    }
    again = site.ask("GET", path, {"If-None-Match": seen.headers["etag"]})
    assert told(again) == (304, "")
    assert told(site.ask("HEAD", path)) == (200, "")
    preflight = site.ask("OPTIONS", path)
    assert told(preflight) == (200, "")
    assert "access-control-allow-headers" in preflight.headers


def test_jsonp_of_answers_and_of_404s(site: Site) -> None:
    for path in (f"{PATH}?ids={ALPHA}", f"{PATH}/info:doi/{ALPHA}?x=1"):
        plain = site.ask("GET", f"{path}&api_key=kusr")
        wrapped = site.ask("GET", f"{path}&api_key=kusr&callback=a.b%5B0%5D")
        assert wrapped.text == f"a.b[0]({plain.text})"
        assert wrapped.headers["content-type"] == "application/javascript; charset=utf-8"
        assert wrapped.headers["etag"] != plain.headers["etag"]
        refused = site.ask("GET", f"{path}&api_key=kusr&callback=alert(1)")
        assert refused.text == plain.text
    missing = site.get(f"{PATH}/x", callback="f")
    assert told(missing) == (404, f"f({NO_ARTICLE})")
    assert missing.headers["content-type"] == "application/javascript; charset=utf-8"


def test_a_post_that_says_it_is_a_get(site: Site) -> None:
    override = {"X-HTTP-Method-Override": "GET"}
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = f"api_key=kusr&ids={quote(quote(ALPHA, safe=''))}&info=history".encode()
    seen = site.ask("POST", f"{PATH}?info=summary", override | form, body)
    assert [list(article) for article in seen.json] == [ARTICLE_KEYS[:-1]]
    by_field = site.ask("POST", f"{PATH}/{ALPHA}?api_key=kusr", form, b"_method=get&info=summary")
    assert by_field.json == alpha(site, info="summary")
    for path in (PATH, f"{PATH}/{ALPHA}"):
        refused = site.ask("POST", f"{path}?api_key=kusr", form, body)
        assert refused.json == {"error": "The page you were looking for doesn't exist."}
        assert refused.status == 404


# --- clients -----------------------------------------------------------------------------------


def test_what_the_r_package_of_2014_sends_and_reads(site: Site) -> None:
    """alm 0.1.9: DOIs escaped twice, sources as a list, ``type=mendeley``."""
    seen = site.ask(
        "GET",
        f"{PATH}?api_key=kusr&type=doi&ids=10.5555%252Falpha.1%2C10.5555%252Fgamma%252C3"
        "&info=detail&source=crossref%2Cmendeley",
    )
    articles = {article["doi"]: article for article in seen.json}
    assert set(articles) == {ALPHA, GAMMA}
    for article in articles.values():
        assert [source["name"] for source in article["sources"]] == ["mendeley", "crossref"]
        for source in article["sources"]:
            assert list(source["metrics"]) == METRICS
            for period in [*source["by_day"], *source["by_month"], *source["by_year"]]:
                assert all(type(value) is int for value in period.values())
    citing = entries(articles[ALPHA])["crossref"]["events"][0]
    assert next(iter(citing)) == "event"
    assert (
        alpha(site, type="doi")["sources"]
        == site.get(PATH, type="mendeley", ids=UUID).json[0]["sources"]
    )


def test_what_the_older_r_functions_send(site: Site) -> None:
    url = f"{PATH}/info%3Adoi%2F10.5555%2Falpha.1?api_key=kusr&info=summary"
    assert site.ask("GET", url).json["title"] == "Alpha"


def test_what_the_ojs_plugin_sends_and_reads(site: Site, v3_show_as_array: None) -> None:
    seen = site.ask("GET", f"{PATH}/info:doi/{ALPHA}?info=history&api_key=kusr")
    (article,) = seen.json
    assert {"publication_date", "doi", "title", "sources"} <= set(article)
    for source in article["sources"]:
        assert {"name", "display_name", "events_url", *BY_DATE} <= set(source)
        wanted = "pdf,html,shares,groups,comments,likes,citations,total".split(",")
        assert set(wanted) <= set(source["metrics"])
    assert list(site.get(f"{PATH}/info:doi/10.5555/x").json) == ["error"]


def test_what_the_embedded_badge_and_impactstory_read(site: Site) -> None:
    url = f"{PATH}?callback=jQuery110_1&ids={ALPHA}&type=doi&info=summary&api_key=kusr"
    badge = site.ask("GET", url).text
    (article,) = json.loads(badge.removeprefix("jQuery110_1(").removesuffix(")"))
    assert set(ARTICLE_KEYS[:-1]) == set(article)
    (found,) = site.get(PATH, ids=ALPHA, source="citations,counter").json
    assert [source["name"] for source in found["sources"]] == ["counter"]
    assert (found["sources"][0]["metrics"]["html"], found["sources"][0]["metrics"]["pdf"]) == (
        18,
        10,
    )


@pytest.fixture
def v3_show_as_array(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The setting by which one article is answered as an array."""
    from chalicelib import settings

    monkeypatch.setenv("LAGOTTO_V3_SHOW_AS_ARRAY", "1")
    settings.load.cache_clear()
    yield
    settings.load.cache_clear()
    monkeypatch.undo()


def test_16_the_array_of_one(site: Site, v3_show_as_array: None) -> None:
    assert site.get(f"{PATH}/info:doi/{ALPHA}").json == [alpha(site)]
    assert told(site.get(f"{PATH}/10.5555/x")) == (404, NO_ARTICLE)
