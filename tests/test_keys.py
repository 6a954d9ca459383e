"""Who calls: keys wherever clients put them, and no table for those who have none."""

import dataclasses
import datetime as dt

import orjson
import pytest

from chalicelib import account_rules, callers
from chalicelib.errors import RequestError
from chalicelib.store import account_keys, accounts, gateway_keys, keys
from chalicelib.store.account_keys import KeyGone
from chalicelib.store.accounts import AccountChanged
from tests.visiting import NOW

HOUR = dt.timedelta(hours=1)
KNOWN = {"key_hash": keys.hash_of("kadm"), "owner": "ada", "role": "admin"}


@pytest.fixture
def known(tables):
    keys.create("ada", "admin", NOW, key="kadm")


@pytest.fixture
def no_tables(monkeypatch):
    monkeypatch.setattr(keys, "find", lambda _: pytest.fail("a table was read"))


@pytest.mark.parametrize(
    ("headers", "params"),
    [
        ({}, {"api_key": "kadm"}),
        ({"x-api-key": "kadm"}, {}),
        ({"x-api-key": "kadm"}, {"api_key": ""}),
        ({"authorization": "Token token=kadm"}, {}),
        ({"authorization": 'token Token = "kadm"'}, {}),
        ({"authorization": "Token kadm"}, {}),
        ({"authorization": "Token token=other", "x-api-key": "other"}, {"api_key": "kadm"}),
    ],
)
def test_a_key_may_come_in_any_way(known, headers, params):
    caller = callers.find(None, headers, params)
    assert (caller.owner, caller.role, caller.sees_private) == ("ada", "admin", True)


@pytest.mark.parametrize(
    ("headers", "params"),
    [
        ({}, {"api_key": "KADM"}),
        ({}, {"api_key": "kadm "}),
        ({}, {"api_key": "\ud800"}),
        ({"authorization": "Basic a2FkbQ=="}, {}),
        ({"x-api-key": "nope"}, {}),
    ],
)
def test_wrong_keys(known, headers, params):
    with pytest.raises(RequestError) as raised:
        callers.find(None, headers, params)
    assert (raised.value.status, raised.value.message) == (401, "Missing or wrong API key.")


@pytest.mark.parametrize(
    ("authorizer", "params"),
    [
        (None, {}),
        (None, {"api_key": ""}),
        (None, {"api_key": "x" * 201}),
        ({"key_hash": "", "owner": "", "role": ""}, {}),
        ({"key_hash": "5e884898", "owner": "", "role": ""}, {"api_key": "wrong"}),
    ],
)
def test_without_a_key_no_table_is_read(no_tables, authorizer, params):
    with pytest.raises(RequestError):
        callers.find(authorizer, {}, params)


def test_what_the_authorizer_found_is_believed(no_tables):
    caller = callers.find(KNOWN | {"principalId": "x"}, {}, {})
    assert (caller.hash, caller.owner, caller.role) == (keys.hash_of("kadm"), "ada", "admin")


def test_a_key_in_a_form_is_looked_up_behind_the_authorizer_too(known):
    saw_none = {"key_hash": "", "owner": "", "role": ""}
    assert callers.find(saw_none, {}, {"api_key": "kadm"}).owner == "ada"


def test_known_and_unknown_keys_are_kept_for_a_minute(known, monkeypatch):
    asked = []
    get = keys.ControlItem.get
    monkeypatch.setattr(
        keys.ControlItem, "get", lambda *given, **more: asked.append(given) or get(*given, **more)
    )
    clock = [1000.0]
    monkeypatch.setattr(keys.time, "monotonic", lambda: clock[0])
    for _ in range(3):
        assert keys.find("kadm") is not None
        assert keys.find("nope") is None
    assert len(asked) == 2
    clock[0] += keys.CACHE_SECONDS
    assert keys.find("kadm") is not None
    assert len(asked) == 3


def test_a_revoked_key_opens_nothing(known):
    assert keys.find("kadm") is not None
    assert keys.revoke(keys.hash_of("kadm"))
    assert keys.find("kadm") is None
    assert not keys.revoke(keys.hash_of("kadm"))


def test_invented_keys_do_not_fill_the_memory(known, monkeypatch):
    monkeypatch.setattr(keys, "CACHE_SIZE", 5)
    for number in range(20):
        keys.find(f"invented{number}")
    assert len(keys._cache) <= 5


