"""Cookies that sign in: which are taken, and what ends them."""

import hashlib
import time

import pytest
from itsdangerous import Signer, URLSafeTimedSerializer

from chalicelib import sessions
from chalicelib.answers import Request
from chalicelib.errors import ConfigurationError
from chalicelib.store import accounts, web_secrets
from tests.visiting import NOW

pytestmark = pytest.mark.usefixtures("people_tables")


@pytest.fixture
def ada():
    accounts.create("root", "admin", NOW)
    return accounts.create("Ada", "user", NOW)


def request(cookie="", **headers):
    given = {"cookie": cookie} if cookie else {}
    return Request(method="GET", path="/users/me", headers={**given, **headers})


def started(account):
    """The cookie of an account, as a browser sends it."""
    return sessions.start(request(), account).partition(";")[0]


def found(cookie):
    session = sessions.find(request(cookie))
    return session.account.name if session else None


def serializer(secret="a secret of tests", salt="session"):
    return URLSafeTimedSerializer(
        secret, salt=salt, signer_kwargs={"digest_method": hashlib.sha256}
    )


def test_a_cookie_names_its_account(ada):
    cookie = started(ada)
    session = sessions.find(request(cookie))
    assert session.account == ada
    assert session.allows(session.form_token) and not session.allows("")
    assert session.form_token == sessions.find(request(cookie)).form_token
    assert session.form_token not in cookie
    assert ada.session_word not in repr(session)


def test_a_role_that_was_changed_counts_at_once(ada):
    cookie = started(ada)
    accounts.change(ada, role="staff")
    assert sessions.find(request(cookie)).account.role == "staff"


def test_cookies_of_other_programs_do_not_matter(ada):
    cookie = started(ada)
    for others in ('odd={"a":"b, c"}', 'open="quotes', "a; ;=;b=c", "_almost=1; x_alm=2"):
        assert found(f"{others}; {cookie}") == found(f"{cookie};{others}") == "Ada", others


def test_what_is_no_cookie_of_ours(ada):
    good = started(ada).removeprefix("_alm=")
    payload, stamp, signature = good.split(".")
    root = serializer().dumps(["root", ada.session_word]).partition(".")[0]
    accounts.change(accounts.find("root"), session_word="")
    wrong = [
        "",
        "x",
        good[:-1],
        f"{good}x",
        f"{root}.{stamp}.{signature}",
        f"{payload}.{stamp}.",
        f"{payload}..{signature}",
        "." * 1000,
        "ä" * 10,
        "\ud800",
        "x" * 5000,
        serializer("another secret").dumps(["ada", ada.session_word]),
        serializer(salt="form").dumps(["ada", ada.session_word]),
        serializer().dumps(["ada", ""]),
        serializer().dumps(["root", ""]),
        serializer().dumps(["ada", "another word"]),
        serializer().dumps(["root", ada.session_word]),
        serializer().dumps(["nobody", ada.session_word]),
        serializer().dumps(["ada"]),
        serializer().dumps("ada"),
        serializer().dumps(None),
        serializer().dumps(7),
        Signer("a secret of tests", salt="session").sign("ada").decode(),
    ]
    assert {value: found(f"_alm={value}") for value in wrong} == dict.fromkeys(wrong)
    assert found(f"_alm={good}") == "Ada"


def test_a_cookie_is_good_for_two_weeks(ada, monkeypatch):
    cookie = started(ada)
    then = time.time() + sessions.LIFETIME_SECONDS
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: then - 1)
    assert found(cookie) == "Ada"
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: then + 2)
    assert found(cookie) is None


def test_signing_out_ends_all_cookies_of_the_account_and_of_no_other(ada):
    root = started(accounts.find("root"))
    first, second = started(ada), started(ada)
    header = sessions.end(request(first), sessions.find(request(first)).account)
    assert header.startswith("_alm=; Path=/; Max-Age=0; HttpOnly")
    assert (found(first), found(second), found(root)) == (None, None, "root")
    assert found(started(accounts.find("ada"))) == "Ada"


def test_signing_out_while_somebody_changes_the_account(ada):
    cookie = started(ada)
    accounts.change(ada, full_name="Ada L.")
    sessions.end(request(cookie), ada)
    assert found(cookie) is None
    assert accounts.find("ada").full_name == "Ada L."
    accounts.delete(accounts.find("ada"))
    assert sessions.end(request(cookie), ada).startswith("_alm=;")
    assert accounts.find("ada") is None


def test_an_account_of_the_same_name_is_another_one(ada):
    cookie = started(ada)
    accounts.delete(ada)
    assert found(cookie) is None
    accounts.create("Ada", "user", NOW)
    assert found(cookie) is None


def test_an_account_from_before_there_were_cookies(ada):
    accounts.change(ada, session_word="")
    assert found(started(accounts.find("ada"))) == "Ada"
    assert accounts.find("ada").session_word


def test_where_a_cookie_goes(ada):
    host = "abc.execute-api.us-east-1.amazonaws.com"
    behind = Request(
        method="GET",
        path="/users/me",
        headers={"host": host, "x-forwarded-proto": "https"},
        stage="api",
    )
    header = sessions.start(behind, ada)
    assert header.endswith("; Path=/api/; Max-Age=1209600; HttpOnly; SameSite=Lax; Secure")


@pytest.fixture
def secret():
    """The secret of the tests, put back afterwards."""
    before = web_secrets.get(web_secrets.SESSION)
    yield before
    web_secrets.put(web_secrets.SESSION, before)


def test_another_secret_ends_all_sessions(ada, secret):
    cookie = started(ada)
    web_secrets.put(web_secrets.SESSION, "another secret")
    assert found(cookie) is None
    web_secrets.put(web_secrets.SESSION, secret)
    assert found(cookie) == "Ada"


def test_a_secret_is_made_once_and_read_from_memory(ada, secret, monkeypatch):
    name = web_secrets.SESSION
    web_secrets._parameters().delete_parameter(Name=web_secrets._parameter(name))
    web_secrets.forget_cache()
    with pytest.raises(ConfigurationError, match="run `make deploy STAGE=test`"):
        web_secrets.get(name)
    assert web_secrets.ensure(name)
    made = web_secrets.get(name)
    assert len(made) == 44
    assert not web_secrets.ensure(name)
    assert web_secrets.get(name) == made
    with monkeypatch.context() as patch:
        patch.setattr(web_secrets, "_find", lambda _: "changed elsewhere")
        assert web_secrets.get(name) == made
        now = time.monotonic()
        patch.setattr(web_secrets.time, "monotonic", lambda: now + web_secrets.CACHE_SECONDS)
        assert web_secrets.get(name) == "changed elsewhere"
