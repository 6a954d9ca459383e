"""api.datacite.org: DOIs of DataCite by id, by DOI and by what they are related to."""

import functools
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from infra.local.providers import lucene, papers
from infra.local.providers.draws import draw, fraction, pick
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

DEFAULT_PAGE_SIZE = 25
MAXIMUM_PAGE_SIZE = 1000
RELATED = ("relatedidentifiers.relatedidentifier", "related_identifiers.relatedidentifier")
RELATIONS = ("IsSupplementTo", "References", "IsCitedBy", "Cites", "IsDerivedFrom", "IsPartOf")
REGISTRANTS = ("10.5061/dryad.", "10.5281/zenodo.", "10.6084/m9.figshare.")


def answer(request: Request, state: State) -> Reply:
    """The answer to a GET of /dois or /dois/{doi}."""
    if request.method != "GET":
        return _error(405, "Method Not Allowed")
    if request.path.rstrip("/") == "/dois":
        return _list(request, state.world)
    doi = request.after("/dois/")
    if doi is None:
        return not_modelled(request, "only /dois is")
    work = state.world.work(doi)
    if work.agency != "datacite":
        return _error(404, "The resource you are looking for doesn't exist.", asked=1)
    record = _registered(work.doi, state.world)
    return as_json({"data": _chosen(record, request)}, operation="doi", asked=1)


def _error(status: int, title: str, asked: int = 0) -> Reply:
    document = {"errors": [{"status": str(status), "title": title}]}
    return as_json(document, status, operation="doi", asked=asked)


def _list(request: Request, world: World) -> Reply:
    ids = unique(request.get("ids").lower().split(","))
    text = request.get("query")
    if ids and not text:
        records = [
            _registered(work.doi, world)
            for work in map(world.work, ids)
            if work.agency == "datacite"
        ]
        return _paged(request, records, "ids", len(ids))
    if not text:
        return not_modelled(request, "a list without ids or query")
    try:
        query = lucene.parse(text, bare_slashes=False)
    except lucene.SyntaxProblem as problem:
        return as_text(f"The query cannot be parsed: {problem}", 400, operation="dois")
    if not all(field in ("doi", "id", *RELATED) for field, _ in query.terms):
        return not_modelled(request, "a query by other fields than doi and relatedIdentifiers")
    records = [
        record
        for record in _mentioned(query.terms, world)
        if query.matches(functools.partial(_holds, record))
    ]
    operation = "related" if any(field in RELATED for field, _ in query.terms) else "dois"
    return _paged(request, records, operation, len({_bare(value) for _, value in query.terms}))


def _mentioned(terms: tuple[tuple[str, str], ...], world: World) -> Iterator[dict[str, Any]]:
    """The records that the terms of a query can mean, each once."""
    seen: set[str] = set()
    for field, value in dict.fromkeys((field, value.lower()) for field, value in terms):
        if field in RELATED:
            doi = _bare(value)
            records = [_pointing(doi, i, world) for i in range(world.references_to(doi))]
        else:
            known = world.work(value).agency == "datacite"
            records = [_registered(value, world)] if known else []
        for record in records:
            if record["id"] not in seen:
                seen.add(record["id"])
                yield record


def _bare(value: str) -> str:
    return value.lower().removeprefix("https://doi.org/")


def _holds(record: dict[str, Any], field: str, value: str) -> bool:
    folded = value.lower()
    if field in RELATED:
        related = record["attributes"]["relatedIdentifiers"]
        return any(one["relatedIdentifier"].lower() == folded for one in related)
    return bool(record["id"] == folded)


