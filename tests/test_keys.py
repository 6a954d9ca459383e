"""Who calls: keys wherever clients put them, and no table for those who have none."""

import pytest

from chalicelib import callers
from chalicelib.errors import RequestError
from chalicelib.store import keys
from tests.visiting import NOW

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
