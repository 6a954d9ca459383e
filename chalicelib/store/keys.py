"""API keys, by hash: the key itself is shown once, when it is made, and kept nowhere.

Table ``<stack>-control``, kind ``key``, name = SHA-256 of the key. Read by the key that a
request brings; kept for a minute, unknown ones too. A key whose owner has an account is bound
to it: it follows the account's role and goes with it.
"""

import dataclasses
import datetime as dt
import hashlib
import secrets
import string
import time
from typing import Any

import orjson
from pynamodb.exceptions import UpdateError

from chalicelib import abilities
from chalicelib.store.accounts import Account, folded
from chalicelib.store.tables import ControlItem

KIND = "key"
#: As Lagotto's (api.md 3.1).
KEY_LENGTH = 20
CACHE_SECONDS = 60
#: So that a flood of invented keys cannot fill the memory.
CACHE_SIZE = 10_000

_ALPHABET = string.ascii_letters + string.digits


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a key stands for; ``hash`` names it in logs and lists.

    ``account`` is the folded name of the account that it is bound to, "" without one.
    """

    hash: str
    owner: str
    role: str
    created_at: str
    account: str = ""

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
    """
    key = key or "".join(secrets.choice(_ALPHABET) for _ in range(KEY_LENGTH))
    kept = Key(
        hash=hash_of(key),
        owner=owner,
        role=account.role if account else role,
        created_at=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        account=folded(account.name) if account else "",
    )
    ControlItem(KIND, kept.hash, about=_about(kept)).save()
    _cache.pop(kept.hash, None)
    return key, kept


def bind(account: Account) -> list[Key]:
    """Bind the keys that were made for an account's owner before, with the role they have."""
    unbound = [key for key in find_all() if not key.account and account.owns(key.owner)]
    return [_changed(key, account=folded(account.name)) for key in unbound]


def of_account(account: Account) -> list[Key]:
    """The keys that are bound to an account, oldest first."""
    return [key for key in find_all() if key.account == folded(account.name)]


def follow(account: Account) -> list[Key]:
    """Give an account's keys its role; those that had another."""
    return [
        _changed(key, role=account.role) for key in of_account(account) if key.role != account.role
    ]


def _changed(key: Key, **fields: Any) -> Key:
    """Write a key with other fields; one that was revoked meanwhile stays away."""
    changed = dataclasses.replace(key, **fields)
    try:
        ControlItem(KIND, key.hash).update(
            actions=[ControlItem.about.set(_about(changed))], condition=ControlItem.name.exists()
        )
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
    _cache.pop(key.hash, None)
    return changed


def _about(key: Key) -> str:
    fields = dataclasses.asdict(key)
    return orjson.dumps({n: v for n, v in fields.items() if n != "hash" and v}).decode()


_cache: dict[str, tuple[float, Key | None]] = {}


def find(key: str) -> Key | None:
    """What a key stands for, or None. At most a minute old."""
    name = hash_of(key)
    known = _cache.get(name)
    if known and time.monotonic() - known[0] < CACHE_SECONDS:
        return known[1]
    try:
        item = ControlItem.get(KIND, name)
        found = Key(hash=name, **orjson.loads(item.about))
    except ControlItem.DoesNotExist:
        found = None
    if len(_cache) >= CACHE_SIZE:
        _cache.clear()
    _cache[name] = (time.monotonic(), found)
    return found


def find_all() -> list[Key]:
    """All keys, oldest first."""
    rows = [Key(hash=item.name, **orjson.loads(item.about)) for item in ControlItem.query(KIND)]
    return sorted(rows, key=lambda row: (row.created_at, row.owner))


def revoke(key_hash: str) -> bool:
    """Delete the key of this hash; whether there was one."""
    try:
        ControlItem.get(KIND, key_hash).delete()
    except ControlItem.DoesNotExist:
        return False
    _cache.pop(key_hash, None)
    return True
