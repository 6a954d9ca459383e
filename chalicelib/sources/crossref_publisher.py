"""CrossRef (Publisher): the members of Crossref, with their names and prefixes.

Counts:   nothing; each entry is a publisher, known by its member number
Needs:    nothing of works (declared is the DOI)
Asks:     GET, JSON, all members whatever the days are; 1,000 a page, by offset
Limits:   3 lists a second for callers who give their mail address
Auth:     none, mailto            Licence: facts, free to store and to show
Zero:     total-results 0      Unknown work: does not occur
Traps:    an offset that is too large was once answered with the page of the largest; whether
          lists of members take cursors is not documented; primary-name can be missing
Docs:     https://www.crossref.org/documentation/retrieve-metadata/rest-api/ Read: 2026-11-26
"""

from typing import Any

from chalicelib.apis import crossref
from chalicelib.feed import Entry, Importer, Page, Publisher, Window, read_entries
from chalicelib.reading import count, expecting, mapping, sequence, text
from chalicelib.source import Client


class CrossrefPublisher(Importer):
    name = "crossref_publisher"
    title = "CrossRef (Publisher)"
    group = "publishers"
    description = "The members of Crossref, their names and DOI prefixes."
    calls_per_hour = 3600
    timeout_seconds = 60
    interval_seconds = 7 * 86_400
    on_by_default = False
    absent = ()

    def read(self, client: Client, window: Window, place: str) -> Page:
        """One page; ``place`` is the offset."""
        offset = int(place or 0)
        params = {"offset": str(offset), "rows": str(crossref.ROWS), "mailto": client.contact_email}
        answer = client.get("https://api.crossref.org/members", params=params)
        with expecting("a list of members of Crossref", answer):
            message = crossref.message_of(answer, "member-list")
            items, total = sequence(message["items"]), count(message["total-results"])
            start = count(mapping(message.get("query") or {}).get("start-index", offset))
            following = offset + len(items)
            if start != offset or (following < total and not items):
                raise ValueError(f"{len(items)} of {total} members from {start} on, not {offset}")
        entries, failed = read_entries(answer, items, _entry)
        next_place = str(following) if following < total else None
        return Page(entries=entries, next_place=next_place, failed=failed)


def _entry(value: Any) -> Entry:
    item = mapping(value)
    names = [name for name in map(text, sequence(item.get("names") or [])) if name]
    name = text(item.get("primary-name")) or names[0]
    publisher = Publisher(
        id=str(count(item["id"])),
        name=name,
        agency="crossref",
        other_names=[other for other in names if other != name],
        prefixes=[prefix for prefix in map(text, sequence(item.get("prefixes") or [])) if prefix],
    )
    return Entry(publisher=publisher)
