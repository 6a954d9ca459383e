"""Signing in by a link that comes by mail, for people who have an account or not yet.

Nobody learns whether there is an account: everybody can have one, so the link is always sent,
and what happens is the same. Opening the link only shows a page, as mail programs open links to
look at them; its button uses the link up.
"""

import dataclasses
import datetime as dt
import ipaddress
import re

from chalicelib import answers, enrolment, mail, mailer, sessions, settings, sign_in_pages, users
from chalicelib.answers import Answer
from chalicelib.errors import RequestError
from chalicelib.mailer import MailNotSent
from chalicelib.store import sign_ins
from chalicelib.users import SIGN_IN, Visit

#: How many links are sent within WINDOW: to one address, and at the wish of one network.
PER_MAIL, PER_NETWORK = 3, 10
WINDOW = dt.timedelta(minutes=15)
#: How many this installation sends within an hour, whoever asks.
PER_HOUR = 200

OWN_ACCOUNT = "/users/me"
NOT_SENT = (
    "The mail could not be sent. The operator of this site has been told; try again later, or "
    "write to {contact}."
)
_MINUTES = int(sign_ins.LIFETIME.total_seconds()) // 60
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
    site = users.address(visit.request)
    now = _now()
    network, person = f"network {_network(visit.request.ip)}", f"mail {to}"
    if wait := sign_ins.wait_seconds(network, PER_NETWORK, WINDOW, now):
        return _too_many(visit, wait)
    if not sign_ins.wait_seconds(person, PER_MAIL, WINDOW, now):
        if wait := sign_ins.wait_seconds("all", PER_HOUR, dt.timedelta(hours=1), now):
            return _too_many(visit, wait)
        link = f"{site}{SIGN_IN}/{sign_ins.create(to, return_to, now)}"
        try:
            mailer.send(mail.sign_in(to, link, settings.load().site_name, _MINUTES))
        except MailNotSent as error:
            sign_ins.take_back(person, now)  # else the third try would be told that it was sent
            users.tell_operator(visit.request, error)
            text = NOT_SENT.format(contact=settings.load().contact_email)
            raise RequestError(text, status=503) from error
    return visit.page(_TITLE, sign_in_pages.sent(to, _MINUTES, PER_MAIL))


def confirm(visit: Visit) -> Answer:
    """``GET /users/sign_in/<token>``: whom the link signs in, and the button that does it."""
    token = visit.names["token"]
    link = sign_ins.find(token, _now())
    if link is None:
        raise RequestError(GONE, status=410)
    action = f"{visit.request.root}{SIGN_IN}/{token}"
    return visit.page(_TITLE, sign_in_pages.confirm(action, visit.form_token, link.mail))


def finish(visit: Visit) -> Answer:
    """``POST /users/sign_in/<token>``: use the link up, sign its owner in, and send him on."""
    now = _now()
    link = sign_ins.use(visit.names["token"], now)
    if link is None:
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


def _too_many(visit: Visit, wait_seconds: int) -> Answer:
    minutes = -(-wait_seconds // 60)
    text = "a minute" if minutes == 1 else f"{minutes} minutes"
    error = RequestError(f"Too many links were asked for. Try again in {text}.", status=429)
    headers = {"Retry-After": str(wait_seconds)}
    return users.failed(visit.request, visit.session, error, headers)


def _send_on(visit: Visit, path: str, cookie: str) -> Answer:
    given = answers.redirect(visit.request, path, 303)
    return dataclasses.replace(given, headers=given.headers | {"Set-Cookie": cookie})


def _network(ip: str) -> str:
    """What counts as one caller: an address, of IPv6 the 64 bits that a household is given."""
    try:
        found = ipaddress.ip_address(ip)
    except ValueError:
        return "unknown"
    if found.version == 6:
        return str(ipaddress.ip_network(f"{found}/64", strict=False))
    return str(found)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
