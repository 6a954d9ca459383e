"""The hook: what it needs of Chalice 1.34 is there, and `chalice deploy` says what to do first."""

import inspect
import itertools
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import chalice
import pytest
from botocore.exceptions import ClientError
from chalice.awsclient import TypedAWSClient
from chalice.cli import cli
from chalice.deploy.deployer import ResultsRecorder
from click import ClickException
from click.testing import CliRunner, Result

from chalicelib import settings
from chalicelib.errors import ConfigurationError
from infra import gateway, hook, stack, stages

_stages = itertools.count()

APP = """
from chalice import Chalice
from infra import hook

hook.install()
app = Chalice(app_name="lagotto")
"""


@pytest.fixture
def unwrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chalice's own steps, put back after the test whatever it wraps."""
    for owner, names in (
        (
            TypedAWSClient,
            ("import_rest_api", "update_api_from_swagger", "create_lambda_event_source"),
        ),
        (ResultsRecorder, ("record_results",)),
    ):
        for name in names:
            monkeypatch.setattr(owner, name, getattr(owner, name))


@pytest.fixture
def project(
    _aws: None, unwrapped: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A small project with the hook; its app module is forgotten afterwards."""
    (tmp_path / ".chalice").mkdir()
    (tmp_path / ".chalice" / "config.json").write_text(
        json.dumps({"version": "2.0", "app_name": "lagotto", "autogen_policy": False}),
        encoding="utf-8",
    )
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("AWS_CHALICE_CLI_MODE", "")
    monkeypatch.setenv("LAGOTTO_STACK", os.environ["LAGOTTO_STACK"])  # Chalice sets the stage's
    known = sys.modules.pop("app", None)
    yield tmp_path
    sys.modules.pop("app", None)
    if known is not None:
        sys.modules["app"] = known


def chalice_deploy(project: Path, stage: str) -> Result:
    return CliRunner().invoke(
        cli, ["--project-dir", str(project), "deploy", "--stage", stage], obj={}
    )


def test_chalice_is_the_version_whose_internals_are_wrapped() -> None:
    assert chalice.__version__ == hook._CHALICE
    expected: dict[Any, list[str]] = {
        TypedAWSClient.import_rest_api: ["self", "swagger_document", "endpoint_type"],
        TypedAWSClient.update_api_from_swagger: ["self", "rest_api_id", "swagger_document"],
        ResultsRecorder.record_results: ["self", "results", "chalice_stage_name", "project_dir"],
    }
    for step, names in expected.items():
        assert list(inspect.signature(step).parameters) == names


def test_a_stage_that_was_never_set_up_names_the_command(project: Path) -> None:
    done = chalice_deploy(project, "prod")
    assert done.exit_code == 1
    assert "make deploy STAGE=prod" in done.output
    assert "Traceback" not in done.output


def test_an_account_without_the_stack_names_the_command(project: Path) -> None:
    stage = f"hook{next(_stages)}"
    stages.write(project, stage, {})
    done = chalice_deploy(project, stage)
    assert done.exit_code == 1
    assert f"This account has no stack lagotto-{stage}" in done.output
    assert f"make deploy STAGE={stage}" in done.output
    assert "Traceback" not in done.output


def test_a_stack_that_is_broken_is_named_with_its_state(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages.write(project, "prod", {})
    broken = stack.Stack("lagotto-prod", "ROLLBACK_COMPLETE", {})
    monkeypatch.setattr(stack, "find", lambda stage: broken)
    done = chalice_deploy(project, "prod")
    assert done.exit_code == 1
    assert "ROLLBACK_COMPLETE" in done.output


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDeniedException", "Message": "No."}}, "PutParameter"),
        ConfigurationError("An error occurred: there is no contact."),
    ],
)
def test_people_are_let_in_before_anything_is_deployed(
    project: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    stages.write(project, "prod", {})
    ready = stack.Stack("lagotto-prod", "CREATE_COMPLETE", {})
    monkeypatch.setattr(stack, "find", lambda stage: ready)
    seen: list[str] = []

    def prepare(say: Any) -> None:
        seen.append(settings.load().stack)
        raise error

    monkeypatch.setattr(hook.people, "prepare", prepare)
    settings.load.cache_clear()
    try:
        done = chalice_deploy(project, "prod")
    finally:
        monkeypatch.undo()
        settings.load.cache_clear()
    assert (done.exit_code, seen) == (1, ["lagotto-prod"])
    assert "Signing in could not be prepared: An error occurred" in done.output
    assert "Traceback" not in done.output


def test_the_stage_that_is_deployed_is_the_one_that_is_prepared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hook.people, "prepare", lambda say: pytest.fail("another stage"))
    with pytest.raises(ClickException, match="LAGOTTO_STACK is lagotto-test while the stage prod"):
        hook._let_people_in("prod")


def test_another_chalice_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chalice, "__version__", "1.99.0")
    done = chalice_deploy(project, "prod")
    assert done.exit_code == 1
    assert "1.99.0" in done.output


def test_other_commands_and_lambda_are_left_alone(unwrapped: None) -> None:
    before = TypedAWSClient.import_rest_api
    hook.install()
    assert TypedAWSClient.import_rest_api is before


def test_chalice_uploads_the_guarded_document(
    unwrapped: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded: list[Any] = []
    monkeypatch.setattr(
        TypedAWSClient, "import_rest_api", lambda self, document, kind: uploaded.append(document)
    )
    monkeypatch.setattr(
        TypedAWSClient,
        "update_api_from_swagger",
        lambda self, api_id, document: uploaded.append(document),
    )
    monkeypatch.setattr(gateway, "guarded", lambda document: {**document, "guarded": True})
    hook._guard_the_api()
    client = object.__new__(TypedAWSClient)
    client.import_rest_api({"first": 1}, "REGIONAL")
    client.update_api_from_swagger("id", {"second": 2})
    assert uploaded == [{"first": 1, "guarded": True}, {"second": 2, "guarded": True}]


def test_plans_that_the_new_code_counts_to_are_made_before_it(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []

    def finish(stage: str, api: str, say: Any) -> None:
        made.append((stage, api))
        raise ClientError({"Error": {"Code": "NotFoundException", "Message": "gone"}}, "Get")

    monkeypatch.setattr(gateway, "finish", finish)
    hook._prepare_plans("prod")
    assert made == [], "nothing was deployed yet"
    (project / ".chalice" / "deployed").mkdir()
    resources = [{"resource_type": "rest_api", "rest_api_id": "abc"}]
    record = project / ".chalice" / "deployed" / "prod.json"
    record.write_text(json.dumps({"resources": resources}), encoding="utf-8")
    hook._prepare_plans("prod")
    assert made == [("prod", "abc")]


def test_finishing_follows_the_record_of_the_deployment(
    unwrapped: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[Any] = []
    monkeypatch.setattr(
        ResultsRecorder, "record_results", lambda self, *rest: order.append("recorded")
    )
    monkeypatch.setattr(gateway, "finish", lambda stage, api, say: order.append((stage, api)))
    hook._finish_after("prod")
    resources = [
        {"resource_type": "lambda_function"},
        {"resource_type": "rest_api", "rest_api_id": "abc"},
    ]
    recorder = object.__new__(ResultsRecorder)
    recorder.record_results({"resources": resources}, "prod", "/project")
    assert order == ["recorded", ("prod", "abc")]


def test_a_queue_that_feeds_the_function_already_is_adopted(_aws: None, unwrapped: None) -> None:
    name = f"hook-{next(_stages)}"
    role = boto3.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    functions = boto3.client("lambda")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=role["Role"]["Arn"],
        Handler="app.worker",
        Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
    )
    queue = boto3.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    arn = boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    source = arn["Attributes"]["QueueArn"]

    class Client:
        """What the step uses of Chalice's client."""

        updated: list[Any] = []

        def _client(self, service: str) -> Any:
            return boto3.client(service)

        def update_lambda_event_source(self, **settings: Any) -> None:
            self.updated.append(settings)

        def _call_client_method_with_retries(
            self, method: Any, arguments: Any, max_attempts: int
        ) -> Any:
            return method(**arguments)

        LAMBDA_CREATE_ATTEMPTS = 1

    hook._adopt_event_sources()
    client: Any = Client()
    create: Any = TypedAWSClient.create_lambda_event_source
    first = create(client, source, name, batch_size=1)
    again = create(client, event_source_arn=source, function_name=name, batch_size=1)
    assert first == again
    assert client.updated == [{"event_uuid": first, "batch_size": 1}]
    mappings = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    assert len(mappings) == 1
