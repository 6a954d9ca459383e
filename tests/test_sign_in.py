"""Signing in by a link that comes by mail: the whole way, its limits, and who tries to cheat."""

import dataclasses
import datetime as dt
import json
import re

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from chalicelib import mail, mailer, sessions, settings, sign_in, users
from chalicelib.answers import Request
from chalicelib.errors import RequestError
from chalicelib.mailer import MailNotSent
from chalicelib.store import accounts, alerts, keys, sign_ins
from chalicelib.store.tables import ControlItem, _TimedConnection
from tests.browsing import Browser
from tests.visiting import NOW, Site

ADA = "ada@example.org"
LINK = re.compile(r"https?://\S+")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def site(people_tables):
    """The site, whose pages of people need no other tables."""
    return Site()


@pytest.fixture
def mails(site):
    """The mails that were sent, as SES has them."""
    backend = ses_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]
    backend.verify_email_address("operator@example.org")
    backend.sent_messages.clear()
    return backend.sent_messages


@pytest.fixture
def browser(site, mails):
    return Browser(site)


@pytest.fixture
def clock(monkeypatch):
    """What the time is; it stands still until it is put forward."""
    time = [dt.datetime(2026, 11, 26, 12, 0, tzinfo=dt.UTC)]
    monkeypatch.setattr(sign_in, "_now", lambda: time[0])
    return time


def path_in(message):
    """The path of the link in a mail."""
    return LINK.search(message.body)[0].removeprefix(settings.load().site_url)


def ask_for_link(browser, mails, email=ADA, **fields):
    """Ask for a link; the path of the one that came."""
    before = len(mails)
    seen = browser.post(users.SIGN_IN, email=email, **fields)
    assert (seen.status, len(mails)) == (200, before + 1), seen.text
    return path_in(mails[-1])


def sign_up(browser, mails, email=ADA):
    """Sign in by a link; the account."""
    assert browser.post(ask_for_link(browser, mails, email)).status == 303
    return accounts.of_mail(email)


# --- the whole way ---------------------------------------------------------------------------


def test_from_the_form_over_the_mail_to_the_account_and_out_again(browser, mails):
    page = browser.get("/users/sign_in?return_to=/articles?q=a%26b")
    assert page.status == 200 and 'name="return_to" value="/articles?q=a&amp;b"' in page.text
    path = ask_for_link(browser, mails, " ADA@Example.ORG ", return_to="/users/me")
    message = mails[0]
    assert message.destinations == {"ToAddresses": [ADA]}
    assert message.source == "Lagotto <operator@example.org>"
    assert (message.subject, "15 minutes" in message.body) == ("Sign in to Lagotto", True)
    confirm = browser.get(path)
    assert (confirm.status, f"Sign in as {ADA}" in confirm.text) == (200, True)
    assert accounts.find_all() == [] and browser.cookie == ""
    done = browser.post(path)
    assert (done.status, done.headers["location"], done.text) == (303, "/users/me", "")
    cookie = done.headers["set-cookie"]
    assert re.fullmatch(r"_alm=[\w.-]+; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax", cookie)
    (account,) = accounts.find_all()
    assert (account.name, account.email, account.password_hash) == (ADA, ADA, "")
    again = browser.get("/users/sign_in")
    assert (again.status, again.headers["location"]) == (302, "/users/me")
    browser.sign_in(account)
    out = browser.post("/users/sign_out")
    assert (out.status, out.headers["location"], browser.cookie) == (303, "/", "")
    assert browser.get("/users/sign_in").status == 200


def test_the_contact_is_the_first_admin_and_who_comes_back_has_the_same_account(
    browser, mails, site
):
    assert sign_up(browser, mails, "Operator@example.org").role == "admin"
    assert sign_up(Browser(site), mails).role == "user"
    second = Browser(site)
    assert sign_up(second, mails, "bo@example.org").role == "user"
    sign_up(Browser(site), mails)
    assert len(accounts.find_all()) == 3


