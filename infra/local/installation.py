"""The system inside the embedded cloud: deployed as an operator does it, filled, operated.

What is known about it from run to run is kept in the cloud itself (parameter
``/lagotto-local/run``), so that it can never speak of a state that was lost.
"""

import dataclasses
import datetime as dt
import functools
import hashlib
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3

from infra import deploy, stack_name
from infra.local import vendor
from infra.local.cloud import Cloud
from infra.local.providers import sign_ins

STAGE = "local"
STACK = stack_name(STAGE)

#: A job of a worker that was killed comes back after this time; on AWS it is 960.
VISIBILITY_SECONDS = 180
#: The pace at which our own provider server is asked.
_OWN_CALLS_PER_HOUR = 100_000

_PROJECT = deploy.PROJECT
_NOTES = f"/{STACK}/run"


@dataclasses.dataclass
class Installation:
    """One installation in one embedded cloud.

    ``home`` is where its build is kept, ``site_url`` the address that people open, without a
    slash at its end.
    """

    cloud: Cloud
    home: Path
    contact: str
    providers_url: str | None = None
    site_url: str = ""
    visibility_seconds: int = VISIBILITY_SECONDS

    @property
    def worker_seconds(self) -> int:
        """The worker's timeout: it must have ended before its job is given to another one."""
        return self.visibility_seconds - 10

    @property
    def app(self) -> Path:
        """The folder that Chalice deploys from."""
        return self.home / "app"

    @property
    def environment_file(self) -> Path:
        """A file to be sourced by a shell, for commands of the operator."""
        return self.home / "environment"

    def settings(self) -> dict[str, str]:
        """The system's own settings, for functions and commands alike."""
        settings = {"LAGOTTO_STACK": STACK, "LAGOTTO_CONTACT_EMAIL": self.contact}
        if self.providers_url:
            settings["LAGOTTO_PROVIDERS_URL"] = self.providers_url
            settings["LAGOTTO_ORCID_CLIENT_ID"] = sign_ins.CLIENT_ID
        return settings | self._address()

    def _address(self) -> dict[str, str]:
        return {"LAGOTTO_SITE_URL": self.site_url} if self.site_url else {}

    def enter_environment(self) -> None:
        """Let this process, and those it starts, work on this installation."""
        names = [name for name in os.environ if name.startswith(("AWS_", "LAGOTTO_"))]
        for name in names:
            del os.environ[name]
        everything = {**self.cloud.environment(), **self.settings()}
        os.environ.update(everything)
        for name in ("NO_PROXY", "no_proxy"):
            there = os.environ.get(name)
            os.environ[name] = ",".join(filter(None, [there, "127.0.0.1", "localhost"]))
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in everything.items()]
        self.environment_file.write_text("".join(lines), encoding="utf-8")

    def deploy_if_changed(self) -> str:
        """Deploy unless the very same is deployed already; the id of the API.

        Errors: deploy.DeployError, stack.StackError.
        """
        wanted = self._fingerprint()
        if self._notes().get("deployed") == wanted and (api_id := self._api_id()):
            print("The deployed code is up to date.")
            if self._notes().get("site_url") != self.site_url:
                self._tell_address()
            return api_id
        print("Deploying, as an operator would:")
        self._build()
        deploy.deploy(
            STAGE,
            contact=self.contact,
            project=self.app,
            parameters={"VisibilitySeconds": str(self.visibility_seconds)},
            environment=self.settings(),
            say=lambda text: print(text, flush=True),
        )
        self._note(deployed=wanted, site_url=self.site_url)
        api_id = self._api_id()
        if api_id is None:
            raise deploy.DeployError("Chalice has no API on record after the deployment.")
        return api_id

    def _tell_address(self) -> None:
        """Let the function that sends links know the port of this run; no need to deploy."""
        client = boto3.client("lambda")
        there = client.get_function_configuration(FunctionName=STACK)["Environment"]["Variables"]
        client.update_function_configuration(
            FunctionName=STACK, Environment={"Variables": there | self._address()}
        )
        self._note(site_url=self.site_url)

    def fill(self, file: Path) -> None:
        """Enable the usual sources, let people sign in with the ORCID of the provider server, and
        add the works of a file, each unless that was done.

        Errors: deploy.DeployError.
        """
        if not self._notes().get("sources"):
            self._command("sources", "enable", "--defaults")
            if self.providers_url:
                self._hurry()
            self._note(sources="enabled")
        if self.providers_url and not self._notes().get("orcid"):
            from chalicelib.store import web_secrets

            web_secrets.put(web_secrets.ORCID, sign_ins.CLIENT_SECRET)
            self._note(orcid="set")
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        if self._notes().get("sample") != digest:
            print(f"Adding the works of {file.name}:", flush=True)
            self._command("works", "add", str(file))
            self._note(sample=digest)

    def _hurry(self) -> None:
        """Let sources be asked faster than the real providers allow: ours has no such limits."""
        from chalicelib.store import sources

        pace = {"rate_limiting": str(_OWN_CALLS_PER_HOUR)}
        for installed in sources.installed(fresh=True):
            sources.change(
                installed.name,
                lambda row: dataclasses.replace(row, settings={**row.settings, **pace}),
            )

    def _command(self, *words: str) -> None:
        """Run a command of the operator."""
        command = [sys.executable, "-m", "chalicelib", *words]
        if subprocess.run(command, cwd=_PROJECT, check=False).returncode != 0:
            raise deploy.DeployError(f"`{' '.join(words)}` failed (see above).")

    def wake(self) -> None:
        """Have the schedule look at once at what is due."""
        from chalicelib import queues

        queues.wake_schedule()

    def api_key(self) -> str:
        """An API key of a plain user; the same in every run."""
        from chalicelib.store import gateway_keys, keys

        known = self._notes().get("api_key")
        if known:
            return str(known)
        text, key = keys.create("make run", "user", dt.datetime.now(dt.UTC))
        gateway_keys.create_gateway_key(STACK, key.hash, "make-run")
        self._note(api_key=text)
        return text

    def _build(self) -> None:
        """Lay out the project as Chalice wants it, with this machine's libraries."""
        chalice = self.app / ".chalice"
        if not self._notes():  # the cloud knows nothing: no record of a deployment is true
            shutil.rmtree(chalice, ignore_errors=True)
        chalice.mkdir(parents=True, exist_ok=True)
        shutil.copy2(_PROJECT / "app.py", self.app)
        shutil.rmtree(self.app / "chalicelib", ignore_errors=True)
        shutil.copytree(
            _PROJECT / "chalicelib",
            self.app / "chalicelib",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        (self.app / "requirements.txt").write_text("", encoding="ascii")
        vendor.copy_libraries(_PROJECT / "requirements.txt", self.app / "vendor")
        config = json.loads((_PROJECT / ".chalice" / "config.json").read_text(encoding="utf-8"))
        config["stages"] = {}
        config.pop("lambda_architecture", None)  # a word for AWS; functions run on this machine
        config["lambda_functions"]["worker"]["lambda_timeout"] = self.worker_seconds
        (chalice / "config.json").write_text(json.dumps(config), encoding="utf-8")
        shutil.rmtree(chalice / "deployments", ignore_errors=True)

    def _fingerprint(self) -> str:
        """Changes whenever anything that is deployed does."""
        digest = hashlib.sha256()
        for path in _deployed_files():
            digest.update(f"{path.relative_to(_PROJECT)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        address = self._address()  # the port may be another in each run
        rest = (
            platform.python_version(),
            {name: value for name, value in self.settings().items() if name not in address},
            self.visibility_seconds,
            self.worker_seconds,
        )
        digest.update(repr(rest).encode())
        return digest.hexdigest()

    def _api_id(self) -> str | None:
        """The API on record, if the cloud has it."""
        for resource in deploy.deployed(self.app, STAGE):
            if resource["resource_type"] == "rest_api":
                client = boto3.client("apigateway")
                try:
                    client.get_rest_api(restApiId=resource["rest_api_id"])
                except client.exceptions.NotFoundException:
                    return None
                return resource["rest_api_id"]
        return None

    def _notes(self) -> dict[str, Any]:
        try:
            value = self._parameters.get_parameter(Name=_NOTES)["Parameter"]["Value"]
        except self._parameters.exceptions.ParameterNotFound:
            return {}
        notes: dict[str, Any] = json.loads(value)
        return notes

    def _note(self, **facts: str) -> None:
        self._parameters.put_parameter(
            Name=_NOTES, Value=json.dumps(self._notes() | facts), Type="String", Overwrite=True
        )

    @functools.cached_property
    def _parameters(self) -> Any:
        return boto3.client("ssm")


def _deployed_files() -> Iterator[Path]:
    yield _PROJECT / "app.py"
    yield _PROJECT / "requirements.txt"
    yield _PROJECT / ".chalice" / "config.json"
    yield from sorted((_PROJECT / "chalicelib").rglob("*.py"))
    yield from sorted((_PROJECT / "infra").glob("*.py"))
    yield _PROJECT / "infra" / "template.json"
    yield _PROJECT / "infra" / "local" / "ministack_shim.py"
