"""Signing in with ORCID, by the provider server: the whole way, linking, and who tries to cheat."""

import base64
import hashlib
import hmac
import json
import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import RSAKey

from chalicelib import orcid_openid, orcid_sign_in, sessions, settings, sign_in, users
from chalicelib.store import accounts, alerts, web_secrets
from chalicelib.store.tables import AlertItem, ControlItem
from infra.local.providers import ProviderServer
from infra.local.providers.faults import Faults
from infra.local.providers.sign_ins import (
    CLIENT_ID,
    CLIENT_SECRET,
    PEOPLE,
    SignIns,
    key,
    public_key,
    sign,
)
from tests.browsing import Browser
from tests.conftest import empty_tables
from tests.visiting import NOW, Site

ADA, JUN, PRIVATE = PEOPLE
START, CALLBACK = orcid_sign_in.START, orcid_sign_in.CALLBACK
OWN = "https://metrics.example.org"
LEAD = re.compile(r"https?://[^/]+")


@pytest.fixture(scope="module")
def server():
    with ProviderServer() as running:
        yield running


@pytest.fixture(scope="module")
def tables_of_module(_aws):
    with empty_tables():
        web_secrets.put(web_secrets.ORCID, CLIENT_SECRET)
        yield Site()


@pytest.fixture
def site(tables_of_module):
    """A site without accounts and alerts: tables of its own would take longer than the tests."""
    yield tables_of_module
    for model in (ControlItem, AlertItem):
        with model.batch_write() as batch:
            for item in model.scan():
                batch.delete(item)


