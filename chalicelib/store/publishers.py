"""Publishers as importers told them: name, other names, DOI prefixes, registration agency.

Table ``<stack>-control``, kind ``publisher``, one row per publisher. Access patterns: one by
its id, all in one query.
"""

import dataclasses
from collections.abc import Iterator, Sequence

import orjson

from chalicelib.feed import Publisher
from chalicelib.store.tables import ControlItem

KIND = "publisher"


def put_all(found: Sequence[Publisher]) -> None:
    """Write publishers; the last of an id wins."""
    by_id = {publisher.id: publisher for publisher in found}
    if not by_id:
        return
    with ControlItem.batch_write() as batch:
        for publisher in by_id.values():
            about = orjson.dumps(dataclasses.asdict(publisher)).decode()
            batch.save(ControlItem(KIND, publisher.id, about=about))


def get(publisher_id: str) -> Publisher | None:
    """One publisher, or None."""
    try:
        return _publisher(ControlItem.get(KIND, publisher_id))
    except ControlItem.DoesNotExist:
        return None


def find_all() -> Iterator[Publisher]:
    """All publishers by id, read as they are consumed."""
    return map(_publisher, ControlItem.query(KIND))


def _publisher(item: ControlItem) -> Publisher:
    return Publisher(**orjson.loads(item.about))
