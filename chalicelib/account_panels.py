"""The page of one's own account as HTML. Pure; ``account_page`` answers with it."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence

from chalicelib import abilities, key_panels, markup, subscriptions
from chalicelib.key_panels import Usage
from chalicelib.store import account_keys, passwords
from chalicelib.store.accounts import Account
from chalicelib.store.keys import Key

#: What each role may do, in a few words (operations.md 6.1).
ROLES = {
    "user": "calls the API with a key, without the numbers of private sources",
    "contributor": "as a user, and may deposit",
    "staff": "reads everything, adds articles and resolves alerts",
    "admin": "may do everything",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the page shows. ``usage`` is by the hash of a key; ``publisher`` is its name.

    ``at`` is the address of the page, ``form_token`` the hidden field of every form, as HTML.
    ``orcid`` is where an ORCID iD is linked, "" if nowhere.
    """

    account: Account
    keys: Sequence[Key]
    usage: Mapping[str, Usage]
    publisher: str
    today: dt.date
    at: str
    form_token: str
    orcid: str = ""


def page(view: View, notice: str = "", new_key: str = "") -> str:
    """The body of the page. ``notice`` is a text; ``new_key`` is shown this once."""
    told = markup.element("p", notice, ' class="notice"') if notice else ""
    parts = [
        f"<h1>{markup.text(view.account.full_name or view.account.name)}</h1>",
        told,
        _new_key(new_key),
        _facts(view),
        _ways(view),
        _keys(view),
        _reports(view),
        _details(view),
    ]
    return "".join(parts)


def form(view: View, action: str, fields: str) -> str:
    """A form that is sent to a path below the page's own."""
    action = markup.text(view.at + action)
    return f'<form method="post" action="{action}">{view.form_token}{fields}</form>'


def _new_key(text: str) -> str:
    if not text:
        return ""
    return (
        f'<div class="notice"><p>This is your new API key:</p><p><code>{markup.text(text)}</code>'
        "</p><p>Copy it now: only a hash of it is kept, so it cannot be shown again.</p></div>"
    )


def _facts(view: View) -> str:
    account = view.account
    return key_panels.facts(
        {
            "Name": markup.text(account.name),
            "Mail address": markup.text(account.email),
            "ORCID iD": _orcid(view),
            "Role": f"{markup.text(account.role)}: {ROLES[account.role]}",
            "Publisher": markup.text(view.publisher),
            "Created": markup.text(account.created_at[:10]),
        }
    )


def _orcid(view: View) -> str:
    known = markup.text(view.account.orcid)
    if not view.orcid:
        return known
    address, verb = markup.text(view.orcid), "Link another one" if known else "Link your ORCID iD"
    return f'{known} <a href="{address}">{verb}</a>'.strip()


def _mail(view: View) -> str:
    known = bool(view.account.email)
    fields = (
        f'<p><label for="email">{"New mail address" if known else "Your mail address"}</label>'
        '<input id="email" name="email" type="email" autocomplete="email" maxlength="254" required>'
        '</p><p><button type="submit">Send a link there</button> <span class="muted">to be opened '
        "here; nothing changes before</span></p>"
    )
    return form(view, "/mail", fields)


def _unlink_orcid(view: View) -> str:
    if not (view.account.orcid and view.account.email):
        return ""
    button = '<p><button type="submit" class="danger">Unlink the ORCID iD</button></p>'
    return form(view, "/orcid/delete", button)


def _ways(view: View) -> str:
    people = markup.text(view.at.removesuffix("/me"))
    others = ""
    if abilities.may(view.account.role, "R", "accounts"):
        others = f'<p><a href="{people}">All accounts</a></p>'
    return (
        f'{others}<form method="post" action="{people}/sign_out">{view.form_token}'
        '<button type="submit">Sign out</button> <span class="muted">everywhere</span></form>'
    )


