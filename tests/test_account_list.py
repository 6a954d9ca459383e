"""All accounts: who sees them, what admins change, and what nobody does to himself."""

import html
from urllib.parse import quote, unquote

import pytest

from app import API_REQUESTS as REQUESTS
from chalicelib import account_list, request_list
from chalicelib.account_list_panels import segment
from chalicelib.feed import Publisher
from chalicelib.store import accounts, alerts, gateway_keys, keys, publishers
from chalicelib.store.account_keys import KeyLeft
from tests.browsing import Browser
from tests.visiting import NOW

USERS = "/users"
EVIL = '"><script>alert(1)</script>'
#: Names that look like something else in an address.
ODD_NAMES = ("a+b@c.example", "a/b~7Ec", "a%2Fb", "ä b", "delete", "a?b#c;d")

pytestmark = pytest.mark.usefixtures("cheap_passwords")


@pytest.fixture
def gateway(monkeypatch):
    """The keys that the gateway was told to delete."""
    deleted = []
    monkeypatch.setattr(gateway_keys, "delete_gateway_key", lambda _, name: deleted.append(name))
    return deleted


@pytest.fixture
def as_(site, gateway):
    """The browser of one of four people, by name."""
    for name, role in (
        ("root", "admin"),
        ("stan", "staff"),
        ("uma", "user"),
        ("con", "contributor"),
    ):
        accounts.create(name, role, NOW, email=f"{name}@example.org")

    def sign_in(name):
        browser = Browser(site)
        browser.sign_in(accounts.find(name))
        return browser

    return sign_in


def at(name, rest=""):
    return f"{USERS}/{segment(name)}{rest}"


def key_of(name, text):
    """A key of an account; the beginning of its hash."""
    account = accounts.find(name)
    _, key = keys.create(name, account.role, NOW, key=text, account=account)
    return key.hash[:12]


def state():
    return accounts.find_all(), keys.find_all()


# --- the list --------------------------------------------------------------------------------


def test_admins_see_and_change_staff_only_see(as_):
    for name in ("root", "stan"):
        seen = as_(name).get(USERS)
        assert (seen.status, seen.headers["cache-control"]) == (200, "no-store")
        for text in ("stan@example.org", "uma@example.org", "4 accounts", "contributor"):
            assert text in seen.text
        assert (f'action="{USERS}/uma"' in seen.text) == (name == "root")
        assert f'action="{USERS}/{name}"' not in seen.text


@pytest.mark.parametrize("name", ["uma", "con"])
def test_users_are_sent_home(as_, name):
    browser, before = as_(name), state()
    for seen in (
        browser.get(USERS),
        browser.get(f"{USERS}?query=root"),
        browser.post(at("root"), role="user"),
        browser.post(at("root", "/delete"), confirm="1"),
        browser.post(at("root", "/keys/0123456789ab/revoke"), confirm="1"),
    ):
        assert (seen.status, seen.headers["location"], seen.text) == (302, "/", "")
    assert state() == before


def test_staff_change_nothing_not_even_their_own(as_):
    prefix = key_of("uma", "kuma")
    browser, before = as_("stan"), state()
    for name in ("uma", "stan"):
        for rest, fields in (
            ("", {"role": "admin", "publisher": ""}),
            ("/delete", {"confirm": "1"}),
            (f"/keys/{prefix}/revoke", {"confirm": "1"}),
        ):
            assert browser.post(at(name, rest), **fields).headers["location"] == "/"
    assert state() == before


def test_searching(as_):
    prefix = key_of("uma", "kuma")
    accounts.change(accounts.find("con"), full_name="Constance Ümit")
    browser = as_("root")

    def found(query):
        text = browser.get(f"{USERS}?{query}").text
        return [name for name in ("con", "root", "stan", "uma") if f"<summary>{name}" in text]

    assert found("query=") == ["con", "root", "stan", "uma"]
    assert found("query=UMA%40exam") == found(f"query={prefix}") == ["uma"]
    assert found(f"query={prefix[:4]}") == ["uma"]
    assert found(f"query={keys.hash_of('kuma')}") == ["uma"]
    assert found(f"query={prefix[:3]}") == []
    assert found("query=%C3%BCMIT") == ["con"]
    assert found("query=example&role=staff") == ["stan"]
    assert found("query=kuma") == ["uma"], "a key by its text"
    assert found("role=nobody") == found("query=kum") == found("query=KUMA") == []
    assert "There are no such accounts" in browser.get(f"{USERS}?query=nobody").text


