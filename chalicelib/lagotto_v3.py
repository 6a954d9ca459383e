"""Lagotto's JSON, version 3: names, key order and nulls (api.md 4 and 5). Pure.

What an article and an entry are, and what has no version, is in ``lagotto``. v3 calls the
sums views, shares, bookmarks and citations, and shows all eight numbers of a source.
"""

from collections.abc import Collection, Iterable

from chalicelib.lagotto import (
    SOURCE_NOT_FOUND,
    ArticleView,
    Json,
    SourceEntry,
    by_date,
    shown_events,
    signposts,
    timestamp,
)
from chalicelib.model import Counted

ARTICLE_NOT_FOUND = "Article not found."

#: The values of ``info`` that show the events of a source, and its numbers by date.
WITH_EVENTS = frozenset(("event", "detail"))
WITH_HISTORY = frozenset(("history", "detail"))

_NO_METRICS: Json = dict.fromkeys(
    ("pdf", "html", "shares", "groups", "comments", "likes", "citations")
) | {"total": 0}


def articles(
    views: Iterable[ArticleView], *, info: str, visible: Collection[str], cited_by: str
) -> list[Json]:
    """The articles, without an envelope; the parameters are those of ``article``."""
    return [article(view, info=info, visible=visible, cited_by=cited_by) for view in views]


def article(view: ArticleView, *, info: str, visible: Collection[str], cited_by: str) -> Json:
    """One article with the entries of the sources ``visible``; the sums count all sources.

    ``info`` is default, summary, event, history or detail; ``cited_by`` is the source that
    the sum of citations counts.
    """
    work = view.work
    sums = signposts(view.entries, cited_by)
    rendered: Json = {
        "doi": work.doi,
        "title": work.title,
        "url": work.canonical_url,
        "mendeley": work.mendeley_uuid,
        "pmid": work.pmid,
        "pmcid": work.pmcid,
        "publication_date": f"{work.issued.first_day().isoformat()}T00:00:00Z",
        "update_date": timestamp(view.updated_at),
        "views": sums["viewed"],
        "shares": sums["discussed"],
        "bookmarks": sums["saved"],
        "citations": sums["cited"],
    }
    if info != "summary":
        rendered["sources"] = [
            source_entry(entry, info) for entry in view.entries if entry.name in visible
        ]
    return rendered


def source_entry(entry: SourceEntry, info: str) -> Json:
    """One source of one article (api.md 4.2)."""
    rendered: Json = {
        "name": entry.name,
        "display_name": entry.title,
        "events_url": entry.events_url,
        "metrics": metrics(entry.metrics),
        "update_date": timestamp(entry.updated_at),
    }
    if info in WITH_EVENTS:
        rendered["events"] = shown_events(entry)
    if info in WITH_HISTORY:
        rendered["by_day"], rendered["by_month"], rendered["by_year"] = by_date(entry)
    return rendered


def metrics(counts: Counted | None) -> Json:
    """The eight numbers of v3: null is "no such number", and the total alone is never null."""
    if counts is None:
        return dict(_NO_METRICS)
    return {
        "pdf": counts.pdf,
        "html": counts.html,
        "shares": counts.readers,
        "groups": counts.groups,
        "comments": counts.comments,
        "likes": counts.likes,
        "citations": counts.citations,
        "total": counts.total,
    }


def not_found(source: str | None) -> str:
    """The error of a query that means no article; ``source`` is the parameter (api.md 1.9)."""
    return SOURCE_NOT_FOUND if source and source.strip() else ARTICLE_NOT_FOUND
