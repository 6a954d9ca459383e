"""Lagotto's JSON, version 5: key order, nulls, envelopes and error bodies. Pure.

Takes what the story read from the store as small frozen values and gives plain dictionaries
and lists, which the edge encodes. What is asked for is ``query``'s business.
"""

import dataclasses
import datetime as dt
import functools
import itertools
import operator
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import orjson

from chalicelib.model import GROUPS, Counted, Period, Work

Json = dict[str, Any]
Info = Literal["default", "summary", "detail"]
Family = Literal["articles", "articles_v4", "sources", "status", "other"]
State = Literal["available", "retired", "inactive", "disabled", "waiting", "working"]

#: Signpost → the sources whose totals it sums (api.md 4.5); ``cited`` is chosen per answer.
SIGNPOSTS: Mapping[str, tuple[str, ...]] = {
    "viewed": ("pmc", "counter"),
    "saved": ("citeulike", "mendeley"),
    "discussed": ("facebook", "twitter", "twitter_search"),
}

WRONG_KEY = "Missing or wrong API key."
SOURCE_NOT_FOUND = "Source not found."

_SIGNPOST_OF = {source: post for post, sources in SIGNPOSTS.items() for source in sources}
_YEAR = operator.itemgetter("year")
_TOTAL = operator.itemgetter("total")
_NO_METRICS: Json = dict.fromkeys(("pdf", "html", "readers", "comments", "likes")) | {"total": 0}
_NO_PAGE: Json = {"total": 0, "total_pages": 0, "page": 0}
_NO_DATA: dict[str, Json] = {
    "articles": _NO_PAGE,
    "articles_v4": _NO_PAGE | {"success": None},
    "sources": {"total": 0},
    "status": {},
}


class SourceEntry(NamedTuple):
    """What one source says about one work. ``metrics`` None: it was never asked.

    ``by_day`` and ``by_month`` are shown as they are, in key order ``year, month[, day],
    total``; those of a ``usage`` source have html and pdf. ``months_json`` is by_month and
    by_year written as JSON, in place of ``by_month``. ``updated_at`` is aware.
    A tuple, because one answer has thousands of them.
    """

    name: str
    title: str
    group: str
    updated_at: dt.datetime
    events_url: str | None = None
    metrics: Counted | None = None
    by_day: Sequence[Period] = ()
    by_month: Sequence[Period] = ()
    usage: bool = False
    events: Sequence[Any] | Mapping[str, Any] | None = None
    months_json: tuple[str, str] | None = None

    @property
    def has_events(self) -> bool:
        """Whether there is anything to show but counts."""
        return self.metrics is not None and self.metrics.total > 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ArticleView:
    """A work with an entry for each installed source, private ones included, in order."""

    work: Work
    updated_at: dt.datetime
    entries: Sequence[SourceEntry] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ResponseCounts:
    """Calls to a provider since the start of the previous day (UTC)."""

    count: int = 0
    average_ms: int = 0
    maximum_ms: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class UpdateCounts:
    """Works by what their latest answer within some days was."""

    with_events: int = 0
    without_events: int = 0
    not_updated: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """A source and its counts at ``updated_at`` (api.md 7.2)."""

    name: str
    title: str
    group: str
    description: str | None
    updated_at: dt.datetime
    state: State
    jobs_working: int = 0
    jobs_pending: int = 0
    responses: ResponseCounts = ResponseCounts()
    error_count: int = 0
    article_count: int = 0
    event_count: int = 0
    refreshed_count: int = 0
    queued_count: int = 0
    stale_count: int = 0
    by_day: UpdateCounts = UpdateCounts()
    by_month: UpdateCounts = UpdateCounts()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """The counts of the whole installation at ``updated_at`` (api.md 7.5)."""

    version: str
    updated_at: dt.datetime
    articles_count: int = 0
    articles_last30_count: int = 0
    alerts_count: int = 0
    workers_count: int = 0
    delayed_jobs_active_count: int = 0
    responses_count: int = 0
    events_count: int = 0
    requests_count: int = 0
    users_count: int = 0
    sources_active_count: int = 0
    couchdb_size_bytes: int = 0


