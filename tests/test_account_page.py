"""One's own account: what it shows, keys, reports, password; and who tries for more."""

import datetime as dt
import html
import re

import boto3
import pytest
from botocore.exceptions import ClientError

from chalicelib import account_page, account_panels, subscriptions
from chalicelib.abilities import REPORTS, ROLES
from chalicelib.feed import Publisher
from chalicelib.store import (
    account_keys,
    accounts,
    alerts,
    gateway_keys,
    keys,
    publishers,
    requests,
)
from chalicelib.store.tables import ControlItem
from tests.browsing import Browser
from tests.visiting import NOW

ME = "/users/me"
NEW_KEY = re.compile(r"new API key:</p><p><code>([A-Za-z0-9]{20})</code>")
EVIL = '<script>alert("1")</script>'

pytestmark = pytest.mark.usefixtures("cheap_passwords")


@pytest.fixture
def gateway(monkeypatch):
    """The keys that the gateway has, by hash."""
    known = set()
    monkeypatch.setattr(gateway_keys, "create_gateway_key", lambda _, name, __: known.add(name))
    monkeypatch.setattr(gateway_keys, "delete_gateway_key", lambda _, name: known.discard(name))
    return known


@pytest.fixture
def as_(site, gateway):
    """The browser of somebody with a role, who is signed in."""
    accounts.create("root", "admin", NOW)

    def sign_in(role, name="ada", **more):
        account = accounts.create(name, role, NOW, **more)
        browser = Browser(site)
        browser.sign_in(account)
        return browser

    return sign_in


def account(name="ada"):
    return accounts.find(name)


def owned(name="ada"):
    return keys.of_account(account(name))


def make_key(browser):
    """Make a key on the page; its text."""
    seen = browser.post(f"{ME}/keys")
    assert seen.status == 200, seen.text
    return NEW_KEY.search(seen.text)[1]


def prefix_of(key):
    return keys.hash_of(key)[:12]


def asked(key):
    """A request with a key, as it is logged."""
    return requests.ApiRequest(
        key_hash=keys.hash_of(key),
        internal=False,
        info=None,
        source=None,
        ids=None,
        db_duration=1.0,
        view_duration=1.0,
    )


def refusing(*_):
    answer = {"Error": {"Code": "AccessDeniedException", "Message": "Not you."}}
    raise ClientError(answer, "CreateApiKey")


# --- what is shown ---------------------------------------------------------------------------


def test_the_page_shows_the_account(as_):
    publishers.put_all([Publisher(id="340", name="PLOS", agency="crossref")], NOW)
    browser = as_(
        *("staff", "Ada"),
        full_name="Ada L.",
        email="ada@example.org",
        orcid="0000-0002-1825-0097",
        publisher_id=340,
    )
    seen = browser.get(ME)
    assert (seen.status, seen.headers["cache-control"]) == (200, "no-store")
    assert "form-action 'self'" in seen.headers["content-security-policy"]
    assert "access-control-allow-origin" not in seen.headers
    for text in ("Ada L.", "ada@example.org", "0000-0002-1825-0097", "staff: reads", "PLOS (340)"):
        assert text in seen.text
    assert "<script" not in seen.text


def test_names_are_only_text(as_):
    browser = as_("staff", f"ada{EVIL}", full_name=EVIL)
    publishers.put_all([Publisher(id="7", name=EVIL, agency="crossref")], NOW)
    accounts.change(account(f"ada{EVIL}"), publisher_id=7)
    seen = browser.get(ME)
    assert seen.text.count(html.escape(EVIL)) >= 4
    assert "<script" not in seen.text
    assert "<script" not in browser.get(f"{ME}?done={EVIL}").text


