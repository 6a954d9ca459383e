"""PLOS usage: how often an article of PLOS was looked at, by the search index of PLOS.

Lagotto's ``counter`` read the same numbers, split into formats, from a service inside PLOS.

Counts:   views and downloads together, of all time (total)
Needs:    DOI with the prefix of PLOS
Asks:     GET, JSON, 50 DOIs in one query
Limits:   10 a minute, 300 an hour and 7200 a day; who asks for more is locked out
Auth:     none            Licence: attribution to PLOS is asked for
Zero:     counter_total_all 0      Unknown work: missing from docs
Traps:    parts of articles are documents of their own, so doc_type:full leaves them out; a list
          has ten rows unless rows is sent; there is no split into formats
Docs:     https://api.plos.org/solr/faq/      Read: 2026-11-26
"""

from collections.abc import Sequence
from typing import Any

from chalicelib.apis import lucene
from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count
from chalicelib.source import Answer, Client, Outcomes, Source, outcomes_by_doi


class PlosUsage(Source):
    name = "plos_usage"
    title = "PLOS usage"
    group = "viewed"
    description = "Views and downloads of articles of PLOS, by PLOS itself."
    prefixes = ("10.1371/",)
    batch_size = 50
    calls_per_hour = 300
    absent = ()
    page = "https://doi.org/{doi}"

    def parts(self, works: Sequence[Work]) -> Sequence[Sequence[Work]]:
        return lucene.parts(works)

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        params = {
            "q": lucene.any_doi("id", works),
            "fq": "doc_type:full",
            "fl": "id,counter_total_all,counter_total_month",
            "wt": "json",
            "rows": "100",
        }
        return client.get("https://api.plos.org/search", params=params)

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        docs, total = lucene.solr_docs(answer)
        return outcomes_by_doi(answer, works, docs, "id", _result, complete=total <= len(docs))


def _result(work: Work, docs: Sequence[dict[str, Any]]) -> Result:
    if not docs:
        return Result(metrics=Metrics.of(total=0))
    [doc] = docs
    month = doc.get("counter_total_month")
    return Result(
        metrics=Metrics.of(count(doc["counter_total_all"])),
        notes={} if month is None else {"last_30_days": count(month)},
    )
