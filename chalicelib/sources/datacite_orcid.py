"""DataCite (ORCID): creators of a work that its DataCite metadata name with an ORCID iD.

Counts:   creators with an iD, one contribution each (total)
Needs:    DOI, of the agency DataCite
Asks:     GET, JSON, the DOIs with iDs updated in the days of the window; 200 a page, by cursor
Limits:   1,000 calls in 5 minutes for callers who give their mail address; we use less
Auth:     none, mailto            Licence: CC0
Zero:     no creator has an iD      Unknown work: not in the list
Traps:    the next cursor is only told inside the URL links.next; iDs are bare or URLs with http
          or https; what is no iD is left out, where Lagotto left out the rest, too
Docs:     https://support.datacite.org/docs/pagination      Read: 2026-11-26
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chalicelib.feed import Entry, Feed, Page, Window, read_entries
from chalicelib.model import Event, Metrics, Result
from chalicelib.reading import count, doi, expecting, mapping, sequence, text
from chalicelib.source import Client

ORCID = re.compile(r"(?:https?://orcid\.org/)?([0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9Xx])")


class DataCiteOrcid(Feed):
    name = "datacite_orcid"
    title = "DataCite (ORCID)"
    group = "contributions"
    description = "Creators with an ORCID iD in the DataCite metadata of the work."
    calls_per_hour = 3600
    timeout_seconds = 60
    agencies = ("datacite",)
    on_by_default = False
    absent = ()

    def read(self, client: Client, window: Window, place: str) -> Page:
        """One page; ``place`` is the cursor."""
        days = f"updated:[{window.start}T00:00:00Z TO {window.end}T23:59:59Z]"
        params = {
            "query": f"creators.nameIdentifiers.nameIdentifierScheme:ORCID AND {days}",
            "fields[dois]": "doi,creators",
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
        entries, failed = read_entries(answer, items, _entry)
        return Page(entries=entries, next_place=next_place, failed=failed)


def _cursor(url: Any) -> str | None:
    """The cursor in the URL of the next page. Errors: LookupError for a URL without one."""
    return parse_qs(urlsplit(url).query)["page[cursor]"][0] if text(url) else None


def _entry(value: Any) -> Entry:
    attributes = mapping(mapping(value)["attributes"])
    found = doi(attributes["doi"])
    if not found:
        raise ValueError("an item has no DOI")
    orcids = dict.fromkeys(_orcids(attributes["creators"]))
    result = Result(
        metrics=Metrics.of(total=len(orcids)), events=[_event(orcid, found) for orcid in orcids]
    )
    return Entry(identifiers={"doi": found}, result=result)


def _orcids(creators: Any) -> Iterator[str]:
    for creator in sequence(creators or []):
        for identifier in map(mapping, sequence(mapping(creator).get("nameIdentifiers") or [])):
            match = ORCID.fullmatch(text(identifier.get("nameIdentifier")) or "")
            if match and (text(identifier.get("nameIdentifierScheme")) or "").upper() == "ORCID":
                yield match[1].upper()


def _event(orcid: str, found: str) -> Event:
    """The contribution as Lagotto 5.0 deposited it."""
    contribution = {
        "subj_id": f"http://orcid.org/{orcid}",
        "obj_id": f"http://doi.org/{found}",
        "source_id": "datacite_orcid",
    }
    return Event(
        event={"message_type": "contribution", "contribution": contribution},
        url=f"https://orcid.org/{orcid}",
    )
