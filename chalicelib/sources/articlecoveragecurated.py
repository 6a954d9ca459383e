"""Article Coverage Curated: media coverage of PLOS articles that editors of PLOS selected.

Counts:   web pages that write about the work (total, comments), by day and month as far as dated
Needs:    DOI with the prefix of PLOS; a URL
Asks:     GET, JSON, one work a call
Limits:   none published; we use 3600 an hour
Auth:     none            Licence: none stated; it is for PLOS
Zero:     an empty list of referrals      Unknown work: a 404
Traps:    published_on, publication and language are often blank; one page comes under many URLs,
          which all count
Docs:     https://github.com/lagotto/lagotto      Read: 2026-11-26
"""

from typing import Any

from chalicelib import csl
from chalicelib.archive import ArchiveSource, url_setting
from chalicelib.model import Event, Work
from chalicelib.reading import mapping, sequence, text, time

#: What PLOS calls a page → its type in CSL; others have none.
TYPES = {
    "Blog": "post",
    "News": "article-newspaper",
    "Podcast/Video": "broadcast",
    "Lab website/homepage": "webpage",
    "University page": "webpage",
}


class ArticleCoverageCurated(ArchiveSource):
    name = "articlecoveragecurated"
    title = "Article Coverage Curated"
    group = "other"
    description = "Media coverage of PLOS articles that was selected by hand, for PLOS itself."
    prefixes = ("10.1371/",)
    calls_per_hour = 3600
    on_by_default = False
    absent = (404,)
    metric = "comments"
    settings = (url_setting(None),)

    def events_of(self, data: Any, work: Work) -> list[Event]:
        return [_event(mapping(referral)) for referral in sequence(mapping(data)["referrals"])]


def _event(referral: dict[str, Any]) -> Event:
    url = text(referral["referral"])
    published = text(referral.get("published_on"))
    return Event(
        event=referral,
        url=url,
        time=time(published),
        always=("event_time",),
        csl=csl.csl(
            title=text(referral.get("title")),
            container_title=text(referral.get("publication")),
            issued=csl.date_parts(published),
            url=url,
            type=TYPES.get(text(referral.get("type")) or ""),
        ),
    )
