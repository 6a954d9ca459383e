"""Numbers that are counted from time to time: small documents, and the size of the tables.

Table ``<stack>-control``, kind ``snapshot``. Access patterns: one by name; written only by
whoever read it last.
"""

from typing import Any

import orjson
from pynamodb.exceptions import DeleteError, PutError

from chalicelib.store.tables import ControlItem, EventsItem, WorkItem

KIND = "snapshot"


def get(name: str) -> tuple[dict[str, Any] | None, int]:
    """A document and its version; (None, 0) without one."""
    try:
        item = ControlItem.get(KIND, name)
    except ControlItem.DoesNotExist:
        return None, 0
    return orjson.loads(item.about), int(item.version)


def put(name: str, document: dict[str, Any], version: int) -> bool:
    """Write a document over the version that was read; whether nobody else did before."""
    item = ControlItem(KIND, name, about=orjson.dumps(document).decode(), version=version + 1)
    unchanged = ControlItem.name.does_not_exist() | (ControlItem.version == version)
    try:
        item.save(condition=unchanged)
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def delete(name: str, version: int) -> bool:
    """Delete the version that was read; whether nobody else wrote another."""
    try:
        ControlItem(KIND, name).delete(condition=ControlItem.version == version)
    except DeleteError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def stored_bytes() -> int:
    """The size of works and their events in the tables; AWS counts it every six hours."""
    return sum(int(model.describe_table()["TableSizeBytes"]) for model in (WorkItem, EventsItem))