@pytest.fixture
def set_up(monkeypatch):
    """set_up(LAGOTTO_…="…") changes settings for the time of a test."""

    def change(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        settings.load.cache_clear()

    yield change
    monkeypatch.undo()
    settings.load.cache_clear()


@pytest.fixture
def orcid(site, server, set_up):
    """The provider server as ORCID, and this site as its client; what is known of sign-ins."""
    server.state.sign_ins = SignIns(redirect_uris=(f"{OWN}/users/auth/orcid",))
    server.faults, server.latency_seconds = Faults(), 0
    orcid_openid.forget_cache()
    set_up(LAGOTTO_ORCID_CLIENT_ID=CLIENT_ID, LAGOTTO_PROVIDERS_URL=server.url)
    return server.state.sign_ins


class Person(Browser):
    """Somebody with a browser, which also keeps the cookie of a sign-in on its way."""

    attempt = ""

    def _ask(self, method, path, headers, body=b""):
        known = {sessions.COOKIE: self.cookie, orcid_sign_in.COOKIE: self.attempt}
        cookie = "; ".join(f"{name}={value}" for name, value in known.items() if value)
        return super()._ask(method, path, {"Cookie": cookie} | headers, body)

    def _keep(self, header):
        for one in [header] if isinstance(header, str) else header:
            name, _, value = one.partition(";")[0].partition("=")
            if name == orcid_sign_in.COOKIE:
                self.attempt = value
            else:
                super()._keep(one)

    def go(self, return_to=""):
        """Set out for ORCID; the address there."""
        seen = self.get(START + (f"?return_to={return_to}" if return_to else ""))
        assert (seen.status, seen.text) == (302, ""), seen.text
        return seen.headers["location"]

    def come_back(self, address):
        """Follow ORCID's redirect to this site."""
        return self.get(LEAD.sub("", address))

    def sign_in_at_orcid(self, who=ADA.orcid, return_to=""):
        """All of it, without and with a page in between."""
        return self.come_back(at_orcid(self.go(return_to), who))


@pytest.fixture
def person(site, orcid):
    return Person(site)


def at_orcid(url, who=ADA.orcid):
    """Sign in at the provider server; where it sends the browser."""
    answer = requests.get(f"{url}&sign_in_as={who}", allow_redirects=False, timeout=5)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def parameters(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def nobody_is_in(person):
    return person.cookie == "" and accounts.find_all() == []


# --- the whole way ---------------------------------------------------------------------------


@pytest.mark.parametrize("pkce", [False, True], ids=["as-orcid-is", "with-pkce"])
def test_from_the_link_over_orcid_to_the_account(person, orcid, server, pkce):
    orcid.pkce = pkce
    page = person.get("/users/sign_in?return_to=/docs/sources")
    assert f'href="{START}?return_to=%2Fdocs%2Fsources"' in page.text
    url = person.go("/docs/sources")
    assert url.startswith(f"{server.url}/orcid.org/oauth/authorize?")
    asked = parameters(url)
    expected = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": f"{OWN}{CALLBACK}",
        "scope": "openid",
    }
    assert asked.items() >= expected.items()
    assert min(len(asked["state"]), len(asked["nonce"])) >= 43
    assert (asked.get("code_challenge_method") == "S256") == ("code_challenge" in asked) == pkce
    assert "secret" not in url
    done = person.come_back(at_orcid(url))
    assert (done.status, done.headers["location"], done.text) == (303, "/docs/sources", "")
    (account,) = accounts.find_all()
    assert (account.name, account.orcid, account.full_name) == (ADA.orcid, ADA.orcid, "Ada Abara")
    assert (account.role, account.email) == ("user", "")
    assert person.get("/users/me").status == 200
    assert person.attempt == ""


def test_who_comes_back_has_the_same_account_and_a_private_name_stays_private(person, site):
    first = person.sign_in_at_orcid()
    assert first.headers["location"] == sign_in.OWN_ACCOUNT
    again = Person(site)
    assert again.sign_in_at_orcid().status == 303
    Person(site).sign_in_at_orcid(PRIVATE.orcid)
    found = {account.name: (account.role, account.full_name) for account in accounts.find_all()}
    assert found == {ADA.orcid: ("user", "Ada Abara"), PRIVATE.orcid: ("user", "")}


def test_the_cookie_on_the_way_is_short_lived_and_nobody_else_s(person):
    header = person.get(START).headers["set-cookie"]
    assert re.fullmatch(
        rf"{orcid_sign_in.COOKIE}=[\w.-]+; Path={START}; Max-Age=600; HttpOnly; SameSite=Lax",
        header,
    )
    secure = person.get(START, {"X-Forwarded-Proto": "https"}).headers["set-cookie"]
    assert secure.endswith("; Secure")
    cookies = person.sign_in_at_orcid().headers["set-cookie"]
    assert [cookie.partition("=")[0] for cookie in cookies] == ["_alm", orcid_sign_in.COOKIE]
    assert "Max-Age=0" in cookies[1]


def test_these_answers_are_for_one_person_and_no_other_site(person):
    back = at_orcid(person.go())
    for seen in (person.get(START), person.come_back(back), person.get(CALLBACK)):
        assert not [name for name in seen.headers if name.startswith("access-control-")]
        assert seen.headers["cache-control"] == "no-store"
        assert seen.headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("return_to", ["//evil.example", "https://evil.example", "/%5Cevil"])
def test_nobody_is_sent_to_another_site(person, return_to):
    assert person.sign_in_at_orcid(return_to=return_to).headers["location"] == "/users/me"


def test_the_host_header_does_not_steer_the_way_back(person):
    seen = person.get(START, {"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert parameters(seen.headers["location"])["redirect_uri"] == f"{OWN}{CALLBACK}"


def test_orcid_itself_is_asked_where_there_is_no_provider_server(monkeypatch):
    there = orcid_openid.Orcid(client_id="APP-1", client_secret="s", redirect_uri=OWN)
    assert there.sign_in_url("s", "n", "").startswith("https://orcid.org/oauth/authorize?")
    asked = []

    class Network(requests.adapters.HTTPAdapter):
        def send(self, request, **_):
            asked.append(request)
            raise orcid_openid.ForbiddenAddress("orcid.org is not a public address")

    monkeypatch.setattr(orcid_openid, "PublicOnly", Network)
    with pytest.raises(orcid_openid.NoAnswer):
        there.knows_pkce()
    with pytest.raises(orcid_openid.NoAnswer):
        there.person("code", "nonce", "verifier")
    assert [request.url for request in asked] == [
        "https://orcid.org/.well-known/openid-configuration",
        "https://orcid.org/oauth/token",
    ]
    assert "client_secret=s" in asked[1].body and "code_verifier=verifier" in asked[1].body


# --- not set up ------------------------------------------------------------------------------


def test_without_a_client_id_there_are_no_such_pages(person, set_up):
    accounts.create("root", "admin", NOW)
    set_up(LAGOTTO_ORCID_CLIENT_ID="")
    for path in (START, f"{CALLBACK}?code=a&state=b"):
        seen = person.get(path)
        assert (seen.status, seen.headers["location"]) == (302, "/")
        assert person.get(path, {"Accept": "application/json"}).status == 404
    person.sign_in(accounts.create("ada", "user", NOW))
    assert person.post(orcid_sign_in.LINK).headers["location"] == "/"
    assert "ORCID iD</a>" not in person.get("/users/me").text


def test_without_the_secret_the_operator_is_told_before_anybody_leaves(person, monkeypatch):
    monkeypatch.delitem(web_secrets._cache, web_secrets.ORCID, raising=False)
    monkeypatch.setattr(web_secrets, "_find", lambda _: "")
    seen = person.get(START)
    assert (seen.status, users.NOT_SET_UP in seen.text) == (503, True)
    (alert,) = alerts.find(alerts.SYSTEM)
    assert "orcid-client-secret is missing" in alert.message
    assert "python -m chalicelib --stage test orcid set" in alert.message


def test_a_wrong_secret_is_a_matter_for_the_operator(person, logged, monkeypatch):
    wrong = (time.monotonic(), "not-the-secret")
    monkeypatch.setitem(web_secrets._cache, web_secrets.ORCID, wrong)
    back = at_orcid(person.go())
    seen = person.come_back(back)
    assert (seen.status, users.NOT_SET_UP in seen.text) == (503, True)
    (alert,) = alerts.find(alerts.SYSTEM)
    assert (alert.class_name, alert.target_url) == ("ConfigurationError", CALLBACK)
    assert "https://orcid.org/developer-tools" in alert.message and CLIENT_ID in alert.message
    for secret in ("not-the-secret", *parameters(back).values()):
        assert secret not in seen.text + str(alert) + logged()
    assert nobody_is_in(person)
    assert web_secrets.ORCID not in web_secrets._cache, "one that was set anew is read at once"


# --- refusals --------------------------------------------------------------------------------


def test_who_cancels_is_shown_the_ways_to_sign_in(person):
    seen = person.come_back(at_orcid(person.go("/docs/sources"), "nobody"))
    assert (seen.status, orcid_sign_in.CANCELLED in seen.text) == (200, True)
    assert 'name="return_to" value="/docs/sources"' in seen.text
    assert f'href="{START}?return_to=%2Fdocs%2Fsources"' in seen.text
    assert person.attempt == "" and nobody_is_in(person)
    assert Person(person.site).get(f"{CALLBACK}?error=access_denied").status == 200


def refused(seen, status=400, text=orcid_sign_in.BEGIN_AGAIN):
    assert (seen.status, text in seen.text) == (status, True), seen.text
    return True


@pytest.mark.parametrize(
    "query", ["", "?state=", "?code=a", "?code=a&state=b", "?code=a&state=%ED%A0%80", "?state=ä"]
)
def test_a_state_that_is_missing_or_wrong(person, server, query):
    person.go()
    asked = server.calls()["calls"]
    assert refused(person.get(CALLBACK + query))
    assert server.calls()["calls"] == asked, "nobody is asked"
    assert nobody_is_in(person)


def test_an_answer_for_the_browser_of_somebody_else(person, site):
    back = at_orcid(person.go())
    for other in (Person(site), Person(site)):
        assert refused(other.come_back(back))
        other.go()  # has a sign-in of his own on its way
        assert refused(other.come_back(back))
        assert nobody_is_in(other)
    assert person.come_back(back).status == 303


def test_an_answer_works_once(person, site):
    back = at_orcid(person.go())
    kept = person.attempt
    assert person.come_back(back).status == 303
    thief = Person(site)
    assert refused(thief.come_back(back))
    thief.attempt = kept  # the cookie too: ORCID does not take its code a second time
    assert refused(thief.come_back(back))
    assert thief.cookie == ""


@pytest.mark.parametrize("pkce", [False, True], ids=["as-orcid-is", "with-pkce"])
def test_the_code_of_somebody_else_beside_one_s_own_state(person, site, orcid, pkce):
    orcid.pkce = pkce
    code = parameters(at_orcid(Person(site).go(), JUN.orcid))["code"]
    state = parameters(person.go())["state"]
    assert refused(person.get(f"{CALLBACK}?code={code}&state={state}"))
    assert nobody_is_in(person)


def test_ten_minutes_later_it_is_too_late(person, monkeypatch):
    back = at_orcid(person.go())
    monkeypatch.setattr(orcid_sign_in, "LIFETIME_SECONDS", -1)
    assert refused(person.come_back(back))
    assert nobody_is_in(person)


@pytest.mark.parametrize("cookie", ["x", "x" * 5000, "WyJhIl0.aaaa.bbbb"])
def test_a_cookie_that_is_not_ours(person, cookie):
    back = at_orcid(person.go())
    person.attempt = cookie
    assert refused(person.come_back(back))


def test_a_cookie_of_a_session_or_of_a_link_is_none_of_a_sign_in(person):
    person.sign_in(accounts.create("root", "admin", NOW))
    back = at_orcid(person.go())
    person.attempt = person.cookie
    assert refused(person.come_back(back))


@pytest.mark.parametrize("error", ["server_error", "invalid_scope", "login_required"])
def test_other_errors_of_orcid_s(person, error):
    state = parameters(person.go())["state"]
    seen = person.get(f"{CALLBACK}?error={error}&state={state}")
    assert refused(seen, 502, orcid_sign_in.REFUSED)
    assert person.attempt == ""


def test_programs_hear_of_a_refusal_in_json(person):
    seen = person.get(CALLBACK, {"Accept": "application/json"})
    assert (seen.status, seen.json) == (400, {"error": orcid_sign_in.BEGIN_AGAIN})


# --- ID tokens -------------------------------------------------------------------------------


def encoded(part):
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def unsigned(claims):
    return f"{encoded({'alg': 'none', 'kid': public_key()['kid']})}.{encoded(claims)}."


def with_another_key(claims):
    """Signed by somebody who says that it is ORCID's key."""
    header = {"alg": "RS256", "kid": public_key()["kid"]}
    return jwt.encode(header, claims, RSAKey.generate_key(2048))


def with_the_public_key_as_a_password(claims):
    pem = key().as_pem(private=False)
    header = {"alg": "HS256", "kid": public_key()["kid"]}
    signed = f"{encoded(header)}.{encoded(claims)}"
    mac = hmac.digest(pem, signed.encode(), hashlib.sha256)
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def with_other_claims_beneath_the_signature(claims):
    header, _, signature = sign(claims).split(".")
    return f"{header}.{encoded(claims | {'sub': JUN.orcid})}.{signature}"


def with_claims(**changes):
    def changed(claims):
        given = {name: value for name, value in (claims | changes).items() if value is not None}
        return sign(given)

    return changed


BAD_TOKENS = {
    "no signature": unsigned,
    "another key": with_another_key,
    "HS256 with the public key": with_the_public_key_as_a_password,
    "other claims": with_other_claims_beneath_the_signature,
    "no token": lambda claims: None,
    "no JWT": lambda claims: "not signed",
    "an unknown kid": lambda claims: jwt.encode({"alg": "RS256", "kid": "new"}, claims, key()),
    "expired": lambda claims: with_claims(exp=int(time.time()) - 61)(claims),
    "of the future": lambda claims: with_claims(iat=int(time.time()) + 3600)(claims),
    "another issuer": with_claims(iss="https://sandbox.orcid.org"),
    "an issuer like ORCID": with_claims(iss=["https://orcid.org"]),
    "another audience": with_claims(aud="APP-ANOTHER"),
    "more audiences": with_claims(aud=[CLIENT_ID, "APP-ANOTHER"]),
    **{f"without {name}": with_claims(**{name: None}) for name in ("iss", "aud", "exp", "iat")},
    "without sub": with_claims(sub=None),
    "of somebody else than the answer": with_claims(sub=JUN.orcid),
}


@pytest.mark.parametrize("token", BAD_TOKENS.values(), ids=BAD_TOKENS)
def test_a_token_that_proves_nothing(person, orcid, logged, token):
    made = []

    def make(claims):
        made.append(token(claims))
        return made[0]

    orcid.sign = make
    back = at_orcid(person.go())
    seen = person.come_back(back)
    assert refused(seen, 502, orcid_sign_in.NOT_PROVED)
    (alert,) = alerts.find(alerts.SYSTEM)
    assert alert.class_name == "Unexpected"
    for secret in (*filter(None, made), *parameters(back).values(), CLIENT_SECRET):
        assert secret not in seen.text + str(alert) + logged()
    assert nobody_is_in(person) and person.attempt == ""


@pytest.mark.parametrize("nonce", ["another", None, ["a"]])
def test_a_token_of_another_sign_in(person, orcid, nonce):
    orcid.sign = with_claims(nonce=nonce)
    assert refused(person.sign_in_at_orcid())
    assert list(alerts.find(alerts.SYSTEM)) == [] and nobody_is_in(person)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": [CLIENT_ID]},
        {"amr": "pwd"},  # a text, as ORCID writes it for members, where a list is expected
        {"exp": 4_000_000_000},
        {"given_name": None, "family_name": None, "at_hash": None, "auth_time": None},
    ],
)
def test_tokens_that_are_unusual_and_right(person, orcid, changes):
    orcid.sign = with_claims(**changes)
    assert person.sign_in_at_orcid().status == 303


def test_a_new_key_of_orcid_s_is_fetched_once(person, orcid, server):
    person.sign_in_at_orcid()
    (place,) = [place for place in orcid_openid._kept if place.endswith("/jwks")]
    stale = public_key() | {"kid": "old"}
    orcid_openid._kept[place] = (time.monotonic(), {"keys": [stale, {"kty": "new"}]})
    before = server.tally.as_json()["operations"]["orcid_openid"]["jwks"]
    for _ in range(2):
        assert Person(person.site).sign_in_at_orcid().status == 303
    assert server.tally.as_json()["operations"]["orcid_openid"]["jwks"] == before + 1


def test_keys_are_kept_for_an_hour(person, server, monkeypatch):
    def asked():
        return server.tally.as_json()["operations"]["orcid_openid"]

    before = asked()
    person.sign_in_at_orcid()
    Person(person.site).sign_in_at_orcid()
    once = asked()
    assert once["jwks"] == before.get("jwks", 0) + 1
    monkeypatch.setattr(orcid_openid, "KEPT_SECONDS", 0)
    Person(person.site).sign_in_at_orcid()
    assert (asked()["jwks"], asked()["discovery"]) == (once["jwks"] + 1, once["discovery"] + 1)


@pytest.mark.parametrize(
    ("name", "shown"), [("Ada\nAbara", ""), ("x" * 300, ""), ("  Ada  ", "Ada"), (7, "Ada Abara")]
)
def test_names_that_no_account_can_have(person, monkeypatch, name, shown):
    token = orcid_openid.Orcid._token

    def renamed(*given):
        return {**token(*given), "name": name}

    monkeypatch.setattr(orcid_openid.Orcid, "_token", renamed)
    assert person.sign_in_at_orcid().status == 303
    assert accounts.of_orcid(ADA.orcid).full_name == shown


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("0000-0002-1825-0097", True),
        ("0000-0002-1694-233X", True),
        ("0000-0002-1825-0098", False),
        ("0000-0002-1694-233x", False),
        ("https://orcid.org/0000-0002-1825-0097", False),
        ("0000000218250097", False),
        ("0000-0002-1825-009７", False),
        ("", False),
    ],
)
def test_which_ids_are_valid(text, valid):
    assert orcid_openid.is_orcid(text) is valid


