"""Connotea: bookmarks of the work in the libraries of its users. The service is closed.

Lagotto had retired it before 3.9. It is kept for replaying saved answers and for whoever
offers the same answers elsewhere: the address is a setting. The answers are those that
Lagotto 2 read.

Counts:   bookmarks of the DOI's link at dx.doi.org (total, readers)
Needs:    DOI
Asks:     GET, RDF/XML, one work a call
Limits:   none published; we use 1000 an hour
Auth:     user and password of an account      Licence: none stated; bookmarks were public
Zero:     RDF without a Post      Unknown work: the same
Traps:    bookmarks of the landing page are others; one bookmark alone is no list; errors
          come as a Response inside the RDF
Docs:     https://mashupguide.net/1.0/html/ch14s04.xhtml      Read: 2026-11-26
"""

import dataclasses
from typing import Any
from urllib.parse import quote

from chalicelib.archive import ArchiveSource, as_list
from chalicelib.model import Event, Result, Work
from chalicelib.reading import mapping, text, time
from chalicelib.source import Client, Setting


class Connotea(ArchiveSource):
    name = "connotea"
    title = "Connotea"
    group = "saved"
    description = "Bookmarks of the work in the public libraries of Connotea."
    calls_per_hour = 1000
    on_by_default = False
    retired = "2013: Nature Publishing Group closed Connotea"
    absent = ()
    accept = "application/xml"
    metric = "readers"
    basic = ("username", "password")
    settings = (
        Setting(
            name="url",
            description="URL template of the service; {doi_url} is the DOI's link, {doi} the DOI",
            default="http://www.connotea.org/data/uri/{doi_url}",
        ),
        Setting(name="username", description="user of an account", secret=True, required=True),
        Setting(name="password", description="its password", secret=True, required=True),
    )

    def values(self, work: Work, client: Client) -> dict[str, str | None]:
        link = quote(f"http://dx.doi.org/{work.doi}", safe="/:")
        return {**super().values(work, client), "doi_url": link}

    def read(self, data: Any, work: Work) -> Result:
        """The bookmarks; all are of one address, which has a page of its own."""
        result = super().read(data, work)
        addresses = [event.url for event in result.events if isinstance(event, Event)]
        if not addresses:
            return result
        bookmark = (addresses[-1] or "").rpartition("/")[2]
        return dataclasses.replace(
            result, events_url=f"http://www.connotea.org/uri/{quote(bookmark, safe='')}"
        )

    def events_of(self, data: Any, work: Work) -> list[Event]:
        roots = [mapping(root) for root in as_list(data["RDF"])]
        if any("Response" in root for root in roots):
            raise ValueError("the service answered with an error")
        return [_event(mapping(post)) for root in roots for post in as_list(root.get("Post"))]


def _event(post: dict[str, Any]) -> Event:
    address = text(post["about"])
    if address is None:
        raise ValueError("a Post has no address")
    return Event(event=address, url=address, time=time(post.get("created")))
