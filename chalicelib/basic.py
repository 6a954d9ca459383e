"""HTTP Basic: people sign in with the name (or mail address) and the password of an account.

Passwords are neither logged nor repeated. A browser keeps one that it was told, and sends it also
when a page of another site has it ask: such requests are refused.
"""

import base64
import binascii
import datetime as dt

from chalicelib import answers, callers, lagotto_v4, origins
from chalicelib.answers import Answer, Request
from chalicelib.errors import LagottoError, RequestError
from chalicelib.store import accounts, sign_ins
from chalicelib.store.accounts import Account

REALM = 'Basic realm="Application"'
ACCESS_DENIED = "HTTP Basic: Access denied.\n"
FOREIGN = "This is not answered to pages of other sites. Open it by itself, or ask with a program."

TOO_MANY = "Too many wrong passwords. Wait, or ask for another one to be set."
#: How many wrong passwords one network may send for a name within WINDOW.
WRONG_PASSWORDS = 20
WINDOW = dt.timedelta(minutes=15)

#: Far more than a name and a password can have.
_CREDENTIALS_LIMIT = 2000


class NoCredentials(LagottoError):
    """Nobody tried to sign in."""


def signed_in(request: Request) -> Account:
    """The account of the caller.

    Errors: NoCredentials; RequestError 401 on wrong ones, 403 if a page of another site asks, 429
    after too many wrong passwords for one name from one network.
    """
    if not callers.signs_in(request.headers):
        raise NoCredentials
    if origins.is_foreign(request):
        raise RequestError(FOREIGN, status=403)
    header = request.headers["authorization"]
    if len(header) > _CREDENTIALS_LIMIT:
        raise RequestError(lagotto_v4.NOT_AUTHORIZED, status=401)
    name, password = _credentials(header.removeprefix(callers.BASIC))
    now = dt.datetime.now(dt.UTC)
    wrong = f"wrong passwords of {accounts.folded(name)} from {request.network}"
    # Nobody gets through by guessing: while it is over, a right one is not looked at either.
    if wait := sign_ins.left_seconds(wrong, WRONG_PASSWORDS, WINDOW, now):
        raise RequestError(TOO_MANY, status=429, retry_after_seconds=wait)
    account = accounts.authenticate(name, password)
    if account is None:
        sign_ins.wait_seconds(wrong, WRONG_PASSWORDS, WINDOW, now)
        raise RequestError(lagotto_v4.NOT_AUTHORIZED, status=401)
    return account


def access_denied(request: Request) -> Answer:
    """What is answered after NoCredentials (api.md 1.9): browsers ask for a name by it."""
    given = answers.failure(request, RequestError("", status=401), "other")
    headers = given.headers | {
        "Content-Type": "text/html; charset=utf-8",
        "WWW-Authenticate": REALM,
    }
    return Answer(401, headers, b"" if request.method == "HEAD" else ACCESS_DENIED.encode())


def _credentials(encoded: str) -> tuple[str, bytes]:
    try:
        name, _, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return "", b""
    return name.decode("utf-8", "replace"), password
