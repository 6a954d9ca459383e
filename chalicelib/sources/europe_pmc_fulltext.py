"""Europe PMC (Fulltext): articles in it whose text or references have the DOI.

Counts:   articles that mention the work, without the work itself (total, citations)
Needs:    DOI of the agency DataCite
Asks:     GET, JSON, one work; 1,000 articles a page, up to 10 pages
Limits:   none published; we use 1 a second
Auth:     none            Licence: facts, free to store and to show
Zero:     hitCount 0      Unknown work: the same
Traps:    errors come as HTTP 200 with errCode; nextCursorMark is missing or does not change on
          the last page; yes and no are "Y" and "N"; one article can be several records
          (MED, PMC, PPR), an id means something with its source only
Docs:     https://europepmc.org/RestfulWebService Read: 2026-11-26
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from chalicelib import csl
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import count, doi, expecting, mapping, sequence, text, time
from chalicelib.source import Answer, Client, Outcomes, Source, phrase

SEARCH = "https://www.ebi.ac.uk/europepmc/webservices/rest/search"
MAXIMUM_PAGES = 10
KEPT = (
    *("id", "source", "pmid", "pmcid", "doi", "title", "authorString", "journalTitle"),
    *("pubYear", "pubType", "firstPublicationDate"),
)


class EuropePmcFulltext(Source):
    name = "europe_pmc_fulltext"
    title = "Europe PMC (Fulltext)"
    group = "relations"
    description = "Articles in Europe PMC that mention the DOI in their text or references."
    calls_per_hour = 3600
    agencies = ("datacite",)
    on_by_default = False
    absent = ()
    page = "http://europepmc.org/search?query=%22{doi}%22%20OR%20REF:%22{doi}%22"

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        [work] = works
        hits: list[dict[str, Any]] = []
        cursor = "*"
        for _ in range(MAXIMUM_PAGES):
            answer = _page(work, cursor, client)
            with expecting("a search result of Europe PMC", answer):
                body = mapping(answer.json())
                if "errCode" in body:
                    raise ValueError(f"error {body['errCode']}: {body.get('errMsg')}")
                page = [mapping(hit) for hit in sequence(body["resultList"]["result"])]
                hits += page
                total = count(body["hitCount"])
                if len(hits) >= total:
                    break
                following = text(body.get("nextCursorMark"))
                if not page or following is None or following == cursor:
                    raise ValueError(f"{len(hits)} of {total} articles")
                cursor = following
        with expecting("articles of Europe PMC", answer):
            return {work.key: self._result(work, hits, max(total, len(hits)))}

    def _result(self, work: Work, hits: Sequence[Mapping[str, Any]], total: int) -> Result:
        others = [hit for hit in hits if doi(hit.get("doi")) != work.doi_folded]
        return Result(
            metrics=Metrics.of(citations=total - len(hits) + len(others)),
            events=[_event(hit) for hit in others],
            events_url=self.events_url(work),
        )


def _page(work: Work, cursor: str, client: Client) -> Answer:
    term = phrase(work.doi or "")
    params = {
        "query": f"{term} OR REF:{term}",
        "resultType": "lite",
        "format": "json",
        "pageSize": "1000",
        "cursorMark": cursor,
    }
    return client.get(SEARCH, params=params)


def _event(hit: Mapping[str, Any]) -> Event:
    article = doi(hit.get("doi"))
    record = "/".join(quote(text(hit[kind]) or "", safe="") for kind in ("source", "id"))
    link = f"http://doi.org/{quote(article)}" if article else None
    url = link or f"http://europepmc.org/abstract/{record}"
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
