"""Alerts: something a person should look at.

Table ``<stack>-alerts``, key (subject, id); ids begin with the time, so they sort by it. The
subject is ``source#<name>`` or ``system``. Access patterns:

    all of a subject         the table; an alert may hold a body of 64 kB
    unresolved of a subject  index ``unresolved``: keys only, so counting them is cheap
    unresolved of all, and   index ``all_unresolved``, one partition: keys, class and work only,
    the works they are about some 50 of them for a read unit
    resolve one

An alert costs a write unit for each kilobyte and one in each index. Alerts go after 90 days.
Levels and class names are Lagotto's (operations.md 1.12).
"""

import dataclasses
import datetime as dt
import gzip
import secrets
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from chalicelib.store.tables import AlertItem

DEBUG, INFO, WARN, ERROR, FATAL = range(5)
LEVELS = ("DEBUG", "INFO", "WARN", "ERROR", "FATAL")
KEPT_DAYS = 90
SYSTEM = "system"

#: What all that are unresolved are under in their index.
_ALL = "yes"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert. ``details`` is the body of the failing answer, ``job`` what can be sent again."""

    class_name: str
    message: str = ""
    level: int = ERROR
    source: str | None = None
    work_key: str | None = None
    status: int | None = None
    target_url: str | None = None
    details: bytes = b""
    job: dict[str, Any] | None = None
    unresolved: bool = True
    id: str = ""
    at: str = ""

    @property
    def subject(self) -> str:
        """What it is filed under."""
        return f"source#{self.source}" if self.source else SYSTEM


def put(alert: Alert, now: dt.datetime) -> str:
    """Keep an alert; its id."""
    about = {
        field.name: value
        for field in dataclasses.fields(alert)
        if (value := getattr(alert, field.name)) not in (None, "", b"")
        and field.name not in ("details", "unresolved", "id")
    }
    about["at"] = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    item = AlertItem(
        alert.subject,
        f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}",
        about=orjson.dumps(about).decode(),
        unresolved=alert.subject,
        all_unresolved=_ALL,
        class_name=alert.class_name,
        work=alert.work_key,
        expires_at=dt.timedelta(days=KEPT_DAYS),
    )
    if alert.details:
        item.details = gzip.compress(alert.details, mtime=0)
    item.save()
    return str(item.id)


def get(subject: str, alert_id: str) -> Alert | None:
    """One alert of a subject, resolved or not, or None."""
    try:
        return _alert(AlertItem.get(subject, alert_id))
    except AlertItem.DoesNotExist:
        return None


def find(subject: str, *, limit: int = 50) -> Iterator[Alert]:
    """The unresolved alerts of a subject, newest first."""
    rows = AlertItem.open.query(subject, scan_index_forward=False, limit=limit)
    keys = [(subject, row.id) for row in rows]
    found = {item.id: item for item in AlertItem.batch_get(keys)}
    return (_alert(found[id_]) for _, id_ in keys if id_ in found)


def ids(subject: str, *, unresolved: bool, limit: int) -> Iterator[str]:
    """The ids of a subject's alerts, resolved ones too unless ``unresolved``, newest first."""
    if unresolved:
        rows = AlertItem.open.query(subject, scan_index_forward=False, limit=limit)
    else:
        wanted = ["subject", "id"]
        rows = AlertItem.query(
            subject, scan_index_forward=False, limit=limit, attributes_to_get=wanted
        )
    return (row.id for row in rows)


def find_every(subject: str, *, limit: int) -> Iterator[Alert]:
    """The alerts of a subject, resolved ones too, newest first."""
    return map(_alert, AlertItem.query(subject, scan_index_forward=False, limit=limit))


def read(keys: Iterable[tuple[str, str]]) -> list[Alert]:
    """The alerts of these subjects and ids that are there, newest first."""
    found = map(_alert, AlertItem.batch_get(list(keys)))
    return sorted(found, key=lambda alert: alert.id, reverse=True)


def works(class_name: str | None, *, limit: int) -> set[str]:
    """The keys of the works that have an unresolved alert of this class, or of any, among the
    newest so many of all subjects."""
    rows = AlertItem.all_open.query(_ALL, scan_index_forward=False, limit=limit)
    return {row.work for row in rows if row.work and class_name in (None, row.class_name)}


def count() -> int:
    """How many unresolved alerts all subjects have."""
    return AlertItem.all_open.count(_ALL)


def count_since(subject: str, since: dt.datetime, limit: int | None = None) -> int:
    """How many unresolved alerts a subject has since then; counts up to ``limit``, if given."""
    later = AlertItem.id >= f"{since:%Y%m%dT%H%M%S}"
    if limit is None:
        return AlertItem.open.count(subject, later)
    return sum(1 for _ in AlertItem.open.query(subject, later, limit=limit))


def resolve(subject: str, alert_id: str) -> None:
    """Mark an alert as seen to."""
    AlertItem(subject, alert_id).update(
        actions=[AlertItem.unresolved.remove(), AlertItem.all_unresolved.remove()],
        condition=AlertItem.id.exists(),
    )


def _alert(item: AlertItem) -> Alert:
    return Alert(
        **orjson.loads(item.about),
        id=item.id,
        details=gzip.decompress(item.details) if item.details else b"",
        unresolved=item.unresolved is not None,
    )
