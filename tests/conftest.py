"""A fake AWS in memory (moto) with the stack's tables, queues and bucket."""

import contextlib
import io
import os
import socket
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
import hypothesis
import pytest
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table

if TYPE_CHECKING:
    from tests.visiting import Site

pytest.register_assert_rewrite("tests.clients", "tests.contract_items")

# How long things take says nothing on a machine that does others, and the first run is slow.
hypothesis.settings.register_profile(
    "lagotto", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("lagotto")

STACK = "lagotto-test"
BUCKET = "lagotto-test-bucket"

os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_EC2_METADATA_DISABLED="true",
    LAGOTTO_STACK=STACK,
    LAGOTTO_BUCKET=BUCKET,
    LAGOTTO_CONTACT_EMAIL="operator@example.org",
    LAGOTTO_SITE_URL="https://metrics.example.org",
)
os.environ.pop("AWS_ENDPOINT_URL", None)


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """No test reaches beyond this machine, whatever it tries."""
    connect = socket.socket.connect

    def only_here(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"a test tried to reach {address[0]}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", only_here)
        yield


@pytest.fixture(scope="session")
def _aws() -> Iterator[None]:
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        boto3.client("ssm").put_parameter(
            Name=f"/{STACK}/web/session-secret", Value="a secret of tests", Type="SecureString"
        )
        yield


#: The stack's tables that no test has at present: moto takes longer to make them than most
#: tests do to run.
_parked: dict[str, Table] = {}


@contextlib.contextmanager
def empty_tables(*only: str) -> Iterator[None]:
    """Empty tables of the stack; nothing is cached from the test before.

    ``only`` are names of models, for tests that need no others.
    """
    from chalicelib import overview
    from chalicelib.store import accounts, keys, sources, web_secrets
    from chalicelib.store.tables import MODELS

    overview.forget_cache()
    sources.forget_cache()
    keys._cache.clear()
    accounts._proved.clear()
    web_secrets.forget_cache()
    models = [model for model in MODELS if not only or model.__name__ in only]
    tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][os.environ["AWS_DEFAULT_REGION"]].tables
    for model in models:
        name = model.Meta.table_name
        if name in _parked:
            tables[name] = _parked.pop(name)
        else:
            model.create_table()
    yield
    for model in models:
        name = model.Meta.table_name
        table = tables.pop(name, None)
        if table is not None:
            table.items.clear()
            _parked[name] = table


@pytest.fixture
def tables(_aws: None) -> Iterator[None]:
    """Empty tables for one test."""
    with empty_tables():
        yield


@pytest.fixture
def people_tables(_aws: None) -> Iterator[None]:
    """The tables of accounts and alerts, empty, for one test; half the time of all."""
    with empty_tables("ControlItem", "AlertItem"):
        yield


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """All that the app logs, as text."""
    from app import log

    stream = io.StringIO()
    before = log.registered_handler.setStream(stream)
    yield stream.getvalue
    log.registered_handler.setStream(before)


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords whose hashes cost next to nothing."""
    from chalicelib.store import passwords

    monkeypatch.setattr(passwords, "COST", passwords.Cost(4, 1, 1))


@pytest.fixture
def site(tables: None) -> "Site":
    """The API with empty tables and a key of each role."""
    from tests.visiting import Site

    return Site()


@pytest.fixture(scope="module")
def accounts_site(_aws: None) -> Iterator["Site"]:
    """The API with the contract's data and an account of each role, for a module's tests."""
    from tests.signing_in import site_with_accounts

    with site_with_accounts() as site:
        yield site


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The works of each job that is sent; no queue is needed."""
    from chalicelib import planner

    works_of_jobs: list[tuple[str, ...]] = []

    def send(batch: Any) -> int:
        works_of_jobs.extend(tuple(job.works) for job, _ in batch)
        return len(batch)

    monkeypatch.setattr(planner.queues, "send", send)
    return works_of_jobs


@contextlib.contextmanager
def fresh_usage_plan() -> Iterator[str]:
    """The stack's usage plan in the fake gateway, where no keys are: its id. Nothing stays."""
    from chalicelib.store import gateway_keys

    client = boto3.client("apigateway")
    for key in client.get_api_keys()["items"]:
        client.delete_api_key(apiKey=key["id"])
    plan = client.create_usage_plan(name=gateway_keys.plan_name(STACK, gateway_keys.STANDARD))["id"]
    yield plan
    for key in client.get_api_keys()["items"]:
        client.delete_api_key(apiKey=key["id"])
    client.delete_usage_plan(usagePlanId=plan)


@pytest.fixture
def usage_plan(_aws: None) -> Iterator[str]:
    """The id of the stack's usage plan, for one test."""
    with fresh_usage_plan() as plan:
        yield plan


@contextlib.contextmanager
def empty_queues() -> Iterator[dict[str, str]]:
    """Empty queues: {"fetch": url, "fetch-dead": url}."""
    from chalicelib import queues

    client = boto3.client("sqs")
    names = (queues.FETCH, queues.DEAD)
    urls = {name: client.create_queue(QueueName=f"{STACK}-{name}")["QueueUrl"] for name in names}
    queues._url.cache_clear()
    yield urls
    for url in urls.values():
        client.delete_queue(QueueUrl=url)


@pytest.fixture
def queue_urls(_aws: None) -> Iterator[dict[str, str]]:
    """Empty queues for one test."""
    with empty_queues() as urls:
        yield urls


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: the others run beside it."""
    items.sort(key=lambda item: "cloud" not in item.keywords)
