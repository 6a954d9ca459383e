"""Who may call what: every route of the app × every role, and credentials that are none.

``NEEDS`` says of each route what it asks for; the roles that may are those of ``abilities``. A
route that is missing here, or is here and not in the app, fails.
"""

import base64
import dataclasses
import datetime as dt
import re
from collections.abc import Iterator

import pytest
from itsdangerous import URLSafeTimedSerializer

from app import app
from chalicelib import abilities, sessions, users
from chalicelib.store import accounts, keys, web_secrets
from tests.browsing import Browser
from tests.conftest import fresh_usage_plan
from tests.contract import ALPHA, WRONG_KEY
from tests.signing_in import NOT_AUTHORIZED, PASSWORDS, site_with_accounts
from tests.visiting import NOW, Seen, Site

ROLES = (abilities.ANONYMOUS, *abilities.ROLES)
NAMES = {role: name for name, (role, _) in PASSWORDS.items()}
KEYS = {"user": "kusr", "staff": "kstf", "admin": "kadm", "contributor": "kcon"}
JSON = {"Accept": "application/json"}
READING = ("GET", "HEAD", "POST", "OPTIONS")
EVERY = (*READING, "PUT", "PATCH", "DELETE")


@dataclasses.dataclass(frozen=True)
class Need:
    """What a route asks for: ``by`` key or name (and password), or it is open.

    Verbs that are not named are paths that there are not.
    """

    by: str
    verbs: str = "GET"
    resource: str = ""
    action: str = "R"
    path: str = ""
    own: bool = False

    def allows(self, role: str) -> bool:
        if self.by == "open":
            return True
        return abilities.may(role, self.action, self.resource, own=self.own)


V5 = {
    f"/api/v5/{name}{suffix}": Need("key", resource=resource)
    for name, resource in {
        "articles": "articles_v3_v5",
        "sources": "articles_v3_v5",
        "publishers": "articles_v3_v5",
        "status": "articles_v3_v5",
        "api_requests": "api_requests",
    }.items()
    for suffix in ("", ".json")
}
#: Route of the app → what it asks for.
NEEDS: dict[str, list[Need]] = {
    **{path: [need] for path, need in V5.items()},
    "/api/v5/sources/{name}": [
        Need("key", resource="articles_v3_v5", path="/api/v5/sources/citeulike")
    ],
    "/api/v3/articles": [
        Need("key", resource="articles_v3_v5", path=f"/api/v3/articles?ids={ALPHA}")
    ],
    "/api/v3/articles/{proxy+}": [
        Need("key", resource="articles_v3_v5", path=f"/api/v3/articles/{ALPHA}")
    ],
    "/api/v4/articles": [
        Need("name", resource="articles_v4"),
        Need("name", "POST", "article", "C"),
    ],
    "/api/v4/articles/{proxy+}": [
        Need("name", resource="articles_v4", path=f"/api/v4/articles/{ALPHA}"),
        Need("name", "PUT PATCH", "article", "U", "/api/v4/articles/10.5555/nosuch"),
        Need("name", "DELETE", "article", "D", "/api/v4/articles/10.5555/nosuch"),
    ],
    "/api/v4/alerts": [Need("name", resource="alerts")],
    "/alerts.rss": [Need("name", resource="alerts"), Need("key or name", resource="alerts")],
    "/api/openapi.json": [Need("open")],
    "/heartbeat": [Need("open")],
    "/oembed": [Need("open", path=f"/oembed?url=/articles/{ALPHA}")],
    "/articles/{proxy+}": [Need("open", path=f"/articles/{ALPHA}")],
    "/sources/{name}": [Need("open", path="/sources/crossref.rss")],
    "/docs/api": [Need("open")],
    "/docs/sources": [Need("open")],
    "/docs/sources/{name}": [Need("open", path="/docs/sources/crossref")],
    "/": [Need("open")],
    "/admin": [Need("open")],
    "/admin/{name}": [Need("open", path="/admin/sources")],
    "/users": [],  # those of ``users.ROUTES``
    "/users/{proxy+}": [],
    "/api/{proxy+}": [],
    "/{proxy+}": [],
}
#: What stands for a name in a path of ``users.ROUTES``.
STANDING_FOR = {"token": "t" * 20, "name": "nobody", "prefix": "0" * 12}
CASES = [(route, need) for route, needs in NEEDS.items() for need in needs]