def test_keys_made_for_the_address_before_are_bound(browser, mails):
    keys.create("Ada@Example.org", "staff", NOW, key="kada")
    account = sign_up(browser, mails)
    assert [key.role for key in keys.of_account(account)] == ["staff"]


def test_there_is_one_way_in(browser):
    for path in ("/users/sign_up", "/users/password/new"):
        seen = browser.get(path)
        assert (seen.status, seen.headers["location"]) == (302, "/users/sign_in")


def test_orcid_is_offered_where_it_is_set_up(browser, monkeypatch):
    assert "auth/orcid" not in browser.get("/users/sign_in").text
    monkeypatch.setenv("LAGOTTO_ORCID_CLIENT_ID", "APP-1")
    settings.load.cache_clear()
    text = browser.get("/users/sign_in?return_to=/users/me").text
    settings.load.cache_clear()
    assert 'href="/users/auth/orcid?return_to=%2Fusers%2Fme"' in text


def test_these_pages_are_for_one_person_and_no_other_site(browser, mails):
    path = ask_for_link(browser, mails)
    for seen in (
        browser.get("/users/sign_in"),
        browser.post("/users/sign_in", email="nobody"),
        browser.get(path),
        browser.get(f"{path}x"),
        browser.get("/users/no/such/page"),
        browser.site.ask("OPTIONS", "/users/sign_in"),
        browser.post(path),
        browser.post("/users/sign_out"),
    ):
        assert not [name for name in seen.headers if name.startswith("access-control-")]
        assert seen.headers["cache-control"] == "no-store"
        assert seen.headers["x-frame-options"] == "DENY"
        assert seen.headers["x-content-type-options"] == "nosniff"
        assert seen.headers["referrer-policy"] == "same-origin"
        policy = seen.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "form-action 'self'" in policy
        assert "<script" not in seen.text


# --- a link ----------------------------------------------------------------------------------


def test_a_link_works_once(browser, mails, site):
    path = ask_for_link(browser, mails)
    assert browser.post(path).status == 303
    for again in (Browser(site).get(path), Browser(site).post(path)):
        assert (again.status, "used already" in again.text) == (410, True)
        assert "set-cookie" not in again.headers


def test_of_two_who_use_a_link_at_the_same_moment_one_gets_in(browser, mails, site, monkeypatch):
    path = ask_for_link(browser, mails)
    read = sign_ins._get
    statuses = []

    def read_and_be_outrun(token, now):
        item = read(token, now)
        monkeypatch.setattr(sign_ins, "_get", read)
        statuses.append(Browser(site).post(path).status)
        return item

    monkeypatch.setattr(sign_ins, "_get", read_and_be_outrun)
    statuses.append(browser.post(path).status)
    assert statuses == [303, 410]
    assert len(accounts.find_all()) == 1


def test_looking_at_a_link_does_not_use_it_up(browser, mails):
    path = ask_for_link(browser, mails)
    for _ in range(3):
        assert browser.get(path).status == 200
        head = browser.site.ask("HEAD", path)
        assert (head.status, head.text) == (200, "")
    assert browser.post(path).status == 303


def test_a_link_is_good_for_a_quarter_of_an_hour(browser, mails, clock):
    path = ask_for_link(browser, mails)
    clock[0] += dt.timedelta(minutes=14, seconds=59)
    assert browser.get(path).status == 200
    clock[0] += dt.timedelta(seconds=1)
    assert browser.get(path).status == browser.post(path).status == 410


def test_a_token_that_was_never_made(browser):
    for token in ("x", "x" * 5000, "%00", "%ED%A0%80", "a b"):
        assert browser.get(f"/users/sign_in/{token}").status == 410, token
        assert browser.post(f"/users/sign_in/{token}").status == 410, token


