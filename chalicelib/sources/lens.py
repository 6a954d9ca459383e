"""Lens: patents that cite the work.

Counts:   citing patents (total, citations)
Needs:    DOI
Asks:     POST, JSON, 50 DOIs in one terms query, 100 records an answer
Limits:   by plan, 5 a minute at the least; the headers tell what is left of the month
Auth:     access_token (secret), as Bearer      Licence: by plan; the Lens is to be named
Zero:     no patent_citations      Unknown work: left out of data; 404 if that leaves nothing
Traps:    the query's field is ids.doi, the answer has external_ids; records can share a DOI;
          counts that are zero may be left out; a search that finds nothing may be a 404
Docs:     https://docs.api.lens.org/response-scholar.html      Read: 2026-11-26
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import SHAPE_ERRORS, count, doi, mapping, sequence, text
from chalicelib.source import (
    Answer,
    Client,
    Limits,
    Outcomes,
    Setting,
    Source,
    found_identifiers,
    read_each,
)

FIELDS = (
    *("lens_id", "external_ids", "patent_citations", "patent_citations_count"),
    "scholarly_citations_count",
)
#: What a trial plan gives in one answer; more than the works asked about, as DOIs are shared.
MAXIMUM_RECORDS = 100
LENS_ID = re.compile(r"[0-9]{3}(-[0-9]{3}){3}-[0-9]{2}[0-9X]")


class Lens(Source):
    name = "lens"
    title = "Lens"
    group = "cited"
    description = "Patents that cite the work, found by the Lens."
    batch_size = 50
    calls_per_hour = 300
    timeout_seconds = 60
    on_by_default = False
    settings = (
        Setting(
            name="access_token",
            description="Access token for the scholarly API of the Lens",
            secret=True,
            required=True,
        ),
    )

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        return client.post(
            "https://api.lens.org/scholarly/search",
            headers={"authorization": f"Bearer {client.settings['access_token'].strip()}"},
            json={
                "query": {"terms": {"ids.doi": [work.doi_folded for work in works]}},
                "include": FIELDS,
                "size": MAXIMUM_RECORDS,
            },
            absent=self.absent,
        )

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        if answer.absent:
            return {work.key: _result([]) for work in works}
        body = mapping(answer.json())
        records = [mapping(record) for record in sequence(body["data"])]
        complete = count(body["total"]) <= len(records)
        by_doi: dict[str, list[dict[str, Any]]] = {}
        for record in records:
            for found in _external_ids(record, "doi"):
                by_doi.setdefault(doi(found), []).append(record)

        def read(work: Work) -> Result:
            mine = by_doi.get(work.doi_folded, [])
            if not mine and not complete:
                raise ValueError("some records were not sent")
            return _result(mine)

        return read_each(answer, works, read)

    def limits(self, headers: Mapping[str, str]) -> Limits | None:
        try:
            return Limits(
                remaining_calls=count(headers["x-rate-limit-remaining-request-per-month"])
            )
        except SHAPE_ERRORS:
            return None


def _external_ids(record: Mapping[str, Any], kind: str) -> list[str]:
    ids = [mapping(each) for each in sequence(record["external_ids"])]
    return [text(each["value"]) or "" for each in ids if each["type"] == kind]


def _patents(record: Mapping[str, Any]) -> list[str]:
    patents = sequence(record.get("patent_citations") or [])
    return [text(mapping(patent)["lens_id"]) or "" for patent in patents]


def _number(record: Mapping[str, Any]) -> int:
    """How many patents cite the record: as counted, else as listed."""
    told = record.get("patent_citations_count")
    return len(_patents(record)) if told is None else count(told)


def _result(records: Sequence[Mapping[str, Any]]) -> Result:
    if not records:
        return Result(metrics=Metrics.of(citations=0))
    record = max(records, key=_number)
    lens_id = text(record["lens_id"]) or ""
    scholarly = record.get("scholarly_citations_count")
    return Result(
        metrics=Metrics.of(citations=_number(record)),
        events=[Event(event=patent, url=_url(patent)) for patent in _patents(record)],
        events_url=_url(lens_id),
        identifiers=found_identifiers(
            pmid=next(iter(_external_ids(record, "pmid")), ""),
            pmcid=next(iter(_external_ids(record, "pmcid")), ""),
        ),
        notes={"lens_id": lens_id}
        | ({} if scholarly is None else {"scholarly_citations_count": count(scholarly)}),
    )


def _url(lens_id: str) -> str | None:
    return f"https://lens.org/{lens_id}" if LENS_ID.fullmatch(lens_id) else None
