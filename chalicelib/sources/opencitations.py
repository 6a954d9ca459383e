"""OpenCitations Index: works that cite the work, one event each.

Counts:   distinct citing works (total, citations)
Needs:    DOI
Asks:     GET, JSON, one work a call; the list of all citations, which is not paged
Limits:   180 a minute, which are 10800 an hour
Auth:     none; a free access token is welcome      Licence: CC0
Zero:     an empty list   Unknown work: an empty list too, the two cannot be told apart
Traps:    creation may be "", a year, a month or no date at all; one citing work can come in
          several rows that share an identifier; lists of the most cited works are larger than
          we read, then only the number is asked for; a 404 never means an unknown work
Docs:     https://api.opencitations.net/index/v2      Read: 2026-11-22
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from chalicelib.errors import Malformed
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import count, mapping, sequence, text, time
from chalicelib.source import Answer, Client, Outcomes, Setting, Source

FULL_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LINKS = {"doi": "https://doi.org/", "pmid": "https://pubmed.ncbi.nlm.nih.gov/"}


class OpenCitations(Source):
    name = "opencitations"
    title = "OpenCitations"
    group = "cited"
    description = "Citing works in the open citation index of OpenCitations."
    calls_per_hour = 10_800
    timeout_seconds = 60
    absent = ()
    settings = (
        Setting(name="token", description="OpenCitations access token (optional)", secret=True),
    )

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        base = "https://api.opencitations.net/index/v2"
        identifier = f"doi:{quote(works[0].doi or '', safe='/')}"
        token = client.settings.get("token", "").strip()
        headers = {"authorization": token} if token else {}
        try:
            return client.get(f"{base}/citations/{identifier}", headers=headers)
        except Malformed:  # the client refuses bodies over its size limit
            return client.get(f"{base}/citation-count/{identifier}", headers=headers)

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        rows = [mapping(row) for row in sequence(answer.json())]
        if len(rows) == 1 and "count" in rows[0]:
            result = Result(metrics=Metrics.of(citations=count(rows[0]["count"])))
        else:
            result = _result(rows)
        return {work.key: result for work in works}


def _result(rows: Sequence[Mapping[str, Any]]) -> Result:
    distinct = _distinct(rows)
    return Result(
        metrics=Metrics.of(citations=len(distinct)),
        events=[_event(row) for row in distinct],
        notes={
            "author_self_citations": sum(row.get("author_sc") == "yes" for row in distinct),
            "journal_self_citations": sum(row.get("journal_sc") == "yes" for row in distinct),
        },
    )


def _distinct(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The first row of each citing work, as the index itself counts since March 2026."""
    seen: set[str] = set()
    kept = []
    for row in rows:
        identifiers = row["citing"].split() or [row["oci"].partition("-")[0]]
        if seen.isdisjoint(identifiers):
            kept.append(row)
        seen.update(identifiers)
    return kept


def _event(row: Mapping[str, Any]) -> Event:
    fields = ("oci", "citing", "creation", "author_sc", "journal_sc")
    identifiers = dict(part.split(":", 1) for part in row["citing"].split() if ":" in part)
    links = [url + quote(identifiers[kind]) for kind, url in LINKS.items() if kind in identifiers]
    return Event(
        event={name: row.get(name) for name in fields},
        url=links[0] if links else None,
        time=_day(row),
    )


def _day(row: Mapping[str, Any]) -> str | None:
    """The time of a citation if its day is known; the index also holds days like 2019-02-30."""
    creation = text(row.get("creation")) or ""
    try:
        return time(creation) if FULL_DATE.fullmatch(creation) else None
    except ValueError:
        return None
