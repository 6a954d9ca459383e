"""OpenEdition: posts on the academic blogs of Hypotheses that mention the DOI.

Nobody could tell whether the feed of its search still answers. The source is kept for
replaying saved answers and for whoever offers the same answers elsewhere: the address is
a setting.

Counts:   posts (total, citations)
Needs:    DOI
Asks:     GET, RSS 1.0 (RDF), one work a call
Limits:   none published; Lagotto asked 1000 times an hour
Auth:     none            Licence: none stated; we keep title, creator and excerpt
Zero:     a channel without item      Unknown work: the same
Traps:    one item alone is no list; days without a time of day; the channel tells its items,
          too, which are not counted twice
Docs:     https://github.com/lagotto/lagotto      Read: 2026-11-26
"""

from typing import Any

from chalicelib.archive import ArchiveSource, as_list, url_setting
from chalicelib.model import Event, Work
from chalicelib.reading import mapping, text, time


class OpenEdition(ArchiveSource):
    name = "openedition"
    title = "OpenEdition"
    group = "discussed"
    description = "Posts on the academic blogs of Hypotheses that mention the DOI of the work."
    calls_per_hour = 1000
    on_by_default = False
    retired = "2026: the search feed of OpenEdition could not be confirmed"
    accept = "application/xml"
    page = (
        "http://search.openedition.org/index.php?op[]=AND&q[]={doi}&field[]=All&pf=Hypotheses.org"
    )
    settings = (
        url_setting(
            "http://search.openedition.org/feed.php"
            "?op[]=AND&q[]={doi}&field[]=All&pf=Hypotheses.org"
        ),
    )

    def events_of(self, data: Any, work: Work) -> list[Event]:
        items = [item for root in as_list(data["RDF"]) for item in as_list(root.get("item"))]
        return [_event(mapping(item)) for item in items]


def _event(item: dict[str, Any]) -> Event:
    return Event(event=item, url=text(item["link"]), time=time(item.get("date")))
