"""The gateway's authorizer: finds a request's key and says whose limits the request counts to.

It never refuses. A request without a known key counts to the anonymous plan, all of them
together, and goes on to the app, which answers 401 in the words of the API.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib import callers, settings
from chalicelib.store import gateway_keys, keys


def authorize(event: Mapping[str, Any]) -> dict[str, Any]:
    """The policy for a request that API Gateway describes (a REQUEST event).

    Shape: ``context`` has key_hash ("" if no key came), owner and role ("" if the key is not
    known); ``usageIdentifierKey`` is the gateway's value of the key.
    """
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    params = event.get("multiValueQueryStringParameters") or {}
    text = callers.presented(headers, params)
    usable = 0 < len(text) <= callers.KEY_LIMIT_CHARACTERS
    key = keys.find(text) if usable else None
    context = {
        callers.KEY_HASH: keys.hash_of(text) if text else "",
        callers.OWNER: key.owner if key else "",
        callers.ROLE: key.role if key else "",
    }
    return {
        "principalId": key.hash if key else "anonymous",
        "policyDocument": _allow(str(event["methodArn"])),
        "context": context,
        "usageIdentifierKey": (
            key.hash if key else gateway_keys.anonymous_value(settings.load().stack)
        ),
    }


def _allow(method_arn: str) -> dict[str, Any]:
    """Leave to call every method of the API's stage (…:api/stage/GET/path)."""
    api, stage, *_ = method_arn.split("/")
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Action": "execute-api:Invoke",
                "Effect": "Allow",
                "Resource": [f"{api}/{stage}/*"],
            }
        ],
    }
