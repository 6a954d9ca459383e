"""One's own account: ``/users/me`` and what is changed there (operations.md 6.4).

Each function reads the fields of its own form and nothing else of what is sent. Nobody can
delete his own account: an admin does that.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib import account_panels, account_rules, answers, key_panels, sessions, settings, users
from chalicelib.account_panels import View
from chalicelib.answers import Answer
from chalicelib.errors import RequestError
from chalicelib.key_panels import Usage
from chalicelib.store import account_keys, accounts, passwords, publishers, requests
from chalicelib.store.account_keys import KeyGone, KeyLeft, KeyNotMade, TooManyKeys, TooManyMade
from chalicelib.store.accounts import Account
from chalicelib.store.keys import Key
from chalicelib.users import Visit

OWN_ACCOUNT = "/users/me"
#: Where an ORCID iD is linked, if this is set up.
ORCID = "/users/auth/orcid"
#: How long a key that was replaced still opens, unless it ends at once.
GRACE = dt.timedelta(days=1)

#: What was done, as the address of the page tells it, and what is said of it.
DONE: Mapping[str, str] = {
    "name": "Your name is changed.",
    "publisher": "Your publisher is changed.",
    "password": "Your password is changed.",
    "no_password": "Your password is removed; you can no longer use API v4.",
    "subscribed": "You will get this report.",
    "unsubscribed": "You will not get this report any more.",
    "mail": "Your mail address is changed: links to sign in go there from now on.",
    "orcid": "Your ORCID iD is linked: you can sign in with it.",
    "no_orcid": "Your ORCID iD is no longer linked: nobody signs in with it.",
    "revoked": "The key is revoked. Requests under way may see it for another minute.",
}
_NO_KEY = (
    "There is no such key (any more): it was replaced or revoked, or has ended. If it was replaced "
    "just now, as by a second click, the new key was shown only once: if you did not see it, "
    "revoke it and make another one."
)
_NO_OTHER_WAY = (
    "Without a mail address the ORCID iD is your only way to sign in. Add a mail address first."
)
_NOT_MADE = (
    "API Gateway did not take the key, so none was made. The operator of this site has been told; "
    "try again later."
)


def show(visit: Visit) -> Answer:
    """``GET /users/me``: the page, or for programs that ask for it JSON."""
    if users.asks_for_json(visit.request):
        return answers.found(visit.request, _document(visit.me.account), {})
    return _page(visit, notice=DONE.get(visit.params.get("done", ""), ""))


def create_key(visit: Visit) -> Answer:
    """``POST /users/me/keys``: make a key; the answer is the only one that shows it."""
    return _with_new_key(visit, lambda: account_keys.create(visit.me.account, _now()))


def rotate_key(visit: Visit) -> Answer:
    """``POST /users/me/keys/<prefix>/rotate``: another key in place of one.

    The old one is good for another day, or ends ``at_once``.
    """
    account = visit.me.account
    key = of_prefix(account, visit.names["prefix"])
    grace = dt.timedelta(0) if visit.params.get("at_once") else GRACE
    return _with_new_key(
        visit, lambda: account_keys.replace(key, _now(), grace=grace, account=account)
    )


def revoke_key(visit: Visit) -> Answer:
    """``POST /users/me/keys/<prefix>/revoke``, with ``confirm``: end a key."""
    key = of_prefix(visit.me.account, visit.names["prefix"])
    confirmed(visit)
    revoke(visit, key)
    return _back(visit, "revoked", "keys")


def elsewhere(visit: Visit) -> Answer:
    """``GET /users/<name>``: whatever the name is, one's own account (operations.md 6.4)."""
    return answers.redirect(visit.request, OWN_ACCOUNT)


def unlink_orcid(visit: Visit) -> Answer:
    """``POST /users/me/orcid/delete``: who signs in with the ORCID iD gets a new account then."""
    if not visit.me.account.email:
        raise RequestError(_NO_OTHER_WAY, status=409)
    return _set(visit, "no_orcid", orcid="")


def subscribe(visit: Visit) -> Answer:
    """``POST /users/me/reports``: ``subscribe`` or ``unsubscribe`` is the name of a report."""
    account = visit.me.account
    wanted, unwanted = visit.params.get("subscribe"), visit.params.get("unsubscribe")
    if wanted:
        account_rules.check_reports(account.role, [wanted])
    reports = (account.subscriptions | {*filter(None, [wanted])}) - {unwanted}
    account_rules.change(account, subscriptions=reports)
    return _back(visit, "subscribed" if wanted else "unsubscribed", "reports")


def set_name(visit: Visit) -> Answer:
    """``POST /users/me/name``: ``full_name`` is how one is called; the account keeps its name."""
    return _set(visit, "name", full_name=account_rules.text(visit.params.get("full_name", "")))


def set_publisher(visit: Visit) -> Answer:
    """``POST /users/me/publisher``: ``publisher`` is the number of one that is known here."""
    typed = visit.params.get("publisher", "")
    number = account_rules.publisher(typed, visit.me.account)
    return _set(visit, "publisher", publisher_id=number)


