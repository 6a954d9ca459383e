"""Wikidata: items that cite the work's item.

Counts:   distinct items with a "cites work" statement to the work's item (total, citations)
Needs:    DOI
Asks:     POST, SPARQL, up to 100 works a call, at the endpoint of the scholarly graph
Limits:   60 seconds of query time a minute for each client; we use 1800 calls an hour
Auth:     none, but a User-Agent with the operator's contact      Licence: CC0
Zero:     an item without citing items      Unknown work: no item in the answer
Traps:    DOIs are kept in upper case; a DOI can have several items, then the largest number
          counts; items of books and datasets are in the other graph and not found here
Docs:     https://www.wikidata.org/wiki/Wikidata:SPARQL_query_service/WDQS_graph_split
          Read: 2026-11-22
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, mapping, sequence
from chalicelib.source import Answer, Client, Outcomes, Source, read_each

ITEM = re.compile(r"https?://www\.wikidata\.org/entity/(Q[1-9][0-9]*)")
QUERY = """
SELECT ?doi ?item (COUNT(DISTINCT ?citing) AS ?n) WHERE {
  VALUES ?doi { %s }
  ?item wdt:P356 ?doi .
  OPTIONAL { ?citing wdt:P2860 ?item . }
} GROUP BY ?doi ?item
"""


class Wikidata(Source):
    name = "wikidata"
    title = "Wikidata"
    group = "cited"
    description = "Items of Wikidata that cite the work."
    batch_size = 100
    calls_per_hour = 1800
    timeout_seconds = 60
    absent = ()

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        values = " ".join(_literal(work.doi or "") for work in works)
        return client.post(
            "https://query-scholarly.wikidata.org/sparql",
            data={"query": QUERY % values},
            accept="application/sparql-results+json",
        )

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        rows = sequence(mapping(mapping(answer.json())["results"])["bindings"])
        by_doi: dict[str, list[Mapping[str, Any]]] = {}
        for row in rows:
            by_doi.setdefault(row["doi"]["value"].lower(), []).append(row)
        return read_each(answer, works, lambda work: _result(by_doi.get(work.doi_folded, [])))


def _result(rows: Sequence[Mapping[str, Any]]) -> Result:
    if not rows:
        return Result(metrics=Metrics.of(citations=0))
    numbers = {_item(row): count(row["n"]["value"]) for row in rows}
    most_cited = max(numbers, key=lambda item: numbers[item])
    return Result(
        metrics=Metrics.of(citations=numbers[most_cited]),
        events_url=f"https://www.wikidata.org/wiki/{most_cited}",
        notes={"items": sorted(numbers)},
    )


def _item(row: Mapping[str, Any]) -> str:
    found = ITEM.fullmatch(row["item"]["value"])
    if not found:
        raise ValueError(f"{row['item']['value']!r} is not an item")
    return found[1]


def _literal(doi: str) -> str:
    """The DOI as Wikidata writes it, as a string of SPARQL (section 19.7 of SPARQL 1.1)."""
    upper = "".join(letter.upper() if letter.isascii() else letter for letter in doi)
    escaped = upper.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda c: f"\\u{ord(c[0]):04X}", escaped) + '"'
