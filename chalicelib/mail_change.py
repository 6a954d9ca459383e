"""Another mail address for one's own account, by a link that is sent to it (operations.md 6.4).

The link proves the address, the session proves the account: who opens the link is asked, signed
in, whether the account shall have it. Nobody learns whether an address is another account's but
who reads its mail.
"""

import contextlib
import datetime as dt

from chalicelib import account_rules, answers, mail, mailer, markup, settings, users
from chalicelib.answers import Answer
from chalicelib.errors import ConfigurationError, RequestError
from chalicelib.mailer import MailNotSent
from chalicelib.sign_in import (
    GONE,
    HOUR,
    NOT_SENT,
    OWN_ACCOUNT,
    PER_HOUR,
    PER_MAIL,
    WINDOW,
    mailbox,
)
from chalicelib.store import sign_ins
from chalicelib.store.accounts import Account, folded
from chalicelib.store.sign_ins import Link
from chalicelib.users import Visit

PATH = f"{OWN_ACCOUNT}/mail"
SIGN_IN_FIRST = (
    "Sign in here with the account that is to have this mail address, as it was until now. Then "
    "open the link once more."
)
_MINUTES = int(sign_ins.LIFETIME.total_seconds()) // 60
_TITLE = "Your mail address"


def send(visit: Visit) -> Answer:
    """``POST /users/me/mail``: send a link to ``email``. Nothing is changed by that.

    Errors: RequestError 422 if it is no address, 429 when too many links were asked for, 503
    when the mail could not be sent.
    """
    to = mail.address(visit.params.get("email", ""))
    account, now = visit.me.account, dt.datetime.now(dt.UTC)
    with contextlib.ExitStack() as unless_sent:
        for counted, limit, window in (
            (f"mail change of {folded(account.name)}", PER_MAIL, WINDOW),
            (f"mail change to {mailbox(to)}", PER_MAIL, WINDOW),
            ("all", PER_HOUR, HOUR),
        ):
            if wait := sign_ins.wait_seconds(counted, limit, window, now):
                text = f"Too many links were asked for. Try again in {-(-wait // 60)} min."
                raise RequestError(text, status=429, retry_after_seconds=wait)
            unless_sent.callback(sign_ins.take_back, counted, now)
        _mail_link(visit, to, now)
        unless_sent.pop_all()
    body = (
        f'<h1>Look into your mail</h1><p class="notice">A link goes to <b>{markup.text(to)}</b>. '
        f"Open it in this browser within {_MINUTES} minutes; until then nothing is changed.</p>"
    )
    return visit.page(_TITLE, body)


def _mail_link(visit: Visit, to: str, now: dt.datetime) -> None:
    """Errors: RequestError 503; ConfigurationError without an address to send from or lead to."""
    account, known = visit.me.account, settings.load()
    site = users.address(visit.request)
    token = sign_ins.create(to, "", now, account=folded(account.name))
    link = f"{site}{PATH}/{token}"
    try:
        mailer.send(mail.new_address(to, link, account.name, known.site_name, _MINUTES))
    except MailNotSent as error:
        users.tell_operator(visit.request, error)
        text = NOT_SENT.format(contact=known.contact_email)
        raise RequestError(text, status=503) from error


def confirm(visit: Visit) -> Answer:
    """``GET /users/me/mail/<token>``: what the link changes, and the button that does it.

    Not before somebody has signed in: to sign in, the link would have to be handed on.
    """
    token = visit.names["token"]
    link, account = _link(visit)
    before = f" instead of <b>{markup.text(account.email)}</b>" if account.email else ""
    body = (
        f"<h1>{_TITLE}</h1><p>Your account <b>{markup.text(account.name)}</b> gets the address "
        f"<b>{markup.text(link.mail)}</b>{before}: links to sign in go there, and whoever reads "
        f'its mail can use the account.</p><form method="post" '
        f'action="{markup.text(f"{visit.request.root}{PATH}/{token}")}">{visit.form_token}'
        '<p><button type="submit">Use this address</button></p></form>'
        '<p class="muted">That is not your account? Then close this page.</p>'
    )
    return visit.page(_TITLE, body)


def finish(visit: Visit) -> Answer:
    """``POST /users/me/mail/<token>``: the account gets the address; the old one is told.

    Errors: RequestError 409 if another account has it.
    """
    link, account = _link(visit)
    if sign_ins.use(visit.names["token"], dt.datetime.now(dt.UTC)) is None:
        raise RequestError(GONE, status=410)
    account_rules.change(account, email=link.mail)
    if account.email not in ("", link.mail):
        _tell(visit, account, link.mail)
    return answers.redirect(visit.request, f"{OWN_ACCOUNT}?done=mail#details", 303)


def _link(visit: Visit) -> tuple[Link, Account]:
    """The link that the path names, and the account that it is for, which is signed in.

    Errors: RequestError 410 without such a link, 403 if somebody else or nobody is signed in.
    """
    link = sign_ins.find(visit.names["token"], dt.datetime.now(dt.UTC))
    if link is None or not link.account:
        raise RequestError(GONE, status=410)
    if visit.session is None or folded(visit.session.account.name) != link.account:
        raise RequestError(SIGN_IN_FIRST, status=403)
    return link, visit.session.account


def _tell(visit: Visit, account: Account, new: str) -> None:
    """Tell the address that an account had; the operator hears if it cannot be told."""
    known = settings.load()
    try:
        mailer.send(
            mail.address_changed(
                account.email, new, account.name, known.site_name, known.contact_email
            )
        )
    except (MailNotSent, ConfigurationError) as error:
        users.tell_operator(visit.request, error)
