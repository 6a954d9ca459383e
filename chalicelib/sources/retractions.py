"""Crossref retractions: notices that retract the work, withdraw it or express concern.

Crossref's list holds the notices of publishers and those that Retraction Watch knows.

Counts:   notices of retraction (total); partial retractions, removals, withdrawals and
          expressions of concern are told beside them and not in the total
Needs:    DOI
Asks:     GET, JSON, the notices indexed in the days of the window; 1,000 a page, by cursor
Limits:   3 lists a second for callers who give their mail address
Auth:     none, mailto            Licence: facts, free to store and to show
Zero:     no notice points at the work      Unknown work: the same
Traps:    only the type of an entry of update-to says what the notice does, as one notice can
          correct another work as well; publisher and Retraction Watch can tell of the same
          notice, once each; a notice can be the work itself; a notice that no longer points at
          the work is not seen to go; a cursor lives about five minutes
Docs:     https://www.crossref.org/documentation/retrieve-metadata/retraction-watch/
Read: 2026-11-26
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.apis import crossref
from chalicelib.feed import Entry, Feed, Page, Window
from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import doi, mapping, sequence, text
from chalicelib.source import Client

TYPES = ("retraction", "partial_retraction", "removal", "withdrawal", "expression_of_concern")

#: What a notice is kept as: doi, type, sources, date and title.
Notice = dict[str, Any]


class Retractions(Feed):
    name = "retractions"
    title = "Crossref retractions"
    group = "other"
    description = "Notices of retraction, withdrawal or concern about the work, by Crossref."
    calls_per_hour = 3600
    timeout_seconds = 60
    absent = ()
    page = "https://crossmark.crossref.org/dialog/?doi={doi}"
    remembers = True
    interval_seconds = 2 * 86_400
    # All of it each time, some sixty pages: works that were added meanwhile have their notices.
    first_days = overlap_days = 3650

    def read(self, client: Client, window: Window, place: str) -> Page:
        """One page; ``place`` is the cursor."""
        days = f"from-index-date:{window.start},until-index-date:{window.end}"
        params = {
            "filter": f"{','.join(f'update-type:{kind}' for kind in TYPES)},{days}",
            "select": "DOI,update-to,issued,title",
        }
        return crossref.read_works(client, params, place, _entries)

    def merge(self, kept: list[Any] | dict[str, Any], result: Result, work: Work) -> Result:
        """All notices so far; what is told again of one takes the place of what was kept."""
        told = mapping(result.events)["notices"]
        again = {notice["doi"] for notice in told}
        before = kept.get("notices", []) if isinstance(kept, dict) else []
        notices = [*(notice for notice in before if notice["doi"] not in again), *told]
        notices.sort(key=lambda notice: (notice["date"] or "", notice["doi"]))
        return dataclasses.replace(_result(notices), events_url=self.events_url(work))

    def nothing(self, work: Work) -> Result:
        """The Result of a work without notices."""
        return _result([])


def _entries(value: Any) -> list[Entry]:
    """One entry for each work that the notice is about."""
    item = mapping(value)
    notice = doi(item["DOI"])
    if not notice:
        raise ValueError("a notice has no DOI")
    title = next(filter(None, map(text, sequence(item.get("title") or []))), None)
    found: dict[str, dict[str, Notice]] = {}
    for update in map(mapping, sequence(item["update-to"])):
        kind, target = text(update["type"]), doi(update["DOI"])
        if kind not in TYPES or not target:
            continue
        date = _date(update.get("updated")) or _date(item.get("issued"))
        fresh: Notice = {"doi": notice, "type": kind, "sources": [], "date": date, "title": title}
        known = found.setdefault(target, {}).setdefault(kind, fresh)
        source = text(update.get("source"))
        if source and source not in known["sources"]:
            known["sources"].append(source)
    return [
        Entry(identifiers={"doi": target}, result=_result(list(by_kind.values())))
        for target, by_kind in found.items()
    ]


def _result(notices: Sequence[Notice]) -> Result:
    """The counts by type, and the notices."""
    dois: Mapping[str, set[str]] = {kind: set() for kind in TYPES}
    for notice in notices:
        dois[notice["type"]].add(notice["doi"])
    counts = {kind: len(found) for kind, found in dois.items()}
    events = {**counts, "notices": [*notices]} if notices else ()
    return Result(metrics=Metrics.of(total=counts["retraction"]), events=events)


def _date(value: Any) -> str | None:
    parts = crossref.date_parts(value)
    return crossref.date(parts) if parts else None
