"""BMC (Fulltext): articles of BioMed Central whose text has the DOI. The service is gone.

It is kept for numbers of its time, for replaying saved answers, and for whoever offers the
same answers elsewhere: the address is a setting.

Counts:   articles that mention the work (total, citations)
Needs:    DOI of the agency DataCite, not of BioMed Central
Asks:     GET, JSON, one work a call
Limits:   none published; we use 3600 an hour
Auth:     none            Licence: CC BY
Zero:     an empty list of entries      Unknown work: the same
Traps:    fields hold pieces of HTML, titles with elements that HTML has not (<it>); the name
          of the title's field is misspelt; doi can be empty, then arxId tells it
Docs:     https://www.biomedcentral.com/ Read: 2026-11-26
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from chalicelib import csl
from chalicelib.archive import ArchiveSource, escaped
from chalicelib.model import Event, Work
from chalicelib.reading import mapping, sequence, text, time
from chalicelib.source import Client, Setting

TAG = re.compile(r"<[^<>]*>")
BETWEEN_NAMES = re.compile(r",|\band\b|\bet al\.")
KEPT = ("arxId", "doi", "type", "articleFullUrl", "published Date")


class BmcFulltext(ArchiveSource):
    name = "bmc_fulltext"
    title = "BMC (Fulltext)"
    group = "relations"
    description = "Articles of BioMed Central that mention the DOI of the work in their text."
    calls_per_hour = 3600
    agencies = ("datacite",)
    on_by_default = False
    retired = "2016: the search of biomedcentral.com no longer answers in JSON"
    absent = ()
    page = "http://www.biomedcentral.com/search/results?terms={doi}"
    settings = (
        Setting(
            name="url",
            description="URL template of the search; {query_string} stands for the DOI",
            default="http://www.biomedcentral.com/search/results?terms={query_string}&format=json",
        ),
    )

    def applies(self, work: Work) -> bool:
        """Whether the work has what the source needs; works of BMC itself are left out."""
        return super().applies(work) and not work.doi_folded.startswith("10.1186/")

    def values(self, work: Work, client: Client) -> dict[str, str | None]:
        return {**super().values(work, client), "query_string": escaped(work.doi or "")}

    def events_of(self, data: Any, work: Work) -> list[Event]:
        return [_event(mapping(entry)) for entry in sequence(mapping(data)["entries"])]


def _event(entry: Mapping[str, Any]) -> Event:
    number = text(entry["arxId"])
    if number is None:
        raise ValueError("an article has no arxId")
    url = f"http://doi.org/10.1186/{quote(number)}"
    published = text(entry.get("published Date"))
    names = BETWEEN_NAMES.split(_inside("span", entry.get("authorNames")))
    return Event(
        event={name: entry[name] for name in KEPT if entry.get(name) is not None},
        url=url,
        time=time(published),
        csl=csl.csl(
            author=csl.authors(names, " "),
            title=_inside("p", entry.get("bibliograhyTitle")),
            container_title=_inside("em", entry.get("longCitation")),
            issued=csl.date_parts(published),
            url=url,
            type="article-journal",
        ),
    )


def _inside(tag: str, html: Any) -> str:
    """The text of the first element with this tag in a piece of HTML, "" without one."""
    from html import unescape

    start = (text(html) or "").partition(f"<{tag}")[2].partition(">")[2]
    return " ".join(unescape(TAG.sub("", start.partition(f"</{tag}>")[0])).split())
