"""DataCite (Datacentre): the repositories that register DOIs with DataCite.

Counts:   nothing; each entry is a publisher, known by its symbol
Needs:    nothing of works (declared is the DOI)
Asks:     GET, JSON, all datacentres whatever the days are; 1,000 a page, by number
Limits:   1,000 calls in 5 minutes for callers who give their mail address; we use less
Auth:     none, mailto            Licence: CC0
Zero:     meta.total 0      Unknown work: does not occur
Traps:    a page has 25 datacentres unless page[size] is sent; DataCite calls them clients here
          and repositories elsewhere; prefixes are among the relationships
Docs:     https://support.datacite.org/docs/api Read: 2026-11-26
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.feed import Entry, Importer, Page, Publisher, Window, read_entries
from chalicelib.reading import count, expecting, mapping, sequence, text
from chalicelib.source import Client


class DataCiteDatacentre(Importer):
    name = "datacite_datacentre"
    title = "DataCite (Datacentre)"
    group = "publishers"
    description = "The datacentres of DataCite, their names and DOI prefixes."
    calls_per_hour = 3600
    timeout_seconds = 60
    interval_seconds = 7 * 86_400
    on_by_default = False
    absent = ()

    def read(self, client: Client, window: Window, place: str) -> Page:
        """One page; ``place`` is its number."""
        number = int(place or 1)
        params = {
            "page[size]": "1000",
            "page[number]": str(number),
            "mailto": client.contact_email,
        }
        answer = client.get("https://api.datacite.org/clients", params=params)
        with expecting("a list of clients of DataCite", answer):
            body = mapping(answer.json())
            items, meta = sequence(body["data"]), mapping(body["meta"])
            last = number >= count(meta["totalPages"])
            if (last and number == 1 and len(items) < count(meta["total"])) or not (items or last):
                raise ValueError(f"{len(items)} of {meta['total']} clients on page {number}")
        entries, failed = read_entries(answer, items, _entry)
        next_place = None if last else str(number + 1)
        return Page(entries=entries, next_place=next_place, failed=failed)


def _entry(value: Any) -> Entry:
    item = mapping(value)
    attributes = mapping(item["attributes"])
    symbol, name = text(attributes["symbol"]), text(attributes["name"])
    if not symbol or not name:
        raise ValueError("a datacentre has no symbol or no name")
    other = text(attributes.get("alternateName"))
    publisher = Publisher(
        id=symbol,
        name=name,
        agency="datacite",
        other_names=[other] if other else [],
        prefixes=_prefixes(item),
    )
    return Entry(publisher=publisher)


def _prefixes(item: Mapping[str, Any]) -> list[str]:
    related = mapping(mapping(item.get("relationships") or {}).get("prefixes") or {})
    listed = [text(mapping(prefix)["id"]) for prefix in sequence(related.get("data") or [])]
    return [prefix for prefix in listed if prefix]
