"""Crossref, DataCite and OpenAlex: who knows a DOI, and how often it is cited."""

from typing import Any
from urllib.parse import quote

import pytest
import requests

from infra.local.providers import ProviderServer
from infra.local.providers.world import Facts
from tests.providers.asking import WORLD, Ask, dois


def in_crossref(work: Facts) -> bool:
    return work.agency == "crossref"


def doi_filter(listed: list[str]) -> str:
    return ",".join(f"doi:{doi}" for doi in listed)


# Crossref


def test_crossref_lists_what_it_knows(ask: Ask) -> None:
    known, unknown = dois(in_crossref, 3), dois(lambda work: not work.agency)
    dataset = dois(lambda work: work.agency == "datacite", stem="10.5281/zenodo.")
    asked = [known[0].upper(), *known[1:], *unknown, *dataset]
    answer = ask("api.crossref.org/works", filter=doi_filter(asked))
    body = answer.json()
    assert (body["status"], body["message-type"]) == ("ok", "work-list")
    assert body["message"]["total-results"] == 3
    assert {item["DOI"] for item in body["message"]["items"]} == set(known)
    assert all(type(item["is-referenced-by-count"]) is int for item in body["message"]["items"])
    limits = answer.headers
    assert (limits["x-rate-limit-limit"], limits["x-rate-limit-interval"]) == ("3", "1s")
    public = ask("api.crossref.org/works/" + known[0], headers={"User-Agent": "curl"})
    assert public.headers["x-api-pool"] == "public"


def test_crossref_pages_and_selects(ask: Ask) -> None:
    listed = dois(in_crossref, 45)
    filters = {"filter": doi_filter(listed), "select": "DOI,updated-by"}
    first = ask("api.crossref.org/works", **filters).json()["message"]
    second = ask("api.crossref.org/works", **filters, rows="1000", offset="20").json()["message"]
    assert (first["items-per-page"], len(first["items"]), len(second["items"])) == (20, 20, 25)
    items = first["items"] + second["items"]
    assert sorted(item["DOI"] for item in items) == sorted(listed)
    assert {name for item in items for name in item} <= {"DOI", "updated-by"}
    assert any("updated-by" not in item for item in items)
    start = ask("api.crossref.org/works", **filters, cursor="*").json()["message"]
    cursor = start["next-cursor"]
    after = ask("api.crossref.org/works", **filters, cursor=cursor).json()["message"]
    assert start["items"] == first["items"] and after["items"] == second["items"][:20]


def test_crossref_knows_updates_of_all_kinds(ask: Ask) -> None:
    items: list[dict[str, Any]] = []
    listed = dois(in_crossref, 600)
    for start in range(0, 600, 100):
        filters = doi_filter(listed[start : start + 100])
        items += ask("api.crossref.org/works", filter=filters, rows="1000").json()["message"][
            "items"
        ]
    updates = [(item["DOI"], update) for item in items for update in item.get("updated-by", ())]
    assert {update["type"] for _, update in updates} == {"retraction", "correction", "new_version"}
    assert {update["source"] for _, update in updates} == {"retraction-watch", "publisher"}
    for doi, update in updates:
        assert (update["DOI"] == doi) == (update["type"] == "new_version")
    pointing = [item for item in items if "update-to" in item]
    assert pointing and all(item["update-to"][0]["DOI"] == item["DOI"] for item in pointing)


@pytest.mark.parametrize(
    ("params", "kind"),
    [
        ({"filter": "doi:10.5555/a", "rows": "1001"}, "integer-not-valid"),
        ({"filter": "doi:10.5555/a", "rows": "many"}, "integer-not-valid"),
        ({"filter": "doi:10.5555/a", "offset": "10001"}, "integer-not-valid"),
        ({"filter": "doi:10.5555/a,b:c"}, "filter-not-available"),
        ({"filter": "doi:nonsense"}, "doi-not-valid"),
        ({"filter": "doi:10.5555/a", "select": "DOI,citations"}, "select-not-available"),
    ],
)
def test_crossref_says_what_is_wrong(ask: Ask, params: dict[str, str], kind: str) -> None:
    answer = ask("api.crossref.org/works", **params)
    body = answer.json()
    assert answer.status_code == 400
    assert (body["status"], body["message-type"]) == ("failed", "validation-failure")
    assert [problem["type"] for problem in body["message"]] == [kind]


def test_crossref_takes_a_comma_without_colon_as_part_of_the_doi(ask: Ask) -> None:
    with_comma, plain = dois(in_crossref, 1, "10.5555/s,")[0], dois(in_crossref)[0]
    message = ask("api.crossref.org/works", filter=doi_filter([with_comma, plain])).json()[
        "message"
    ]
    assert {item["DOI"] for item in message["items"]} == {with_comma, plain}


def test_crossref_single_works(ask: Ask) -> None:
    known, unknown = dois(in_crossref, 1, "10.5555/s(1)<2>#"), dois(lambda work: not work.agency)
    quoted = quote(known[0], safe="")
    assert ask(f"api.crossref.org/v1/works/{quoted}").json()["message"]["DOI"] == known[0]
    missing = ask(f"api.crossref.org/works/{unknown[0]}")
    assert (missing.status_code, missing.text) == (404, "Resource not found.")
    assert ask("api.crossref.org/works").status_code == 501


# OpenAlex


