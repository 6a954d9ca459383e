"""DataONE (Import): data sets whose metadata were changed in the repositories of DataONE.

Counts:   nothing; each entry is a work with DOI or ARK, title and date
Needs:    DOI, of which the work is to be known
Asks:     GET, JSON, the metadata modified in the days of the window; 1,000 a page, by offset
Limits:   none published; we use 3600 an hour
Auth:     none            Licence: none stated; metadata are facts
Zero:     numFound 0      Unknown work: not in the list
Traps:    most identifiers are neither DOI nor ARK but of the repository's own making, and each
          such data set is told as one that could not be read; DOIs come bare with doi: or as
          URLs with a query; datePublished can be missing; nodes have names and no numbers, so
          works come without a publisher
Docs:     https://dataone-architecture-documentation.readthedocs.io/      Read: 2026-11-26
"""

from typing import Any

from chalicelib.apis import lucene
from chalicelib.feed import Entry, Importer, Page, Window
from chalicelib.reading import mapping, text, time
from chalicelib.source import Client, found_identifiers


class DataOneImport(Importer):
    name = "dataone_import"
    title = "DataONE (Import)"
    group = "works"
    description = "New and changed data sets in the repositories of DataONE, which it adds."
    calls_per_hour = 3600
    timeout_seconds = 60
    on_by_default = False
    absent = ()

    def read(self, client: Client, window: Window, place: str) -> Page:
        """One page; ``place`` is the offset."""
        params = {
            "fl": "id,title,author,datePublished,authoritativeMN,dateModified",
            "q": f"{lucene.days('dateModified', window)} AND formatType:METADATA",
        }
        url = "https://cn.dataone.org/cn/v2/query/solr/"
        return lucene.read_docs(client, url, params, place, _entry)


def _entry(value: Any) -> Entry:
    doc = mapping(value)
    identifiers = _identifiers(text(doc["id"]) or "")
    title, issued = text(doc.get("title")), time(doc.get("datePublished"))
    if not identifiers:
        raise ValueError("No known identifier found")
    if not title or not issued:
        raise ValueError("a data set has no title" if issued else "a data set has no date")
    return Entry(
        identifiers=identifiers, work={**identifiers, "title": title, "issued": issued[:10]}
    )


def _identifiers(name: str) -> dict[str, str]:
    """The DOI or the ARK that the data set is named by."""
    if name.lower().startswith("ark:"):
        return found_identifiers(ark="/".join(name.split("/")[:3]))
    return found_identifiers(doi=name.partition("?")[0])