def test_keys_are_kept_as_hashes_only(known):
    key, kept = keys.create("bo", "user", NOW)
    assert (len(key), key.isalnum(), kept.sees_private) == (20, True, False)
    for item in keys.ControlItem.query(keys.KIND):
        assert key not in item.about
        assert key not in item.name
    assert [row.owner for row in keys.find_all()] == ["ada", "bo"]


# --- keys that end ---------------------------------------------------------------------------


class Clock(dt.datetime):
    """The time that ``keys`` reads."""

    at = NOW

    @classmethod
    def now(cls, tz=None):
        return cls.at


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(keys.dt, "datetime", Clock)
    monkeypatch.setattr(Clock, "at", NOW)
    return Clock


def ends():
    """The ends of all keys by their hashes, as the rows tell them and as DynamoDB is told."""
    items = list(keys.ControlItem.query(keys.KIND))
    told = {item.name: item.expires_at for item in items}
    bound = {key.hash: key for key in keys.find_all() if key.account}
    for item in keys.ControlItem.query(keys.LISTED_KIND):
        if item.name != keys._COMPLETE:
            key = keys._key(item)
            assert (bound.pop(key.hash), told[key.hash]) == (key, item.expires_at)
    assert not bound, "both rows of a key say the same"
    kept = {key.hash: key.expires_at for key in keys.find_all()}
    assert {name: end and f"{end:%Y-%m-%dT%H:%M:%SZ}" for name, end in told.items()} == {
        name: end or None for name, end in kept.items()
    }
    return kept


def test_a_key_opens_until_its_end(known, clock):
    assert keys.find("kadm").expires_at == ""
    expired = keys.expire(keys.hash_of("kadm"), NOW + HOUR)
    assert (expired.owner, expired.role) == ("ada", "admin")
    assert ends() == {keys.hash_of("kadm"): "2014-11-07T11:00:00Z"}
    clock.at = NOW + HOUR - dt.timedelta(seconds=1)
    assert keys.find("kadm") == expired
    clock.at = NOW + HOUR
    assert keys.find("kadm") is None, "it is in the cache, and has ended"
    keys._cache.clear()
    assert keys.find("kadm") is None
    with pytest.raises(RequestError) as raised:
        callers.find(None, {}, {"api_key": "kadm"})
    assert (raised.value.status, raised.value.message) == (401, "Missing or wrong API key.")


def test_an_end_stays_when_something_else_is_changed(known):
    key = keys.expire(keys.hash_of("kadm"), NOW + HOUR)
    keys._changed(key.hash, lambda key: dataclasses.replace(key, role="user"))
    assert ends() == {key.hash: "2014-11-07T11:00:00Z"}
    assert keys.find_all()[0].role == "user"


def test_there_is_nothing_to_end_of_an_unknown_key(tables):
    assert keys.expire("0" * 64, NOW) is None
    assert keys.find_all() == []


def test_an_end_is_never_put_off(known):
    name = keys.hash_of("kadm")
    for hours in (2, 1, 3):
        keys.expire(name, NOW + hours * HOUR)
    assert ends() == {name: "2014-11-07T11:00:00Z"}


# --- keys in place of others -----------------------------------------------------------------


@pytest.fixture
def gateway(monkeypatch):
    """The keys that the gateway has, by hash."""
    there = set()
    monkeypatch.setattr(gateway_keys, "create_gateway_key", lambda _, name, __: there.add(name))
    monkeypatch.setattr(gateway_keys, "delete_gateway_key", lambda _, name: there.discard(name))
    return there


@pytest.fixture
def ada(tables):
    """An account whose role is lower than that of a key that was made for it before."""
    accounts.create("root", "admin", NOW)
    keys.create("ada", "staff", NOW, key="kada")
    account = accounts.create("ada", "user", NOW)
    keys.bind(account)
    return account


def test_a_replaced_key_has_a_successor_and_ends_after_the_grace(ada, gateway, clock):
    (old,) = keys.find_all()
    clock.at = NOW + HOUR
    text, new = account_keys.replace(old, NOW + HOUR, grace=dt.timedelta(days=1))
    assert text != "kada" and keys.find(text) == new
    assert (new.owner, new.role, new.account) == ("ada", "staff", "ada")
    assert new.created_at == "2014-11-07T11:00:00Z"
    assert ends() == {old.hash: "2014-11-08T11:00:00Z", new.hash: ""}
    assert gateway == {new.hash}
    assert keys.find("kada").owner == "ada"
    clock.at = NOW + 25 * HOUR
    assert keys.find("kada") is None and keys.find(text) == new
    assert keys.of_account(ada)[1] == new


