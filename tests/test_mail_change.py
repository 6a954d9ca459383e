"""Another mail address for one's own account: the link, who opens it, and who tries to cheat."""

import datetime as dt
import re

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from chalicelib import mail_change, mailer, settings
from chalicelib.mailer import MailNotSent
from chalicelib.store import accounts, alerts, sign_ins
from tests.browsing import Browser
from tests.visiting import NOW, Site

ME, OLD, NEW = "/users/me", "ada@example.org", "ada@example.net"
LINK = re.compile(r"https?://\S+")


@pytest.fixture
def mails(people_tables):
    """The mails that were sent, as SES has them."""
    backend = ses_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]
    backend.verify_email_address("operator@example.org")
    backend.sent_messages.clear()
    return backend.sent_messages


@pytest.fixture
def browser(mails):
    """Ada's, who is signed in."""
    accounts.create("root", "admin", NOW)
    browser = Browser(Site())
    browser.sign_in(accounts.create("ada", "user", NOW, email=OLD))
    return browser


def account():
    return accounts.of_name("ada")


def ask(browser, mails, email=NEW):
    """Ask for a link; its path."""
    seen = browser.post(f"{ME}/mail", email=email)
    assert seen.status == 200, seen.text
    return LINK.search(mails[-1].body)[0].removeprefix(settings.load().site_url)


def test_an_address_is_changed_by_who_reads_its_mail(browser, mails):
    path = ask(browser, mails, " Ada@Example.NET ")
    assert mails[-1].destinations["ToAddresses"] == [NEW]
    assert account().email == OLD
    page = browser.get(path)
    assert page.status == 200 and OLD in page.text and NEW in page.text
    assert account().email == OLD, "mail programs open links"
    seen = browser.post(path)
    assert (seen.status, seen.headers["location"]) == (303, f"{ME}?done=mail#details")
    assert account().email == NEW and accounts.of_mail(OLD) is None
    assert mails[-1].destinations["ToAddresses"] == [OLD]
    assert NEW in mails[-1].body and "operator@example.org" in mails[-1].body
    for again in (browser.get(path), browser.post(path)):
        assert again.status == 410
    assert browser.get(ME).status == 200


def test_an_account_without_an_address_gets_one(browser, mails):
    accounts.change(account(), email="")
    browser.post(ask(browser, mails))
    assert account().email == NEW and len(mails) == 1, "there is no old one to tell"


def test_the_link_alone_changes_nothing(browser, mails):
    path = ask(browser, mails)
    seen = Browser(browser.site).get(path)
    assert (seen.status, "Sign in here" in seen.text) == (403, True)
    seen = Browser(browser.site).post(path)
    assert (seen.status, seen.headers["location"]) == (303, "/users/sign_in")
    assert browser.post(path, authenticity_token="x").status == 403
    assert browser.post(f"{ME}/mail", authenticity_token="x", email=NEW).status == 403
    assert (account().email, len(mails)) == (OLD, 1)
    for token in ("x" * 43, "x" * 500):
        assert browser.get(f"{ME}/mail/{token}").status == 410
        assert browser.post(f"{ME}/mail/{token}").status == 410


def test_an_old_link_is_no_good(browser, mails, monkeypatch):
    monkeypatch.setattr(sign_ins, "LIFETIME", -sign_ins.LIFETIME)
    path = ask(browser, mails)
    assert browser.get(path).status == browser.post(path).status == 410
    assert account().email == OLD


def test_nobody_learns_whether_an_address_is_taken_but_who_reads_its_mail(browser, mails):
    accounts.create("bo", "user", NOW, email="bo@example.org")
    free, taken = (browser.post(f"{ME}/mail", email=to) for to in (NEW, "bo@example.org"))
    assert taken.text.replace("bo@example.org", NEW) == free.text
    path = LINK.search(mails[-1].body)[0].removeprefix(settings.load().site_url)
    seen = browser.post(path)
    assert (seen.status, "an account with this mail address" in seen.text) == (409, True)
    assert (account().email, accounts.of_mail("bo@example.org").name) == (OLD, "bo")


def test_what_is_no_address_gets_no_mail(browser, mails):
    for text in ("", "ada", "a@b, c@d", "<a@example.org>"):
        assert browser.post(f"{ME}/mail", email=text).status == 422
    assert mails == []


def test_a_link_is_for_the_account_that_asked_for_it_and_for_nothing_else(browser, mails):
    path = ask(browser, mails)
    other = Browser(browser.site)
    other.sign_in(accounts.create("bo", "user", NOW))
    assert (other.get(path).status, other.post(path).status) == (403, 403)
    token = path.rpartition("/")[2]
    assert other.get(f"/users/sign_in/{token}").status == 410
    signing_in = sign_ins.create("mallory@example.org", "", dt.datetime.now(dt.UTC))
    for seen in (browser.get(f"{ME}/mail/{signing_in}"), browser.post(f"{ME}/mail/{signing_in}")):
        assert seen.status == 410
    assert (account().email, accounts.of_name("bo").email) == (OLD, "")
    assert browser.post(path).status == 303


def test_what_was_not_sent_is_not_counted(browser, mails, monkeypatch):
    def refused(_):
        raise MailNotSent("SES says no.")

    with monkeypatch.context() as failing:
        failing.setattr(mailer, "send", refused)
        statuses = [browser.post(f"{ME}/mail", email=NEW).status for _ in range(4)]
    assert statuses == [503] * 4
    ask(browser, mails)


def test_links_are_limited_by_account_and_by_address(browser, mails):
    for number in range(mail_change.PER_MAIL):
        ask(browser, mails, f"ada{number}@example.org")
    seen = browser.post(f"{ME}/mail", email=NEW)
    assert (seen.status, 0 < int(seen.headers["retry-after"]) <= 900) == (429, True)
    for number in range(mail_change.PER_MAIL):
        browser.sign_in(accounts.create(f"bo{number}", "user", NOW))
        ask(browser, mails)
    browser.sign_in(accounts.create("cy", "user", NOW))
    assert browser.post(f"{ME}/mail", email=NEW).status == 429
    assert len(mails) == 2 * mail_change.PER_MAIL


def test_what_cannot_be_sent_is_told_to_the_operator(browser, mails, monkeypatch):
    path = ask(browser, mails)

    def refused(_):
        raise MailNotSent("SES says no.")

    monkeypatch.setattr(mailer, "send", refused)
    seen = browser.post(f"{ME}/mail", email=NEW)
    assert (seen.status, "SES" in seen.text) == (503, False)
    assert browser.post(path).status == 303, "the old address cannot stand in the way"
    assert account().email == NEW
    told = list(alerts.find(alerts.SYSTEM))
    assert [alert.class_name for alert in told] == ["MailNotSent", "MailNotSent"]
    assert path.rpartition("/")[2] not in str(told)


def test_a_link_is_not_logged(browser, mails, logged):
    path = ask(browser, mails)
    browser.get(path)
    Browser(browser.site).post(path)
    browser.post(path)
    assert path.rpartition("/")[2] not in logged()
    assert f"GET {ME}/mail/***" in logged()