def test_the_token_is_kept_as_its_hash_and_reaches_no_log(browser, mails, logged, monkeypatch):
    path = ask_for_link(browser, mails)
    token = path.rpartition("/")[2]
    assert len(token) == 43
    rows = [(row.name, row.about) for row in ControlItem.query(sign_ins.KIND)]
    assert len(rows) == 1 and token not in str(rows)
    browser.get(path)
    monkeypatch.setattr(sign_in.enrolment, "of_mail", lambda *_: 1 / 0)
    seen = browser.post(path)
    assert (seen.status, users.BROKEN in seen.text) == (500, True)
    assert (seen.headers["cache-control"], token in seen.text) == ("no-store", False)
    assert token not in logged()
    assert "GET /users/sign_in/***" in logged() and '"path":"/users/sign_in/***"' in logged()
    (alert,) = alerts.find(alerts.SYSTEM)
    assert (alert.class_name, alert.target_url) == ("ZeroDivisionError", "/users/sign_in/***")


def test_what_orcid_hands_over_reaches_no_log(browser, logged):
    browser.get("/users/auth/nobody?code=secret-code&state=secret-state&api_key=secret-key")
    assert "secret-" not in logged()


def test_nobody_is_sent_to_another_site(browser, mails):
    for number, return_to in enumerate(
        (
            *("//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example"),
            *("evil", "", "/" + "x" * 600, "/a\r\nSet-Cookie: a=b", "/ä", "javascript:alert(1)"),
        )
    ):
        page = browser.site.get("/users/sign_in", key=None, return_to=return_to)
        assert "return_to" not in page.text
        path = ask_for_link(
            Browser(browser.site), mails, f"a{number}@example.org", return_to=return_to
        )
        seen = Browser(browser.site).post(path)
        assert seen.headers["location"] == "/users/me", return_to


# --- where the link leads --------------------------------------------------------------------


def test_the_host_header_does_not_steer_the_link(browser, mails):
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Origin": ""}
    assert browser.post("/users/sign_in", headers, email=ADA).status == 200
    assert LINK.findall(mails[0].body)[0].startswith("https://metrics.example.org/users/sign_in/")
    assert "evil" not in mails[0].body


def request(**more):
    return Request(method="GET", path="/users/sign_in", headers={"host": "evil.example"}, **more)


@pytest.fixture
def no_site_url(monkeypatch):
    monkeypatch.delenv("LAGOTTO_SITE_URL")
    settings.load.cache_clear()
    yield
    monkeypatch.undo()
    settings.load.cache_clear()


@pytest.mark.parametrize(
    ("domain", "address"),
    [
        ("abc.execute-api.us-east-1.amazonaws.com",) * 2,
        ("alm.example.org", "alm.example.org"),
    ],
)
def test_without_a_setting_the_gateway_s_domain_is_the_address(no_site_url, domain, address):
    root = "/api" if "execute-api" in domain else ""
    assert users.address(request(domain=domain, stage="api")) == f"https://{address}{root}"


def test_with_neither_no_link_is_sent_and_the_operator_is_told(browser, mails, no_site_url):
    seen = browser.post("/users/sign_in", {"Origin": "http://metrics.example.org"}, email=ADA)
    assert (seen.status, len(mails)) == (503, 0)
    assert "Its operator has been told" in seen.text and "LAGOTTO" not in seen.text
    (alert,) = alerts.find(alerts.SYSTEM)
    assert "LAGOTTO_SITE_URL is not set" in alert.message


# --- who may know what -----------------------------------------------------------------------


