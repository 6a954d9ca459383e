"""ADS (Fulltext): works whose full text in NASA's Astrophysics Data System has the DOI.

Counts:   works with the DOI in their full text, without the work itself (total, citations)
Needs:    DOI
Asks:     GET, JSON, one work a call; the first 2,000 works
Limits:   5,000 a day for each token, shared with ads; the headers tell what is left
Auth:     access_token (secret), as Bearer            Licence: facts; free for research use
Zero:     numFound 0      Unknown work: the same
Traps:    articles print their own DOI, so that the work itself can be among the hits; pubdate
          has 00 for an unknown month or day; doi is a list, and missing where there is none
Docs:     https://ui.adsabs.harvard.edu/help/api/ Read: 2026-11-26
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from chalicelib.apis import ads, budgets, lucene
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import doi, mapping, sequence, text
from chalicelib.source import Answer, Client, Limits, Outcomes, Source, phrase

#: The most rows that ADS sends in one answer.
MAXIMUM_ROWS = 2000


class AdsFulltext(Source):
    name = "ads_fulltext"
    title = "ADS (Fulltext)"
    group = "relations"
    description = "Works in NASA ADS that mention the DOI of the work in their full text."
    calls_per_hour = 104
    timeout_seconds = 60
    on_by_default = False
    absent = ()
    page = "https://ui.adsabs.harvard.edu/#search/q=body:{doi}"
    settings = (ads.ACCESS_TOKEN,)

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        params = {
            "q": f"body:{phrase(works[0].doi or '')}",
            "start": "0",
            "rows": str(MAXIMUM_ROWS),
            "fl": "bibcode,author,title,pubdate,pub,doi",
        }
        return ads.search(client, params)

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        [work] = works
        listed, found = lucene.solr_docs(answer)
        docs = [mapping(doc) for doc in listed]
        if len(docs) != min(found, MAXIMUM_ROWS):
            raise ValueError(f"{len(docs)} of {found} works")
        others = [doc for doc in docs if work.doi_folded not in _dois(doc)]
        result = Result(
            metrics=Metrics.of(citations=found - len(docs) + len(others)),
            events=[_event(doc) for doc in others],
            events_url=self.events_url(work),
        )
        return {work.key: result}

    def limits(self, headers: Mapping[str, str]) -> Limits | None:
        return budgets.until_moment(headers)


def _dois(doc: Mapping[str, Any]) -> list[str]:
    return [value for value in map(doi, sequence(doc.get("doi") or [])) if value]


def _event(doc: Mapping[str, Any]) -> Event:
    bibcode = text(doc["bibcode"])
    if bibcode is None:
        raise ValueError("a work has no bibcode")
    dois = _dois(doc)
    url = (
        f"http://doi.org/{quote(dois[0])}"
        if dois
        else f"https://ui.adsabs.harvard.edu/abs/{quote(bibcode, safe='')}"
    )
    return Event(event=doc, url=url, csl=ads.citation(doc, url, text(doc.get("pub"))))
