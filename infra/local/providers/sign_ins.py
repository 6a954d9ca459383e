"""What ORCID knows of people, of the client that signs them in, and of codes it gave out.

The key is made when it is first needed, once in a process: it takes a tenth of a second.
"""

import base64
import dataclasses
import functools
import hashlib
import secrets
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

ISSUER = "https://orcid.org"
#: What the one client that is registered has been given.
CLIENT_ID = "APP-LAGOTTOLOCAL0001"
CLIENT_SECRET = "a-secret-that-everybody-may-know"  # noqa: S105
#: Seconds; ORCID tells no lifetime of a code.
CODE_LIFETIME, ID_TOKEN_LIFETIME, ACCESS_TOKEN_LIFETIME = 600, 86400, 631138518

_LOOPBACK = ("localhost", "127.0.0.1")


@dataclasses.dataclass(frozen=True, slots=True)
class Person:
    """An invented person. ``name`` is "" where it is private."""

    orcid: str
    given: str = ""
    family: str = ""

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}".strip()


#: iDs of blocks that ORCID gives to nobody.
PEOPLE = (
    Person("0009-9000-0000-0010", "Ada", "Abara"),
    Person("0009-9000-0000-0029", "Jun", "Bērziņa"),
    Person("0009-9000-0000-0037"),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Grant:
    """What a code stands for."""

    person: Person
    redirect_uri: str
    nonce: str
    challenge: str
    at: float


@dataclasses.dataclass
class SignIns:
    """The codes that are not used up yet.

    ``pkce``: whether code challenges are checked and ORCID's description of itself says so; at
    the time of writing it does not. ``redirect_uris`` are registered beside those of this
    machine; they match by origin and the beginning of the path. ``sign`` makes an ID token of
    its claims.
    """

    pkce: bool = False
    redirect_uris: tuple[str, ...] = ()
    sign: Callable[[dict[str, Any]], str] = dataclasses.field(default=lambda claims: sign(claims))
    _codes: dict[str, Grant] = dataclasses.field(default_factory=dict)
    _lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def knows(self, redirect_uri: str) -> bool:
        """Whether people may be sent back to there."""
        asked = urlsplit(redirect_uri)
        if asked.scheme == "http" and asked.hostname in _LOOPBACK:
            return True
        return any(
            (asked.scheme, asked.netloc) == (known.scheme, known.netloc)
            and asked.path.startswith(known.path)
            for known in map(urlsplit, self.redirect_uris)
        )

    def give_code(self, person: Person, redirect_uri: str, nonce: str, challenge: str) -> str:
        """A new code for a person."""
        code = secrets.token_hex(3)
        with self._lock:
            self._codes[code] = Grant(person, redirect_uri, nonce, challenge, time.time())
        return code

    def use_code(self, code: str) -> Grant | None:
        """What a code stands for; None if it is used up, too old, or none of ours."""
        with self._lock:
            grant = self._codes.pop(code, None)
        return grant if grant and time.time() - grant.at < CODE_LIFETIME else None

    def id_token(self, grant: Grant, access_token: str) -> str:
        """The ID token of somebody, with ORCID's claims in its order."""
        now = int(time.time())
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        claims: dict[str, Any] = {
            "aud": CLIENT_ID,
            "sub": grant.person.orcid,
            "auth_time": int(grant.at),
            "iss": ISSUER,
            "exp": now + ID_TOKEN_LIFETIME,
            "iat": now,
            "nonce": grant.nonce,
            "jti": str(uuid.uuid4()),
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
            "given_name": grant.person.given,
            "family_name": grant.person.family,
        }
        return self.sign({name: value for name, value in claims.items() if value})


def sign(claims: dict[str, Any]) -> str:
    """A JWT of these claims, signed with ORCID's key."""
    from joserfc import jwt  # not for those who only ask for numbers

    header = {"kid": public_key()["kid"], "alg": "RS256"}
    return jwt.encode(header, claims, key(), algorithms=["RS256"], default_type=None)


def public_key() -> dict[str, Any]:
    """The key as everybody sees it: without "alg", as ORCID writes it."""
    public = key().as_dict(private=False)
    return {name: public[name] for name in ("kty", "e", "use", "kid", "n")}


@functools.cache
def key() -> Any:
    """The key of this process."""
    from joserfc.jwk import RSAKey

    about = {"use": "sig", "kid": f"local-orcid-org-{secrets.token_hex(16)}"}
    return RSAKey.generate_key(2048, about)
