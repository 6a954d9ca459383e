"""Dryad: how often a data set was viewed and downloaded.

Counts:   views (html) and downloads (pdf); total is their sum
Needs:    DOI with the prefix of Dryad
Asks:     GET, JSON, one data set a call
Limits:   30 a minute for callers without account, which are 1800 an hour
Auth:     none            Licence: CC0
Zero:     counts of 0      Unknown work: 404; also the DOI of a single file of a data set
Traps:    the identifier in the path is doi:10.5061/... with colon and slash escaped; counts
          follow COUNTER, and views do not include downloads
Docs:     https://datadryad.org/api/v2/docs/      Read: 2026-11-26
"""

from collections.abc import Sequence
from urllib.parse import quote

from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, mapping
from chalicelib.source import Answer, Client, Outcomes, Source


class Dryad(Source):
    name = "dryad"
    title = "Dryad"
    group = "viewed"
    description = "Views and downloads of data sets in the Dryad repository."
    prefixes = ("10.5061/",)
    calls_per_hour = 1800
    usage = True
    page = "https://doi.org/{doi}"

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        identifier = quote(f"doi:{works[0].doi_folded}", safe="")
        return client.get(f"https://datadryad.org/api/v2/datasets/{identifier}", absent=self.absent)

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        result = Result(metrics=Metrics.of(html=0, pdf=0))
        if not answer.absent:
            metrics = mapping(mapping(answer.json())["metrics"])
            result = Result(
                metrics=Metrics.of(html=count(metrics["views"]), pdf=count(metrics["downloads"])),
                notes={"citations": count(metrics["citations"])} if "citations" in metrics else {},
            )
        return {work.key: result for work in works}
