"""Which alerts a query means: filters, newest first, page by page (api.md 6.7)."""

import dataclasses
import heapq
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib import query, settings, sources
from chalicelib.identifiers import Identifier
from chalicelib.parameters import TEXT, Parameter, Reader
from chalicelib.store import alerts
from chalicelib.store import sources as source_rows
from chalicelib.store.alerts import LEVELS, SYSTEM, Alert

#: Alerts that are looked at of each source, newest first.
ALERTS_LIMIT = 10_000
#: No source has a longer name.
NAME_LIMIT_CHARACTERS = 200


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AlertQuery:
    """Filters combine with AND; None and 0 are no filter. ``level``: this one and above."""

    unresolved: bool = False
    source: str | None = None
    class_name: str | None = None
    level: int = 0
    q: str | None = None
    page: int = 1
    per_page: int = query.PAGE_SIZE

    @property
    def by_content(self) -> bool:
        """Whether alerts have to be read to be chosen."""
        return self.class_name is not None or self.level > 0 or self.q is not None

    @property
    def offset(self) -> int:
        """How many alerts come before the page."""
        return (self.page - 1) * self.per_page


def _level(text: str) -> int | None:
    level = text.upper()
    return LEVELS.index(level) if level in LEVELS else None


_FILTERS: Mapping[str, Parameter[Any]] = {
    "unresolved": Parameter(
        "unresolved",
        "With any value, even none: only alerts that nobody has resolved.",
        TEXT,
        lambda _: True,
        example="1",
    ),
    "source": Parameter(
        "source",
        "The name of a source: only alerts about it. There are none about an unknown one.",
        TEXT,
        str,
        ("source_id",),
        example="crossref",
    ),
    "class_name": Parameter(
        "class_name",
        "The class of the error, in any case: only alerts of it.",
        TEXT,
        str,
        example="Net::HTTPRequestTimeOut",
    ),
    "level": Parameter(
        "level",
        "Only alerts of this level, in any case, and above. Anything else counts as absent.",
        {"type": "string", "enum": [*LEVELS]},
        _level,
    ),
    "q": Parameter(
        "q",
        "Only alerts whose class or message has this in it, in any case, whose status it is, or"
        " that are about the work of this DOI.",
        TEXT,
        str,
        example="timeout",
    ),
}
#: The filters alone, for a list that has no pages.
FILTERS = Reader(AlertQuery, **_FILTERS)
ALERTS = Reader(AlertQuery, **_FILTERS, page=query.PAGE, per_page=query.PER_PAGE)


def wanted(params: Mapping[str, str]) -> AlertQuery:
    """The query that the parameters describe. Errors: RequestError 404 on a wrong page."""
    return ALERTS.read(params)


def select(wish: AlertQuery) -> tuple[int, list[Alert]]:
    """How many alerts a query means, and those of its page."""
    subjects = _subjects(wish.source)
    end = wish.offset + wish.per_page
    if wish.by_content:
        chosen = [alert for subject in subjects for alert in _chosen(wish, subject)]
        page = heapq.nlargest(end, chosen, key=lambda alert: alert.id)[wish.offset :]
        return len(chosen), page
    keys = [
        (id_, subject)
        for subject in subjects
        for id_ in alerts.ids(subject, unresolved=wish.unresolved, limit=ALERTS_LIMIT)
    ]
    rows = heapq.nlargest(end, keys)[wish.offset :]
    return len(keys), alerts.read((subject, id_) for id_, subject in rows)


def _subjects(source: str | None) -> list[str]:
    if source is not None:
        # Nothing is filed under a longer name, and DynamoDB refuses to look for one.
        known = len(source) <= NAME_LIMIT_CHARACTERS
        return [f"source#{source.lower()}"] if known else []
    installed = (row.name for row in source_rows.installed())
    names = dict.fromkeys(itertools.chain(installed, sources.names()))
    return [SYSTEM, *(f"source#{name}" for name in names)]


def _chosen(wish: AlertQuery, subject: str) -> Iterator[Alert]:
    find = alerts.find if wish.unresolved else alerts.find_every
    return (alert for alert in find(subject, limit=ALERTS_LIMIT) if _holds(wish, alert))


def _holds(wish: AlertQuery, alert: Alert) -> bool:
    if alert.level < wish.level:
        return False
    if wish.class_name is not None and alert.class_name.lower() != wish.class_name.lower():
        return False
    return wish.q is None or _mentions(alert, wish.q)


def _mentions(alert: Alert, q: str) -> bool:
    folded = q.lower()
    keys = {Identifier("doi", q).key, Identifier(settings.load().uid_kind, q).key}
    return (
        folded in alert.class_name.lower()
        or folded in alert.message.lower()
        or q == str(alert.status)
        or alert.work_key in keys
    )
