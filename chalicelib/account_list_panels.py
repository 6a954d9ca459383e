"""The page of all accounts as HTML. Pure; ``account_list`` answers with it."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

from chalicelib import abilities, key_panels, markup
from chalicelib.key_panels import Usage
from chalicelib.store.accounts import Account
from chalicelib.store.keys import Key

_PATH = "/users"
_REQUESTS = f"{_PATH}/requests"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An account in the list. ``publisher`` is its name; ``own`` if it is the visitor's."""

    account: Account
    keys: Sequence[Key]
    publisher: str
    own: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the page shows: the accounts on page ``page`` of ``pages``, of ``total`` in all.

    ``usage`` is by the hash of a key. ``root`` stands before every path; ``form_token`` is the
    hidden field of every form, as HTML.
    """

    listed: Sequence[Listed]
    usage: Mapping[str, Usage]
    today: dt.date
    total: int
    page: int
    pages: int
    query: str
    role: str
    may_change: bool
    root: str
    form_token: str

    @property
    def at(self) -> str:
        """The address of the page."""
        return self.root + _PATH


def page(view: View, notice: str = "") -> str:
    """The body of the page; ``notice`` is a text."""
    told = markup.element("p", notice, ' class="notice"') if notice else ""
    panels = "".join(_panel(view, listed) for listed in view.listed)
    none = "" if panels else "<p>There are no such accounts.</p>"
    others = pages(view.at, {"query": view.query, "role": view.role}, view.page, view.pages)
    return f"<h1>Accounts</h1>{told}{_search(view)}{none}{panels}{others}"


def segment(name: str) -> str:
    """The name of an account as one segment of a path.

    Not every gateway hands an escaped slash over as it came, so that it is written in our way.
    """
    return quote(name.replace("~", "~7E").replace("/", "~2F"), safe="")


def name_in(segment: str) -> str:
    """The name that such a segment stands for, whose percent signs are read already."""
    return segment.replace("~2F", "/").replace("~7E", "~")


def _search(view: View) -> str:
    options = "".join(
        f'<option value="{role}"{" selected" if role == view.role else ""}>{role or "any"}</option>'
        for role in ("", *abilities.ROLES)
    )
    found = "1 account" if view.total == 1 else f"{view.total:,} accounts"
    return (
        f'<form class="forms" method="get" action="{markup.text(view.at)}">'
        '<p><label for="query">Name, mail address or key</label><input id="query" name="query" '
        f'value="{markup.text(view.query)}" maxlength="200"></p>'
        f'<p><label for="role">Role</label><select id="role" name="role">{options}</select></p>'
        f'<p><button type="submit">Search</button></p></form><p class="muted">{found} · '
        f'<a href="{markup.text(view.root + _REQUESTS)}">Requests to the API</a></p>'
    )


def _panel(view: View, listed: Listed) -> str:
    account = listed.account
    title = markup.text(account.name)
    if account.full_name:
        title += f' <span class="muted">{markup.text(account.full_name)}</span>'
    shown = key_panels.facts(
        {
            "Mail address": markup.text(account.email),
            "ORCID iD": markup.text(account.orcid),
            "Role": markup.text(account.role),
            "Publisher": markup.text(listed.publisher),
            "Created": markup.text(account.created_at[:10]),
        }
    )
    may_change = view.may_change and not listed.own
    at = f"{view.at}/{segment(account.name)}"
    panels = "".join(
        key_panels.panel(
            key,
            view.usage.get(key.hash, {}),
            view.today,
            requests_at=f"{view.root}{_REQUESTS}?q={key_panels.prefix(key)}",
            forms=_revoke(view, at, key) if may_change else "",
        )
        for key in listed.keys
    )
    # Whoever is alone on the page was looked for.
    is_open = " open" if len(view.listed) == 1 else ""
    return (
        f'<details class="panel"{is_open}><summary>{title} '
        f"<small>({account.role}{', you' if listed.own else ''})</small></summary>"
        f"{shown}{panels}{_change(view, at, account) if may_change else ''}</details>"
    )


def _revoke(view: View, at: str, key: Key) -> str:
    return _form(
        view,
        f"{at}/keys/{key_panels.prefix(key)}/revoke",
        '<label class="check"><input type="checkbox" name="confirm" value="1" required> '
        'nobody needs it any more</label><button type="submit" class="danger">Revoke</button>',
    )


def _change(view: View, at: str, account: Account) -> str:
    options = "".join(
        f"<option{' selected' if role == account.role else ''}>{role}</option>"
        for role in abilities.ROLES
    )
    edit = _form(
        view,
        at,
        f'<label class="check">Role <select name="role">{options}</select></label>'
        '<label class="check">Publisher (Crossref number) <input name="publisher" '
        f'value="{account.publisher_id or ""}" inputmode="numeric" maxlength="9" '
        'style="width:8rem"></label><button type="submit">Change</button>',
    )
    remove = _form(
        view,
        f"{at}/delete",
        '<label class="check"><input type="checkbox" name="confirm" value="1" required> '
        'and revoke its keys</label><button type="submit" class="danger">Delete</button>',
    )
    return f'<div class="forms">{edit}{remove}</div>'


def _form(view: View, action: str, fields: str) -> str:
    return f'<form method="post" action="{markup.text(action)}">{view.form_token}{fields}</form>'


def pages(at: str, params: Mapping[str, str], page: int, last: int) -> str:
    """Links to the pages beside one of a list at this address; "" if it is the only one."""

    def to(number: int, text: str) -> str:
        given = urlencode({name: value for name, value in params.items() if value})
        address = f"{at}?{given}{'&' if given else ''}page={number}"
        return f'<a href="{markup.text(address)}">{text}</a>'

    if last < 2:
        return ""
    links = [
        to(page - 1, "Previous") if page > 1 else "",
        f"Page {page} of {last}",
        to(page + 1, "Next") if page < last else "",
    ]
    return f"<p>{' · '.join(filter(None, links))}</p>"
