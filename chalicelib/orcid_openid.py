"""ORCID as an OpenID provider: where people sign in, and who they are when they come back.

By Authlib, and joserfc for the signature. Both load for 0.2 seconds, so that nobody imports this
module but the routes of ``orcid_sign_in``, when they are called. What ORCID answers is bounded in
size and time, redirects are not followed, and of what it says no text gets into an error: it may
repeat the code it was given.

Sources: OpenID Connect Core 1.0, section 3.1; ORCID's description of its OpenID Connect
(ORCID/ORCID-Source, orcid-web/ORCID_AUTH_WITH_OPENID_CONNECT.md).
"""

import dataclasses
import io
import re
import time
from collections.abc import Mapping
from typing import Any

import orjson
import requests
import urllib3
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import InvalidClaimError, InvalidKeyIdError, JoseError, MissingClaimError
from joserfc.jwk import KeySet

from chalicelib import VERSION
from chalicelib.errors import ConfigurationError, LagottoError
from chalicelib.transports import ForbiddenAddress, ProviderServer, PublicOnly

#: As https://orcid.org/.well-known/openid-configuration tells them.
ISSUER = "https://orcid.org"
DISCOVERY_URL = f"{ISSUER}/.well-known/openid-configuration"
AUTHORIZE_URL = f"{ISSUER}/oauth/authorize"
TOKEN_URL = f"{ISSUER}/oauth/token"
KEYS_URL = f"{ISSUER}/oauth/jwks"
#: The only way that ORCID names for a client to say its secret.
CLIENT_AUTHENTICATION = "client_secret_post"
SCOPE = "openid"
ALGORITHM = "RS256"

#: How long ORCID's keys and its description of itself are taken as they are.
KEPT_SECONDS = 3600
#: How far its clock and ours may be apart.
LEEWAY_SECONDS = 60
TIMEOUT_SECONDS = 8
MAXIMUM_BODY_BYTES = 64 * 1024

#: What the token endpoint says of a client it does not know or whose secret is another.
_REFUSED_CLIENT = ("invalid_client", "unauthorized_client")
_ORCID = re.compile(r"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]")
_ERROR_CODE = re.compile(r"[a-z_]{1,40}")


class NoAnswer(LagottoError):
    """ORCID is down, out of reach, or asks to come back later."""


class NotAccepted(LagottoError):
    """What the person came back with is not good, or not for this sign-in."""


class Unexpected(LagottoError):
    """ORCID answered, but not so that it proves who the person is."""


