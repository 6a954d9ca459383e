"""API keys, by hash: the key itself is shown once, when it is made, and kept nowhere.

Table ``<stack>-control``. Access patterns:

    the key that a request brings   kind ``key``, name = SHA-256 of the key
    all                             kind ``key``
    those of an account             kind ``account_key``, name begins with the SHA-256 of the
                                    account's folded name; says the same as the other row

Both rows are written in one transaction, and on condition that nobody else did meanwhile. What a
request brings is kept for a minute, unknown ones too. A key whose owner has an account is bound
to it: it follows the account's role and goes with it. A key may have an end, which is the TTL
of its rows too: from then on it opens nothing, and within days DynamoDB deletes them.
"""

import dataclasses
import datetime as dt
import functools
import hashlib
import secrets
import string
import time
from collections.abc import Callable, Iterable

import orjson
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib import abilities
from chalicelib.store import accounts
from chalicelib.store.accounts import Account, AccountChanged, folded
from chalicelib.store.tables import ControlItem, connection

KIND, LISTED_KIND = "key", "account_key"
#: As Lagotto's (api.md 3.1).
KEY_LENGTH = 20
#: How much of a hash names a key in lists and logs.
PREFIX_LENGTH = 12
CACHE_SECONDS = 60
#: So that a flood of invented keys cannot fill the memory.
CACHE_SIZE = 10_000

_ALPHABET = string.ascii_letters + string.digits
#: How often to try when somebody else changes a key at the same moment.
_TRIES = 5
#: The row that says that every key which is bound is listed; no hash is its name.
_COMPLETE = "complete"


class KeyChanged(AccountChanged):
    """A key of an account is being changed by others."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a key stands for; ``hash`` names it in logs and lists.

    ``account`` is the folded name of the account that it is bound to, "" without one.
    ``expires_at`` is when it ends, like ``2026-05-20T12:00:00Z``, "" if it does not.
    """

    hash: str
    owner: str
    role: str
    created_at: str
    account: str = ""
    expires_at: str = ""

    def has_ended(self, now: dt.datetime) -> bool:
        """Whether it opens nothing any more."""
        return bool(self.expires_at) and dt.datetime.fromisoformat(self.expires_at) <= now

    @property
    def sees_private(self) -> bool:
        """Whether numbers of private sources are shown (api.md 3.2)."""
        return abilities.may(self.role, "R", "private_sources")


def hash_of(key: str) -> str:
    """The name under which a key is kept: its SHA-256 in hex.

    A fast hash is right here: keys are random, not chosen by people.
    """
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def create(
    owner: str,
    role: str,
    now: dt.datetime,
    *,
    key: str | None = None,
    account: Account | None = None,
) -> tuple[str, Key]:
    """A new key and what was kept of it. ``key`` brings one from another installation.

    A key that is bound to an account has its role.
    Errors: AccountChanged if that is no longer as it was; then there is no key.
    """
    key = key or _new_text()
    kept = Key(
        hash=hash_of(key),
        owner=owner,
        role=account.role if account else role,
        created_at=_moment(now),
        account=folded(account.name) if account else "",
    )
    _add(kept, account)
    return key, kept


def succeed(old: Key, now: dt.datetime, account: Account | None) -> tuple[str, Key]:
    """A new key of the same owner, role and account, and what was kept of it; the old one stays.

    Errors: AccountChanged if the old key or the account was changed meanwhile.
    """
    text = _new_text()
    item = _item(old.hash, consistent=True)
    if item is None:
        raise AccountChanged("The key was revoked meanwhile.")
    kept = _key(item)
    new = dataclasses.replace(kept, hash=hash_of(text), created_at=_moment(now), expires_at="")
    _add(new, account, beside=item)
    return text, new


def expire(key_hash: str, at: dt.datetime) -> Key | None:
    """Let a key end at a time, or sooner if it was to; the key then, None if there is none.

    Another process may know the key without an end for a minute. Errors: KeyChanged.
    """
    end = _moment(at)
    return _changed(
        key_hash, lambda key: dataclasses.replace(key, expires_at=min(key.expires_at or end, end))
    )


def revoke(key_hash: str) -> bool:
    """Delete the key of this hash; whether there was one. Errors: KeyChanged."""
    return _changed(key_hash, lambda key: key, gone=True) is not None


def bind(account: Account) -> list[Key]:
    """Bind the keys that were made for an account's owner before, with the role they have.

    All keys are read, once for each account. Errors: KeyChanged.
    """
    name = folded(account.name)
    unbound = [key for key in find_all() if not key.account and account.owns(key.owner)]
    bound = [
        _changed(key.hash, lambda key: dataclasses.replace(key, account=key.account or name))
        for key in unbound
    ]
    return [key for key in bound if key and key.account == name]


def of_account(account: Account) -> list[Key]:
    """The keys that are bound to an account, as they are now, oldest first; one query.

    All keys are read until ``complete_lists`` has run for the first time.
    """
    name = folded(account.name)
    try:
        _expect_complete_lists()
    except ControlItem.DoesNotExist:
        return [key for key in find_all() if key.account == name]
    listed = ControlItem.name.startswith(_list_name(name))
    return _sorted(ControlItem.query(LISTED_KIND, listed, consistent_read=True))


