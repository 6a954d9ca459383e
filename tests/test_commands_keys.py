"""The command line: API keys, made, listed, replaced and revoked, and their usage."""

import dataclasses
import datetime as dt
import hashlib

import boto3
import pytest
from botocore.exceptions import ClientError

from chalicelib.store import account_keys, accounts, gateway_keys, keys, requests
from chalicelib.store.requests import ApiRequest
from tests.conftest import STACK
from tests.operating import Operator


@pytest.fixture
def operator(tables, capsys, monkeypatch):
    return Operator(capsys, monkeypatch)


def now():
    return dt.datetime.now(dt.UTC)


def test_making_listing_and_revoking_a_key(operator, usage_plan):
    said = operator.types("keys", "create", "Ada", "--role", "staff")
    key = said.out.strip()
    assert (said.status, len(key)) == (0, keys.KEY_LENGTH)
    assert "cannot be shown again" in said.err
    kept = keys.find(key)
    assert (kept.owner, kept.role) == ("Ada", "staff")
    client = boto3.client("apigateway")
    assert len(client.get_usage_plan_keys(usagePlanId=usage_plan)["items"]) == 1
    listed = operator.types("keys", "list")
    digest = hashlib.sha256(key.encode()).hexdigest()
    assert listed.out.splitlines()[1].split()[:2] == [digest[:12], "staff"]
    assert operator.types("keys", "list", "--json").json[0]["hash"] == digest
    assert key not in listed.out
    said = operator.types("keys", "revoke", digest[:8])
    assert said.out.startswith(f"Revoked the key {digest[:12]} of Ada.")
    assert keys.find_all() == []
    names = [item["name"] for item in client.get_api_keys()["items"]]
    assert not [name for name in names if name.endswith("-Ada")]
    assert "There are no keys" in operator.types("keys", "list").out


def test_a_key_from_elsewhere(operator, usage_plan):
    text = "Lagotto-key-of-2014"
    said = operator.types("keys", "create", "old client", "--key", text, "--quiet")
    assert (said.out, said.err) == (f"{text}\n", "")
    said = operator.types("keys", "create", "another", "--key", text)
    assert (said.status, said.out) == (1, "")
    assert "This key exists" in said.err
    assert [key.owner for key in keys.find_all()] == ["old client"]
    assert operator.types("keys", "revoke", text).status == 0
    assert keys.find_all() == []


def test_without_a_usage_plan_a_key_is_made_all_the_same(operator, request):
    said = operator.types("keys", "create", "Ada", "--quiet")
    key = said.out.strip()
    assert keys.find(key).owner == "Ada"
    assert "The key is made, but API Gateway does not know it yet." in said.err
    assert "`make deploy STAGE=test`. Then repeat the command with this key as --key" in said.err
    usage_plan = request.getfixturevalue("usage_plan")
    before = keys.find_all()
    assert operator.types("keys", "create", "Ada", "--key", key).err.startswith("This is the key")
    assert keys.find_all() == before
    found = boto3.client("apigateway").get_usage_plan_keys(usagePlanId=usage_plan)["items"]
    assert [item["name"].rpartition("-")[2] for item in found] == ["Ada"]


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("create", " "), 1, "The owner must be a name"),
        (("create", "Ada\x1b[31m"), 1, "The owner must be a name"),
        (("create", "Ada", "--key", "short"), 2, "a key has 8 to 128 ASCII characters"),
        (("create", "Ada", "--role", "king"), 2, "invalid choice: 'king'"),
        (("revoke", "MistypedSecretKey"), 1, "There is no such key"),
        (("revoke", "0123abcd"), 1, "There is no such key"),
        (("revoke", "ab"), 1, "There is no such key"),
    ],
)
def test_what_cannot_be_done_to_keys(operator, words, status, message):
    said = operator.types("keys", *words)
    assert (said.status, said.out) == (status, "")
    assert message in said.err
    assert "MistypedSecretKey" not in said.err
    assert keys.find_all() == []


def test_a_beginning_of_several_hashes_revokes_none(operator, monkeypatch):
    for number in range(2):
        keys.create(f"owner {number}", "user", now())
    hashes = [key.hash for key in keys.find_all()]
    twins = [dataclasses.replace(key, hash=f"abcd{key.hash[4:]}") for key in keys.find_all()]
    monkeypatch.setattr(keys, "find_all", lambda: twins)
    said = operator.types("keys", "revoke", "abcd")
    monkeypatch.undo()
    assert said.status == 1
    assert "2 keys begin like this" in said.err
    assert [key.hash for key in keys.find_all()] == hashes


