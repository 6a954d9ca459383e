"""Accounts: who may sign in and as what, and what is kept of a password."""

import re

import pytest

from chalicelib import abilities
from chalicelib.store import accounts, keys, passwords
from chalicelib.store.accounts import AccountChanged, AccountTaken
from chalicelib.store.passwords import Cost
from chalicelib.store.tables import ControlItem
from tests.visiting import NOW

pytestmark = pytest.mark.usefixtures("tables", "cheap_passwords")


def create(name, role="user", **more):
    return accounts.create(name, role, NOW, **({"password": "secret12"} | more))


def test_the_first_account_is_admin_whatever_is_asked_for():
    assert create("root", "user").role == "admin"
    assert create("stan", "staff").role == "staff"
    assert [account.name for account in accounts.find_all()] == ["root", "stan"]


def test_names_and_mail_addresses_are_found_in_any_case():
    made = create("Ada", email="Ada@Example.org", publisher_id=340, full_name="Ada L.")
    for name in ("ada", " ADA ", "ada@example.ORG"):
        assert accounts.find(name) == made
    assert (made.publisher_id, made.full_name, made.created_at[:10]) == (
        340,
        "Ada L.",
        "2014-11-07",
    )
    for name in ("", "eve", "\ud800", "x" * 2000):
        assert accounts.find(name) is None


@pytest.mark.parametrize(
    ("name", "email", "field"),
    [
        ("ADA", "", "name"),
        ("bo", "ADA@example.org", "email"),
        ("ada@example.org", "", "name"),
        ("bo", "ada", "email"),
    ],
)
def test_what_is_taken(name, email, field):
    create("ada", email="ada@example.org")
    with pytest.raises(AccountTaken) as raised:
        create(name, email=email)
    assert raised.value.field == field
    assert len(accounts.find_all()) == 1


def test_an_account_may_sign_in_with_its_mail_address_as_name():
    made = create("ada@example.org", email="ada@example.org")
    assert accounts.authenticate("ada@example.org", b"secret12") == made


def test_changing_and_deleting():
    create("root")
    made = create("ada", "staff", email="a@example.org", subscriptions=["error_report", "no"])
    assert made.subscriptions == {"error_report"}
    changed = accounts.change(made, email="b@example.org", publisher_id=7)
    assert accounts.find("a@example.org") is None
    assert accounts.find("b@example.org") == changed
    with pytest.raises(AccountChanged):
        accounts.change(made, role="admin")
    with pytest.raises(AccountChanged):
        accounts.delete(made)
    demoted = accounts.change(changed, role="user", email="")
    assert demoted.subscriptions == frozenset()
    assert accounts.find("b@example.org") is None
    accounts.change(demoted, email="c@example.org")
    accounts.delete(accounts.find("ada"))
    assert accounts.find("ada") is accounts.find("c@example.org") is None
    assert not list(ControlItem.query(accounts.MAIL_KIND))


def test_a_mail_address_is_not_taken_over_by_a_change():
    create("root", email="root@example.org")
    ada = create("ada")
    for email in ("ROOT@example.org", "root"):
        with pytest.raises(AccountTaken):
            accounts.change(ada, email=email)


def test_signing_in():
    made = create("Ada", email="ada@example.org", password="pässword")
    right = "pässword".encode()
    assert accounts.authenticate("ADA", right) == made
    assert accounts.authenticate("ada@example.org", right) == made
    for name, password in (("ada", b"password"), ("ada", b""), ("eve", right), ("", b"")):
        assert accounts.authenticate(name, password) is None
    create("sso", password="")
    assert accounts.authenticate("sso", b"") is None


def test_a_password_is_kept_as_a_salted_hash_with_its_parameters():
    first, second = create("ada"), create("bo")
    assert first.password_hash != second.password_hash
    assert re.fullmatch(r"scrypt\$4\$1\$1\$[\w+/=]{24}\$[\w+/=]{44}", first.password_hash)
    assert "secret12" not in "".join(item.about for item in ControlItem.query(accounts.KIND))
    assert "scrypt" not in repr(first)


def test_old_parameters_stay_valid(monkeypatch):
    made = create("ada")
    monkeypatch.setattr(passwords, "COST", Cost(8, 1, 1))
    assert accounts.authenticate("ada", b"secret12") == made


