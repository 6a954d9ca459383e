"""Nature Blogs: posts on science blogs that link to the DOI. The service is gone.

It is kept for replaying saved answers and for whoever offers the same answers elsewhere:
the address is a setting.

Counts:   posts (total, citations)
Needs:    DOI
Asks:     GET, JSON, one work a call
Limits:   none published; Lagotto asked 5000 times an hour
Auth:     none            Licence: none stated; we keep what was sent, an excerpt of the post
Zero:     an empty list   Unknown work: the same
Traps:    addresses mostly lack their scheme; created_at is when Nature found the post,
          published_at can be days earlier
Docs:     https://github.com/lagotto/lagotto      Read: 2026-11-26
"""

from typing import Any

from chalicelib import csl
from chalicelib.archive import ArchiveSource, url_setting
from chalicelib.model import Event, Work
from chalicelib.reading import mapping, sequence, text, time


class Nature(ArchiveSource):
    name = "nature"
    title = "Nature Blogs"
    group = "discussed"
    description = "Posts that link to the work on the science blogs that Nature kept track of."
    calls_per_hour = 5000
    on_by_default = False
    retired = "2017: blogs.nature.com has no more than blogs of its own journals"
    settings = (url_setting("http://blogs.nature.com/posts.json?doi={doi}"),)

    def events_of(self, data: Any, work: Work) -> list[Event]:
        return [_event(mapping(mapping(item)["post"])) for item in sequence(data)]


def _event(post: dict[str, Any]) -> Event:
    address = text(post["url"])
    if address is None:
        raise ValueError("a post has no url")
    url = address if address.startswith(("http://", "https://")) else f"http://{address}"
    created = text(post.get("created_at"))
    blog = mapping(post.get("blog") or {})
    return Event(
        event=post,
        url=url,
        time=time(created),
        csl=csl.csl(
            title=text(post.get("title")),
            container_title=text(blog.get("title")),
            issued=csl.date_parts(time(created)),
            url=url,
            type="post",
        ),
    )