def test_nobody_learns_whether_there_is_an_account(browser, mails, site, monkeypatch):
    monkeypatch.setattr(sign_in, "PER_MAIL", 1)
    texts = []
    for there in (False, True):
        if there:
            accounts.create("ada", "staff", NOW, email=ADA)
        for row in ControlItem.query(sign_ins.COUNT_KIND):
            row.delete()
        first = Browser(site).post("/users/sign_in", email=ADA)
        limited = Browser(site).post("/users/sign_in", email=ADA)
        texts += [(seen.status, seen.text) for seen in (first, limited)]
        texts.append((200, Browser(site).get(path_in(mails[-1])).text.count(ADA)))
    assert texts[:3] == texts[3:]
    assert texts[0] == texts[1]
    assert len(mails) == 2


def test_an_address_gets_three_links_in_a_quarter_of_an_hour(browser, mails, clock):
    for _ in range(3):
        seen = browser.post("/users/sign_in", email=ADA)
        clock[0] += dt.timedelta(minutes=4)
    assert browser.post("/users/sign_in", email="ADA@example.org").text == seen.text
    assert len(mails) == 3
    clock[0] += dt.timedelta(minutes=3)  # the first one is out of the window, the second is not
    for _ in range(2):
        assert browser.post("/users/sign_in", email=ADA).status == 200
    assert len(mails) == 4


def test_a_network_may_ask_ten_times(browser, mails, clock):
    for number in range(10):
        assert browser.post("/users/sign_in", email=f"a{number}@example.org").status == 200
    seen = browser.post("/users/sign_in", email=ADA)
    assert (seen.status, seen.headers["retry-after"]) == (429, "900")
    assert "Too many links were asked for. Try again in 15 minutes." in seen.text
    assert len(mails) == 10
    seen = browser.post("/users/sign_in", {"Accept": "application/json"}, email=ADA)
    assert (seen.status, seen.headers["retry-after"]) == (429, "900")
    assert seen.json["error"].startswith("Too many links")
    clock[0] += dt.timedelta(minutes=14, seconds=59)
    assert "in a minute" in browser.post("/users/sign_in", email=ADA).text
    clock[0] += dt.timedelta(seconds=1)
    assert browser.post("/users/sign_in", email=ADA).status == 200


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("", "unknown", True),
    ],
)
def test_a_household_is_one_network(one, other, same):
    networks = [Request(method="GET", path="/", ip=ip).network for ip in (one, other)]
    assert (networks[0] == networks[1]) is same


def test_tags_of_an_address_are_one_mailbox(browser, mails):
    for number in range(sign_in.PER_MAIL + 1):
        seen = browser.post("/users/sign_in", email=f"ada+{number}@example.org")
        assert (seen.status, f"ada+{number}@example.org" in seen.text) == (200, True)
    assert [to for message in mails for to in message.destinations["ToAddresses"]] == [
        f"ada+{number}@example.org" for number in range(sign_in.PER_MAIL)
    ]
    assert browser.post("/users/sign_in", email=ADA).status == 200
    assert len(mails) == sign_in.PER_MAIL


# --- when the whole site has sent as many as it may ------------------------------------------


@pytest.fixture
def busy(browser, mails, clock, monkeypatch):
    """The site has sent its one link of this hour."""
    monkeypatch.setattr(sign_in, "PER_HOUR", 1)
    monkeypatch.setattr(sign_in, "BUSY_SECONDS", 0)
    ask_for_link(browser, mails, "first@example.org")
    mails.clear()


def test_the_site_sends_no_more_than_it_should_and_never_says_it_did(browser, mails, busy, clock):
    for _ in range(sign_in.PER_MAIL + 1):
        seen = browser.post("/users/sign_in", email=ADA)
        assert (seen.status, seen.headers["retry-after"]) == (429, "3600")
        assert "try again in 60 minutes" in seen.text
    assert mails == []
    clock[0] += dt.timedelta(hours=1)
    ask_for_link(browser, mails)


