"""Accounts: who may sign in and as what.

Table ``<stack>-control``. Access patterns:

    by name, in any case         kind ``account``, name = the folded name
    by mail address, in any case kind ``account_mail`` leads to the account, and keeps it unique
    by ORCID iD                  kind ``account_orcid``, the same
    all                          kind ``account``
    whether there ever was one   kind ``account_first``: one row, made with the first account that
                                 could become admin

Signing in with a password takes two reads and one hash whether or not there is such an account,
so that its time tells nothing.
"""

import dataclasses
import datetime as dt
import hmac
import secrets
import time
from collections.abc import Collection
from typing import Any

import orjson
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib import abilities
from chalicelib.errors import LagottoError
from chalicelib.store import passwords
from chalicelib.store.tables import ControlItem, connection

KIND, MAIL_KIND, ORCID_KIND, FIRST_KIND = (
    "account",
    "account_mail",
    "account_orcid",
    "account_first",
)
FIRST_ROLE = "admin"
#: How long a password that was right is not hashed again, so that a client that adds many
#: works does not pay for the hash each time. A changed password is asked for at once.
CACHE_SECONDS = 60
CACHE_SIZE = 1000

_FIRST_NAME = "first"
_WORD_BYTES = 12
#: How often to try when another account is made at the same moment.
_TRIES = 5


class AccountTaken(LagottoError):
    """There is an account of this name, mail address or ORCID iD already.

    ``field`` says of which: name, email or orcid.
    """

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} has already been taken")
        self.field = field


class AccountChanged(LagottoError):
    """The account was changed or deleted meanwhile."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account. ``name`` is as it was chosen; ``publisher_id`` is a Crossref member number.

    ``orcid`` is an ORCID iD as it is written, "0000-0002-1825-0097". ``password_hash`` is ""
    where nobody can sign in with a password. ``session_word`` is in every cookie that signs the
    account in.
    """

    name: str
    role: str
    created_at: str
    full_name: str = ""
    email: str = ""
    orcid: str = ""
    publisher_id: int | None = None
    subscriptions: frozenset[str] = frozenset()
    password_hash: str = dataclasses.field(default="", repr=False)
    session_word: str = dataclasses.field(default="", repr=False)
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
    orcid: str = "",
    publisher_id: int | None = None,
    subscriptions: Collection[str] = (),
    may_be_first: bool = True,
) -> Account:
    """A new account; the first of all becomes admin, whatever ``role`` says, if it may be that.

    Errors: AccountTaken; AccountChanged if others are made at the same moment again and again.
    """
    account = Account(
        name=name.strip(),
        role=role,
        created_at=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        full_name=full_name.strip(),
        email=email.strip(),
        orcid=orcid.strip(),
        publisher_id=publisher_id,
        password_hash=passwords.hash_of(password) if password else "",
        session_word=new_session_word(),
        version=1,
    )
    # A name may not be another's mail address either: it would sign in as him.
    if _lookup(MAIL_KIND, account.name) not in (None, folded(account.name)):
        raise AccountTaken("name")
    if account.email and _other(account, account.email):
        raise AccountTaken("email")
    for _ in range(_TRIES):
        first = may_be_first and is_first()
        given = FIRST_ROLE if first else role
        account = dataclasses.replace(
            account, role=given, subscriptions=_allowed(given, subscriptions)
        )
        refused = _write(account, None, first=first)
        if refused == "":
            return account
        if refused != FIRST_KIND:
            raise AccountTaken(refused)
    raise AccountChanged("Other accounts were made at the same moment. Try again.")


def is_first() -> bool:
    """Whether the next account that may be the first is that: there never was an admin."""
    if _get(FIRST_KIND, _FIRST_NAME, consistent=True) is not None:
        return False
    rows = ControlItem.query(KIND, consistent_read=True)
    return all(_account(row).role != FIRST_ROLE for row in rows)


def change(account: Account, *, beside: Account | None = None, **fields: Any) -> Account:
    """An account with other fields; ``password`` stands for a new password.

    Subscriptions that its role does not allow are dropped. ``beside`` is another account, which
    must still be as it is at that moment.
    Errors: AccountTaken, AccountChanged if somebody else was faster.
    """
    if password := fields.pop("password", ""):
        fields["password_hash"] = passwords.hash_of(password)
    changed = dataclasses.replace(account, **fields, version=account.version + 1)
    changed = dataclasses.replace(
        changed, subscriptions=_allowed(changed.role, changed.subscriptions)
    )
    if changed.email and _other(changed, changed.email):
        raise AccountTaken("email")
    refused = _write(changed, account, beside=beside)
    if refused == "name":
        raise _changed_meanwhile(account)
    if refused:
        raise AccountTaken(refused)
    return changed


def delete(account: Account, *, beside: Account | None = None) -> None:
    """Delete an account; ``beside`` as for ``change``.

    Errors: AccountChanged if somebody else changed it.
    """
    try:
        with TransactWrite(connection=connection()) as transaction:
            _require_unchanged(transaction, beside)
            transaction.delete(
                ControlItem(KIND, folded(account.name)),
                condition=ControlItem.version == account.version,
            )
            for kind, name in _lookups(account):
                transaction.delete(ControlItem(kind, name))
    except TransactWriteError as error:
        if not _refused(error):
            raise
        raise _changed_meanwhile(account) from None