def test_programs_get_json_without_hashes(as_):
    browser = as_("user", email="ada@example.org")
    key = make_key(browser)
    seen = browser.get(f"{ME}?callback=f", {"Accept": "application/json"})
    assert (seen.status, seen.headers["cache-control"]) == (200, "no-store")
    document = seen.json
    (kept,) = document.pop("keys")
    assert document == {
        "name": "ada",
        "full_name": None,
        "email": "ada@example.org",
        "orcid": None,
        "role": "user",
        "publisher_id": None,
        "created_at": "2014-11-07T10:00:00Z",
        "subscriptions": [],
    }
    assert (kept["hash"], kept["expires_at"]) == (prefix_of(key), None)
    assert (len(kept["requests_by_day"]), {*kept["requests_by_day"].values()}) == (30, {0})
    assert keys.hash_of(key) not in seen.text


def test_the_keys_of_others_are_not_read(as_, monkeypatch):
    keys.complete_lists()
    browser = as_("user")
    key = make_key(browser)
    monkeypatch.setattr(keys, "find_all", lambda: pytest.fail("all keys were read"))
    assert prefix_of(key) in browser.get(ME).text
    browser.post(f"{ME}/keys/{prefix_of(key)}/revoke", confirm="1")
    assert prefix_of(key) not in browser.get(ME).text


@pytest.mark.parametrize("path", ["/users/ada", "/users/1", "/users/x%2Fy", "/users/7/edit"])
def test_any_id_shows_the_own_account(as_, path):
    seen = as_("user").get(path)
    assert (seen.status, seen.headers["location"]) == (302, ME)
    sent = Browser(as_("user", "bo").site).get(path).headers["location"]
    assert sent.startswith("/users/sign_in?return_to=")


def test_the_use_of_a_key_is_shown_to_its_owner_and_to_staff(as_, site):
    browser = as_("user", "uma")
    key, other = make_key(browser), make_key(browser)
    now = dt.datetime.now(dt.UTC)
    for days_ago in (0, 0, 0, 29, 30):
        requests.put(asked(key), now - dt.timedelta(days=days_ago))
    shown = browser.get(ME).text
    for text in ("today</dt><dd>3</dd>", "Last 30 days</dt><dd>4</dd>", "today</dt><dd>0</dd>"):
        assert text in shown
    assert f"<title>{now.date()}: 3</title>" in shown
    document = browser.get(ME, {"Accept": "application/json"}).json
    by_day = {found["hash"]: found["requests_by_day"] for found in document["keys"]}
    assert {**by_day[prefix_of(key)]}.popitem() == (now.date().isoformat(), 3)
    assert [sum(by_day[prefix_of(text)].values()) for text in (key, other)] == [4, 0]
    shown = as_("staff", "stan").get("/users?query=uma").text
    assert f'<a href="/users/requests?q={prefix_of(key)}">4</a>' in shown


def test_a_key_that_has_ended_is_gone_from_the_page(as_):
    browser = as_("user")
    ended = make_key(browser)
    for _ in range(account_keys.LIMIT - 1):
        make_key(browser)
    keys.expire(keys.hash_of(ended), dt.datetime.now(dt.UTC))
    shown = browser.get(ME).text
    assert prefix_of(ended) not in shown and "Make a key" in shown
    assert browser.post(f"{ME}/keys/{prefix_of(ended)}/revoke", confirm="1").status == 404
    make_key(browser)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_sees_it_without_signing_in(site, method):
    seen = (
        Browser(site).get(ME)
        if method == "GET"
        else Browser(site).post(f"{ME}/name", full_name="x")
    )
    assert seen.status in (302, 303)
    assert seen.headers["location"].startswith("/users/sign_in")


# --- keys ------------------------------------------------------------------------------------


def test_a_new_key_is_shown_once_and_kept_as_a_hash(as_, gateway, site):
    browser = as_("user")
    seen = browser.post(f"{ME}/keys")
    key = NEW_KEY.search(seen.text)[1]
    assert (seen.status, seen.headers["cache-control"]) == (200, "no-store")
    assert "location" not in seen.headers
    assert site.get("/api/v5/articles", key=key).status == 200
    (kept,) = owned()
    assert (kept.hash, kept.role, kept.owner) == (keys.hash_of(key), "user", "ada")
    assert gateway == {kept.hash}
    shown = browser.get(ME).text
    assert prefix_of(key) in shown and key not in shown and kept.hash not in shown
    assert key not in "".join(str(item.about) for item in ControlItem.scan())


