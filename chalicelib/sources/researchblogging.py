"""Research Blogging: posts on blogs about peer-reviewed research that cite the work.

The service shows no sign of life. The source is kept for replaying saved answers and for
whoever offers the same answers elsewhere: the address is a setting.

Counts:   posts (total, citations), 100 at most
Needs:    DOI
Asks:     GET, XML, one work a call
Limits:   none published; Lagotto asked 2000 times an hour
Auth:     user and password of an agreement      Licence: none stated
Zero:     blogposts without a post      Unknown work: the same
Traps:    one post alone is no list; published_date is of the blog, received_date of the
          service, which can hold a post twice; titles are escaped as HTML once more
Docs:     https://github.com/lagotto/lagotto      Read: 2026-11-26
"""

from typing import Any

from chalicelib import csl
from chalicelib.archive import ArchiveSource, as_list, url_setting
from chalicelib.model import Event, Work
from chalicelib.reading import mapping, text, time
from chalicelib.source import Setting


class ResearchBlogging(ArchiveSource):
    name = "researchblogging"
    title = "Research Blogging"
    group = "discussed"
    description = "Posts that cite the work on blogs about peer-reviewed research."
    calls_per_hour = 2000
    on_by_default = False
    retired = "2026: Research Blogging shows no sign of life"
    accept = "application/xml"
    basic = ("username", "password")
    page = "http://researchblogging.org/post-search/list?article={doi}"
    settings = (
        url_setting("http://researchbloggingconnect.com/blogposts?count=100&article=doi:{doi}"),
        Setting(name="username", description="user of the service", secret=True, required=True),
        Setting(name="password", description="its password", secret=True, required=True),
    )

    def events_of(self, data: Any, work: Work) -> list[Event]:
        posts = [post for root in as_list(data["blogposts"]) for post in as_list(root.get("post"))]
        return [_event(mapping(post)) for post in posts]


def _event(post: dict[str, Any]) -> Event:
    url = text(post["post_URL"])
    published = text(post.get("published_date"))
    return Event(
        event=post,
        url=url,
        time=time(published),
        csl=csl.csl(
            author=csl.author(text(post.get("blogger_name"))),
            title=text(post.get("post_title")),
            container_title=text(post.get("blog_name")),
            issued=csl.date_parts(time(published)),
            url=url,
            type="post",
        ),
    )
