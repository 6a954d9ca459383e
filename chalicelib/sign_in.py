"""Signing in by a link that comes by mail, for people who have an account or not yet.

Nobody learns whether there is an account: everybody can have one, so the link is always sent,
and what happens is the same. Only when the whole site has sent as many as it may, those for
accounts still go out; what is answered then is the same for all, and takes the same time.
Opening the link only shows a page, as mail programs open links to look at them; its button uses
the link up.
"""

import contextlib
import dataclasses
import datetime as dt
import re
import time

from chalicelib import answers, enrolment, mail, mailer, sessions, settings, sign_in_pages, users
from chalicelib.answers import Answer
from chalicelib.errors import ConfigurationError, RequestError
from chalicelib.mailer import MailNotSent
from chalicelib.store import accounts, alerts, sign_ins
from chalicelib.store.alerts import Alert
from chalicelib.users import SIGN_IN, Visit

#: How many links are sent within WINDOW: to one mailbox, and at the wish of one network.
PER_MAIL, PER_NETWORK = 3, 10
WINDOW = dt.timedelta(minutes=15)
#: How many this installation sends within an hour, whoever asks, and then to accounts.
PER_HOUR, PER_HOUR_TO_ACCOUNTS = 200, 200
HOUR = dt.timedelta(hours=1)
#: How long an answer takes while the site sends to accounts only: longer than sending a mail, so
#: that the time does not tell whether one went out.
BUSY_SECONDS = 2.0

OWN_ACCOUNT = "/users/me"
NOT_SENT = (
    "The mail could not be sent. The operator of this site has been told; try again later, or "
    "write to {contact}."
)
_MINUTES = int(sign_ins.LIFETIME.total_seconds()) // 60
BUSY = (
    "Too many links are asked for at the moment, so that they are only sent to addresses that have "
    "an account here. If none comes, try again in {minutes}."
)
#: What the operator is told then.
BUSY_ALERT = (
    "{limit} links to sign in were asked for within an hour, the most that this site sends. Who "
    "has an account gets links all the same, up to {more} an hour; others have to wait. If "
    "programs ask for them, let requests to /users/sign_in through more slowly, as AWS WAF can."
)
GONE = (
    f"This link was used already, or is older than {_MINUTES} minutes, or is not whole. Have "
    "another one sent."
)

_TITLE = "Sign in"
#: A path of this site: browsers take "//" and "/\\" for the start of another site's address.
_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]{0,500}")


def ask(visit: Visit) -> Answer:
    """``GET /users/sign_in``: the form that asks for a mail address."""
    return_to = own_path(visit.params.get("return_to", ""))
    if visit.session is not None:
        return answers.redirect(visit.request, return_to or OWN_ACCOUNT)
    return _form(visit, return_to)


def send(visit: Visit) -> Answer:
    """``POST /users/sign_in``: send a link to ``email`` that leads to ``return_to`` at the end.

    429 when too many were asked for; of an address that has had its share the answer is as
    always, but nothing is sent. 503 when the mail could not be sent.
    """
    return_to = own_path(visit.params.get("return_to", ""))
    typed = visit.params.get("email", "")
    try:
        to = mail.address(typed)
    except RequestError as error:
        if users.asks_for_json(visit.request):
            raise
        return _form(visit, return_to, email=typed, problem=str(error.message))
    now = _now()
    network = f"network {visit.request.network}"
    if wait := sign_ins.wait_seconds(network, PER_NETWORK, WINDOW, now):
        text = f"Too many links were asked for. Try again in {_minutes(wait)}."
        raise RequestError(text, status=429, retry_after_seconds=wait)
    person = f"mail {mailbox(to)}"
    if not sign_ins.wait_seconds(person, PER_MAIL, WINDOW, now):
        with contextlib.ExitStack() as unless_sent:
            # Else somebody would be told later that there were links, of which none was sent.
            unless_sent.callback(sign_ins.take_back, person, now)
            if wait := sign_ins.wait_seconds("all", PER_HOUR, HOUR, now):
                raise _busy(visit, to, return_to, wait, now)
            unless_sent.callback(sign_ins.take_back, "all", now)
            try:
                _mail_link(visit, to, return_to, now)
            except MailNotSent as error:
                users.tell_operator(visit.request, error)
                text = NOT_SENT.format(contact=settings.load().contact_email)
                raise RequestError(text, status=503) from error
            unless_sent.pop_all()
    return visit.page(_TITLE, sign_in_pages.sent(to, _MINUTES, PER_MAIL))