@dataclasses.dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signed in at ORCID: his iD, and his name unless ORCID keeps it private."""

    orcid: str
    full_name: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Orcid:
    """ORCID, as one of its clients sees it.

    ``redirect_uri`` is where people come back to, as it is registered at ORCID. With
    ``providers_url`` it is the provider server that is asked, also by the person's browser.
    """

    client_id: str
    client_secret: str = dataclasses.field(repr=False)
    redirect_uri: str
    providers_url: str | None = None

    def knows_pkce(self) -> bool:
        """Whether ORCID says that it checks a code challenge (RFC 7636), which it did not so far.

        One that is not asked for would do harm: ORCID's token endpoint hands on what it knows of
        a request, not the verifier, so that a challenge which is kept could never be met. The
        nonce ties the code to the browser all the same. Errors: NoAnswer, Unexpected.
        """
        described = self._document(DISCOVERY_URL)
        methods = described.get("code_challenge_methods_supported")
        return isinstance(methods, list) and "S256" in methods

    def sign_in_url(self, state: str, nonce: str, verifier: str) -> str:
        """The address where a browser signs in; ``verifier`` is "" for no code challenge."""
        with self._session() as session:
            url, _ = session.create_authorization_url(
                self._browser_url(AUTHORIZE_URL),
                state=state,
                nonce=nonce,
                code_verifier=verifier or None,
            )
        return str(url)

    def person(self, code: str, nonce: str, verifier: str) -> Person:
        """Who came back with a code, which is used up by this.

        Errors: NotAccepted, NoAnswer, Unexpected; ConfigurationError if ORCID refuses the client.
        """
        given = self._token(code, verifier)
        claims = self._claims(given.get("id_token"), nonce)
        orcid = claims["sub"]
        if given.get("orcid", orcid) != orcid:
            raise Unexpected("ORCID's ID token is of another iD than its answer.")
        if not is_orcid(orcid):
            raise Unexpected("ORCID's ID token is of no valid iD.")
        return Person(orcid, _name(given) or _name(claims))

    def _token(self, code: str, verifier: str) -> Mapping[str, Any]:
        """ORCID's answer to the code."""
        challenge = {"code_verifier": verifier} if verifier else {}
        try:
            with self._session() as session:
                session.register_compliance_hook("access_token_response", _answered)
                given: Mapping[str, Any] = session.fetch_token(
                    TOKEN_URL, code=code, stream=True, allow_redirects=False, **challenge
                )
        except OAuthError as error:
            raise self._refusal(str(error.error)) from None
        except requests.HTTPError as error:
            status = None if error.response is None else error.response.status_code
            raise Unexpected(f"ORCID's token endpoint answered with status {status}.") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise _no_connection(error) from None
        except ForbiddenAddress as error:
            raise NoAnswer(str(error)) from None
        except (ValueError, TypeError):
            raise Unexpected("ORCID's token endpoint did not answer with a token.") from None
        return given

    def _refusal(self, code: str) -> LagottoError:
        """The error that an error code of the token endpoint calls for."""
        if code == "invalid_grant":
            return NotAccepted("ORCID does not accept the code.")
        if code in _REFUSED_CLIENT:
            return ConfigurationError(
                f"ORCID does not know the client id {self.client_id}, or its secret is another. "
                "Compare both with https://orcid.org/developer-tools: the id is "
                "LAGOTTO_ORCID_CLIENT_ID in .chalice/config.json, the secret is set with "
                "`python -m chalicelib --stage ... orcid set`."
            )
        shown = code if _ERROR_CODE.fullmatch(code) else "another error"
        return Unexpected(f"ORCID's token endpoint answered with {shown}.")

    def _claims(self, id_token: object, nonce: str) -> Mapping[str, Any]:
        """The claims of an ID token that ORCID has signed for us and this sign-in.

        Authlib's own class for ID tokens is of no use: it refuses ``amr`` as ORCID writes it.
        """
        if not isinstance(id_token, str):
            raise Unexpected("ORCID did not answer with an ID token.")
        registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": self.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            claims = self._verified(id_token)
            registry.validate(claims)
        except (InvalidClaimError, MissingClaimError) as error:
            raise Unexpected(f"ORCID's ID token has a wrong claim: {error.description}") from None
        except (JoseError, ValueError, TypeError) as error:
            raise Unexpected(f"ORCID's ID token is not valid: {type(error).__name__}.") from None
        if claims["aud"] not in (self.client_id, [self.client_id]):
            raise Unexpected("ORCID's ID token is for others, too.")
        if claims.get("nonce") != nonce:
            raise NotAccepted("ORCID's ID token is of another sign-in.")
        return claims

    def _verified(self, id_token: str) -> dict[str, Any]:
        """The claims of a token with a right signature. Errors: JoseError, ValueError."""
        try:
            return jwt.decode(id_token, self._keys(), algorithms=[ALGORITHM]).claims
        except InvalidKeyIdError:  # ORCID has a new key since
            return jwt.decode(id_token, self._keys(fresh=True), algorithms=[ALGORITHM]).claims

    def _keys(self, *, fresh: bool = False) -> KeySet:
        keys = self._document(KEYS_URL, fresh=fresh).get("keys")
        if not isinstance(keys, list):
            raise Unexpected("ORCID does not tell its keys.")
        rsa = [key for key in keys if isinstance(key, dict) and key.get("kty") == "RSA"]
        return KeySet.import_key_set({"keys": rsa})

    def _document(self, url: str, *, fresh: bool = False) -> dict[str, Any]:
        """A JSON object that ORCID shows to everybody, at most an hour old, or ``fresh``."""
        place = f"{self.providers_url or ''} {url}"
        known = _kept.get(place)
        if known and not fresh and time.monotonic() - known[0] < KEPT_SECONDS:
            return known[1]
        try:
            with self._session() as session:
                response = _answered(
                    session.get(
                        url,
                        withhold_token=True,
                        stream=True,
                        allow_redirects=False,
                        headers={"Accept": "application/json"},
                    )
                )
            found = orjson.loads(response.content)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise _no_connection(error) from None
        except ForbiddenAddress as error:
            raise NoAnswer(str(error)) from None
        except ValueError:
            raise Unexpected(f"{url} is no JSON.") from None
        if response.status_code != 200 or not isinstance(found, dict):
            raise Unexpected(f"{url} answers with status {response.status_code}, or no object.")
        _kept[place] = (time.monotonic(), found)
        return found

    def _session(self) -> Any:
        session = OAuth2Session(
            self.client_id,
            self.client_secret,
            token_endpoint_auth_method=CLIENT_AUTHENTICATION,
            scope=SCOPE,
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
            default_timeout=TIMEOUT_SECONDS,
        )
        # Proxies of the environment lead to the internet, where nothing else is asked.
        session.trust_env = not self.providers_url
        session.auth = _as_it_is
        session.headers["User-Agent"] = f"Lagotto/{VERSION}"
        network = ProviderServer(self.providers_url) if self.providers_url else PublicOnly()
        session.mount("https://", network)
        session.mount("http://", network)
        return session

    def _browser_url(self, url: str) -> str:
        """The address that a browser on this machine opens for one of ORCID's."""
        if not self.providers_url:
            return url
        return f"{self.providers_url.rstrip('/')}/{url.partition('://')[2]}"


