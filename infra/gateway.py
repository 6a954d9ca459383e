"""The API's door: who is asked for a key, which plan limits whom, how refusals look.

Every request under /api and for /alerts.rss passes a REQUEST authorizer, the Lambda function
"authorizer": it finds the key wherever Lagotto's clients put it (header, query, Authorization)
and tells the gateway whose limits apply. A request without a known key is not refused: it counts
against a plan that all such requests share and goes on to the app, which answers in the words of
the API. There is one for people who sign in, one for POSTs, whose key may be in their body, which
no authorizer sees, and a small one for all others, who can use up only that.
Only API v4 without a name and a password, and the feed of alerts without these and a key, are
refused here, as browsers are to ask for them.

What belongs to the API itself is written into the Swagger document that Chalice uploads
(``guarded``), so that no deployment is ever without it. Plans and permissions are made
afterwards (``finish``).
"""

import copy
from collections.abc import Callable
from typing import Any

import boto3

from chalicelib.store import gateway_keys
from chalicelib.store.gateway_keys import SHARED, STANDARD, Plan
from infra import stack_name

#: Where keys are asked for. Preflights carry none.
_GUARDED_PREFIXES = ("/api/", "/alerts.rss")
_FREE_METHODS = ("options",)

_AUTHORIZER = "authorizer"
_SCHEME = "key_wherever_it_is"
_STAGE = "api"  # the name that Chalice gives the gateway's stage


def guarded(document: dict[str, Any]) -> dict[str, Any]:
    """The Swagger document with authorizer, key source and the gateway's answers added."""
    document = copy.deepcopy(document)
    document["x-amazon-apigateway-api-key-source"] = "AUTHORIZER"
    document["x-amazon-apigateway-gateway-responses"] = _responses()
    document.setdefault("securityDefinitions", {}).update(
        {
            "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
            _SCHEME: {
                "type": "apiKey",
                "name": "Unused",
                "in": "header",
                "x-amazon-apigateway-authtype": "custom",
                "x-amazon-apigateway-authorizer": {
                    "type": "request",
                    "authorizerUri": _authorizer_uri(document),
                    "authorizerResultTtlInSeconds": 0,
                },
            },
        }
    )
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path.startswith(_GUARDED_PREFIXES) and method not in _FREE_METHODS:
                operation["security"] = [{"api_key": []}, {_SCHEME: []}]
    return document


#: What is answered without a name and a password where they are asked for (``chalicelib.basic``):
#: no JSON, and not for scripts of other sites. It has to come from here: what a function says in
#: the header WWW-Authenticate reaches clients under another name.
_UNAUTHORIZED: dict[str, Any] = {
    "statusCode": 401,
    "responseParameters": {
        "gatewayresponse.header.Content-Type": "'text/html; charset=utf-8'",
        "gatewayresponse.header.WWW-Authenticate": "'Basic realm=\"Application\"'",
    },
    # The template of JSON is the one that is used, whatever a client accepts.
    "responseTemplates": {"application/json": "HTTP Basic: Access denied.\n"},
}


def _authorizer_uri(document: dict[str, Any]) -> str:
    """The URI of the function that stands beside the API's own, in the same account."""
    for methods in document["paths"].values():
        for operation in methods.values():
            uri = str(operation["x-amazon-apigateway-integration"].get("uri", ""))
            if uri.endswith("/invocations"):
                return f"{uri.removesuffix('/invocations')}-{_AUTHORIZER}/invocations"
    raise ValueError("the API has no route that a function answers")


