"""Signing in with ORCID, and linking one's ORCID iD to an account (operations.md 6.3).

Where LAGOTTO_ORCID_CLIENT_ID is set; elsewhere there are no such pages. What must be known when
somebody comes back from ORCID is in a cookie of his browser, signed, for ten minutes and one
answer. Nobody's account gets an iD just because his browser came back with it: another site can
send a browser on this way, so that he is shown the iD and asked.
"""

import dataclasses
import datetime as dt
import hashlib
import hmac
import secrets

from itsdangerous import BadData, URLSafeTimedSerializer

from chalicelib import (
    account_rules,
    answers,
    enrolment,
    markup,
    sessions,
    settings,
    sign_in_pages,
    users,
)
from chalicelib.answers import Answer, Request
from chalicelib.errors import ConfigurationError, LagottoError, RequestError
from chalicelib.orcid_openid import NoAnswer, NotAccepted, Orcid, Person, Unexpected
from chalicelib.sessions import Session
from chalicelib.sign_in import OWN_ACCOUNT, own_path
from chalicelib.store import accounts, web_secrets
from chalicelib.users import SIGN_IN, Visit

START = "/users/auth/orcid"
CALLBACK = f"{START}/callback"
LINK = f"{START}/link"
COOKIE = "_alm_orcid"
LIFETIME_SECONDS = 600

CANCELLED = "You did not sign in at ORCID, so nothing was done. Here is another way."
BEGIN_AGAIN = (
    "This sign-in began in another browser, or more than "
    f"{LIFETIME_SECONDS // 60} minutes ago, or is done already. Begin again."
)
UNREACHABLE = (
    "ORCID does not answer at the moment. Try again in a few minutes, or sign in another way."
)
NOT_PROVED = (
    "What ORCID answered does not prove who you are. The operator of this site has been told; "
    "try again later, or sign in another way."
)
REFUSED = "ORCID could not sign you in. Try again, or sign in another way."
SIGNED_OUT = "You have signed out, or in with another account, meanwhile. Begin again."
BELONGS_TO_ANOTHER = (
    "The ORCID iD {orcid} belongs to another account here. Sign out, then sign in with ORCID to "
    "use that account."
)

_COOKIE_LIMIT_CHARACTERS = 4000
_SECRET_BYTES = 32
#: A verifier has 43 to 128 characters (RFC 7636, 4.1).
_VERIFIER_BYTES = 48
_TITLE = "Link your ORCID iD"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A sign-in on its way: what ORCID hands back, and where to go then.

    ``verifier`` is "" without a code challenge. ``account`` is the folded name of who began it
    while he was signed in, to link his iD, else "".
    """

    state: str
    nonce: str
    verifier: str
    return_to: str
    account: str


def start(visit: Visit) -> Answer:
    """``GET /users/auth/orcid``: go to ORCID, to come back to ``return_to`` at the end."""
    if not settings.load().orcid_client_id:
        return answers.no_page(visit.request)
    orcid = _orcid(visit.request)
    try:
        challenge = secrets.token_urlsafe(_VERIFIER_BYTES) if orcid.knows_pkce() else ""
    except LagottoError as error:
        raise _failure(visit, error) from None
    attempt = Attempt(
        state=secrets.token_urlsafe(_SECRET_BYTES),
        nonce=secrets.token_urlsafe(_SECRET_BYTES),
        verifier=challenge,
        return_to=own_path(visit.params.get("return_to", "")),
        account=_owner(visit.session),
    )
    kept = str(_serializer("orcid").dumps([*dataclasses.astuple(attempt)]))
    cookie = sessions.cookie_header(visit.request, COOKIE, kept, LIFETIME_SECONDS, START)
    url = orcid.sign_in_url(attempt.state, attempt.nonce, attempt.verifier)
    given = answers.redirect(visit.request, START)
    headers = given.headers | {"Location": url, "Set-Cookie": cookie}
    return dataclasses.replace(given, headers=headers)


def finish(visit: Visit) -> Answer:
    """``GET /users/auth/orcid/callback``: somebody comes back from ORCID, with a ``code``.

    He is signed in, or asked whether his account is to have this iD. 400 if it is not this
    browser's sign-in, or the code is not good; 409 if the iD is another account's; 502 if ORCID
    does not answer as it should; 503 if it refuses this site.
    """
    if not settings.load().orcid_client_id:
        return answers.no_page(visit.request)
    try:
        given = _finish(visit)
    except RequestError as error:
        given = users.failed(visit.request, visit.session, error)
    gone = sessions.cookie_header(visit.request, COOKIE, "", 0, START)
    headers = dict(given.headers)
    signed_in = headers.pop("Set-Cookie", "")
    cookies = (signed_in, gone) if signed_in else (gone,)
    return dataclasses.replace(given, headers=headers, cookies=cookies)


def link(visit: Visit) -> Answer:
    """``POST /users/auth/orcid/link``: the own account gets the iD that ``proof`` is of."""
    if not settings.load().orcid_client_id:
        return answers.no_page(visit.request)
    try:
        orcid, owner = _serializer("orcid-link").loads(
            visit.params.get("proof", ""), max_age=LIFETIME_SECONDS
        )
    except (BadData, ValueError, TypeError):
        raise RequestError(BEGIN_AGAIN, status=400) from None
    if owner != _owner(visit.session):
        raise RequestError(SIGNED_OUT, status=400)
    _check_free(orcid, owner)
    account_rules.change(visit.me.account, orcid=orcid)
    return answers.redirect(visit.request, f"{OWN_ACCOUNT}?done=orcid", 303)


def _finish(visit: Visit) -> Answer:
    attempt = _attempt(visit.request)
    error = visit.params.get("error", "")
    if error == "access_denied":
        return _cancelled(visit, attempt)
    if attempt is None or not _same(attempt.state, visit.params.get("state", "")):
        raise RequestError(BEGIN_AGAIN, status=400)
    code = visit.params.get("code", "")
    if error or not code:
        raise RequestError(REFUSED, status=502)
    try:
        person = _orcid(visit.request).person(code, attempt.nonce, attempt.verifier)
    except ConfigurationError:
        web_secrets.forget_cache()  # the secret may have been set anew
        raise
    except LagottoError as failure:
        raise _failure(visit, failure) from None
    return (
        _ask_to_link(visit, attempt, person) if attempt.account else _enter(visit, attempt, person)
    )


def _enter(visit: Visit, attempt: Attempt, person: Person) -> Answer:
    """Sign somebody in."""
    account = enrolment.of_orcid(person.orcid, _shown(person.full_name), dt.datetime.now(dt.UTC))
    cookie = sessions.start(visit.request, account)
    given = answers.redirect(visit.request, attempt.return_to or OWN_ACCOUNT, 303)
    return dataclasses.replace(given, headers=given.headers | {"Set-Cookie": cookie})


def _ask_to_link(visit: Visit, attempt: Attempt, person: Person) -> Answer:
    """The page that asks who began this while signed in; the account if it has the iD already."""
    if _owner(visit.session) != attempt.account:
        raise RequestError(SIGNED_OUT, status=400)
    account = visit.me.account
    if account.orcid == person.orcid:
        return answers.redirect(visit.request, attempt.return_to or OWN_ACCOUNT, 303)
    _check_free(person.orcid, attempt.account)
    proof = str(_serializer("orcid-link").dumps([person.orcid, attempt.account]))
    before = f" It takes the place of {account.orcid}." if account.orcid else ""
    who = f"{_shown(person.full_name)}, {person.orcid}".removeprefix(", ")
    body = (
        f"<h1>{_TITLE}</h1><p>At ORCID you are <b>{markup.text(who)}</b>. Whoever signs in there "
        f"with this iD can then use the account <b>{markup.text(account.name)}</b> here."
        f'{markup.text(before)}</p><form method="post" '
        f'action="{markup.text(visit.request.root + LINK)}">{visit.form_token}'
        f'<input type="hidden" name="proof" value="{markup.text(proof)}">'
        '<p><button type="submit">Link this iD</button></p></form>'
        '<p class="muted">That is not you? Then close this page.</p>'
    )
    return visit.page(_TITLE, body)


def _cancelled(visit: Visit, attempt: Attempt | None) -> Answer:
    """Back to the account, or to the ways to sign in."""
    return_to = attempt.return_to if attempt else ""
    if visit.session is not None:
        return answers.redirect(visit.request, return_to or OWN_ACCOUNT, 303)
    root = visit.request.root
    body = sign_in_pages.form(
        f"{root}{SIGN_IN}",
        visit.form_token,
        return_to=return_to,
        problem=CANCELLED,
        orcid=f"{root}{START}",
    )
    return visit.page("Sign in", body)


def _check_free(orcid: str, owner: str) -> None:
    """Errors: RequestError 409 if an iD is another account's."""
    known = accounts.of_orcid(orcid)
    if known is not None and accounts.folded(known.name) != owner:
        raise RequestError(BELONGS_TO_ANOTHER.format(orcid=orcid), status=409)