def test_accounts_get_links_all_the_same_and_nobody_learns_who_has_one(
    browser, mails, busy, monkeypatch
):
    accounts.create("ada", "staff", NOW, email=ADA)
    asked = []
    call = _TimedConnection._make_api_call

    def counted(connection, operation, arguments):
        asked.append(operation)
        return call(connection, operation, arguments)

    monkeypatch.setattr(_TimedConnection, "_make_api_call", counted)
    browser.post("/users/sign_in", email="eve@example.org")  # which leaves the alert
    seen = []
    for email in (ADA, "nobody@example.org"):
        asked.clear()
        for _ in range(sign_in.PER_MAIL + 1):
            answer = browser.post("/users/sign_in", email=email)
        seen.append((answer.status, answer.text, asked.count("GetItem")))
    assert seen[0] == seen[1]
    assert [message.destinations["ToAddresses"] for message in mails] == [[ADA]] * 3


def test_accounts_have_an_hour_of_their_own(browser, mails, busy, clock, monkeypatch):
    monkeypatch.setattr(sign_in, "PER_HOUR_TO_ACCOUNTS", 1)
    for name in ("ada", "bo"):
        accounts.create(name, "user", NOW, email=f"{name}@example.org")
    for name in ("nobody", "ada", "bo"):
        assert browser.post("/users/sign_in", email=f"{name}@example.org").status == 429
    assert [message.destinations["ToAddresses"] for message in mails] == [[ADA]]


def test_a_mail_to_an_account_that_cannot_be_sent_changes_no_answer(browser, busy, monkeypatch):
    accounts.create("ada", "staff", NOW, email=ADA)
    usual = browser.post("/users/sign_in", email="nobody@example.org")
    monkeypatch.setattr(mailer, "_client", lambda: BrokenSes("MessageRejected"))
    seen = browser.post("/users/sign_in", email=ADA)
    assert (seen.status, seen.text) == (usual.status, usual.text)
    assert "MailNotSent" in [alert.class_name for alert in alerts.find(alerts.SYSTEM)]


def test_it_takes_the_same_time_whether_a_mail_goes_out_or_not(browser, busy, monkeypatch):
    paused = []
    monkeypatch.setattr(sign_in.time, "sleep", paused.append)
    monkeypatch.setattr(sign_in, "BUSY_SECONDS", 1000)
    browser.post("/users/sign_in", email=ADA)
    assert 900 < paused[0] < 1000


def test_the_operator_is_told_once_an_hour(browser, mails, busy, clock):
    def told():
        for _ in range(2):
            browser.post("/users/sign_in", email=ADA)
        return [alert.class_name for alert in alerts.find(alerts.SYSTEM)]

    assert told() == ["TooManySignInLinks"]
    clock[0] += dt.timedelta(hours=1)
    ask_for_link(browser, mails)
    assert told() == ["TooManySignInLinks"] * 2
    alert = next(alerts.find(alerts.SYSTEM))
    assert "1 links to sign in were asked for within an hour" in alert.message


def test_counting_at_the_same_moment_loses_nothing(site, monkeypatch):
    window = dt.timedelta(minutes=15)
    read = sign_ins._count

    def read_and_be_outrun(name):
        known = read(name)
        monkeypatch.setattr(sign_ins, "_count", read)
        assert sign_ins.wait_seconds("me", 4, window, NOW) == 0
        return known

    for _ in range(2):  # the row is new, the row is there
        monkeypatch.setattr(sign_ins, "_count", read_and_be_outrun)
        assert sign_ins.wait_seconds("me", 4, window, NOW) == 0
    (row,) = ControlItem.query(sign_ins.COUNT_KIND)
    assert json.loads(row.about) == [NOW.timestamp()] * 4


