"""Copernicus: how often the publisher Copernicus showed an article.

The service is for those to whom the publisher gave an account; it is also the pattern for
other publishers that offer the same answers.

Counts:   views of the abstract (html), downloads of the PDF (pdf); the total counts downloads of
          XML and of citations (BibTeX, RIS) besides
Needs:    DOI with the prefix of Copernicus; a URL
Asks:     GET, JSON, one work a call
Limits:   none published; we use 3600 an hour
Auth:     user and password            Licence: none stated; agreed with the publisher
Zero:     counts of 0      Unknown work: an empty list
Traps:    whether the service still runs is not known; counts can be null; a 404 is a failure
Docs:     https://github.com/lagotto/lagotto      Read: 2026-11-26
"""

from typing import Any
from urllib.parse import quote

from chalicelib.archive import ArchiveSource, url_setting
from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, mapping
from chalicelib.source import Client, Setting


class Copernicus(ArchiveSource):
    name = "copernicus"
    title = "Copernicus"
    group = "viewed"
    description = "Views and downloads of articles of Copernicus, by the publisher itself."
    prefixes = ("10.5194/",)
    calls_per_hour = 3600
    on_by_default = False
    absent = ()
    usage = True
    basic = ("username", "password")
    settings = (
        url_setting(None),
        Setting(
            name="username",
            description="user of the account with Copernicus",
            required=True,
            secret=True,
        ),
        Setting(
            name="password",
            description="password of the account with Copernicus",
            required=True,
            secret=True,
        ),
    )

    def values(self, work: Work, client: Client) -> dict[str, str | None]:
        # The slash stays as it is; only what would break the URL is escaped.
        return {**super().values(work, client), "doi": quote(work.doi or "", safe="/:;,()@")}

    def read(self, data: Any, work: Work) -> Result:
        if data == []:
            return self.nothing(work)
        counts = {
            name: count(value)
            for name, value in mapping(mapping(data)["counter"]).items()
            if value is not None
        }
        if not counts:
            raise ValueError("counter holds no counts")
        return Result(
            metrics=Metrics.of(
                sum(counts.values()),
                html=counts.get("AbstractViews", 0),
                pdf=counts.get("PdfDownloads", 0),
            ),
            events=data,
        )

    def nothing(self, work: Work) -> Result:
        return Result(metrics=Metrics.of(html=0, pdf=0), events={})
