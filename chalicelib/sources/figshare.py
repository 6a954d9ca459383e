"""Figshare: how often the figures and supplements of a PLOS article were seen at figshare.

PLOS had its own service at figshare; ``figshare_statistics`` asks the public one about items
that have a DOI of figshare.

Counts:   page views (html), downloads (pdf) and likes of all items; total is their sum
Needs:    DOI with the prefix of PLOS; a URL
Asks:     GET, JSON, one work a call
Limits:   none published; we use 3600 an hour
Auth:     none            Licence: none stated; it is for PLOS
Zero:     an empty list of items      Unknown work: the same
Traps:    an article has many items, with DOIs of their own; a 404 is a failure
Docs:     https://github.com/lagotto/lagotto      Read: 2026-11-26
"""

from typing import Any
from urllib.parse import quote

from chalicelib.archive import ArchiveSource, url_setting
from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, mapping, sequence
from chalicelib.source import Client


class Figshare(ArchiveSource):
    name = "figshare"
    title = "Figshare"
    group = "viewed"
    description = "Views, downloads and likes of the figures and supplements of PLOS articles."
    prefixes = ("10.1371/",)
    calls_per_hour = 3600
    on_by_default = False
    absent = ()
    usage = True
    settings = (url_setting(None),)

    def values(self, work: Work, client: Client) -> dict[str, str | None]:
        # The slash stays as it is; only what would break the URL is escaped.
        return {**super().values(work, client), "doi": quote(work.doi or "", safe="/:;,()@")}

    def read(self, data: Any, work: Work) -> Result:
        items = [mapping(item) for item in sequence(mapping(data)["items"])]
        stats = [mapping(item["stats"]) for item in items]
        html, pdf, likes = (
            sum(count(stat[name]) for stat in stats)
            for name in ("page_views", "downloads", "likes")
        )
        return Result(metrics=Metrics.of(html=html, pdf=pdf, likes=likes), events=items)

    def nothing(self, work: Work) -> Result:
        return Result(metrics=Metrics.of(html=0, pdf=0, likes=0))
