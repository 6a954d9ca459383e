"""API keys, by hash: the key itself is shown once, when it is made, and kept nowhere.

Table ``<stack>-control``, kind ``key``, name = SHA-256 of the key. Read by the key that a
request brings; kept for a minute, unknown ones too.
"""

import dataclasses
import datetime as dt
import hashlib
import secrets
import string
import time

import orjson

from chalicelib.store.tables import ControlItem

KIND = "key"
ROLES = ("user", "staff", "admin")
#: As Lagotto's (api.md 3.1).
KEY_LENGTH = 20
CACHE_SECONDS = 60
#: So that a flood of invented keys cannot fill the memory.
CACHE_SIZE = 10_000

_ALPHABET = string.ascii_letters + string.digits


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a key stands for; ``hash`` names it in logs and lists."""

    hash: str
    owner: str
    role: str
    created_at: str

    @property
    def sees_private(self) -> bool:
        """Whether numbers of private sources are shown (api.md 3.2)."""
        return self.role in ("staff", "admin")


def hash_of(key: str) -> str:
    """The name under which a key is kept: its SHA-256 in hex.

    A fast hash is right here: keys are random, not chosen by people.
    """
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def create(owner: str, role: str, now: dt.datetime, *, key: str | None = None) -> tuple[str, Key]:
    """A new key and what was kept of it. ``key`` brings one from another installation."""
    key = key or "".join(secrets.choice(_ALPHABET) for _ in range(KEY_LENGTH))
    about = {"owner": owner, "role": role, "created_at": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
    kept = Key(hash=hash_of(key), **about)
    ControlItem(KIND, kept.hash, about=orjson.dumps(about).decode()).save()
    _cache.pop(kept.hash, None)
    return key, kept


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
