"""The gateway's authorizer: says whose limits count, and lets everybody through but to API v4.
Of a key that it is not shown the app holds the limit.
"""

import dataclasses
import datetime as dt
import json

import pytest

from chalicelib import api, authorizer, callers
from chalicelib.answers import Request
from chalicelib.store import gateway_keys, keys, requests
from chalicelib.store.requests import ApiRequest
from infra import gateway
from tests.conftest import STACK
from tests.visiting import NOW

ARN = "arn:aws:execute-api:us-east-1:123456789012:abc123/api/GET/api/v5/articles"

ANONYMOUS = gateway_keys.shared_value(STACK, gateway_keys.ANONYMOUS)


@pytest.fixture(autouse=True)
def _known(tables):
    keys.create("ada", "staff", NOW, key="kstf")


def event(**given):
    return {
        "type": "REQUEST",
        "methodArn": ARN,
        "httpMethod": "GET",
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
    assert found["usageIdentifierKey"] == ANONYMOUS
    assert found["principalId"] == "anonymous"


@pytest.mark.parametrize(
    ("given", "plan"),
    [
        ({}, gateway_keys.POSTS),  # its key may be in the body
        ({"headers": {"X-HTTP-Method-Override": "GET"}}, gateway_keys.POSTS),
        ({"headers": {"x-api-key": "nope"}}, gateway_keys.ANONYMOUS),
        ({"headers": {"x-api-key": "kstf"}}, None),
        ({"headers": {"Authorization": "Basic a3N0ZjprYWRt"}}, gateway_keys.PEOPLE),
    ],
)
def test_whose_limits_a_post_counts_to(given, plan):
    value = gateway_keys.shared_value(STACK, plan) if plan else keys.hash_of("kstf")
    assert authorizer.authorize(event(httpMethod="POST", **given))["usageIdentifierKey"] == value


def test_a_key_that_has_ended_counts_as_anonymous():
    keys.expire(keys.hash_of("kstf"), NOW)
    found = authorizer.authorize(event(headers={"x-api-key": "kstf"}))
    assert found["context"] == {"key_hash": keys.hash_of("kstf"), "owner": "", "role": ""}
    assert found["usageIdentifierKey"] == ANONYMOUS


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
    people = gateway_keys.shared_value(STACK, gateway_keys.PEOPLE)
    assert found["usageIdentifierKey"] == (keys.hash_of("kstf") if owner else people)
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
    found = authorizer.authorize(event())
    assert (found["context"]["key_hash"], found["context"]["role"]) == ("", "")


def test_the_key_itself_is_told_to_nobody():
    assert "kstf" not in str(authorizer.authorize(event(headers={"x-api-key": "kstf"})))


# --- a key in a body -------------------------------------------------------------------------


def ask(context, **params):
    """A POST that says it is a GET, of which the authorizer said this."""
    return Request(
        method="POST",
        path="/api/v5/sources",
        query=params,
        headers={
            "x-http-method-override": "GET",
            "content-type": "application/x-www-form-urlencoded",
        },
        body=b"api_key=kstf",
        authorizer=context,
    )


def use(times):
    """Let the key have been used so often today."""
    given = ApiRequest(
        key_hash=keys.hash_of("kstf"),
        internal=False,
        **dict.fromkeys(("info", "source", "ids")),
        db_duration=1,
        view_duration=1,
    )
    for _ in range(times):
        requests.put(given, dt.datetime.now(dt.UTC))


def test_a_key_in_a_body_has_no_more_than_its_day(monkeypatch):
    limited = dataclasses.replace(gateway_keys.STANDARD, quota_per_day=2)
    monkeypatch.setattr(gateway_keys, "STANDARD", limited)
    in_body = authorizer.authorize(event(httpMethod="POST"))["context"]
    use(1)
    assert api.get_sources(ask(in_body)).status == 200
    use(1)
    seen = api.get_sources(ask(in_body))
    told = gateway._responses()["QUOTA_EXCEEDED"]
    assert (seen.status, json.loads(seen.body)) == (
        told["statusCode"],
        json.loads(told["responseTemplates"]["application/json"]),
    )
    for name in ("Retry-After", "Access-Control-Allow-Origin"):
        value = told["responseParameters"][f"gatewayresponse.header.{name}"]
        assert f"'{seen.headers[name]}'" == value
    # Of a key that it saw the gateway has counted already, by the same plan.
    url = {"multiValueQueryStringParameters": {"api_key": ["kstf"]}}
    seen_by_gateway = authorizer.authorize(event(httpMethod="POST", **url))["context"]
    assert api.get_sources(ask(seen_by_gateway, api_key="kstf")).status == 200


def test_only_of_a_key_in_a_body_the_uses_are_read(monkeypatch):
    monkeypatch.setattr(requests, "usage", lambda *_: pytest.fail("uses were read"))
    context = authorizer.authorize(event(headers={"x-api-key": "kstf"}))["context"]
    assert api.get_sources(ask(context)).status == 200
    assert api.get_sources(ask(None)).status == 200  # where there is no gateway
