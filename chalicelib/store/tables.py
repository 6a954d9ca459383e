"""The DynamoDB tables as pynamodb models. ``infra`` creates them; names are the stack's.

Only ``store`` modules use these.
"""

import functools
import time
from typing import Any, ClassVar, Self

from botocore.config import Config
from pynamodb.attributes import (
    BinaryAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.connection import Connection, TableConnection
from pynamodb.constants import PAY_PER_REQUEST_BILLING_MODE
from pynamodb.expressions.operand import Path
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection
from pynamodb.models import Model

from chalicelib import settings


class _StackTable:
    """Descriptor: the table's name in this process's stack, read when it is needed."""

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix

    def __get__(self, instance: object, owner: type) -> str:
        return f"{settings.load().stack}-{self._suffix}"


class _Meta:
    billing_mode = PAY_PER_REQUEST_BILLING_MODE
    read_timeout_seconds = 10
    connect_timeout_seconds = 5
    max_retry_attempts = 6


class _TimedConnection(Connection):
    """A connection that knows how long its calls took altogether."""

    seconds = 0.0

    def _make_api_call(self, operation_name: str, operation_kwargs: dict[str, Any]) -> Any:
        began = time.perf_counter()
        try:
            return super()._make_api_call(operation_name, operation_kwargs)
        finally:
            self.seconds += time.perf_counter() - began


@functools.cache
def _shared() -> _TimedConnection:
    return _TimedConnection(
        connect_timeout_seconds=_Meta.connect_timeout_seconds,
        read_timeout_seconds=_Meta.read_timeout_seconds,
        max_retry_attempts=_Meta.max_retry_attempts,
    )


@functools.cache
def hasty_client() -> Any:
    """A client of botocore for what nobody shall wait for long: two tries of a few seconds."""
    config = Config(
        parameter_validation=False,
        connect_timeout=1,
        read_timeout=2,
        retries={"total_max_attempts": 2, "mode": "standard"},
    )
    # In a session of its own it would take ten times as long to make.
    return _shared().session.create_client("dynamodb", config=config)


class _Table(Model):
    """A table that has the connection of this process in common with the others.

    pynamodb would make a client for each, which takes as long as all else that a cold
    Lambda does before its first answer.
    """

    @classmethod
    def _get_connection(cls) -> TableConnection:
        table = super()._get_connection()
        if table.connection is not _shared():
            _shared().add_meta_table(table.get_meta_table())
            table.connection = _shared()
        return table


class _ByMonth(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "by_month"
        projection = KeysOnlyProjection()

    month = UnicodeAttribute(hash_key=True)
    sort = UnicodeAttribute(range_key=True)


class _ByPrefix(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "by_prefix"
        projection = IncludeProjection(["sort"])

    registrant = UnicodeAttribute(hash_key=True)
    sort_doi = UnicodeAttribute(range_key=True)


class _ByPublisher(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "by_publisher"
        projection = KeysOnlyProjection()

    publisher = UnicodeAttribute(hash_key=True)
    sort = UnicodeAttribute(range_key=True)


class _Extensible(_Table):
    """A table whose items have attributes that are named by data: one per source.

    pynamodb reads declared attributes only. After a read ``extras`` maps the rest of each
    name that starts with ``EXTRA_PREFIX`` to its value, as the text it is on the wire.
    """

    EXTRA_PREFIX: ClassVar[str]
    #: Their type on the wire: S or N.
    EXTRA_TYPE: ClassVar[str]
    extras: dict[str, str]

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> Self:
        """The item of a DynamoDB answer."""
        item = super().from_raw_data(data)
        prefix, kind = cls.EXTRA_PREFIX, cls.EXTRA_TYPE
        start = len(prefix)
        item.extras = {
            name[start:]: value[kind] for name, value in data.items() if name[:start] == prefix
        }
        return item

    @classmethod
    def extra(cls, name: str) -> Path:
        """The attribute of this name, for conditions and updates."""
        return Path([cls.EXTRA_PREFIX + name])


class WorkItem(_Extensible):
    """One work with all that a default API answer needs.

    Besides the declared attributes it has one string attribute ``s_<source>`` per source
    that was ever asked (see ``numbers``). A number ``m_<source>`` grows when rows that the work
    has in lists of the source were put right (``works.mend_rows``).
    """

    EXTRA_PREFIX = "s_"
    EXTRA_TYPE = "S"

    class Meta(_Meta):
        table_name = _StackTable("works")

    key = UnicodeAttribute(hash_key=True)
    about = UnicodeAttribute()
    shelf = UnicodeAttribute()
    created_ms = NumberAttribute()
    updated_ms = NumberAttribute()
    month = UnicodeAttribute()
    sort = UnicodeAttribute()
    registrant = UnicodeAttribute(null=True)
    sort_doi = UnicodeAttribute(null=True)
    publisher = UnicodeAttribute(null=True)
    #: Grows with every write after the first.
    version = NumberAttribute(null=True)
    mended: dict[str, int]

    by_month = _ByMonth()
    by_prefix = _ByPrefix()
    by_publisher = _ByPublisher()

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> Self:
        """The item of a DynamoDB answer."""
        item = super().from_raw_data(data)
        item.mended = {name[2:]: int(data[name]["N"]) for name in data if name[:2] == "m_"}
        return item

    @classmethod
    def mends(cls, source: str) -> Path:
        """The attribute that counts how often rows of a source were put right."""
        return Path([f"m_{source}"])


class _Due(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "due"
        projection = KeysOnlyProjection()

    source = UnicodeAttribute(hash_key=True)
    due_at = UnicodeAttribute(range_key=True)


class ShelfItem(_Extensible):
    """A row of a shelf: ``works`` (members), ``asked`` (times) or ``due#<source>``.

    The ``asked`` row has a number attribute ``a_<source>``: epoch seconds.
    """

    EXTRA_PREFIX = "a_"
    EXTRA_TYPE = "N"

    class Meta(_Meta):
        table_name = _StackTable("shelves")

    shelf = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute(range_key=True)
    members = UnicodeSetAttribute(null=True)
    youngest = UnicodeAttribute(null=True)
    source = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)

    due = _Due()


class ListItem(_Extensible):
    """A row of an ordered list, or a counter of one (see ``lists``).

    A ``stats`` row has a number attribute ``c_<counter>`` for each of its counters.
    """

    EXTRA_PREFIX = "c_"
    EXTRA_TYPE = "N"

    class Meta(_Meta):
        table_name = _StackTable("lists")

    list = UnicodeAttribute(hash_key=True)
    sort = UnicodeAttribute(range_key=True)
    present = NumberAttribute(null=True)
    slots = NumberAttribute(null=True)
    works = UnicodeSetAttribute(null=True)


class EventsItem(_Table):
    """The events and notes of one (work, source): gzip JSON, or the S3 key of it."""

    class Meta(_Meta):
        table_name = _StackTable("events")

    work = UnicodeAttribute(hash_key=True)
    source = UnicodeAttribute(range_key=True)
    body = BinaryAttribute(null=True, legacy_encoding=False)
    object_key = UnicodeAttribute(null=True)


class ControlItem(_Table):
    """Small configuration: ``source`` rows, ``key`` rows, ``account`` rows, snapshots."""

    class Meta(_Meta):
        table_name = _StackTable("control")

    kind = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute(range_key=True)
    about = UnicodeAttribute()
    #: Changes with every write, for optimistic writing.
    version = NumberAttribute(default=0)
    expires_at = TTLAttribute(null=True)


class _Unresolved(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "unresolved"
        projection = KeysOnlyProjection()

    unresolved = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)


class _AllUnresolved(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "all_unresolved"
        projection = IncludeProjection(["class_name", "work"])

    all_unresolved = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)


class AlertItem(_Table):
    """Something a person should look at; ``unresolved`` repeats ``subject`` until it is.

    Until then ``all_unresolved`` is the same for all. ``class_name`` and ``work`` repeat what
    is in ``about``, for the index.
    """

    class Meta(_Meta):
        table_name = _StackTable("alerts")

    subject = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    about = UnicodeAttribute()
    details = BinaryAttribute(null=True, legacy_encoding=False)
    unresolved = UnicodeAttribute(null=True)
    all_unresolved = UnicodeAttribute(null=True)
    class_name = UnicodeAttribute(null=True)
    work = UnicodeAttribute(null=True)
    expires_at = TTLAttribute(null=True)

    open = _Unresolved()
    all_open = _AllUnresolved()


class RequestItem(_Table):
    """A logged request, or how many requests a key made on a day (see ``requests``)."""

    class Meta(_Meta):
        table_name = _StackTable("requests")

    kind = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute(range_key=True)
    about = UnicodeAttribute(null=True)
    requests = NumberAttribute(null=True)
    expires_at = TTLAttribute(null=True)


MODELS: tuple[type[Model], ...] = (
    WorkItem,
    ShelfItem,
    ListItem,
    EventsItem,
    ControlItem,
    AlertItem,
    RequestItem,
)


def connection() -> Connection:
    """The connection, for transactions; it knows all tables without asking for them."""
    for model in MODELS:
        model._get_connection()
    return _shared()


def seconds_spent() -> float:
    """How long the calls of this process to tables took so far, those of logging left out."""
    return _shared().seconds
