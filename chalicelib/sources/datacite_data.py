"""DataCite (Data): works that the metadata of a work with a DataCite DOI names as related.

Counts:   related works with a DOI of their own (total)
Needs:    DOI, of the agency DataCite
Asks:     GET, JSON, 50 DOIs in one query
Limits:   1,000 calls in 5 minutes for callers who give their mail address; with the source
          datacite we use less
Auth:     none, mailto            Licence: CC0
Zero:     the record names no DOI      Unknown work: missing from the list
Traps:    a page has 25 items unless page[size] is sent; related identifiers of type DOI can be
          empty or URLs of DOIs, in any case; one work can be related in several ways; metadata
          of the related works are not looked up, which Lagotto did call by call
Docs:     https://support.datacite.org/docs/api Read: 2026-11-26
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from chalicelib.apis import datacite, lucene
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import count, doi, mapping, sequence
from chalicelib.source import Answer, Client, Outcomes, Source, outcomes_by_doi


class DataCiteData(Source):
    name = "datacite_data"
    title = "DataCite (Data)"
    group = "relations"
    description = "Works that the DataCite metadata of the work itself names as related to it."
    batch_size = 50
    calls_per_hour = 3600
    agencies = ("datacite",)
    on_by_default = False
    absent = ()
    page = "http://search.datacite.org/ui?q=doi:{doi}"

    def parts(self, works: Sequence[Work]) -> Sequence[Sequence[Work]]:
        return lucene.parts(works)

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        params = {
            "query": lucene.any_doi("doi", works),
            "fields[dois]": "doi,relatedIdentifiers",
            "page[size]": "1000",
        }
        return datacite.ask(client, params)

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        body = mapping(answer.json())
        data = sequence(body["data"])
        items = [item.get("attributes") if isinstance(item, dict) else None for item in data]
        complete = count(body["meta"]["total"]) <= len(items)
        return outcomes_by_doi(answer, works, items, "doi", self._result, complete=complete)

    def _result(self, work: Work, records: Sequence[dict[str, Any]]) -> Result:
        listed = sequence(records[0]["relatedIdentifiers"] or []) if records else []
        related: dict[str, list[str]] = {}
        for entry in map(mapping, listed):
            other = doi(entry["relatedIdentifier"])
            if entry["relatedIdentifierType"] == "DOI" and other not in ("", work.doi_folded):
                relation = datacite.words(entry["relationType"])
                related.setdefault(other, []).append(relation)
        return Result(
            metrics=Metrics.of(total=len(related)),
            events=[_event(other, relations) for other, relations in related.items()],
            events_url=self.events_url(work),
        )


def _event(other: str, relations: Sequence[str]) -> Event:
    return Event(
        event={"doi": other, "relation_type_ids": list(dict.fromkeys(relations))},
        url=f"http://doi.org/{quote(other)}",
    )