def _responses() -> dict[str, Any]:
    """What the gateway answers by itself: JSON with "error", readable by any web page."""

    def answer(
        text: str | None = None, status: int | None = None, **headers: str
    ) -> dict[str, Any]:
        headers = {"Access-Control-Allow-Origin": "*"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        message = "$context.error.messageString" if text is None else f'"{text}"'
        given: dict[str, Any] = {
            "responseParameters": {
                f"gatewayresponse.header.{name}": f"'{value}'" for name, value in headers.items()
            },
            "responseTemplates": {"application/json": f'{{"error":{message}}}'},
        }
        return given if status is None else given | {"statusCode": status}

    return {
        "DEFAULT_4XX": answer(),
        "DEFAULT_5XX": answer("Internal server error."),
        "THROTTLED": answer("Too many requests. Please slow down.", 429, Retry_After="1"),
        "QUOTA_EXCEEDED": answer(
            gateway_keys.USED_UP, 429, Retry_After=str(gateway_keys.USED_UP_RETRY_SECONDS)
        ),
        "MISSING_AUTHENTICATION_TOKEN": answer("The page you were looking for doesn't exist.", 404),
        "UNAUTHORIZED": _UNAUTHORIZED,
    }


def finish(stage: str, api_id: str, say: Callable[[str], None] = print) -> None:
    """Make or correct what the API needs beside it: permission, plans, the keys of shared ones.

    Safe to repeat; six calls when there is nothing to do.
    """
    stack = stack_name(stage)
    _permit_authorizer(stack, api_id)
    client = boto3.client("apigateway")
    plans = {plan["name"]: plan for plan in _all(client, "get_usage_plans")}
    for plan in (STANDARD, *SHARED):
        name = gateway_keys.plan_name(stack, plan)
        if name not in plans:
            plans[name] = _create(client, name, plan, api_id)
            say(f"Created usage plan: {name}")
        elif changes := _changes(plans[name], plan, api_id):
            client.update_usage_plan(usagePlanId=plans[name]["id"], patchOperations=changes)
            say(f"Updated usage plan: {name}")
    for plan in SHARED:
        name = gateway_keys.plan_name(stack, plan)
        if not _all(client, "get_usage_plan_keys", usagePlanId=plans[name]["id"]):
            gateway_keys.create_shared_key(stack, plan)
            say(f"Created the key that requests without a key count as: {name}")


def _permit_authorizer(stack: str, api_id: str) -> None:
    functions = boto3.client("lambda")
    name = f"{stack}-{_AUTHORIZER}"
    arn = functions.get_function_configuration(FunctionName=name)["FunctionArn"]
    partition, region, account = (arn.split(":")[part] for part in (1, 3, 4))
    try:
        functions.add_permission(
            FunctionName=name,
            StatementId=f"gateway-{api_id}",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:{partition}:execute-api:{region}:{account}:{api_id}/authorizers/*",
        )
    except functions.exceptions.ResourceConflictException:
        return  # it is there


def _create(client: Any, name: str, plan: Plan, api_id: str) -> dict[str, Any]:
    quota = {"limit": plan.quota_per_day, "period": "DAY"}
    created: dict[str, Any] = client.create_usage_plan(
        name=name,
        apiStages=[{"apiId": api_id, "stage": _STAGE}],
        throttle={"rateLimit": plan.rate_per_second, "burstLimit": plan.burst},
        **({} if plan.quota_per_day is None else {"quota": quota}),
    )
    return created


def _changes(there: dict[str, Any], plan: Plan, api_id: str) -> list[dict[str, str]]:
    """The patch from the plan as it is to the plan as declared."""
    changes = []
    throttle, quota = there.get("throttle", {}), there.get("quota", {})
    wanted: list[tuple[str, Any, Any]] = [
        ("/throttle/rateLimit", throttle.get("rateLimit"), plan.rate_per_second),
        ("/throttle/burstLimit", throttle.get("burstLimit"), plan.burst),
    ]
    if plan.quota_per_day is not None:
        wanted += [
            ("/quota/limit", quota.get("limit"), plan.quota_per_day),
            ("/quota/period", quota.get("period"), "DAY"),
        ]
    elif quota:
        changes.append({"op": "remove", "path": "/quota"})
    for path, is_now, should_be in wanted:
        if is_now != should_be:
            changes.append({"op": "replace", "path": path, "value": str(should_be)})
    stages = [(entry["apiId"], entry["stage"]) for entry in there.get("apiStages", [])]
    if (api_id, _STAGE) not in stages:
        changes.append({"op": "add", "path": "/apiStages", "value": f"{api_id}:{_STAGE}"})
    return changes


def _all(client: Any, operation: str, **arguments: Any) -> list[dict[str, Any]]:
    """All items of a listing, page by page."""
    arguments["PaginationConfig"] = {"PageSize": 500}
    pages = client.get_paginator(operation).paginate(**arguments)
    return [item for page in pages for item in page.get("items", [])]
