"""The command line: API keys, made, listed and revoked."""

import dataclasses
import datetime as dt
import hashlib

import boto3
import pytest
from botocore.exceptions import ClientError

from chalicelib.store import gateway_keys, keys
from tests.conftest import STACK
from tests.operating import Operator


@pytest.fixture
def operator(tables, capsys, monkeypatch):
    return Operator(capsys, monkeypatch)


def now():
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def plan():
    client = boto3.client("apigateway")
    name = gateway_keys.plan_name(STACK, "standard")
    plan_id = client.create_usage_plan(name=name)["id"]
    yield plan_id
    for key in client.get_api_keys()["items"]:
        client.delete_api_key(apiKey=key["id"])
    client.delete_usage_plan(usagePlanId=plan_id)


def test_making_listing_and_revoking_a_key(operator, plan):
    said = operator.types("keys", "create", "Ada", "--role", "staff")
    key = said.out.strip()
    assert (said.status, len(key)) == (0, keys.KEY_LENGTH)
    assert "cannot be shown again" in said.err
    kept = keys.find(key)
    assert (kept.owner, kept.role) == ("Ada", "staff")
    client = boto3.client("apigateway")
    assert len(client.get_usage_plan_keys(usagePlanId=plan)["items"]) == 1
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


def test_a_key_from_elsewhere(operator, plan):
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
    plan = request.getfixturevalue("plan")
    before = keys.find_all()
    assert operator.types("keys", "create", "Ada", "--key", key).err.startswith("This is the key")
    assert keys.find_all() == before
    found = boto3.client("apigateway").get_usage_plan_keys(usagePlanId=plan)["items"]
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


def test_a_gateway_that_refuses_is_told(operator, plan, monkeypatch):
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
    assert "It opens nothing any more, but is still in API Gateway's list" in said.err
