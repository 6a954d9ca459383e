"""query-scholarly.wikidata.org: SPARQL over DOIs given by VALUES.

Not an engine: it reads the VALUES of one variable, what each selected variable stands for
(the DOI, the item, a number of citing items) and answers those; all else gets a 501.
"""

import re
from typing import Any

from infra.local.providers.draws import draw
from infra.local.providers.exchange import Reply, Request, State, as_json, as_text, not_modelled
from infra.local.providers.papers import ascii_upper
from infra.local.providers.world import World

_INTEGER = "http://www.w3.org/2001/XMLSchema#integer"
_STRING = r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\''
_VALUES = re.compile(
    rf"VALUES\s+\(?\s*\?(\w+)\s*\)?\s*\{{((?:\s|[()]|{_STRING})*)\}}", re.IGNORECASE
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}


class _Malformed(Exception):
    """A query that the endpoint's parser refuses."""


def answer(request: Request, state: State) -> Reply:
    """The answer to a query by GET or POST, as SPARQL results in JSON."""
    if not request.headers.get("user-agent", "").strip():
        return as_text("Please set a user-agent.\n", 403)
    if request.path != "/sparql":
        return as_text("Not Found", 404)
    query = request.get("query")
    if request.headers.get("content-type", "").startswith("application/sparql-query"):
        query = request.body.decode("utf-8", "replace")
    if "json" not in request.headers.get("accept", "") and request.get("format") != "json":
        return not_modelled(request, "another format than JSON")
    try:
        dois = _values(query)
        columns = _columns(query)
    except _Malformed as malformed:
        text = f"SPARQL-QUERY: {query}\njava.util.concurrent.ExecutionException: "
        return as_text(f"{text}MalformedQueryException: {malformed}\n", 400, operation="malformed")
    if columns is None:
        return not_modelled(request, "a query of this form")
    rows = [row for doi in dois for row in _rows(doi, columns, state.world)]
    rows.sort(key=lambda row: draw("binding", str(row)))
    document = {"head": {"vars": list(columns)}, "results": {"bindings": rows}}
    kind = "application/sparql-results+json;charset=utf-8"
    return as_json(document, operation="sparql", asked=len(dois), content_type=kind)


def _values(query: str) -> list[str]:
    """The strings of VALUES, each once."""
    if not re.search(r"\bSELECT\b", query, re.IGNORECASE) or query.count("{") < 1:
        raise _Malformed("Encountered the end where SELECT was expected")
    found = _VALUES.search(query)
    if not found:
        raise _Malformed("Lexical error in VALUES")
    texts = re.findall(_STRING, found[2])
    return list(dict.fromkeys(_ESCAPE.sub(_unescaped, text[1:-1]) for text in texts))


def _unescaped(escape: re.Match[str]) -> str:
    if escape[3] is None:
        return chr(int(escape[1] or escape[2], 16))
    if escape[3] not in _ESCAPED:
        raise _Malformed(f"Lexical error at {escape[0]}")
    return _ESCAPED[escape[3]]


def _columns(query: str) -> dict[str, str] | None:
    """Selected variable → "doi", "item" or "citations"; None if one is something else."""
    bare = re.sub(_STRING, '""', query)
    doi = re.search(r"\?(\w+)\s+wdt:P356\s+\?(\w+)", bare)
    cites = re.search(r"\?(\w+)\s+wdt:P2860\s+\?(\w+)", bare)
    selected = re.search(r"\bSELECT\b\s*(?:DISTINCT\b)?(.*?)\bWHERE\b", bare, re.DOTALL)
    if not doi or not selected:
        return None
    meanings = {doi[1]: "item", doi[2]: "doi"}
    if cites and cites[2] == doi[1]:
        meanings[f"count of {cites[1]}"] = "citations"
    columns = {}
    counted = re.compile(r"\(\s*COUNT\(\s*DISTINCT\s+\?(\w+)\s*\)\s*AS\s+\?(\w+)\s*\)|\?(\w+)")
    for what, alias, plain in counted.findall(selected[1]):
        meaning = meanings.get(plain or f"count of {what}")
        if meaning is None:
            return None
        columns[plain or alias] = meaning
    return columns


def _rows(doi: str, columns: dict[str, str], world: World) -> list[dict[str, Any]]:
    """One row for each item. Wikidata keeps DOIs in upper case and compares them exactly."""
    if doi != ascii_upper(doi):
        return []
    rows = []
    for number, cited in enumerate(world.items(doi)):
        item = f"http://www.wikidata.org/entity/Q{10**8 + draw('item', doi, number) % 10**7}"
        known = {
            "doi": {"type": "literal", "value": doi},
            "item": {"type": "uri", "value": item},
            "citations": {"datatype": _INTEGER, "type": "literal", "value": str(cited)},
        }
        rows.append({variable: known[meaning] for variable, meaning in columns.items()})
    return rows