def follow(account: Account) -> list[Key]:
    """Give an account's keys its role; those that had another. Errors: KeyChanged."""
    following: dict[str, Key | None] = {}
    # A key that replaced one with the old role meanwhile is found by looking once more.
    while differing := [
        key.hash
        for key in of_account(account)
        if key.role != account.role and key.hash not in following
    ]:
        for key_hash in differing:
            following[key_hash] = _changed(
                key_hash, lambda key: dataclasses.replace(key, role=account.role)
            )
    current = accounts.of_name(folded(account.name))
    if current and current.role != account.role:  # who wrote that may have been faster here
        return follow(current)
    return [key for key in following.values() if key]


def complete_lists() -> list[Key]:
    """All keys. Those that were bound before accounts had lists are in these now.

    May take long the first time, and goes on the next time where it was stopped.
    """
    found = find_all()
    listed = {row.name for row in ControlItem.query(LISTED_KIND, consistent_read=True)}
    for key in found:
        if key.account and _list_name(key.account, key.hash) not in listed:
            _changed(key.hash, lambda key: key)
    ControlItem(LISTED_KIND, _COMPLETE, about="").save()
    return found


@functools.cache
def _expect_complete_lists() -> None:
    """Errors: DoesNotExist if they are not complete; once they are, nothing is read any more."""
    ControlItem.get(LISTED_KIND, _COMPLETE)


def _add(key: Key, account: Account | None, beside: ControlItem | None = None) -> None:
    if not _write(key, account=account, beside=beside):
        raise AccountChanged("The account of a new key was changed meanwhile. Try again.")


def _changed(key_hash: str, change: Callable[[Key], Key], *, gone: bool = False) -> Key | None:
    """Write a key as ``change`` makes it of what it is then, or delete it; None if there is none.

    Errors: KeyChanged.
    """
    for _ in range(_TRIES):
        item = _item(key_hash, consistent=True)
        if item is None:
            return None
        changed = change(_key(item))
        if _write(changed, item, gone=gone):
            return changed
    raise KeyChanged(f"The key {key_hash[:PREFIX_LENGTH]} is being changed. Try again.")


def _write(
    key: Key,
    before: ControlItem | None = None,
    *,
    account: Account | None = None,
    beside: ControlItem | None = None,
    gone: bool = False,
) -> bool:
    """Write the rows of a key, or delete them; whether that was done.

    It is not if the key, the account or the row of a key ``beside`` is no longer as it was.
    """
    end = dt.datetime.fromisoformat(key.expires_at) if key.expires_at else None
    version = before.version + 1 if before else 0
    rows = [(KIND, key.hash, ControlItem.version == before.version if before else None)]
    if key.account:
        rows.append((LISTED_KIND, _list_name(key.account, key.hash), None))
    try:
        with TransactWrite(connection=connection()) as transaction:
            if account is not None:
                transaction.condition_check(
                    ControlItem,
                    accounts.KIND,
                    folded(account.name),
                    condition=ControlItem.version == account.version,
                )
            if beside is not None:
                transaction.condition_check(
                    ControlItem,
                    beside.kind,
                    beside.name,
                    condition=ControlItem.version == beside.version,
                )
            for kind, name, unchanged in rows:
                item = ControlItem(kind, name, about=_about(key), version=version, expires_at=end)
                (transaction.delete if gone else transaction.save)(item, unchanged)
    except TransactWriteError as error:
        codes = {reason.code for reason in error.cancellation_reasons if reason}
        if not codes & {"ConditionalCheckFailed", "TransactionConflict"}:
            raise
        return False
    finally:
        _cache.pop(key.hash, None)
    return True


def _list_name(account: str, key_hash: str = "") -> str:
    """The name of a key's row among those of its account; how it begins without a key.

    Names of accounts may be long, and may begin like others.
    """
    return f"{hash_of(account)}#{key_hash}"


def _key(item: ControlItem) -> Key:
    return Key(hash=item.name.rpartition("#")[2], **orjson.loads(item.about))


def _about(key: Key) -> str:
    fields = dataclasses.asdict(key)
    return orjson.dumps({n: v for n, v in fields.items() if n != "hash" and v}).decode()


def _new_text() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(KEY_LENGTH))


def _moment(at: dt.datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


_cache: dict[str, tuple[float, Key | None]] = {}


def find(key: str) -> Key | None:
    """What a key stands for, at most a minute old; None also of one that has ended."""
    name = hash_of(key)
    known = _cache.get(name)
    if known is None or time.monotonic() - known[0] >= CACHE_SECONDS:
        if len(_cache) >= CACHE_SIZE:
            _cache.clear()
        known = _cache[name] = (time.monotonic(), _read(name))
    found = known[1]
    return None if found is None or found.has_ended(dt.datetime.now(dt.UTC)) else found


def get(key_hash: str) -> Key | None:
    """The key of this hash as it is now, or None; also one that has ended."""
    return _read(key_hash, consistent=True)


def find_all() -> list[Key]:
    """All keys as they are now, oldest first; also those that have ended and still have rows."""
    return _sorted(ControlItem.query(KIND, consistent_read=True))


def _read(key_hash: str, *, consistent: bool = False) -> Key | None:
    item = _item(key_hash, consistent=consistent)
    return _key(item) if item else None


def _item(key_hash: str, *, consistent: bool = False) -> ControlItem | None:
    try:
        return ControlItem.get(KIND, key_hash, consistent_read=consistent)
    except ControlItem.DoesNotExist:
        return None


def _sorted(rows: Iterable[ControlItem]) -> list[Key]:
    return sorted(map(_key, rows), key=lambda key: (key.created_at, key.owner))
