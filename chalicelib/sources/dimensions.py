"""Dimensions: publications that cite the work, and ratios relative to its field.

Counts:   citing publications (total, citations)
Needs:    DOI
Asks:     GET, JSON, one work a call
Limits:   none published; users keep to one a second
Auth:     none, but the answer says that only registered organisations may use it: the setting
          registration says by which agreement you do      Licence: by that agreement
Zero:     times_cited 0      Unknown work: 404
Traps:    ratios are null for young works and for types that have none; a times_cited of null is
          no number and fails the work
Docs:     https://www.dimensions.ai/dimensions-apis/ Read: 2026-11-26
"""

from collections.abc import Sequence
from urllib.parse import quote

from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, mapping
from chalicelib.source import Answer, Client, Outcomes, Setting, Source

NOTES = (
    *("recent_citations", "highly_cited_1", "highly_cited_5", "highly_cited_10"),
    *("relative_citation_ratio", "field_citation_ratio"),
)


class Dimensions(Source):
    name = "dimensions"
    title = "Dimensions"
    group = "cited"
    description = "Citing publications in Dimensions, and ratios relative to the field."
    calls_per_hour = 3600
    on_by_default = False
    page = "https://badge.dimensions.ai/details/doi/{doi}"
    settings = (
        Setting(
            name="registration",
            description="Name or reference of your agreement with Dimensions about its metrics",
            required=True,
        ),
    )

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        return client.get(
            f"https://metrics-api.dimensions.ai/doi/{quote(works[0].doi_folded, safe='/')}",
            absent=self.absent,
        )

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        result = Result(metrics=Metrics.of(citations=0)) if answer.absent else _result(answer)
        return {work.key: result for work in works}


def _result(answer: Answer) -> Result:
    record = mapping(answer.json())
    return Result(
        metrics=Metrics.of(citations=count(record["times_cited"])),
        notes={name: record[name] for name in NOTES if record.get(name) is not None},
    )
