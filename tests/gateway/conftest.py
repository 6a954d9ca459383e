"""One embedded cloud for all tests of the gateway, with the deployed application in it."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from infra.local.cloud import Cloud, free_port
from infra.local.front import Front
from infra.local.run import MINISTACK, PROJECT
from tests.gateway.site import GatewaySite

#: Longer than any machine takes to deploy; what hangs must end.
_PATIENCE_SECONDS = 300


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewaySite]:
    """The deployed application with the data and people of the contract."""
    if not MINISTACK.exists():
        pytest.fail("The embedded cloud's environment is missing: run `make cloud-environment`.")
    home = tmp_path_factory.mktemp("gateway")
    with Cloud(home, MINISTACK, free_port()).running() as cloud:
        front = Front(0, cloud_port=cloud.port, api_id=_deploy_and_fill(cloud))
        try:
            yield GatewaySite(cloud, front.port)
        finally:
            front.close()


def _deploy_and_fill(cloud: Cloud) -> str:
    """The id of the API."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.gateway.fill", str(cloud.home), str(cloud.port)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        log = (cloud.home / "cloud.log").read_text(encoding="utf-8", errors="replace")
        pytest.fail(f"The deployment failed:\n{done.stdout}\n{log[-5000:]}")
    return (cloud.home / "api-id").read_text(encoding="ascii")