def test_fifteen_a_page(as_, monkeypatch):
    assert account_list.PAGE_SIZE == 15
    monkeypatch.setattr(account_list, "PAGE_SIZE", 3)
    browser = as_("root")
    first = browser.get(f"{USERS}?query=example").text
    assert (first.count("<summary>"), "Page 1 of 2" in first) == (3, True)
    assert 'href="/users?query=example&amp;page=2"' in first
    second = browser.get(f"{USERS}?query=example&page=2").text
    assert (second.count("<summary>"), "Next" in second) == (1, False)
    assert browser.get(f"{USERS}?page=3").status == 200
    for page in ("0", "x", "-1"):
        assert browser.get(f"{USERS}?page={page}").status == 404


def test_names_are_only_text(as_):
    accounts.create(f"evil{EVIL}", "user", NOW, full_name=EVIL, email=f"{EVIL}@example.org")
    browser = as_("root")
    for path in (USERS, f"{USERS}?query={quote(EVIL)}", f"{USERS}?role={quote(EVIL)}"):
        seen = browser.get(path)
        assert "<script" not in seen.text
    assert html.escape(EVIL) in browser.get(f"{USERS}?query={quote(EVIL)}").text


def test_keys_are_shown_with_a_way_to_their_requests(as_):
    prefix = key_of("uma", "kuma")
    seen = as_("stan").get(f"{USERS}?query=uma")
    assert f"<code>{prefix}</code>" in seen.text
    assert f'href="/users/requests?q={prefix}"' in seen.text
    assert keys.hash_of("kuma") not in seen.text


@pytest.mark.parametrize(
    "path",
    ["/users?query=kumakumakuma", "/users/requests?q=kumakumakuma", f"{REQUESTS}?q=kumakumakuma"],
)
def test_a_key_that_is_looked_for_is_not_logged(as_, logged, path):
    browser = as_("root")
    browser.get(f"{path}&page=1")
    assert "kumakumakuma" not in logged() and '"page":"1"' in logged()


# --- the list of requests --------------------------------------------------------------------


def test_staff_see_the_requests_of_everybody_and_of_a_key(as_, site):
    prefix = key_of("uma", "kumakumakuma")
    site.get("/api/v5/articles", key="kumakumakuma", ids=EVIL)
    site.get("/api/v5/sources", key="kadm")
    browser = as_("stan")
    shown = browser.get("/users/requests")
    assert (shown.status, shown.headers["cache-control"]) == (200, "no-store")
    for text in ("Found: 2", prefix, keys.hash_of("kadm")[:12], html.escape(EVIL)):
        assert text in shown.text
    assert "<script" not in shown.text
    for q in (prefix, "kumakumakuma", keys.hash_of("kumakumakuma").upper()):
        shown = browser.get(f"/users/requests?q={q}").text
        assert "Found: 1," in shown and keys.hash_of("kadm")[:12] not in shown
        assert f'value="{prefix}"' in shown and f'href="/users?query={prefix}"' in shown
        assert "kumakumakuma" not in shown and keys.hash_of("kumakumakuma") not in shown
    assert "Found: 1," in browser.get("/users/requests?key=internal").text
    assert "There are no such requests" in browser.get("/users/requests?q=nobody").text
    for name in ("uma", "con"):
        assert as_(name).get("/users/requests").headers["location"] == "/"


def test_fifty_requests_a_page(as_, site, monkeypatch):
    assert request_list.PAGE_SIZE == 50
    monkeypatch.setattr(request_list, "PAGE_SIZE", 1)
    for _ in range(2):
        site.get("/api/v5/sources", key="kadm")
    browser = as_("root")
    prefix = keys.hash_of("kadm")[:12]
    first = browser.get("/users/requests?q=kadm").text
    assert (first.count("<tr>"), "Page 1 of 2" in first) == (2, True)
    assert f'href="/users/requests?q={prefix}&amp;page=2"' in first
    assert "Next" not in browser.get(f"/users/requests?q={prefix}&page=2").text
    assert browser.get("/users/requests?page=0").status == 404


# --- what admins change ----------------------------------------------------------------------


