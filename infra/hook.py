"""What `chalice deploy` needs of us; app.py installs it while Chalice's command runs.

Chalice 1.34 cannot make tables, queues or usage plans, knows no authorizer that sees the
query string, and fails where a queue is connected to a function already. Five of its steps
are wrapped for that. They are Chalice's internals, hence the pinned version and
tests/test_hook.py.
"""

import contextlib
import functools
import json
from pathlib import Path
from typing import Any

import chalice
import click
from botocore.exceptions import BotoCoreError, ClientError
from chalice.awsclient import TypedAWSClient
from chalice.deploy.deployer import ResultsRecorder
from pynamodb.exceptions import PynamoDBException

from infra import gateway, people, stack, stack_name, stages

_CHALICE = "1.34.0"


def install() -> None:
    """Wrap Chalice's steps if this process is `chalice deploy`; else nothing.

    Errors: click.ClickException, which Chalice's command prints, naming what to do first.
    """
    context = click.get_current_context(silent=True)
    if context is None or context.info_name != "deploy":
        return
    stage = str(context.params["stage"])
    if chalice.__version__ != _CHALICE:
        raise click.ClickException(
            f"infra/hook.py is made for chalice {_CHALICE}, this is {chalice.__version__}."
        )
    _require(stage)
    _let_people_in(stage)
    _prepare_plans(stage)
    _guard_the_api()
    _adopt_event_sources()
    _finish_after(stage)


def _require(stage: str) -> None:
    remedy = f"Run `make deploy STAGE={stage}` first."
    name = stack_name(stage)
    if stages.variables(Path.cwd(), stage).get("LAGOTTO_STACK") != name:
        raise click.ClickException(f"The stage {stage} is not in .chalice/config.json. {remedy}")
    found = stack.find(stage)
    if found is None:
        raise click.ClickException(f"This account has no stack {name}. {remedy}")
    if not found.usable:
        raise click.ClickException(f"The stack {name} is in the state {found.status}. {remedy}")


def _let_people_in(stage: str) -> None:
    """Make what people need to sign in, before there is anything to sign in to."""
    from chalicelib import settings
    from chalicelib.errors import LagottoError

    if settings.load().stack != stack_name(stage):
        raise click.ClickException(
            f"LAGOTTO_STACK is {settings.load().stack} while the stage {stage} is deployed."
        )
    try:
        people.prepare(click.echo)
    except (LagottoError, BotoCoreError, ClientError, PynamoDBException) as error:
        raise click.ClickException(f"Signing in could not be prepared: {error}") from error


def _prepare_plans(stage: str) -> None:
    """Make plans that the API on record lacks before the code goes up that counts to them."""
    record = Path.cwd() / ".chalice" / "deployed" / f"{stage}.json"
    if not record.exists():
        return
    for resource in json.loads(record.read_text(encoding="utf-8"))["resources"]:
        if resource["resource_type"] == "rest_api":
            # What is on record may be gone; the deployment makes it anew, and then its plans.
            with contextlib.suppress(ClientError):
                gateway.finish(stage, resource["rest_api_id"], click.echo)


def _guard_the_api() -> None:
    """Let Chalice upload the guarded Swagger document in place of its own."""
    create, update = TypedAWSClient.import_rest_api, TypedAWSClient.update_api_from_swagger

    @functools.wraps(create)
    def import_rest_api(self: Any, swagger_document: dict[str, Any], endpoint_type: str) -> str:
        return create(self, gateway.guarded(swagger_document), endpoint_type)

    @functools.wraps(update)
    def update_api_from_swagger(
        self: Any, rest_api_id: str, swagger_document: dict[str, Any]
    ) -> None:
        update(self, rest_api_id, gateway.guarded(swagger_document))

    TypedAWSClient.import_rest_api = import_rest_api
    TypedAWSClient.update_api_from_swagger = update_api_from_swagger


def _adopt_event_sources() -> None:
    """Take over a queue's connection that Chalice's record has lost, as AWS allows only one."""
    create = TypedAWSClient.create_lambda_event_source

    @functools.wraps(create)
    def create_lambda_event_source(
        self: Any, event_source_arn: str, function_name: str, **settings: Any
    ) -> Any:
        found = self._client("lambda").list_event_source_mappings(
            EventSourceArn=event_source_arn, FunctionName=function_name
        )["EventSourceMappings"]
        if not found:
            return create(
                self, event_source_arn=event_source_arn, function_name=function_name, **settings
            )
        settings.pop("starting_position", None)
        self.update_lambda_event_source(event_uuid=found[0]["UUID"], **settings)
        return found[0]["UUID"]

    TypedAWSClient.create_lambda_event_source = create_lambda_event_source


def _finish_after(stage: str) -> None:
    """Make permissions and plans once the API's id is known and on record."""
    record = ResultsRecorder.record_results

    @functools.wraps(record)
    def record_results(self: Any, results: Any, chalice_stage_name: str, project_dir: str) -> None:
        record(self, results, chalice_stage_name, project_dir)
        for resource in results["resources"]:
            if resource["resource_type"] == "rest_api":
                gateway.finish(stage, resource["rest_api_id"], click.echo)

    ResultsRecorder.record_results = record_results
