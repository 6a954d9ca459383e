"""Articles of API v3: which works, in which order, and at which price."""

import datetime as dt

import pytest

from chalicelib import api_v4, articles, settings
from chalicelib.answers import Request
from chalicelib.errors import ConfigurationError
from chalicelib.query import Query, QueryV3, article_v3
from infra.bench.meter import Meter
from tests.visiting import NOW, Site, add, install, keep, work

PATH = "/api/v3/articles"
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def two_sources(tables: None) -> None:
    install("crossref", "CrossRef", "cited")
    install("wos", "Web of Science", "cited", private=True)


def dois(query: QueryV3) -> list[str]:
    return [article["doi"] for article in articles.page_v3(query, sees_private=False)]


def test_what_changed_last_comes_first(two_sources: None) -> None:
    given = [work("10.5555/1", "2014-03"), work("10.5555/2", "2014-02"), work("10.5555/3", "2014")]
    add(*given)
    ids = tuple(given.doi or "" for given in given)
    assert dois(QueryV3(ids=ids)) == ["10.5555/1", "10.5555/2", "10.5555/3"]
    keep("crossref", "10.5555/3", 1, at=NOW + HOUR)
    keep("wos", "10.5555/2", 1, at=NOW + 2 * HOUR)
    assert dois(QueryV3(ids=ids)) == ["10.5555/2", "10.5555/3", "10.5555/1"]


def test_an_article_with_private_sources_only_is_not_found(site: Site) -> None:
    install("wos", "Web of Science", "cited", private=True)
    add(work("10.5555/1", "2014-01"))
    for path in (f"{PATH}?ids=10.5555/1&", f"{PATH}/10.5555/1?"):
        seen = site.ask("GET", f"{path}api_key=kusr")
        assert (seen.status, seen.text) == (404, '{"error":"Article not found."}')
        assert site.ask("GET", f"{path}api_key=kstf").status == 200


def test_hidden_numbers_count_all_the_same(two_sources: None) -> None:
    install("scopus", "Scopus", "cited", private=True)
    add(work("10.5555/1", "2014-01"))
    keep("scopus", "10.5555/1", 7)
    keep("crossref", "10.5555/1", 2)
    (article,) = articles.page_v3(QueryV3(ids=("10.5555/1",)), sees_private=False)
    assert article["citations"] == 7
    assert [source["name"] for source in article["sources"]] == ["crossref"]


def test_of_works_that_share_an_identifier_the_oldest_is_shown(two_sources: None) -> None:
    add(work("10.5555/new", "2012", pmid="1"), at=NOW + HOUR)
    add(work("10.5555/old", "2010", pmid="1"), at=NOW)
    add(work("10.5555/newest", "2014", pmid="1"), at=NOW + 2 * HOUR)
    assert dois(article_v3("info:pmid/1", {})) == ["10.5555/old"]
    listed = dois(QueryV3(ids=("1",), kind="pmid"))
    assert listed == ["10.5555/newest", "10.5555/new", "10.5555/old"]


def test_of_very_many_that_share_one_too(site: Site, two_sources: None) -> None:
    # The oldest is the last by date and by key.
    add(work("10.5555/z", "1999", pmid="1"), at=NOW - HOUR)
    add(*(work(f"10.5555/{number}", "2012", pmid="1") for number in range(51)))
    assert dois(article_v3("info:pmid/1", {})) == ["10.5555/z"]
    assert len(dois(QueryV3(ids=("1",), kind="pmid"))) == 52
    v4 = Request(method="DELETE", path="/api/v4/articles/info:pmid/1")
    assert api_v4._stored(v4, "missing").work.doi == "10.5555/z"
    boxed = site.get("/oembed", key=None, url="/articles/info:pmid/1").json
    assert boxed["url"] == "http://dx.doi.org/10.5555/z"
    assert "10.5555/z" in site.get("/articles/info:pmid/1", key=None).text


def test_without_ids_it_is_an_article_that_is_missing(site: Site, two_sources: None) -> None:
    def error(**params: str) -> tuple[int, str]:
        seen = site.get(PATH, **params)
        return seen.status, seen.json["error"]

    for params in ({}, {"source": "crossref"}, {"source": "nosuch", "type": "pmid"}):
        assert error(**params) == (404, "Article not found.")
    assert error(ids="10.5555/none", source="crossref") == (404, "Source not found.")