def test_keys_and_reports_follow_a_role(as_, site):
    key_of("uma", "kuma")
    browser, hers = as_("root"), as_("uma")
    seen = browser.post(at("uma"), role="staff")
    assert (seen.status, seen.headers["location"]) == (303, f"{USERS}?done=changed&query=uma")
    assert "The account is changed" in browser.get(seen.headers["location"]).text
    assert [key.role for key in keys.of_account(accounts.find("uma"))] == ["staff"]
    assert hers.get(USERS).status == 200  # still signed in, and what she is now
    hers.post("/users/me/reports", subscribe="error_report")
    hers.post("/users/me/reports", subscribe="article_statistics_report")
    browser.post(at("uma"), role="user")
    changed = accounts.find("uma")
    assert changed.subscriptions == {"article_statistics_report"}
    assert [key.role for key in keys.of_account(changed)] == ["user"]
    assert hers.get(USERS).headers["location"] == "/"


def test_the_publisher_of_somebody(as_):
    publishers.put_all([Publisher(id="340", name="PLOS", agency="crossref")], NOW)
    browser = as_("root")
    browser.post(at("uma"), publisher="340")
    uma = accounts.find("uma")
    assert (uma.publisher_id, uma.role) == (340, "user")
    assert "PLOS (340)" in browser.get(f"{USERS}?query=uma").text
    for text in ("341", "x"):
        assert browser.post(at("uma"), publisher=text).status == 422
    accounts.change(uma, publisher_id=99)  # as the command line may
    assert browser.post(at("uma"), publisher="99", role="staff").status == 303
    browser.post(at("uma"), publisher="")
    assert accounts.find("uma").publisher_id is None


@pytest.mark.parametrize("role", ["king", "", "anonymous", "Admin"])
def test_there_are_no_other_roles(as_, role):
    browser, before = as_("root"), state()
    assert browser.post(at("uma"), role=role).status == 422
    assert state() == before


def test_other_fields_are_not_read(as_):
    before = accounts.find("uma")
    extra = {"name": "x", "email": "x@example.org", "full_name": "x", "password": "secret12"}
    as_("root").post(at("uma"), role="user", session_word="x", orcid="x", **extra)
    after = accounts.find("uma")
    for field in (
        "name",
        "full_name",
        "email",
        "orcid",
        "password_hash",
        "session_word",
        "subscriptions",
    ):
        assert getattr(after, field) == getattr(before, field), field


def test_deleting_an_account_revokes_its_keys(as_, gateway, site):
    key_of("uma", "kuma")
    keys.create("else", "user", NOW, key="kelse")
    browser, hers = as_("root"), as_("uma")
    assert browser.post(at("uma", "/delete")).status == 422
    assert accounts.find("uma")
    seen = browser.post(at("uma", "/delete"), confirm="1")
    assert (seen.status, seen.headers["location"]) == (303, f"{USERS}?done=deleted")
    assert accounts.find("uma") is accounts.find("uma@example.org") is None
    assert gateway == [keys.hash_of("kuma")]
    assert site.get("/api/v5/articles", key="kuma").status == 401
    assert site.get("/api/v5/articles", key="kelse").status == 200
    assert hers.get("/users/me").headers["location"].startswith("/users/sign_in")
    assert browser.post(at("uma", "/delete"), confirm="1").status == 404


def test_what_the_gateway_keeps_is_told_to_the_operator(as_, monkeypatch):
    key_of("uma", "kuma")

    def left(key):
        keys.revoke(key.hash)
        raise KeyLeft("still there")

    monkeypatch.setattr("chalicelib.store.account_keys.revoke", left)
    assert as_("root").post(at("uma", "/delete"), confirm="1").status == 303
    assert [alert.class_name for alert in alerts.find(alerts.SYSTEM)] == ["KeyLeft"]


def test_revoking_somebody_s_key(as_, gateway, site):
    prefix, other = key_of("uma", "kuma"), key_of("stan", "kstan")
    browser = as_("root")
    revoke = f"/keys/{prefix}/revoke"
    assert browser.post(at("uma", revoke)).status == 422
    assert browser.post(at("stan", revoke), confirm="1").status == 404
    assert browser.post(at("uma", revoke), confirm="1").status == 303
    assert gateway == [keys.hash_of("kuma")]
    assert [key.hash[:12] for key in keys.of_account(accounts.find("stan"))] == [other]
    assert site.get("/api/v5/articles", key="kuma").status == 401


