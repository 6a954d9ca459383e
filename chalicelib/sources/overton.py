"""Overton: policy documents that cite the work.

Counts:   policy documents (total, citations); the first 100 are events
Needs:    DOI
Asks:     GET, JSON, one work a call, 20 documents a page, up to 5 pages
Limits:   1 call a second, a key that asks faster is blocked
Auth:     api_key (secret), as parameter; not part of every subscription
          Licence: subscribers, by contract
Zero:     total_results 0      Unknown work: the same
Traps:    next_page_url repeats the key, so pages are asked for by number; dates of publication
          can be of a year only; a list of DOIs would find nothing
Docs:     https://app.overton.io/swagger.php      Read: 2026-11-26
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import count, expecting, mapping, sequence, text, time
from chalicelib.source import Client, Outcomes, Setting, Source

MAXIMUM_PAGES = 5
KEPT = ("policy_document_id", "title", "published_on", "overton_policy_document_series")
FULL_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Overton(Source):
    name = "overton"
    title = "Overton"
    group = "cited"
    description = "Policy documents of governments and other bodies that cite the work."
    calls_per_hour = 3000
    timeout_seconds = 60
    on_by_default = False
    absent = ()
    settings = (Setting(name="api_key", description="Overton API key", secret=True, required=True),)

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        return {work.key: _citing(work, client) for work in works}


def _citing(work: Work, client: Client) -> Result:
    events: list[Event] = []
    total = 0
    for page in range(1, MAXIMUM_PAGES + 1):
        answer = client.get(
            "https://app.overton.io/documents.php",
            params={
                "plain_dois_cited": work.doi_folded,
                "format": "json",
                "page": str(page),
                "api_key": client.settings["api_key"].strip(),
            },
        )
        with expecting("a list of documents of Overton", answer):
            body = mapping(answer.json())
            total = count(mapping(body["query"])["total_results"])
            documents = [_event(mapping(document)) for document in sequence(body["results"])]
        events += documents
        if len(events) >= total or not documents:
            break
    return Result(metrics=Metrics.of(citations=total), events=events)


def _event(document: Mapping[str, Any]) -> Event:
    source = mapping(document.get("source") or {})
    return Event(
        event={
            **{name: document.get(name) for name in KEPT},
            "source": {name: source.get(name) for name in ("title", "type", "country")},
        },
        url=text(document.get("document_url")),
        time=_day(text(document.get("published_on")) or ""),
    )


def _day(published: str) -> str | None:
    """The time of publication if its day is known and exists."""
    try:
        return time(published) if FULL_DATE.fullmatch(published) else None
    except ValueError:
        return None