def test_percent_signs_of_a_doi(site: Site, two_sources: None) -> None:
    add(work("10.5555/a%41", "2014"))
    assert site.ask("GET", f"{PATH}/10.5555/a%2541?api_key=kusr").json["doi"] == "10.5555/a%41"
    twice = site.ask("GET", f"{PATH}/info:doi/10.5555/a%252541?api_key=kusr")
    assert twice.json["doi"] == "10.5555/a%41"


def test_a_plus_sign_is_no_blank(site: Site, two_sources: None) -> None:
    add(work("10.5555/a+b", "2014"))
    for path in ("10.5555/a+b", "info:doi/10.5555/a+b", "info:doi/10.5555/a%2Bb"):
        assert site.ask("GET", f"{PATH}/{path}?api_key=kusr").json["doi"] == "10.5555/a+b"


@pytest.mark.parametrize("info", ["default", "summary", "detail"])
def test_it_costs_what_v5_costs(two_sources: None, info: str) -> None:
    add(*(work(f"10.5555/{number}", "2014-01") for number in range(5)))
    keep("crossref", "10.5555/1", 1)
    ids = tuple(f"10.5555/{number}" for number in range(5))
    articles.page(Query(ids=ids), sees_private=False)  # sources are kept for a minute
    meter = Meter()
    with meter.spending() as v5:
        articles.page(Query(ids=ids, info=info), sees_private=False)
    with meter.spending() as v3:
        articles.page_v3(QueryV3(ids=ids, info=info), sees_private=False)
    with meter.spending() as show:
        articles.page_v3(article_v3("info:doi/10.5555/1", {"info": info}), sees_private=False)
    calls = v5.calls_of("dynamodb")
    assert v3.calls_of("dynamodb") == show.calls_of("dynamodb") == calls
    assert calls == (3 if info == "detail" else 2)


def test_without_ids_no_work_is_read(two_sources: None) -> None:
    articles.page_v3(QueryV3(ids=("x",)), sees_private=False)
    with Meter().spending() as spent:
        assert dois(QueryV3(ids=())) == []
    assert spent.calls_of("dynamodb") == 0


def test_a_crash_has_the_error_body_of_v3(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(articles, "page_v3", lambda *_, **__: 1 / 0)
    for path in (PATH, f"{PATH}/info:doi/10.5555/1"):
        seen = site.get(path, ids="x")
        assert (seen.status, seen.text) == (500, '{"error":"Internal server error."}')


def test_behind_a_gateway_with_a_stage_or_a_base_path(tables: None, two_sources: None) -> None:
    from app import app

    add(work("10.5555/a(1)", "2014-01"))
    for path in (
        "/api/v3/articles/info:doi%2F10.5555/a(1)",
        "/base/api/v3/articles/10.5555/a%281%29",
    ):
        event = {
            "path": path,
            "headers": {},
            "multiValueHeaders": {},
            "multiValueQueryStringParameters": None,
            "pathParameters": {"proxy": "of which nothing is read"},
            "stageVariables": None,
            "body": None,
            "isBase64Encoded": False,
            "requestContext": {
                "httpMethod": "GET",
                "resourcePath": "/api/v3/articles/{proxy+}",
                "path": f"/api{path}",
                "requestId": "r1",
                "authorizer": {"key_hash": "0" * 64, "owner": "ada", "role": "user"},
            },
        }
        answer = app(event, None)
        assert answer["statusCode"] == 200, answer["body"]


def test_installations_whose_works_have_other_identifiers() -> None:
    assert article_v3("111", {}, "pmid") == QueryV3(ids=("111",), kind="pmid", only_first=True)
    assert article_v3("info:doi/10.5555/1", {}, "pmid").kind == "doi"


def test_a_setting_that_cannot_be_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, expected in (("", False), ("0", False), ("1", True)):
        monkeypatch.setenv("LAGOTTO_V3_SHOW_AS_ARRAY", text)
        assert settings.load.__wrapped__().v3_show_as_array is expected
    monkeypatch.setenv("LAGOTTO_V3_SHOW_AS_ARRAY", "maybe")
    with pytest.raises(ConfigurationError, match="LAGOTTO_V3_SHOW_AS_ARRAY is 'maybe'"):
        settings.load.__wrapped__()
