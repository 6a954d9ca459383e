"""Who is signed in on the web pages: a signed cookie that names an account, for two weeks.

Nothing is kept of a session but one random word in the account, which is part of every cookie:
signing out changes it, and with it all cookies of the account end. The cookie is not readable
by scripts, and browsers do not send it with forms of other sites; a form carries a token that
only pages shown to this cookie hold, too.
"""

import dataclasses
import hashlib
import hmac

from itsdangerous import BadData, Signer, URLSafeTimedSerializer

from chalicelib.answers import Request
from chalicelib.store import accounts, web_secrets
from chalicelib.store.accounts import Account, AccountChanged

#: As Lagotto's (operations.md 6.3).
COOKIE = "_alm"
LIFETIME_SECONDS = 14 * 86400

_COOKIE_LIMIT_CHARACTERS = 2000
_SIGNING = {"digest_method": hashlib.sha256}
#: How often to try when somebody else changes the account at the same moment.
_TRIES = 5


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A person who is signed in. ``form_token`` is what each form of his pages carries."""

    account: Account
    form_token: str

    def allows(self, form_token: str) -> bool:
        """Whether a form with this token was on a page of this session."""
        given = form_token.encode("utf-8", "surrogatepass")
        return hmac.compare_digest(self.form_token.encode(), given)


def find(request: Request) -> Session | None:
    """The session that a request's cookie tells of; None without a valid one.

    One read if there is a cookie of ours. Errors: ConfigurationError without the secret.
    """
    cookie = read_cookie(request, COOKIE)
    if not 0 < len(cookie) <= _COOKIE_LIMIT_CHARACTERS:
        return None
    try:
        name, word = _serializer().loads(cookie, max_age=LIFETIME_SECONDS)
    except (BadData, ValueError, TypeError):
        return None
    account = accounts.of_name(name)
    if account is None or not word or account.session_word != word:
        return None
    return Session(account=account, form_token=_form_token(cookie))


def start(request: Request, account: Account) -> str:
    """The header Set-Cookie that signs an account in. Errors: ConfigurationError."""
    if not account.session_word:  # of an account that nobody has signed in to so far
        account = _with_new_word(account) or account
    value = _serializer().dumps([accounts.folded(account.name), account.session_word])
    text = value if isinstance(value, str) else value.decode()
    return cookie_header(request, COOKIE, text, LIFETIME_SECONDS)


def end(request: Request, account: Account | None) -> str:
    """The header Set-Cookie that forgets the session; all sessions of the account end."""
    if account is not None:
        _with_new_word(account)
    return cookie_header(request, COOKIE, "", 0)


def cookie_header(request: Request, name: str, value: str, seconds: int, path: str = "/") -> str:
    """The header Set-Cookie of a cookie for a path of the site; 0 seconds delete it."""
    secure = "; Secure" if request.site.startswith("https:") else ""
    where = f"Path={request.root}{path}; Max-Age={seconds}"
    return f"{name}={value}; {where}; HttpOnly; SameSite=Lax{secure}"


def read_cookie(request: Request, name: str) -> str:
    """The value of a cookie, "" without one.

    Read by hand: Python's own reader gives up all cookies for one that another program of the
    same host has set in its own way.
    """
    for pair in request.headers.get("cookie", "").split(";"):
        found, _, value = pair.strip().partition("=")
        if found == name:
            return value
    return ""


def _with_new_word(account: Account) -> Account | None:
    """The account with another word; None if it was deleted meanwhile."""
    current: Account | None = account
    for _ in range(_TRIES):
        if current is None:
            return None
        try:
            return accounts.change(current, session_word=accounts.new_session_word())
        except AccountChanged:
            current = accounts.of_name(accounts.folded(account.name))
    raise AccountChanged(f"The account {account.name} is being changed. Try again.")


def _form_token(cookie: str) -> str:
    secret = web_secrets.get(web_secrets.SESSION)
    signer = Signer(secret, salt="form", digest_method=hashlib.sha256)
    return signer.get_signature(cookie).decode()


def _serializer() -> URLSafeTimedSerializer:
    secret = web_secrets.get(web_secrets.SESSION)
    return URLSafeTimedSerializer(secret, salt="session", signer_kwargs=_SIGNING)