def _keys(view: View) -> str:
    panels = "".join(
        key_panels.panel(key, view.usage.get(key.hash, {}), view.today, forms=_key_forms(view, key))
        for key in view.keys
    )
    if len(view.keys) < account_keys.LIMIT:
        create = form(view, "/keys", '<p><button type="submit">Make a key</button></p>')
    else:
        create = f"<p>These are all the keys that an account can have: {account_keys.LIMIT}.</p>"
    none = "" if panels else "<p>You have no API key. The API is called with one.</p>"
    return (
        '<h2 id="keys">API keys</h2><p class="muted">A key is shown once, when it is made. '
        "Here it is named by the beginning of its hash. Days end at midnight UTC.</p>"
        f"{none}{panels}{create}"
    )


def _key_forms(view: View, key: Key) -> str:
    at = f"/keys/{key_panels.prefix(key)}"
    rotate = form(
        view,
        f"{at}/rotate",
        '<label class="check"><input type="checkbox" name="at_once" value="1"> '
        'end the old one at once, not in a day</label><button type="submit">Replace</button>',
    )
    revoke = form(
        view,
        f"{at}/revoke",
        '<label class="check"><input type="checkbox" name="confirm" value="1" required> '
        'nobody needs it any more</label><button type="submit" class="danger">Revoke</button>',
    )
    # One that has an end was most likely replaced already.
    return revoke if key.expires_at else rotate + revoke


def _reports(view: View) -> str:
    account = view.account
    panels = []
    for name, report in subscriptions.offered(account.role).items():
        subscribed = name in account.subscriptions
        verb, title = ("unsubscribe", "Unsubscribe") if subscribed else ("subscribe", "Subscribe")
        button = f'<button type="submit" name="{verb}" value="{name}">{title}</button>'
        mark = " <small>(subscribed)</small>" if subscribed else ""
        panels.append(
            f'<section class="panel"><h3>{report.title}{mark}</h3>'
            f"<p>{report.description} It comes {report.interval}.</p>"
            f"{form(view, '/reports', button)}</section>"
        )
    mail = "" if account.email else "<p>They come by mail; you have no mail address here.</p>"
    return f'<h2 id="reports">Reports</h2>{mail}{"".join(panels)}'


def _details(view: View) -> str:
    account = view.account
    name = form(
        view,
        "/name",
        f'<p><label for="full_name">Your name</label><input id="full_name" name="full_name" '
        f'value="{markup.text(account.full_name)}" maxlength="200" autocomplete="name"></p>'
        '<p><button type="submit">Change the name</button></p>',
    )
    more = ""
    if abilities.may(account.role, "U", "account_details", own=True):
        more = _publisher(view) + _password(view)
    ways = _mail(view) + _unlink_orcid(view)
    return f'<h2 id="details">Details</h2>{name}{ways}{more}'


def _publisher(view: View) -> str:
    number = view.account.publisher_id or ""
    fields = (
        '<p><label for="publisher">Publisher: its member number at Crossref, empty for none'
        f'</label><input id="publisher" name="publisher" value="{number}" inputmode="numeric" '
        'maxlength="9"></p><p><button type="submit">Change the publisher</button></p>'
    )
    return form(view, "/publisher", fields)


def _password(view: View) -> str:
    has_one = bool(view.account.password_hash)
    present = _password_field("current_password", "Present password", "current-password")
    lengths = f'minlength="{passwords.SHORTEST}" maxlength="{passwords.LONGEST}"'
    verb = "Change" if has_one else "Set"
    change = form(
        view,
        "/password",
        (present if has_one else "")
        + _password_field("password", "New password", "new-password", lengths)
        + _password_field("password_confirmation", "Once more", "new-password", lengths)
        + f'<p><button type="submit">{verb} the password</button></p>',
    )
    remove = form(
        view,
        "/password/delete",
        _password_field("current_password", "Present password", "current-password", prefix="old_")
        + '<p><button type="submit" class="danger">Remove the password</button></p>',
    )
    return (
        '<h3 id="password">Password for API v4</h3><p class="muted">Programs that read and write '
        "articles sign in with your name and this password (HTTP Basic). You sign in here without "
        f"it.</p>{change}{remove if has_one else ''}"
    )


def _password_field(
    name: str, title: str, autocomplete: str, attributes: str = "", prefix: str = ""
) -> str:
    identifier = prefix + name
    return (
        f'<p><label for="{identifier}">{title}</label><input id="{identifier}" name="{name}" '
        f'type="password" autocomplete="{autocomplete}" required {attributes}></p>'
    )
