"""Accounts: who may sign in, by a hash of the password; the password itself is kept nowhere.

Table ``<stack>-control``. Access patterns:

    by name, in any case         kind ``account``, name = the folded name
    by mail address, in any case kind ``account_mail`` leads to the account, and keeps it unique
    all                          kind ``account``

A password is hashed with scrypt, with a salt of its own; the parameters stand beside the hash,
so that old ones stay valid when new ones are made costlier. Signing in takes two reads and one
hash whether or not there is such an account, so that its time tells nothing.
"""

import base64
import dataclasses
import datetime as dt
import hashlib
import hmac
import secrets
import time
from collections.abc import Collection
from typing import Any, NamedTuple

import orjson
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib import abilities
from chalicelib.errors import LagottoError
from chalicelib.store.tables import ControlItem, connection

KIND, MAIL_KIND = "account", "account_mail"
FIRST_ROLE = "admin"
SHORTEST_PASSWORD, LONGEST_PASSWORD = 6, 128
#: How long a password that was right is not hashed again, so that a client that adds many
#: works does not pay for the hash each time. A changed password is asked for at once.
CACHE_SECONDS = 60
CACHE_SIZE = 1000

_SALT_BYTES = 16
_HASH_BYTES = 32
_GENERATED_BYTES = 15


class Cost(NamedTuple):
    """What a hash takes: 128 · n · r bytes of memory, p times over."""

    n: int
    r: int
    p: int


#: Of new hashes: 32 MiB and about a quarter of a second.
COST = Cost(2**15, 8, 3)