def _failure(visit: Visit, error: LagottoError) -> RequestError:
    """What is said of an error of ORCID's; the operator hears of what no person can put right."""
    if isinstance(error, NotAccepted):
        return RequestError(BEGIN_AGAIN, status=400)
    if isinstance(error, NoAnswer):
        return RequestError(UNREACHABLE, status=502)
    if not isinstance(error, Unexpected):
        raise error
    users.tell_operator(visit.request, error)
    return RequestError(NOT_PROVED, status=502)


def _orcid(request: Request) -> Orcid:
    """ORCID as this site knows it. Errors: ConfigurationError without secret or address."""
    known = settings.load()
    return Orcid(
        client_id=known.orcid_client_id,
        client_secret=web_secrets.get(web_secrets.ORCID),
        redirect_uri=f"{users.address(request)}{CALLBACK}",
        providers_url=known.providers_url,
    )


def _attempt(request: Request) -> Attempt | None:
    """The sign-in that this browser began; None without one, or if it is too old."""
    kept = sessions.read_cookie(request, COOKIE)
    if not 0 < len(kept) <= _COOKIE_LIMIT_CHARACTERS:
        return None
    try:
        state, nonce, verifier, return_to, account = _serializer("orcid").loads(
            kept, max_age=LIFETIME_SECONDS
        )
    except (BadData, ValueError, TypeError):
        return None
    return Attempt(
        state=state, nonce=nonce, verifier=verifier, return_to=return_to, account=account
    )


def _owner(session: Session | None) -> str:
    """The folded name of who is signed in, "" for nobody."""
    return accounts.folded(session.account.name) if session else ""


def _same(kept: str, given: str) -> bool:
    return hmac.compare_digest(kept.encode(), given.encode("utf-8", "surrogatepass"))


def _shown(full_name: str) -> str:
    """A name as ORCID tells it; "" for one that no account here can have."""
    try:
        return account_rules.text(full_name)
    except RequestError:
        return ""


def _serializer(salt: str) -> URLSafeTimedSerializer:
    secret = web_secrets.get(web_secrets.SESSION)
    return URLSafeTimedSerializer(
        secret, salt=salt, signer_kwargs={"digest_method": hashlib.sha256}
    )
