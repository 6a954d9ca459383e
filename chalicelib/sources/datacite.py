"""DataCite: data sets, software and texts with a DataCite DOI that point at the work.

Of works that are in DataCite themselves its own counts of citations, views and downloads
are kept as notes; they are not the total. With the setting ``api`` = ``2014`` it asks the search
of DataCite that Lagotto asked, which is gone; ``url`` can name another one that answers so.

Counts:   items whose related identifiers include the work's DOI (total, citations)
Needs:    DOI
Asks:     GET, JSON, 50 DOIs in one query, 1,000 items a page, up to 10 pages. 2014: one DOI a
          call, at most 100 items
Limits:   1,000 calls in 5 minutes for callers who give their mail address
Auth:     none, mailto            Licence: CC0
Zero:     no item points at the work; 2014: numFound 0, 404      Unknown work: the same
Traps:    a page has 25 items unless page[size] is sent; page numbers end at 10,000 items, so
          a query with more is asked by halves until a work with too many fails alone;
          related identifiers are DOIs or URLs of DOIs, in any case; publisher can be an object.
          2014: the number is that of the items that were sent, as in Lagotto, not numFound
Docs:     https://support.datacite.org/docs/api Read: 2026-11-22
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

from chalicelib.apis import datacite, lucene
from chalicelib.archive import API, as_2014, decode, each, escaped, expand, url_setting
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import count, doi, expecting, mapping, sequence, text
from chalicelib.source import Answer, Client, Outcomes, Source, chunks, phrase, read_each

COUNTS = ("citationCount", "viewCount", "downloadCount")
EVENT_FIELDS = ("titles", "creators", "publisher", "publicationYear", "relatedIdentifiers")
MAXIMUM_ITEMS = 10_000
MAXIMUM_PAGES = 10

SEARCH_OF_2014 = (
    "http://search.datacite.org/api?q=relatedIdentifier:{doi}"
    "&fl=relatedIdentifier,doi,creator,title,publisher,publicationYear"
    "&fq=is_active:true&fq=has_metadata:true&indent=true&rows=100&wt=json"
)

#: What is read of one item: its attributes by its DOI.
Items = dict[str, dict[str, Any]]


class DataCite(Source):
    name = "datacite"
    title = "DataCite"
    group = "cited"
    description = "Data sets and other items with a DataCite DOI that point at the work."
    batch_size = 50
    calls_per_hour = 12000
    absent = ()
    page = "http://search.datacite.org/ui?q=relatedIdentifier:{doi}"
    settings = (API, url_setting(SEARCH_OF_2014))

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        if as_2014(client):
            return each(works, lambda work: self._ask_as_in_2014(work, client))
        outcomes: Outcomes = {}
        for part in chunks(works, _size, lucene.QUERY_LIMIT_CHARACTERS):
            outcomes |= self._collect_part(part, client)
        return outcomes

    def _collect_part(self, works: Sequence[Work], client: Client) -> Outcomes:
        items: Items = {}
        for number in range(1, MAXIMUM_PAGES + 1):
            answer = _page(works, number, client)
            with expecting("a list of DOIs of DataCite", answer):
                body = mapping(answer.json())
                items |= _items(body["data"])
                total = count(body["meta"]["total"])
                if len(items) >= total:
                    return self._outcomes(answer, works, items)
            if total > MAXIMUM_ITEMS and len(works) > 1:
                half = len(works) // 2
                parts = (works[:half], works[half:])
                return {k: v for part in parts for k, v in self._collect_part(part, client).items()}
            if total > MAXIMUM_ITEMS or not body["data"]:
                break
        return {work.key: answer.malformed(f"{len(items)} of {total} items") for work in works}

    def _outcomes(self, answer: Answer, works: Sequence[Work], items: Items) -> Outcomes:
        relations = _relations({work.doi_folded for work in works}, items)

        def read(work: Work) -> Result:
            own = items.get(work.doi_folded, {})
            pointing = relations.get(work.doi_folded, {})
            events = [_event(items[item], how) for item, how in pointing.items()]
            return Result(
                metrics=Metrics.of(citations=len(events)),
                events=events,
                events_url=self.events_url(work),
                notes={name: count(own[name]) for name in COUNTS if own.get(name) is not None},
            )

        return read_each(answer, works, read)

    def _ask_as_in_2014(self, work: Work, client: Client) -> Result:
        url = expand(client.settings["url"], doi=escaped(work.doi or ""))
        answer = client.get(url, absent=(404,))
        with expecting("an answer of DataCite's search of 2014", answer):
            events = [] if answer.absent else _events_of_2014(mapping(decode(answer)))
        return Result(
            metrics=Metrics.of(citations=len(events)),
            events=events,
            events_url=self.events_url(work),
        )


def _page(works: Sequence[Work], number: int, client: Client) -> Answer:
    params = {
        "query": _query(works),
        "fields[dois]": ",".join(("doi", *EVENT_FIELDS, *COUNTS)),
        "page[size]": "1000",
        "page[number]": str(number),
    }
    return datacite.ask(client, params)


def _query(works: Sequence[Work]) -> str:
    """What finds the items that point at the works, and the works themselves."""
    bare = [phrase(work.doi_folded) for work in works]
    urls = [phrase(f"https://doi.org/{work.doi_folded}") for work in works]
    pointing = f"relatedIdentifiers.relatedIdentifier:({' OR '.join(bare + urls)})"
    return f"{pointing} OR doi:({' OR '.join(bare)})"


def _size(work: Work) -> int:
    return len(quote_plus(_query([work]))) - len(quote_plus(_query([]))) + 3 * len("+OR+")


def _items(data: Any) -> Items:
    """The attributes of the items. Errors: ValueError on an item without DOI."""
    found = [mapping(mapping(item)["attributes"]) for item in sequence(data)]
    items = {doi(attributes["doi"]): attributes for attributes in found}
    if "" in items:
        raise ValueError("an item has no DOI")
    return items


def _relations(dois: set[str], items: Items) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """For each of the DOIs, the items that point at it with what they say about that."""
    relations: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for item, attributes in items.items():
        for relation in sequence(attributes.get("relatedIdentifiers") or []):
            target = doi(mapping(relation).get("relatedIdentifier"))
            if target in dois and target != item:
                relations.setdefault(target, {}).setdefault(item, []).append(relation)
    return relations


def _event(item: Mapping[str, Any], relations: Sequence[Mapping[str, Any]]) -> Event:
    """The item with the names that DataCite's old search, and so Lagotto, gave its fields."""
    publisher = item.get("publisher")
    related = ("relationType", "relatedIdentifierType", "relatedIdentifier")
    event = {
        "doi": text(item["doi"]),
        "relatedIdentifier": [
            ":".join(str(relation.get(name, "")) for name in related) for relation in relations
        ],
        "creator": [text(creator["name"]) for creator in sequence(item.get("creators") or [])],
        "title": [text(title["title"]) for title in sequence(item.get("titles") or [])],
        "publisher": text(publisher["name"] if isinstance(publisher, dict) else publisher),
        "publicationYear": item.get("publicationYear"),
    }
    return Event(event=event, url=f"http://doi.org/{event['doi']}")


def _events_of_2014(body: Mapping[str, Any]) -> list[Event]:
    response = mapping(body["response"])
    items = [mapping(item) for item in sequence(response["docs"])]
    if not items and count(response["numFound"]):
        raise ValueError(f"{response['numFound']} items were found, but none was sent")
    dois = [text(item["doi"]) for item in items]
    if not all(dois):
        raise ValueError("an item has no DOI")
    return [
        Event(event=item, url=f"http://doi.org/{doi}")
        for item, doi in zip(items, dois, strict=True)
    ]