def test_the_gateway_counts_the_key_in_its_plan(site, usage_plan):
    accounts.create("root", "admin", NOW)
    browser = Browser(site)
    browser.sign_in(accounts.create("ada", "user", NOW))
    client = boto3.client("apigateway")
    key = make_key(browser)
    (counted,) = client.get_usage_plan_keys(usagePlanId=usage_plan)["items"]
    assert counted["name"].endswith("-ada")
    browser.post(f"{ME}/keys/{prefix_of(key)}/revoke", confirm="1")
    assert client.get_api_keys()["items"] == []


def test_an_account_has_at_most_five_keys(as_):
    browser = as_("user")
    keys.create("else", "user", NOW)
    for _ in range(account_keys.LIMIT):
        make_key(browser)
    assert "Make a key" not in browser.get(ME).text
    seen = browser.post(f"{ME}/keys")
    assert (seen.status, "at most" in seen.text or "5 keys" in seen.text) == (409, True)
    assert len(owned()) == account_keys.LIMIT


def test_a_key_that_was_not_made_is_not_counted(as_, gateway, monkeypatch):
    monkeypatch.setattr(account_keys, "PER_DAY", 1)
    browser = as_("user")
    with monkeypatch.context() as failing:
        failing.setattr(gateway_keys, "create_gateway_key", refusing)
        assert [browser.post(f"{ME}/keys").status for _ in range(3)] == [503] * 3
    make_key(browser)
    assert browser.post(f"{ME}/keys").status == 429


def test_ten_keys_a_day_those_that_replace_others_among_them(as_, gateway, monkeypatch):
    assert account_keys.PER_DAY == 10
    monkeypatch.setattr(account_keys, "PER_DAY", 3)
    browser, other = as_("user"), as_("user", "bo")
    key = make_key(browser)
    for number in range(2):
        if number % 2:
            browser.post(f"{ME}/keys/{prefix_of(key)}/revoke", confirm="1")
            key = make_key(browser)
        else:
            seen = browser.post(f"{ME}/keys/{prefix_of(key)}/rotate", at_once="1")
            key = NEW_KEY.search(seen.text)[1]
    before = owned()
    for path in ("", f"/{prefix_of(key)}/rotate"):
        seen = browser.post(f"{ME}/keys{path}", at_once="1")
        assert (seen.status, "3 keys within a day" in seen.text) == (429, True)
        assert 86_000 < int(seen.headers["retry-after"]) <= 86_400
    assert owned() == before and gateway == {keys.hash_of(key)}
    make_key(other)


def test_of_keys_made_at_the_same_moment_one_stays(as_, monkeypatch, gateway):
    browser = as_("user")
    create = keys.create

    def create_meanwhile(*given, **more):
        accounts.change(account())
        return create(*given, **more)

    monkeypatch.setattr(keys, "create", create_meanwhile)
    assert browser.post(f"{ME}/keys").status == 409
    assert (owned(), gateway) == ([], set())


def test_a_key_that_the_gateway_refuses_is_not_made(as_, monkeypatch):
    browser = as_("user")
    monkeypatch.setattr(gateway_keys, "create_gateway_key", refusing)
    seen = browser.post(f"{ME}/keys")
    assert (seen.status, NEW_KEY.search(seen.text), owned()) == (503, None, [])
    assert "API Gateway did not take the key" in seen.text and "Not you" not in seen.text
    (alert,) = alerts.find(alerts.SYSTEM)
    assert alert.class_name == "KeyNotMade"
    assert "AccessDeniedException: Not you." in alert.message


