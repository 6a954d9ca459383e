"""Who calls: keys wherever clients put them, and no table for those who have none."""

import datetime as dt

import pytest

from chalicelib import callers
from chalicelib.errors import RequestError
from chalicelib.store import keys
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
    keys._changed(key, role="user")
    assert ends() == {key.hash: "2014-11-07T11:00:00Z"}


def test_there_is_nothing_to_end_of_an_unknown_key(tables):
    assert keys.expire("0" * 64, NOW) is None
    assert keys.find_all() == []


def test_a_rotated_key_has_a_successor_and_ends_after_the_grace(tables, clock):
    text, old = keys.create("ada", "staff", NOW)
    old = keys._changed(old, account="ada")
    clock.at = NOW + HOUR
    new_text, new = keys.rotate(old, NOW + HOUR, grace=dt.timedelta(days=1))
    assert new_text != text and keys.find(new_text) == new
    assert (new.owner, new.role, new.account) == ("ada", "staff", "ada")
    assert new.created_at == "2014-11-07T11:00:00Z"
    assert ends() == {old.hash: "2014-11-08T11:00:00Z", new.hash: ""}
    assert keys.find(text).owner == "ada"
    clock.at = NOW + 25 * HOUR
    assert keys.find(text) is None and keys.find(new_text) == new


def test_without_grace_the_old_key_is_revoked(known):
    (old,) = keys.find_all()
    _, new = keys.rotate(old, NOW, grace=dt.timedelta(0))
    assert ends() == {new.hash: ""}
    assert keys.find("kadm") is None


def test_a_grace_does_not_put_off_an_end(known):
    old = keys.expire(keys.hash_of("kadm"), NOW + HOUR)
    _, new = keys.rotate(old, NOW, grace=dt.timedelta(days=1))
    assert ends() == {old.hash: "2014-11-07T11:00:00Z", new.hash: ""}


@pytest.mark.parametrize("grace", [dt.timedelta(0), HOUR])
def test_a_key_that_is_gone_has_no_successor(known, grace):
    (old,) = keys.find_all()
    keys.revoke(old.hash)
    with pytest.raises(keys.KeyGone, match=f"{old.hash[:12]} was revoked"):
        keys.rotate(old, NOW, grace=grace)
    assert keys.find_all() == []


def test_a_key_that_has_ended_has_no_successor(known):
    old = keys.expire(keys.hash_of("kadm"), NOW)
    with pytest.raises(keys.KeyGone, match="at its end"):
        keys.rotate(old, NOW, grace=HOUR)
    assert keys.find_all() == [old]
