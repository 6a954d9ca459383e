"""DataONE's federated logs: reads of data sets.

For ``dataone_counter`` and ``dataone_usage``, which leave out other robots.
"""

from collections.abc import Sequence
from typing import Any

from chalicelib.model import Metrics, Period, Result, Work
from chalicelib.reading import count, mapping, sequence, time
from chalicelib.source import Answer, Client, Outcomes, phrase

LOGS = "https://cn.dataone.org/cn/v1/query/logsolr/select"


def ask(client: Client, work: Work, robots: str) -> Answer:
    """The reads since the month of publication by all who are not on this list of robots."""
    pids = " OR ".join(map(phrase, _pids(work)))
    params = {
        "facet": "true",
        "facet.mincount": "1",
        "facet.range": "dateLogged",
        "facet.range.start": f"{work.month}-01T00:00:00Z",
        "facet.range.end": "NOW",
        "facet.range.gap": "+1MONTH",
        "fq": "event:read",
        "q": f"pid:({pids}) AND isRepeatVisit:false AND {robots}:false",
        "rows": "0",
        "wt": "json",
    }
    return client.get(LOGS, params=params)


def parse(answer: Answer, works: Sequence[Work]) -> Outcomes:
    """The reads, by month."""
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