def test_without_a_usage_plan_no_key_is_made(as_, monkeypatch):
    browser = as_("user")
    monkeypatch.undo()  # the gateway of moto, which has no plans
    seen = browser.post(f"{ME}/keys")
    assert (seen.status, owned()) == (503, [])
    (alert,) = alerts.find(alerts.SYSTEM)
    assert "make deploy" in alert.message and "make deploy" not in seen.text


def test_replacing_a_key_leaves_the_old_one_a_day(as_, gateway, site):
    browser = as_("user")
    old = make_key(browser)
    seen = browser.post(f"{ME}/keys/{prefix_of(old)}/rotate")
    new = NEW_KEY.search(seen.text)[1]
    assert (seen.status, new != old, old in seen.text) == (200, True, False)
    assert gateway == {keys.hash_of(old), keys.hash_of(new)}
    for key in (old, new):
        assert site.get("/api/v5/articles", key=key).status == 200
    ends = {key.hash: key.expires_at for key in owned()}
    assert ends[keys.hash_of(new)] == ""
    left = dt.datetime.fromisoformat(ends[keys.hash_of(old)]) - dt.datetime.now(dt.UTC)
    assert dt.timedelta(hours=23) < left <= account_page.GRACE
    again = browser.post(f"{ME}/keys/{prefix_of(old)}/rotate")
    assert (again.status, len(owned())) == (409, 2)
    assert "was replaced" in again.text and "makes another one" in again.text


def test_replacing_a_key_at_once(as_, gateway, site):
    browser = as_("user")
    for _ in range(account_keys.LIMIT):
        old = make_key(browser)
    at = f"{ME}/keys/{prefix_of(old)}/rotate"
    seen = browser.post(at)
    assert seen.status == 409  # for a day there would be one too many
    seen = browser.post(at, at_once="1")
    new = NEW_KEY.search(seen.text)[1]
    again = browser.post(at, at_once="1")  # a second click, whose answer is all that is seen
    assert (again.status, "revoke it and make another one" in again.text) == (404, True)
    assert site.get("/api/v5/articles", key=old).status == 401
    assert site.get("/api/v5/articles", key=new).status == 200
    assert gateway == {key.hash for key in owned()}
    assert len(gateway) == account_keys.LIMIT and keys.hash_of(old) not in gateway


def test_a_key_stays_as_it_was_if_its_successor_is_refused(as_, monkeypatch, site):
    browser = as_("user")
    old = make_key(browser)
    before = owned()
    monkeypatch.setattr(gateway_keys, "create_gateway_key", refusing)
    for fields in ({}, {"at_once": "1"}):
        assert browser.post(f"{ME}/keys/{prefix_of(old)}/rotate", **fields).status == 503
        assert owned() == before
    assert site.get("/api/v5/articles", key=old).status == 200


def test_revoking_a_key_asks_for_the_box(as_, gateway, site):
    browser = as_("user")
    key = make_key(browser)
    at = f"{ME}/keys/{prefix_of(key)}/revoke"
    assert browser.post(at).status == 422
    assert site.get("/api/v5/articles", key=key).status == 200
    seen = browser.post(at, confirm="1")
    assert (seen.status, seen.headers["location"]) == (303, f"{ME}?done=revoked#keys")
    assert (owned(), gateway) == ([], set())
    assert site.get("/api/v5/articles", key=key).status == 401
    assert "The key is revoked" in browser.get(f"{ME}?done=revoked").text
    assert browser.post(at, confirm="1").status == 404


def test_a_key_that_the_gateway_keeps_opens_nothing(as_, monkeypatch, site):
    browser = as_("user")
    key = make_key(browser)
    monkeypatch.setattr(gateway_keys, "delete_gateway_key", refusing)
    assert browser.post(f"{ME}/keys/{prefix_of(key)}/revoke", confirm="1").status == 303
    assert site.get("/api/v5/articles", key=key).status == 401
    (alert,) = alerts.find(alerts.SYSTEM)
    assert (alert.class_name, prefix_of(key) in alert.message) == ("KeyLeft", True)


