"""Zenodo, Dryad, figshare, PLOS and ORCID: their answers, and our sources on them."""

import itertools
import pathlib

import pytest
import requests

from chalicelib import sources
from chalicelib.client import HttpClient
from chalicelib.model import PartialDate, Result, Work
from infra.local.providers import ProviderServer
from infra.local.providers.world import REPOSITORIES, expected
from tests.providers.asking import WORLD, Ask

STEMS = {
    "zenodo": "10.5281/zenodo.",
    "dryad": "10.5061/dryad.a",
    "figshare_statistics": "10.6084/m9.figshare.",
    "plos_usage": "10.1371/journal.pone.",
}
ODD = ('(a)<b>;c"d', "a b", "a\\b:c", "a,b&c", "a%2fb", "ä#b", "x/y//z")
SAMPLE = pathlib.Path(__file__).parents[2] / "infra/local/sample-works.txt"


def known(name: str) -> tuple[str, int, int]:
    """The first DOI whose work was viewed and downloaded, with these numbers."""
    for number in itertools.count(1):
        visits = WORLD.visits(name, doi := f"{STEMS[name]}{number}")
        if visits is not None and min(visits) > 0:
            return doi, *visits
    raise AssertionError


def unknown(name: str) -> str:
    dois = (f"{STEMS[name]}{number}" for number in itertools.count(1))
    return next(doi for doi in dois if WORLD.visits(name, doi) is None)


# The answers


def test_zenodo(ask: Ask) -> None:
    doi, views, downloads = known("zenodo")
    number = doi.rpartition(".")[2]
    record = ask(f"zenodo.org/api/records/{number}").json()
    assert (record["id"], record["doi"]) == (int(number), doi)
    stats = record["stats"]
    assert (stats["unique_views"], stats["unique_downloads"]) == (views, downloads)
    assert stats["version_unique_views"] <= views <= stats["views"]
    assert record["links"]["self_html"] == f"https://zenodo.org/records/{number}"
    assert ask("zenodo.org/api/records/no-number").status_code == 404
    missing = (n for n in range(2000) if WORLD.visits("zenodo", f"10.5281/zenodo.{n}") is None)
    statuses = {ask(f"zenodo.org/api/records/{n}").status_code for n in missing}
    assert statuses == {404, 410}
    assert ask("zenodo.org/api/records?q=lichens").status_code == 501


def test_dryad(ask: Ask) -> None:
    doi, views, downloads = known("dryad")
    base = "datadryad.org/api/v2/datasets"
    found = ask(f"{base}/doi%3A{doi.replace('/', '%2F')}").json()
    assert found["identifier"] == f"doi:{doi}"
    assert (found["metrics"]["views"], found["metrics"]["downloads"]) == (views, downloads)
    assert found["metrics"]["citations"] >= 0
    assert ask(f"{base}/doi%3A{unknown('dryad').replace('/', '%2F')}").status_code == 404
    # An identifier that is not escaped is the path of something else.
    assert ask(f"{base}/doi:{doi}").status_code == 404


def test_figshare(ask: Ask) -> None:
    doi, views, downloads = known("figshare_statistics")
    for asked in (doi, f"{doi}.v3"):
        [item] = ask("api.figshare.com/v2/articles", doi=asked).json()
        assert item["doi"].startswith(doi) and item["id"] == int(doi.rpartition(".")[2])
    assert item["doi"] == f"{doi}.v3"
    totals = {
        counter: ask(f"stats.figshare.com/total/{counter}/article/{item['id']}").json()["totals"]
        for counter in ("views", "downloads", "shares")
    }
    assert (totals["views"], totals["downloads"]) == (views, downloads)
    missing = unknown("figshare_statistics")
    assert ask("api.figshare.com/v2/articles", doi=missing).json() == []
    number = missing.rpartition(".")[2]
    assert ask(f"stats.figshare.com/total/views/article/{number}").json() == {"totals": 0}
    assert ask(f"stats.figshare.com/total/likes/article/{number}").status_code == 400