def confirm(visit: Visit) -> Answer:
    """``GET /users/sign_in/<token>``: whom the link signs in, and the button that does it."""
    token = visit.names["token"]
    link = sign_ins.find(token, _now())
    if link is None or link.account:
        raise RequestError(GONE, status=410)
    action = f"{visit.request.root}{SIGN_IN}/{token}"
    return visit.page(_TITLE, sign_in_pages.confirm(action, visit.form_token, link.mail))


def finish(visit: Visit) -> Answer:
    """``POST /users/sign_in/<token>``: use the link up, sign its owner in, and send him on."""
    now = _now()
    link = sign_ins.use(visit.names["token"], now)
    if link is None or link.account:  # of an account that is to have another address
        raise RequestError(GONE, status=410)
    account = enrolment.of_mail(link.mail, now)
    cookie = sessions.start(visit.request, account)
    return _send_on(visit, link.return_to or OWN_ACCOUNT, cookie)


def leave(visit: Visit) -> Answer:
    """``POST`` and ``DELETE /users/sign_out``: end all sessions of the account."""
    account = visit.session.account if visit.session else None
    return _send_on(visit, "/", sessions.end(visit.request, account))


def elsewhere(visit: Visit) -> Answer:
    """What a link by mail does as well."""
    return answers.redirect(visit.request, SIGN_IN)


def own_path(text: str) -> str:
    """A path of this site to come back to; "" for anything else."""
    return text if _PATH.fullmatch(text) else ""


def _form(visit: Visit, return_to: str, email: str = "", problem: str = "") -> Answer:
    root = visit.request.root
    body = sign_in_pages.form(
        f"{root}{SIGN_IN}",
        visit.form_token,
        return_to=return_to,
        email=email,
        problem=problem,
        orcid=f"{root}/users/auth/orcid" if settings.load().orcid_client_id else "",
    )
    return visit.page(_TITLE, body, 422 if problem else 200)


def _mail_link(visit: Visit, to: str, return_to: str, now: dt.datetime) -> None:
    """Errors: MailNotSent; ConfigurationError without an address to send from or lead to."""
    site = users.address(visit.request)
    link = f"{site}{SIGN_IN}/{sign_ins.create(to, return_to, now)}"
    mailer.send(mail.sign_in(to, link, settings.load().site_name, _MINUTES))


def _busy(
    visit: Visit, to: str, return_to: str, wait_seconds: int, now: dt.datetime
) -> RequestError:
    """What is said while the site sends no more links; one for an account is sent all the same.

    With or without an account as many rows are read and written, but for the link itself.
    """
    if not sign_ins.wait_seconds("busy", 1, HOUR, now):
        text = BUSY_ALERT.format(limit=PER_HOUR, more=PER_HOUR_TO_ACCOUNTS)
        alert = Alert(class_name="TooManySignInLinks", message=text, level=alerts.WARN, status=429)
        alerts.put(alert, now)
    account = accounts.find(to)
    group = "accounts" if account else "no accounts"
    allowed = not (
        sign_ins.wait_seconds(f"busy {mailbox(to)}", PER_MAIL, WINDOW, now)
        or sign_ins.wait_seconds(group, PER_HOUR_TO_ACCOUNTS, HOUR, now)
    )
    if account and allowed:
        try:
            _mail_link(visit, to, return_to, now)
        except (MailNotSent, ConfigurationError) as error:
            users.tell_operator(visit.request, error)
    time.sleep(max(0.0, BUSY_SECONDS - visit.request.seconds))
    text = BUSY.format(minutes=_minutes(wait_seconds))
    return RequestError(text, status=429, retry_after_seconds=wait_seconds)


def _minutes(seconds: int) -> str:
    """How long to wait, as people say it."""
    minutes = -(-seconds // 60)
    return "a minute" if minutes == 1 else f"{minutes} minutes"


def _send_on(visit: Visit, path: str, cookie: str) -> Answer:
    given = answers.redirect(visit.request, path, 303)
    return dataclasses.replace(given, headers=given.headers | {"Set-Cookie": cookie})


def mailbox(address: str) -> str:
    """What counts as one mailbox: an address without the tag that many servers pass over."""
    name, _, domain = address.rpartition("@")
    return f"{name.partition('+')[0]}@{domain}"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
