"""What a function does in the control table, held to its policy: moto and the embedded cloud
look at no keys of items.

with acting_as("worker") as used:
    worker.run(job, now, lambda: 900.0)     # fails where a kind is not in its line of GRANTS
used                                        # {("GetItem", "source"), ...}
"""

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.client import BaseClient

from infra import policies
from tests.conftest import STACK

#: An action and the kind of the item that it is done to.
Use = tuple[str, str]

_CONTROL = f"{STACK}-control"
_EQUALS = re.compile(r"(#\w+) = (:\w+)")
_IN_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


def granted(function: str) -> set[Use]:
    """What a function may do in the control table, kind by kind."""
    return {
        (action, kind)
        for name, actions in policies.GRANTS[function]["dynamodb"].items()
        if name.partition("#")[0] == "control"
        for kind in name.partition("#")[2].split(",")
        for action in actions
    }


@contextlib.contextmanager
def acting_as(function: str) -> Iterator[set[Use]]:
    """While this process does what a function does; what it has used so far."""
    may, used = granted(function), set[Use]()
    call = BaseClient._make_api_call

    def held(client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        for use in _uses(operation, arguments):
            assert use in may, f"The policy of {function} lacks {use}."
            used.add(use)
        return call(client, operation, arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", held)
        yield used


def _uses(operation: str, arguments: dict[str, Any]) -> Iterator[Use]:
    if operation == "TransactWriteItems":
        for item in arguments["TransactItems"]:
            ((name, given),) = item.items()
            if given["TableName"] == _CONTROL:
                yield _IN_TRANSACTIONS[name], _kind(given)
    elif operation == "BatchGetItem":
        for key in arguments["RequestItems"].get(_CONTROL, {}).get("Keys", ()):
            yield operation, key["kind"]["S"]
    elif operation == "BatchWriteItem":
        for request in arguments["RequestItems"].get(_CONTROL, ()):
            ((_, given),) = request.items()
            yield operation, _kind(given)
    elif arguments.get("TableName") == _CONTROL:
        yield operation, _asked_for(arguments) if operation == "Query" else _kind(arguments)


def _kind(given: dict[str, Any]) -> str:
    return str((given.get("Item") or given["Key"])["kind"]["S"])


def _asked_for(query: dict[str, Any]) -> str:
    names = query["ExpressionAttributeNames"]
    (value,) = (
        value
        for name, value in _EQUALS.findall(query["KeyConditionExpression"])
        if names[name] == "kind"
    )
    return str(query["ExpressionAttributeValues"][value]["S"])
