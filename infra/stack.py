"""The CloudFormation stack of a stage: bring it up, bring it up to date, say how it stands."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError, WaiterError

from infra import stack_name

TEMPLATE = Path(__file__).parent / "template.json"

#: A first attempt that failed leaves an empty shell, which can only be deleted.
_EMPTY_SHELLS = ("ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS")


class StackError(Exception):
    """The stack is not there or cannot be changed; the text says what to do."""


@dataclasses.dataclass(frozen=True, slots=True)
class Stack:
    """How a stack stands: CloudFormation's status, the outputs by name, and the names of the
    parameters that it has values of."""

    name: str
    status: str
    outputs: Mapping[str, str]
    parameters: frozenset[str] = frozenset()

    @property
    def usable(self) -> bool:
        """Whether its tables and queues can be relied on."""
        return self.status in (
            "CREATE_COMPLETE",
            "UPDATE_COMPLETE",
            "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "UPDATE_ROLLBACK_COMPLETE",
            "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        )


def find(stage: str, client: Any = None) -> Stack | None:
    """The stage's stack, or None if the account has none."""
    client = client or boto3.client("cloudformation")
    name = stack_name(stage)
    try:
        found = client.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    outputs = {item["OutputKey"]: item["OutputValue"] for item in found.get("Outputs", [])}
    parameters = frozenset(item["ParameterKey"] for item in found.get("Parameters", []))
    return Stack(name, found["StackStatus"], outputs, parameters)


def ensure(stage: str, parameters: Mapping[str, str], say: Callable[[str], None] = print) -> Stack:
    """The stage's stack, created or brought up to date, once CloudFormation is done.

    A parameter that is not given keeps its value. Errors: StackError.
    """
    client = boto3.client("cloudformation")
    there = find(stage, client)
    if there is not None and there.status in _EMPTY_SHELLS:
        say(f"Removing the remains of a stack that could not be made: {there.name}")
        client.delete_stack(StackName=there.name)
        _wait(client, "stack_delete_complete", there.name)
        there = None
    if there is None:
        say(f"Creating stack: {stack_name(stage)}")
        client.create_stack(**_arguments(stage, parameters))
        _wait(client, "stack_create_complete", stack_name(stage))
    elif not there.usable:
        raise StackError(
            f"The stack {there.name} is in the state {there.status}. Look at its events in the"
            " CloudFormation console, wait for it or repair it, and repeat the command."
        )
    else:
        try:
            client.update_stack(**_arguments(stage, parameters, there.parameters))
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise
        else:
            say(f"Updating stack: {there.name}")
            _wait(client, "stack_update_complete", there.name)
    done = find(stage, client)
    if done is None or not done.usable:
        raise StackError(f"The stack {stack_name(stage)} is gone or broken; see its events.")
    return done


def _arguments(
    stage: str, parameters: Mapping[str, str], kept: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The call's arguments: parameters that are given, the kept ones with their old values."""
    given = [
        {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
    ] + [
        {"ParameterKey": name, "UsePreviousValue": True}
        for name in sorted(kept - parameters.keys())
    ]
    return {
        "StackName": stack_name(stage),
        "TemplateBody": TEMPLATE.read_text(encoding="utf-8"),
        "Parameters": given,
    }


def _wait(client: Any, waiter: str, name: str) -> None:
    patience = {"Delay": 2, "MaxAttempts": 900}
    try:
        client.get_waiter(waiter).wait(StackName=name, WaiterConfig=patience)
    except WaiterError as error:
        raise StackError(f"{name}: {_first_failure(client, name) or error}") from error


def _first_failure(client: Any, name: str) -> str | None:
    events = client.describe_stack_events(StackName=name)["StackEvents"]
    failed = [event for event in events if event.get("ResourceStatus", "").endswith("_FAILED")]
    if not failed:
        return None
    first = failed[-1]
    return f"{first['LogicalResourceId']}: {first.get('ResourceStatusReason', 'no reason given')}"
