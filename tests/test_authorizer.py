"""The gateway's authorizer: says whose limits count, and lets everybody through but to API v4."""

import pytest

from chalicelib import authorizer, callers
from chalicelib.store import gateway_keys, keys
from tests.conftest import STACK
from tests.visiting import NOW

ARN = "arn:aws:execute-api:us-east-1:123456789012:abc123/api/GET/api/v5/articles"


@pytest.fixture(autouse=True)
def _known(tables):
    keys.create("ada", "staff", NOW, key="kstf")


def event(**given):
    return {
        "type": "REQUEST",
        "methodArn": ARN,
        "headers": None,
        "multiValueQueryStringParameters": None,
        **given,
    }


@pytest.mark.parametrize(
    "given",
    [
        {"multiValueQueryStringParameters": {"api_key": ["other", "kstf"]}},
        {"headers": {"X-Api-Key": "kstf"}},
        {"headers": {"Authorization": "Token token=kstf"}},
    ],
)
def test_a_known_key(given):
    found = authorizer.authorize(event(**given))
    assert found["context"] == {"key_hash": keys.hash_of("kstf"), "owner": "ada", "role": "staff"}
    assert found["usageIdentifierKey"] == keys.hash_of("kstf")
    assert callers.find(found["context"], {}, {}).owner == "ada"


@pytest.mark.parametrize(
    ("given", "key_hash"),
    [
        ({}, ""),
        ({"multiValueQueryStringParameters": {"api_key": [""]}}, ""),
        ({"headers": {"x-api-key": "nope"}}, keys.hash_of("nope")),
        ({"headers": {"x-api-key": "x" * 500}}, keys.hash_of("x" * 500)),
    ],
)
def test_no_known_key_counts_as_anonymous(given, key_hash):
    found = authorizer.authorize(event(**given))
    assert found["context"] == {"key_hash": key_hash, "owner": "", "role": ""}
    assert found["usageIdentifierKey"] == gateway_keys.anonymous_value(STACK)
    assert found["principalId"] == "anonymous"


def test_a_key_that_has_ended_counts_as_anonymous():
    keys.expire(keys.hash_of("kstf"), NOW)
    found = authorizer.authorize(event(headers={"x-api-key": "kstf"}))
    assert found["context"] == {"key_hash": keys.hash_of("kstf"), "owner": "", "role": ""}
    assert found["usageIdentifierKey"] == gateway_keys.anonymous_value(STACK)


@pytest.mark.parametrize(
    ("given", "owner"),
    [
        ({"headers": {"Authorization": "Basic a3N0ZjprYWRt"}}, ""),
        ({"headers": {"Authorization": "Basic a3N0ZjprYWRt", "x-api-key": "kstf"}}, "ada"),
    ],
)
def test_a_name_and_a_password_are_no_key(given, owner):
    found = authorizer.authorize(event(resource="/api/v4/articles/{proxy+}", **given))
    assert found["context"]["owner"] == owner
    anonymous = gateway_keys.anonymous_value(STACK)
    assert found["usageIdentifierKey"] == (keys.hash_of("kstf") if owner else anonymous)
    assert "a3N0ZjprYWRt" not in str(found)


@pytest.mark.parametrize("headers", [None, {"x-api-key": "kstf"}, {"Authorization": "Token kstf"}])
def test_without_a_name_api_v4_is_refused_by_the_gateway(headers):
    with pytest.raises(authorizer.Unauthorized) as raised:
        authorizer.authorize(event(resource="/api/v4/alerts", headers=headers))
    assert str(raised.value) == "Unauthorized"  # by which the gateway knows it


def test_everything_of_the_stage_is_allowed():
    policy = authorizer.authorize(event())["policyDocument"]
    assert policy == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Action": "execute-api:Invoke",
                "Effect": "Allow",
                "Resource": ["arn:aws:execute-api:us-east-1:123456789012:abc123/api/*"],
            }
        ],
    }


def test_without_a_key_no_table_is_read(monkeypatch):
    monkeypatch.setattr(keys, "find", lambda _: pytest.fail("a table was read"))
    authorizer.authorize(event())


def test_the_key_itself_is_told_to_nobody():
    assert "kstf" not in str(authorizer.authorize(event(headers={"x-api-key": "kstf"})))
