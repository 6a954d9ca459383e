"""hypothes.is: public annotations by URI, newest first."""

import datetime as dt
import hashlib
import re
from typing import Any
from urllib.parse import quote, unquote

from infra.local.providers import papers
from infra.local.providers.draws import between, draw, fraction
from infra.local.providers.exchange import Reply, Request, State, as_json, not_modelled, unique
from infra.local.providers.world import World

MAXIMUM_LIMIT = 200
MAXIMUM_OFFSET = 9800
SORTS = ("updated", "created", "id", "group", "user")


def answer(request: Request, state: State) -> Reply:
    """The answer to a GET of /api/search by one or more uri."""
    if request.path != "/api/search":
        return as_json({"status": "failure", "reason": "Not found"}, 404)
    limit, offset = request.number("limit", 20), request.number("offset", 0)
    for name, value, largest in (
        ("limit", limit, MAXIMUM_LIMIT),
        ("offset", offset, MAXIMUM_OFFSET),
    ):
        if value is None or value > largest:
            return _failure(f"{name}: {request.get(name)} is greater than maximum value {largest}")
    if request.get("sort", "updated") not in SORTS:
        return _failure(f'sort: "{request.get("sort")}" is not one of {", ".join(SORTS)}')
    uris = unique([*request.all("uri"), *request.all("url")])
    if not uris:
        return not_modelled(request, "a search without uri")
    dois = unique(_doi(uri) for uri in uris)
    rows = [row for doi in dois for row in _annotations(doi, state.world)]
    newest_first = request.get("order", "desc") == "desc"
    key = request.get("sort", "updated")
    rows.sort(key=lambda row: (row[key], row["id"]), reverse=newest_first)
    after = request.get("search_after")
    shown = [row for row in rows if not after or (row[key] < after) == newest_first]
    window = shown[offset or 0 : (offset or 0) + (20 if limit is None else limit)]
    # All forms of one DOI are one identifier.
    asked = len({doi.lower() for doi in dois}) or 1
    return as_json({"total": len(rows), "rows": window}, operation="search", asked=asked)


def _failure(reason: str) -> Reply:
    return as_json({"status": "failure", "reason": reason}, 400, operation="search")


def _doi(uri: str) -> str:
    """The DOI that a URI is of, "" for other pages. The case of DOIs is kept.

    Of links the fragment is left out, and percent-encoding is undone.
    """
    if uri.startswith("doi:10."):
        return uri[4:]
    found = re.fullmatch(r"https?://(?:dx\.)?doi\.org/(10\.[^#]+)(?:#.*)?", uri, re.DOTALL)
    return unquote(found[1]) if found else ""


def _annotations(doi: str, world: World) -> list[dict[str, Any]]:
    """The annotations of a DOI. They were made at its form in lower case, and the server
    compares by case."""
    if doi != doi.lower():
        return []
    return [_annotation(doi, index) for index in range(world.annotations(doi))]


def _annotation(doi: str, index: int) -> dict[str, Any]:
    name = ("annotation", doi, index)
    created = papers.moment(2015, 2025, *name)
    updated = created + dt.timedelta(minutes=between(0, 9000, "updated", *name))
    identifier = hashlib.sha256(repr(name).encode()).hexdigest()[:22]
    user = f"reader{draw('reader', *name) % 1000}"
    uri = f"https://doi.org/{quote(doi, safe='/')}" if index % 2 else f"doi:{doi}"
    return {
        "id": identifier,
        "created": created.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00"),
        "updated": updated.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00"),
        "user": f"acct:{user}@hypothes.is",
        "uri": uri,
        "text": f"On {papers.title(*name)}",
        "tags": ["methods"] if fraction("tag", *name) < 0.3 else [],
        "group": "__world__",
        "permissions": {
            "read": ["group:__world__"],
            "admin": [f"acct:{user}@hypothes.is"],
            "update": [f"acct:{user}@hypothes.is"],
            "delete": [f"acct:{user}@hypothes.is"],
        },
        "target": [{"source": uri}],
        "document": {"title": [papers.title(doi)]},
        "links": {
            "html": f"https://hypothes.is/a/{identifier}",
            "incontext": f"https://hyp.is/{identifier}/doi.org/{quote(doi)}",
            "json": f"https://hypothes.is/api/annotations/{identifier}",
        },
        "flagged": False,
        "hidden": False,
        "user_info": {"display_name": None},
    }
