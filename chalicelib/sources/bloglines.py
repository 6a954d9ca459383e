"""Bloglines: blog posts that its search found for the title of the work. The search is gone.

Lagotto had retired it before 3.9. It is kept for replaying saved answers and for whoever
offers the same answers elsewhere: the address is a setting. The answers are those that
Lagotto 2 read.

Counts:   posts (total, citations), as many as the search sends at once
Needs:    DOI; what is asked for is the title
Asks:     GET, XML, one work a call
Limits:   none published; we use 1000 an hour
Auth:     user and key, in the address      Licence: none stated; excerpts belong to authors
Zero:     a resultset without result      Unknown work: the same
Traps:    titles and abstracts hold elements that mark what was found; results that are
          no more than the DOI's own link are left out; the site's address is not the post's
Docs:     https://github.com/lagotto/lagotto      Read: 2026-11-26
"""

import re
from collections.abc import Sequence
from typing import Any

from chalicelib.archive import ArchiveSource, escaped
from chalicelib.model import Event, Work
from chalicelib.reading import doi, time
from chalicelib.source import Answer, Client, Outcomes, Setting, read_each

TAG = re.compile(r"<[^<>]*>")
#: What Lagotto kept of a result, by their names in its events.
FIELDS = {
    "site_name": "site/name",
    "site_url": "site/url",
    "site_feedurl": "site/feedurl",
    "title": "title",
    "author": "author",
    "abstract": "abstract",
    "url": "url",
}


class Bloglines(ArchiveSource):
    name = "bloglines"
    title = "Bloglines"
    group = "discussed"
    description = "Blog posts that the search of Bloglines found for the title of the work."
    calls_per_hour = 1000
    on_by_default = False
    retired = "2010: Bloglines gave up its search"
    absent = ()
    accept = "application/xml"
    settings = (
        Setting(
            name="url",
            description="URL template of the search, with {title}, {username} and {password}",
            default="http://www.bloglines.com/search"
            "?format=publicapi&apiuser={username}&apikey={password}&q={title}",
        ),
        Setting(name="username", description="user of the API", secret=True, required=True),
        Setting(name="password", description="key of the API", secret=True, required=True),
    )

    def values(self, work: Work, client: Client) -> dict[str, str | None]:
        account = {name: client.settings.get(name) for name in ("username", "password")}
        return {
            **super().values(work, client),
            **{name: escaped(value) if value else None for name, value in account.items()},
            "title": escaped(TAG.sub("", work.title)),
        }

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        # Not as a mapping: there, the marked words of titles and abstracts would be lost.
        return read_each(answer, works, lambda work: self.read(answer.xml(), work))

    def events_of(self, data: Any, work: Work) -> list[Event]:
        sets = data.findall("resultset")
        if data.tag != "publicapi" or not sets:
            raise ValueError("no publicapi with a resultset")
        events = [_event(result) for found in sets for result in found.findall("result")]
        return [event for event in events if doi(event.url) != work.doi_folded]


def _event(result: Any) -> Event:
    found = {name: _said(result.find(path)) for name, path in FIELDS.items()}
    if not found["url"]:
        raise ValueError("a result has no url")
    return Event(
        event={name: value for name, value in found.items() if value},
        url=found["url"],
        time=time(result.get("date")),
    )


def _said(element: Any) -> str:
    """The whole text in an element, on one line; "" without one."""
    return "" if element is None else " ".join("".join(element.itertext()).split())
