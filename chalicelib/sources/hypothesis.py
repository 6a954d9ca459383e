"""Hypothes.is: public annotations of the work's pages and PDFs.

Counts:   annotations and their replies (total, comments)
Needs:    DOI
Asks:     GET, JSON, one work a call: by DOI, by DOI link and by landing page if known
Limits:   none published; we ask once a second at most
Auth:     none            Licence: CC0 for public annotations outside of groups
Zero:     total 0         Unknown work: total 0
Traps:    DOIs are compared by case, so the given and the folded spelling are both asked for;
          events are the newest 200, total counts all; text and names of people are not kept
Docs:     https://h.readthedocs.io/en/latest/api-reference/v1/      Read: 2026-11-22
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import count, mapping, sequence, text, time
from chalicelib.source import Answer, Client, Outcomes, Source


class Hypothesis(Source):
    name = "hypothesis"
    title = "Hypothes.is"
    group = "discussed"
    description = "Public annotations of the work with Hypothes.is."
    calls_per_hour = 3600
    absent = ()
    page = "https://hypothes.is/search?q=url%3Ahttps%3A%2F%2Fdoi.org%2F{doi}"

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        question = {"uri": _addresses(works[0]), "limit": "200", "sort": "created"}
        return client.get("https://hypothes.is/api/search", params=question)

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        found = mapping(answer.json())
        result = Result(
            metrics=Metrics.of(comments=count(found["total"])),
            events=[_event(mapping(row)) for row in sequence(found["rows"])],
        )
        return {work.key: result for work in works}


def _addresses(work: Work) -> list[str]:
    """The forms under which the work can have been annotated; the server joins them with OR."""
    dois = dict.fromkeys([work.doi or "", work.doi_folded])
    # In a link, # would begin a fragment and %2f would be another DOI.
    links = [f"https://doi.org/{quote(doi, safe='/')}" for doi in dois]
    addresses = [f"doi:{doi}" for doi in dois] + links
    return [*addresses, work.canonical_url] if work.canonical_url else addresses


def _event(row: Mapping[str, Any]) -> Event:
    links = mapping(row.get("links") or {})
    return Event(
        event={name: row.get(name) for name in ("id", "uri", "tags", "created")},
        url=text(links.get("html")) or text(links.get("incontext")),
        time=time(row.get("created")),
    )
