"""orcid.org: signing in by OpenID Connect, authorization code flow.

``/oauth/authorize`` is a page of ours, as ORCID's is a program in the browser: it lists invented
people to sign in as. All else has ORCID's shapes as of October 2026: its description of itself
names no code challenges (``SignIns.pkce`` changes that), and the client says its secret in the
form. A challenge that was not asked for is not modelled: whether ORCID forgets it or waits in
vain for the verifier, which its token endpoint does not hand on, was not observed.
"""

import base64
import hashlib
import uuid
from html import escape
from urllib.parse import quote, urlencode

from infra.local.providers.exchange import Reply, Request, State, as_json, as_text, not_modelled
from infra.local.providers.sign_ins import (
    ACCESS_TOKEN_LIFETIME,
    CLIENT_ID,
    CLIENT_SECRET,
    ISSUER,
    PEOPLE,
    public_key,
)

_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_FORM = "application/x-www-form-urlencoded"
#: The parameters of our own page.
_PERSON, _DENIED = "sign_in_as", "nobody"


def answer(request: Request, state: State) -> Reply:
    """The answer to any call of the host."""
    path = request.path.rstrip("/")
    if path == "/oauth/token":
        return _token(request, state)
    if request.method != "GET":
        return not_modelled(request, "only GET is, but for /oauth/token")
    if path == "/.well-known/openid-configuration":
        return as_json(_description(state), operation="discovery")
    if path == "/oauth/jwks":
        return as_json({"keys": [public_key()]}, operation="jwks", headers=_NO_STORE)
    if path == "/oauth/authorize":
        return _authorize(request, state)
    return not_modelled(request, "only signing in is")


def _description(state: State) -> dict[str, object]:
    methods = {"code_challenge_methods_supported": ["S256"]} if state.sign_ins.pkce else {}
    return {
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "userinfo_endpoint": f"{ISSUER}/oauth/userinfo",
        "authorization_endpoint": f"{ISSUER}/oauth/authorize",
        "token_endpoint": f"{ISSUER}/oauth/token",
        "jwks_uri": f"{ISSUER}/oauth/jwks",
        "claims_supported": ["family_name", "given_name", "name", "auth_time", "iss", "sub"],
        "scopes_supported": ["openid"],
        "subject_types_supported": ["public"],
        "response_types_supported": ["code", "id_token", "id_token token"],
        "claims_parameter_supported": False,
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "grant_types_supported": ["authorization_code", "implicit", "refresh_token"],
        **methods,
        "issuer": ISSUER,
    }


def _authorize(request: Request, state: State) -> Reply:
    """The page of people, or somebody's way back with a code."""
    redirect_uri = request.get("redirect_uri")
    if request.get("client_id") != CLIENT_ID:
        return _error(400, "invalid_request", "Invalid parameter: client_id")
    if not state.sign_ins.knows(redirect_uri):
        text = "Redirect URI doesn't match your registered redirect URIs."
        return _error(400, "invalid_grant", text)
    if request.get("response_type") != "code":
        return _back(f"{redirect_uri}#error=unsupported_response_type")
    if request.get("scope") != "openid":
        return _back(f"{redirect_uri}#error=invalid_scope")
    challenge, method = request.get("code_challenge"), request.get("code_challenge_method")
    if challenge and not state.sign_ins.pkce:
        return not_modelled(request, "ORCID does not say what it does with a code challenge")
    if state.sign_ins.pkce and not (challenge and method == "S256"):
        return _error(400, "invalid_request", "OAuth 2.0 Parameter: code_challenge")
    chosen = request.get(_PERSON)
    if not chosen:
        return _page(request)
    again = {"state": request.get("state")}
    if chosen == _DENIED:
        denied = {"error": "access_denied", "error_description": "User denied access"}
        return _back(f"{redirect_uri}?{urlencode(denied | again)}")
    person = next((one for one in PEOPLE if one.orcid == chosen), None)
    if person is None:
        return as_text("Nobody here has this iD.\n", 404)
    code = state.sign_ins.give_code(person, redirect_uri, request.get("nonce"), challenge)
    return _back(f"{redirect_uri}?{urlencode({'code': code} | again)}")


def _page(request: Request) -> Reply:
    here = f"/{request.host}{request.path}?{urlencode(request.pairs)}"
    choices = [*((one.orcid, f"{one.name} {one.orcid}".strip()) for one in PEOPLE)]
    items = "".join(
        f'<li><a href="{escape(f"{here}&{_PERSON}={quote(value)}")}">{escape(text)}</a></li>'
        for value, text in [*choices, (_DENIED, "Deny")]
    )
    html = (
        '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Not ORCID</title>'
        "<h1>Sign in as</h1><p>This stands for orcid.org; the people are invented.</p>"
        f"<ul>{items}</ul></html>\n"
    )
    return as_text(html, 200, content_type="text/html; charset=utf-8", operation="authorize")


def _back(address: str) -> Reply:
    return Reply(302, b"", "text/html", {"Location": address, **_NO_STORE}, operation="authorize")


def _token(request: Request, state: State) -> Reply:
    if request.method != "POST" or not request.headers.get("content-type", "").startswith(_FORM):
        kind = request.headers.get("content-type", "null")
        text = f"Content-Type '{escape(kind)}' is not supported."
        return as_text(text, 415, content_type="text/html;charset=utf-8", operation="token")
    if not request.get("grant_type"):
        return _error(400, "unsupported_grant_type", "grant_type is missing")
    if request.headers.get("authorization"):
        return not_modelled(request, "HTTP Basic, which ORCID does not name")
    for name in ("client_id", "client_secret"):
        if not request.get(name):
            return _error(401, "invalid_request", f"{name} is required")
    if (request.get("client_id"), request.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
        return _error(401, "invalid_client", "Client authentication failed")
    if request.get("grant_type") != "authorization_code":
        return not_modelled(request, "other grants than authorization_code")
    code = request.get("code")
    grant = state.sign_ins.use_code(code)
    if grant is None:
        return _error(400, "invalid_grant", f"Invalid authorization code: {code}")
    verifier = hashlib.sha256(request.get("code_verifier").encode()).digest()
    met = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode() == grant.challenge
    if request.get("redirect_uri") != grant.redirect_uri or (grant.challenge and not met):
        text = "One of the provided parameters is invalid"
        return _error(400, "invalid_grant", text)
    access_token = str(uuid.uuid4())
    document = {
        "access_token": access_token,
        "token_type": "bearer",
        "refresh_token": str(uuid.uuid4()),
        "expires_in": ACCESS_TOKEN_LIFETIME,
        "scope": "openid",
        "name": grant.person.name,
        "orcid": grant.person.orcid,
        "id_token": state.sign_ins.id_token(grant, access_token),
    }
    return as_json(document, operation="token", headers=_NO_STORE)


def _error(status: int, error: str, description: str) -> Reply:
    return as_json({"error_description": description, "error": error}, status, operation="refused")
