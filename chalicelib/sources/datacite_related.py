"""DataCite (RelatedIdentifier): items with a DataCite DOI that say how they relate to the work.

Where ``datacite`` asks about each work, this reads what was updated and finds the works.

Counts:   items whose related identifiers include the work's DOI (total)
Needs:    DOI
Asks:     GET, JSON, the DOIs with related DOIs updated in the window; 200 a page, by cursor
Limits:   1,000 calls in 5 minutes for callers who give their mail address; we use less
Auth:     none, mailto            Licence: CC0
Zero:     no item points at the work      Unknown work: the same
Traps:    the next cursor is only told inside the URL links.next; related identifiers of type
          DOI can be empty or URLs of DOIs, in any case; a relation that Lagotto did not know is
          is_referenced_by; items from before the first reading, and relations that were taken
          back, are not seen
Docs:     https://support.datacite.org/docs/pagination      Read: 2026-11-26
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from chalicelib.apis import datacite, lucene
from chalicelib.feed import Entry, Feed, Page, Window
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import doi, mapping, sequence
from chalicelib.source import Client


class DataCiteRelated(Feed):
    name = "datacite_related"
    title = "DataCite (RelatedIdentifier)"
    group = "relations"
    description = "Items with a DataCite DOI whose metadata name the work as related."
    calls_per_hour = 3600
    timeout_seconds = 60
    on_by_default = False
    absent = ()
    page = "http://search.datacite.org/ui?q=relatedIdentifier:{doi}"
    remembers = True

    def read(self, client: Client, window: Window, place: str) -> Page:
        """One page; ``place`` is the cursor."""
        condition = "relatedIdentifiers.relatedIdentifierType:DOI"
        params = {
            "query": f"{condition} AND {lucene.days('updated', window)}",
            "fields[dois]": "doi,relatedIdentifiers",
        }
        return datacite.read_dois(client, params, place, _entries)

    def merge(self, kept: list[Any] | dict[str, Any], result: Result, work: Work) -> Result:
        """All items so far; what is told again of one takes the place of what was kept."""
        told: list[Any] = [*result.events_as_json()]
        before = kept if isinstance(kept, list) else []
        events = {item["event"]["doi"]: item for item in [*before, *told]}
        return Result(
            metrics=Metrics.of(total=len(events)),
            events=list(events.values()),
            events_url=self.events_url(work),
        )


def _entries(value: Any) -> list[Entry]:
    """One entry for each work that the item relates to."""
    subject, attributes = datacite.doi_and_attributes(value)
    related: dict[str, list[str]] = {}
    for identifier in map(mapping, sequence(attributes["relatedIdentifiers"] or [])):
        target = doi(identifier.get("relatedIdentifier"))
        if identifier["relatedIdentifierType"] == "DOI" and target not in ("", subject):
            related.setdefault(target, []).append(
                datacite.known_relation(identifier["relationType"])
            )
    return [
        Entry(identifiers={"doi": target}, result=_result(subject, relations))
        for target, relations in related.items()
    ]


def _result(subject: str, relations: Sequence[str]) -> Result:
    event = {"doi": subject, "relation_type_ids": list(dict.fromkeys(relations))}
    return Result(
        metrics=Metrics.of(total=1),
        events=[Event(event=event, url=f"http://doi.org/{quote(subject)}")],
    )
