"""The events and notes of each (work, source).

Table ``<stack>-events``, key (work, source): gzip JSON ``{"events", "notes"}`` in the item, or
the key of an S3 object where it is large. Access patterns: one work's, several works'
(``info=detail``, pages, exports). Default API answers do not read it.
"""

import dataclasses
import gzip
from collections.abc import Iterable
from typing import Any

import orjson

from chalicelib.model import Result
from chalicelib.store import evidence
from chalicelib.store.tables import EventsItem


@dataclasses.dataclass(frozen=True, slots=True)
class Kept:
    """What was kept: ``events`` as API v5 shows them, ``notes`` of the provider."""

    events: list[Any] | dict[str, Any]
    notes: dict[str, Any]


def put(work_key: str, source: str, result: Result, digest: str, *, known: bool) -> None:
    """Keep a result's events and notes. Nothing to keep and nothing ``known``: no write."""
    events, notes = result.events_as_json(), dict(result.notes)
    item = EventsItem(work_key, source)
    if not events and not notes:
        if known:
            delete(work_key, source)
        return
    document = orjson.dumps({"events": events, "notes": notes})
    body = gzip.compress(document, mtime=0)
    if len(body) > evidence.LARGEST_ITEM_BYTES:
        item.object_key = evidence.events_key(source, work_key, digest)
        evidence.put_object(item.object_key, document)
    else:
        item.body = body
    item.save()


def delete(work_key: str, source: str | None = None) -> None:
    """Delete what was kept of a work, by one source or by all."""
    by_one = None if source is None else EventsItem.source == source
    for item in EventsItem.query(work_key, by_one, consistent_read=True):
        if item.object_key:
            evidence.delete_object(item.object_key)
        item.delete()


def known(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of (work key, source) pairs of which something is kept; one call per 100 pairs."""
    items = EventsItem.batch_get(list(pairs), attributes_to_get=["work", "source"])
    return [(item.work, item.source) for item in items]


def find(pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Kept]:
    """Events of (work key, source) pairs that have any; one call per 100 pairs."""
    found = {}
    for item in EventsItem.batch_get(list(pairs)):
        document = (
            evidence.get_object(item.object_key)
            if item.object_key
            else orjson.loads(gzip.decompress(item.body))
        )
        found[item.work, item.source] = Kept(document["events"], document["notes"])
    return found
