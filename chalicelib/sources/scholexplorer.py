"""ScholeXplorer: data sets that are linked with the work, in either direction.

Counts:   links with data sets (total)
Needs:    DOI
Asks:     GET, JSON, one work: links from it and links to it, 10 a page, up to 5 pages each
Limits:   none published; we use one call a second
Auth:     none            Licence: CC0
Zero:     totalLinks 0 in both directions      Unknown work: the same
Traps:    a link is told in one direction only, "A cites B" and never "B is cited by A", so both
          are asked; pages count from 0; RelationshipType.Name is IsRelatedTo, what it means is in
          SubType; above 50 links a direction only the number is exact, not the events
Docs:     https://graph.openaire.eu/docs/apis/scholexplorer/v3/query_params Read: 2026-11-26
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import SHAPE_ERRORS, count, expecting, mapping, sequence, text, time
from chalicelib.source import Client, Outcomes, Source

MAXIMUM_PAGES = 5
#: On which side of a link the work is, and on which the data set.
DIRECTIONS = (("source", "target"), ("target", "source"))


class ScholeXplorer(Source):
    name = "scholexplorer"
    title = "ScholeXplorer"
    group = "relations"
    description = "Data sets linked with the work, collected by OpenAIRE ScholeXplorer."
    calls_per_batch = 2
    calls_per_hour = 3600
    timeout_seconds = 60
    on_by_default = False
    absent = ()

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        return {work.key: _result(work, client) for work in works}


def _result(work: Work, client: Client) -> Result:
    total = 0
    events: list[Event] = []
    for own_side, other_side in DIRECTIONS:
        number, links = _links(work, own_side, other_side, client)
        total += number
        events += links
    return Result(metrics=Metrics(total=total), events=events)


def _links(
    work: Work, own_side: str, other_side: str, client: Client
) -> tuple[int, Sequence[Event]]:
    """How many links there are with the work on this side, and the first of them."""
    events: list[Event] = []
    total = 0
    for page in range(MAXIMUM_PAGES):
        answer = client.get(
            "https://api.scholexplorer.openaire.eu/v3/Links",
            params={
                f"{own_side}Pid": work.doi_folded,
                f"{other_side}Type": "dataset",
                "page": str(page),
            },
        )
        with expecting("a list of links of ScholeXplorer", answer):
            body = mapping(answer.json())
            total = count(body["totalLinks"])
            links = [_event(mapping(link), other_side) for link in sequence(body["result"])]
        events += links
        if len(events) >= total or not links:
            break
    return total, events


def _event(link: Mapping[str, Any], other_side: str) -> Event:
    """The link without what it says of the work itself."""
    relation = mapping(link["RelationshipType"])
    dataset = mapping(link[other_side])
    identifiers = [mapping(each) for each in sequence(dataset["Identifier"])]
    publishers = [mapping(each) for each in sequence(dataset.get("Publisher") or [])]
    return Event(
        event={
            "direction": "outgoing" if other_side == "target" else "incoming",
            "relation": text(relation.get("SubType")) or text(relation["Name"]),
            "title": text(dataset.get("Title")),
            "publisher": [text(each.get("name")) for each in publishers],
            "identifiers": [f"{each['IDScheme']}:{each['ID']}" for each in identifiers],
        },
        url=_url(identifiers),
        time=_day(dataset.get("PublicationDate")),
    )


def _url(identifiers: Sequence[Mapping[str, Any]]) -> str | None:
    urls = [text(each.get("IDURL")) or "" for each in identifiers]
    return next((url for url in urls if url.startswith(("https://", "http://"))), None)


def _day(value: Any) -> str | None:
    """The time of a publication date, which may also be a year or nonsense."""
    try:
        return time(value)
    except SHAPE_ERRORS:
        return None