def test_nobody_changes_or_deletes_himself(as_):
    accounts.create("second", "admin", NOW)
    prefix = key_of("root", "kroot")
    browser, before = as_("root"), state()
    for name in ("root", "ROOT"):
        for rest, fields in (
            ("", {"role": "user"}),
            ("/delete", {"confirm": "1"}),
            (f"/keys/{prefix}/revoke", {"confirm": "1"}),
        ):
            assert browser.post(at(name, rest), **fields).status == 403
    assert state() == before


def test_the_last_admin_stays(as_, monkeypatch):
    """Who is signed in as an admin is one himself, but may be made another role meanwhile."""
    accounts.create("second", "admin", NOW)
    browser = as_("root")
    of_name = accounts.of_name

    def demoted_meanwhile(name):
        if name == "second":
            accounts.change(accounts.find("root"), role="user")
            monkeypatch.setattr(accounts, "of_name", of_name)
        return of_name(name)

    for rest, fields in (("", {"role": "user"}), ("/delete", {"confirm": "1"})):
        monkeypatch.setattr(accounts, "of_name", demoted_meanwhile)
        seen = browser.post(at("second", rest), **fields)
        assert (seen.status, "second is the only admin" in seen.text) == (409, True)
        accounts.change(accounts.find("root"), role="admin")
    assert accounts.find("second").role == "admin"


@pytest.mark.parametrize(
    ("rest", "fields"), [("", {"role": "user"}), ("/delete", {"confirm": "1"})]
)
def test_of_two_admins_who_end_each_others_role_at_once_one_stays(as_, monkeypatch, rest, fields):
    accounts.create("second", "admin", NOW)
    browser = as_("root")
    read = accounts.find_all()
    monkeypatch.setattr(accounts, "find_all", lambda: read)  # before the other one wrote
    of_name = accounts.of_name

    def demoted_meanwhile(name):
        if name == "second":
            accounts.change(accounts.find("root"), role="user")
        return of_name(name)

    monkeypatch.setattr(accounts, "of_name", demoted_meanwhile)
    seen = browser.post(at("second", rest), **fields)
    assert (seen.status, "was changed meanwhile" in seen.text) == (409, True)
    assert accounts.find("second").role == "admin"


def test_an_account_that_changed_meanwhile(as_, monkeypatch):
    browser, check = as_("root"), accounts.change
    stale = accounts.find("uma")
    check(stale, full_name="Uma")
    monkeypatch.setattr(
        accounts, "of_name", lambda name: stale if name == "uma" else accounts.find(name)
    )
    for rest, fields in (("", {"role": "staff"}), ("/delete", {"confirm": "1"})):
        seen = browser.post(at("uma", rest), **fields)
        assert (seen.status, "was changed meanwhile" in seen.text) == (409, True)


def test_odd_names_are_found_in_addresses(as_):
    browser = as_("root")
    for name in ODD_NAMES:
        accounts.create(name, "user", NOW)
        listed = browser.get(f"{USERS}?query={quote(name, safe='')}").text
        assert f'action="{html.escape(at(name))}"' in listed, name
        assert browser.post(at(name), role="staff").status == 303, name
        assert accounts.of_name(accounts.folded(name)).role == "staff"
        assert browser.post(at(name, "/delete"), confirm="1").status == 303, name
        assert accounts.of_name(accounts.folded(name)) is None
    assert [account.name for account in accounts.find_all()] == ["con", "root", "stan", "uma"]


def test_a_gateway_may_read_the_escapes_before(as_):
    browser = as_("root")
    for name in ("a/b", "a+b@c.example", "a~2Fb"):
        accounts.create(name, "user", NOW)
        assert browser.post(quote(unquote(at(name)), safe="/"), role="staff").status == 303
        assert accounts.find(name).role == "staff"
    # An escaped slash that comes as it was sent is good, too.
    assert browser.post(f"{USERS}/a%2Fb/delete", confirm="1").status == 303
    assert accounts.find("a/b") is None


@pytest.mark.parametrize("rest", ["", "/delete", "/keys/{prefix}/revoke"])
def test_forms_of_other_sites_and_sessions(as_, rest):
    prefix = key_of("uma", "kuma")
    browser, other, before = as_("root"), as_("stan"), state()
    path = at("uma", rest.format(prefix=prefix))
    fields = {"role": "staff", "confirm": "1"}
    for token in ("", "x", other.form_token):
        assert browser.post(path, authenticity_token=token, **fields).status == 403
    seen = browser.post(path, {"Origin": "https://evil.example"}, **fields)
    assert (seen.status, state()) == (403, before)
