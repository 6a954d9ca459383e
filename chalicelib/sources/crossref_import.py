"""CrossRef (Import): works whose Crossref metadata were deposited or updated, to be added.

Counts:   nothing; each entry is a work with DOI, title, date and publisher
Needs:    DOI, of which the work is to be known
Asks:     GET, JSON, the works updated in the days of the window; 1,000 a page, by cursor
Limits:   3 lists a second for callers who give their mail address
Auth:     none, mailto            Licence: facts, free to store and to show
Zero:     total-results 0      Unknown work: not in the list
Traps:    a cursor lives about five minutes; a page that is not full is the last; the date can
          lack its year, lie in the future or be shorter than a day; the title can come second;
          articles and books without a title are no works, other types take that of their
          container; members make the URL longer, some 200 of them too long
Docs:     https://www.crossref.org/documentation/retrieve-metadata/rest-api/ Read: 2026-11-26
"""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from chalicelib.apis import crossref
from chalicelib.errors import Rejected
from chalicelib.feed import Entry, Importer, Page, Window
from chalicelib.reading import doi, mapping, sequence, text
from chalicelib.source import Client, Setting

#: Types that must have a title of their own.
TITLED = frozenset(
    (
        *("journal-article", "proceedings-article", "dissertation", "standard", "report"),
        *("book", "monograph", "edited-book", "reference-book", "dataset"),
    )
)


class CrossrefImport(Importer):
    name = "crossref_import"
    title = "CrossRef (Import)"
    group = "works"
    description = "New and updated works with a Crossref DOI, which it adds."
    calls_per_hour = 3600
    timeout_seconds = 60
    on_by_default = False
    absent = ()
    settings = (
        Setting(
            name="members",
            description="Crossref member numbers whose works are added, such as 340,98; empty: all",
        ),
        Setting(
            name="only_publishers",
            description="true adds works of these members only: those in members, and the "
            "publishers for which this setting is given",
            default="false",
            choices=("true", "false"),
            per_publisher=True,
        ),
        Setting(
            name="sample",
            description="So many of the works, up to 100, are drawn and added; empty: all",
        ),
    )

    def read(self, client: Client, window: Window, place: str) -> Page:
        """One page; ``place`` is the cursor."""
        sample = client.settings.get("sample", "").strip().lstrip("0")
        params = {
            "filter": ",".join([*_days(window), *(f"member:{id}" for id in _members(client))]),
            "select": "DOI,title,container-title,issued,indexed,member,type",
            **({"sample": sample} if sample else {}),
        }
        return crossref.read_works(client, params, place, _entry)


def _days(window: Window) -> list[str]:
    return [f"from-update-date:{window.start}", f"until-update-date:{window.end}"]


def _members(client: Client) -> list[str]:
    """The members whose works are wanted; none are all. Errors: Rejected."""
    wanted = re.findall(r"[0-9]+", client.settings.get("members", ""))
    for publisher_id in client.publisher_ids():
        if client.publisher_settings(publisher_id).get("only_publishers") == "true":
            wanted.append(str(publisher_id))
    if not wanted and client.settings.get("only_publishers") == "true":
        raise Rejected("only_publishers is true, but there are no publishers: set members=…")
    return list(dict.fromkeys(wanted))


def _entry(value: Any) -> Entry:
    item = mapping(value)
    work: dict[str, Any] = {
        "doi": doi(item["DOI"]),
        "title": _title(item),
        "issued": _issued(item),
        "publisher_id": _publisher_id(item.get("member")),
    }
    if not work["doi"] or not work["title"]:
        raise ValueError("a work has no DOI" if work["title"] else "a work has no title")
    return Entry(identifiers={"doi": work["doi"]}, work=work)


def _title(item: Mapping[str, Any]) -> str | None:
    """The first title that is not blank; that of the container for types that need no own."""
    titles = [text(title) for title in sequence(item.get("title") or [])]
    containers = [text(title) for title in sequence(item.get("container-title") or [])]
    if own := next(filter(None, titles), None):
        return own
    if item.get("type") in TITLED:
        return None
    return next(filter(None, containers), None) or "No title"


def _issued(item: Mapping[str, Any]) -> str:
    """``2012-03-06`` or as much of it as is known. Without a year, and where it is later than
    Crossref's indexing, it is the day of that."""
    issued = crossref.date_parts(item.get("issued"))
    indexed = crossref.date_parts(item["indexed"])
    if not issued or issued > indexed:
        issued = indexed
    dt.date(*[*issued, 1, 1][:3])  # raises on what is no date
    return crossref.date(issued)


def _publisher_id(member: Any) -> int | None:
    """The number of ``340`` and of ``http://id.crossref.org/member/340``."""
    match = re.search(r"([0-9]{1,9})$", text(member) or "")
    return int(match[1]) if match else None
