"""OpenCitations, Wikidata, Wikipedia, Hypothes.is and Hacker News."""

from html import unescape
from typing import Any
from urllib.parse import quote, unquote

import requests

from infra.local.providers import ProviderServer
from infra.local.providers.world import facts
from tests.providers.asking import AGENT, WORLD, Ask, dois

# OpenCitations, Wikidata


def test_opencitations(ask: Ask) -> None:
    base = "api.opencitations.net/index/v2"
    cited = dois(lambda work: 100 < WORLD.citations("opencitations", work.seed) < 900)[0]
    count = ask(f"{base}/citation-count/doi:{cited.upper()}").json()
    assert count == [{"count": str(WORLD.citations("opencitations", facts(cited).seed))}]
    rows = ask(f"{base}/citations/doi:{cited}").json()
    assert set(rows[0]) == {
        *("oci", "citing", "cited", "creation", "timespan", "journal_sc", "author_sc")
    }
    assert len({row["oci"] for row in rows}) == len(rows) > int(count[0]["count"])
    citing = {part for row in rows for part in row["citing"].split() if part.startswith("doi:")}
    assert len(citing) == int(count[0]["count"])
    uncited = dois(lambda work: work.agency and not WORLD.citations("opencitations", work.seed))
    for doi in (uncited[0], dois(lambda work: not work.agency)[0]):
        assert ask(f"{base}/citation-count/doi:{doi}").json() == [{"count": "0"}]
        assert ask(f"{base}/citations/doi:{doi}").json() == []
    assert ask(f"{base}/citations/{cited}").status_code == 404


def sparql(server: ProviderServer, literals: str, **headers: str) -> requests.Response:
    query = (
        "SELECT ?d ?i (COUNT(DISTINCT ?c) AS ?number) WHERE { VALUES ?d { " + literals + " } "
        "?i wdt:P356 ?d . OPTIONAL { ?c wdt:P2860 ?i } } GROUP BY ?d ?i"
    )
    accept = {"Accept": "application/sparql-results+json"}
    url = f"{server.url}/query-scholarly.wikidata.org/sparql"
    return requests.post(url, data={"query": query}, headers=AGENT | accept | headers, timeout=10)


def test_wikidata(server: ProviderServer) -> None:
    known = dois(lambda work: WORLD.items(work.doi), 60)
    twice = dois(lambda work: len(WORLD.items(work.doi)) == 2, 1, '10.5555/"\\')[0]
    escaped = twice.upper().replace("\\", "\\\\").replace('"', '\\"')
    literals = [f'"{doi.upper()}"' for doi in known] + [f'"{escaped}"']
    answer = sparql(server, " ".join(literals))
    body = answer.json()
    assert body["head"]["vars"] == ["d", "i", "number"]
    found: dict[str, list[int]] = {}
    for row in body["results"]["bindings"]:
        assert row["i"]["value"].startswith("http://www.wikidata.org/entity/Q")
        assert row["number"]["datatype"].endswith("#integer")
        found.setdefault(row["d"]["value"].lower(), []).append(int(row["number"]["value"]))
    assert set(found) == {*known, twice}
    assert sorted(found[twice]) == sorted(WORLD.items(twice))
    assert sparql(server, f'"{known[0]}"').json()["results"]["bindings"] == []


def test_wikidata_refusals(server: ProviderServer) -> None:
    assert sparql(server, '"10.5555/A').status_code == 400
    assert sparql(server, '"10.5555/\\q"').status_code == 400
    assert sparql(server, '"10.5555/A"', **{"User-Agent": ""}).status_code == 403
    assert sparql(server, '"10.5555/A"', Accept="text/html").status_code == 501


# Wikipedia, Hypothes.is, Hacker News


def wiki(ask: Ask, search: str, host: str = "en.wikipedia.org", **more: str) -> Any:
    params = {"action": "query", "list": "search", "format": "json", "formatversion": "2"}
    return ask(f"{host}/w/api.php", **params, srsearch=search, **more)


