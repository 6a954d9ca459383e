"""Crossref: how many works cite the work, and notices of its retraction or correction.

Who cites it is told to the DOI's owner only; ``opencitations`` and ``openalex`` know citing
works. Lagotto's name, title and metrics are kept, its XML services with accounts are not.

Counts:   citing works (total, citations)
Needs:    DOI
Asks:     GET, JSON, 50 DOIs in one filter; a DOI with a comma by itself
Limits:   3 lists a second for callers who give their mail address
Auth:     none, mailto            Licence: facts, free to store and to show
Zero:     is-referenced-by-count 0      Unknown work: missing from the list; 404 by itself
Traps:    a comma ends a value of the filter; request lines above 4,096 bytes were refused;
          a new_version in updated-by is the work itself; only an entry's type says retraction
Docs:     https://www.crossref.org/documentation/retrieve-metadata/rest-api/ Read: 2026-11-22
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

from chalicelib.errors import Malformed, Rejected
from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, doi, expecting, mapping, sequence, text
from chalicelib.source import Answer, Client, Limits, Outcomes, Source, chunks, outcomes_by_doi

WORKS = "https://api.crossref.org/works"
#: 4,096 bytes (CrossRef/rest-api-doc issue 251) less the other parameters.
FILTER_LIMIT_CHARACTERS = 3600


class Crossref(Source):
    name = "crossref"
    title = "CrossRef"
    group = "cited"
    description = "Citations by works with a Crossref DOI, and notices that update the work."
    batch_size = 50
    calls_per_hour = 10800
    absent = ()

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        outcomes: Outcomes = {}
        listed = [work for work in works if "," not in work.doi_folded]
        for part in chunks(listed, _size, FILTER_LIMIT_CHARACTERS):
            outcomes |= super().collect(part, client)
        for work in works:
            if "," in work.doi_folded:
                outcomes |= self._collect_single(work, client)
        return outcomes

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        params = {
            "filter": ",".join(f"doi:{work.doi_folded}" for work in works),
            "select": "DOI,is-referenced-by-count,updated-by,update-to,type,issued",
            "rows": str(self.batch_size),
            "mailto": client.contact_email,
        }
        return client.get(WORKS, params=params)

    def _collect_single(self, work: Work, client: Client) -> Outcomes:
        url = f"{WORKS}/{quote(work.doi_folded, safe='')}"
        try:
            answer = client.get(url, params={"mailto": client.contact_email}, absent=(404,))
            with expecting("a work of Crossref", answer):
                return self.parse(answer, [work])
        except (Malformed, Rejected) as error:
            return {work.key: error}

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        if answer.absent:
            return {work.key: Result(metrics=Metrics.of(citations=0)) for work in works}
        body = mapping(answer.json())
        kind = body["message-type"]
        if body["status"] != "ok" or kind not in ("work", "work-list"):
            raise ValueError(f"status {body['status']!r}, message type {kind!r}")
        message = mapping(body["message"])
        if kind == "work" and len(works) == 1:
            return {works[0].key: _result(works[0], [message])}
        items = sequence(message["items"])
        told = [item for item in items if isinstance(item, dict) and item.get("DOI")]
        complete = count(message["total-results"]) <= len(told)
        return outcomes_by_doi(answer, works, items, "DOI", _result, complete=complete)

    def limits(self, headers: Mapping[str, str]) -> Limits | None:
        told = f"{headers.get('x-rate-limit-limit')} in {headers.get('x-rate-limit-interval')}"
        match = re.fullmatch(r"([1-9][0-9]{0,8}) in ([1-9][0-9]{0,8})s", told)
        if match is None:
            return None
        # The header may speak of single works, of which Crossref allows more than of lists.
        pace = 3600 * int(match[1]) // int(match[2])
        return Limits(calls_per_hour=max(1, min(pace, self.calls_per_hour)))


def _size(work: Work) -> int:
    return len(quote_plus(f"doi:{work.doi_folded},"))


def _result(work: Work, records: Sequence[dict[str, Any]]) -> Result:
    if not records:
        return Result(metrics=Metrics.of(citations=0))
    record = records[0]
    notes = {
        "updates": _notices(work, record.get("updated-by")),
        "update_to": _notices(work, record.get("update-to")),
    }
    return Result(
        metrics=Metrics.of(citations=count(record["is-referenced-by-count"])),
        notes={name: notices for name, notices in notes.items() if notices},
    )


def _notices(work: Work, entries: Any) -> list[dict[str, str | None]]:
    """Type, DOI and source of each notice, without versions that point to the work itself."""
    notices = [
        {"type": text(entry["type"]), "doi": doi(entry["DOI"]), "source": text(entry.get("source"))}
        for entry in sequence(entries or [])
    ]
    own_version = {"type": "new_version", "doi": work.doi_folded}
    return [notice for notice in notices if not own_version.items() <= notice.items()]
