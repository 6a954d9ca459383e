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

from typing import Any

from chalicelib.apis import crossref, orcid
from chalicelib.feed import Entry, Feed, Page, Window
from chalicelib.reading import doi, mapping, sequence
from chalicelib.source import Client


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
        }
        return crossref.read_works(client, params, place, _entry)


def _entry(value: Any) -> Entry:
    item = mapping(value)
    found = doi(item["DOI"])
    if not found:
        raise ValueError("a work has no DOI")
    authors = [mapping(author) for author in sequence(item.get("author") or [])]
    told = [orcid.bare(author.get("ORCID")) for author in authors]
    return orcid.contributions(found, filter(None, told), "crossref_orcid")
