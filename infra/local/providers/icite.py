"""icite.od.nih.gov: citation metrics of many PMIDs; unknown ones are left out."""

import re
from typing import Any

from infra.local.providers import papers
from infra.local.providers.draws import fraction, pick
from infra.local.providers.exchange import Reply, Request, State, as_json, as_text, not_modelled
from infra.local.providers.world import World

MAXIMUM_PMIDS = 1000


def answer(request: Request, state: State) -> Reply:
    """The answer to a GET of /api/pubs or /api/pubs/{pmid}."""
    if request.path.rstrip("/") == "/api/pubs":
        return _list(request, state.world)
    single = re.fullmatch(r"/api/pubs/([0-9]{1,9})", request.path)
    if single and state.world.icite_covers(int(single[1])):
        return as_json(_publication(int(single[1]), state.world), operation="pub", asked=1)
    return as_text('{"error": "Not found"}', 404, content_type="application/json", operation="pub")


def _list(request: Request, world: World) -> Reply:
    pmids = list(dict.fromkeys(one.strip() for one in request.get("pmids").split(",") if one))
    if request.get("format", "json") != "json" or not pmids:
        return not_modelled(request, "csv, or a list without pmids")
    if len(pmids) > MAXIMUM_PMIDS or not all(re.fullmatch(r"[0-9]{1,9}", one) for one in pmids):
        error = {"error": f"pmids must be at most {MAXIMUM_PMIDS} PubMed identifiers"}
        return as_json(error, 400, operation="pubs", asked=len(pmids))
    fields = [name for name in request.get("fl").split(",") if name]
    covered = [int(pmid) for pmid in pmids if world.icite_covers(int(pmid))]
    data = [_publication(pmid, world) for pmid in sorted(covered, reverse=True)]
    if fields:
        data = [{name: one[name] for name in fields if name in one} for one in data]
    document: dict[str, Any] = {
        "links": {"self": f"https://icite.od.nih.gov/api/pubs?pmids={request.get('pmids')}"},
        "data": data,
    }
    # Some answers come without meta.
    if fraction("meta", *pmids) < 0.8:
        document["meta"] = {"pmids": request.get("pmids")}
    return as_json(document, operation="pubs", asked=len(pmids))


def _publication(pmid: int, world: World) -> dict[str, Any]:
    """One record, in the older or the newer form."""
    seed, newer = f"MED:{pmid}", fraction("newer", pmid) < 0.5
    published = papers.publication_day(seed)
    count = world.citations("icite", seed)
    cited_by = [papers.Paper(seed, index).pmid for index in range(count)]
    rated = fraction("rated", pmid) < 0.85
    years = max(1, 2026 - published.year)
    expected = round(0.5 + 4 * fraction("expected", pmid), 4)
    names = papers.people(seed)
    return {
        "pmid": pmid,
        "year": published.year,
        "title": papers.title(seed),
        "authors": [
            {"firstName": given, "lastName": family, "fullName": f"{given} {family}"}
            for given, family in names
        ]
        if newer
        else ", ".join(f"{given} {family}" for given, family in names),
        "journal": pick(papers.JOURNALS, "journal", seed),
        "is_research_article": _flag(True, newer),
        "relative_citation_ratio": round(count / years / expected, 2) if rated else None,
        "nih_percentile": round(100 * fraction("percentile", pmid), 1) if rated else None,
        "human": 1.0,
        "animal": 0.0,
        "molecular_cellular": 0.0,
        "apt": pick((0.05, 0.25, 0.5, 0.75, 0.95), "apt", pmid),
        "is_clinical": _flag(fraction("clinical", pmid) < 0.1, newer),
        "citation_count": count,
        "citations_per_year": count / years,
        "expected_citations_per_year": expected,
        "field_citation_rate": round(1 + 9 * fraction("field", pmid), 4),
        "provisional": _flag(published.year >= 2024, newer),
        "cited_by_clin": cited_by[::20] or None,
        "cited_by": cited_by,
        "references": [papers.Paper(f"references of {seed}", index).pmid for index in range(5)],
        "doi": papers.mixed_case(world.doi_by_seed.get(seed, "")),
        "last_modified": "10/01/2026, 12:00:00",
    }


def _flag(true: bool, newer: bool) -> bool | str:
    if newer:
        return true
    return "Yes" if true else "No"
