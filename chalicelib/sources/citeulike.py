"""CiteULike: public bookmarks of the work in the libraries of people and groups. It is closed.

It is kept for numbers of its time, for replaying saved answers, and for whoever offers the
same answers elsewhere: the address is a setting.

Counts:   bookmarks (total, readers)
Needs:    DOI
Asks:     GET, XML, one work a call
Limits:   none published; Lagotto asked 2000 times an hour
Auth:     none            Licence: none stated; bookmarks were public
Zero:     posts without a post, or nothing but white space      Unknown work: the same
Traps:    a bookmark of a group has group and group_id in place of username; one bookmark
          alone is no list
Docs:     https://github.com/lagotto/lagotto      Read: 2026-11-26
"""

from typing import Any

from chalicelib.archive import ArchiveSource, as_list, url_setting
from chalicelib.model import Event, Work
from chalicelib.reading import mapping, text, time


class CiteULike(ArchiveSource):
    name = "citeulike"
    title = "CiteULike"
    group = "saved"
    description = "Bookmarks of the work in the public libraries of CiteULike."
    calls_per_hour = 2000
    on_by_default = False
    retired = "2019: CiteULike closed"
    accept = "application/xml"
    metric = "readers"
    blank_is_none = True
    page = "http://www.citeulike.org/doi/{doi}"
    settings = (url_setting("http://www.citeulike.org/api/posts/for/doi/{doi}"),)

    def events_of(self, data: Any, work: Work) -> list[Event]:
        posts = [post for root in as_list(data["posts"]) for post in as_list(root.get("post"))]
        return [_event(mapping(post)) for post in posts]


def _event(post: dict[str, Any]) -> Event:
    return Event(event=post, url=text(post["link"]["url"]), time=time(post.get("post_time")))