def test_without_grace_the_old_key_is_revoked(known, gateway):
    (old,) = keys.find_all()
    _, new = account_keys.replace(old, NOW, grace=dt.timedelta(0))
    assert ends() == {new.hash: ""}
    assert keys.find("kadm") is None


@pytest.mark.parametrize("grace", [dt.timedelta(0), HOUR])
@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_key_that_is_gone_has_no_successor(known, gateway, monkeypatch, grace, meanwhile):
    (old,) = keys.find_all()
    if meanwhile:  # while its successor is made
        monkeypatch.setattr(
            gateway_keys, "create_gateway_key", lambda *_: keys.revoke(old.hash) and None
        )
    else:
        keys.revoke(old.hash)
    with pytest.raises(KeyGone, match=f"{old.hash[:12]} was revoked"):
        account_keys.replace(old, NOW, grace=grace)
    assert keys.find_all() == []


def test_a_key_with_an_end_has_no_successor(known, gateway):
    (old,) = keys.find_all()
    ending = keys.expire(keys.hash_of("kadm"), NOW + HOUR)
    for known_as in (old, ending):
        with pytest.raises(KeyGone, match="ends already, at 2014-11-07T11:00:00Z"):
            account_keys.replace(known_as, NOW, grace=HOUR)
    assert (keys.find_all(), gateway) == ([ending], set())


def test_a_key_of_an_account_that_was_deleted_has_no_successor(ada, gateway):
    (old,) = keys.find_all()
    accounts.delete(ada)
    with pytest.raises(KeyGone):
        account_keys.replace(old, NOW, grace=HOUR)
    assert keys.find_all() == [old]


# --- who is faster ---------------------------------------------------------------------------


def meanwhile(monkeypatch, do):
    """Let somebody do something between the next reading of a key's row and what follows."""
    read = keys._key

    def then(item):
        monkeypatch.setattr(keys, "_key", read)
        found = read(item)
        do()
        return found

    monkeypatch.setattr(keys, "_key", then)


def test_a_role_that_changes_while_a_key_gets_an_end_is_not_lost(ada, monkeypatch):
    def demote():
        account_rules.change(accounts.of_name("ada"), role="contributor")

    meanwhile(monkeypatch, demote)
    assert keys.expire(keys.hash_of("kada"), NOW + HOUR).role == "contributor"
    (key,) = keys.find_all()
    assert (key.role, key.expires_at) == ("contributor", "2014-11-07T11:00:00Z")
    assert ends() == {key.hash: key.expires_at}


def test_an_end_that_comes_while_a_role_changes_is_not_lost(ada, monkeypatch):
    meanwhile(monkeypatch, lambda: keys.expire(keys.hash_of("kada"), NOW + HOUR))
    account_rules.change(ada, role="contributor")
    (key,) = keys.of_account(ada)
    assert (key.role, key.expires_at) == ("contributor", "2014-11-07T11:00:00Z")


def test_a_key_that_replaces_another_while_a_role_changes_follows_it(ada, gateway, monkeypatch):
    (old,) = keys.of_account(ada)
    of_account = keys.of_account

    def replaced_meanwhile(account):
        monkeypatch.setattr(keys, "of_account", of_account)
        found = of_account(account)
        account_keys.replace(old, NOW, grace=HOUR)
        return found

    monkeypatch.setattr(keys, "of_account", replaced_meanwhile)
    account_rules.change(ada, role="contributor")
    assert [key.role for key in keys.find_all()] == ["contributor"] * 2


def test_a_key_that_changes_while_its_successor_is_made_has_none(ada, gateway, monkeypatch):
    (old,) = keys.of_account(ada)
    add = keys._add

    def late(*given, **more):
        keys.expire(old.hash, NOW + HOUR)
        add(*given, **more)

    monkeypatch.setattr(keys, "_add", late)
    with pytest.raises(AccountChanged):
        account_keys.replace(old, NOW, grace=HOUR)
    assert (ends(), gateway) == ({old.hash: "2014-11-07T11:00:00Z"}, set())