def test_a_token_of_no_valid_id(person, monkeypatch):
    monkeypatch.setattr(orcid_openid, "is_orcid", lambda _: False)
    assert refused(person.sign_in_at_orcid(), 502, orcid_sign_in.NOT_PROVED)


# --- ORCID is down ---------------------------------------------------------------------------


def test_orcid_is_down_at_the_beginning(person, server):
    server.faults = Faults(rate_500=1.0)
    assert refused(person.get(START), 502, orcid_sign_in.UNREACHABLE)
    assert list(alerts.find(alerts.SYSTEM)) == []


def nowhere(server, set_up, _):
    set_up(LAGOTTO_PROVIDERS_URL="http://127.0.0.1:9")


def broken(server, _, __):
    server.faults = Faults(rate_500=1.0)


def overloaded(server, _, __):
    server.faults = Faults(rate_429=1.0)


def slow(server, _, monkeypatch):
    server.latency_seconds = 0.3
    monkeypatch.setattr(orcid_openid, "TIMEOUT_SECONDS", 0.05)


def verbose(_, __, monkeypatch):
    monkeypatch.setattr(orcid_openid, "MAXIMUM_BODY_BYTES", 100)


@pytest.mark.parametrize("happens", [nowhere, broken, overloaded, slow, verbose])
def test_orcid_is_down_at_the_end(person, server, set_up, monkeypatch, logged, happens):
    back = at_orcid(person.go())
    happens(server, set_up, monkeypatch)
    seen = person.come_back(back)
    assert refused(seen, 502, orcid_sign_in.UNREACHABLE)
    assert list(alerts.find(alerts.SYSTEM)) == [] and nobody_is_in(person)
    for secret in (*parameters(back).values(), CLIENT_SECRET):
        assert secret not in seen.text + logged()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"access_token":"a","expires_in":"soon"}'),
        (200, b'{"access_token":"a"}'),
        (302, b""),
        (403, b"<html>"),
        (400, b'{"error":"invalid_request","error_description":"secret words"}'),
        (400, b'{"error":["secret words"]}'),
    ],
)
def test_answers_that_are_no_token(person, server, monkeypatch, status, body):
    back = at_orcid(person.go())
    answer = server.answer

    def odd(method, *given):
        reply = answer(method, *given)
        if method == "POST":
            object.__setattr__(reply, "status", status)
            object.__setattr__(reply, "body", body)
            object.__setattr__(reply, "headers", {"Location": "http://169.254.169.254/"})
        return reply

    monkeypatch.setattr(server, "answer", odd)
    assert refused(person.come_back(back), 502, orcid_sign_in.NOT_PROVED)
    (alert,) = alerts.find(alerts.SYSTEM)
    assert "secret words" not in alert.message and nobody_is_in(person)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"keys":{}}', b'{"keys":[{"kty":"RSA"}]}'])
