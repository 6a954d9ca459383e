"""Article Coverage: media coverage of PLOS articles, as found for PLOS.

Counts:   web pages that write about the work (total, comments), by day and month as far as dated
Needs:    DOI with the prefix of PLOS; a URL
Asks:     GET, JSON, one work a call
Limits:   none published; we use 3600 an hour
Auth:     none            Licence: none stated; it is for PLOS
Zero:     an empty list of referrals      Unknown work: a 404
Traps:    published_on is often blank; one page comes under many URLs, which all count; what was
          selected by hand is ``articlecoveragecurated``
Docs:     https://github.com/lagotto/lagotto      Read: 2026-11-26
"""

from typing import Any

from chalicelib.archive import ArchiveSource, url_setting
from chalicelib.model import Event, Work
from chalicelib.reading import mapping, sequence, text, time


class ArticleCoverage(ArchiveSource):
    name = "articlecoverage"
    title = "Article Coverage"
    group = "other"
    description = "Media coverage of PLOS articles, for PLOS itself."
    prefixes = ("10.1371/",)
    calls_per_hour = 3600
    on_by_default = False
    absent = (404,)
    metric = "comments"
    settings = (url_setting(None),)

    def events_of(self, data: Any, work: Work) -> list[Event]:
        return [_event(mapping(referral)) for referral in sequence(mapping(data)["referrals"])]


def _event(referral: dict[str, Any]) -> Event:
    return Event(
        event=referral,
        url=text(referral["referral"]),
        time=time(text(referral.get("published_on"))),
        always=("event_time",),
    )
