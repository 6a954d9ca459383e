"""Whether the embedded cloud bills writes by DynamoDB's rule: 1 kB of table or index, 1 unit.

Every write that is made under a check is priced again from the item before and after it.
"""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
from botocore.history import BaseHistoryHandler, get_global_history_recorder

from infra.bench import meter, units


@dataclasses.dataclass(slots=True)
class Check:
    """What was compared: writes, units by the rule, units that the engine reported."""

    writes: int = 0
    by_rule: float = 0
    reported: float = 0


class _Pricer(BaseHistoryHandler):
    """Sees each call of the process: looks at the items before it and after it."""

    def __init__(self, check: Check) -> None:
        self.check = check
        self.ended = False
        self._client = boto3.client("dynamodb")
        self._tables: dict[str, tuple[tuple[str, ...], list[units.Index]]] = {}
        self._looking = False
        self._asked: tuple[str, Mapping[str, Any]] = ("", {})
        self._before: units.Item | None = None

    def emit(self, event_type: str, payload: Any, source: str) -> None:
        """Called by botocore: a call begins, or its answer was read."""
        if self._looking or self.ended:
            return
        if event_type == "API_CALL":
            self._asked = (payload["operation"], payload["params"])
            if payload["operation"] in ("PutItem", "UpdateItem", "DeleteItem"):
                self._before = self._look(payload["params"])
        elif event_type == "PARSED_RESPONSE" and "Error" not in payload:
            operation, params = self._asked
            if operation in ("PutItem", "UpdateItem", "DeleteItem"):
                after = self._look(params)
                _, indexes = self._table(params["TableName"])
                self.check.writes += 1
                self.check.by_rule += units.write_units(self._before, after, indexes)
                self.check.reported += sum(meter.write_units(operation, params, payload).values())

    def _look(self, params: Mapping[str, Any]) -> units.Item | None:
        self._looking = True
        try:
            names, _ = self._table(params["TableName"])
            given = params.get("Key") or params["Item"]
            key = {name: given[name] for name in names}
            answer = self._client.get_item(
                TableName=params["TableName"], Key=key, ConsistentRead=True
            )
            return answer.get("Item")
        finally:
            self._looking = False

    def _table(self, name: str) -> tuple[tuple[str, ...], list[units.Index]]:
        """Keys and indexes of a table; asked for the first time while looking."""
        if name not in self._tables:
            table = self._client.describe_table(TableName=name)["Table"]
            keys = _names(table["KeySchema"])
            indexes = [_index(entry, keys) for entry in table.get("GlobalSecondaryIndexes", ())]
            self._tables[name] = keys, indexes
        return self._tables[name]


@contextlib.contextmanager
def checking() -> Iterator[Check]:
    """Price every single write inside of the ``with`` block a second time."""
    check = Check()
    recorder = get_global_history_recorder()
    pricer = _Pricer(check)
    recorder.add_handler(pricer)
    recorder.enable()
    try:
        yield check
    finally:
        recorder.disable()
        pricer.ended = True


def _index(entry: Mapping[str, Any], table_keys: tuple[str, ...]) -> units.Index:
    keys = _names(entry["KeySchema"])
    projection = entry["Projection"]
    if projection["ProjectionType"] == "ALL":
        return units.Index(keys, None)
    others = projection.get("NonKeyAttributes", ())
    return units.Index(keys, frozenset((*keys, *table_keys, *others)))


def _names(schema: list[Mapping[str, str]]) -> tuple[str, ...]:
    return tuple(element["AttributeName"] for element in schema)