@pytest.fixture(scope="module")
def site(_aws: None) -> Iterator[Site]:
    """A site with an account and a key of each role, and the session secret."""
    with site_with_accounts() as site, fresh_usage_plan():
        keys.create("connie", "contributor", NOW, key=KEYS["contributor"])
        yield site


def asked(site: Site, route: str, need: Need, role: str, verb: str) -> Seen:
    """The answer to somebody of this role."""
    path = need.path or route
    headers = {**JSON}
    if need.by.startswith("key") and role in KEYS:
        path += f"{'&' if '?' in path else '?'}api_key={KEYS[role]}"
    if need.by == "name" and role in NAMES:
        pair = f"{NAMES[role]}:{PASSWORDS[NAMES[role]][1]}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    if verb in ("POST", "PUT", "PATCH"):
        headers["Content-Type"] = "application/json"
        return site.ask(verb, path, headers, b'{"article": {"pmid": "1"}}')
    return site.ask(verb, path, headers)


def test_every_route_of_the_app_is_here():
    assert {*app.routes} == {*NEEDS}
    for path, methods in app.routes.items():
        verbs = {verb for need in NEEDS[path] for verb in need.verbs.split()}
        assert verbs <= {*methods}, path


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("route", "need"), CASES, ids=lambda case: case if isinstance(case, str) else case.by
)
def test_every_role_and_route(site, queue_urls, route, need, role):
    for verb in need.verbs.split():
        seen = asked(site, route, need, role, verb)
        if need.allows(role):
            assert seen.status not in (401, 403), seen.text
            assert seen.status < 500
        elif need.by.endswith("name") and role == abilities.ANONYMOUS:
            assert (seen.status, seen.text) == (401, "HTTP Basic: Access denied.\n")
        else:
            known = role in KEYS
            assert seen.status == 401
            assert (NOT_AUTHORIZED if known else WRONG_KEY) in seen.text


@pytest.mark.parametrize("role", ROLES)
def test_no_other_verb_does_anything(site, role):
    for route, methods in app.routes.items():
        if route.startswith(("/users", "/docs")):
            continue  # pages only show themselves
        named = {verb for need in NEEDS[route] for verb in need.verbs.split()}
        sample = next((need.path for need in NEEDS[route] if need.path), "") or route
        need = Need("key" if route.startswith("/api/v") else "open", path=sample)
        for verb in {*methods} - named - {"OPTIONS", "HEAD"}:
            seen = asked(site, route.replace("{proxy+}", "nosuch"), need, role, verb)
            assert seen.status in (302, 401, 404), (route, verb, seen.text)


# --- pages of people ---------------------------------------------------------------------------


def address(route: users.Route) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: STANDING_FOR[found[1]], route.path)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", users.ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_role_and_page_of_people(site, route, role):
    browser = Browser(site)
    if role != abilities.ANONYMOUS:
        browser.sign_in(accounts.find(NAMES[role]))
    seen = browser.ask(route.method, address(route), JSON)
    if route.resource and not abilities.may(role, route.action, route.resource, own=route.own):
        assert seen.status == 401 and NOT_AUTHORIZED in seen.text
        page = browser.ask(route.method, address(route))
        assert page.status in (302, 303)
        home = "/" if role != abilities.ANONYMOUS else users.SIGN_IN
        assert page.headers["location"].partition("?")[0].endswith(home)
    else:
        assert seen.status != 401 and seen.status < 500, seen.text