def articles(
    views: Iterable[ArticleView],
    *,
    total: int,
    page: int = 1,
    per_page: int = 50,
    info: str = "default",
    visible: Collection[str] | None = None,
    cited_by: str = "crossref",
) -> Json:
    """One page of articles in the envelope of api.md 1.8.

    ``total`` counts the articles of all pages. The other parameters are those of ``article``.
    """
    return {
        "total": total,
        "total_pages": -(-total // per_page),
        "page": page if total else 0,
        "error": None,
        "data": [article(view, info=info, visible=visible, cited_by=cited_by) for view in views],
    }


def article(
    view: ArticleView,
    *,
    info: str = "default",
    visible: Collection[str] | None = None,
    cited_by: str = "crossref",
) -> Json:
    """One article. The signposts count all sources, whatever is shown (api.md 3.3).

    ``visible`` names the sources whose entries are shown; None shows all. ``cited_by`` is the
    source of the signpost ``cited`` (``cited_source`` tells).
    """
    work = view.work
    rendered: Json = {
        # Not of 3.9: R's alm 0.4 finds works by it (api.md 7.1, 13.2).
        "id": f"doi/{work.doi}" if work.doi else work.key.replace(":", "/", 1),
        "doi": work.doi,
        "title": work.title,
        "issued": {"date-parts": [work.issued.parts()]},
        "canonical_url": work.canonical_url,
        "pmid": work.pmid,
        "pmcid": work.pmcid,
        "mendeley_uuid": work.mendeley_uuid,
        **signposts(view.entries, cited_by),
        "update_date": timestamp(view.updated_at),
    }
    if info != "summary":
        detail = info == "detail"
        rendered["sources"] = [
            source_entry(entry, detail=detail)
            for entry in view.entries
            if visible is None or entry.name in visible
        ]
    return rendered


def signposts(entries: Iterable[SourceEntry], cited_by: str) -> dict[str, int]:
    """The sums viewed, saved, discussed and cited (api.md 4.5)."""
    counts = {"viewed": 0, "saved": 0, "discussed": 0, "cited": 0}
    for entry in entries:
        if entry.metrics is not None:
            if post := _SIGNPOST_OF.get(entry.name):
                counts[post] += entry.metrics.total
            if entry.name == cited_by:
                counts["cited"] += entry.metrics.total
    return counts


def cited_source(installed: Collection[str]) -> str:
    """The source that the signpost ``cited`` counts: scopus where it is installed."""
    return "scopus" if "scopus" in installed else "crossref"


def source_entry(entry: SourceEntry, *, detail: bool = False) -> Json:
    """One source of one article (api.md 4.2); events only in ``detail``."""
    by_day, by_month, years = by_date(entry)
    rendered: Json = {
        "name": entry.name,
        "display_name": entry.title,
        "group_name": entry.group,
        "events_url": entry.events_url,
        "by_day": by_day,
        "by_month": by_month,
        "by_year": years,
        "update_date": timestamp(entry.updated_at),
        "metrics": metrics(entry.metrics),
    }
    if detail:
        rendered["events"] = shown_events(entry)
        rendered["events_csl"] = events_csl(rendered["events"])
    return rendered


def by_date(entry: SourceEntry) -> tuple[Any, Any, Any]:
    """``by_day``, ``by_month`` and ``by_year`` (api.md 4.4)."""
    if not entry.has_events:
        return [], [], []
    if entry.months_json:
        months, years = map(orjson.Fragment, entry.months_json)
        return entry.by_day, months, years
    periods = _usage_months(entry.by_month) if entry.usage else entry.by_month
    return entry.by_day, periods, by_year(entry.by_month, usage=entry.usage)


def shown_events(entry: SourceEntry) -> Sequence[Any] | Mapping[str, Any]:
    """The events as they are kept (api.md 4.6)."""
    return entry.events if entry.has_events and entry.events is not None else []


def metrics(counts: Counted | None) -> Json:
    """The six numbers of v5: null is "no such number", and the total alone is never null."""
    if counts is None:
        return dict(_NO_METRICS)
    return {
        "pdf": counts.pdf,
        "html": counts.html,
        "readers": counts.readers,
        "comments": counts.comments,
        "likes": counts.likes,
        "total": counts.total,
    }


def by_year(months: Sequence[Period], *, usage: bool = False) -> list[Period]:
    """By-month entries summed by year, ascending: ``year, total`` or ``year, pdf, html``."""
    years = itertools.groupby(sorted(months, key=_YEAR), _YEAR)
    if not usage:  # the common case, and the costliest part of a long answer
        return [{"year": year, "total": sum(map(_TOTAL, entries))} for year, entries in years]
    return [_summed(year, list(entries)) for year, entries in years]


def events_csl(events: Sequence[Any] | Mapping[str, Any]) -> list[Any]:
    """The CSL descriptions of those events that have one, in order; [] for an object."""
    if isinstance(events, Mapping):
        return []
    descriptions = (event.get("event_csl") for event in events if isinstance(event, Mapping))
    return [description for description in descriptions if description is not None]


def sources(views: Iterable[SourceView]) -> Json:
    """The list of sources, sorted by group and display name."""
    data = [_source(view) for view in sorted(views, key=lambda view: order(view.group, view.title))]
    return {"total": len(data), "error": None, "data": data}


def source(view: SourceView) -> Json:
    """The answer for one source."""
    return {"error": None, "data": _source(view)}


def order(group: str, title: str) -> tuple[int, str, str]:
    """The sort key of a source: its group in Lagotto's order, then its title in any case."""
    position = GROUPS.index(group) if group in GROUPS else len(GROUPS)
    return position, title.casefold(), title


def status(view: StatusView) -> Json:
    """The answer of ``/api/v5/status``: thirteen keys in Lagotto's order."""
    return {
        "error": None,
        "data": {
            "articles_count": view.articles_count,
            "articles_last30_count": view.articles_last30_count,
            "alerts_count": view.alerts_count,
            "workers_count": view.workers_count,
            "delayed_jobs_active_count": view.delayed_jobs_active_count,
            "responses_count": view.responses_count,
            "events_count": view.events_count,
            "requests_count": view.requests_count,
            "users_count": view.users_count,
            "sources_active_count": view.sources_active_count,
            "version": view.version,
            "couchdb_size": view.couchdb_size_bytes,
            "update_date": timestamp(view.updated_at),
        },
    }


def heartbeat(*, version: str, articles_count: int, updated_at: dt.datetime) -> Json:
    """The answer of ``/heartbeat`` (api.md 8.1)."""
    return {
        "version": version,
        "articles_count": articles_count,
        "update_date": timestamp(updated_at),
        "status": "OK",
    }


def error(family: Family, message: str | Mapping[str, Sequence[str]]) -> Json:
    """The body of an error, in the shape of the endpoint's family (api.md 1.9)."""
    if family == "other":
        return {"error": message}
    return {**_NO_DATA[family], "error": message, "data": []}


def jsonp(callback: str, body: bytes) -> bytes:
    """The encoded JSON as a call of the function ``callback`` (checked by ``query``)."""
    # Two characters that JSON allows in texts end a line in older JavaScript.
    script = body.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
    return b"".join((callback.encode(), b"(", script, b")"))


@functools.lru_cache(maxsize=4096)
def timestamp(moment: dt.datetime) -> str:
    """``2014-11-07T10:00:00Z`` of an aware time."""
    if moment.tzinfo is not dt.UTC:
        moment = moment.astimezone(dt.UTC)
    return moment.isoformat("T", "seconds")[:19] + "Z"


def _usage_months(months: Sequence[Period]) -> list[Period]:
    """Months of a usage source in the key order of Lagotto's counter and pmc."""
    return [
        {"month": m["month"], "year": m["year"], "html": m.get("html", 0), "pdf": m.get("pdf", 0)}
        for m in months
    ]


def _summed(year: int, months: list[Period]) -> Period:
    pdf, html = (sum(month.get(key, 0) for month in months) for key in ("pdf", "html"))
    return {"year": year, "pdf": pdf, "html": html}


def _source(view: SourceView) -> Json:
    return {
        "name": view.name,
        "display_name": view.title,
        "group": view.group,
        "description": view.description,
        "update_date": timestamp(view.updated_at),
        "state": view.state,
        "jobs": {"working": view.jobs_working, "pending": view.jobs_pending},
        "responses": {
            "count": view.responses.count,
            "average": view.responses.average_ms,
            "maximum": view.responses.maximum_ms,
        },
        "error_count": view.error_count,
        "article_count": view.article_count,
        "event_count": view.event_count,
        "status": {
            "refreshed": view.refreshed_count,
            "queued": view.queued_count,
            "stale": view.stale_count,
        },
        "by_day": _updates(view.by_day),
        "by_month": _updates(view.by_month),
    }


def _updates(counts: UpdateCounts) -> Json:
    return dataclasses.asdict(counts)
