"""doi.org: the registration agencies of DOIs, and the way to their landing pages.

Landing pages are at ``landing.example.org``, with a canonical link as publishers have it.
"""

import re
from urllib.parse import quote, unquote

from infra.local.providers.draws import draw
from infra.local.providers.exchange import Reply, Request, State, as_json, as_text, not_modelled
from infra.local.providers.world import facts

AGENCY_NAMES = {"crossref": "Crossref", "datacite": "DataCite"}
LANDING_HOST = "landing.example.org"


def answer(request: Request, state: State) -> Reply:
    """The answer to a GET of /doiRA/{doi},{doi} or /{doi}."""
    if listed := request.path.removeprefix("/doiRA/") if "/doiRA/" in request.path else "":
        dois = [unquote(one) for one in listed.split(",")]
        return as_json([_agency(doi) for doi in dois], operation="agency", asked=len(dois))
    doi = unquote(request.path.lstrip("/"))
    if not doi.startswith("10."):
        return not_modelled(request, "neither /doiRA nor a DOI")
    if not facts(doi).agency:
        return as_text("<title>DOI Not Found</title>", 404, content_type="text/html", asked=1)
    address = f"https://{LANDING_HOST}/article/{draw('landing', doi.lower()) % 10**9}"
    headers = {"Location": f"{address}?doi={quote(doi.lower(), safe='')}"}
    return Reply(302, b"", "text/html", headers, "resolve", 1)


def landing(request: Request, state: State) -> Reply:
    """The landing page of a work."""
    if not re.fullmatch(r"/article/[0-9]+", request.path):
        return as_text("<title>Not found</title>", 404, content_type="text/html")
    title = f"<title>Article {request.path.rpartition('/')[2]}</title>"
    page = f"<!DOCTYPE html><html><head>{title}</head><body><p>An article.</p></body></html>"
    return as_text(page, 200, content_type="text/html", operation="page", asked=1)


def _agency(doi: str) -> dict[str, str]:
    agency = facts(doi).agency
    if not agency:
        return {"DOI": doi, "status": "DOI does not exist"}
    return {"DOI": doi, "RA": AGENCY_NAMES[agency]}
