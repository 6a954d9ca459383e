"""Requests a second through the gateway of the embedded cloud, as ``make run`` serves them.

The real app is deployed in a temporary folder as ``make run`` does it. Default answers of API
v5 are asked for, with a key, by one client and by several. Each request passes the front, the
gateway, the authorizer and the handler; the embedded cloud is one process for all services,
and each function one local process (or several at once). So this is the speed of the embedded
cloud on this machine: only ratios say something of the app. The share of the time that the
handler's own processor time takes is told beside it, from calls of the same app in this
process.
"""

import contextlib
import http.client
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import boto3

from chalicelib.store import gateway_keys, keys
from infra.bench import report
from infra.bench.answers import SIZES, V5, cpu_ms
from infra.bench.asking import Api, Wish
from infra.bench.bed import MINISTACK
from infra.bench.filling import fill
from infra.bench.report import Measured
from infra.local.cloud import Cloud, CloudError, free_port
from infra.local.front import Front
from infra.local.installation import STACK, Installation

SOURCES = 12
CLIENTS = 4
SECONDS = 2.5
#: So many requests of each client go before.
WARMING = 2
#: How often the handler is timed in this process.
REPEATS = 15
#: More than any machine serves.
NO_LIMIT = 1_000_000
_TIMEOUT_SECONDS = 60
_HEADS = ("1 client", f"{CLIENTS} clients", "handler's CPU", "its share with 1 client")


def measure() -> Measured:
    """The lines. Errors: CloudError, DeployError, StackError."""
    with serving() as front_port:
        dois = fill(SOURCES, with_events=False)
        api = Api()
        wishes = {size: api.with_key(V5, ids=",".join(dois[:size])) for size in SIZES}
        gateway_keys.create_gateway_key(STACK, keys.hash_of(api.key), "bench")
        targets = {size: f"{V5}?{urlencode(wish.params)}" for size, wish in wishes.items()}
        rate(front_port, targets[1], CLIENTS, 0)  # so that all processes are there
        rows = {}
        for size, target in targets.items():
            alone = rate(front_port, target, 1, SECONDS)
            together = rate(front_port, target, CLIENTS, SECONDS)
            handler_ms = _handler_ms(api, wishes[size])
            rows[f"{size} work{'s' if size > 1 else ''}"] = [
                f"{alone:.1f}/s",
                f"{together:.1f}/s",
                f"{handler_ms:.1f} ms",
                f"{handler_ms * alone / 1000:.0%}",
            ]
    title = f"Default v5 answers through the embedded cloud's gateway, {SOURCES} sources"
    return Measured(title, report.columns("requests a second", _HEADS, rows))


@contextlib.contextmanager
def serving() -> Iterator[int]:
    """The app deployed into an empty embedded cloud, which this process then works on, without
    the limits of the standard plan; the port it is served at.

    Errors: CloudError, DeployError, StackError.
    """
    if not MINISTACK.exists():
        raise CloudError(f"{MINISTACK} is missing; `make bench` sets it up.")
    with tempfile.TemporaryDirectory(prefix="lagotto-bench-") as folder:
        home = Path(folder)
        with Cloud(home, MINISTACK, free_port()).running() as cloud:
            installation = Installation(cloud, home, "bench@example.org")
            installation.enter_environment()
            with silence(home / "deploy.log"):
                api_id = installation.deploy_if_changed()
            print("  gateway: deployed", file=sys.stderr)
            lift_limits(STACK)
            front = Front(0, cloud_port=cloud.port, api_id=api_id)
            try:
                yield front.port
            finally:
                front.close()


def _handler_ms(api: Api, wish: Wish) -> float:
    event = api.authorized(wish)
    api.answer(event)
    return statistics.median(cpu_ms(lambda: api.answer(event)) for _ in range(REPEATS))


def lift_limits(stack: str) -> None:
    """Let the standard plan of a deployed stack hinder nobody."""
    client = boto3.client("apigateway")
    (plan,) = [
        plan
        for plan in client.get_usage_plans(limit=500)["items"]
        if plan["name"] == gateway_keys.plan_name(stack, gateway_keys.STANDARD)
    ]
    client.update_usage_plan(
        usagePlanId=plan["id"],
        patchOperations=[
            {"op": "replace", "path": path, "value": str(NO_LIMIT)}
            for path in ("/throttle/rateLimit", "/throttle/burstLimit", "/quota/limit")
        ],
    )


def rate(port: int, target: str, clients: int, seconds: float) -> float:
    """Requests a second of so many clients at once, each on a connection of its own, which
    asks again as soon as it has its answer. Errors: RuntimeError on an answer other than 200.
    """
    spans: list[tuple[float, float, int]] = []
    failed: list[BaseException] = []
    together = threading.Barrier(clients, timeout=_TIMEOUT_SECONDS)

    def ask() -> None:
        try:
            spans.append(_asked(port, target, seconds, together))
        except (RuntimeError, OSError, http.client.HTTPException) as error:
            failed.append(error)
            together.abort()

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise RuntimeError(f"a request failed: {failed[0]}") from failed[0]
    seconds_taken = max(ended for _, ended, _ in spans) - min(began for began, _, _ in spans)
    return sum(count for _, _, count in spans) / seconds_taken


def _asked(
    port: int, target: str, seconds: float, together: threading.Barrier
) -> tuple[float, float, int]:
    """When one client began and ended, and how many answers it got in between."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)
    with contextlib.closing(connection):
        for _ in range(WARMING):
            _get(connection, target)
        together.wait()
        began = now = time.perf_counter()
        count = 0
        while now < began + seconds:
            _get(connection, target)
            count += 1
            now = time.perf_counter()
    return began, now, count


def _get(connection: http.client.HTTPConnection, target: str) -> bytes:
    connection.request("GET", target)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"status {answer.status}: {body[:200].decode('utf-8', 'replace')}")
    return body


@contextlib.contextmanager
def silence(log: Path) -> Iterator[None]:
    """Let this process and those that it starts write into a file. After an error it is shown."""
    sys.stdout.flush()
    kept = os.dup(1), os.dup(2)
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        yield
    except BaseException:
        os.write(kept[1], log.read_bytes())
        raise
    finally:
        sys.stdout.flush()
        for place, before in enumerate(kept, 1):
            os.dup2(before, place)
            os.close(before)
