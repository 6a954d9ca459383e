"""api.figshare.com and stats.figshare.com: from a DOI to its item, from an item to totals."""

import re

from infra.local.providers import papers
from infra.local.providers.draws import between, fraction
from infra.local.providers.exchange import Reply, Request, State, as_json, not_modelled
from infra.local.providers.world import World

COUNTERS = ("views", "downloads", "shares")
SOURCE = "figshare_statistics"


def answer(request: Request, state: State) -> Reply:
    """The answer to a GET of either host."""
    if request.host == "stats.figshare.com":
        return _total(request, state.world)
    if request.method != "GET" or request.path.rstrip("/") != "/v2/articles":
        return not_modelled(request, "only the list of items is")
    doi = request.get("doi").lower()
    if not doi:
        return not_modelled(request, "a list without doi")
    found = re.fullmatch(r"10\.6084/m9\.figshare\.([0-9]+)(\.v[0-9]+)?", doi)
    items = []
    if found and state.world.visits(SOURCE, doi) is not None:
        items = [_item(int(found[1]), found[2])]
    return as_json(items, operation="articles", asked=1)


def _item(number: int, version: str | None) -> dict[str, object]:
    """The item; of those that have versions, the DOI tells the one asked for or the latest."""
    doi = f"10.6084/m9.figshare.{number}"
    if version is None and fraction("versions", doi) < 0.3:
        version = f".v{between(1, 5, 'version', doi)}"
    published = papers.day(2012, 2025, doi)
    return {
        "id": number,
        "title": papers.title(doi),
        "doi": doi + (version or ""),
        "handle": "",
        "url": f"https://api.figshare.com/v2/articles/{number}",
        "published_date": f"{published.isoformat()}T08:00:00Z",
        "thumb": "",
        "defined_type": 3,
        "defined_type_name": "dataset",
        "group_id": None,
        "url_public_html": f"https://figshare.com/articles/dataset/_/{number}",
    }


def _total(request: Request, world: World) -> Reply:
    found = re.fullmatch(r"/total/([a-z]+)/article/([0-9]{1,12})", request.path)
    if not found:
        return not_modelled(request, "only totals of items are")
    counter, number = found[1], found[2]
    if counter not in COUNTERS:
        message = f"Counter type not supported: {counter}"
        error = {"code": "InvalidParams", "data": {"extra": message}, "message": message}
        return as_json(error, 400, operation="total")
    views, downloads = world.visits(SOURCE, f"10.6084/m9.figshare.{number}") or (0, 0)
    totals = {"views": views, "downloads": downloads, "shares": views // 50}
    return as_json({"totals": totals[counter]}, operation="total")
