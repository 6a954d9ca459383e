"""Europe PMC (Citations): articles in it that cite the work, one event each.

The source ``pmceurope`` has the number alone, for 50 works a call.

Counts:   citing articles in Europe PMC (total, citations)
Needs:    PMID
Asks:     GET, JSON, one work; 1,000 articles a page, up to 10 pages
Limits:   none published; we use 1 a second
Auth:     none            Licence: facts, free to store and to show
Zero:     hitCount 0      Unknown work: hitCount 0 or 404
Traps:    errors come as HTTP 200 with errCode; an id means something with its source only;
          citing articles tell no DOI; of a work cited more often than 10,000 times that many
          are listed, hitCount stays the total
Docs:     https://europepmc.org/RestfulWebService Read: 2026-11-26
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.apis import europe_pmc
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import count, expecting, mapping, sequence
from chalicelib.source import Answer, Client, Outcomes, Source

MAXIMUM_PAGES = 10


class EuropePmc(Source):
    name = "europe_pmc"
    title = "Europe PMC (Citations)"
    group = "relations"
    description = "Articles in Europe PMC that cite the work, each with its metadata."
    needs = ("pmid",)
    calls_per_hour = 3600
    on_by_default = False
    page = "http://europepmc.org/abstract/MED/{pmid}#fragment-related-citations"

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        [work] = works
        citing: list[dict[str, Any]] = []
        total = 0
        for number in range(1, MAXIMUM_PAGES + 1):
            answer = self._page(work, number, client)
            if answer.absent:
                break
            with expecting("a list of citations of Europe PMC", answer):
                total, articles = _articles(answer)
                citing += articles
                if not articles and len(citing) < total:
                    raise ValueError(f"{len(citing)} of {total} articles")
            if len(citing) >= total:
                break
        with expecting("citing articles of Europe PMC", answer):
            result = Result(
                metrics=Metrics.of(citations=total),
                events=[_event(article) for article in citing],
                events_url=self.events_url(work),
            )
        return {work.key: result}

    def _page(self, work: Work, number: int, client: Client) -> Answer:
        paging = {"pageSize": str(europe_pmc.PAGE_SIZE), "page": str(number)}
        absent = self.absent if number == 1 else ()
        return europe_pmc.ask_about(client, work, "citations", absent=absent, **paging)


def _articles(answer: Answer) -> tuple[int, list[dict[str, Any]]]:
    """How many articles cite the work, and those of one page."""
    body = europe_pmc.without_error(answer.json())
    listed = mapping(body.get("citationList") or {}).get("citation") or []
    return count(body["hitCount"]), [mapping(article) for article in sequence(listed)]


def _event(article: Mapping[str, Any]) -> Event:
    url = europe_pmc.record_url(article)
    year = str(article.get("pubYear") or "")
    return Event(
        event=article,
        url=url,
        csl=europe_pmc.citation(article, url, "journalAbbreviation", year),
    )