def test_wikipedia(ask: Ask) -> None:
    busy = dois(lambda work: WORLD.pages("en", work.doi) > 12)[0]
    quiet = dois(lambda work: not WORLD.pages("en", work.doi), 4)
    body = wiki(ask, f'"{busy.upper()}"').json()
    total = WORLD.pages("en", busy)
    assert body["query"]["searchinfo"]["totalhits"] == total
    assert len(body["query"]["search"]) == 10 and body["continue"]["sroffset"] == 10
    rest = wiki(ask, f'"{busy}"', sroffset="10", srlimit="500", srprop="timestamp").json()
    pages = body["query"]["search"] + rest["query"]["search"]
    assert len({page["pageid"] for page in pages}) == total
    assert set(rest["query"]["search"][0]) == {"ns", "title", "pageid", "timestamp"}
    together = " OR ".join(f'"{doi}"' for doi in quiet)
    assert wiki(ask, together).json()["query"] == {"searchinfo": {"totalhits": 0}, "search": []}
    mixed = wiki(ask, f'{together} OR "{busy}"').json()
    assert mixed["query"]["searchinfo"]["totalhits"] == total
    filed = dois(lambda work: WORLD.pages("commons", work.doi))[0]
    found = wiki(ask, f'"{filed}"', "commons.wikimedia.org", srnamespace="6").json()["query"]
    assert found["searchinfo"]["totalhits"] == WORLD.pages("commons", filed)
    assert found["search"][0]["title"].startswith("File:")
    articles = wiki(ask, f'"{filed}"', "commons.wikimedia.org").json()["query"]
    assert articles["searchinfo"]["totalhits"] == 0


def test_wikipedia_errors_come_with_status_200(ask: Ask) -> None:
    assert "query" in wiki(ask, f'"{"x" * 298}"').json()
    answer = wiki(ask, f'"{"x" * 299}"')
    assert answer.status_code == 200
    assert answer.json()["error"]["code"] == "cirrussearch-query-too-long"
    assert answer.headers["MediaWiki-API-Error"] == "cirrussearch-query-too-long"
    nameless = ask("en.wikipedia.org/w/api.php", headers={"User-Agent": ""})
    assert nameless.status_code == 403


def test_hypothesis(ask: Ask) -> None:
    url = "hypothes.is/api/search"
    noted = dois(lambda work: WORLD.annotations(work.doi) > 200, 1, "10.5555/n(1)<2>%41#")[0]
    total = WORLD.annotations(noted)
    link = f"https://doi.org/{quote(noted)}"
    first = ask(url, uri=[f"doi:{noted}", link, "https://example.org/page"], limit="200").json()
    assert (first["total"], len(first["rows"])) == (total, 200)
    assert first["rows"] == sorted(first["rows"], key=lambda row: row["updated"], reverse=True)
    after = first["rows"][-1]["updated"]
    rest = ask(url, uri=link, limit="200", search_after=after).json()["rows"]
    assert len({row["id"] for row in first["rows"] + rest}) == total
    assert len(ask(url, uri=link).json()["rows"]) == 20
    assert ask(url, uri=link, limit="0").json() == {"total": total, "rows": []}
    assert ask(url, uri=f"doi:{noted.upper()}").json() == {"total": 0, "rows": []}
    refused = ask(url, uri=link, limit="201")
    assert refused.status_code == 400 and refused.json()["status"] == "failure"


def said(hit: dict[str, Any]) -> str:
    """All that a hit says, as a person reads it."""
    texts = [hit.get(name) or "" for name in ("url", "story_text", "comment_text")]
    return unescape(unquote(" ".join(texts))).lower()


def test_hacker_news_has_false_hits(ask: Ask) -> None:
    url = "hn.algolia.com/api/v1/search"
    found_true = found_false = 0
    for doi in dois(lambda work: WORLD.posts(work.doi), 25, "10.5555/(h)<n>&."):
        params = {"query": f'"{doi}"', "tags": "(story,comment)", "hitsPerPage": "1000"}
        body = ask(url, **params).json()
        assert body["nbHits"] == len(body["hits"]) and body["nbPages"] == 1
        texts = [said(hit) for hit in body["hits"]]
        true = [text for text in texts if doi in text and not text.partition(doi)[2][:1].isdigit()]
        assert len(true) == WORLD.posts(doi)
        found_true += len(true)
        found_false += len(texts) - len(true)
        paged = ask(url, **{**params, "hitsPerPage": "1", "page": "1"}).json()
        assert paged["hits"] == body["hits"][1:2] and paged["nbPages"] == body["nbHits"]
        links = ask(url, **params, restrictSearchableAttributes="url").json()["hits"]
        assert all("doi.org" in hit["url"] for hit in links)
    assert found_true and found_false
