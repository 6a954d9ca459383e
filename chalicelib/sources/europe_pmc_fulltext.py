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

from chalicelib.apis import europe_pmc
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import count, doi, expecting, mapping, sequence, text
from chalicelib.source import Client, Outcomes, Source, phrase

MAXIMUM_PAGES = 10


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
            answer = europe_pmc.search(client, _query(work), cursorMark=cursor)
            with expecting("a search result of Europe PMC", answer):
                body = europe_pmc.without_error(answer.json())
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


def _query(work: Work) -> str:
    term = phrase(work.doi or "")
    return f"{term} OR REF:{term}"


def _event(hit: Mapping[str, Any]) -> Event:
    article = doi(hit.get("doi"))
    record = europe_pmc.record_url(hit)
    return europe_pmc.hit(hit, f"http://doi.org/{quote(article)}" if article else record)
