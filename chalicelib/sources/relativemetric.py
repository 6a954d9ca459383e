"""Relative Metric: how often articles like this one are viewed on average, by PLOS.

Counts:   the sum of the average views of all subject areas (total)
Needs:    DOI with the prefix of PLOS; a URL
Asks:     GET, JSON, one work a call
Limits:   none published; we use 3600 an hour
Auth:     none            Licence: none stated; it is for PLOS
Zero:     an empty list of rows      Unknown work: the same
Traps:    it tells nothing of the work itself but of its year and subject areas; the total is only
          there because every source has one; a 404 is a failure
Docs:     https://github.com/lagotto/lagotto      Read: 2026-11-26
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.archive import ArchiveSource, url_setting
from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, mapping, sequence


class RelativeMetric(ArchiveSource):
    name = "relativemetric"
    title = "Relative Metric"
    group = "other"
    description = (
        "Average views of PLOS articles of the same year and subject areas, for PLOS itself."
    )
    prefixes = ("10.1371/",)
    calls_per_hour = 3600
    on_by_default = False
    absent = ()
    settings = (url_setting(None),)

    def read(self, data: Any, work: Work) -> Result:
        rows = sequence(mapping(data)["rows"])
        areas = [_area(mapping(mapping(row)["value"])) for row in rows]
        year = f"{work.issued.year:04d}"
        return Result(
            metrics=Metrics.of(sum(sum(area["average_usage"]) for area in areas)),
            events={
                "start_date": f"{year}-01-01T00:00:00Z",
                "end_date": f"{year}-12-31T00:00:00Z",
                "subject_areas": areas,
            },
        )


def _area(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "subject_area": value["subject_area"],
        "average_usage": [count(number) for number in sequence(value["data"])],
    }
