"""Biod: views and downloads on PLOS Hubs: Biodiversity. The hub is closed.

Lagotto had retired it before 3.9. It is kept for replaying saved answers and for whoever
has the same numbers: the address is a setting. The answers are those that Lagotto 2 read.

Counts:   views (html), downloads (pdf), and both with downloads of XML (total), by month
Needs:    DOI, of any publisher: the hub showed articles of others, too
Asks:     GET, XML, one work a call
Limits:   none published; we use 3600 an hour
Auth:     none, but inside PLOS only      Licence: CC0, as all numbers of PLOS
Zero:     results without item      Unknown work: the same
Traps:    one month alone is no list; formats without use are missing; the total in results
          is not read
Docs:     https://github.com/lagotto/lagotto      Read: 2026-11-26
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from chalicelib.archive import ArchiveSource, as_list, url_setting
from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, mapping

#: The formats as Lagotto called them in its events, and as the service calls them.
FORMATS = {"pdf_views": "get_pdf", "xml_views": "get_xml", "html_views": "get_document"}


class Biod(ArchiveSource):
    name = "biod"
    title = "Biod"
    group = "viewed"
    description = "Views and downloads of articles on the Biodiversity Hub of PLOS."
    calls_per_hour = 3600
    on_by_default = False
    retired = "2013: PLOS closed its Biodiversity Hub"
    absent = ()
    usage = True
    accept = "application/xml"
    settings = (
        url_setting(
            "http://www.plosreports.org/services/rest?method=usage.stats&journal=biod&doi={doi}"
        ),
    )

    def read(self, data: Any, work: Work) -> Result:
        results = as_list(mapping(mapping(data["rest"])["response"])["results"])
        items = [mapping(item) for found in results for item in as_list(found.get("item"))]
        months = [_month(item) for item in items]
        pdf, xml, html = (sum(count(month[name]) for month in months) for name in FORMATS)
        return Result(
            metrics=Metrics.of(pdf + xml + html, pdf=pdf, html=html),
            events=months,
            by_month=[
                {
                    "year": int(month["year"]),
                    "month": int(month["month"]),
                    "html": count(month["html_views"]),
                    "pdf": count(month["pdf_views"]),
                }
                for month in months
            ],
        )


def _month(item: Mapping[str, Any]) -> dict[str, Any]:
    """One month as Lagotto showed it: texts, and 0 for formats that are missing."""
    dt.date(count(item["year"]), count(item["month"]), 1)  # raises on what is no month
    views = {name: item.get(field) or 0 for name, field in FORMATS.items()}
    return {"month": item["month"], "year": item["year"], **views}
