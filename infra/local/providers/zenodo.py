"""zenodo.org: records by their number, with flat statistics of this and of all versions."""

import re

from infra.local.providers import papers
from infra.local.providers.draws import fraction
from infra.local.providers.exchange import Reply, Request, State, as_json, not_modelled
from infra.local.providers.world import World


def answer(request: Request, state: State) -> Reply:
    """The answer to a GET of /api/records/{number}."""
    number = request.after("/api/records/")
    if request.method != "GET" or not number:
        return not_modelled(request, "only single records are")
    doi = f"10.5281/zenodo.{number}"
    visits = state.world.visits("zenodo", doi)
    if visits is None:
        # A few of the records that are not there have been deleted.
        deleted = re.fullmatch("[0-9]+", number) and fraction("deleted", number) < 0.5
        status = 410 if deleted else 404
        message = "The record has been deleted." if deleted else "The PID does not exist."
        return as_json({"status": status, "message": message}, status, operation="record", asked=1)
    return as_json(_record(int(number), doi, visits, state.world), operation="record", asked=1)


def _record(number: int, doi: str, visits: tuple[int, int], world: World) -> dict[str, object]:
    """Visitors return, so there are more views than unique ones; versions share them."""
    views, downloads = visits
    part = fraction("this version", doi)
    published = papers.day(2013, 2025, doi)
    return {
        "created": f"{published.isoformat()}T08:00:00.000000+00:00",
        "id": number,
        "recid": str(number),
        "conceptrecid": str(number - 1),
        "doi": doi,
        "conceptdoi": f"10.5281/zenodo.{number - 1}",
        "metadata": {
            "title": papers.title(doi),
            "doi": doi,
            "publication_date": published.isoformat(),
            "creators": [{"name": f"{family}, {given}"} for given, family in papers.people(doi)],
            "resource_type": {"title": "Dataset", "type": "dataset"},
            "relations": {"version": [{"index": 0, "is_last": True}]},
        },
        "links": {
            "self": f"https://zenodo.org/api/records/{number}",
            "self_html": f"https://zenodo.org/records/{number}",
            "doi": f"https://doi.org/{doi}",
        },
        "status": "published",
        "stats": {
            "downloads": 2 * downloads,
            "unique_downloads": downloads,
            "views": 2 * views,
            "unique_views": views,
            "version_downloads": 2 * int(downloads * part),
            "version_unique_downloads": int(downloads * part),
            "version_unique_views": int(views * part),
            "version_views": 2 * int(views * part),
        },
        "state": "done",
        "submitted": True,
    }
