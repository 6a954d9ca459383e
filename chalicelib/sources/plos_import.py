"""PLOS (Import): articles that the journals of PLOS published, to be added.

Counts:   nothing; each entry is a work with DOI, title, date and publisher
Needs:    DOI with the prefix of PLOS, of which the work is to be known
Asks:     GET, JSON, the articles published in the days of the window; 1,000 a page, by offset
Limits:   10 a minute, 300 an hour and 7200 a day; who asks for more is locked out
Auth:     none            Licence: CC BY; PLOS asks to be named
Zero:     numFound 0      Unknown work: not in the list
Traps:    parts of articles are documents of their own, so doc_type:full leaves them out; a list
          has ten rows unless rows is sent; titles can hold HTML; fields without a value are
          left out
Docs:     https://api.plos.org/solr/faq/      Read: 2026-11-26
"""

from typing import Any

from chalicelib.apis import lucene
from chalicelib.feed import Entry, Importer, Page, Window
from chalicelib.reading import doi, mapping, text, time
from chalicelib.source import Client

FIELDS = (
    "id,publication_date,title_display,cross_published_journal_name,author_display,"
    "volume,issue,elocation_id"
)
#: Of PLOS, as a member of Crossref.
MEMBER = 340


class PlosImport(Importer):
    name = "plos_import"
    title = "PLOS (Import)"
    group = "works"
    description = "New articles in the journals of PLOS, which it adds."
    prefixes = ("10.1371/",)
    calls_per_hour = 300
    timeout_seconds = 60
    on_by_default = False
    absent = ()

    def read(self, client: Client, window: Window, place: str) -> Page:
        """One page; ``place`` is the offset."""
        params = {
            "fl": FIELDS,
            "fq": [lucene.days("publication_date", window), "doc_type:full"],
            "q": "*:*",
        }
        return lucene.read_docs(client, "https://api.plos.org/search", params, place, _entry)


def _entry(value: Any) -> Entry:
    doc = mapping(value)
    found, title = doi(doc["id"]), text(doc["title_display"])
    issued = time(doc["publication_date"])
    if not found or not title or not issued:
        raise ValueError("an article has no DOI, no title or no date")
    work = {"doi": found, "title": title, "issued": issued[:10], "publisher_id": MEMBER}
    return Entry(identifiers={"doi": found}, work=work)