def set_password(visit: Visit) -> Answer:
    """``POST /users/me/password``: ``password``, the same as ``password_confirmation``.

    Who has a password gives it as ``current_password``. All other sessions of the account end.
    """
    _check_password(visit)
    password = account_rules.password(visit.params.get("password", ""))
    if visit.params.get("password_confirmation") != password:
        raise RequestError("The new password is not the same both times.", status=422)
    given = _set(visit, "password", password=password, session_word=accounts.new_session_word())
    changed = accounts.of_name(accounts.folded(visit.me.account.name)) or visit.me.account
    cookie = sessions.start(visit.request, changed)
    return dataclasses.replace(given, headers=given.headers | {"Set-Cookie": cookie})


def remove_password(visit: Visit) -> Answer:
    """``POST /users/me/password/delete``, with ``current_password``."""
    _check_password(visit)
    return _set(visit, "no_password", password_hash="")


def of_prefix(account: Account, prefix: str) -> Key:
    """The account's key whose hash begins like this. Errors: RequestError 404."""
    for key in account_keys.live(account, _now()):
        if key_panels.prefix(key) == prefix:
            return key
    raise RequestError(_NO_KEY, status=404)


def confirmed(visit: Visit) -> None:
    """Errors: RequestError 422 unless the box was ticked that stands beside the button."""
    if not visit.params.get("confirm"):
        raise RequestError("Nothing is done yet: tick the box beside the button too.", status=422)


def revoke(visit: Visit, key: Key) -> None:
    """End a key; the operator is told if the gateway keeps its side of it."""
    try:
        account_keys.revoke(key)
    except KeyLeft as error:  # it opens nothing any more, which is what was asked for
        users.tell_operator(visit.request, error)


def usage(found: Sequence[Key], today: dt.date) -> Mapping[str, Usage]:
    """The use of keys by their hashes, within the days that are shown."""
    return requests.usage([key.hash for key in found], key_panels.days(today)[0], today)


def publisher_name(publisher_id: int | None) -> str:
    """A publisher as people see it, "" for none."""
    if publisher_id is None:
        return ""
    known = publishers.get(str(publisher_id))
    return f"{known.name} ({publisher_id})" if known else f"Crossref member {publisher_id}"


def _with_new_key(visit: Visit, make: Callable[[], tuple[str, Key]]) -> Answer:
    """The page with a key that is made now. Errors: RequestError if it is not."""
    try:
        text, _ = make()
    except (TooManyKeys, KeyGone) as error:
        raise RequestError(str(error), status=409) from None
    except TooManyMade as error:
        wait = error.wait_seconds
        raise RequestError(str(error), status=429, retry_after_seconds=wait) from None
    except KeyNotMade as error:
        users.tell_operator(visit.request, error)
        raise RequestError(_NOT_MADE, status=503) from error
    return _page(visit, new_key=text)


def _check_password(visit: Visit) -> None:
    """Errors: RequestError 422 if the account has a password and another was typed."""
    kept = visit.me.account.password_hash
    typed = visit.params.get("current_password", "").encode("utf-8", "surrogatepass")
    if kept and not passwords.matches(kept, typed):
        raise RequestError("The present password is not right.", status=422)


def _set(visit: Visit, done: str, **fields: Any) -> Answer:
    account_rules.change(visit.me.account, **fields)
    return _back(visit, done, "details")


def _back(visit: Visit, done: str, part: str) -> Answer:
    return answers.redirect(visit.request, f"{OWN_ACCOUNT}?done={done}#{part}", 303)


def _page(visit: Visit, notice: str = "", new_key: str = "") -> Answer:
    account, now = visit.me.account, _now()
    live = account_keys.live(account, now)
    view = View(
        account=account,
        keys=live,
        usage=usage(live, now.date()),
        publisher=publisher_name(account.publisher_id),
        today=now.date(),
        at=f"{visit.request.root}{OWN_ACCOUNT}",
        form_token=visit.form_token,
        orcid=f"{visit.request.root}{ORCID}" if settings.load().orcid_client_id else "",
    )
    body = account_panels.page(view, notice, new_key)
    return visit.page("Your account", body, style=key_panels.STYLE)


def _document(account: Account) -> dict[str, Any]:
    """The account as programs see it; of a key the beginning of its hash only."""
    today = _now().date()
    live = account_keys.live(account, _now())
    used = usage(live, today)
    return {
        "name": account.name,
        "full_name": account.full_name or None,
        "email": account.email or None,
        "orcid": account.orcid or None,
        "role": account.role,
        "publisher_id": account.publisher_id,
        "created_at": account.created_at,
        "subscriptions": sorted(account.subscriptions),
        "keys": [
            {
                "hash": key_panels.prefix(key),
                "created_at": key.created_at,
                "expires_at": key.expires_at or None,
                "requests_by_day": {
                    day.isoformat(): used.get(key.hash, {}).get(day, 0)
                    for day in key_panels.days(today)
                },
            }
            for key in live
        ],
    }


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