@pytest.mark.parametrize("verb", ["revoke", "rotate"])
def test_somebody_else_s_key_is_out_of_reach(as_, verb):
    theirs = make_key(as_("user", "bo"))
    browser = as_("admin", "ada")
    seen = browser.post(f"{ME}/keys/{prefix_of(theirs)}/{verb}", confirm="1", at_once="1")
    assert seen.status == 404
    assert [key.expires_at for key in owned("bo")] == [""]


# --- reports, name, publisher, password ------------------------------------------------------


def test_every_report_and_every_role_is_described():
    assert subscriptions.REPORTS.keys() == REPORTS.keys()
    assert account_panels.ROLES.keys() == {*ROLES}


def test_subscribing_to_what_the_role_may_read(as_):
    browser = as_("user")
    shown = browser.get(ME).text
    assert "Article Statistics Report" in shown and "once a month" in shown
    assert "error_report" not in shown and "you have no mail address" in shown
    seen = browser.post(f"{ME}/reports", subscribe="article_statistics_report")
    assert seen.headers["location"] == f"{ME}?done=subscribed#reports"
    assert account().subscriptions == {"article_statistics_report"}
    assert 'name="unsubscribe" value="article_statistics_report"' in browser.get(ME).text
    for report in ("error_report", "no_report"):
        assert browser.post(f"{ME}/reports", subscribe=report).status == 422
    browser.post(f"{ME}/reports", unsubscribe="article_statistics_report")
    assert account().subscriptions == frozenset()


def test_staff_are_offered_all_reports(as_):
    browser = as_("staff")
    shown = browser.get(ME).text
    for name in REPORTS:
        assert f'name="subscribe" value="{name}"' in shown
    browser.post(f"{ME}/reports", subscribe="error_report")
    browser.post(f"{ME}/reports", subscribe="status_report")
    assert account().subscriptions == {"error_report", "status_report"}


def test_changing_the_name(as_):
    browser = as_("user")
    seen = browser.post(f"{ME}/name", full_name="  Ada Lovelace ")
    assert (seen.status, account().full_name) == (303, "Ada Lovelace")
    for text in ("x" * 201, "a\nb"):
        assert browser.post(f"{ME}/name", full_name=text).status == 422
    assert account().full_name == "Ada Lovelace"


def test_unlinking_an_orcid_id_leaves_a_way_to_sign_in(as_):
    orcid = "0000-0002-1825-0097"
    browser = as_("user", orcid=orcid)
    assert "Unlink" not in browser.get(ME).text
    seen = browser.post(f"{ME}/orcid/delete")
    assert (seen.status, "your only way to sign in" in seen.text) == (409, True)
    assert accounts.of_orcid(orcid)
    accounts.change(account(), email="ada@example.org")
    assert f'action="{ME}/orcid/delete"' in browser.get(ME).text
    seen = browser.post(f"{ME}/orcid/delete")
    assert (seen.status, seen.headers["location"]) == (303, f"{ME}?done=no_orcid#details")
    assert accounts.of_orcid(orcid) is None and account().orcid == ""


def test_the_publisher_is_one_that_is_known(as_):
    publishers.put_all([Publisher(id="340", name="PLOS", agency="crossref")], NOW)
    browser = as_("staff")
    for text in ("341", "x", "9" * 10, "-1"):
        assert browser.post(f"{ME}/publisher", publisher=text).status == 422
    assert account().publisher_id is None
    assert browser.post(f"{ME}/publisher", publisher=" 340 ").status == 303
    assert account().publisher_id == 340
    assert browser.post(f"{ME}/publisher", publisher="").status == 303
    assert account().publisher_id is None


