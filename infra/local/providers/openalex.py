"""api.openalex.org: works by DOI, alone (free) or up to 100 in a list (costs credits)."""

import dataclasses
import datetime as dt
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from infra.local.providers import papers
from infra.local.providers.draws import fraction, pick
from infra.local.providers.exchange import Reply, Request, State, as_json, as_text, not_modelled
from infra.local.providers.world import Facts, World, facts

#: A work as JSON, and what makes it when its page is shown.
Record = dict[str, Any]
Build = Callable[[], Record]

MAXIMUM_VALUES = 100
MAXIMUM_PER_PAGE = 100
MAXIMUM_PAGED = 10_000
#: A free key multiplies the budget of the day.
KEY_FACTOR = 10
USD_PER_LIST_CALL = 0.0001
TYPES = ("article", "article", "article", "preprint", "book-chapter")
FILTERS = {"doi": "doi", "ids.doi": "doi", "cites": "cites", "pmid": "pmid", "ids.pmid": "pmid"}


class _Refused(Exception):
    """A request that OpenAlex refuses with this status."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def answer(request: Request, state: State) -> Reply:
    """The answer to a GET of /works, /works/{id} or /rate-limit."""
    if request.method != "GET":
        return as_json({"error": "Method Not Allowed"}, 405)
    keyed = any(name == "api_key" for name, _ in request.pairs)
    if keyed and not re.fullmatch(r"[A-Za-z0-9_-]{8,}", request.get("api_key")):
        message = "The API key is missing or not valid."
        return as_json({"error": "Invalid API key", "message": message}, 401)
    budget = state.openalex_budget * (KEY_FACTOR if keyed else 1)
    single = request.after("/works/")
    if single:
        return _with_budget(_single(single, request, state.world), state, budget, cost=0)
    if request.path.rstrip("/") == "/works":
        return _metered(request, state, budget)
    if request.path == "/rate-limit":
        return _with_budget(as_json({}, operation="rate-limit"), state, budget, cost=0)
    return as_json({"error": "Not Found"}, 404)


def _metered(request: Request, state: State, budget: int) -> Reply:
    try:
        reply = _list(request, state.world)
    except _Refused as refused:
        error = {"error": "Invalid query parameters error.", "message": str(refused)}
        return _with_budget(
            as_json(error, refused.status, operation="works"), state, budget, cost=0
        )
    if not state.spend_openalex(budget):
        message = "Insufficient budget. The budget of this day is spent."
        refusal = as_json({"error": "Rate limit exceeded", "message": message}, 429)
        return _with_budget(refusal, state, budget, cost=0, exhausted=True)
    return _with_budget(reply, state, budget, cost=1)


def _with_budget(
    reply: Reply, state: State, budget: int, *, cost: int, exhausted: bool = False
) -> Reply:
    now = dt.datetime.now(dt.UTC)
    reset_seconds = 86_400 - (now.hour * 3600 + now.minute * 60 + now.second)
    left = max(0, budget - state.openalex_used)
    headers = {
        "x-ratelimit-limit": str(budget),
        "x-ratelimit-remaining": str(left),
        "x-ratelimit-credits-used": str(cost),
        "x-ratelimit-reset": str(reset_seconds),
        "x-ratelimit-limit-usd": f"{budget * USD_PER_LIST_CALL:g}",
        "x-ratelimit-remaining-usd": f"{left * USD_PER_LIST_CALL:g}",
    }
    if exhausted:
        headers["retry-after"] = str(reset_seconds)
    return dataclasses.replace(reply, headers=headers)


def _single(identifier: str, request: Request, world: World) -> Reply:
    text = identifier.strip()
    if found := re.fullmatch(r"(?:https?://openalex\.org/)?w([0-9]+)", text, re.IGNORECASE):
        doi = world.doi_by_openalex.get(int(found[1]), "")
    elif text.lower().startswith("pmid:"):
        doi = world.doi_by_seed.get(f"MED:{text[5:]}", "")
    else:
        doi = _doi(text)
    work = world.work(doi) if doi else None
    if work is None or not work.openalex:
        page = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
        return as_text(page, 404, content_type="text/html", operation="work", asked=1)
    try:
        selected = _selected(request)
    except _Refused as refused:
        error = {"error": "Invalid query parameters error.", "message": str(refused)}
        return as_json(error, 400, operation="work")
    return as_json(_record(work, world, selected), operation="work", asked=1)


def _list(request: Request, world: World) -> Reply:
    filters = _filters(request.get("filter"))
    per_page, page = _paging(request)
    selected = _selected(request)
    if len(filters) != 1 or filters[0][0] not in FILTERS:
        return not_modelled(request, "a list without one filter by doi, pmid or cites")
    field, values = FILTERS[filters[0][0]], filters[0][1]
    if field == "cites":
        found = _citing(values[0], world, selected)
    else:
        found = _by_id(field, values, world, selected)
    start = (page - 1) * per_page
    cursor = request.get("cursor")
    if cursor:
        start = int(cursor[1:]) if re.fullmatch(r"c[0-9]{1,9}", cursor) else 0
    meta: dict[str, Any] = {
        "count": len(found),
        "db_response_time_ms": 12,
        "page": None if cursor else page,
        "per_page": per_page,
        "groups_count": None,
        "cost_usd": USD_PER_LIST_CALL,
    }
    if cursor:
        end = start + per_page
        meta["next_cursor"] = f"c{end}" if end < len(found) else None
    results = [build() for build in found[start : start + per_page]]
    operation = "citing" if field == "cites" else "works"
    document = {"meta": meta, "results": results, "group_by": []}
    return as_json(document, operation=operation, asked=len(set(values)))


def _filters(text: str) -> list[tuple[str, list[str]]]:
    """The filters as OpenAlex reads them: a comma ends a value, | separates alternatives.

    Neither commas nor ampersands can be escaped inside of a value; such calls end in a 403.
    """
    if "&" in text:
        raise _Refused("Invalid query parameter: & is not allowed in a filter.", 403)
    found = []
    for part in text.split(",") if text else []:
        name, colon, value = part.partition(":")
        if not colon or not re.fullmatch(r"[a-z_.\-]+", name):
            raise _Refused(f"Invalid query parameter in {part}.", 403)
        values = value.split("|")
        if len(values) > MAXIMUM_VALUES:
            raise _Refused(
                f"Maximum number of values exceeded for {name}. Decrease values to "
                f"{MAXIMUM_VALUES} or below, or consider downloading the full dataset."
            )
        found.append((name.replace("-", "_"), values))
    return found


def _paging(request: Request) -> tuple[int, int]:
    per_page = request.number("per_page" if request.get("per_page") else "per-page", 25)
    page = request.number("page", 1)
    if per_page is None or not 1 <= per_page <= MAXIMUM_PER_PAGE:
        raise _Refused(f"per-page parameter must be between 1 and {MAXIMUM_PER_PAGE}")
    if not page:
        raise _Refused("Page parameter must be greater than 0.")
    if page * per_page > MAXIMUM_PAGED:
        raise _Refused(
            f"Maximum results size of {MAXIMUM_PAGED:,} records is exceeded. Cursor pagination "
            f"is required for records beyond {MAXIMUM_PAGED:,}."
        )
    return per_page, page


def _selected(request: Request) -> list[str]:
    selected = [name for name in request.get("select").split(",") if name]
    for name in selected:
        if name not in _FIELDS:
            raise _Refused(
                f"{name} is not a valid select field. Valid fields for select are: "
                + ", ".join(_FIELDS)
            )
    return selected or list(_FIELDS)


def _by_id(field: str, values: list[str], world: World, selected: list[str]) -> list[Build]:
    """The records of these identifiers, the most cited first, each ready to be built."""
    if field == "pmid":
        numbers = [value.rstrip("/").rpartition("/")[2] for value in values]
        dois = [world.doi_by_seed.get(f"MED:{number}", "") for number in numbers]
    else:
        dois = [_doi(value) for value in values]
    ranked: list[tuple[int, int, Build]] = []
    for doi in filter(None, dict.fromkeys(dois)):
        work = world.work(doi)
        if not work.openalex:
            continue
        count = world.citations("openalex", work.seed)
        ranked.append((-count, work.openalex, partial(_record, work, world, selected)))
        # One work in twenty-five has a poorer duplicate with the same DOI.
        if fraction("duplicate", doi) < 0.04:
            duplicate = partial(_duplicate, work, world, selected)
            ranked.append((-(count // 3), work.openalex, duplicate))
    return [build for *_, build in sorted(ranked, key=lambda one: one[:2])]


def _record(work: Facts, world: World, selected: list[str]) -> Record:
    return {name: _FIELDS[name](work, world) for name in selected}


def _duplicate(work: Facts, world: World, selected: list[str]) -> Record:
    identifier = f"https://openalex.org/W{(work.openalex or 0) + 7_000_000_000}"
    different = {
        "id": identifier,
        "ids": {"openalex": identifier, "doi": f"https://doi.org/{work.doi}"},
        "cited_by_count": world.citations("openalex", work.seed) // 3,
        "counts_by_year": [],
    }
    record = _record(work, world, selected)
    return {name: different.get(name, value) for name, value in record.items()}


def _citing(value: str, world: World, selected: list[str]) -> list[Build]:
    """The records of the works that cite the one of this identifier, ready to be built."""
    found = re.fullmatch(r"(?:https?://openalex\.org/)?w([0-9]+)", value, re.IGNORECASE)
    if not found:
        raise _Refused(f"'{value}' is not a valid OpenAlex ID.")
    doi = world.doi_by_openalex.get(int(found[1]))
    if not doi:
        return []
    seed = facts(doi).seed
    count = world.citations("openalex", seed)
    return [partial(_citing_record, seed, index, selected) for index in range(count)]


def _citing_record(seed: str, index: int, selected: list[str]) -> Record:
    paper = papers.Paper(seed, index)
    # One in twenty works of OpenAlex has no DOI.
    doi = f"https://doi.org/{paper.doi}" if fraction("null doi", seed, index) >= 0.05 else None
    identifier = f"https://openalex.org/W{paper.openalex}"
    known = {
        "id": identifier,
        "doi": doi,
        "title": paper.title,
        "display_name": paper.title,
        "publication_date": paper.published.isoformat(),
        "publication_year": paper.published.year,
        "ids": {"openalex": identifier, **({"doi": doi} if doi else {})},
        "type": "article",
        "is_retracted": False,
        "cited_by_count": 0,
        "counts_by_year": [],
        "authorships": _authorships(paper.authors),
    }
    return {name: known.get(name) for name in selected}


def _doi(value: str) -> str:
    folded = value.strip().strip('"').lower()
    for start in ("https://doi.org/", "http://doi.org/", "https://dx.doi.org/", "doi:"):
        folded = folded.removeprefix(start)
    return folded if folded.startswith("10.") else ""


def _ids(work: Facts, world: World) -> Record:
    ids = {
        "openalex": f"https://openalex.org/W{work.openalex}",
        "doi": f"https://doi.org/{work.doi}",
    }
    if work.pmid:
        ids["pmid"] = f"https://pubmed.ncbi.nlm.nih.gov/{work.pmid}"
    if work.pmcid:
        ids["pmcid"] = f"https://www.ncbi.nlm.nih.gov/pmc/articles/{work.pmcid}"
    return ids


def _percentile(work: Facts) -> float | None:
    """The percentile in its field, None for works that are not rated."""
    if _published(work).year < 1990 or fraction("fwci", work.doi) >= 0.8:
        return None
    return round(fraction("percentile", work.doi), 6)


def _fwci(work: Facts, world: World) -> float | None:
    percentile = _percentile(work)
    if percentile is None:
        return None
    return round(world.citations("openalex", work.seed) / 7 + percentile, 3)


def _normalized_percentile(work: Facts, world: World) -> Record | None:
    percentile = _percentile(work)
    if percentile is None:
        return None
    return {
        "value": percentile,
        "is_in_top_1_percent": percentile > 0.99,
        "is_in_top_10_percent": percentile > 0.9,
    }


def _authorships(authors: tuple[tuple[str, str], ...]) -> list[Record]:
    return [
        {"author_position": "middle", "author": {"display_name": f"{given} {family}"}}
        for given, family in authors
    ]


def _by_year(work: Facts, world: World) -> list[dict[str, int]]:
    """Citations of the last ten years; older ones are in the total only."""
    left, years = world.citations("openalex", work.seed), []
    for year in range(2026, 2016, -1):
        share = int(left * fraction("share", work.seed, year) / 3)
        left -= share
        if share:
            years.append({"year": year, "cited_by_count": share})
    return years


def _published(work: Facts) -> dt.date:
    return papers.publication_day(work.seed)


#: The fields of a work in their order; only those that are selected are computed.
_FIELDS: dict[str, Callable[[Facts, World], Any]] = {
    "id": lambda work, world: f"https://openalex.org/W{work.openalex}",
    "doi": lambda work, world: f"https://doi.org/{work.doi}",
    "title": lambda work, world: papers.title(work.doi),
    "display_name": lambda work, world: papers.title(work.doi),
    "publication_year": lambda work, world: _published(work).year,
    "publication_date": lambda work, world: _published(work).isoformat(),
    "ids": _ids,
    "language": lambda work, world: "en",
    "type": lambda work, world: (
        "dataset" if work.agency == "datacite" else pick(TYPES, "type", work.doi)
    ),
    "authorships": lambda work, world: _authorships(papers.people(work.doi)),
    "is_retracted": lambda work, world: world.retracted(work.doi),
    "cited_by_count": lambda work, world: world.citations("openalex", work.seed),
    "counts_by_year": _by_year,
    "fwci": _fwci,
    "citation_normalized_percentile": _normalized_percentile,
    "updated_date": lambda work, world: papers.moment(2026, 2026, "updated", work.doi).isoformat()[
        :19
    ],
    "created_date": lambda work, world: _published(work).isoformat(),
}