class AccountTaken(LagottoError):
    """There is an account of this name or mail address already; ``field`` says which."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} has already been taken")
        self.field = field


class AccountChanged(LagottoError):
    """The account was changed or deleted meanwhile."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account. ``name`` is as it was chosen; ``publisher_id`` is a Crossref member number.

    ``password_hash`` is "" where nobody can sign in with a password.
    """

    name: str
    role: str
    created_at: str
    full_name: str = ""
    email: str = ""
    publisher_id: int | None = None
    subscriptions: frozenset[str] = frozenset()
    password_hash: str = dataclasses.field(default="", repr=False)
    version: int = 0

    def owns(self, owner: str) -> bool:
        """Whether this owner of a key is the account: its name or mail address in any case."""
        return folded(owner) in {folded(self.name), folded(self.email)} - {""}


def folded(name: str) -> str:
    """A name or mail address as it is compared."""
    return name.strip().casefold()


def create(
    name: str,
    role: str,
    now: dt.datetime,
    *,
    password: str = "",
    full_name: str = "",
    email: str = "",
    publisher_id: int | None = None,
    subscriptions: Collection[str] = (),
) -> Account:
    """A new account; the first of all becomes admin, whatever ``role`` says.

    Errors: AccountTaken.
    """
    if not any(ControlItem.query(KIND, limit=1)):
        role = FIRST_ROLE
    account = Account(
        name=name.strip(),
        role=role,
        created_at=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        full_name=full_name.strip(),
        email=email.strip(),
        publisher_id=publisher_id,
        subscriptions=_allowed(role, subscriptions),
        password_hash=hash_of(password) if password else "",
        version=1,
    )
    # A name may not be another's mail address either: it would sign in as him.
    if _mail_row(account.name) not in (None, folded(account.name)):
        raise AccountTaken("name")
    if account.email and _other(account, account.email):
        raise AccountTaken("email")
    reasons = _write(account, None)
    if reasons:
        raise AccountTaken("name" if reasons[0] else "email")
    return account


def change(account: Account, **fields: Any) -> Account:
    """An account with other fields; ``password`` stands for a new password.

    Subscriptions that its role does not allow are dropped.
    Errors: AccountTaken, AccountChanged if somebody else was faster.
    """
    if password := fields.pop("password", ""):
        fields["password_hash"] = hash_of(password)
    changed = dataclasses.replace(account, **fields, version=account.version + 1)
    changed = dataclasses.replace(
        changed, subscriptions=_allowed(changed.role, changed.subscriptions)
    )
    if changed.email and _other(changed, changed.email):
        raise AccountTaken("email")
    reasons = _write(changed, account)
    if reasons:
        if reasons[0]:
            raise AccountChanged(f"The account {account.name} was changed meanwhile. Try again.")
        raise AccountTaken("email")
    return changed


def delete(account: Account) -> None:
    """Delete an account. Errors: AccountChanged if somebody else changed it."""
    try:
        with TransactWrite(connection=connection()) as transaction:
            transaction.delete(
                ControlItem(KIND, folded(account.name)),
                condition=ControlItem.version == account.version,
            )
            if account.email:
                transaction.delete(ControlItem(MAIL_KIND, folded(account.email)))
    except TransactWriteError as error:
        if not _refused(error):
            raise
        text = f"The account {account.name} was changed meanwhile. Try again."
        raise AccountChanged(text) from None


def find(name: str) -> Account | None:
    """The account of this name or mail address, in any case, or None.

    Always two reads, so that the time does not tell whether there is one.
    """
    target = _mail_row(name)
    item = _get(KIND, target or folded(name))
    return _account(item) if item else None


def find_all() -> list[Account]:
    """All accounts, by name."""
    return sorted(map(_account, ControlItem.query(KIND)), key=lambda found: folded(found.name))


def authenticate(name: str, password: bytes) -> Account | None:
    """The account that name and password belong to, or None."""
    account = find(name)
    kept = account.password_hash if account else ""
    proof = hmac.digest(_process_secret, kept.encode() + b"\0" + password, "sha256")
    if kept and _is_proved(proof):
        return account
    matches = _matches(kept or _nobody(), password)
    if account is None or not kept or not matches:
        return None
    if len(_proved) >= CACHE_SIZE:
        _proved.clear()
    _proved[proof] = time.monotonic()
    return account


def hash_of(password: str) -> str:
    """What is kept of a password: method, parameters, salt and hash."""
    return _hashed(password.encode("utf-8", "surrogatepass"), secrets.token_bytes(_SALT_BYTES))


def generated_password() -> str:
    """A password that nobody guesses."""
    return secrets.token_urlsafe(_GENERATED_BYTES)


_process_secret = secrets.token_bytes(32)
_proved: dict[bytes, float] = {}


def _is_proved(proof: bytes) -> bool:
    return time.monotonic() - _proved.get(proof, float("-inf")) < CACHE_SECONDS


def _nobody() -> str:
    """The hash of nobody's password, as costly as everybody's."""
    return f"scrypt${COST.n}${COST.r}${COST.p}${_text(bytes(_SALT_BYTES))}$"


def _hashed(password: bytes, salt: bytes) -> str:
    found = _text(_scrypt(password, salt, COST))
    return f"scrypt${COST.n}${COST.r}${COST.p}${_text(salt)}${found}"


def _matches(kept: str, password: bytes) -> bool:
    _, n, r, p, salt, wanted = kept.split("$")
    found = _scrypt(password, base64.b64decode(salt), Cost(int(n), int(r), int(p)))
    return hmac.compare_digest(_text(found), wanted)


def _scrypt(password: bytes, salt: bytes, cost: Cost) -> bytes:
    memory = 128 * cost.r * (cost.n + cost.p + 2) * 2  # with room: OpenSSL counts roughly
    return hashlib.scrypt(
        password, salt=salt, n=cost.n, r=cost.r, p=cost.p, maxmem=memory, dklen=_HASH_BYTES
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _allowed(role: str, subscriptions: Collection[str]) -> frozenset[str]:
    return frozenset(subscriptions).intersection(abilities.reports_for(role))


def _other(account: Account, email: str) -> bool:
    """Whether a mail address is the name or the address of another account."""
    own = folded(account.name)
    named = _get(KIND, folded(email))
    return _mail_row(email) not in (None, own) or (named is not None and str(named.name) != own)


def _mail_row(email: str) -> str | None:
    item = _get(MAIL_KIND, folded(email))
    return str(item.about) if item else None


def _get(kind: str, name: str) -> ControlItem | None:
    if not 0 < len(name.encode("utf-8", "surrogatepass")) <= 900 or not _encodable(name):
        kind, name = MAIL_KIND, "-"  # nobody's; read all the same
    try:
        return ControlItem.get(kind, name)
    except ControlItem.DoesNotExist:
        return None


def _encodable(name: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in name)


def _write(account: Account, before: Account | None) -> list[bool]:
    """Write an account that is new or as it was; which of the conditions did not hold."""
    about = {
        field.name: sorted(value) if isinstance(value, frozenset) else value
        for field in dataclasses.fields(account)
        if (value := getattr(account, field.name)) not in (None, "", frozenset())
        and field.name != "version"
    }
    name = folded(account.name)
    item = ControlItem(KIND, name, about=orjson.dumps(about).decode(), version=account.version)
    unchanged = (
        ControlItem.version == before.version if before else ControlItem.name.does_not_exist()
    )
    old_mail = folded(before.email) if before else ""
    new_mail = folded(account.email)
    try:
        with TransactWrite(connection=connection()) as transaction:
            transaction.save(item, condition=unchanged)
            if new_mail and new_mail != old_mail:
                row = ControlItem(MAIL_KIND, new_mail, about=name)
                transaction.save(row, condition=ControlItem.name.does_not_exist())
            if old_mail and new_mail != old_mail:
                transaction.delete(ControlItem(MAIL_KIND, old_mail))
    except TransactWriteError as error:
        if not _refused(error):
            raise
        return [reason is not None for reason in error.cancellation_reasons]
    return []


def _refused(error: TransactWriteError) -> bool:
    codes = {reason.code for reason in error.cancellation_reasons if reason}
    return bool(codes & {"ConditionalCheckFailed", "TransactionConflict"})


def _account(item: ControlItem) -> Account:
    about = orjson.loads(item.about)
    about["subscriptions"] = frozenset(about.get("subscriptions", ()))
    return Account(version=int(item.version), **about)
