"""DataCite (Import): works whose DataCite metadata were registered or updated, to be added.

Counts:   nothing; each entry is a work with DOI, title and year
Needs:    DOI, of which the work is to be known
Asks:     GET, JSON, the DOIs updated in the days of the window; 1,000 a page, by cursor
Limits:   1,000 calls in 5 minutes for callers who give their mail address; we use less
Auth:     none, mailto            Licence: CC0
Zero:     meta.total 0      Unknown work: not in the list
Traps:    a page has 25 DOIs unless page[size] is sent; the next cursor is only told inside the
          URL links.next; a DOI without a title, or with a year to come, is no work; datacentres
          have symbols and no numbers, so works come without a publisher
Docs:     https://support.datacite.org/docs/pagination      Read: 2026-11-26
"""

import re
from typing import Any

from chalicelib.apis import datacite, lucene
from chalicelib.feed import Entry, Importer, Page, Window
from chalicelib.reading import count, doi, mapping, sequence, text
from chalicelib.source import Client, Setting


class DataCiteImport(Importer):
    name = "datacite_import"
    title = "DataCite (Import)"
    group = "works"
    description = "New and updated works with a DataCite DOI, which it adds."
    calls_per_hour = 3600
    timeout_seconds = 60
    on_by_default = False
    absent = ()
    settings = (
        Setting(
            name="datacentres",
            description="Symbols of the datacentres whose works are added, such as "
            "CERN.ZENODO,DRYAD.DRYAD; empty: all",
        ),
    )

    def read(self, client: Client, window: Window, place: str) -> Page:
        """One page; ``place`` is the cursor."""
        symbols = re.findall(r"[^\s,;]+", client.settings.get("datacentres", "").lower())
        params = {
            "query": lucene.days("updated", window),
            "fields[dois]": "doi,titles,publicationYear",
            **({"client-id": ",".join(symbols)} if symbols else {}),
        }
        return datacite.read_dois(client, params, place, _entry, size=1000)


def _entry(value: Any) -> Entry:
    attributes = mapping(mapping(value)["attributes"])
    titles = [text(mapping(title).get("title")) for title in sequence(attributes["titles"] or [])]
    work = {
        "doi": doi(attributes["doi"]),
        "title": next(filter(None, titles), None),
        "issued": f"{count(attributes['publicationYear']):04d}",
    }
    if not work["doi"] or not work["title"]:
        raise ValueError("a work has no DOI" if work["title"] else "a work has no title")
    return Entry(identifiers={"doi": work["doi"]}, work=work)
