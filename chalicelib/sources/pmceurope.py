"""Europe PMC: how many articles in it cite the work.

Which articles these are is not asked for, as in Lagotto: it would take calls for each work.

Counts:   citing articles in Europe PMC (total, citations)
Needs:    DOI
Asks:     GET, JSON, 50 DOIs in one search
Limits:   none published; we use 5 a second
Auth:     none            Licence: counts are free to show
Zero:     citedByCount 0      Unknown work: no hit
Traps:    errors come as HTTP 200 with errCode; one DOI can be several records (MED, PMC, PPR);
          a hit without doi cannot be attributed and is left out
Docs:     https://europepmc.org/RestfulWebService Read: 2026-11-22
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, mapping, sequence
from chalicelib.source import (
    Answer,
    Client,
    Outcomes,
    Source,
    found_identifiers,
    outcomes_by_doi,
    phrase,
)

SEARCH = "https://www.ebi.ac.uk/europepmc/webservices/rest/search"


class PmcEurope(Source):
    name = "pmceurope"
    title = "Europe PubMed Central"
    group = "cited"
    description = "Citations by articles in Europe PMC."
    batch_size = 50
    calls_per_hour = 18000
    absent = ()
    page = "http://europepmc.org/abstract/MED/{pmid}#fragment-related-citations"

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        params = {
            "query": " OR ".join(f"DOI:{phrase(work.doi_folded)}" for work in works),
            "resultType": "lite",
            "format": "json",
            "pageSize": "1000",
        }
        return client.get(SEARCH, params=params)

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        body = mapping(answer.json())
        if "errCode" in body:
            raise ValueError(f"error {body['errCode']}: {body.get('errMsg')}")
        hits = sequence(body["resultList"]["result"])
        complete = count(body["hitCount"]) <= len(hits)
        return outcomes_by_doi(answer, works, hits, "doi", self._result, complete=complete)

    def _result(self, work: Work, records: Sequence[dict[str, Any]]) -> Result:
        if not records:
            return Result(metrics=Metrics.of(citations=0), events_url=self.events_url(work))
        medline = [record for record in records if record.get("source") == "MED"]
        record = max(medline or records, key=lambda record: count(record["citedByCount"]))
        found = found_identifiers(pmid=record.get("pmid"), pmcid=record.get("pmcid"))
        known = dataclasses.replace(work, pmid=work.pmid or found.get("pmid"))
        return Result(
            metrics=Metrics.of(citations=count(record["citedByCount"])),
            events_url=self.events_url(known),
            identifiers=found,
        )
