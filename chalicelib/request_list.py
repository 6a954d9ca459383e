"""The newest requests to the API as a page: ``/users/requests`` (operations.md 8.7).

Which ones there are, ``api_requests`` says. The page tells no key, also not one that was typed
to look for it.
"""

import datetime as dt
import re
from typing import Any
from urllib.parse import urlencode

from chalicelib import account_list_panels, api_requests, layout, markup, query
from chalicelib.answers import Answer
from chalicelib.store import keys
from chalicelib.users import Visit

PATH = "/users/requests"
PAGE_SIZE = 50

#: ``key`` → how the menu calls it.
_KINDS = {"": "all", "internal": "of admins", "external": "of others", "other": "without ids"}
_HASH = re.compile(rf"[0-9a-f]{{{keys.PREFIX_LENGTH},64}}")
_HEAD = ("Time (UTC)", "Key", "Info", "Source", "Ids", "Tables, ms", "Rest, ms")


def show(visit: Visit) -> Answer:
    """``GET /users/requests``: the newest first, 50 a page.

    ``q`` is a key, its hash or the beginning of it; ``key`` and ``page`` are as in the API.
    Errors: RequestError 404 on a page that cannot be.
    """
    q, kind = _name(visit.params.get("q", "").strip()), visit.params.get("key", "")
    number = query.page_number(visit.params)
    today = dt.datetime.now(dt.UTC).date()
    role = visit.me.account.role
    found = api_requests.page(role, {"q": q, "key": kind}, today)["data"]
    shown = found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    root = visit.request.root
    table = layout.table(_HEAD, [_row(request, root) for request in shown])
    body = (
        f"<h1>Requests to the API</h1>{_search(root + PATH, q, kind)}"
        f'<p class="muted">Found: {len(found):,}, the newest of the last 30 days</p>'
        f"{table if shown else '<p>There are no such requests.</p>'}"
        + account_list_panels.pages(
            root + PATH, {"q": q, "key": kind}, number, -(-len(found) // PAGE_SIZE)
        )
    )
    return visit.page("Requests to the API", body)


def _name(text: str) -> str:
    """What a key is called, of its text or its hash; "" for nothing."""
    if text and not _HASH.fullmatch(text.lower()):
        text = keys.hash_of(text)
    return text.lower()[: keys.PREFIX_LENGTH]


def _row(request: dict[str, Any], root: str) -> list[str]:
    name = request["api_key"]
    owner = f"{root}/users?{urlencode({'query': name})}"
    return [
        request["date"].replace("T", " ").removesuffix("Z"),
        f"<code>{layout.link(owner, name)}</code>",
        *(markup.text(request[field] or "") for field in ("info", "source", "ids")),
        f"{request['db_duration']:,.0f}",
        f"{request['view_duration']:,.0f}",
    ]


def _search(at: str, q: str, kind: str) -> str:
    options = "".join(
        f'<option value="{value}"{" selected" if value == kind else ""}>{title}</option>'
        for value, title in _KINDS.items()
    )
    return (
        f'<form method="get" action="{markup.text(at)}"><p><label for="q">Key, or the first '
        f'{keys.PREFIX_LENGTH} digits of its hash</label><input id="q" name="q" '
        f'value="{markup.text(q)}" maxlength="200"></p>'
        f'<p><label for="key">Which</label><select id="key" name="key">{options}</select></p>'
        '<p><button type="submit">Show</button></p></form>'
    )
