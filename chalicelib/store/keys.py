"""API keys, by hash: the key itself is shown once, when it is made, and kept nowhere.

Table ``<stack>-control``, kind ``key``, name = SHA-256 of the key. Read by the key that a
request brings; kept for a minute, unknown ones too. A key whose owner has an account is bound
to it: it follows the account's role and goes with it. A key may have an end, which is the TTL
of its item too: from then on it opens nothing, and within days DynamoDB deletes it.
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
from pynamodb.expressions.update import Action

from chalicelib import abilities
from chalicelib.errors import LagottoError
from chalicelib.store.accounts import Account, folded
from chalicelib.store.tables import ControlItem

KIND = "key"
#: As Lagotto's (api.md 3.1).
KEY_LENGTH = 20
#: How much of a hash names a key in lists and logs.
PREFIX_LENGTH = 12
CACHE_SECONDS = 60
#: So that a flood of invented keys cannot fill the memory.
CACHE_SIZE = 10_000

_ALPHABET = string.ascii_letters + string.digits


class KeyGone(LagottoError):
    """The key was revoked, or is at its end."""


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
    """
    key = key or _new_text()
    kept = Key(
        hash=hash_of(key),
        owner=owner,
        role=account.role if account else role,
        created_at=_moment(now),
        account=folded(account.name) if account else "",
    )
    _put(kept)
    return key, kept


def rotate(key: Key, now: dt.datetime, *, grace: dt.timedelta) -> tuple[str, Key]:
    """A new key in place of one, and what was kept of it: of the same owner, role and account.

    The old one ends after the grace, or sooner if it was to; without grace it is revoked.
    Errors: KeyGone if it has ended or was revoked meanwhile; then there is no new one.
    """
    if key.has_ended(now):
        raise KeyGone(f"The key {key.hash[:PREFIX_LENGTH]} is at its end.")
    text = _new_text()
    new = dataclasses.replace(key, hash=hash_of(text), created_at=_moment(now), expires_at="")
    _put(new)
    end = now + grace
    if key.expires_at:
        end = min(end, dt.datetime.fromisoformat(key.expires_at))
    if not (expire(key.hash, end) if grace else revoke(key.hash)):
        revoke(new.hash)
        raise KeyGone(f"The key {key.hash[:PREFIX_LENGTH]} was revoked meanwhile.")
    return text, new


def expire(key_hash: str, at: dt.datetime) -> Key | None:
    """Let a key end at a time; the key with that end, None if there is none.

    Another process may know the key without an end for a minute.
    """
    try:
        item = ControlItem.get(KIND, key_hash, consistent_read=True)
    except ControlItem.DoesNotExist:
        return None
    return _changed(_key(item), expires_at=_moment(at))


def bind(account: Account) -> list[Key]:
    """Bind the keys that were made for an account's owner before, with the role they have."""
    unbound = [key for key in find_all() if not key.account and account.owns(key.owner)]
    bound = (_changed(key, account=folded(account.name)) for key in unbound)
    return [key for key in bound if key]


def of_account(account: Account) -> list[Key]:
    """The keys that are bound to an account, oldest first."""
    return [key for key in find_all() if key.account == folded(account.name)]


def follow(account: Account) -> list[Key]:
    """Give an account's keys its role; those that had another."""
    differing = [key for key in of_account(account) if key.role != account.role]
    following = (_changed(key, role=account.role) for key in differing)
    return [key for key in following if key]


def _put(key: Key) -> None:
    ControlItem(KIND, key.hash, about=_about(key)).save()
    _cache.pop(key.hash, None)


def _changed(key: Key, **fields: Any) -> Key | None:
    """Write a key with other fields; None if it was revoked meanwhile: it stays away."""
    changed = dataclasses.replace(key, **fields)
    actions: list[Action] = [ControlItem.about.set(_about(changed))]
    if changed.expires_at:
        actions.append(ControlItem.expires_at.set(dt.datetime.fromisoformat(changed.expires_at)))
    try:
        ControlItem(KIND, key.hash).update(actions=actions, condition=ControlItem.name.exists())
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return None
    finally:
        _cache.pop(key.hash, None)
    return changed


def _key(item: ControlItem) -> Key:
    return Key(hash=item.name, **orjson.loads(item.about))


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


def _read(key_hash: str) -> Key | None:
    try:
        return _key(ControlItem.get(KIND, key_hash))
    except ControlItem.DoesNotExist:
        return None


def find_all() -> list[Key]:
    """All keys, oldest first; among them those that have ended and are not deleted yet."""
    rows = [_key(item) for item in ControlItem.query(KIND)]
    return sorted(rows, key=lambda row: (row.created_at, row.owner))


def revoke(key_hash: str) -> bool:
    """Delete the key of this hash; whether there was one."""
    try:
        ControlItem.get(KIND, key_hash).delete()
    except ControlItem.DoesNotExist:
        return False
    _cache.pop(key_hash, None)
    return True