def is_orcid(text: str) -> bool:
    """Whether a text is an ORCID iD as it is written, with a right check digit.

    Source: ISO 7064 MOD 11-2, https://support.orcid.org, "Structure of the ORCID Identifier".
    """
    if not _ORCID.fullmatch(text):
        return False
    characters = text.replace("-", "")
    total = 0
    for digit in characters[:-1]:
        total = (total + int(digit)) * 2
    return characters[-1] == "0123456789X"[(12 - total % 11) % 11]


def forget_cache() -> None:
    """Make ORCID's keys and its description be read anew."""
    _kept.clear()


_kept: dict[str, tuple[float, dict[str, Any]]] = {}


def _answered(response: requests.Response) -> requests.Response:
    """An answer, read whole. Errors: NoAnswer on a 5xx and the like, or if it is too large."""
    with response:
        status = response.status_code
        if status >= 500 or status in (408, 429):
            raise NoAnswer(f"ORCID answers with status {status}.")
        body = bytearray()
        give_up_at = time.monotonic() + TIMEOUT_SECONDS
        for chunk in response.iter_content(8192):
            body += chunk
            if len(body) > MAXIMUM_BODY_BYTES or time.monotonic() > give_up_at:
                raise NoAnswer("ORCID's answer is too large, or comes too slowly.")
    whole = requests.Response()
    whole.status_code = status
    whole.raw = io.BytesIO(bytes(body))
    return whole


def _no_connection(error: Exception) -> NoAnswer:
    """Of an error of the network only its kind: its text may hold what was sent."""
    return NoAnswer(f"ORCID cannot be reached: {type(error).__name__}.")


def _name(told: Mapping[str, Any]) -> str:
    """The name in an answer or in claims, "" without one."""
    parts = (told.get("name"), f"{told.get('given_name', '')} {told.get('family_name', '')}")
    return next((part.strip() for part in parts if isinstance(part, str) and part.strip()), "")


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Without any authentication of a session, requests would look into ~/.netrc."""
    return request
