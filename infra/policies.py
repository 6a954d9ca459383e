"""What each function may do: one IAM policy document per function, of its own stage only.

An action that is missing here fails in the cloud and in `make run`, which enforces these
documents too. What a function may do is what its line in ``GRANTS`` says, nothing else.
"""

from typing import Any

from infra import stack_name

_READ = ("GetItem", "BatchGetItem", "Query")
_WRITE = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "ConditionCheckItem")
_ALL = _READ + _WRITE
_TABLES = ("works", "shelves", "lists", "events", "alerts")

_COUNT = ("GetQueueUrl", "GetQueueAttributes")
_SEND = ("GetQueueUrl", "SendMessage")
_CONSUME = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "ChangeMessageVisibility")
_SECRETS = ("GetParameter", "GetParameters", "GetParametersByPath")

#: function → service → resource → actions. "api_handler" is Chalice's name for the API;
#: ``table#kind`` is only those items of a table whose hash key is the kind; what is written in
#: one transaction has its kinds in one line.
GRANTS: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {
    "api_handler": {
        "dynamodb": {
            # API v4 writes works, which has them asked about and moves counters and shelves.
            "works": (*_READ, "DescribeTable", "PutItem", "UpdateItem", "DeleteItem"),
            "shelves": (*_READ, "DescribeTable", "UpdateItem", "DeleteItem", "BatchWriteItem"),
            "lists": (*_READ, "DescribeTable", "PutItem", "UpdateItem", "DeleteItem"),
            "events": (*_READ, "DescribeTable", "DeleteItem"),
            "control": (*_READ, "DescribeTable"),
            "control#source": ("PutItem",),  # the time that is spoken for
            # Who signs in for the first time gets an account, and the keys made for him before.
            "control#account,account_mail,account_orcid,account_first,key,account_key": (
                *("PutItem", "DeleteItem", "ConditionCheckItem"),
            ),
            "control#sign_in": ("PutItem", "DeleteItem"),
            "control#sign_in_count": ("PutItem",),
            "alerts": (*_READ, "DescribeTable", "PutItem"),
            "requests": ("BatchGetItem", "Query", "PutItem", "UpdateItem"),
        },
        "s3": {
            "events": ("GetObject", "DeleteObject"),
            "answers": ("PutObject", "GetObject"),  # links to them act with its rights
        },
        "sqs": {"fetch": (*_COUNT, "SendMessage"), "fetch-dead": _COUNT},
        "ssm": {"web": _SECRETS},
        "ses": {"identity": ("SendEmail",)},
        # The gateway's side of keys. Its keys and plans have no names that a policy could tell.
        "apigateway": {
            "/apikeys": ("GET", "POST"),
            "/apikeys/*": ("DELETE",),
            "/usageplans": ("GET",),
            "/usageplans/*/keys": ("POST",),
        },
    },
    "authorizer": {
        "dynamodb": {"control#key": ("GetItem",)},
    },
    "schedule": {
        "dynamodb": {
            "works": _READ,
            "shelves": _ALL,
            "lists": _READ,
            "control#source": ("GetItem", "Query", "PutItem"),
            "alerts": _ALL,
        },
        "sqs": {"fetch": _SEND},
        "ssm": {"sources": _SECRETS},
    },
    "snapshot": {
        "dynamodb": {
            "works": (*_READ, "DescribeTable"),
            "events": ("DescribeTable",),
            "shelves": _READ,
            "lists": _ALL,  # mends counters
            "control#source": ("Query",),
            "control#snapshot": ("GetItem", "PutItem", "DeleteItem"),
            "control#key,account_key": ("Query", "PutItem"),  # puts keys on lists of accounts
            "control#key": ("GetItem",),
        },
        "apigateway": {"/apikeys": ("GET",), "/apikeys/*": ("DELETE",)},  # of keys that ended
    },
    "worker": {
        "dynamodb": {
            **dict.fromkeys(_TABLES, _ALL),
            "control#source": ("GetItem", "Query", "PutItem"),
            "control#agency": ("BatchGetItem", "BatchWriteItem"),
            "control#publisher": ("BatchWriteItem",),
        },
        "s3": {"evidence": ("PutObject",), "events": ("GetObject", "PutObject", "DeleteObject")},
        "sqs": {"fetch": (*_CONSUME, *_SEND), "fetch-dead": _SEND},
        "lambda": {"schedule": ("InvokeFunction",)},
        "ssm": {"sources": (*_SECRETS, "PutParameter")},  # keeps access tokens
    },
    "dead_letters": {
        "dynamodb": {
            "works": _READ,
            "shelves": _ALL,
            "control#source": ("GetItem", "PutItem"),
            "alerts": _ALL,
        },
        "sqs": {"fetch-dead": _CONSUME},
    },
}


def document(stage: str, function: str) -> dict[str, Any]:
    """The policy document of a stage's function."""
    stack = stack_name(stage)
    statements = [
        {
            "Effect": "Allow",
            "Action": [f"{service}:{action}" for action in actions],
            "Resource": _resources(stack, service, name.partition("#")[0]),
            **_condition(name.partition("#")[2]),
        }
        for service, resources in GRANTS[function].items()
        for name, actions in resources.items()
    ]
    statements.append(
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [f"arn:aws:logs:*:*:log-group:/aws/lambda/{_function(stack, function)}:*"],
        }
    )
    return {"Version": "2012-10-17", "Statement": statements}


def _condition(kinds: str) -> dict[str, Any]:
    """The condition that only items with these hash keys are meant; none without any."""
    if not kinds:
        return {}
    keys = kinds.split(",")
    return {"Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": keys}}}


def _function(stack: str, function: str) -> str:
    return stack if function == "api_handler" else f"{stack}-{function}"


def _resources(stack: str, service: str, name: str) -> list[str]:
    if service == "dynamodb":
        table = f"arn:aws:dynamodb:*:*:table/{stack}-{name}"
        return [table, f"{table}/index/*"]
    if service == "s3":
        # The bucket's name ends with the account's twelve digits.
        return [f"arn:aws:s3:::{stack}-{'?' * 12}/{name}/*"]
    if service == "sqs":
        return [f"arn:aws:sqs:*:*:{stack}-{name}"]
    if service == "ssm":
        folder = f"arn:aws:ssm:*:*:parameter/{stack}/{name}"
        return [folder, f"{folder}/*"]
    if service == "ses":
        # Of the account, not of the stage: which address or domain mails come from is a setting.
        return [f"arn:aws:ses:*:*:{name}/*"]
    if service == "apigateway":
        return [f"arn:aws:apigateway:*::{name}"]
    if service == "lambda":
        return [f"arn:aws:lambda:*:*:function:{stack}-{name}"]
    raise ValueError(f"no resources are known for {service}")
