"""Postgenomic: posts on science blogs that cite the work. The service is gone.

Lagotto had retired it before 3.9. It is kept for replaying saved answers and for whoever
offers the same answers elsewhere: the address is a setting. The answers are those that
Lagotto 2 read.

Counts:   posts (total, citations)
Needs:    DOI
Asks:     GET, JSON, one work a call
Limits:   none published; we use 1000 an hour
Auth:     none            Licence: none stated; we keep what was sent, a summary of the post
Zero:     an empty list   Unknown work: the same
Traps:    each post lists in citing all works that it cites; dates are as the blog's feed had
          them, and can be missing
Docs:     https://github.com/lagotto/lagotto      Read: 2026-11-26
"""

from typing import Any

from chalicelib.archive import ArchiveSource, url_setting
from chalicelib.model import Event, Work
from chalicelib.reading import mapping, sequence, text, time


class Postgenomic(ArchiveSource):
    name = "postgenomic"
    title = "Postgenomic"
    group = "discussed"
    description = "Posts that cite the work on the science blogs that Postgenomic collected."
    calls_per_hour = 1000
    on_by_default = False
    retired = "2012: Lagotto no longer asked it, and the service is gone"
    absent = ()
    page = "http://postgenomic.com/paper.php?doi={doi}"
    settings = (
        url_setting("http://www.postgenomic.com/api.php?type=post&format=json&citing_doi={doi}"),
    )

    def events_of(self, data: Any, work: Work) -> list[Event]:
        return [_event(mapping(post)) for post in sequence(data)]


def _event(post: dict[str, Any]) -> Event:
    return Event(event=post, url=text(post["url"]), time=time(text(post.get("pubdate"))))