def test_keys_that_are_none(person, server, monkeypatch, body):
    back = at_orcid(person.go())
    answer = server.answer

    def odd(method, target, *given):
        reply = answer(method, target, *given)
        if "jwks" in target:
            object.__setattr__(reply, "body", body)
        return reply

    monkeypatch.setattr(server, "answer", odd)
    assert refused(person.come_back(back), 502, orcid_sign_in.NOT_PROVED)
    assert nobody_is_in(person)


# --- linking ---------------------------------------------------------------------------------


@pytest.fixture
def uma(person):
    """Somebody signed in by mail, who is no admin."""
    accounts.create("root", "admin", NOW)
    account = accounts.create("Uma", "user", NOW, email="uma@example.org")
    person.sign_in(account)
    return account


PROOF = re.compile(r'name="proof" value="([^"]+)"')


def link(person, page):
    return person.post(orcid_sign_in.LINK, proof=PROOF.search(page.text)[1])


def test_an_id_is_linked_to_the_account_after_a_question(person, uma, site):
    assert f'<a href="{START}">Link your ORCID iD</a>' in person.get("/users/me").text
    page = person.sign_in_at_orcid()
    assert page.status == 200 and f"Ada Abara, {ADA.orcid}" in page.text and "Uma" in page.text
    assert accounts.find("uma").orcid == ""
    done = link(person, page)
    assert (done.status, done.headers["location"]) == (303, "/users/me?done=orcid")
    account = accounts.find("uma")
    assert (account.orcid, account.full_name, account.name) == (ADA.orcid, "", "Uma")
    page = person.get("/users/me?done=orcid")
    assert "Your ORCID iD is linked" in page.text and f"{ADA.orcid} <a" in page.text
    other = Person(site)
    assert other.sign_in_at_orcid().status == 303
    assert "Uma" in other.get("/users/me").text
    assert len(accounts.find_all()) == 2
    assert link(person, person.sign_in_at_orcid(JUN.orcid)).status == 303
    assert accounts.find("uma").orcid == JUN.orcid and accounts.of_orcid(ADA.orcid) is None


