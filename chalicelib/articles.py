"""The answer to a query for articles: from the query to Lagotto's JSON.

Which works are meant is ``selection``'s business, how they look is ``lagotto``'s. A default
answer for a page of given works takes two reads: the works, and when their shelves were
asked; the installed sources are kept for a minute.
"""

import dataclasses
import datetime as dt
import functools
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from chalicelib import history, lagotto, lagotto_v3, selection, settings
from chalicelib.lagotto import ArticleView, SourceEntry
from chalicelib.model import Period
from chalicelib.query import Query, QueryV3
from chalicelib.store import events, numbers, shelves, sources, works
from chalicelib.store.events import Kept
from chalicelib.store.sources import SourceRow
from chalicelib.store.works import StoredWork


def page(query: Query, *, sees_private: bool, every_source: bool = False) -> dict[str, Any]:
    """The page of articles that a caller's query means, as API v5 shows it.

    ``every_source``: entries of all sources are shown, whichever the query selects by.
    """
    rows = sources.shown()
    names = [row.name for row in rows]
    query = dataclasses.replace(query, source=_folded(query.source), order=_folded(query.order))
    selected = selection.select(query, names, settings.load().uid_kind)
    visible = set(names) if every_source else _visible(rows, query.source, sees_private)
    shown = () if query.info == "summary" else visible
    return lagotto.articles(
        read(selected, rows, shown=shown, with_events=query.info == "detail"),
        total=selected.total,
        page=query.page,
        per_page=query.per_page,
        info=query.info,
        visible=visible,
        cited_by=lagotto.cited_source(names),
    )


def view(stored: StoredWork, info: str) -> ArticleView:
    """One work with an entry for each source."""
    rows = sources.shown()
    key = stored.work.key
    shown = () if info == "summary" else {row.name for row in rows}
    selected = selection.Selected(1, [key], {key: stored})
    (found,) = read(selected, rows, shown=shown, with_events=info == "detail")
    return found


def page_v3(query: QueryV3, *, sees_private: bool) -> list[dict[str, Any]]:
    """The articles that a query of API v3 means, the one changed last first.

    A work has an entry for each source, so it is left out only where no source is shown.
    """
    rows = sources.shown()
    names = [row.name for row in rows]
    visible = {row.name for row in rows if sees_private or not row.private}
    if query.sources is not None:
        visible &= query.sources
    if not visible or not query.ids:
        return []
    keys = selection.named(Query(ids=query.ids, kind=query.kind), settings.load().uid_kind)
    selected = selection.oldest(keys) if query.only_first else selection.Selected(len(keys), keys)
    with_events = query.info in lagotto_v3.WITH_EVENTS
    shown = visible if with_events or query.info in lagotto_v3.WITH_HISTORY else ()
    views = read(selected, rows, shown=shown, with_events=with_events)
    views.sort(key=lambda view: view.updated_at, reverse=True)
    return lagotto_v3.articles(
        views, info=query.info, visible=visible, cited_by=lagotto.cited_source(names)
    )


def _folded(name: str | None) -> str | None:
    return name.lower() if name else name


def read(
    selected: selection.Selected,
    rows: Sequence[SourceRow],
    *,
    shown: Collection[str],
    with_events: bool = False,
) -> list[ArticleView]:
    """The selected works in order, with an entry for each of the sources ``rows``.

    Entries of sources that are not ``shown`` have counts and time only. A work that was
    deleted meanwhile is left out.
    """
    missing = [key for key in selected.keys if key not in selected.found]
    found = dict(selected.found) | (works.find(missing) if missing else {})
    page_works = [found[key] for key in dict.fromkeys(selected.keys) if key in found]
    asked = shelves.asked({stored.shelf for stored in page_works})
    kept = _events(page_works, shown) if with_events else {}
    return [_view(stored, asked.get(stored.shelf, {}), rows, shown, kept) for stored in page_works]


def _visible(rows: Sequence[SourceRow], source: str | None, sees_private: bool) -> set[str]:
    names = {row.name for row in rows if sees_private or not row.private}
    return names if source is None else names & {source}


def _events(
    page_works: Sequence[StoredWork], shown: Collection[str]
) -> dict[tuple[str, str], Kept]:
    """The events of those (work, source) pairs that are shown and have a count."""
    return events.find(
        (stored.work.key, name)
        for stored in page_works
        for name, text in stored.numbers.items()
        if name in shown and numbers.total(text)
    )


def _view(
    stored: StoredWork,
    asked: Mapping[str, int],
    rows: Sequence[SourceRow],
    shown: Collection[str],
    kept: Mapping[tuple[str, str], Kept],
) -> ArticleView:
    created = stored.created_at.timestamp()
    with_shelf = {name: seconds for name, seconds in asked.items() if seconds >= created}
    entries = [
        _entry(row, stored, with_shelf.get(row.name, 0), kept if row.name in shown else None)
        for row in rows
    ]
    latest = max((entry.updated_at for entry in entries), default=stored.updated_at)
    return ArticleView(work=stored.work, updated_at=max(stored.updated_at, latest), entries=entries)


def _entry(
    row: SourceRow,
    stored: StoredWork,
    shelf_asked: int,
    kept: Mapping[tuple[str, str], Kept] | None,
) -> SourceEntry:
    """What a source says about a work. ``kept`` None: only counts and time are wanted.

    The work was last asked about when its number changed, or with its shelf after that.
    """
    text = stored.numbers.get(row.name)
    if text is None:
        return SourceEntry(row.name, row.title, row.group, stored.created_at)
    asked, counts, events_url, months, days = numbers.show(text)
    asked_at = _moment(asked if asked > shelf_asked else shelf_asked)
    name, title, group = row.name, row.title, row.group
    if kept is None:
        return SourceEntry(name, title, group, asked_at, events_url, counts)
    by_day: Sequence[Period] = ()
    by_month: Sequence[Period] = ()
    months_json = None
    if days:
        published = stored.work.issued.first_day()
        by_day = history.days_of(days, asked_at.date(), published)
    if months:
        if row.usage:
            by_month = history.months_of(months, asked_at)
        else:
            months_json = history.months_json(months, asked_at.year * 100 + asked_at.month)
    events = kept.get((stored.work.key, name)) if kept else None
    return SourceEntry(
        name,
        title,
        group,
        asked_at,
        events_url,
        counts,
        by_day,
        by_month,
        row.usage,
        events.events if events else None,
        months_json,
    )


@functools.lru_cache(maxsize=4096)
def _moment(seconds: int) -> dt.datetime:
    """A time; many numbers of a page share theirs."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
