"""What this process's AWS clients use: calls, write and read units, bytes.

Write units are those that the engine reports for each call (tables and indexes); a write that
its condition refused is billed too, as one unit for each item. Read units are computed from
the items that came back, because the embedded cloud does not tell them.
"""

import contextlib
import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.history import BaseHistoryHandler, get_global_history_recorder

from infra.bench import units

#: The operations that read tables.
READING = ("GetItem", "BatchGetItem", "Query", "Scan")
_REFUSED = ("ConditionalCheckFailedException", "TransactionCanceledException")


@dataclasses.dataclass(slots=True)
class Spent:
    """What was used. ``writes`` and ``reads`` are units by table and operation
    (``works.UpdateItem``), ``calls`` are numbers by service and operation
    (``dynamodb.Query``), ``errors`` those of calls that failed for another reason than their
    condition, bytes are those of answers of DynamoDB and of objects put."""

    calls: Counter[str] = dataclasses.field(default_factory=Counter)
    errors: Counter[str] = dataclasses.field(default_factory=Counter)
    writes: dict[str, float] = dataclasses.field(default_factory=dict)
    reads: dict[str, float] = dataclasses.field(default_factory=dict)
    answer_bytes: int = 0
    object_bytes: int = 0

    def writes_of(self, table: str, *operations: str) -> float:
        """The write units of a table, or of some operations on it."""
        return sum(
            units
            for name, units in self.writes.items()
            if name.startswith(f"{table}.") and (not operations or name.endswith(operations))
        )

    def calls_of(self, service: str) -> int:
        """How often a service was called."""
        return sum(n for name, n in self.calls.items() if name.partition(".")[0] == service)

    @property
    def table_reads(self) -> int:
        """How often tables were read."""
        return sum(self.calls[f"dynamodb.{operation}"] for operation in READING)

    @property
    def write_units(self) -> float:
        """The write units of all tables."""
        return sum(self.writes.values())

    @property
    def read_units(self) -> float:
        """The read units of all tables."""
        return sum(self.reads.values())


class Meter(BaseHistoryHandler):
    """Counts the calls of all botocore clients of this process, whoever made them."""

    def __init__(self) -> None:
        self._open: list[Spent] = []
        self._asked: tuple[str, str, Mapping[str, Any]] = ("", "", {})
        self._begun = self._counted = 0
        self._recorder = get_global_history_recorder()
        self._recorder.add_handler(self)

    @contextlib.contextmanager
    def spending(self) -> Iterator[Spent]:
        """What is used inside of the ``with`` block. Errors: RuntimeError when a call was not
        understood; botocore hides what goes wrong in ``emit``."""
        spent = Spent()
        self._open.append(spent)
        self._recorder.enable()
        try:
            yield spent
        finally:
            self._open.remove(spent)
            if not self._open:
                self._recorder.disable()
        if self._counted < self._begun:
            raise RuntimeError(f"the meter understood {self._counted} of {self._begun} calls")

    def emit(self, event_type: str, payload: Any, source: str) -> None:
        """Called by botocore: a call begins, or its answer was read."""
        if event_type == "API_CALL":
            self._begun += 1
            self._asked = (payload["service"], payload["operation"], payload["params"])
            if payload["service"] == "s3":
                size = len(payload["params"].get("Body", b""))
                for spent in self._open:
                    spent.object_bytes += size
        elif event_type == "HTTP_RESPONSE" and self._asked[0] == "dynamodb":
            for spent in self._open:
                spent.answer_bytes += len(payload.get("body") or b"")
        elif event_type == "PARSED_RESPONSE":
            service, operation, params = self._asked
            code = payload.get("Error", {}).get("Code")
            for spent in self._open:
                spent.calls[f"{service}.{operation}"] += 1
                spent.errors[f"{service}.{operation}"] += code not in (None, *_REFUSED)
                if service == "dynamodb":
                    _add(spent.writes, write_units(operation, params, payload), operation)
                    _add(spent.reads, read_units(operation, params, payload), operation)
            self._counted += 1


def write_units(
    operation: str, params: Mapping[str, Any], answer: Mapping[str, Any]
) -> dict[str, float]:
    """The write units of a call by table. Errors: KeyError if it was not asked to report them."""
    if answer.get("Error", {}).get("Code") in _REFUSED:
        return dict(Counter(_written_tables(params)))
    writes = operation.startswith(("Put", "Update", "Delete", "BatchWrite", "TransactWrite"))
    if not writes or "Error" in answer:
        return {}
    reported = answer["ConsumedCapacity"]
    if isinstance(reported, dict):
        reported = [reported]
    return {entry["TableName"]: entry["CapacityUnits"] for entry in reported}


def read_units(
    operation: str, params: Mapping[str, Any], answer: Mapping[str, Any]
) -> dict[str, float]:
    """The read units of a call by table, from the items of its answer. A query that only
    counts is taken as one of small rows."""
    if "Error" in answer:
        return {}
    if operation == "GetItem":
        size = units.item_bytes(answer.get("Item", {}))
        consistent = bool(params.get("ConsistentRead"))
        return {params["TableName"]: units.read_units([size], consistent=consistent)}
    if operation in ("Query", "Scan"):
        sizes = [units.item_bytes(item) for item in answer.get("Items", ())]
        sizes = sizes or [100] * answer.get("ScannedCount", 0)
        consistent = bool(params.get("ConsistentRead"))
        return {params["TableName"]: units.query_units(sizes, consistent=consistent)}
    if operation == "BatchGetItem":
        return {
            table: units.read_units(
                _sizes(answer["Responses"].get(table, []), len(asked["Keys"])),
                consistent=bool(asked.get("ConsistentRead")),
            )
            for table, asked in params["RequestItems"].items()
        }
    return {}


def _sizes(items: list[units.Item], asked: int) -> list[int]:
    sizes = [units.item_bytes(item) for item in items]
    return sizes + [0] * (asked - len(sizes))


def _written_tables(params: Mapping[str, Any]) -> Iterator[str]:
    if "TransactItems" in params:
        for action in params["TransactItems"]:
            [details] = action.values()
            yield details["TableName"]
    else:
        yield params["TableName"]


def _add(sums: dict[str, float], by_table: Mapping[str, float], operation: str) -> None:
    for table, number in by_table.items():
        name = f"{table.rpartition('-')[-1]}.{operation}"  # without the stack's name
        sums[name] = sums.get(name, 0) + number
