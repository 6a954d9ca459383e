"""api.crossref.org: works by DOI, alone or many by filter, with counts and update notices."""

import dataclasses
import datetime as dt
import functools
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from infra.local.providers import notices, papers
from infra.local.providers.draws import between, draw, fraction, pick
from infra.local.providers.exchange import Reply, Request, State, as_json, as_text, not_modelled
from infra.local.providers.world import Facts, World

MAXIMUM_ROWS = 1000
MAXIMUM_OFFSET = 10_000
_SELECTS = """
abstract URL resource member posted score created degree update-policy short-title license ISSN
container-title issued update-to issue prefix approved indexed article-number
clinical-trial-number accepted author group-title DOI is-referenced-by-count updated-by event
chair standards-body original-title funder translator published archive published-print
alternative-id subject subtitle published-online publisher-location content-domain reference
title link type publisher volume references-count ISBN issn-type assertion deposited page
content-created short-container-title relation editor
"""
SELECTS = frozenset(_SELECTS.split())
#: The filters whose names are known here; the days of indexing are taken for all there are.
FILTERS = ("doi", "type", "prefix", "update-type", "from-index-date", "until-index-date")
TYPES = ("journal-article", "journal-article", "journal-article", "book-chapter", "posted-content")


def answer(request: Request, state: State) -> Reply:
    """The answer to a GET of /works or /works/{doi}, with or without /v1."""
    path = request.path.removeprefix("/v1")
    if request.method != "GET":
        return as_text("", 405)
    if path in ("/works", "/works/"):
        return _with_limits(_list(request, state.world), request, listing=True)
    doi = request.after(request.path.removesuffix(path) + "/works/")
    if doi is None:
        return as_text("Resource not found.", 404)
    return _with_limits(_single(doi, state.world), request, listing=False)


def _single(doi: str, world: World) -> Reply:
    doi, wants_agency = doi.removesuffix("/agency"), doi.endswith("/agency")
    work = world.work(doi)
    if wants_agency and work.agency:
        agency = {"id": work.agency, "label": work.agency.title().replace("cite", "Cite")}
        return _message("work-agency", {"DOI": work.doi, "agency": agency}, "agency", 1)
    if work.agency != "crossref":
        return as_text("Resource not found.", 404, operation="work", asked=1)
    return _message("work", _item(work, world), "work", 1)


def _list(request: Request, world: World) -> Reply:
    filters = _filters(request.get("filter"))
    selected = [name for name in request.get("select").split(",") if name]
    problems = _problems(request, filters, selected)
    if problems:
        failure = {"status": "failed", "message-type": "validation-failure", "message": problems}
        return as_json(failure, 400, operation="works")
    dois = list(dict.fromkeys(value.lower() for name, value in filters if name == "doi"))
    kinds = [value for name, value in filters if name == "update-type"]
    if kinds and not dois:
        return _page(request, _notices(world, kinds), 0)
    if not dois:
        return not_modelled(request, "a list without filter=doi or filter=update-type")
    found = [work for doi in dois if (work := world.work(doi)).agency == "crossref"]
    items = [
        functools.partial(_item, work, world, selected)
        for work in sorted(found, key=lambda work: draw("crossref order", work.doi))
        if _passes(work, world, filters)
    ]
    return _page(request, items, len(dois))


def _notices(world: World, kinds: Sequence[str]) -> list[Callable[[], dict[str, Any]]]:
    """The notices of these types; a retraction can be told by two sources."""
    found = []
    for doi in notices.retracted(world) if "retraction" in kinds else []:
        updates = _updates(world.work(doi), world) or []
        retracting = [update for update in updates if update["type"] == "retraction"]
        found.append(functools.partial(notices.item, doi, retracting))
    return found


def _page(request: Request, items: Sequence[Callable[[], dict[str, Any]]], asked: int) -> Reply:
    rows = request.number("rows", 20) or 0
    cursor = request.get("cursor")
    start = request.number("offset", 0) or 0
    if cursor:
        start = int(cursor[1:]) if cursor[:1] == "c" and cursor[1:].isdigit() else 0
    shown = [build() for build in items[start : start + rows]]
    message: dict[str, Any] = {
        "facets": {},
        "total-results": len(items),
        "items": shown,
        "items-per-page": rows,
        "query": {"start-index": 0 if cursor else start, "search-terms": None},
    }
    if cursor:
        message["next-cursor"] = f"c{start + rows}"
    return _message("work-list", message, "works", asked)


def _filters(text: str) -> list[tuple[str, str]]:
    """The filters as Crossref reads them: split at commas, but a part without a colon
    belongs to the part before it, so a DOI may hold a comma unless a colon follows."""
    parts: list[str] = []
    for part in text.split(",") if text else []:
        if ":" in part or not parts:
            parts.append(part)
        else:
            parts[-1] += f",{part}"
    return [(name, value) for name, _, value in (part.partition(":") for part in parts)]


def _problems(
    request: Request, filters: list[tuple[str, str]], selected: list[str]
) -> list[dict[str, str]]:
    found = [
        _problem("filter-not-available", name, f"Filter {name} specified but there is no such "
                 "filter for this route. Valid filters for this route are: " + ", ".join(FILTERS))
        for name, _ in filters
        if name not in FILTERS
    ]  # fmt: skip
    found += [
        _problem("doi-not-valid", value, f"DOI specified as {value} but must be of the form: "
                 "10.prefix/suffix where prefix is 4 or more digits and suffix is a string")
        for name, value in filters
        if name == "doi" and not (value.startswith("10.") and "/" in value)
    ]  # fmt: skip
    found += [
        _problem("select-not-available", name, f"Select {name} specified but there is no such "
                 "select for this route. Valid selects for this route are: "
                 + ", ".join(sorted(SELECTS)))
        for name in selected
        if name not in SELECTS
    ]  # fmt: skip
    for name, largest in (("rows", MAXIMUM_ROWS), ("offset", MAXIMUM_OFFSET)):
        number = request.number(name, 0)
        if number is None or number > largest:
            text = request.get(name)
            found.append(
                _problem("integer-not-valid", text, f"Integer specified as {text} but must be a "
                         f"positive integer less than or equal to {largest}.")
            )  # fmt: skip
    return found