def test_a_successor_goes_again_if_the_old_key_cannot_be_ended(ada, gateway, monkeypatch):
    (old,) = keys.of_account(ada)

    def changing(*_):
        raise keys.KeyChanged("It is being changed. Try again.")

    monkeypatch.setattr(keys, "expire", changing)
    with pytest.raises(keys.KeyChanged):
        account_keys.replace(old, NOW, grace=HOUR)
    assert (keys.of_account(ada), gateway) == ([old], set())


def test_of_two_roles_the_keys_have_the_account_s(ada, monkeypatch):
    admin = accounts.change(ada, role="admin")  # whose keys are to follow …
    account_rules.change(admin, role="user")  # … when they have followed this already
    assert [key.role for key in keys.follow(admin)] == ["user"]
    assert [key.role for key in keys.find_all()] == ["user"]


def test_a_key_that_is_revoked_while_it_is_changed_stays_away(known, monkeypatch):
    meanwhile(monkeypatch, lambda: keys.revoke(keys.hash_of("kadm")))
    assert keys.expire(keys.hash_of("kadm"), NOW) is None
    assert keys.find_all() == []


def test_no_key_is_made_for_an_account_as_it_no_longer_is(ada):
    account_rules.change(accounts.change(ada, role="admin"), role="user")
    with pytest.raises(AccountChanged):
        keys.create("ada", "admin", NOW, account=dataclasses.replace(ada, role="admin"))
    account_rules.delete(accounts.of_name("ada"))
    with pytest.raises(AccountChanged):
        keys.create("ada", "user", NOW, account=ada)
    assert keys.find_all() == []


def test_a_key_that_is_made_just_before_its_account_goes_goes_too(ada, gateway, monkeypatch):
    delete = accounts.delete

    def make_and_delete(account, **more):
        keys.create("ada", "user", NOW, account=account)
        delete(account, **more)

    monkeypatch.setattr(accounts, "delete", make_and_delete)
    assert len(account_rules.delete(ada)[0]) == 2
    assert keys.find_all() == []


def test_a_key_that_never_stands_still_is_told(known, monkeypatch):
    read = keys._key

    def changing(item):
        keys.ControlItem(keys.KIND, item.name, about=item.about, version=item.version + 1).save()
        return read(item)

    monkeypatch.setattr(keys, "_key", changing)
    with pytest.raises(keys.KeyChanged, match="is being changed"):
        keys.revoke(keys.hash_of("kadm"))


# --- the keys of an account ------------------------------------------------------------------


def test_those_of_an_account_are_found_without_the_others(ada, monkeypatch):
    keys.complete_lists()
    for name in ("ad", "ada b", "ADA#c"):
        account = accounts.create(name, "user", NOW)
        keys.create(name, "user", NOW, account=account)
    monkeypatch.setattr(keys, "find_all", lambda: pytest.fail("all keys were read"))
    assert [key.hash for key in keys.of_account(ada)] == [keys.hash_of("kada")]
    assert [key.owner for key in keys.of_account(accounts.find("ada#C"))] == ["ADA#c"]
    assert keys.revoke(keys.hash_of("kada")) and keys.of_account(ada) == []


def test_what_was_just_written_is_read(ada, monkeypatch):
    keys.complete_lists()
    keys.of_account(ada)
    query, asked = keys.ControlItem.query, []
    monkeypatch.setattr(
        keys.ControlItem,
        "query",
        lambda *given, **more: asked.append(more) or query(*given, **more),
    )
    assert len(keys.of_account(ada)) == len(keys.find_all()) == 1
    assert asked == [{"consistent_read": True}] * 2


def test_keys_that_were_bound_before_there_were_lists_are_found(ada, monkeypatch):
    about = {"owner": "ada", "role": "user", "created_at": "2014-01-01T00:00:00Z", "account": "ada"}
    for text in ("one", "two"):
        name = keys.hash_of(text)
        keys.ControlItem(keys.KIND, name, about=orjson.dumps(about).decode()).save()
    keys._expect_complete_lists.cache_clear()
    assert len(keys.of_account(ada)) == 3
    assert keys.complete_lists() == keys.find_all()  # as every day
    read = keys.find_all()
    monkeypatch.setattr(keys, "find_all", lambda: pytest.fail("all keys were read"))
    assert keys.of_account(ada) == read
    monkeypatch.undo()
    assert set(ends()) == {keys.hash_of(text) for text in ("kada", "one", "two")}