def test_a_password_for_api_v4(as_):
    browser = as_("staff")
    both = {"password": "secret12", "password_confirmation": "secret12"}
    assert "current_password" not in browser.get(ME).text
    for wrong in ({"password": "short"}, {"password_confirmation": "secret13"}):
        assert browser.post(f"{ME}/password", **(both | wrong)).status == 422
    before = browser.cookie
    seen = browser.post(f"{ME}/password", **both)
    assert (seen.status, "secret12" in str(seen)) == (303, False)
    assert accounts.authenticate("ada", b"secret12")
    assert browser.cookie != before  # what others had begun as this account has ended
    assert browser.get(ME).status == 200
    other = {"password": "secret34", "password_confirmation": "secret34"}
    for present in ({}, {"current_password": "secret34"}):
        assert browser.post(f"{ME}/password", **other, **present).status == 422
        assert browser.post(f"{ME}/password/delete", **present).status == 422
    assert accounts.authenticate("ada", b"secret12")
    browser.post(f"{ME}/password", **other, current_password="secret12")
    assert accounts.authenticate("ada", b"secret34")
    assert "Remove the password" in browser.get(ME).text
    browser.post(f"{ME}/password/delete", current_password="secret34")
    assert account().password_hash == ""
    assert not accounts.authenticate("ada", b"secret34")


def test_users_have_neither_password_nor_publisher(as_):
    publishers.put_all([Publisher(id="340", name="PLOS", agency="crossref")], NOW)
    browser = as_("user")
    before = account()
    shown = browser.get(ME).text
    assert 'name="password"' not in shown and 'name="publisher"' not in shown
    fields = {"password": "secret12", "password_confirmation": "secret12", "publisher": "340"}
    for path in ("password", "publisher", "password/delete"):
        seen = browser.post(f"{ME}/{path}", **fields)
        assert (seen.status, seen.headers["location"]) == (302, "/")
    assert account() == before


# --- who tries for more ----------------------------------------------------------------------

FORMS = {
    "name": {"full_name": "Ada"},
    "reports": {"subscribe": "article_statistics_report"},
    "keys": {},
}


@pytest.mark.parametrize("form", FORMS)
def test_fields_that_a_form_does_not_have_are_not_read(as_, form):
    browser = as_("user")
    before = account()
    extra = {"role": "admin", "publisher_id": "340", "publisher": "340", "name": "root"}
    extra |= {"user[role]": "admin", "email": "root@example.org", "key": "a" * 20}
    extra |= {"password": "secret12", "password_hash": "x", "session_word": "x"}
    extra |= {"subscriptions": "error_report", "expires_at": "", "account": "root"}
    seen = browser.post(f"{ME}/{form}?role=admin&publisher=340", **FORMS[form], **extra)
    assert seen.status in (200, 303)
    after = account()
    for field in ("name", "role", "publisher_id", "email", "password_hash", "session_word"):
        assert getattr(after, field) == getattr(before, field), field
    assert after.subscriptions <= {"article_statistics_report"}
    assert all(key.role == "user" and key.hash != keys.hash_of("a" * 20) for key in owned())


@pytest.mark.parametrize("token", ["", "x", "of another session"])
def test_a_form_without_the_session_s_token_changes_nothing(as_, token):
    other = as_("user", "bo")
    browser = as_("staff")
    key = make_key(browser)
    before = account(), owned()
    token = other.form_token if token.startswith("of") else token
    fields = {"full_name": "x", "confirm": "1", "subscribe": "error_report", "publisher": ""}
    fields |= {"password": "secret12", "password_confirmation": "secret12"}
    at = f"keys/{prefix_of(key)}"
    for path in ("keys", f"{at}/rotate", f"{at}/revoke", "name", "reports", "publisher"):
        assert browser.post(f"{ME}/{path}", authenticity_token=token, **fields).status == 403, path
    for path in ("password", "password/delete"):
        assert browser.post(f"{ME}/{path}", authenticity_token=token, **fields).status == 403, path
    assert (account(), owned()) == before
