"""API keys as API Gateway sees them: a value to count by, in a usage plan.

The gateway's value of a key is the SHA-256 of the key's text, as everywhere else here: who
reads the gateway's list of keys cannot call the API with what it shows. The gateway learns
the value of a request from our authorizer (``usageIdentifierKey``), never from the caller.
The plans are declared here and made by ``infra.gateway`` at deployment.
"""

import contextlib
import dataclasses
import functools
import hashlib
from collections.abc import Callable, Collection, Iterator
from typing import Any

from chalicelib.errors import ConfigurationError


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """Limits for each key of a usage plan: requests a second, at once, and a day (None: any)."""

    kind: str
    rate_per_second: int
    burst: int
    quota_per_day: int | None


STANDARD = Plan("standard", rate_per_second=10, burst=20, quota_per_day=100_000)
# The others are shared: all requests of a kind that come without a known key count as one key.
ANONYMOUS = Plan("anonymous", rate_per_second=5, burst=20, quota_per_day=20_000)
#: With a name and a password. A day's quota could be used up by anybody, for everybody.
PEOPLE = Plan("people", rate_per_second=5, burst=20, quota_per_day=None)
#: POSTs without a key that the gateway sees: it may be in the body. The app holds such a key to
#: its day (``callers``).
POSTS = Plan("posts", rate_per_second=10, burst=20, quota_per_day=None)
SHARED = (ANONYMOUS, PEOPLE, POSTS)

#: What is answered to a key that has used up its day, by the gateway and by the app.
USED_UP = "The daily limit is used up."
USED_UP_RETRY_SECONDS = 3600


def plan_name(stack: str, plan: Plan) -> str:
    """The name of one of the stack's usage plans."""
    return f"{stack}-{plan.kind}"


def shared_value(stack: str, plan: Plan) -> str:
    """The value under which the requests of a shared plan are counted, all together.

    It opens nothing, so that it may be known: the app asks for a real key all the same.
    """
    return hashlib.sha256(f"{plan.kind}:{stack}".encode()).hexdigest()


def create_gateway_key(stack: str, key_hash: str, name: str) -> None:
    """Make the gateway's side of an API key. ``key_hash``: SHA-256 in hex; ``name``: whose.

    Repeating it for a key that is there already mends its place in the plan.
    Errors: ConfigurationError if the stack has no usage plan yet.
    """
    _create(stack, STANDARD, key_hash, f"{_prefix(stack, key_hash)}-{name}")


def create_shared_key(stack: str, plan: Plan) -> None:
    """Make the key that the requests of a shared plan count as."""
    _create(stack, plan, shared_value(stack, plan), plan_name(stack, plan))


def delete_gateway_key(stack: str, key_hash: str) -> bool:
    """Take a key out of the gateway; whether it was there."""
    key_id = _key_id(_prefix(stack, key_hash), key_hash)
    if key_id is None:
        return False
    _gateway().delete_api_key(apiKey=key_id)
    return True


def sweep(stack: str, known: Callable[[], Collection[str]]) -> int:
    """Take the keys of a stack out of the gateway that are not among the known ones; how many.

    ``known`` reads hashes, as the gateway's values are, after the gateway's list: a key is kept
    here first when it is made, so that none that was made meanwhile is taken for unknown.
    """
    listed = [
        key
        for key in _listed("get_api_keys", nameQuery=f"{stack}-", includeValues=True)
        if key["name"].startswith(_prefix(stack, key["value"]))
    ]
    hashes = known()
    left = [key for key in listed if key["value"] not in hashes]
    for key in left:
        _gateway().delete_api_key(apiKey=key["id"])
    return len(left)


def _prefix(stack: str, key_hash: str) -> str:
    """How the gateway's name of a key begins: the gateway finds keys by nothing else."""
    return f"{stack}-{key_hash[:16]}"


def _create(stack: str, plan: Plan, value: str, name: str) -> None:
    plan_id = _plan_id(plan_name(stack, plan))
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
