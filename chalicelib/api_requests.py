"""The list of requests to the API (api.md 7.6): which ones a caller means, and how they look.

Newest first, the newest 1000 that are meant, as 3.9 keeps no more; hence all are on one page.
They are at most 30 days old, and of the latest ``requests.READ_LIMIT``. No list tells a key.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from chalicelib import abilities, lagotto_v4, query
from chalicelib.errors import RequestError
from chalicelib.parameters import TEXT, Parameter, Reader
from chalicelib.store import keys, requests
from chalicelib.store.requests import ApiRequest

PAGE_SIZE = 1000
#: How the names of 3.9's controllers begin, which stand in place of identifiers.
CONTROLLERS = "Api::"

#: The values of ``key``. 3.9's ``internal`` means the key of its own pages, which is the first
#: admin's; here it means the keys of all admins, by their role at the time of the request.
_KINDS: Mapping[str, Callable[[ApiRequest], bool]] = {
    "internal": lambda request: request.internal,
    "external": lambda request: not request.internal,
    "other": lambda request: (request.ids or "").startswith(CONTROLLERS),
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which requests are meant: those of the key ``q``, or else of one of three kinds, or all."""

    q: str = ""
    kind: str = ""
    page: int = 1


REQUESTS = Reader(
    Wish,
    q=Parameter(
        "q",
        "Only those with this API key; its hash, or the beginning of it that is told, says the"
        " same.",
        TEXT,
        str,
    ),
    kind=Parameter(
        "key",
        "`internal`: with the key of an admin; `external`: with another; `other`: without"
        " `ids` and `source`. Anything else counts as absent, as does all beside `q`.",
        {"type": "string", "enum": [*_KINDS]},
        str,
    ),
    page=query.PAGE,
)


def page(role: str, params: Mapping[str, str], today: dt.date) -> dict[str, Any]:
    """The page that the parameters ask for, in the envelope of api.md 1.8.

    ``q`` is an API key, its hash or the beginning of it that lists show, and goes before
    ``key``: ``internal``, ``external`` or ``other``, else all.
    Errors: RequestError 401 if the role may not see it, 404 on a page that cannot be.
    """
    if not abilities.may(role, "R", "api_requests"):
        raise RequestError(lagotto_v4.NOT_AUTHORIZED, status=401)
    wish = REQUESTS.read(params)
    number = wish.page
    found = list(islice(filter(_wanted(wish), requests.newest(today)), PAGE_SIZE))
    start = (number - 1) * PAGE_SIZE
    return {
        "total": len(found),
        "total_pages": 1 if found else 0,
        "page": number if found else 0,
        "error": None,
        "data": [_shown(request) for request in found[start : start + PAGE_SIZE]],
    }


def _wanted(wish: Wish) -> Callable[[ApiRequest], bool]:
    if wish.q:
        names = {wish.q.lower(), keys.hash_of(wish.q)}
        return lambda request: bool(
            names & {request.key_hash, request.key_hash[: keys.PREFIX_LENGTH]}
        )
    return _KINDS.get(wish.kind, lambda request: True)


def _shown(request: ApiRequest) -> dict[str, Any]:
    return {
        "api_key": request.key_hash[: keys.PREFIX_LENGTH],
        "info": request.info,
        "source": request.source,
        "ids": request.ids,
        "db_duration": request.db_duration,
        "view_duration": request.view_duration,
        "date": request.at,
    }