def new_session_word() -> str:
    """A word for the cookies of an account; a new one ends all that were given."""
    return secrets.token_urlsafe(_WORD_BYTES)


def find(name: str) -> Account | None:
    """The account of this name or mail address, in any case, or None.

    Always two reads, so that the time does not tell whether there is one.
    """
    target = _lookup(MAIL_KIND, name)
    item = _get(KIND, target or folded(name))
    return _account(item) if item else None


def of_mail(email: str) -> Account | None:
    """The account whose mail address this is, as it is now, in any case, or None."""
    name = _lookup(MAIL_KIND, email, consistent=True)
    return of_name(name) if name else None


def of_orcid(orcid: str) -> Account | None:
    """The account whose ORCID iD this is, as it is now, or None."""
    name = _lookup(ORCID_KIND, orcid, consistent=True)
    return of_name(name) if name else None


def of_name(name: str) -> Account | None:
    """The account of this folded name as it is now, or None; one read."""
    item = _get(KIND, name, consistent=True)
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
    matches = passwords.matches(kept or passwords.nobody(), password)
    if account is None or not kept or not matches:
        return None
    if len(_proved) >= CACHE_SIZE:
        _proved.clear()
    _proved[proof] = time.monotonic()
    return account


_process_secret = secrets.token_bytes(32)
_proved: dict[bytes, float] = {}


def _is_proved(proof: bytes) -> bool:
    return time.monotonic() - _proved.get(proof, float("-inf")) < CACHE_SECONDS


def _allowed(role: str, subscriptions: Collection[str]) -> frozenset[str]:
    return frozenset(subscriptions).intersection(abilities.reports_for(role))


def _other(account: Account, email: str) -> bool:
    """Whether a mail address is the name or the address of another account."""
    own = folded(account.name)
    named = _get(KIND, folded(email))
    return _lookup(MAIL_KIND, email) not in (None, own) or (
        named is not None and str(named.name) != own
    )


def _lookups(account: Account) -> list[tuple[str, str]]:
    """The rows that lead to an account: kind and name of each."""
    rows = ((MAIL_KIND, folded(account.email)), (ORCID_KIND, folded(account.orcid)))
    return [(kind, name) for kind, name in rows if name]


def _lookup(kind: str, name: str, *, consistent: bool = False) -> str | None:
    """The folded name of the account that a mail address or ORCID iD leads to."""
    item = _get(kind, folded(name), consistent=consistent)
    return str(item.about) if item else None


def _get(kind: str, name: str, *, consistent: bool = False) -> ControlItem | None:
    if not 0 < len(name.encode("utf-8", "surrogatepass")) <= 900 or not _encodable(name):
        kind, name = MAIL_KIND, "-"  # nobody's; read all the same
    try:
        return ControlItem.get(kind, name, consistent_read=consistent)
    except ControlItem.DoesNotExist:
        return None


def _encodable(name: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in name)


def _require_unchanged(transaction: TransactWrite, account: Account | None) -> None:
    if account is not None:
        transaction.condition_check(
            ControlItem,
            KIND,
            folded(account.name),
            condition=ControlItem.version == account.version,
        )


def _write(
    account: Account,
    before: Account | None,
    *,
    first: bool = False,
    beside: Account | None = None,
) -> str:
    """Write an account that is new or as it was, with the rows that lead to it.

    What stood in the way: "name" if it is not as it was, "email" or "orcid" if another account
    has it, FIRST_KIND if another was ``first``; "" for nothing.
    """
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
    old = _lookups(before) if before else []
    new = [(kind, text) for kind, text in _lookups(account) if (kind, text) not in old]
    if first:
        new.append((FIRST_KIND, _FIRST_NAME))
    gone = [(kind, text) for kind, text in old if (kind, text) not in _lookups(account)]
    try:
        with TransactWrite(connection=connection()) as transaction:
            _require_unchanged(transaction, beside)
            for kind, text in gone:
                transaction.delete(ControlItem(kind, text))
            transaction.save(item, condition=unchanged)
            for kind, text in new:
                row = ControlItem(kind, text, about=name)
                transaction.save(row, condition=ControlItem.name.does_not_exist())
    except TransactWriteError as error:
        if not _refused(error):
            raise
        # pynamodb puts what is checked and deleted before all that is saved; so are the reasons.
        parts = [
            *(KIND for _ in (*gone, *filter(None, [beside]))),
            KIND,
            *(kind for kind, _ in new),
        ]
        reasons = zip(parts, error.cancellation_reasons, strict=True)
        return _FIELDS[next(part for part, reason in reasons if reason is not None)]
    return ""


#: What is said of a row that could not be written.
_FIELDS = {KIND: "name", MAIL_KIND: "email", ORCID_KIND: "orcid", FIRST_KIND: FIRST_KIND}


def _changed_meanwhile(account: Account) -> AccountChanged:
    return AccountChanged(f"The account {account.name} was changed meanwhile. Try again.")


def _refused(error: TransactWriteError) -> bool:
    codes = {reason.code for reason in error.cancellation_reasons if reason}
    return bool(codes & {"ConditionalCheckFailed", "TransactionConflict"})


def _account(item: ControlItem) -> Account:
    about = orjson.loads(item.about)
    about["subscriptions"] = frozenset(about.get("subscriptions", ()))
    return Account(version=int(item.version), **about)