@pytest.mark.parametrize(
    "route",
    [route for route in users.ROUTES if route.method != "GET" and route.resource],
    ids=lambda route: route.path,
)
def test_nothing_is_changed_by_forms_of_other_pages(site, route):
    browser = Browser(site)
    browser.sign_in(accounts.find("root"))
    other = Browser(site)
    other.sign_in(accounts.find("stan"))
    for token in ("", "x", other.form_token):
        browser.form_token = token
        assert browser.ask(route.method, address(route)).status == 403


# --- credentials that are none -----------------------------------------------------------------

REVOKED, EXPIRED = "revoked0000000000000", "expired0000000000000"


@pytest.fixture
def wrong_keys(site) -> list[str]:
    _, revoked = keys.create("gone@example.org", "admin", NOW, key=REVOKED)
    keys.revoke(revoked.hash)
    _, expired = keys.create("late@example.org", "admin", NOW, key=EXPIRED)
    keys.expire(expired.hash, dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1))
    hash_of_a_good_one = keys.hash_of("kadm")
    return [REVOKED, EXPIRED, "kadm ", "KADM", "k" * 500, "%00", "é", hash_of_a_good_one, ""]


@pytest.mark.parametrize("route", [route for route, need in CASES if need.by == "key"])
def test_wrong_keys_are_refused_in_the_words_of_the_api(site, wrong_keys, route):
    (need,) = NEEDS[route]
    path = need.path or route
    for key in wrong_keys:
        seen = site.get(path.partition("?")[0], key=key, ids=ALPHA)
        assert (seen.status, seen.json["error"]) == (401, WRONG_KEY), key
        for header in ({"x-api-key": key}, {"Authorization": f"Token token={key}"}):
            if key.isascii() and key.strip() == key != "":
                assert site.ask("GET", path, header).status == 401


def forged(name: str, secret: str = "", age_seconds: int = 0, word: str = "") -> str:
    """A cookie of an account, signed with this secret or ours, so long ago."""
    account = accounts.find(name)
    word = word or (account.session_word if account else "x")
    serializer = URLSafeTimedSerializer(
        secret or web_secrets.get(web_secrets.SESSION),
        salt="session",
        signer_kwargs=sessions._SIGNING,
    )
    signer = serializer.make_signer(serializer.salt)
    signed_at = int(dt.datetime.now(dt.UTC).timestamp()) - age_seconds
    signer.get_timestamp = lambda: signed_at  # type: ignore[method-assign]
    return signer.sign(serializer.dump_payload([name, word])).decode()


def test_wrong_cookies_are_refused(site):
    browser = Browser(site)
    browser.sign_in(accounts.find("root"))
    assert browser.ask("GET", "/users", JSON).status == 200
    mine = browser.cookie
    assert ask_with(site, forged("root")).status == 200  # else this test would prove nothing
    payload, _, signature = mine.partition(".")
    wrong = {
        "of another secret": forged("root", secret="guessed"),
        "too old": forged("root", age_seconds=sessions.LIFETIME_SECONDS + 1),
        "of nobody": forged("nosuch"),
        "of another word": forged("root", word="x"),
        "cut off": mine[:-2],
        "changed": f"{payload[:-2]}AA.{signature}",
        "no cookie of ours": "x",
        "empty": "",
        "long": "x" * 5000,
        "not ASCII": "é",
    }
    for what, cookie in wrong.items():
        seen = ask_with(site, cookie)
        assert (seen.status, seen.json) == (401, {"error": NOT_AUTHORIZED}), what
    assert ask_with(site, forged("uma")).status == 401  # another account's, of another role


def ask_with(site: Site, cookie: str) -> Seen:
    return site.ask("GET", "/users", JSON | {"Cookie": f"{sessions.COOKIE}={cookie}"})


def test_signing_out_ends_every_session_of_the_account(site):
    one, other = Browser(site), Browser(site)
    for browser in (one, other):
        browser.sign_in(accounts.find("connie"))
        assert browser.ask("GET", "/users/me", JSON).status == 200
    one.post("/users/sign_out")
    assert other.ask("GET", "/users/me", JSON).status == 401
