"""Publishers as importers told them: name, other names, DOI prefixes, registration agency.

Table ``<stack>-control``, kind ``publisher``, one row per publisher. Access patterns: one by
its id, all in one query.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence

import orjson

from chalicelib.feed import Publisher
from chalicelib.store.tables import ControlItem

KIND = "publisher"
_TOLD_AT = "told_at"


def put_all(found: Sequence[Publisher], now: dt.datetime) -> None:
    """Write publishers; the last of an id wins."""
    by_id = {publisher.id: publisher for publisher in found}
    if not by_id:
        return
    told = {_TOLD_AT: int(now.timestamp())}
    with ControlItem.batch_write() as batch:
        for publisher in by_id.values():
            about = orjson.dumps(dataclasses.asdict(publisher) | told).decode()
            batch.save(ControlItem(KIND, publisher.id, about=about))


def get(publisher_id: str) -> Publisher | None:
    """One publisher, or None."""
    try:
        return _publisher(ControlItem.get(KIND, publisher_id))[0]
    except ControlItem.DoesNotExist:
        return None


def find_all() -> Iterator[tuple[Publisher, dt.datetime]]:
    """All publishers by id and when each was last told of, read as they are consumed."""
    return map(_publisher, ControlItem.query(KIND))


def _publisher(item: ControlItem) -> tuple[Publisher, dt.datetime]:
    about = orjson.loads(item.about)
    told_at = dt.datetime.fromtimestamp(about.pop(_TOLD_AT, 0), dt.UTC)
    return Publisher(**about), told_at
