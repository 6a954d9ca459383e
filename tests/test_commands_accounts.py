"""The command line: accounts, made, shown, changed and deleted; passwords are shown once."""

import io
import sys

import pytest
from botocore.exceptions import ClientError

from chalicelib import enrolment
from chalicelib.store import accounts, gateway_keys, keys
from tests.operating import Operator
from tests.visiting import NOW

pytestmark = pytest.mark.usefixtures("cheap_passwords")
PASSWORD = "pässword of Ada"


@pytest.fixture
def operator(tables, capsys, monkeypatch):
    return Operator(capsys, monkeypatch)


@pytest.fixture
def root(operator):
    operator.types("accounts", "create", "root")


@pytest.fixture
def typed(monkeypatch):
    def type_in(text):
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    return type_in


def test_the_first_account_is_an_admin_s_and_its_password_is_shown_once(operator):
    said = operator.types("accounts", "create", "root")
    password = said.out.strip()
    assert (said.status, len(password)) == (0, 20)
    assert "role admin" in said.err and "cannot be shown again" in said.err
    assert password not in said.err
    assert accounts.authenticate("root", password.encode()).role == "admin"
    for words in (("list",), ("list", "--json"), ("show", "root")):
        out = operator.types("accounts", *words).out
        assert "root" in out and password not in out and "scrypt" not in out


def test_a_password_from_standard_input_is_not_repeated(operator, root, typed):
    typed(f"{PASSWORD}\nmore\n")
    said = operator.types(
        *("accounts", "create", "Ada", "--role", "staff", "--email", "ada@example.org"),
        *("--publisher", "340", "--subscribe", "error_report", "--full-name", "Ada L."),
        "--password-stdin",
    )
    assert (said.status, said.out) == (0, "")
    assert said.err == "Made the account Ada, role staff.\n"
    assert accounts.authenticate("ada@example.org", PASSWORD.encode())
    assert operator.types("accounts", "show", "ADA@example.org").json == {
        "name": "Ada",
        "role": "staff",
        "created_at": accounts.find("ada").created_at,
        "full_name": "Ada L.",
        "email": "ada@example.org",
        "orcid": "",
        "publisher_id": 340,
        "subscriptions": ["error_report"],
        "keys": [],
    }
    rows = operator.types("accounts", "list").out.splitlines()
    assert rows[1].split()[:2] == ["Ada", "staff"]
    assert rows[1].split()[-2:] == ["340", "ada@example.org"]


def test_changing(operator, root, typed):
    operator.types("accounts", "create", "ada", "--role", "staff", "--subscribe", "error_report")
    keys.create("ada", "staff", NOW, account=accounts.find("ada"))
    said = operator.types("accounts", "set", "ada", "--role", "user", "--email", "a@example.org")
    assert "API keys that have the role user now: 1" in said.err
    assert "may not read these reports, unsubscribed: error_report" in said.err
    assert [found.role for found in keys.of_account(accounts.find("ada"))] == ["user"]
    said = operator.types("accounts", "set", "a@example.org", "--new-password")
    assert accounts.authenticate("ada", said.out.strip().encode())
    typed(PASSWORD)
    said = operator.types("accounts", "set", "ada", "--password-stdin", "--publisher", "7")
    assert (said.status, said.out) == (0, "")
    assert accounts.authenticate("ada", PASSWORD.encode()).publisher_id == 7
    report = "article_statistics_report"
    operator.types(
        "accounts", "set", "ada", "--subscribe", report, "--publisher", "0", "--email", ""
    )
    changed = accounts.find("ada")
    assert (changed.subscriptions, changed.publisher_id, changed.email) == ({report}, None, "")
    operator.types("accounts", "set", "ada", "--unsubscribe", report)
    assert accounts.find("ada").subscriptions == frozenset()


def test_a_name_that_is_a_mail_address_is_where_links_go(operator, root):
    operator.types("accounts", "create", "Ada@Example.org")
    assert accounts.of_mail("ada@example.org").name == "Ada@Example.org"
    operator.types("accounts", "create", "bo@example.org", "--email", "")
    assert accounts.find("bo@example.org").email == ""


def test_a_new_password_ends_what_the_old_one_began(operator, root):
    before = accounts.find("root").session_word
    operator.types("accounts", "set", "root", "--full-name", "Root")
    assert accounts.find("root").session_word == before
    operator.types("accounts", "set", "root", "--new-password")
    assert accounts.find("root").session_word != before


