"""scite: statements in other works that cite the work, by whether they support or contradict it.

Counts:   citation statements (total, citations); a citing work can have several
Needs:    DOI
Asks:     POST, JSON, up to 500 DOIs a call
Limits:   none published; we use one call a second
Auth:     none            Licence: unclear, so clear it with scite before this is switched on
Zero:     total 0      Unknown work: left out of tallies
Traps:    the list of DOIs is the whole body; DOIs come back in lower case; the parts need not
          add up to the total; a 404 means that the service moved
Docs:     https://api.scite.ai/docs      Read: 2026-11-26
"""

from collections.abc import Sequence
from typing import Any

from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, doi, mapping
from chalicelib.source import Answer, Client, Outcomes, Source, read_each

PARTS = ("supporting", "contradicting", "mentioning", "unclassified", "citingPublications")


class Scite(Source):
    name = "scite"
    title = "scite"
    group = "cited"
    description = "Citation statements that support, contradict or mention the work, by scite."
    batch_size = 500
    calls_per_hour = 3600
    on_by_default = False
    absent = ()
    page = "https://scite.ai/reports/{doi}"

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        dois = [work.doi_folded for work in works]
        return client.post("https://api.scite.ai/tallies", json=dois)

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        tallies = mapping(mapping(answer.json())["tallies"])
        by_doi = {doi(key): tally for key, tally in tallies.items()}
        return read_each(answer, works, lambda work: _result(by_doi.get(work.doi_folded, {})))


def _result(value: Any) -> Result:
    tally = mapping(value)
    if not tally:
        return Result(metrics=Metrics.of(citations=0))
    parts = {name: count(tally[name]) for name in PARTS if tally.get(name) is not None}
    total = count(tally["total"])
    return Result(metrics=Metrics.of(citations=total), events={**parts, "total": total})
