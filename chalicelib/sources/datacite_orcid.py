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

from collections.abc import Iterator
from typing import Any

from chalicelib.apis import datacite, lucene, orcid
from chalicelib.feed import Entry, Feed, Page, Window
from chalicelib.reading import mapping, sequence, text
from chalicelib.source import Client


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
        condition = "creators.nameIdentifiers.nameIdentifierScheme:ORCID"
        params = {
            "query": f"{condition} AND {lucene.days('updated', window)}",
            "fields[dois]": "doi,creators",
        }
        return datacite.read_dois(client, params, place, _entry)


def _entry(value: Any) -> Entry:
    found, attributes = datacite.doi_and_attributes(value)
    return orcid.contributions(found, _orcids(attributes["creators"]), "datacite_orcid")


def _orcids(creators: Any) -> Iterator[str]:
    for creator in sequence(creators or []):
        for identifier in map(mapping, sequence(mapping(creator).get("nameIdentifiers") or [])):
            found = orcid.bare(identifier.get("nameIdentifier"))
            if found and (text(identifier.get("nameIdentifierScheme")) or "").upper() == "ORCID":
                yield found