def test_deleting_an_account_revokes_its_keys(operator, root, monkeypatch):
    monkeypatch.setattr(gateway_keys, "create_gateway_key", lambda *_: None)
    deleted = []
    monkeypatch.setattr(gateway_keys, "delete_gateway_key", lambda *given: deleted.append(given[1]))
    keys.create("ADA", "staff", NOW, key="made-before")
    keys.create("somebody", "user", NOW, key="another")
    said = operator.types("accounts", "create", "ada", "--quiet")
    assert keys.find("made-before").role == "staff"
    said = operator.types("accounts", "create", "bo")
    assert "bound" not in said.err
    made = operator.types("keys", "create", "Ada", "--quiet").out.strip()
    assert keys.find(made).role == "user"
    said = operator.types("accounts", "delete", "ada")
    assert said.out == "Deleted the account ada; API keys revoked: 2\n"
    assert set(deleted) == {keys.hash_of("made-before"), keys.hash_of(made)}
    assert [key.owner for key in keys.find_all()] == ["somebody"]
    assert accounts.find("ada") is None


def test_a_key_that_the_gateway_keeps_is_told(operator, root, monkeypatch):
    def refusing(*_):
        answer = {"Error": {"Code": "AccessDeniedException", "Message": "Not you."}}
        raise ClientError(answer, "DeleteApiKey")

    operator.types("accounts", "create", "ada")
    _, key = keys.create("ada", "user", NOW, account=accounts.find("ada"))
    monkeypatch.setattr(gateway_keys, "delete_gateway_key", refusing)
    said = operator.types("accounts", "delete", "ada")
    assert (said.status, keys.find_all()) == (0, [])
    assert f"The key {key.hash[:12]} is revoked and opens nothing any more" in said.err
    assert "Not you." in said.err


def test_keys_of_an_account_have_its_role(operator, root):
    operator.types("accounts", "create", "ada", "--role", "staff")
    said = operator.types("keys", "create", "ada", "--role", "admin")
    assert (said.status, said.out, keys.find_all()) == (1, "", [])
    assert "`python -m chalicelib accounts set ada --role admin`" in said.err
    operator.types("keys", "create", "ada", "--role", "staff")
    assert [(key.role, key.account) for key in keys.find_all()] == [("staff", "ada")]


def test_there_are_no_accounts(operator):
    assert "There are no accounts" in operator.types("accounts", "list").out
    said = operator.types("accounts", "create", "ada", "--role", "user")
    assert (said.status, said.out) == (1, "")
    assert "The first account is an admin's" in said.err


def test_who_signed_up_before_does_not_keep_the_operator_from_being_admin(operator):
    enrolment.of_mail("eve@example.org", NOW)
    said = operator.types("accounts", "create", "ada", "--role", "user")
    assert (said.status, "The first account is an admin's" in said.err) == (1, True)
    assert "role admin" in operator.types("accounts", "create", "root").err
    assert [account.role for account in accounts.find_all()] == ["user", "admin"]


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("create", "ROOT"), 1, "There is an account with this name already."),
        (("create", "a:b"), 2, "a name has at least one character, and no colon"),
        (("create", "a\x1b[31m"), 2, "printable characters are expected"),
        (("create", "Me"), 2, "Me cannot be the name of an account"),
        (("create", "ada", "--email", "nowhere"), 2, "'nowhere' is no mail address"),
        (("create", "ada", "--email", "root"), 2, "is no mail address"),
        (("create", "ada", "--publisher", "x"), 2, "is not a Crossref member number"),
        (("create", "ada", "--role", "king"), 2, "invalid choice"),
        (("create", "ada", "--subscribe", "error_report"), 1, "A user may not read error_report"),
        (("create", "ada", "--password-stdin"), 1, "A password has 6 to 128 characters"),
        (("set", "root"), 2, "Nothing to set"),
        (("set", "root", "--new-password", "--password-stdin"), 2, "Either"),
        (("set", "root", "--role", "user"), 1, "root is the only admin"),
        (("set", "eve", "--role", "user"), 1, "There is no account 'eve'"),
        (("show", "eve"), 1, "There is no account 'eve'"),
        (("delete", "root"), 1, "root is the only admin"),
    ],
)
def test_what_cannot_be_done(operator, root, typed, words, status, message):
    typed("short\n")
    said = operator.types("accounts", *words)
    assert (said.status, said.out) == (status, "")
    assert message in said.err
    assert "short" not in said.err
    assert [account.name for account in accounts.find_all()] == ["root"]


def test_an_address_of_another_account(operator, root):
    operator.types("accounts", "create", "ada", "--email", "a@example.org")
    said = operator.types("accounts", "set", "root", "--email", "A@example.org")
    assert (said.status, said.err) == (
        1,
        "Error: There is an account with this mail address already.\n",
    )


def test_a_person_types_unseen(operator, root, monkeypatch):
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdin", terminal)
    monkeypatch.setattr("getpass.getpass", lambda _: PASSWORD)
    assert operator.types("accounts", "create", "ada", "--password-stdin").status == 0
    assert accounts.authenticate("ada", PASSWORD.encode())
