"""Which alerts a query means: filters, newest first, page by page (api.md 6.7)."""

import dataclasses
import heapq
import itertools
from collections.abc import Iterator, Mapping

from chalicelib import query, settings, sources
from chalicelib.identifiers import Identifier
from chalicelib.store import alerts
from chalicelib.store import sources as source_rows
from chalicelib.store.alerts import LEVELS, SYSTEM, Alert

#: Alerts that are looked at of each source, newest first.
ALERTS_LIMIT = 10_000


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


def wanted(params: Mapping[str, str]) -> AlertQuery:
    """The query that the parameters describe. Errors: RequestError 404 on a wrong page."""
    level = params.get("level", "").upper()
    return AlertQuery(
        unresolved="unresolved" in params,
        source=params.get("source"),
        class_name=params.get("class_name"),
        level=LEVELS.index(level) if level in LEVELS else 0,
        q=params.get("q"),
        page=query.page_number(params),
        per_page=query.page_size(params),
    )


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
        return [f"source#{source.lower()}"]
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
