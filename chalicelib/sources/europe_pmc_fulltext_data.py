"""Europe PMC (DB Fulltext): articles in it that name the work's DOI as the number of a data set.

Counts:   articles whose full text has the DOI as an accession number (total, citations)
Needs:    DOI
Asks:     GET, JSON, one work a call; the first 1,000 articles
Limits:   none published; we use 1 a second
Auth:     none            Licence: facts, free to store and to show
Zero:     hitCount 0      Unknown work: the same
Traps:    errors come as HTTP 200 with errCode; articles that are not in MEDLINE have no pmid,
          their id means something with their source only
Docs:     https://europepmc.org/RestfulWebService Read: 2026-11-26
"""

from collections.abc import Sequence

from chalicelib.apis import europe_pmc
from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, mapping, sequence
from chalicelib.source import Answer, Client, Outcomes, Source, phrase


class EuropePmcFulltextData(Source):
    name = "europe_pmc_fulltext_data"
    title = "Europe PMC (DB Fulltext)"
    group = "relations"
    description = "Articles in Europe PMC that name the DOI as an accession number of data."
    calls_per_hour = 3600
    on_by_default = False
    absent = ()
    page = "http://europepmc.org/abstract/MED/{pmid}#fragment-related-bioentities"

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        return europe_pmc.search(client, f"ACCESSION_ID:{phrase(works[0].doi or '')}")

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        body = europe_pmc.without_error(answer.json())
        hits = [mapping(hit) for hit in sequence(body["resultList"]["result"])]
        total = count(body["hitCount"])
        if len(hits) < min(total, europe_pmc.PAGE_SIZE):
            raise ValueError(f"{len(hits)} of {total} articles")
        return {
            work.key: Result(
                metrics=Metrics.of(citations=total),
                events=[europe_pmc.hit(hit, europe_pmc.record_url(hit)) for hit in hits],
                events_url=self.events_url(work),
            )
            for work in works
        }