def test_one_s_own_id_again_changes_nothing(person, uma):
    accounts.change(uma, orcid=ADA.orcid)
    seen = person.sign_in_at_orcid(return_to="/docs/sources")
    assert (seen.status, seen.headers["location"]) == (303, "/docs/sources")


def test_the_page_says_what_the_new_id_takes_the_place_of(person, uma):
    accounts.change(uma, orcid=ADA.orcid)
    page = person.sign_in_at_orcid(PRIVATE.orcid)
    assert f"<b>{PRIVATE.orcid}</b>" in page.text
    assert f"It takes the place of {ADA.orcid}." in page.text


def test_an_id_of_somebody_else(person, uma):
    page = person.sign_in_at_orcid()
    accounts.create("jo", "user", NOW, orcid=ADA.orcid)
    text = f"The ORCID iD {ADA.orcid} belongs to another account here."
    assert refused(person.sign_in_at_orcid(), 409, text)
    assert refused(link(person, page), 409, text)
    assert accounts.find("uma").orcid == ""


def test_who_cancels_comes_back_to_the_account(person, uma):
    seen = person.come_back(at_orcid(person.go(), "nobody"))
    assert (seen.status, seen.headers["location"]) == (303, "/users/me")


def test_who_signs_out_or_in_as_another_meanwhile_begins_again(person, uma):
    back, kept = at_orcid(person.go()), person.attempt
    page = person.sign_in_at_orcid()
    person.attempt = kept
    person.sign_in(accounts.find("root"))
    assert refused(person.come_back(back), 400, orcid_sign_in.SIGNED_OUT)
    assert refused(link(person, page), 400, orcid_sign_in.SIGNED_OUT)
    person.attempt = ""
    back = at_orcid(person.go())
    person.cookie = ""
    assert refused(person.come_back(back), 400, orcid_sign_in.SIGNED_OUT)
    assert {account.orcid for account in accounts.find_all()} == {""}


@pytest.mark.parametrize("proof", ["", "x", "0009-9000-0000-0010"])
def test_a_proof_that_is_not_ours(person, uma, proof):
    assert refused(person.post(orcid_sign_in.LINK, proof=proof))
    assert refused(person.post(orcid_sign_in.LINK))
    person.go()
    assert refused(person.post(orcid_sign_in.LINK, proof=person.attempt))
    assert accounts.find("uma").orcid == ""


def test_a_proof_is_good_for_ten_minutes(person, uma, monkeypatch):
    page = person.sign_in_at_orcid()
    monkeypatch.setattr(orcid_sign_in, "LIFETIME_SECONDS", -1)
    assert refused(link(person, page))


def test_another_site_cannot_link(person, uma, site):
    page = person.sign_in_at_orcid()
    proof = PROOF.search(page.text)[1]
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert person.post(orcid_sign_in.LINK, foreign, proof=proof).status == 403
    assert person.post(orcid_sign_in.LINK, proof=proof, authenticity_token="x").status == 403
    assert Person(site).post(orcid_sign_in.LINK, proof=proof).headers["location"] == users.SIGN_IN
    assert accounts.find("uma").orcid == ""
