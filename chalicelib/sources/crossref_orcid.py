"""CrossRef (ORCID): authors of a work that its Crossref metadata name with an ORCID iD.

Counts:   authors with an iD, one contribution each (total)
Needs:    DOI, of the agency Crossref
Asks:     GET, JSON, the works with iDs updated in the days of the window; 1,000 a page, by cursor
Limits:   3 lists a second for callers who give their mail address
Auth:     none, mailto            Licence: facts, free to store and to show
Zero:     no author has an iD (an editor may)      Unknown work: not in the list
Traps:    a cursor lives about five minutes; a page that is not full is the last; iDs are URLs
          with http or https; what is no iD is left out, where Lagotto left out the rest, too
Docs:     https://www.crossref.org/documentation/retrieve-metadata/rest-api/ Read: 2026-11-26
"""

import re
from typing import Any

from chalicelib.feed import Entry, Feed, Page, Window, read_entries
from chalicelib.model import Event, Metrics, Result
from chalicelib.reading import count, doi, expecting, mapping, sequence, text
from chalicelib.source import Client

ROWS = 1000
ORCID = re.compile(r"(?:https?://orcid\.org/)?([0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9Xx])")


class CrossrefOrcid(Feed):
    name = "crossref_orcid"
    title = "CrossRef (ORCID)"
    group = "contributions"
    description = "Authors with an ORCID iD in the Crossref metadata of the work."
    calls_per_hour = 3600
    timeout_seconds = 60
    agencies = ("crossref",)
    on_by_default = False
    absent = ()

    def read(self, client: Client, window: Window, place: str) -> Page:
        """One page; ``place`` is the cursor."""
        days = f"from-update-date:{window.start},until-update-date:{window.end}"
        params = {
            "filter": f"has-orcid:true,{days}",
            "select": "DOI,author",
            "rows": str(ROWS),
            "cursor": place or "*",
            "mailto": client.contact_email,
        }
        answer = client.get("https://api.crossref.org/works", params=params)
        with expecting("a list of works of Crossref", answer):
            body = mapping(answer.json())
            message = mapping(body["message"])
            if body["status"] != "ok" or body["message-type"] != "work-list":
                raise ValueError(f"status {body['status']!r}, {body['message-type']!r}")
            items, total = sequence(message["items"]), count(message["total-results"])
            full = len(items) >= ROWS
            if not (full or place) and len(items) < total:
                raise ValueError(f"{len(items)} of {total} works")
            next_place = text(message["next-cursor"]) if full else None
            if full and not next_place:
                raise ValueError("a full page has no cursor")
        entries, failed = read_entries(answer, items, _entry)
        return Page(entries=entries, next_place=next_place, failed=failed)


def _entry(value: Any) -> Entry:
    item = mapping(value)
    found = doi(item["DOI"])
    if not found:
        raise ValueError("a work has no DOI")
    authors = [mapping(author) for author in sequence(item.get("author") or [])]
    told = [ORCID.fullmatch(text(author.get("ORCID")) or "") for author in authors]
    orcids = dict.fromkeys(match[1].upper() for match in told if match)
    result = Result(
        metrics=Metrics.of(total=len(orcids)), events=[_event(orcid, found) for orcid in orcids]
    )
    return Entry(identifiers={"doi": found}, result=result)


def _event(orcid: str, found: str) -> Event:
    """The contribution as Lagotto 5.0 deposited it."""
    contribution = {
        "subj_id": f"http://orcid.org/{orcid}",
        "obj_id": f"http://doi.org/{found}",
        "source_id": "crossref_orcid",
    }
    return Event(
        event={"message_type": "contribution", "contribution": contribution},
        url=f"https://orcid.org/{orcid}",
    )