def test_plos(ask: Ask) -> None:
    url, (doi, views, downloads), missing = (
        "api.plos.org/search",
        known("plos_usage"),
        "10.1371/a b",
    )
    query = f'id:("{doi}" OR "{missing}")'
    fields = {"fl": "id,counter_total_all", "wt": "json"}
    found = ask(url, q=query, fq="doc_type:full", **fields).json()["response"]
    assert found["numFound"] == 1
    assert found["docs"] == [{"id": doi, "counter_total_all": views + downloads}]
    parts = ask(url, q=query, **fields).json()["response"]
    assert parts["numFound"] == 5
    assert ask(url, q=f'id:"{doi.upper()}"').json()["response"]["numFound"] == 0
    many = " OR ".join(f'"10.1371/journal.pone.{number}"' for number in range(40))
    assert len(ask(url, q=f"id:({many})", fq="doc_type:full").json()["response"]["docs"]) == 10
    assert ask(url, q='id:"10.1371').status_code == 400


def test_orcid(ask: Ask) -> None:
    url, accept = "pub.orcid.org/v3.0/search/", {"Accept": "application/json"}
    dois = [f"10.5555/people.{number}" for number in range(400)]
    many = max(dois, key=WORLD.contributors)
    total = WORLD.contributors(many)
    query = f'digital-object-ids:("{many}" OR "{many.upper()}")'
    found = ask(url, q=query, rows="3", headers=accept).json()
    assert (found["num-found"], len(found["result"])) == (total, 3)
    people = ask(url, q=query, rows="1000", headers=accept).json()["result"]
    assert len({one["orcid-identifier"]["path"] for one in people}) == total
    none = next(doi for doi in dois if not WORLD.contributors(doi))
    body = ask(url, q=f'doi-self:"{none}"', headers=accept).json()
    assert body == {"result": None, "num-found": 0}
    assert ask(url, q=query, rows="1001", headers=accept).status_code == 400
    assert ask(url, q=query, headers={"Accept": "*/*"}).status_code == 501


# The world


@pytest.mark.parametrize("name", REPOSITORIES)
def test_the_sample_works_are_where_they_should_be(name: str) -> None:
    prefix, _ = REPOSITORIES[name]
    listed = [line.split()[0] for line in SAMPLE.read_text("utf-8").splitlines()]
    held = [WORLD.visits(name, doi) for doi in listed if doi.startswith(prefix)]
    assert held and None not in held
    assert any(map(sum, filter(None, held)))


def test_expected_says_nothing_of_works_of_others() -> None:
    for name in REPOSITORIES:
        assert expected(name, "10.5555/1") is None
        assert expected(name, unknown(name)) == 0
    assert expected("orcid", "10.5555/1") is not None


def test_versions_of_an_item_are_counted_together() -> None:
    doi, views, downloads = known("figshare_statistics")
    assert WORLD.visits("figshare_statistics", f"{doi}.V2") == (views, downloads)


# Our sources on it


def works_of(name: str) -> list[Work]:
    stem = STEMS.get(name, "10.5555/orcid.")
    dois = [f"{stem}{number}" for number in range(60)]
    dois += [f"{stem}{odd}" for odd in ODD]
    dois += [f"10.6084/m9.figshare.{number}.v2" for number in range(5)] if "fig" in name else []
    return [
        Work(
            key=doi,
            title="A work",
            issued=PartialDate(2015),
            doi=doi.upper() if index % 9 == 0 else doi,
        )
        for index, doi in enumerate(dois)
    ]


@pytest.mark.parametrize("name", [*STEMS, "orcid"])
def test_each_source_ends_with_the_expected_totals(name: str, server: ProviderServer) -> None:
    source, works = sources.get(name), works_of(name)
    client = HttpClient(
        source,
        contact_email="operator@example.org",
        settings={one.name: one.default for one in source.settings if one.default is not None},
        providers_url=server.url,
        sleep=lambda seconds: None,
    )
    totals = {}
    for start in range(0, len(works), source.batch_size):
        outcomes = source.collect(works[start : start + source.batch_size], client)
        for key, outcome in outcomes.items():
            assert isinstance(outcome, Result), outcome
            totals[key] = outcome.metrics.total
    client._session.close()
    assert totals == {work.key: expected(name, work.key) for work in works}
    assert 0 < sum(total > 0 for total in totals.values()) < len(totals)


def test_numbers_grow() -> None:
    doi, *_ = known("zenodo")
    later = expected("zenodo", doi, day=10, growth_per_day=0.1)
    assert later is not None and later > (expected("zenodo", doi) or 0)
    with ProviderServer(growth_per_day=0.1, day=10) as grown:
        number = doi.rpartition(".")[2]
        stats = requests.get(f"{grown.url}/zenodo.org/api/records/{number}", timeout=10).json()
        assert stats["stats"]["unique_views"] + stats["stats"]["unique_downloads"] == later