def test_a_gateway_that_refuses_is_told(operator, usage_plan, monkeypatch):
    def refusing(*_):
        answer = {"Error": {"Code": "AccessDeniedException", "Message": "Not you."}}
        raise ClientError(answer, "CreateApiKey")

    monkeypatch.setattr(gateway_keys, "create_gateway_key", refusing)
    monkeypatch.setattr(gateway_keys, "delete_gateway_key", refusing)
    said = operator.types("keys", "create", "Ada", "--quiet")
    assert keys.find(said.out.strip()).owner == "Ada"
    assert "does not know it yet. AWS does not allow this to you: Not you." in said.err
    said = operator.types("keys", "revoke", said.out.strip())
    assert (said.status, keys.find_all()) == (0, [])
    assert "opens nothing any more, but is still in API Gateway's list" in said.err


# --- rotating --------------------------------------------------------------------------------


def gateway_hashes():
    found = boto3.client("apigateway").get_api_keys(includeValues=True)["items"]
    return {item["value"] for item in found}


def test_rotating_a_key(operator, usage_plan):
    old = operator.types("keys", "create", "Ada", "--role", "staff").out.strip()
    prefix = keys.hash_of(old)[:12]
    said = operator.types("keys", "rotate", prefix, "--grace-hours", "2")
    new = said.out.strip()
    assert (said.status, len(new)) == (0, keys.KEY_LENGTH)
    assert "This is the key of Ada, role staff." in said.err
    assert f"The old key {prefix} opens until " in said.err
    assert keys.find(new).expires_at == ""
    left = dt.datetime.fromisoformat(keys.find(old).expires_at) - now()
    assert dt.timedelta(minutes=118) < left <= dt.timedelta(hours=2)
    assert gateway_hashes() == {keys.hash_of(old), keys.hash_of(new)}
    listed = operator.types("keys", "list")
    assert listed.out.splitlines()[0].split() == ["HASH", "ROLE", "CREATED", "EXPIRES", "OWNER"]
    (line,) = [line for line in listed.out.splitlines() if line.startswith(prefix)]
    assert keys.find(old).expires_at in line
    ends = {row["hash"]: row["expires_at"] for row in operator.types("keys", "list", "--json").json}
    assert ends == {keys.hash_of(new): None, keys.hash_of(old): keys.find(old).expires_at}
    again = operator.types("keys", "rotate", prefix)
    assert (again.status, again.out) == (1, "")
    assert f"The key {prefix} ends already" in again.err


def test_rotating_a_key_at_once(operator, usage_plan):
    old = operator.types("keys", "create", "Ada").out.strip()
    said = operator.types("keys", "rotate", old, "--grace-hours", "0", "--quiet")
    assert (said.status, said.err) == (0, "")
    assert keys.find(old) is None
    assert keys.find(said.out.strip()).owner == "Ada"
    assert gateway_hashes() == {keys.hash_of(said.out.strip())}


def test_a_key_stays_if_the_gateway_does_not_take_another(operator):
    _, old = keys.create("Ada L.", "staff", now(), key="TheOldOne")
    said = operator.types("keys", "rotate", "TheOldOne", "--quiet")
    assert (said.status, said.out) == (1, "")
    assert "`make deploy STAGE=test`" in said.err
    assert keys.find_all() == [old]


def test_an_operator_may_replace_more_keys_than_their_owner_makes(operator, usage_plan):
    ada = accounts.create("ada", "admin", now())
    for _ in range(account_keys.LIMIT):
        _, key = keys.create("ada", "admin", now(), account=ada)
    said = operator.types("keys", "rotate", key.hash[:12])
    assert said.status == 0, said.err
    assert len(keys.of_account(ada)) == account_keys.LIMIT + 1


def test_a_key_that_is_gone_cannot_be_rotated(operator, monkeypatch):
    _, key = keys.create("Ada", "user", now())
    monkeypatch.setattr(keys, "find_all", lambda: [key])
    keys.revoke(key.hash)
    said = operator.types("keys", "rotate", key.hash[:8])
    monkeypatch.undo()
    assert (said.status, said.out, keys.find_all()) == (1, "", [])
    assert f"The key {key.hash[:12]} was revoked, replaced or changed meanwhile." in said.err


