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

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from chalicelib.feed import Entry, Feed, Page, Window, read_entries
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import count, doi, expecting, mapping, sequence, text
from chalicelib.source import Client

WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")
#: The relations that Lagotto 5.0 knew.
RELATIONS = frozenset(
    (
        *("cites", "is_cited_by", "references", "is_referenced_by", "discusses"),
        *("is_discussed_by", "is_supplement_to", "is_supplemented_by", "continues"),
        *("is_continued_by", "is_metadata_for", "has_metadata", "is_part_of", "has_part"),
        *("documents", "is_documented_by", "compiles", "is_compiled_by", "reviews"),
        *("is_reviewed_by", "is_derived_from", "is_source_of", "is_new_version_of"),
        *("is_previous_version_of", "is_original_form_of", "is_variant_form_of", "corrects"),
        *("is_corrected_by", "is_identical_to"),
    )
)


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
        days = f"updated:[{window.start}T00:00:00Z TO {window.end}T23:59:59Z]"
        params = {
            "query": f"relatedIdentifiers.relatedIdentifierType:DOI AND {days}",
            "fields[dois]": "doi,relatedIdentifiers",
            "page[cursor]": place or "1",
            "page[size]": "200",
            "disable-facets": "true",
            "mailto": client.contact_email,
        }
        answer = client.get("https://api.datacite.org/dois", params=params)
        with expecting("a list of DOIs of DataCite", answer):
            body = mapping(answer.json())
            items, total = sequence(body["data"]), count(mapping(body["meta"])["total"])
            next_place = _cursor(mapping(body["links"]).get("next"))
            if not (next_place or place) and len(items) < total:
                raise ValueError(f"{len(items)} of {total} DOIs")
        entries: list[Entry] = []
        _, failed = read_entries(answer, items, lambda item: entries.extend(_entries(item)))
        return Page(entries=entries, next_place=next_place, failed=failed)

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


def _cursor(url: Any) -> str | None:
    """The cursor in the URL of the next page. Errors: LookupError for a URL without one."""
    return parse_qs(urlsplit(url).query)["page[cursor]"][0] if text(url) else None


def _entries(value: Any) -> list[Entry]:
    """One entry for each work that the item relates to."""
    attributes = mapping(mapping(value)["attributes"])
    subject = doi(attributes["doi"])
    if not subject:
        raise ValueError("an item has no DOI")
    related: dict[str, list[str]] = {}
    for identifier in map(mapping, sequence(attributes["relatedIdentifiers"] or [])):
        target = doi(identifier.get("relatedIdentifier"))
        if identifier["relatedIdentifierType"] == "DOI" and target not in ("", subject):
            related.setdefault(target, []).append(_relation(identifier["relationType"]))
    return [
        Entry(identifiers={"doi": target}, result=_result(subject, relations))
        for target, relations in related.items()
    ]


def _relation(value: Any) -> str:
    """``is_cited_by`` of ``IsCitedBy``."""
    relation = WORD.sub("_", text(value) or "").lower()
    return relation if relation in RELATIONS else "is_referenced_by"


def _result(subject: str, relations: Sequence[str]) -> Result:
    event = {"doi": subject, "relation_type_ids": list(dict.fromkeys(relations))}
    return Result(
        metrics=Metrics.of(total=1),
        events=[Event(event=event, url=f"http://doi.org/{quote(subject)}")],
    )
