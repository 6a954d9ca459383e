"""Counter: how often PLOS showed an article, as a web page, as a PDF and as XML.

The service that Lagotto asked stands inside PLOS. ``plos_usage`` asks the public search of
PLOS, which tells totals without formats.

Counts:   page views (html), downloads of the PDF (pdf), and of the XML in the total only; by month
Needs:    DOI with the prefix of PLOS; a URL
Asks:     GET, XML, one work a call
Limits:   none published; we use 3600 an hour
Auth:     none            Licence: none stated; it is for PLOS
Zero:     results without item      Unknown work: the same
Traps:    a month without downloads of a format lacks that element; total in results is not used;
          a 404 is a failure
Docs:     https://github.com/lagotto/lagotto      Read: 2026-11-26
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from chalicelib.archive import ArchiveSource, as_list, url_setting
from chalicelib.model import Metrics, Period, Result, Work
from chalicelib.reading import count, mapping


class Counter(ArchiveSource):
    name = "counter"
    title = "Counter"
    group = "viewed"
    description = "Views and downloads of PLOS articles by format and month, for PLOS itself."
    prefixes = ("10.1371/",)
    calls_per_hour = 3600
    on_by_default = False
    absent = ()
    accept = "application/xml"
    settings = (url_setting(None),)
    usage = True

    def read(self, data: Any, work: Work) -> Result:
        rest = mapping(mapping(data)["rest"])
        if rest.get("status") not in (None, "success"):
            raise ValueError(f"the service answers with the status {rest['status']}")
        views = [
            _view(mapping(item))
            for results in as_list(mapping(rest["response"])["results"])
            for item in as_list(mapping(results).get("item"))
        ]
        html, pdf, xml = (
            sum(count(view[name]) for view in views)
            for name in ("html_views", "pdf_views", "xml_views")
        )
        return Result(
            metrics=Metrics.of(html + pdf + xml, html=html, pdf=pdf),
            events=views,
            by_month=[_month(view) for view in views],
        )

    def nothing(self, work: Work) -> Result:
        return Result(metrics=Metrics.of(html=0, pdf=0))


def _view(item: Mapping[str, Any]) -> dict[str, Any]:
    """The views of one month; an element that is missing is the number 0."""
    view = {"month": item["month"], "year": item["year"]}
    for name, element in (
        ("pdf_views", "get_pdf"),
        ("xml_views", "get_xml"),
        ("html_views", "get_document"),
    ):
        value = item.get(element)
        view[name] = 0 if value is None else value
    return view


def _month(view: Mapping[str, Any]) -> Period:
    month = dt.date(count(view["year"]), count(view["month"]), 1)
    return {
        "month": month.month,
        "year": month.year,
        "html": count(view["html_views"]),
        "pdf": count(view["pdf_views"]),
    }
