"""Passwords: hashed with scrypt, with a salt of their own; the password itself is kept nowhere.

What is kept begins with the method and its parameters, so that old hashes stay valid when new
ones are made costlier: ``scrypt$n$r$p$salt$hash``.
"""

import base64
import hashlib
import hmac
import secrets
from typing import NamedTuple

SHORTEST, LONGEST = 6, 128

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


def hash_of(password: str) -> str:
    """What is kept of a password: method, parameters, salt and hash."""
    salt = secrets.token_bytes(_SALT_BYTES)
    found = _text(_scrypt(password.encode("utf-8", "surrogatepass"), salt, COST))
    return f"scrypt${COST.n}${COST.r}${COST.p}${_text(salt)}${found}"


def matches(kept: str, password: bytes) -> bool:
    """Whether a password is the one of which this was kept."""
    _, n, r, p, salt, wanted = kept.split("$")
    found = _scrypt(password, base64.b64decode(salt), Cost(int(n), int(r), int(p)))
    return hmac.compare_digest(_text(found), wanted)


def nobody() -> str:
    """What is kept of nobody's password, as costly to compare as everybody's."""
    return f"scrypt${COST.n}${COST.r}${COST.p}${_text(bytes(_SALT_BYTES))}$"


def generated() -> str:
    """A password that nobody guesses."""
    return secrets.token_urlsafe(_GENERATED_BYTES)


def _scrypt(password: bytes, salt: bytes, cost: Cost) -> bytes:
    memory = 128 * cost.r * (cost.n + cost.p + 2) * 2  # with room: OpenSSL counts roughly
    return hashlib.scrypt(
        password, salt=salt, n=cost.n, r=cost.r, p=cost.p, maxmem=memory, dklen=_HASH_BYTES
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
