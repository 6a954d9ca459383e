"""Deployment in order: the stage's files, the stack, the code, the gateway. Safe to repeat."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import boto3

from infra import stack, stages

PROJECT = Path(__file__).parent.parent


class DeployError(Exception):
    """A deployment that did not come to its end; the text says what to do."""


def deploy(
    stage: str,
    *,
    contact: str | None = None,
    project: Path = PROJECT,
    parameters: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    say: Callable[[str], None] = print,
) -> str:
    """Deploy a stage into the account that the AWS settings name; the URL of its API.

    ``contact`` is the operator's mail address; once given it stays. ``parameters`` go to the
    stack, ``environment`` to the functions. Errors: DeployError, stack.StackError.
    """
    account = boto3.client("sts").get_caller_identity()["Account"]
    variables = {"LAGOTTO_BUCKET": f"lagotto-{stage}-{account}"} | dict(environment or {})
    if contact:
        variables["LAGOTTO_CONTACT_EMAIL"] = contact
    written = stages.write(project, stage, variables)
    if written and project == PROJECT:
        names = ", ".join(str(path.relative_to(project)) for path in written)
        say(f"Wrote {names}: keep them in the repository, and .chalice/deployed/{stage}.json too.")
    if not stages.variables(project, stage).get("LAGOTTO_CONTACT_EMAIL"):
        raise DeployError(
            "Providers want to know whom to write to: give your mail address once, with"
            f" `make deploy STAGE={stage} CONTACT=you@example.org`."
        )
    given = dict(parameters or {})
    if contact:
        given["Contact"] = contact
    stack.ensure(stage, given, say)
    _run_chalice(project, stage)
    return api_url(project, stage)


def api_url(project: Path, stage: str) -> str:
    """The URL of the deployed API, from Chalice's record. Errors: DeployError."""
    for resource in deployed(project, stage):
        if resource["resource_type"] == "rest_api":
            return resource["rest_api_url"]
    raise DeployError(f"The stage {stage} has no API on record: deploy it first.")


def deployed(project: Path, stage: str) -> list[dict[str, str]]:
    """What Chalice has on record for the stage; empty if it was never deployed."""
    path = project / ".chalice" / "deployed" / f"{stage}.json"
    if not path.exists():
        return []
    resources: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))["resources"]
    return resources


def _run_chalice(project: Path, stage: str) -> None:
    """Run what an operator types, with this project's infra/ within reach."""
    chalice = Path(sys.executable).with_name("chalice")
    paths = [str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [str(chalice), "deploy", "--stage", stage],
        cwd=project,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    )
    if done.returncode != 0:
        raise DeployError(f"`chalice deploy --stage {stage}` failed (see above).")
