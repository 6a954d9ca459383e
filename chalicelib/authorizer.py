"""The gateway's authorizer: finds a request's key and says whose limits the request counts to.

A request without a known key counts to a plan that all such requests share (``gateway_keys``),
and goes on to the app, which answers 401 in the words of the API. There is a plan for requests
with a name and a password (``Authorization: Basic``), which are no key; with a key beside them
they count to that. And there is one for POSTs: their key may be in the body, which no authorizer
is shown. So those who come with nothing can use up neither.

It refuses only requests to API v4 without a name, and to the feed of alerts without a name and a
key: the answer needs the header WWW-Authenticate, which the gateway takes out of all that
functions answer, and so it gives this one itself (``infra.gateway``).
"""

from collections.abc import Mapping
from typing import Any

from chalicelib import callers, settings
from chalicelib.errors import LagottoError
from chalicelib.store import gateway_keys, keys
from chalicelib.store.gateway_keys import Plan

#: The paths of the gateway that are for people with an account.
_WITH_NAME = "/api/v4/"
#: The path that takes a key, too.
_WITH_NAME_OR_KEY = "/alerts.rss"


class Unauthorized(LagottoError):
    """Nobody signed in. The gateway knows the error by its text."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


def authorize(event: Mapping[str, Any]) -> dict[str, Any]:
    """The policy for a request that API Gateway describes (a REQUEST event).

    Shape: ``context`` has key_hash ("" if no key came), owner and role ("" if the key is not
    known); ``usageIdentifierKey`` is the gateway's value of the key.
    Errors: Unauthorized where a name and a password are asked for and none came.
    """
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    params = event.get("multiValueQueryStringParameters") or {}
    text = callers.presented(headers, params)
    path = str(event.get("resource", ""))
    wanted = path.startswith(_WITH_NAME) or (path == _WITH_NAME_OR_KEY and not text)
    if wanted and not callers.signs_in(headers):
        raise Unauthorized
    usable = 0 < len(text) <= callers.KEY_LIMIT_CHARACTERS
    key = keys.find(text) if usable else None
    context = {
        callers.KEY_HASH: keys.hash_of(text) if text else "",
        callers.OWNER: key.owner if key else "",
        callers.ROLE: key.role if key else "",
    }
    shared = _shared_plan(headers, text, str(event.get("httpMethod", "")))
    return {
        "principalId": key.hash if key else shared.kind,
        "policyDocument": _allow(str(event["methodArn"])),
        "context": context,
        "usageIdentifierKey": (
            key.hash if key else gateway_keys.shared_value(settings.load().stack, shared)
        ),
    }


def _shared_plan(headers: Mapping[str, str], text: str, method: str) -> Plan:
    """The plan of a request whose key is not known; ``text`` is that key, "" without one."""
    if callers.signs_in(headers):
        return gateway_keys.PEOPLE
    if method == "POST" and not text:
        return gateway_keys.POSTS
    return gateway_keys.ANONYMOUS


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
