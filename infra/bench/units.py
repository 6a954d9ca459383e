"""What DynamoDB bills: bytes of an item, write and read units. Pure.

Items are as they are on the wire: ``{"name": {"S": "text"}}``. Source: the pages "Item sizes
and formats" and "Read and write operations" of DynamoDB's developer guide.
"""

import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import Any

Item = Mapping[str, Mapping[str, Any]]

WRITE_UNIT_BYTES = 1024
READ_UNIT_BYTES = 4096


@dataclasses.dataclass(frozen=True, slots=True)
class Index:
    """A secondary index: its keys, and the attributes that it holds (None: all)."""

    keys: tuple[str, ...]
    attributes: frozenset[str] | None

    def entry(self, item: Item | None) -> Item | None:
        """What the index holds of an item; None if the item is not in it."""
        if item is None or not all(name in item for name in self.keys):
            return None
        if self.attributes is None:
            return item
        return {name: value for name, value in item.items() if name in self.attributes}


def item_bytes(item: Item) -> int:
    """The size of an item: names and values in UTF-8, numbers packed two digits a byte."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def write_units(before: Item | None, after: Item | None, indexes: Iterable[Index] = ()) -> int:
    """The units of one write: the larger of the two items, and what changes in each index."""
    larger = max(item_bytes(item) for item in (before, after, {}) if item is not None)
    return _units(larger) + sum(_index_units(index, before, after) for index in indexes)


def read_units(sizes_bytes: Iterable[int], *, consistent: bool = False) -> float:
    """The units of items read one by one, by key; an item that is not there counts as one of
    no bytes."""
    units = sum(max(1, math.ceil(size / READ_UNIT_BYTES)) for size in sizes_bytes)
    return units if consistent else units / 2


def query_units(sizes_bytes: Iterable[int], *, consistent: bool = False) -> float:
    """The units of one page of a query: its items are added up before they are rounded."""
    return read_units([sum(sizes_bytes)], consistent=consistent)


def _units(size_bytes: int) -> int:
    return max(1, math.ceil(size_bytes / WRITE_UNIT_BYTES))


def _index_units(index: Index, before: Item | None, after: Item | None) -> int:
    old, new = index.entry(before), index.entry(after)
    if old == new:
        return 0
    if old is not None and new is not None:
        same_place = all(old[name] == new[name] for name in index.keys)
        larger = max(item_bytes(old), item_bytes(new))
        return _units(larger) if same_place else _units(item_bytes(old)) + _units(item_bytes(new))
    return _units(item_bytes(old if new is None else new) if old or new else 0)


def _value_bytes(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return _number_bytes(content)
        case "B":
            return len(content)
        case "SS":
            return sum(len(text.encode()) for text in content)
        case "NS":
            return sum(map(_number_bytes, content))
        case "BS":
            return sum(map(len, content))
        case "L":
            return 3 + sum(1 + _value_bytes(part) for part in content)
        case "M":
            return 3 + len(content) + item_bytes(content)
    return 1  # BOOL and NULL


def _number_bytes(text: str) -> int:
    digits = text.lstrip("-").replace(".", "").strip("0")
    return math.ceil(len(digits) / 2) + 1 + text.startswith("-")