def test_hashes_are_costly_enough(request):
    request.getfixturevalue("monkeypatch").undo()
    cost = passwords.COST
    memory, work = 128 * cost.n * cost.r, cost.n * cost.p
    assert memory >= 32 * 2**20 and work >= 2**16
    kept = passwords.hash_of("secret12")  # once for real
    assert passwords.matches(kept, b"secret12") and not passwords.matches(kept, b"secret13")


def counted(monkeypatch, name, owner=accounts):
    calls = []
    function = getattr(owner, name)
    monkeypatch.setattr(
        owner, name, lambda *given, **more: calls.append(given) or function(*given, **more)
    )
    return calls


def test_who_is_unknown_costs_as_much_as_who_is_wrong(monkeypatch):
    create("ada", email="ada@example.org")
    create("sso", password="")
    hashes = counted(monkeypatch, "_scrypt", passwords)
    reads = counted(monkeypatch, "get", ControlItem)
    costs = set()
    for name in ("ada", "ada@example.org", "sso", "eve", "eve@example.org", "", "x" * 2000):
        hashes.clear()
        reads.clear()
        assert accounts.authenticate(name, b"wrong") is None
        costs.add((len(hashes), len(reads), hashes[0][2]))
    assert costs == {(1, 2, passwords.COST)}


def test_a_right_password_is_not_hashed_again_for_a_minute(monkeypatch):
    made = create("ada")
    clock = [1000.0]
    monkeypatch.setattr(accounts.time, "monotonic", lambda: clock[0])
    hashes = counted(monkeypatch, "_scrypt", passwords)
    for _ in range(3):
        assert accounts.authenticate("ada", b"secret12")
    assert len(hashes) == 1
    assert accounts.authenticate("ada", b"secret13") is None
    clock[0] += accounts.CACHE_SECONDS
    assert accounts.authenticate("ada", b"secret12")
    assert len(hashes) == 3
    accounts.change(made, password="another1")
    assert accounts.authenticate("ada", b"secret12") is None
    accounts.delete(accounts.find("ada"))
    assert accounts.authenticate("ada", b"another1") is None
    assert b"secret12" not in str(list(accounts._proved)).encode()


def test_what_was_proved_does_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(accounts, "CACHE_SIZE", 2)
    for number in range(5):
        create(f"user{number}")
        assert accounts.authenticate(f"user{number}", b"secret12")
    assert len(accounts._proved) <= 2


# --- keys of accounts ------------------------------------------------------------------------


def test_keys_made_before_are_bound_and_open_what_they_opened():
    keys.create("ADA", "staff", NOW, key="kstf")
    keys.create("ada@example.org", "user", NOW, key="kusr")
    keys.create("somebody", "user", NOW, key="kother")
    ada = create("ada", email="ada@example.org")
    assert {key.hash for key in keys.bind(ada)} == {keys.hash_of("kstf"), keys.hash_of("kusr")}
    assert keys.bind(ada) == []
    assert {keys.find(key).role for key in ("kusr", "kother")} == {"user"}
    assert keys.find("kstf").role == "staff"
    assert len(keys.of_account(ada)) == 2


def test_a_bound_key_follows_its_account():
    create("root")
    ada = create("ada", "staff")
    _, key = keys.create("Ada", "user", NOW, key="kada", account=ada)
    assert (key.role, key.account, keys.find("kada").sees_private) == ("staff", "ada", True)
    assert keys.follow(accounts.change(ada, role="user"))[0].hash == key.hash
    assert not keys.find("kada").sees_private


def test_a_key_that_is_revoked_meanwhile_stays_away():
    _, key = keys.create("ada", "user", NOW, key="kada")
    keys.revoke(key.hash)
    keys._changed(key.hash, lambda key: key)
    assert keys.find("kada") is None


# --- abilities -------------------------------------------------------------------------------


def test_nobody_may_what_the_table_does_not_say():
    for resource, roles in abilities.ABILITIES.items():
        assert {*roles} <= {abilities.ANONYMOUS, *abilities.ROLES}, resource
        assert {*"".join(roles.values()).upper()} <= {*"RCUDS"}, resource
        for role in ("", "root", "Admin"):
            assert not abilities.may(role, "R", resource, own=True)


def test_own_things():
    assert abilities.may("user", "U", "accounts", own=True)
    assert not abilities.may("user", "U", "accounts")
    assert abilities.may("staff", "R", "accounts")
    assert not abilities.may("staff", "U", "accounts")
    assert abilities.reports_for("user") == ("article_statistics_report",)
    assert abilities.reports_for("staff") == tuple(abilities.REPORTS)
    assert abilities.reports_for("anonymous") == ()
