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

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from chalicelib import csl
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import count, mapping, sequence, text, time
from chalicelib.source import Answer, Client, Outcomes, Source, phrase

SEARCH = "https://www.ebi.ac.uk/europepmc/webservices/rest/search"
PAGE_SIZE = 1000
KEPT = (
    *("id", "source", "pmid", "pmcid", "doi", "title", "authorString", "journalTitle"),
    *("pubYear", "pubType", "firstPublicationDate"),
)


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
        params = {
            "query": f"ACCESSION_ID:{phrase(works[0].doi or '')}",
            "resultType": "lite",
            "format": "json",
            "pageSize": str(PAGE_SIZE),
        }
        return client.get(SEARCH, params=params)

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        body = mapping(answer.json())
        if "errCode" in body:
            raise ValueError(f"error {body['errCode']}: {body.get('errMsg')}")
        hits = [mapping(hit) for hit in sequence(body["resultList"]["result"])]
        total = count(body["hitCount"])
        if len(hits) < min(total, PAGE_SIZE):
            raise ValueError(f"{len(hits)} of {total} articles")
        return {
            work.key: Result(
                metrics=Metrics.of(citations=total),
                events=[_event(hit) for hit in hits],
                events_url=self.events_url(work),
            )
            for work in works
        }


def _event(hit: Mapping[str, Any]) -> Event:
    record = "/".join(quote(text(hit[kind]) or "", safe="") for kind in ("source", "id"))
    url = f"http://europepmc.org/abstract/{record}"
    names = (text(hit.get("authorString")) or "").removesuffix(".").split(", ")
    return Event(
        event={name: hit[name] for name in KEPT if hit.get(name) is not None},
        url=url,
        time=time(hit.get("firstPublicationDate")),
        csl=csl.csl(
            author=csl.authors(names, " "),
            title=(text(hit.get("title")) or "").removesuffix("."),
            container_title=text(hit.get("journalTitle")),
            issued=csl.date_parts(text(hit.get("pubYear"))),
            url=url,
            type="article-journal",
        ),
    )