@pytest.mark.parametrize("hours", ["-1", "1.5", "x", "8761", ""])
def test_a_grace_is_a_number_of_hours(operator, hours):
    said = operator.types("keys", "rotate", "abcd", f"--grace-hours={hours}")
    assert said.status == 2
    assert "a number from 0 to 8760 is needed" in said.err


# --- usage -----------------------------------------------------------------------------------


def test_the_usage_of_keys(operator):
    _, ada = keys.create("Ada", "user", now())
    _, bo = keys.create("Bo", "user", now())
    today = now().date()
    assert "No requests from " in operator.types("keys", "usage").out
    for key, back, number in ((ada, 0, 2), (bo, 0, 1), (ada, 3, 1), (ada, 40, 1)):
        for _ in range(number):
            requests.put(asked(key), now() - dt.timedelta(days=back))
    lines = operator.types("keys", "usage").out.splitlines()
    assert [line.split() for line in lines[:-1]] == [
        ["DAY", "HASH", "REQUESTS", "OWNER"],
        [f"{today}", ada.hash[:12], "2", "Ada"],
        [f"{today}", bo.hash[:12], "1", "Bo"],
        [f"{today - dt.timedelta(days=3)}", ada.hash[:12], "1", "Ada"],
    ]
    first = today - dt.timedelta(days=29)
    assert lines[-1] == f"4 requests with 2 keys from {first} to {today} (UTC)."
    of_bo = operator.types("keys", "usage", "BO").out
    assert bo.hash[:12] in of_bo and ada.hash[:12] not in of_bo
    (told,) = operator.types("keys", "usage", ada.hash[:6], "--days", "41", "--json").json
    assert (told["hash"], told["owner"], told["requests"]) == (ada.hash, "Ada", 4)
    assert told["requests_by_day"][f"{today}"] == 2 and len(told["requests_by_day"]) == 3
    assert operator.types("keys", "usage", "--days", "1").out.count("\n") == 4


def asked(key):
    nothing = {"internal": False, "info": None, "source": None, "ids": None}
    return ApiRequest(key_hash=key.hash, db_duration=1.0, view_duration=1.0, **nothing)


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("nobody",), 1, "There is no such key"),
        (("MistypedSecretKey",), 1, "There is no such key"),
        (("--days", "0"), 2, "a number from 1 to 400 is needed"),
        (("--days", "401"), 2, "a number from 1 to 400 is needed"),
    ],
)
def test_usage_that_cannot_be_told(operator, words, status, message):
    said = operator.types("keys", "usage", *words)
    assert (said.status, said.out) == (status, "")
    assert message in said.err
    assert "MistypedSecretKey" not in said.err


def test_keys_that_have_ended_leave_the_gateway(operator, usage_plan):
    client = boto3.client("apigateway")
    ended = operator.types("keys", "create", "Ada").out.strip()
    stays = operator.types("keys", "create", "Bo").out.strip()
    client.create_api_key(name=f"{STACK}-eu-{'0' * 16}-Cy", value="0" * 64)  # another stack's
    keys.expire(keys.hash_of(ended), now())
    assert account_keys.sweep(now() + dt.timedelta(seconds=1)) == 1
    values = {key["value"] for key in client.get_api_keys(includeValues=True)["items"]}
    assert values == {keys.hash_of(stays), "0" * 64}
    assert account_keys.sweep(now()) == 0
    assert keys.ControlItem.count(keys.LISTED_KIND) == 1  # the lists of accounts are complete


def test_a_key_that_is_made_while_others_are_swept_stays_in_the_gateway(
    operator, usage_plan, monkeypatch
):
    ada = accounts.create("ada", "admin", now())
    find_all, made = keys.find_all, []

    def made_meanwhile():
        monkeypatch.setattr(keys, "find_all", find_all)
        found = find_all()
        made.append(account_keys.create(ada, now()))
        return found

    monkeypatch.setattr(keys, "find_all", made_meanwhile)
    assert account_keys.sweep(now()) == 0
    assert len(made) == 1 and gateway_hashes() == {made[0][1].hash}
