"""Semantic Scholar: papers that cite the work, as many as its graph knows.

Counts:   citing papers (total, citations)
Needs:    DOI
Asks:     POST, JSON, up to 500 ids a call: 499 DOIs and one paper that is always there
Limits:   1 call a second for each key, over all endpoints; waiting longer after a 429
Auth:     api_key (secret), as x-api-key      Licence: as agreed for the key
Zero:     citationCount 0      Unknown work: null in its place
Traps:    a call of which no id is known is a 400 instead of nulls, hence the paper that is
          always there; the order of the ids is kept; a paper may have the DOI of its preprint
          or of another version, then its other identifiers are not taken
Docs:     https://api.semanticscholar.org/api-docs/graph      Read: 2026-11-26
"""

import re
from collections.abc import Sequence
from typing import Any

from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, doi, mapping, sequence
from chalicelib.source import (
    Answer,
    Client,
    Outcomes,
    Setting,
    Source,
    found_identifiers,
    read_each,
)

#: The example paper of the API's documentation.
KNOWN_PAPER = "649def34f8be52c8b66281af98ae884c09aef38b"
NOTES = ("paperId", "influentialCitationCount", "referenceCount")
FIELDS = ",".join(("externalIds", "citationCount", *NOTES[1:]))


class SemanticScholar(Source):
    name = "semantic_scholar"
    title = "Semantic Scholar"
    group = "cited"
    description = "Citing papers in the graph of Semantic Scholar."
    batch_size = 499
    calls_per_hour = 3600
    timeout_seconds = 60
    on_by_default = False
    absent = ()
    settings = (
        Setting(
            name="api_key", description="API key of Semantic Scholar", secret=True, required=True
        ),
    )

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        return client.post(
            "https://api.semanticscholar.org/graph/v1/paper/batch",
            params={"fields": FIELDS},
            headers={"x-api-key": client.settings["api_key"].strip()},
            json={"ids": [*(f"DOI:{work.doi_folded}" for work in works), KNOWN_PAPER]},
        )

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        papers = sequence(answer.json())
        by_key = {work.key: paper for work, paper in zip(works, papers, strict=False)}

        def read(work: Work) -> Result:
            if len(papers) != len(works) + 1:
                raise ValueError(f"{len(papers)} papers for {len(works) + 1} ids")
            mapping(papers[-1])  # the known paper: nulls before it do mean unknown works
            return _result(work, by_key[work.key])

        return read_each(answer, works, read)


def _result(work: Work, paper: Any) -> Result:
    if paper is None:
        return Result(metrics=Metrics.of(citations=0))
    mapping(paper)
    ids = mapping(paper.get("externalIds") or {})
    is_same = doi(ids.get("DOI")) == work.doi_folded
    number = str(paper.get("paperId"))
    return Result(
        metrics=Metrics.of(citations=count(paper["citationCount"])),
        events_url=f"https://www.semanticscholar.org/paper/{number}"
        if re.fullmatch("[0-9a-f]{40}", number)
        else None,
        identifiers=found_identifiers(
            pmid=ids.get("PubMed"), pmcid=ids.get("PubMedCentral"), arxiv=ids.get("ArXiv")
        )
        if is_same
        else {},
        notes={name: paper[name] for name in NOTES if paper.get(name) is not None},
    )
