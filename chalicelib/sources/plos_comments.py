"""Journal Comments: what readers wrote under an article at PLOS.

Counts:   comments and replies (total); comments without replies (comments, by day and month)
Needs:    DOI with the prefix of PLOS; a URL
Asks:     GET, JSON, one work a call
Limits:   none published; we use 3600 an hour
Auth:     none            Licence: CC BY, as all that PLOS publishes
Zero:     an empty list      Unknown work: a 404 with a text, which is a failure here
Traps:    replies are counted by totalNumReplies, whatever is in replies; texts come in several
          spellings
Docs:     https://github.com/lagotto/lagotto      Read: 2026-11-26
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from chalicelib import csl
from chalicelib.archive import ArchiveSource, url_setting
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import count, mapping, sequence, text, time
from chalicelib.source import Client


class PlosComments(ArchiveSource):
    name = "plos_comments"
    title = "Journal Comments"
    group = "discussed"
    description = "Comments of readers under articles of PLOS, for PLOS itself."
    prefixes = ("10.1371/",)
    calls_per_hour = 3600
    on_by_default = False
    absent = ()
    metric = "comments"
    settings = (url_setting(None),)

    def values(self, work: Work, client: Client) -> dict[str, str | None]:
        # The slash stays as it is; only what would break the URL is escaped.
        return {**super().values(work, client), "doi": quote(work.doi or "", safe="/:;,()@")}

    def read(self, data: Any, work: Work) -> Result:
        comments = [mapping(comment) for comment in sequence(data)]
        replies = sum(count(comment["totalNumReplies"]) for comment in comments)
        return Result(
            metrics=Metrics.of(len(comments) + replies, comments=len(comments)),
            events=[_event(comment, work) for comment in comments],
        )


def _event(comment: Mapping[str, Any], work: Work) -> Event:
    created = text(comment["created"])
    return Event(
        event=comment,
        time=time(created),
        always=("event_url",),
        csl=csl.csl(
            author=csl.author(text(comment.get("creatorFormattedName"))),
            title=text(comment.get("title")),
            container_title="PLOS Comments",
            issued=csl.date_parts(created),
            url=csl.doi_link(work.doi),
            type="personal_communication",
        ),
    )