def _paged(request: Request, records: list[dict[str, Any]], operation: str, asked: int) -> Reply:
    records = sorted(records, key=lambda record: draw("datacite order", record["id"]))
    size = min(request.number("page[size]", DEFAULT_PAGE_SIZE) or 0, MAXIMUM_PAGE_SIZE)
    number = request.number("page[number]", 1) or 1
    cursor = request.get("page[cursor]")
    start = (number - 1) * size
    if cursor:
        start = int(cursor[1:]) if re.fullmatch(r"c[0-9]{1,9}", cursor) else 0
    end = start + size
    total_pages = -(-len(records) // size) if size else 0
    meta: dict[str, Any] = {"total": len(records), "totalPages": total_pages}
    if not cursor:
        meta["page"] = number
    if request.get("disable-facets") != "true":
        meta["states"] = [{"id": "findable", "title": "Findable", "count": len(records)}]
    links = {"self": _link(request, {})}
    if end < len(records) and size:
        following = {"page[cursor]": f"c{end}"} if cursor else {"page[number]": str(number + 1)}
        links["next"] = _link(request, following)
    data = [_chosen(record, request) for record in records[start:end]]
    return as_json({"data": data, "meta": meta, "links": links}, operation=operation, asked=asked)


def _link(request: Request, changed: dict[str, str]) -> str:
    pairs = {**dict(request.pairs), **changed}
    return f"https://api.datacite.org/dois?{urlencode(pairs)}"


def _chosen(record: dict[str, Any], request: Request) -> dict[str, Any]:
    """The record with the attributes that fields[dois] names."""
    names = unique(request.get("fields[dois]").split(","))
    attributes = record["attributes"]
    if names:
        attributes = {name: attributes[name] for name in names if name in attributes}
    return {**record, "attributes": attributes}


def _registered(doi: str, world: World) -> dict[str, Any]:
    """A record asked for by its own DOI."""
    return _record(doi, [], world)


def _pointing(doi: str, index: int, world: World) -> dict[str, Any]:
    """The record at this place among those that name the DOI as related."""
    name = ("pointing", doi, index)
    number = (draw("pointing", doi) + index * 7_368_787) % 10**10
    target = papers.mixed_case(doi)
    if fraction("as link", *name) < 0.1:
        target = f"https://doi.org/{target}"
    related = [_related(target, pick(RELATIONS, *name), "DOI" if target[0] == "1" else "URL")]
    if fraction("twice", *name) < 0.15:
        related.append(_related(target, "IsDocumentedBy", related[0]["relatedIdentifierType"]))
    if fraction("other", *name) < 0.4:
        related.append(_related(f"10.5555/other.{number}", "IsVersionOf", "DOI"))
        related.append(_related(f"https://data.example.org/{number}", "IsPartOf", "URL"))
    return _record(f"{pick(REGISTRANTS, *name)}{number:010d}", related, world)


def _related(identifier: str, relation: str, kind: str) -> dict[str, str]:
    return {
        "relationType": relation,
        "relatedIdentifier": identifier,
        "relatedIdentifierType": kind,
    }


def _record(doi: str, related: list[dict[str, str]], world: World) -> dict[str, Any]:
    published = papers.day(2010, 2025, doi)
    updated = papers.moment(2025, 2025, "updated", doi).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {
        "id": doi,
        "type": "dois",
        "attributes": {
            "doi": doi,
            "prefix": doi.partition("/")[0],
            "suffix": doi.partition("/")[2],
            "identifiers": [],
            "creators": [
                {
                    "name": f"{family}, {given}",
                    "nameType": "Personal",
                    "givenName": given,
                    "familyName": family,
                    "affiliation": [],
                }
                for given, family in papers.people(doi)
            ],
            "titles": [{"title": f"Data from: {papers.title(doi)}"}],
            "publisher": "Example Data Archive",
            "publicationYear": published.year,
            "types": {"resourceTypeGeneral": "Dataset", "schemaOrg": "Dataset"},
            "relatedIdentifiers": related,
            "url": f"https://data.example.org/{doi}",
            "state": "findable",
            "isActive": True,
            "referenceCount": 0,
            **world.usage(doi),
            "created": f"{published.isoformat()}T08:00:00.000Z",
            "registered": f"{published.isoformat()}T08:00:00.000Z",
            "published": str(published.year),
            "updated": updated,
        },
        "relationships": {"client": {"data": {"id": "example.archive", "type": "clients"}}},
    }
