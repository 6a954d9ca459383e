"""ScienceSeeker: posts on science blogs that cite the work. Its search is gone.

It is kept for replaying saved answers and for whoever offers the same answers elsewhere:
the address is a setting.

Counts:   posts (total, citations)
Needs:    DOI
Asks:     GET, Atom, one work a call
Limits:   none published; Lagotto asked 1000 times an hour
Auth:     none            Licence: that of each post
Zero:     a feed without entry, or an empty subjectseeker      Unknown work: the same
Traps:    one entry alone is no list; an entry can have several links, of which the alternate
          is the post; blogs have titles of their own in source
Docs:     https://github.com/lagotto/lagotto      Read: 2026-11-26
"""

from collections.abc import Mapping
from typing import Any

from chalicelib import csl
from chalicelib.archive import ArchiveSource, as_list, url_setting
from chalicelib.model import Event, Work
from chalicelib.reading import mapping, text, time


class ScienceSeeker(ArchiveSource):
    name = "scienceseeker"
    title = "ScienceSeeker"
    group = "discussed"
    description = "Posts on science blogs that cite the work, as ScienceSeeker collected them."
    calls_per_hour = 1000
    on_by_default = False
    retired = "2017: ScienceSeeker no longer has a search by DOI"
    accept = "application/xml"
    page = "http://scienceseeker.org/posts/?filter0=citation&modifier0=doi&value0={doi}"
    settings = (
        url_setting(
            "http://scienceseeker.org/search/default/"
            "?type=post&filter0=citation&modifier0=doi&value0={doi}"
        ),
    )

    def events_of(self, data: Any, work: Work) -> list[Event]:
        if "subjectseeker" in data and not as_list(data["subjectseeker"]):
            return []
        entries = [entry for feed in as_list(data["feed"]) for entry in as_list(feed.get("entry"))]
        return [_event(mapping(entry)) for entry in entries]


def _event(entry: dict[str, Any]) -> Event:
    url = _link([mapping(link) for link in as_list(entry["link"])])
    updated = text(entry.get("updated"))
    authors = [mapping(author) for author in as_list(entry.get("author"))]
    blog = mapping(entry.get("source") or {})
    return Event(
        event=entry,
        url=url,
        time=time(updated),
        csl=csl.csl(
            author=csl.author(text(authors[0].get("name")) if authors else None),
            title=text(entry.get("title")),
            container_title=text(blog.get("title")),
            issued=csl.date_parts(time(updated)),
            url=url,
            type="post",
        ),
    )


def _link(links: list[Mapping[str, Any]]) -> str | None:
    """The address of the post among the links of an entry."""
    alternates = [link for link in links if link.get("rel", "alternate") == "alternate"]
    return text((alternates or links)[0]["href"])
