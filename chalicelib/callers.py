"""Who calls: the API key of a request and what it stands for.

A key arrives as ``?api_key=`` (or in a form), in the header ``x-api-key``, or as
``Authorization: Token token=…``. Behind the gateway our authorizer has looked it up already
and says so in the request's context; only keys in a form's body it cannot see. So the gateway
does not know whose day such a request is of, and it is held to that here. No key: no table is
read.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib import lagotto
from chalicelib.errors import RequestError
from chalicelib.store import gateway_keys, keys, requests
from chalicelib.store.keys import Key

#: What the authorizer puts into the context of a request.
KEY_HASH, OWNER, ROLE = "key_hash", "owner", "role"

#: How the header begins that brings a name and a password, spelt just so (api.md 3.1).
BASIC = "Basic "

#: No key is longer; what is longer is not even hashed.
KEY_LIMIT_CHARACTERS = 200

_TOKEN = re.compile(r'\s*token\s+(?:token\s*=\s*)?"?([^\s",;]+)"?', re.IGNORECASE)


def find(
    authorizer: Mapping[str, Any] | None, headers: Mapping[str, str], params: Mapping[str, str]
) -> Key:
    """The key of a request.

    Errors: RequestError 401 without a known one; 429 if it came in the body and its day is over.
    """
    if authorizer is None or ROLE not in authorizer:
        return _known(presented(headers, params))
    if role := authorizer[ROLE]:
        name, owner = str(authorizer[KEY_HASH]), str(authorizer.get(OWNER, ""))
        return Key(hash=name, owner=owner, role=str(role), created_at="")
    # Of a key that the authorizer saw and does not know there is nothing to look up.
    key = _known("" if authorizer.get(KEY_HASH) else params.get("api_key", ""))
    _hold_to_its_day(key)
    return key


def _known(text: str) -> Key:
    """Errors: RequestError 401 for a text that is no known key."""
    key = keys.find(text) if 0 < len(text) <= KEY_LIMIT_CHARACTERS else None
    if key is None:
        raise RequestError(lagotto.WRONG_KEY, status=401)
    return key


def _hold_to_its_day(key: Key) -> None:
    """Errors: RequestError 429 if a key was used today as often as its plan allows."""
    today = dt.datetime.now(dt.UTC).date()
    used = requests.usage([key.hash], today, today)[key.hash].get(today, 0)
    allowed = gateway_keys.STANDARD.quota_per_day
    if allowed is not None and used >= allowed:
        raise RequestError(
            gateway_keys.USED_UP,
            status=429,
            retry_after_seconds=gateway_keys.USED_UP_RETRY_SECONDS,
        )


def signs_in(headers: Mapping[str, str]) -> bool:
    """Whether a request brings a name and a password, right or wrong. Headers in lower case."""
    return headers.get("authorization", "").startswith(BASIC)


def presented(headers: Mapping[str, str], params: Mapping[str, str | Sequence[str]]) -> str:
    """The text of the key that a request brings, "" without one. Headers in lower case."""
    parameter = params.get("api_key") or ""
    if not isinstance(parameter, str):
        parameter = parameter[-1]
    token = _TOKEN.match(headers.get("authorization", "")[:1000])
    return parameter or headers.get("x-api-key", "") or (token[1] if token else "")
