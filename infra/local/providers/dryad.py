"""datadryad.org: data sets by DOI, with views, downloads and citations."""

from infra.local.providers import papers
from infra.local.providers.draws import draw, rare
from infra.local.providers.exchange import Reply, Request, State, as_json, not_modelled


def answer(request: Request, state: State) -> Reply:
    """The answer to a GET of /api/v2/datasets/{doi:...}, colon and slash escaped."""
    identifier = request.after("/api/v2/datasets/")
    if request.method != "GET" or not identifier:
        return not_modelled(request, "only single data sets are")
    doi = identifier.lower().removeprefix("doi:")
    visits = None
    if identifier.lower().startswith("doi:") and "/" not in request.path.split("/datasets/")[1]:
        visits = state.world.visits("dryad", doi)
    if visits is None:
        return as_json({"error": "not-found"}, 404, operation="dataset", asked=1)
    views, downloads = visits
    published = papers.day(2010, 2025, doi)
    document = {
        "_links": {"self": {"href": request.path}, "curies": []},
        "identifier": f"doi:{doi}",
        "id": draw("dryad", doi) % 200_000,
        "storageSize": draw("size", doi) % 10**9,
        "title": f"Data from: {papers.title(doi)}",
        "authors": [
            {"firstName": given, "lastName": family} for given, family in papers.people(doi)
        ],
        "versionNumber": 1,
        "versionStatus": "submitted",
        "curationStatus": "Published",
        "publicationDate": published.isoformat(),
        "visibility": "public",
        "license": "https://spdx.org/licenses/CC0-1.0.html",
        "metrics": {
            "views": views,
            "downloads": downloads,
            "citations": state.world.grown(rare(0.3, 50, "dryad", doi), "dryad", doi),
        },
    }
    return as_json(document, operation="dataset", asked=1)