# --- mail ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        (" Ada@Example.ORG\n", "ada@example.org"),
        ("nobody@offline.example", "nobody@offline.example"),
        ("ada@EXÄMPLE.org", "ada@xn--exmple-cua.org"),
        ("ada+alm@mail.example.org", "ada+alm@mail.example.org"),
    ],
)
def test_addresses_are_kept_in_one_spelling(typed, address):
    assert mail.address(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        *("", "ada", "ada@", "ada@localhost", "a@b.org,c@d.org", "<ada@example.org>"),
        *("ada@example.org\r\nBcc: eve@example.org", "a da@example.org", "äda@example.org"),
        *("x" * 300 + "@example.org", "ada@[127.0.0.1]", "a\0@b.org", "\ud800@b.org"),
        "\u212aate@example.org",  # a Kelvin sign, in lower case a k: it would be another's
    ],
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(RequestError) as raised:
        mail.address(typed)
    assert raised.value.status == 422


def test_what_is_no_address_is_shown_again(browser, mails):
    seen = browser.post("/users/sign_in", email='<b>"eve', return_to="/users")
    assert (seen.status, len(mails)) == (422, 0)
    assert 'value="&lt;b&gt;&quot;eve"' in seen.text and mail.NO_ADDRESS in seen.text
    assert 'name="return_to" value="/users"' in seen.text
    seen = browser.post("/users/sign_in", {"Accept": "application/json"}, email="eve")
    assert (seen.status, seen.json) == (422, {"error": mail.NO_ADDRESS})


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("MessageRejected", "Verify the address operator@example.org in SES"),
        ("AccessDeniedException", "run `make deploy`"),
        ("TooManyRequestsException", "asked too fast"),
        ("SomethingNew", "See whether Amazon SES works in this region"),
        (None, "See whether Amazon SES works in this region"),
    ],
)
def test_what_ses_does_not_take_is_told_with_what_to_do(monkeypatch, error, remedy):
    monkeypatch.setattr(mailer, "_client", lambda: BrokenSes(error))
    with pytest.raises(MailNotSent) as raised:
        mailer.send(mail.sign_in(ADA, "https://metrics.example.org/secret", "Lagotto", 15))
    assert remedy in str(raised.value) and "secret" not in str(raised.value)


class BrokenSes:
    """SES that takes no mail, for a reason that it has a name for or none."""

    def __init__(self, error):
        self.error = error
        self.texts = []

    def send_email(self, **message):
        self.texts.append(message["Content"]["Simple"]["Body"]["Text"]["Data"])
        if self.error is None:
            raise EndpointConnectionError(endpoint_url="https://email.example")
        raise ClientError({"Error": {"Code": self.error, "Message": "No."}}, "SendEmail")


def test_when_a_mail_cannot_be_sent_person_and_operator_are_told(browser, monkeypatch, logged):
    ses = BrokenSes("MessageRejected")
    monkeypatch.setattr(mailer, "_client", lambda: ses)
    for _ in range(sign_in.PER_MAIL + 1):  # as nothing was sent, it does not count
        seen = browser.post("/users/sign_in", email=ADA)
        assert seen.status == 503
    assert "The mail could not be sent" in seen.text and "operator@example.org" in seen.text
    found = list(alerts.find(alerts.SYSTEM))
    assert [alert.class_name for alert in found] == ["MailNotSent"] * len(ses.texts)
    for text in ses.texts:
        token = LINK.search(text)[0].rpartition("/")[2]
        assert token not in logged() and token not in str(found) and token not in seen.text


def test_mails_come_from_the_address_that_is_set(browser, mails, monkeypatch):
    def send_as(address):
        monkeypatch.setenv("LAGOTTO_MAIL_FROM", address)
        settings.load.cache_clear()
        return browser.post("/users/sign_in", email=ADA).status

    backend = ses_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]
    backend.verify_email_address("alm@example.org")
    statuses = [send_as("alm@example.org"), send_as("alm"), send_as("älm@example.org")]
    settings.load.cache_clear()
    assert statuses == [200, 503, 503]
    assert mails[0].source == "Lagotto <alm@example.org>"


