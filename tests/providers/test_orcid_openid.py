"""Signing in at ORCID, as the provider server stands for it."""

import html
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import KeySet

from chalicelib.orcid_openid import is_orcid
from infra.local.providers import ProviderServer
from infra.local.providers import sign_ins as people
from infra.local.providers.sign_ins import CLIENT_ID, CLIENT_SECRET, PEOPLE, SignIns
from tests.providers.asking import Ask

BACK = "http://localhost:8080/users/auth/orcid/callback"
ASKED = {
    "client_id": CLIENT_ID,
    "response_type": "code",
    "scope": "openid",
    "redirect_uri": BACK,
    "state": "a b",
    "nonce": "n",
}
CLIENT = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
VERIFIER = "v" * 43
CHALLENGE = {
    "code_challenge": create_s256_code_challenge(VERIFIER),
    "code_challenge_method": "S256",
}


@pytest.fixture
def orcid(server: ProviderServer) -> Iterator[SignIns]:
    """What ORCID knows, for one test."""
    before = server.state.sign_ins
    server.state.sign_ins = SignIns()
    yield server.state.sign_ins
    server.state.sign_ins = before


def authorize(server: ProviderServer, **changes: str) -> requests.Response:
    asked = {name: value for name, value in (ASKED | changes).items() if value}
    url = f"{server.url}/orcid.org/oauth/authorize"
    return requests.get(url, params=asked, allow_redirects=False, timeout=5)


def way_back(answer: requests.Response) -> tuple[str, dict[str, str]]:
    """Where an answer sends the browser, and with which parameters."""
    assert answer.status_code == 302
    address, _, query = answer.headers["location"].partition("?")
    return address, dict(parse_qsl(query))


def code(server: ProviderServer, **changes: str) -> str:
    return way_back(authorize(server, sign_in_as=PEOPLE[0].orcid, **changes))[1]["code"]


def exchange(server: ProviderServer, **fields: str) -> requests.Response:
    form = {"grant_type": "authorization_code", "redirect_uri": BACK, **CLIENT, **fields}
    return requests.post(
        f"{server.url}/orcid.org/oauth/token",
        data={name: value for name, value in form.items() if value},
        timeout=5,
    )


def test_the_description_is_orcid_s(ask: Ask, orcid: SignIns) -> None:
    described = ask("orcid.org/.well-known/openid-configuration").json()
    assert described["issuer"] == "https://orcid.org"
    assert described["token_endpoint"] == "https://orcid.org/oauth/token"
    assert described["token_endpoint_auth_methods_supported"] == ["client_secret_post"]
    assert "code_challenge_methods_supported" not in described
    orcid.pkce = True
    described = ask("orcid.org/.well-known/openid-configuration").json()
    assert described["code_challenge_methods_supported"] == ["S256"]


def test_signing_in(server: ProviderServer, orcid: SignIns, ask: Ask) -> None:
    page = authorize(server)
    links = [html.unescape(link) for link in re.findall(r'href="([^"]+)"', page.text)]
    assert (page.status_code, len(links)) == (200, len(PEOPLE) + 1)
    answer = requests.get(server.url + links[0], allow_redirects=False, timeout=5)
    address, given = way_back(answer)
    assert (address, given["state"], given.keys()) == (BACK, "a b", {"code", "state"})
    answer = exchange(server, code=given["code"])
    token = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert list(token) == [
        *("access_token", "token_type", "refresh_token", "expires_in", "scope"),
        *("name", "orcid", "id_token"),
    ]
    keys = ask("orcid.org/oauth/jwks").json()
    assert [sorted(key) for key in keys["keys"]] == [["e", "kid", "kty", "n", "use"]]
    proved = jwt.decode(token["id_token"], KeySet.import_key_set(keys), algorithms=["RS256"])
    assert proved.header == {"kid": keys["keys"][0]["kid"], "alg": "RS256"}
    claims = proved.claims
    assert (claims["sub"], claims["aud"]) == (token["orcid"], CLIENT_ID)
    assert (claims["iss"], claims["nonce"]) == ("https://orcid.org", "n")
    assert claims["exp"] - claims["iat"] == people.ID_TOKEN_LIFETIME
    denied = requests.get(server.url + links[-1], allow_redirects=False, timeout=5)
    assert way_back(denied)[1]["error"] == "access_denied"


