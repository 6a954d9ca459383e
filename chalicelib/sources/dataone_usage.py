"""DataONE Usage: how often the data set was read, by the federated logs of DataONE.

Left out are reads by robots on its short list; ``dataone_counter`` leaves out those on
the full one.

Counts:   reads of the object, without repeated visits (total), by month
Needs:    DOI; the ARK where the work has one, as DataONE then names it so
Asks:     GET, JSON, one work a call
Limits:   none published; we use 3600 an hour
Auth:     none            Licence: none stated; counts are facts
Zero:     numFound 0      Unknown work: the same
Traps:    identifiers keep their case, and those of DOIs are mostly in upper case, so each
          spelling is asked for; months begin with the month of publication; the logs may no
          longer be open to everybody
Docs:     https://dataone-architecture-documentation.readthedocs.io/      Read: 2026-11-26
"""

from collections.abc import Sequence
from typing import Any

from chalicelib.model import Metrics, Period, Result, Work
from chalicelib.reading import count, mapping, sequence, time
from chalicelib.source import Answer, Client, Outcomes, Source, phrase

LOGS = "https://cn.dataone.org/cn/v1/query/logsolr/select"


class DataOneUsage(Source):
    name = "dataone_usage"
    title = "DataONE Usage"
    group = "viewed"
    description = (
        "Reads of data sets in the repositories of DataONE, without the best known robots."
    )
    profits_from = ("ark",)
    on_by_default = False
    absent = ()

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        work = works[0]
        pids = " OR ".join(map(phrase, _pids(work)))
        params = {
            "facet": "true",
            "facet.mincount": "1",
            "facet.range": "dateLogged",
            "facet.range.start": f"{work.month}-01T00:00:00Z",
            "facet.range.end": "NOW",
            "facet.range.gap": "+1MONTH",
            "fq": "event:read",
            "q": f"pid:({pids}) AND isRepeatVisit:false AND inPartialRobotList:false",
            "rows": "0",
            "wt": "json",
        }
        return client.get(LOGS, params=params)

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        body = mapping(answer.json())
        result = Result(
            metrics=Metrics.of(count(mapping(body["response"])["numFound"])),
            by_month=_months(body["facet_counts"]["facet_ranges"]["dateLogged"]["counts"]),
        )
        return {work.key: result for work in works}


def _pids(work: Work) -> list[str]:
    """The names that DataONE may have for the work."""
    if work.ark:
        return [work.ark]
    doi = work.doi or ""
    return list(dict.fromkeys((f"doi:{doi}", f"doi:{doi.upper()}", f"doi:{doi.lower()}")))


def _months(counts: Any) -> list[Period]:
    """The months of a list in which days and numbers take turns."""
    listed = sequence(counts)
    months = []
    for day, total in zip(listed[::2], listed[1::2], strict=True):
        moment = time(day) or ""
        months.append({"year": int(moment[:4]), "month": int(moment[5:7]), "total": count(total)})
    return months