def _problem(kind: str, value: str, message: str) -> dict[str, str]:
    return {"type": kind, "value": value, "message": message}


def _passes(work: Facts, world: World, filters: list[tuple[str, str]]) -> bool:
    for name in ("type", "prefix"):
        wanted = [value for filtered, value in filters if filtered == name]
        if wanted and _FIELDS[name](work, world) not in wanted:
            return False
    return True


def _item(work: Facts, world: World, selected: Sequence[str] = ()) -> dict[str, Any]:
    """The work with the selected fields, all without a selection; those without value are
    left out."""
    names = [name for name in selected if name in _FIELDS] if selected else list(_FIELDS)
    values = ((name, _FIELDS[name](work, world)) for name in names)
    return {name: value for name, value in values if value is not None}


def _updates(work: Facts, world: World) -> list[dict[str, Any]] | None:
    """Retractions (told by both sources), corrections, new versions (of itself)."""
    doi = work.doi
    notice = f"10.5555/notice.{draw('notice', doi) % 10**9}"
    updates = []
    if world.retracted(doi):
        updates.append(_update(doi, notice, "retraction", "retraction-watch"))
        if fraction("publisher retracts", doi) < 0.5:
            updates.append(_update(doi, notice, "retraction", "publisher"))
    if fraction("corrected", doi) < 0.05:
        updates.append(_update(doi, f"{notice}.c", "correction", "publisher"))
    if fraction("new version", doi) < 0.03:
        updates.append(_update(doi, doi, "new_version", "publisher"))
    return updates or None


def _versions(work: Facts, world: World) -> list[dict[str, Any]] | None:
    """What the work itself updates: a new version is its own."""
    updates = _updates(work, world) or []
    return [update for update in updates if update["type"] == "new_version"] or None


def _update(doi: str, notice: str, kind: str, source: str) -> dict[str, Any]:
    update = {
        "updated": _time(papers.day(2020, 2025, "update", notice)),
        "DOI": notice,
        "type": kind,
        "source": source,
        "label": kind.replace("_", " ").capitalize(),
    }
    if source == "retraction-watch":
        update["record-id"] = str(between(10_000, 70_000, "record", doi))
    return update


def _time(day: dt.date) -> dict[str, Any]:
    midnight = dt.datetime.combine(day, dt.time(), dt.UTC)
    return {
        "date-parts": [[day.year, day.month, day.day]],
        "date-time": midnight.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "timestamp": int(midnight.timestamp()) * 1000,
    }


def _message(kind: str, message: dict[str, Any], operation: str, asked: int) -> Reply:
    document = {"status": "ok", "message-type": kind, "message-version": "1.0.0"}
    return as_json({**document, "message": message}, operation=operation, asked=asked)


def _with_limits(reply: Reply, request: Request, *, listing: bool) -> Reply:
    """The reply with the headers of the caller's pool."""
    polite = "@" in request.get("mailto") or "mailto:" in request.headers.get("user-agent", "")
    pace = (3 if listing else 10) if polite else (1 if listing else 5)
    headers = {
        "x-rate-limit-limit": str(pace),
        "x-rate-limit-interval": "1s",
        "x-concurrency-limit": "3" if polite else "1",
        "x-api-pool": "polite" if polite else "public",
    }
    return dataclasses.replace(reply, headers=headers)


def _authors(work: Facts) -> list[dict[str, Any]]:
    return [
        {"given": given, "family": family, "sequence": "additional", "affiliation": []}
        for given, family in papers.people(work.doi)
    ]


def _issued(work: Facts) -> dict[str, Any]:
    published = papers.publication_day(work.seed)
    return {"date-parts": [[published.year, published.month, published.day]]}


def _days_after(work: Facts, days: int) -> dict[str, Any]:
    return _time(papers.publication_day(work.seed) + dt.timedelta(days=days))


#: The fields of a work in their order; only those that are selected are computed.
_FIELDS: dict[str, Callable[[Facts, World], Any]] = {
    "DOI": lambda work, world: work.doi,
    "URL": lambda work, world: f"https://doi.org/{quote(work.doi, safe='/')}",
    "type": lambda work, world: pick(TYPES, "type", work.doi),
    "prefix": lambda work, world: work.doi.partition("/")[0],
    "member": lambda work, world: str(between(1, 40_000, "member", work.doi.partition("/")[0])),
    "publisher": lambda work, world: "Example Press",
    "title": lambda work, world: [papers.title(work.doi)],
    "container-title": lambda work, world: [pick(papers.JOURNALS, "journal", work.doi)],
    "author": lambda work, world: _authors(work),
    "issued": lambda work, world: _issued(work),
    "created": lambda work, world: _days_after(work, 3),
    "deposited": lambda work, world: _days_after(work, 40),
    "indexed": lambda work, world: _time(dt.date(2026, 11, 1)),
    "references-count": lambda work, world: between(0, 90, "references", work.doi),
    "is-referenced-by-count": lambda work, world: world.citations("crossref", work.seed),
    "updated-by": _updates,
    "update-to": _versions,
    "source": lambda work, world: "Crossref",
    "score": lambda work, world: 1.0,
}
