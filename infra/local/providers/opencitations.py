"""api.opencitations.net: the Index v2. Uncited and unknown works get the same answer."""

import re
from typing import Any

from infra.local.providers import papers
from infra.local.providers.draws import draw, fraction
from infra.local.providers.exchange import Reply, Request, State, as_json, as_text
from infra.local.providers.world import World, pmid_exists

BASE = "/index/v2"
#: The index stops there.
MAXIMUM_ROWS = 200_000


def answer(request: Request, state: State) -> Reply:
    """The answer to /citation-count/{id} and /citations/{id} with doi: or pmid:."""
    identifier = request.after(f"{BASE}/citation-count/")
    if identifier and (seed := _seed(identifier, state.world)) is not None:
        count = state.world.citations("opencitations", seed) if seed else 0
        return as_json([{"count": str(count)}], operation="citation-count", asked=1)
    identifier = request.after(f"{BASE}/citations/")
    if identifier and (seed := _seed(identifier, state.world)) is not None:
        rows = _rows(seed, identifier, state.world) if seed else []
        return as_json(rows, operation="citations", asked=1)
    return as_text(
        "HTTP status code 404: the operation requested does not exist", 404, operation="unknown"
    )


def _seed(identifier: str, world: World) -> str | None:
    """What citations depend on, "" for an unknown work, None for no identifier at all."""
    folded = identifier.lower()
    if folded.startswith("doi:"):
        work = world.work(folded[4:])
        return work.seed if work.agency else ""
    if re.fullmatch(r"pmid:[0-9]{1,9}", folded):
        return f"MED:{int(folded[5:])}" if pmid_exists(int(folded[5:])) else ""
    return "" if folded.startswith("omid:") else None


def _rows(seed: str, identifier: str, world: World) -> list[dict[str, Any]]:
    cited = draw("omid", seed) % 10**10
    rows = []
    for index in range(min(world.citations("opencitations", seed), MAXIMUM_ROWS)):
        rows.append(_row(seed, index, cited, identifier.lower(), merged=False))
        # A citing work that the index holds under two numbers comes twice.
        if fraction("twice", seed, index) < 0.04:
            rows.append(_row(seed, index, cited, identifier.lower(), merged=True))
    return sorted(rows, key=lambda row: str(row["oci"]))


def _row(seed: str, index: int, cited: int, identifier: str, *, merged: bool) -> dict[str, Any]:
    paper = papers.Paper(seed, index)
    name = ("citing", seed, index)
    omid = f"06{(draw('citing omid', seed) + index * 7_368_787) % 10**10:010d}" + "9" * merged
    identifiers = [f"omid:br/{omid}", f"doi:{paper.doi}"]
    if fraction("openalex", *name) < 0.7:
        identifiers.append(f"openalex:W{paper.openalex}")
    if fraction("pmid", *name) < 0.4:
        identifiers.append(f"pmid:{paper.pmid}")
    years = max(0, paper.published.year - papers.publication_day(seed).year)
    exact = fraction("exact", *name)
    creation = paper.published.isoformat()
    return {
        "oci": f"{omid}-06{cited}",
        "citing": " ".join(identifiers),
        "cited": f"omid:br/06{cited} {identifier}",
        "creation": creation[:4] if exact < 0.2 else creation[:7] if exact < 0.3 else creation,
        "timespan": "" if exact < 0.05 else f"P{years}Y",
        "journal_sc": "yes" if fraction("journal_sc", *name) < 0.1 else "no",
        "author_sc": "yes" if fraction("author_sc", *name) < 0.08 else "no",
    }
