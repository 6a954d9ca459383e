"""All accounts: ``/users``, and what admins change there (operations.md 6.5).

Nobody changes or deletes his own account here: an installation keeps an admin, and who gives up
a role by mistake could not take it back. Accounts are not made here: who signs in makes his own.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from chalicelib import (
    abilities,
    account_list_panels,
    account_page,
    account_rules,
    answers,
    key_panels,
    query,
    users,
)
from chalicelib.account_list_panels import Listed, View
from chalicelib.answers import Answer
from chalicelib.errors import RequestError
from chalicelib.store import accounts, keys
from chalicelib.store.accounts import Account
from chalicelib.store.keys import Key
from chalicelib.users import Visit

PATH = "/users"
PAGE_SIZE = 15
#: A shorter beginning of a hash is more likely part of a name.
SHORTEST_PREFIX = 4

#: What was done, as the address of the page tells it, and what is said of it.
DONE: Mapping[str, str] = {
    "changed": "The account is changed.",
    "deleted": "The account is deleted and its keys are revoked.",
    "revoked": "The key is revoked. Requests under way may see it for another minute.",
}


def show(visit: Visit) -> Answer:
    """``GET /users``: the accounts by name, 15 a page.

    ``query`` is part of a name or mail address, a key or the beginning of its hash, ``role`` a
    role, ``page`` a number. Errors: RequestError 404 on a page that cannot be.
    """
    text, role = visit.params.get("query", "").strip(), visit.params.get("role", "")
    number = query.page_number(visit.params)
    now = dt.datetime.now(dt.UTC)
    by_account = _keys_by_account(now)
    found = [
        account
        for account in accounts.find_all()
        if role in ("", account.role) and _matches(account, text, by_account)
    ]
    shown = found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    used = account_page.usage(
        [key for account in shown for key in _keys_of(account, by_account)], now.date()
    )
    me = visit.me.account
    view = View(
        listed=[
            Listed(
                account=account,
                keys=_keys_of(account, by_account),
                publisher=account_page.publisher_name(account.publisher_id),
                own=account.name == me.name,
            )
            for account in shown
        ],
        usage=used,
        today=now.date(),
        total=len(found),
        page=number,
        pages=-(-len(found) // PAGE_SIZE),
        query=text,
        role=role,
        may_change=abilities.may(me.role, "U", "accounts"),
        root=visit.request.root,
        form_token=visit.form_token,
    )
    notice = DONE.get(visit.params.get("done", ""), "")
    body = account_list_panels.page(view, notice)
    return visit.page("Accounts", body, style=key_panels.STYLE)


def change(visit: Visit) -> Answer:
    """``POST /users/<name>``: ``role`` and ``publisher`` of somebody else; what is not sent stays.

    His keys have the new role at once; reports that it may not read are no longer sent.
    """
    account = _other(visit)
    fields: dict[str, str | int | None] = {}
    if "role" in visit.params:
        fields["role"] = account_rules.role(visit.params["role"])
    if "publisher" in visit.params:
        fields["publisher_id"] = account_rules.publisher(visit.params["publisher"], account)
    account_rules.change(account, **fields)
    return _back(visit, "changed", account.name)


def delete(visit: Visit) -> Answer:
    """``POST /users/<name>/delete``, with ``confirm``: delete an account, revoke its keys."""
    account = _other(visit)
    account_page.confirmed(visit)
    _, left = account_rules.delete(account)
    for error in left:
        users.tell_operator(visit.request, error)
    return _back(visit, "deleted")


def revoke_key(visit: Visit) -> Answer:
    """``POST /users/<name>/keys/<prefix>/revoke``, with ``confirm``: end somebody's key."""
    account = _other(visit)
    key = account_page.of_prefix(account, visit.names["prefix"])
    account_page.confirmed(visit)
    account_page.revoke(visit, key)
    return _back(visit, "revoked", account.name)


def _other(visit: Visit) -> Account:
    """The account that the path names. Errors: RequestError 404, 403 for one's own."""
    name = accounts.folded(account_list_panels.name_in(visit.names["name"]))
    account = accounts.of_name(name)
    if account is None:
        raise RequestError(f"There is no account {name!r}.", status=404)
    if name == accounts.folded(visit.me.account.name):
        raise RequestError("Another admin has to do this to your own account.", status=403)
    return account


def _keys_by_account(now: dt.datetime) -> dict[str, list[Key]]:
    """Folded name → the account's keys that are not at their end, oldest first."""
    found: dict[str, list[Key]] = {}
    for key in keys.find_all():
        if key.account and not key.has_ended(now):
            found.setdefault(key.account, []).append(key)
    return found


def _keys_of(account: Account, by_account: Mapping[str, Sequence[Key]]) -> Sequence[Key]:
    return by_account.get(accounts.folded(account.name), ())


def _matches(account: Account, text: str, by_account: Mapping[str, Sequence[Key]]) -> bool:
    part = accounts.folded(text)
    if any(part in name.casefold() for name in (account.name, account.full_name, account.email)):
        return True
    name = keys.hash_of(text)
    return len(part) >= SHORTEST_PREFIX and any(
        key.hash == name or key.hash.startswith(part) for key in _keys_of(account, by_account)
    )


def _back(visit: Visit, done: str, name: str = "") -> Answer:
    params = {"done": done} | ({"query": name} if name else {})
    return answers.redirect(visit.request, f"{PATH}?{urlencode(params)}", 303)
