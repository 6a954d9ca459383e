"""The stack, the policies, the stage's files and the gateway, on a fake AWS in memory."""

import copy
import hashlib
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from chalicelib import basic
from chalicelib.errors import ConfigurationError
from chalicelib.store import gateway_keys
from infra import deploy, gateway, policies, stack, stages

#: For documents that never reach a fake AWS.
STAGE, STACK = "prod", "lagotto-prod"
PROJECT = Path(__file__).parent.parent


_stages = itertools.count()


@pytest.fixture
def stage(_aws: None) -> Iterator[str]:
    """The name of a stage that nobody has used yet."""
    gateway_keys._gateway.cache_clear()
    yield f"infra{next(_stages)}"
    gateway_keys._gateway.cache_clear()


def resources(kind: str) -> dict[str, dict[str, Any]]:
    template = json.loads(stack.TEMPLATE.read_text(encoding="utf-8"))
    return {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def config() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((PROJECT / ".chalice" / "config.json").read_text())
    return loaded


# --- stack -----------------------------------------------------------------------------------


def said(stage: str, parameters: dict[str, str]) -> list[str]:
    lines: list[str] = []
    stack.ensure(stage, parameters, lines.append)
    return lines


def test_the_stack_is_made_once_then_only_changed(stage: str) -> None:
    assert stack.find(stage) is None
    assert said(stage, {"Contact": "a@example.org"}) == [f"Creating stack: lagotto-{stage}"]
    assert stack.ensure(stage, {}, print).usable
    client = boto3.client("sqs")
    url = client.get_queue_url(QueueName=f"lagotto-{stage}-fetch")["QueueUrl"]
    said(stage, {"VisibilitySeconds": "77"})
    attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "77"
    assert json.loads(attributes["RedrivePolicy"])["maxReceiveCount"] == 5
    parameters = boto3.client("cloudformation").describe_stacks(StackName=f"lagotto-{stage}")[
        "Stacks"
    ][0]["Parameters"]
    kept = {item["ParameterKey"]: item["ParameterValue"] for item in parameters}
    assert kept == {"Contact": "a@example.org", "VisibilitySeconds": "77"}


def test_a_stack_in_a_bad_state_is_named_with_its_state(
    stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        stack, "find", lambda *_: stack.Stack("lagotto-x", "UPDATE_ROLLBACK_FAILED", {})
    )
    with pytest.raises(stack.StackError, match="UPDATE_ROLLBACK_FAILED"):
        stack.ensure(stage, {}, print)


def test_the_stack_s_tables_are_those_of_the_models(
    stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.store.tables import MODELS

    stack.ensure(stage, {}, lambda _: None)
    client = boto3.client("dynamodb")

    def shape(name: str) -> dict[str, Any]:
        table = client.describe_table(TableName=name)["Table"]
        indexes = {
            index["IndexName"]: (index["KeySchema"], index["Projection"])
            for index in table.get("GlobalSecondaryIndexes", [])
        }
        attributes = {
            item["AttributeName"]: item["AttributeType"] for item in table["AttributeDefinitions"]
        }
        return {"key": table["KeySchema"], "indexes": indexes, "attributes": attributes}

    for model in MODELS:
        model.create_table()
        suffix = model.Meta.table_name.removeprefix("lagotto-test-")
        assert shape(f"lagotto-{stage}-{suffix}") == shape(model.Meta.table_name), suffix
    made = [
        name for name in client.list_tables()["TableNames"] if name.startswith(f"lagotto-{stage}-")
    ]
    assert len(made) == len(MODELS) == 7


def test_what_is_kept_survives_the_stack_and_mistakes() -> None:
    tables = resources("AWS::DynamoDB::Table")
    log = tables.pop("Requests")  # which goes by itself, and with the stack
    assert log["DeletionPolicy"] == log["UpdateReplacePolicy"] == "Delete"
    assert log["Properties"]["TimeToLiveSpecification"]["AttributeName"] == "expires_at"
    for name, table in tables.items():
        properties = table["Properties"]
        assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain", name
        assert properties["BillingMode"] == "PAY_PER_REQUEST", name
        assert properties["PointInTimeRecoverySpecification"] == {
            "PointInTimeRecoveryEnabled": True
        }, name
        expires = properties.get("TimeToLiveSpecification", {}).get("AttributeName")
        assert expires == ("expires_at" if name in ("Control", "Alerts") else None), name
    (bucket,) = resources("AWS::S3::Bucket").values()
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert all(bucket["Properties"]["PublicAccessBlockConfiguration"].values())
    rules = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    assert {
        "Id": "evidence",
        "Prefix": "evidence/",
        "Status": "Enabled",
        "ExpirationInDays": 400,
    } in rules
    assert {
        "Id": "answers",
        "Prefix": "answers/",
        "Status": "Enabled",
        "ExpirationInDays": 1,
    } in rules


def test_pages_of_other_sites_may_follow_a_link_into_the_bucket() -> None:
    (bucket,) = resources("AWS::S3::Bucket").values()
    (rule,) = bucket["Properties"]["CorsConfiguration"]["CorsRules"]
    assert (rule["AllowedOrigins"], rule["AllowedMethods"]) == (["*"], ["GET", "HEAD"])
    assert rule["AllowedHeaders"] == ["*"]


def test_a_job_is_not_given_away_while_its_worker_may_still_run() -> None:
    template = json.loads(stack.TEMPLATE.read_text(encoding="utf-8"))
    visibility = template["Parameters"]["VisibilitySeconds"]["Default"]
    functions = config()["lambda_functions"]
    assert visibility > functions["worker"]["lambda_timeout"]
    dead = resources("AWS::SQS::Queue")["FetchDead"]["Properties"]["VisibilityTimeout"]
    assert dead >= 6 * functions["dead_letters"]["lambda_timeout"]


def test_the_alarm_watches_the_dead_letters() -> None:
    (alarm,) = resources("AWS::CloudWatch::Alarm").values()
    assert alarm["Properties"]["Dimensions"][0]["Value"] == {
        "Fn::GetAtt": ["FetchDead", "QueueName"]
    }
    assert alarm["Properties"]["AlarmActions"] == [{"Ref": "Alarms"}]


# --- policies and stages ---------------------------------------------------------------------


def test_policies_name_only_what_belongs_to_the_stage() -> None:
    for function in policies.GRANTS:
        for statement in policies.document(STAGE, function)["Statement"]:
            assert "*" not in statement["Action"]
            assert not any(action.endswith(":*") for action in statement["Action"])
            for resource in statement["Resource"]:
                if statement["Action"] == ["ses:SendEmail"]:
                    continue  # addresses are the account's, not the stage's
                if resource.startswith("arn:aws:apigateway:"):
                    continue  # see the test of these
                assert STACK in resource, resource
                assert f"{STACK}*" not in resource, resource


def test_a_request_can_write_works_and_accounts_but_no_numbers() -> None:
    reading = {"GetItem", "BatchGetItem", "Query", "DescribeTable"}
    tables = policies.GRANTS["api_handler"]["dynamodb"]
    assert reading.issuperset(tables["control"])
    assert reading | {"DeleteItem"} == set(tables["events"])
    assert policies.GRANTS["api_handler"]["s3"]["events"] == ("GetObject", "DeleteObject")
    assert policies.GRANTS["api_handler"]["s3"]["answers"] == ("PutObject", "GetObject")
    assert "PutParameter" not in policies.GRANTS["api_handler"]["ssm"]["web"]
    writing = {
        kind: set(statement["Action"])
        for statement in policies.document(STAGE, "api_handler")["Statement"]
        if any(resource.endswith("-control") for resource in statement["Resource"])
        for kind in statement.get("Condition", {})
        .get("ForAllValues:StringEquals", {})
        .get("dynamodb:LeadingKeys", [])
    }
    assert writing["source"] == {"dynamodb:PutItem"}
    assert writing["account"] == writing["account_mail"] == writing["account_orcid"]
    assert "dynamodb:PutItem" in writing["account"] & writing["account_first"]
    assert "snapshot" not in writing
    assert policies.GRANTS["authorizer"] == {"dynamodb": {"control#key": ("GetItem",)}}


def test_a_request_reaches_the_gateway_s_keys_but_not_its_apis_and_plans() -> None:
    allowed = {
        (action, resource)
        for function in policies.GRANTS
        for statement in policies.document(STAGE, function)["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
        if action.startswith("apigateway:")
    }
    at = "arn:aws:apigateway:*::"
    assert allowed == {
        ("apigateway:GET", f"{at}/apikeys"),
        ("apigateway:POST", f"{at}/apikeys"),
        ("apigateway:DELETE", f"{at}/apikeys/*"),
        ("apigateway:GET", f"{at}/usageplans"),
        ("apigateway:POST", f"{at}/usageplans/*/keys"),
    }
    assert "apigateway" in policies.GRANTS["api_handler"]


def test_the_repository_holds_the_policies_of_its_stages() -> None:
    for stage, entry in config()["stages"].items():
        assert entry["environment_variables"]["LAGOTTO_STACK"] == f"lagotto-{stage}"
        for function in policies.GRANTS:
            name = entry["lambda_functions"][function]["iam_policy_file"]
            kept = json.loads((PROJECT / ".chalice" / name).read_text(encoding="utf-8"))
            assert kept == policies.document(stage, function), (
                f"{name} is old: run `make deploy` or infra.stages.write"
            )


def test_a_stage_is_written_once_and_keeps_what_an_operator_added(tmp_path: Path) -> None:
    chalice = tmp_path / ".chalice"
    chalice.mkdir()
    own = {"environment_variables": {"LAGOTTO_UID": "pmid"}, "tags": {"team": "metrics"}}
    base = {"app_name": "lagotto", "stages": {"prod": own}}
    (chalice / "config.json").write_text(json.dumps(base), encoding="utf-8")
    changed = stages.write(tmp_path, "prod", {"LAGOTTO_CONTACT_EMAIL": "a@example.org"})
    assert len(changed) == 1 + len(policies.GRANTS)
    assert stages.write(tmp_path, "prod", {}) == []
    entry = json.loads((chalice / "config.json").read_text(encoding="utf-8"))["stages"]["prod"]
    assert entry["tags"] == {"team": "metrics"}
    assert stages.variables(tmp_path, "prod") == {
        "LAGOTTO_STACK": "lagotto-prod",
        "LAGOTTO_UID": "pmid",
        "LAGOTTO_CONTACT_EMAIL": "a@example.org",
    }


def test_every_function_of_the_app_has_its_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    from app import app

    functions = {"api_handler", *(function.name for function in app.pure_lambda_functions)}
    functions |= {source.name for source in app.event_sources}
    assert functions == set(policies.GRANTS)


def test_a_deployment_without_a_contact_says_what_to_give(stage: str, tmp_path: Path) -> None:
    (tmp_path / ".chalice").mkdir()
    (tmp_path / ".chalice" / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(deploy.DeployError, match=f"make deploy STAGE={stage} CONTACT="):
        deploy.deploy(stage, project=tmp_path, say=lambda _: None)
    assert stack.find(stage) is None


# --- gateway ---------------------------------------------------------------------------------


def swagger() -> dict[str, Any]:
    uri = (
        "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/"
        f"arn:aws:lambda:eu-west-1:123456789012:function:{STACK}/invocations"
    )

    def view() -> dict[str, Any]:
        return {"x-amazon-apigateway-integration": {"type": "aws_proxy", "uri": uri}}

    mock = {"x-amazon-apigateway-integration": {"type": "mock"}}
    return {
        "swagger": "2.0",
        "info": {"title": "lagotto"},
        "paths": {
            "/": {"get": view()},
            "/heartbeat": {"get": view(), "options": mock},
            "/api/v5/articles": {"get": view(), "post": view(), "options": mock},
            "/api/v4/articles/{proxy+}": {"put": view()},
        },
    }


def test_everything_under_api_asks_for_a_key_but_preflights() -> None:
    before = swagger()
    guarded = gateway.guarded(before)
    secured = {
        (path, method)
        for path, methods in guarded["paths"].items()
        for method, operation in methods.items()
        if operation.get("security")
    }
    assert secured == {
        ("/api/v5/articles", "get"),
        ("/api/v5/articles", "post"),
        ("/api/v4/articles/{proxy+}", "put"),
    }
    used = guarded["paths"]["/api/v5/articles"]["get"]["security"]
    assert [next(iter(one)) for one in used] == list(guarded["securityDefinitions"])
    assert guarded["x-amazon-apigateway-api-key-source"] == "AUTHORIZER"
    assert before == swagger(), "the document that was given is left alone"
    assert gateway.guarded(guarded) == guarded


def test_the_authorizer_is_asked_every_time_whatever_the_request_holds() -> None:
    definitions = gateway.guarded(swagger())["securityDefinitions"]
    (authorizer,) = [
        definition["x-amazon-apigateway-authorizer"]
        for definition in definitions.values()
        if "x-amazon-apigateway-authorizer" in definition
    ]
    assert authorizer["type"] == "request"
    assert authorizer["authorizerResultTtlInSeconds"] == 0
    assert "identitySource" not in authorizer
    assert authorizer["authorizerUri"].endswith(
        f":123456789012:function:{STACK}-authorizer/invocations"
    )


def test_the_gateway_s_own_answers_are_json_for_any_web_page() -> None:
    answers = gateway.guarded(swagger())["x-amazon-apigateway-gateway-responses"]
    denied = answers.pop("UNAUTHORIZED")
    assert denied["responseTemplates"]["application/json"] == basic.ACCESS_DENIED
    header = denied["responseParameters"]["gatewayresponse.header.WWW-Authenticate"]
    assert header == f"'{basic.REALM}'"
    for answer in answers.values():
        header = "gatewayresponse.header.Access-Control-Allow-Origin"
        assert answer["responseParameters"][header] == "'*'"
        template = answer["responseTemplates"]["application/json"]
        rendered = template.replace("$context.error.messageString", '"Forbidden"')
        assert set(json.loads(rendered)) == {"error"}
    for kind in ("THROTTLED", "QUOTA_EXCEEDED"):
        assert answers[kind]["statusCode"] == 429
        assert "gatewayresponse.header.Retry-After" in answers[kind]["responseParameters"]


def test_an_api_without_a_function_is_refused() -> None:
    with pytest.raises(ValueError, match="no route"):
        gateway.guarded({"paths": {}})


@pytest.fixture
def api_id(stage: str) -> str:
    """A deployed API with its authorizer function."""
    role = boto3.client("iam").create_role(RoleName=stage, AssumeRolePolicyDocument="{}", Path="/")[
        "Role"
    ]["Arn"]
    boto3.client("lambda").create_function(
        FunctionName=f"lagotto-{stage}-authorizer",
        Runtime="python3.11",
        Role=role,
        Handler="app.authorizer",
        Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
    )
    return new_api()


def new_api() -> str:
    client = boto3.client("apigateway")
    api = str(client.create_rest_api(name="lagotto")["id"])
    root = client.get_resources(restApiId=api)["items"][0]["id"]
    at = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    client.put_method(**at, authorizationType="NONE")
    client.put_integration(**at, type="MOCK", requestTemplates={})
    client.create_deployment(restApiId=api, stageName="api")
    return api


def plans(stage: str) -> dict[str, Any]:
    found = boto3.client("apigateway").get_usage_plans()["items"]
    prefix = f"lagotto-{stage}-"
    return {
        plan["name"].removeprefix(prefix): plan for plan in found if plan["name"].startswith(prefix)
    }


def finish(stage: str, api: str) -> list[str]:
    lines: list[str] = []
    gateway.finish(stage, api, lines.append)
    return lines


def test_finishing_makes_plans_the_shared_keys_and_the_permission(stage: str, api_id: str) -> None:
    assert len(finish(stage, api_id)) == 4 + 3
    made = plans(stage)
    assert set(made) == {"standard", "anonymous", "people", "posts"}
    assert made["standard"]["throttle"] == {"rateLimit": 10.0, "burstLimit": 20}
    assert made["standard"]["quota"]["limit"] == 100_000
    assert made["standard"]["quota"]["period"] == "DAY"
    assert made["anonymous"]["throttle"]["rateLimit"] < 10
    # Nobody can use up the day of all who sign in, or of all whose key is in a body.
    assert {kind for kind, plan in made.items() if "quota" not in plan} == {"people", "posts"}
    assert {plan["apiStages"][0]["apiId"] for plan in made.values()} == {api_id}
    client = boto3.client("apigateway")
    for plan in gateway_keys.SHARED:
        (key,) = client.get_usage_plan_keys(usagePlanId=made[plan.kind]["id"])["items"]
        assert key["value"] == gateway_keys.shared_value(f"lagotto-{stage}", plan)
    policy = boto3.client("lambda").get_policy(FunctionName=f"lagotto-{stage}-authorizer")["Policy"]
    (statement,) = json.loads(policy)["Statement"]
    assert f"{api_id}/authorizers/*" in json.dumps(statement["Condition"])


def test_finishing_again_changes_nothing(stage: str, api_id: str) -> None:
    finish(stage, api_id)
    before = copy.deepcopy(plans(stage))
    assert finish(stage, api_id) == []
    assert plans(stage) == before


def test_finishing_mends_a_plan_that_somebody_changed(stage: str, api_id: str) -> None:
    finish(stage, api_id)
    boto3.client("apigateway").update_usage_plan(
        usagePlanId=plans(stage)["standard"]["id"],
        patchOperations=[{"op": "replace", "path": "/quota/limit", "value": "5"}],
    )
    assert finish(stage, api_id) == [f"Updated usage plan: lagotto-{stage}-standard"]
    assert int(plans(stage)["standard"]["quota"]["limit"]) == 100_000


def test_a_plan_without_a_day_s_quota_loses_one_that_somebody_gave_it() -> None:
    there = {
        "throttle": {"rateLimit": 5.0, "burstLimit": 20},
        "apiStages": [{"apiId": "a", "stage": "api"}],
    }
    assert gateway._changes(there, gateway_keys.PEOPLE, "a") == []
    there["quota"] = {"limit": 5, "period": "DAY"}
    removed = [{"op": "remove", "path": "/quota"}]
    assert gateway._changes(there, gateway_keys.PEOPLE, "a") == removed


def test_a_deployment_from_before_gets_the_plans_that_it_lacks(stage: str, api_id: str) -> None:
    finish(stage, api_id)
    client = boto3.client("apigateway")
    for plan in (gateway_keys.PEOPLE, gateway_keys.POSTS):
        (key,) = client.get_api_keys(nameQuery=f"lagotto-{stage}-{plan.kind}")["items"]
        client.delete_api_key(apiKey=key["id"])
        client.delete_usage_plan(usagePlanId=plans(stage)[plan.kind]["id"])
    assert len(finish(stage, api_id)) == 4
    assert finish(stage, api_id) == []
    assert set(plans(stage)) == {"standard", "anonymous", "people", "posts"}


def test_an_api_that_was_made_anew_joins_the_plans_with_their_keys(stage: str, api_id: str) -> None:
    finish(stage, api_id)
    gateway_keys.create_gateway_key(f"lagotto-{stage}", "a" * 64, "alice")
    again = new_api()
    finish(stage, again)
    assert {entry["apiId"] for entry in plans(stage)["standard"]["apiStages"]} == {api_id, again}
    assert len(keys_of_standard_plan(stage)) == 1


# --- keys ------------------------------------------------------------------------------------


def keys_of_standard_plan(stage: str) -> list[dict[str, Any]]:
    client = boto3.client("apigateway")
    found: list[dict[str, Any]] = client.get_usage_plan_keys(
        usagePlanId=plans(stage)["standard"]["id"]
    )["items"]
    return found


def test_a_key_is_made_once_by_its_hash_and_deleted(stage: str, api_id: str) -> None:
    finish(stage, api_id)
    text = "s3cret-key-text"
    key_hash = hashlib.sha256(text.encode()).hexdigest()
    for _ in range(2):
        gateway_keys.create_gateway_key(f"lagotto-{stage}", key_hash, "alice")
    (key,) = keys_of_standard_plan(stage)
    assert key["value"] == key_hash
    client = boto3.client("apigateway")
    everything = client.get_api_keys(includeValues=True)["items"]
    assert text not in json.dumps(everything, default=str)
    assert gateway_keys.delete_gateway_key(f"lagotto-{stage}", key_hash)
    assert not gateway_keys.delete_gateway_key(f"lagotto-{stage}", key_hash)
    remaining = client.get_api_keys(nameQuery=f"lagotto-{stage}-")["items"]
    assert {key["name"] for key in remaining} == {
        f"lagotto-{stage}-{plan.kind}" for plan in gateway_keys.SHARED
    }


def test_a_key_needs_a_deployment_first(stage: str) -> None:
    with pytest.raises(ConfigurationError, match=f"make deploy STAGE={stage}"):
        gateway_keys.create_gateway_key(f"lagotto-{stage}", "a" * 64, "alice")
