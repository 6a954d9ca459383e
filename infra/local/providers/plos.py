"""api.plos.org: the search index of PLOS, asked for articles by id."""

from typing import Any

from infra.local.providers import lucene
from infra.local.providers.draws import draw, fraction
from infra.local.providers.exchange import (
    Reply,
    Request,
    State,
    as_json,
    as_text,
    not_modelled,
    unique,
)
from infra.local.providers.world import World

DEFAULT_ROWS = 10
PARTS = ("title", "abstract", "introduction", "references")


def answer(request: Request, state: State) -> Reply:
    """The answer to a GET of /search by id. Parts of articles are documents of their own."""
    if request.path.rstrip("/") != "/search" or request.get("wt", "json") != "json":
        return not_modelled(request, "only /search in JSON is")
    try:
        query = lucene.parse(request.get("q"))
    except lucene.SyntaxProblem as problem:
        return as_text(f"The query cannot be parsed: {problem}", 400, operation="search")
    if not query.terms or any(field != "id" for field, _ in query.terms):
        return not_modelled(request, "a search by other fields than id")
    whole = "doc_type:full" in request.all("fq")
    ids = unique(value for _, value in query.terms)
    found = [doc for doi in ids for doc in _documents(doi, state.world, whole=whole)]
    found.sort(key=lambda doc: draw("plos order", doc["id"]))
    start, rows = request.number("start", 0) or 0, request.number("rows", DEFAULT_ROWS) or 0
    fields = unique(request.get("fl").split(","))
    docs = [
        {name: doc[name] for name in doc if not fields or name in fields}
        for doc in found[start : start + rows]
    ]
    response = {"numFound": len(found), "start": start, "maxScore": 1.0, "docs": docs}
    return as_json({"response": response}, operation="search", asked=len(ids))


def _documents(doi: str, world: World, *, whole: bool) -> list[dict[str, Any]]:
    """The article of an id, compared by case, and without ``whole`` its parts as well."""
    visits = world.visits("plos_usage", doi) if doi == doi.lower() else None
    if visits is None:
        return []
    total = sum(visits)
    counts = {
        "counter_total_all": total,
        "counter_total_month": int(total * fraction("month", doi) / 10),
    }
    ids = [doi] if whole else [doi, *(f"{doi}/{part}" for part in PARTS)]
    return [{"id": one, **counts} for one in ids]