def test_a_name_that_is_private(server: ProviderServer, orcid: SignIns) -> None:
    given = way_back(authorize(server, sign_in_as=PEOPLE[-1].orcid))[1]
    token = exchange(server, code=given["code"]).json()
    assert (token["name"], token["orcid"]) == ("", PEOPLE[-1].orcid)
    claims = jwt.decode(token["id_token"], people.key(), algorithms=["RS256"]).claims
    assert not {"given_name", "family_name"} & claims.keys()


def test_a_code_works_once_and_only_as_it_was_asked_for(
    server: ProviderServer, orcid: SignIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = code(server)
    assert exchange(server, code=given).status_code == 200
    late = code(server)
    for refused in (
        exchange(server, code=given),
        exchange(server, code="made-up"),
        exchange(server, code=""),
        exchange(server, code=code(server), redirect_uri="http://localhost:1/"),
    ):
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    monkeypatch.setattr(people, "CODE_LIFETIME", 0)
    assert exchange(server, code=late).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"client_secret": "x"}, 401, "invalid_client"),
        ({"client_id": "x"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_request"),
        ({"grant_type": ""}, 400, "unsupported_grant_type"),
    ],
)
def test_clients_that_are_refused(
    server: ProviderServer, orcid: SignIns, fields: dict[str, str], status: int, error: str
) -> None:
    given = code(server)
    answer = exchange(server, code=given, **fields)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert exchange(server, code=given).status_code == 200


def test_only_forms_are_taken(server: ProviderServer, ask: Ask) -> None:
    url = f"{server.url}/orcid.org/oauth/token"
    assert requests.post(url, json=CLIENT, timeout=5).status_code == 415
    assert ask("orcid.org/oauth/token").status_code == 415


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "x"},
        {"client_id": ""},
        {"redirect_uri": ""},
        {"redirect_uri": "https://evil.example/users/auth/orcid/callback"},
        {"redirect_uri": "https://metrics.example.org/"},
    ],
)
def test_nobody_is_sent_where_nothing_is_registered(
    server: ProviderServer, orcid: SignIns, changes: dict[str, str]
) -> None:
    orcid.redirect_uris = ("https://metrics.example.org/users",)
    answer = authorize(server, sign_in_as=PEOPLE[0].orcid, **changes)
    assert answer.status_code == 400 and "location" not in answer.headers
    below = "https://metrics.example.org/users/auth/orcid/callback"
    assert code(server, redirect_uri=below)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"scope": "/authenticate"}, "invalid_scope"),
    ],
)
def test_errors_that_the_client_hears_of(
    server: ProviderServer, orcid: SignIns, changes: dict[str, str], error: str
) -> None:
    location = authorize(server, **changes).headers["location"]
    assert location == f"{BACK}#error={error}" and not urlsplit(location).query


def test_code_challenges(server: ProviderServer, orcid: SignIns) -> None:
    assert authorize(server, **CHALLENGE).status_code == 501
    orcid.pkce = True
    assert authorize(server).status_code == 400
    assert authorize(server, **CHALLENGE | {"code_challenge_method": "plain"}).status_code == 400
    for verifier, status in (("", 400), ("w" * 43, 400), (VERIFIER, 200)):
        answer = exchange(server, code=code(server, **CHALLENGE), code_verifier=verifier)
        assert answer.status_code == status


def test_what_is_not_modelled(server: ProviderServer, orcid: SignIns, ask: Ask) -> None:
    assert authorize(server, sign_in_as="0000-0002-1825-0097").status_code == 404
    for path in ("oauth/userinfo", "0000-0002-1825-0097"):
        assert ask(f"orcid.org/{path}").status_code == 501
    url = f"{server.url}/orcid.org/oauth/authorize"
    assert requests.post(url, data=ASKED, timeout=5).status_code == 501
    assert exchange(server, grant_type="refresh_token").status_code == 501
    answer = requests.post(
        f"{server.url}/orcid.org/oauth/token",
        data={"grant_type": "authorization_code"},
        auth=(CLIENT_ID, CLIENT_SECRET),
        timeout=5,
    )
    assert answer.status_code == 501


def test_the_people_have_valid_ids() -> None:
    assert all(is_orcid(person.orcid) for person in PEOPLE)
