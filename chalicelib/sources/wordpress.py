"""Wordpress.com: blog posts that mention the DOI, by the search over all its blogs.

WordPress.com no longer documents a search over all blogs. The source is kept for replaying
saved answers and for whoever offers the same answers elsewhere: the address is a setting.

Counts:   posts (total, citations), 20 at most
Needs:    DOI
Asks:     GET, JSON, one work a call; the DOI in quotes
Limits:   none published; Lagotto asked 2500 times an hour
Auth:     none            Licence: none stated; texts of posts belong to their authors
Zero:     the bare word null, or an empty list      Unknown work: the same
Traps:    the time is a text of epoch seconds; the same post can come under several addresses;
          titles are escaped as HTML
Docs:     https://github.com/lagotto/lagotto      Read: 2026-11-26
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib import csl
from chalicelib.archive import ArchiveSource, url_setting
from chalicelib.model import Event, Work
from chalicelib.reading import count, mapping, sequence, text, time
from chalicelib.source import Answer, Outcomes


class Wordpress(ArchiveSource):
    name = "wordpress"
    title = "Wordpress.com"
    group = "discussed"
    description = "Posts on the blogs of WordPress.com that mention the DOI of the work."
    calls_per_hour = 2500
    on_by_default = False
    retired = "2026: a search over all blogs of WordPress.com is no longer documented"
    blank_is_none = True
    page = 'http://en.search.wordpress.com/?q="{doi}"&t=post'
    settings = (url_setting('http://en.search.wordpress.com/?q="{doi}"&t=post&f=json&size=20'),)

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        if not answer.absent and not answer.body.strip():
            raise ValueError("the body is blank; nothing found would be null")
        return super().parse(answer, works)

    def events_of(self, data: Any, work: Work) -> list[Event]:
        return [_event(mapping(post)) for post in sequence(data)]


def _event(post: Mapping[str, Any]) -> Event:
    seconds = post.get("epoch_time")
    moment = None if seconds in (None, "") else time(count(seconds))
    link = text(post["link"])
    return Event(
        event=post,
        url=link,
        time=moment,
        csl=csl.csl(
            author=csl.author(text(post.get("author"))),
            title=text(post.get("title")),
            issued=csl.date_parts(moment),
            url=link,
            type="post",
        ),
    )