def test_what_cannot_be_sent_for_want_of_a_setting_does_not_count(browser, monkeypatch):
    silent = dataclasses.replace(settings.load(), contact_email="")
    monkeypatch.setattr(settings, "load", lambda: silent)
    monkeypatch.setattr(sign_in, "PER_HOUR", 1)
    for _ in range(sign_in.PER_MAIL + 1):
        assert browser.post("/users/sign_in", email=ADA).status == 503


# --- who tries to cheat ----------------------------------------------------------------------


def test_forms_of_other_sites_are_refused(browser, mails):
    path = ask_for_link(browser, mails)
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "https://metrics.example.org.evil.example"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site", "Origin": ""},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null", "Sec-Fetch-Site": ""},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    ):
        for target in ("/users/sign_in", path, "/users/sign_out"):
            seen = browser.post(target, headers, email=ADA)
            assert (seen.status, users.FOREIGN_FORM in seen.text) == (403, True), (target, headers)
            assert "set-cookie" not in seen.headers
    assert len(mails) == 1
    assert browser.get(path).status == 200


def test_forms_of_our_own_pages_are_taken(browser, mails):
    for headers in (
        {"Origin": "null"},
        {"Origin": "", "Sec-Fetch-Site": ""},  # no browser
        {"Origin": "http://metrics.example.org"},  # what stands in front speaks HTTP with us
    ):
        assert browser.post("/users/sign_in", headers, email=ADA).status == 200, headers


def test_behind_another_host_the_site_s_address_counts(browser, mails):
    headers = {"Host": "inner.example.net", "Origin": "https://metrics.example.org"}
    assert browser.post("/users/sign_in", headers, email=ADA).status == 200


def test_a_form_of_somebody_signed_in_carries_his_token(browser, site):
    other = Browser(site)
    other.sign_in(accounts.create("root", "admin", NOW))
    browser.sign_in(accounts.create("ada", "user", NOW, email=ADA))
    own, before = browser.form_token, accounts.find("ada")
    for token in ("", "wrong", "ä", other.form_token):
        seen = browser.post("/users/sign_out", authenticity_token=token)
        header = browser.post("/users/sign_out", {"X-CSRF-Token": token}, authenticity_token="")
        assert (seen.status, header.status, accounts.find("ada")) == (403, 403, before)
    browser.post("/users/sign_out", {"X-CSRF-Token": own}, authenticity_token="")
    assert accounts.find("ada").session_word != before.session_word


def test_signing_out_with_another_verb_needs_the_token_too(browser, site):
    account = accounts.create("ada", "user", NOW)
    browser.sign_in(account)
    cookie = {"Cookie": f"_alm={browser.cookie}"}
    assert site.ask("DELETE", "/users/sign_out", cookie).status == 403
    seen = site.ask("DELETE", "/users/sign_out", cookie | {"X-CSRF-Token": browser.form_token})
    assert (seen.status, seen.headers["set-cookie"].partition(";")[0]) == (303, "_alm=")
    assert accounts.find("ada").session_word != account.session_word


def test_who_is_not_signed_in_can_sign_out(browser):
    assert browser.post("/users/sign_out").headers["location"] == "/"


def test_somebody_else_can_sign_in_with_the_same_browser(browser, mails):
    sign_up(browser, mails)
    path = ask_for_link(Browser(browser.site), mails, "bo@example.org")
    assert browser.post(path, authenticity_token="").status == 403
    assert "authenticity_token" in browser.get(path).text
    assert browser.post(path).status == 303
    assert sessions.find(with_cookie(browser.cookie)).account.name == "bo@example.org"


def test_an_account_that_is_only_named_like_an_address_is_not_opened(browser, mails):
    accounts.create(ADA, "admin", NOW, email="moved-on@example.org")
    seen = browser.post(ask_for_link(browser, mails))
    assert (seen.status, "set-cookie" in seen.headers) == (409, False)
    assert "Ask the operator" in seen.text


def with_cookie(value):
    return Request(method="GET", path="/", headers={"cookie": f"_alm={value}"})
