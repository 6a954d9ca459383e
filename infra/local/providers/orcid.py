"""pub.orcid.org: the search for ORCID records that name a DOI."""

from infra.local.providers import lucene
from infra.local.providers.draws import draw
from infra.local.providers.exchange import Reply, Request, State, as_json, not_modelled, unique

DEFAULT_ROWS = 100
MAXIMUM_ROWS = 1000
FIELDS = ("digital-object-ids", "doi-self")


def answer(request: Request, state: State) -> Reply:
    """The answer to a GET of /v3.0/search by DOI, in JSON if it is asked for."""
    if request.path.rstrip("/") != "/v3.0/search":
        return not_modelled(request, "only /v3.0/search is")
    if "json" not in request.headers.get("accept", ""):
        return not_modelled(request, "XML")
    rows, start = request.number("rows", DEFAULT_ROWS), request.number("start", 0)
    if rows is None or start is None or rows > MAXIMUM_ROWS:
        return _error(400, f"rows must be a number from 0 to {MAXIMUM_ROWS}")
    try:
        query = lucene.parse(request.get("q"))
    except lucene.SyntaxProblem as problem:
        return _error(500, f"The query cannot be parsed: {problem}")
    if any(field not in FIELDS for field, _ in query.terms):
        return not_modelled(request, "a search by other fields than those of DOIs")
    dois = unique(value.lower() for _, value in query.terms)
    people = [_orcid(doi, index) for doi in dois for index in range(state.world.contributors(doi))]
    shown = [
        {
            "orcid-identifier": {
                "uri": f"https://orcid.org/{one}",
                "path": one,
                "host": "orcid.org",
            }
        }
        for one in people[start : start + rows]
    ]
    document = {"result": shown or None, "num-found": len(people)}
    return as_json(document, operation="search", asked=len(dois))


def _error(status: int, message: str) -> Reply:
    document = {"response-code": status, "developer-message": message, "error-code": 9004}
    return as_json(document, status, operation="search")


def _orcid(doi: str, index: int) -> str:
    """An iD with its check digit (ISO 7064, 11-2)."""
    number = (draw("orcid", doi) + index * 7_368_787) % 10**8
    digits = f"00000002{number:08d}"[:15]
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    whole = digits + ("X" if check == 10 else str(check))
    return "-".join(whole[at : at + 4] for at in range(0, 16, 4))