def test_openalex_lists_and_counts_its_price(ask: Ask) -> None:
    known = dois(lambda work: work.openalex and work.pmid, 2)
    unknown = dois(lambda work: not work.openalex)
    values = "|".join(f"https://doi.org/{doi.upper()}" for doi in [*known, *unknown])
    answer = ask("api.openalex.org/works", filter=f"doi:{values}")
    body = answer.json()
    assert {work["doi"] for work in body["results"]} == {f"https://doi.org/{doi}" for doi in known}
    assert body["meta"]["per_page"] == 25 and body["meta"]["cost_usd"] == 0.0001
    ids = body["results"][0]["ids"]
    assert ids["pmid"].startswith("https://pubmed.ncbi.nlm.nih.gov/")
    assert answer.headers["x-ratelimit-limit"] == "200"
    assert answer.headers["x-ratelimit-credits-used"] == "1"
    assert 0 < int(answer.headers["x-ratelimit-reset"]) <= 86_400
    left = int(answer.headers["x-ratelimit-remaining"])
    single = ask(f"api.openalex.org/works/doi:{known[0]}")
    assert single.json()["doi"] == f"https://doi.org/{known[0]}"
    assert int(single.headers["x-ratelimit-remaining"]) == left
    assert ask(f"api.openalex.org/works/https://doi.org/{unknown[0]}").status_code == 404


def test_openalex_duplicates_and_citing_works(ask: Ask) -> None:
    listed = dois(lambda work: work.openalex, 100)
    works: list[dict[str, Any]] = []
    for page in ("1", "2"):
        params = {"filter": "doi:" + "|".join(listed), "per_page": "100", "page": page}
        works += ask("api.openalex.org/works", **params).json()["results"]
    counts = [work["cited_by_count"] for work in works]
    assert len(works) > 100 and counts == sorted(counts, reverse=True)
    cited = next(work for work in works if 20 < work["cited_by_count"] <= 300)
    found, cursor = [], "*"
    while cursor:
        params = {"filter": f"cites:{cited['id']}", "per_page": "50", "cursor": cursor}
        page = ask("api.openalex.org/works", **params, select="id,doi").json()
        found += page["results"]
        cursor = page["meta"]["next_cursor"]
    assert len({work["id"] for work in found}) == cited["cited_by_count"]
    assert all(set(work) == {"id", "doi"} for work in found)


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"filter": "doi:" + "|".join(["10.5555/a"] * 101)}, 400),
        ({"filter": "doi:10.5555/a", "per_page": "101"}, 400),
        ({"filter": "doi:10.5555/a", "select": "doi,nonsense"}, 400),
        ({"filter": "doi:10.5555/a,b"}, 403),
        ({"filter": "doi:10.5555/a&b"}, 403),
        ({"filter": "doi:10.5555/a", "api_key": ""}, 401),
    ],
)
def test_openalex_refusals(ask: Ask, params: dict[str, str], status: int) -> None:
    answer = ask("api.openalex.org/works", **params)
    assert answer.status_code == status
    assert answer.json()["error"] and answer.json()["message"]


def test_openalex_ends_with_the_budget_of_the_day() -> None:
    with ProviderServer(openalex_budget=2) as server, requests.Session() as session:
        url = f"{server.url}/api.openalex.org/works?filter=doi:10.5555/a"
        answers = [session.get(url) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[1].headers["x-ratelimit-remaining"] == "0"
        assert int(answers[2].headers["Retry-After"]) > 0
        assert session.get(f"{url}&api_key=0123456789abcdef").status_code == 200


# DataCite

DATACITE = "api.datacite.org/dois"


def test_datacite_by_ids(ask: Ask) -> None:
    known = dois(lambda work: work.agency == "datacite", 30, "10.5281/zenodo.")
    body = ask(DATACITE, ids=",".join([*known, "10.5555/s.1"]).upper()).json()
    assert (len(body["data"]), body["meta"]["total"], body["meta"]["totalPages"]) == (25, 30, 2)
    assert "states" in body["meta"] and "page" in body["links"]["next"]
    fields = {"fields[dois]": "doi,citationCount", "disable-facets": "true", "page[size]": "5000"}
    body = ask(DATACITE, ids=",".join(known), **fields).json()
    assert {record["id"] for record in body["data"]} == set(known)
    assert all(set(record["attributes"]) == {"doi", "citationCount"} for record in body["data"])
    assert "states" not in body["meta"] and "next" not in body["links"]


def test_datacite_by_related_identifier(ask: Ask) -> None:
    pointed = dois(lambda work: WORLD.references_to(work.doi), 20)
    total = sum(WORLD.references_to(doi) for doi in pointed)
    forms = [f'"{form}{doi}"' for doi in pointed for form in ("", "https://doi.org/")]
    query = {"query": f"relatedIdentifiers.relatedIdentifier:({' OR '.join(forms)})"}
    whole = ask(DATACITE, **query, **{"page[size]": "1000"}).json()
    assert whole["meta"]["total"] == len(whole["data"]) == total
    pages = [
        ask(DATACITE, **query, **{"page[size]": "7", "page[number]": str(number)}).json()["data"]
        for number in range(1, -(-total // 7) + 1)
    ]
    assert [record for page in pages for record in page] == whole["data"]
    for record in whole["data"]:
        targets = [
            one["relatedIdentifier"].lower().removeprefix("https://doi.org/")
            for one in record["attributes"]["relatedIdentifiers"]
        ]
        assert set(targets) & set(pointed)
    # A phrase finds what is written so, and not the link to it.
    bare = f"relatedIdentifiers.relatedIdentifier:({' OR '.join(forms[::2])})"
    assert 0 < ask(DATACITE, query=bare).json()["meta"]["total"] < total


def test_datacite_refusals(ask: Ask) -> None:
    missing = ask(f"{DATACITE}/10.5555/s.1")
    assert missing.status_code == 404 and missing.json()["errors"][0]["status"] == "404"
    assert ask(DATACITE, query="doi:10.5281/zenodo.1").status_code == 400
    assert ask(DATACITE, query='doi:("10.5281/a" OR').status_code == 400
    assert ask(DATACITE, query='titles.title:"data"').status_code == 501
