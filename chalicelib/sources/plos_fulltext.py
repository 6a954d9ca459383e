"""PLOS (Fulltext): articles of PLOS journals whose text has the DOI or the landing page.

Counts:   articles that mention the work (total, citations)
Needs:    DOI of the agency DataCite, not of PLOS; uses the landing page if it is known
Asks:     GET, JSON, one work; 1,000 articles a page, up to 10 pages
Limits:   10 a minute, 300 an hour, 7,200 a day; whoever asks more is locked out
Auth:     none            Licence: CC BY; PLOS asks to be named
Zero:     numFound 0      Unknown work: the same
Traps:    articles come whole and in parts unless doc_type:full is asked for; titles can hold
          HTML; fields without a value are left out
Docs:     https://api.plos.org/solr/faq/ Read: 2026-11-26
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from chalicelib import csl
from chalicelib.apis import lucene
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import doi, expecting, mapping, sequence, text, time
from chalicelib.source import Answer, Client, Outcomes, Source, phrase

PAGE_SIZE = 1000
MAXIMUM_PAGES = 10


class PlosFulltext(Source):
    name = "plos_fulltext"
    title = "PLOS (Fulltext)"
    group = "relations"
    description = "Articles in PLOS journals that mention the DOI or the page of the work."
    profits_from = ("canonical_url",)
    calls_per_hour = 300
    agencies = ("datacite",)
    on_by_default = False
    absent = ()
    page = "http://www.plosone.org/search/advanced?unformattedQuery=everything:%22{doi}%22"

    def applies(self, work: Work) -> bool:
        """Whether the work has what the source needs; works of PLOS itself are left out."""
        return super().applies(work) and not work.doi_folded.startswith("10.1371/")

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        [work] = works
        docs: dict[str, dict[str, Any]] = {}
        for number in range(MAXIMUM_PAGES):
            answer = _page(work, number, client)
            with expecting("a search result of PLOS", answer):
                listed, total = lucene.solr_docs(answer)
                page = {doi(doc["id"]): mapping(doc) for doc in listed}
                docs |= page
                if "" in docs:
                    raise ValueError("an article has no DOI")
                if len(docs) >= total:
                    return {work.key: self._result(work, docs)}
            if not page:
                break
        return {work.key: answer.malformed(f"{len(docs)} of {total} articles")}

    def _result(self, work: Work, docs: Mapping[str, Mapping[str, Any]]) -> Result:
        return Result(
            metrics=Metrics.of(citations=len(docs)),
            events=[_event(article, doc) for article, doc in docs.items()],
            events_url=self.events_url(work),
        )


def _page(work: Work, number: int, client: Client) -> Answer:
    terms = [value for value in (work.doi, work.canonical_url) if value]
    params = {
        "q": " OR ".join(f"everything:{phrase(term)}" for term in terms),
        "fq": "doc_type:full",
        "fl": "id,publication_date,title,cross_published_journal_name,author_display",
        "wt": "json",
        "rows": str(PAGE_SIZE),
    }
    start = {"start": str(number * PAGE_SIZE)} if number else {}
    return client.get("https://api.plos.org/search", params=params | start)


def _event(article: str, doc: Mapping[str, Any]) -> Event:
    url = f"http://doi.org/{quote(article)}"
    published = text(doc.get("publication_date"))
    names = [text(name) or "" for name in sequence(doc.get("author_display") or [])]
    journals = sequence(doc.get("cross_published_journal_name") or [])
    return Event(
        event=doc,
        url=url,
        time=time(published),
        csl=csl.csl(
            author=csl.authors(names),
            title=text(doc.get("title")),
            container_title=text(journals[0]) if journals else None,
            issued=csl.date_parts(published),
            url=url,
            type="article-journal",
        ),
    )
