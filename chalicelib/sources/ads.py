"""ADS: preprint versions of the work in arXiv, by NASA's Astrophysics Data System.

Counts:   records of the work's DOI that have an arXiv id (total)
Needs:    DOI
Asks:     GET, JSON, 50 DOIs in one query
Limits:   5,000 a day for each token, shared with ads_fulltext; the headers tell what is left
Auth:     access_token (secret), as Bearer            Licence: facts; free for research use
Zero:     no record, or none with an arXiv id      Unknown work: missing from docs
Traps:    a record lists all its identifiers in no order, arXiv ids with and without prefix;
          only ids of the form 1503.04201 count, as in Lagotto, those from before 2007 do not;
          pubdate has 00 for an unknown month or day; doi is a list
Docs:     https://ui.adsabs.harvard.edu/help/api/ Read: 2026-11-26
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.apis import ads, budgets, lucene
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import doi, sequence, text
from chalicelib.source import (
    Answer,
    Client,
    Limits,
    Outcomes,
    Source,
    found_identifiers,
    read_each,
)

ARXIV_ID = re.compile(r"(?:^|arxiv[:.]?)([0-9]{4}\.[0-9]{4,5})(?![0-9])", re.IGNORECASE)


class Ads(Source):
    name = "ads"
    title = "ADS"
    group = "relations"
    description = "Preprint versions of the work in arXiv, found by NASA ADS."
    batch_size = 50
    calls_per_hour = 104
    on_by_default = False
    absent = ()
    page = "https://ui.adsabs.harvard.edu/#search/q=body:{doi}"
    settings = (ads.ACCESS_TOKEN,)

    def parts(self, works: Sequence[Work]) -> Sequence[Sequence[Work]]:
        return lucene.parts(works)

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        params = {
            "q": lucene.any_doi("doi", works),
            "start": "0",
            "rows": "200",
            "fl": "author,title,pubdate,identifier,doi",
        }
        return ads.search(client, params)

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        docs, total = lucene.solr_docs(answer)
        complete = total <= len(docs)
        found: dict[str, list[dict[str, Any]]] = {}
        for doc in docs:
            dois = doc.get("doi") if isinstance(doc, dict) else None
            if not isinstance(dois, list):
                complete = False  # it can be that of any work
                continue
            for value in {doi(value) for value in dois}:
                found.setdefault(value, []).append(doc)

        def read(work: Work) -> Result:
            mine = found.get(work.doi_folded, [])
            if not mine and not complete:
                raise ValueError("some records are missing or tell no DOI")
            return self._result(work, mine)

        return read_each(answer, works, read)

    def _result(self, work: Work, docs: Sequence[dict[str, Any]]) -> Result:
        preprints = {arxiv: doc for doc in docs if (arxiv := _arxiv_id(doc))}
        return Result(
            metrics=Metrics.of(total=len(preprints)),
            events=[_event(arxiv, doc) for arxiv, doc in preprints.items()],
            events_url=self.events_url(work),
            identifiers=found_identifiers(arxiv=next(iter(preprints), "")),
        )

    def limits(self, headers: Mapping[str, str]) -> Limits | None:
        return budgets.until_moment(headers)


def _arxiv_id(doc: Mapping[str, Any]) -> str | None:
    """The number of the first identifier that is an arXiv id."""
    for identifier in sequence(doc.get("identifier") or []):
        if match := ARXIV_ID.search(text(identifier) or ""):
            return match[1]
    return None


def _event(arxiv: str, doc: Mapping[str, Any]) -> Event:
    url = f"http://arxiv.org/abs/{arxiv}"
    return Event(
        event={**doc, "arxiv": arxiv, "relation_type_id": "is_previous_version_of"},
        url=url,
        csl=ads.citation(doc, url, "ArXiV"),
    )
