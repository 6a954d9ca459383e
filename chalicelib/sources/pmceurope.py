"""Europe PMC: how many articles in it cite the work.

Which articles these are is not asked for, as in Lagotto: it would take calls for each work.
With the setting ``api`` = ``2014`` it asks as Lagotto did, by PMID.

Counts:   citing articles in Europe PMC (total, citations)
Needs:    DOI; 2014: PMID, without one nothing is said of the work
Asks:     GET, JSON, 50 DOIs in one search. 2014: one PMID a call
Limits:   none published; we use 5 a second
Auth:     none            Licence: counts are free to show
Zero:     citedByCount 0; 2014: hitCount 0      Unknown work: no hit; 2014: hitCount 0
Traps:    errors come as HTTP 200 with errCode; one DOI can be several records (MED, PMC, PPR);
          a hit without doi cannot be attributed and is left out. 2014: Lagotto took a missing
          hitCount for 0, here it is Malformed
Docs:     https://europepmc.org/RestfulWebService Read: 2026-11-22
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.apis import europe_pmc
from chalicelib.archive import API, as_2014, decode, each, expand
from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, expecting, sequence
from chalicelib.source import (
    Answer,
    Client,
    Outcomes,
    Setting,
    Source,
    found_identifiers,
    outcomes_by_doi,
    phrase,
)

CITATIONS_OF_2014 = "http://www.ebi.ac.uk/europepmc/webservices/rest/MED/{pmid}/citations/1/json"


class PmcEurope(Source):
    name = "pmceurope"
    title = "Europe PubMed Central"
    group = "cited"
    description = "Citations by articles in Europe PMC."
    batch_size = 50
    calls_per_hour = 18000
    absent = ()
    page = "http://europepmc.org/abstract/MED/{pmid}#fragment-related-citations"
    settings = (
        API,
        Setting(
            name="url",
            description="URL template of the service, or of a mirror; {pmid} stands for the PMID",
            default=CITATIONS_OF_2014,
        ),
    )

    def asks_about(self, work: Work, settings: Mapping[str, str]) -> bool:
        """Today it is asked by DOI, as Lagotto did by PMID."""
        return work.has("pmid") if settings.get("api") == "2014" else self.applies(work)

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        if as_2014(client):
            known = [work for work in works if work.pmid]
            return each(known, lambda work: self._ask_as_in_2014(work, client))
        asked = [work for work in works if work.doi]
        return super().collect(asked, client) if asked else {}

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        query = " OR ".join(f"DOI:{phrase(work.doi_folded)}" for work in works)
        return europe_pmc.search(client, query)

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        body = europe_pmc.without_error(answer.json())
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

    def _ask_as_in_2014(self, work: Work, client: Client) -> Result:
        answer = client.get(expand(client.settings["url"], pmid=work.pmid))
        with expecting("a list of citations of Europe PMC", answer):
            citations = count(europe_pmc.without_error(decode(answer))["hitCount"])
        return Result(metrics=Metrics.of(citations=citations), events_url=self.events_url(work))
