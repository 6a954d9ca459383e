"""OpenAlex: how many works cite the work, by year, and scores relative to its field.

Citing works themselves are not asked for: they would cost a call per hundred of them.

Counts:   citing works (total, citations)
Needs:    DOI
Asks:     GET, JSON, 100 DOIs in one filter; DOIs with , & | + or blanks by themselves
Limits:   1,000 lists a day without key, 10,000 with a free one; the headers tell what is left
Auth:     none, or api_key (secret)            Licence: CC0
Zero:     cited_by_count 0      Unknown work: missing from results; 404 by itself
Traps:    an empty api_key gives 401; several works can have one DOI, so pages can be more
          than one; doi can be null in a list; a merged work redirects to one of another DOI
Docs:     https://developers.openalex.org/ Read: 2026-11-22
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

from chalicelib.apis import budgets
from chalicelib.errors import Malformed, Rejected
from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, expecting, mapping, sequence
from chalicelib.source import (
    Client,
    Limits,
    Outcomes,
    Setting,
    Source,
    chunks,
    found_identifiers,
    outcomes_by_doi,
)

WORKS = "https://api.openalex.org/works"
NOTES = ("fwci", "citation_normalized_percentile", "is_retracted", "counts_by_year")
FIELDS = ",".join(("id", "doi", "ids", "cited_by_count", *NOTES))
FILTER_LIMIT_CHARACTERS = 7000
MAXIMUM_PAGES = 5
#: These break the filter for all DOIs in it (developers.openalex.org, read 2026-11-22).
UNLISTABLE = re.compile(r"[,&|+\"\s]")


class OpenAlex(Source):
    name = "openalex"
    title = "OpenAlex"
    group = "cited"
    description = "Citations by works in OpenAlex, an open index of all fields."
    batch_size = 100
    # Without a key the day's lists would last 17 minutes at this pace: the headers tell.
    calls_per_hour = 3600
    absent = ()
    settings = (
        Setting(
            name="api_key",
            description="A free key gives ten times as many calls a day",
            secret=True,
        ),
    )

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        outcomes: Outcomes = {}
        listed = [work for work in works if not UNLISTABLE.search(work.doi_folded)]
        for part in chunks(listed, _size, FILTER_LIMIT_CHARACTERS):
            outcomes |= self._collect_list(part, client)
        for work in works:
            if UNLISTABLE.search(work.doi_folded):
                outcomes |= self._collect_single(work, client)
        return outcomes

    def _collect_list(self, works: Sequence[Work], client: Client) -> Outcomes:
        values = "|".join(f"https://doi.org/{work.doi_folded}" for work in works)
        records: list[Any] = []
        for page in range(1, MAXIMUM_PAGES + 1):
            params = {"filter": f"doi:{values}", "per_page": "100", **_fields_and_key(client)}
            answer = client.get(WORKS, params=params | ({"page": str(page)} if page > 1 else {}))
            with expecting("a list of works of OpenAlex", answer):
                body = mapping(answer.json())
                total, results = count(body["meta"]["count"]), sequence(body["results"])
            records += results
            if len(records) >= total or not results:
                break
        complete = len(records) >= total
        return outcomes_by_doi(answer, works, records, "doi", _result, complete=complete)

    def _collect_single(self, work: Work, client: Client) -> Outcomes:
        url = f"{WORKS}/https://doi.org/{quote(work.doi_folded, safe='')}"
        try:
            answer = client.get(url, params=_fields_and_key(client), absent=(404,))
            with expecting("a work of OpenAlex", answer):
                found = [] if answer.absent else [mapping(answer.json())]
                return {work.key: _result(work, found)}
        except (Malformed, Rejected) as error:
            return {work.key: error}

    def limits(self, headers: Mapping[str, str]) -> Limits | None:
        return budgets.for_seconds(headers)


def _size(work: Work) -> int:
    return len(quote_plus(f"https://doi.org/{work.doi_folded}|"))


def _fields_and_key(client: Client) -> dict[str, str]:
    key = (client.settings.get("api_key") or "").strip()
    return {"select": FIELDS} | ({"api_key": key} if key else {})


def _result(work: Work, records: Sequence[dict[str, Any]]) -> Result:
    if not records:
        return Result(metrics=Metrics.of(citations=0))
    record = max(records, key=lambda record: count(record["cited_by_count"]))
    ids = mapping(record.get("ids") or {})
    notes = {"openalex": record.get("id"), **{name: record.get(name) for name in NOTES}}
    return Result(
        metrics=Metrics.of(citations=count(record["cited_by_count"])),
        identifiers=found_identifiers(pmid=ids.get("pmid"), pmcid=ids.get("pmcid")),
        notes={name: value for name, value in notes.items() if value is not None},
    )
