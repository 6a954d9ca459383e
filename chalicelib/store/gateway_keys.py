"""API keys as API Gateway sees them: a value to count by, in a usage plan.

The gateway's value of a key is the SHA-256 of the key's text, as everywhere else here: who
reads the gateway's list of keys cannot call the API with what it shows. The gateway learns
the value of a request from our authorizer (``usageIdentifierKey``), never from the caller.
The plans are made by ``infra.gateway`` at deployment.
"""

import contextlib
import functools
import hashlib
from collections.abc import Collection, Iterator
from typing import Any

from chalicelib.errors import ConfigurationError

_STANDARD, _ANONYMOUS = "standard", "anonymous"


def plan_name(stack: str, kind: str) -> str:
    """The name of the stack's usage plan of a kind, ``standard`` or ``anonymous``."""
    return f"{stack}-{kind}"


def anonymous_value(stack: str) -> str:
    """The value under which requests without a known key are counted, all together.

    It opens nothing, so that it may be known: the app asks for a real key all the same.
    """
    return hashlib.sha256(f"anonymous:{stack}".encode()).hexdigest()


def create_gateway_key(stack: str, key_hash: str, name: str) -> None:
    """Make the gateway's side of an API key. ``key_hash``: SHA-256 in hex; ``name``: whose.

    Repeating it for a key that is there already mends its place in the plan.
    Errors: ConfigurationError if the stack has no usage plan yet.
    """
    _create(stack, _STANDARD, key_hash, f"{_prefix(stack, key_hash)}-{name}")


def create_anonymous_key(stack: str) -> None:
    """Make the key that requests without a known key count as."""
    _create(stack, _ANONYMOUS, anonymous_value(stack), f"{stack}-anonymous")


def delete_gateway_key(stack: str, key_hash: str) -> bool:
    """Take a key out of the gateway; whether it was there."""
    key_id = _key_id(_prefix(stack, key_hash), key_hash)
    if key_id is None:
        return False
    _gateway().delete_api_key(apiKey=key_id)
    return True


def sweep(stack: str, known: Collection[str]) -> int:
    """Take the keys of a stack out of the gateway that are not among the known ones; how many.

    ``known`` are hashes, as the gateway's values are.
    """
    left = [
        key
        for key in _listed("get_api_keys", nameQuery=f"{stack}-", includeValues=True)
        if key["name"].startswith(_prefix(stack, key["value"])) and key["value"] not in known
    ]
    for key in left:
        _gateway().delete_api_key(apiKey=key["id"])
    return len(left)


def _prefix(stack: str, key_hash: str) -> str:
    """How the gateway's name of a key begins: the gateway finds keys by nothing else."""
    return f"{stack}-{key_hash[:16]}"


def _create(stack: str, kind: str, value: str, name: str) -> None:
    plan_id = _plan_id(plan_name(stack, kind))
    key_id = _key_id(name, value)
    if key_id is None:
        key_id = _gateway().create_api_key(name=name, value=value, enabled=True)["id"]
    with contextlib.suppress(_gateway().exceptions.ConflictException):  # in the plan already
        _gateway().create_usage_plan_key(usagePlanId=plan_id, keyId=key_id, keyType="API_KEY")


def _plan_id(name: str) -> str:
    for plan in _listed("get_usage_plans"):
        if plan["name"] == name:
            return str(plan["id"])
    stage = name.partition("-")[2].rpartition("-")[0]
    raise ConfigurationError(
        f"There is no usage plan {name}: deploy first, with `make deploy STAGE={stage}`."
    )


def _key_id(name_prefix: str, value: str) -> str | None:
    for key in _listed("get_api_keys", nameQuery=name_prefix, includeValues=True):
        if key.get("value") == value:
            return str(key["id"])
    return None


def _listed(operation: str, **arguments: Any) -> Iterator[dict[str, Any]]:
    pages = _gateway().get_paginator(operation)
    for page in pages.paginate(**arguments, PaginationConfig={"PageSize": 500}):
        yield from page.get("items", [])


@functools.cache
def _gateway() -> Any:
    import boto3

    return boto3.client("apigateway")
