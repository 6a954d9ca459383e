"""A default answer of API v5 for 50 works: table reads, bytes, and what it costs the processor.

The Lambda's handler is called with an event of the gateway, after a first request that fills
what it keeps for a minute. The floor is what no implementation can leave out: decoding the
bytes that the tables answered, and encoding the body once. Collecting began two years ago; a
third of the numbers is zero, the others changed in every other month. Each of the works is
on a shelf of its own, which is the worst case for reading.
"""

import dataclasses
import datetime as dt
import gzip
import io
import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import botocore.parsers
import orjson
from botocore.history import BaseHistoryHandler, get_global_history_recorder

from chalicelib.history import History, Series
from chalicelib.model import Metrics
from chalicelib.store import catalogue, numbers, shelves
from chalicelib.store import sources as source_rows
from chalicelib.store.sources import SourceRow
from chalicelib.store.tables import ShelfItem, WorkItem
from infra.bench import invented, report
from infra.bench.bed import PROJECT, installation
from infra.bench.invented import NOW
from infra.bench.meter import Meter, Spent
from infra.bench.report import Line, Measured

WORKS = 50
BUDGETED_SOURCES = 30
DEFAULT_SOURCES = 12
ROUND_TRIPS = 2
#: The handler may take so much time on top of the floor, as a multiple of the floor.
CPU_BUDGET = 1.5
REPEATS = 40
MONTHS = 24
_GROUPS = ("viewed", "saved", "discussed", "cited", "recommended", "other")
_ROLE = {"key_hash": "0" * 64, "owner": "bench@example.org", "role": "user"}


@dataclasses.dataclass(frozen=True, slots=True)
class Times:
    """Processor time in milliseconds, medians."""

    handler: float
    decoding: float
    encoding: float

    @property
    def floor(self) -> float:
        """What no implementation can leave out."""
        return self.decoding + self.encoding

    @property
    def beyond(self) -> float:
        """The rest, as a multiple of the floor."""
        return (self.handler - self.floor) / self.floor


class Recording(BaseHistoryHandler):
    """Keeps the bodies that DynamoDB answered, by operation."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, bytes]] = []
        self._operation = ""

    def emit(self, event_type: str, payload: Any, source: str) -> None:
        """Called by botocore: a call begins, or its answer has come."""
        if event_type == "API_CALL":
            self._operation = payload["operation"]
        elif event_type == "HTTP_RESPONSE":
            self.answers.append((self._operation, payload["body"]))


def measure(sources: int) -> Measured:
    """The lines for so many sources, and the facts for the bill. The budget of processor
    time speaks of ``BUDGETED_SOURCES``: fewer leave less to decode, but not less to do."""
    with installation():
        meter = Meter()
        recording = Recording()
        ask = _prepared(sources)
        with meter.spending() as first:
            ask()
        get_global_history_recorder().add_handler(recording)
        with meter.spending() as warm:
            body = ask()
        times = _times(ask, recording.answers, body)
    facts = {
        "read_units": warm.read_units,
        "body_bytes": len(body),
        "gzip_bytes": len(gzip.compress(body)),
        "handler_ms": times.handler,
        "round_trips": warm.calls_of("dynamodb"),
    }
    title = f"Default v5 answer: {WORKS} works × {sources} sources"
    lines = _lines(first, warm, facts)
    lines.append(_cpu(times, budgeted=sources == BUDGETED_SOURCES))
    return Measured(title, lines, facts)


def _lines(first: Spent, warm: Spent, facts: dict[str, float]) -> list[Line]:
    body_kb, gzip_kb = facts["body_bytes"] / 1000, facts["gzip_bytes"] / 1000
    return [
        report.at_most("table round trips", warm.calls_of("dynamodb"), ROUND_TRIPS),
        Line("  of a process's first request", report.number(first.calls_of("dynamodb"))),
        Line(
            "read units",
            f"{report.number(warm.read_units)} (table answers of"
            f" {warm.answer_bytes / 1000:,.0f} kB)",
        ),
        Line("body", f"{body_kb:,.0f} kB, compressed {gzip_kb:,.0f} kB"),
    ]


def _cpu(times: Times, *, budgeted: bool) -> Line:
    what = "handler's CPU beyond the floor"
    shown = (
        f"× {times.beyond:.2f} ({times.handler:.1f} ms: decoding {times.decoding:.1f},"
        f" encoding {times.encoding:.1f})"
    )
    if not budgeted:
        return Line(what, shown)
    return report.at_most(what, times.beyond, CPU_BUDGET, shown=shown, limit="× 1.5")


def _prepared(sources: int) -> Callable[[], bytes]:
    """Fill the installation; a request for all works, which gives the body."""
    dois = _fill([f"source{number:02d}" for number in range(sources)])
    shown, sys.stdout = sys.stdout, io.StringIO()  # where the log of requests goes
    sys.path.insert(0, str(PROJECT))
    try:
        from app import app
    finally:
        sys.stdout = shown
    event = _event({"ids": ",".join(dois), "api_key": "k" * 20})

    def ask() -> bytes:
        answer = app(event, None)
        if answer["statusCode"] != 200:
            raise RuntimeError(f"the API answered {answer['statusCode']}: {answer['body'][:200]}")
        body: bytes = answer["body"].encode()
        return body

    return ask


def _fill(names: list[str]) -> list[str]:
    draw = random.Random("answers")
    for number, name in enumerate(names):
        group = _GROUPS[number % len(_GROUPS)]
        source_rows.put(SourceRow(name=name, title=name.title(), group=group, description="…"))
    works = invented.works(WORKS, WORKS)
    added = catalogue.add(works, NOW, NOW)
    for work, shelf in added.created:
        texts = [WorkItem.extra(name).set(_text(name, draw)) for name in names]
        WorkItem(work.key).update(actions=texts)
        now = int(NOW.timestamp())
        marks = [ShelfItem.extra(name).set(now - draw.randrange(30 * 86400)) for name in names]
        ShelfItem(shelf, shelves.ASKED).update(actions=marks)
    return [work.doi or "" for work in works]


def _text(name: str, draw: random.Random) -> str:
    """A number with two years of history, as it is stored."""
    added = [draw.randint(1, 9) if draw.random() < 0.5 else 0 for _ in range(MONTHS)]
    if draw.random() < 1 / 3:
        added = [0] * MONTHS
    periods = [invented.month_of(MONTHS - 1 - place) for place in range(MONTHS)]
    entries = tuple(
        (period.year * 100 + (period.month or 1), (count,))
        for period, count in zip(periods, added, strict=True)
        if count
    )
    return numbers.encode(
        numbers.Numbers(
            NOW - dt.timedelta(days=draw.randrange(60)),
            Metrics.of(citations=sum(added)),
            f"https://www.{name}.example.org/works?id={draw.randrange(10**9)}",
            f"{draw.randrange(16**12):012x}",
            f"{draw.randrange(16**8):08x}",
            History(months=Series(entries)),
        )
    )


def _event(parameters: dict[str, str]) -> dict[str, Any]:
    """A request as API Gateway hands it to a Lambda, after our authorizer."""
    path = "/api/v5/articles"
    headers = {"Accept": "application/json", "Host": "api.example.org"}
    return {
        "resource": path,
        "path": path,
        "httpMethod": "GET",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": parameters,
        "multiValueQueryStringParameters": {name: [text] for name, text in parameters.items()},
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": path,
            "httpMethod": "GET",
            "requestId": "bench",
            "identity": {"sourceIp": "192.0.2.1"},
            "authorizer": _ROLE,
        },
        "body": None,
        "isBase64Encoded": False,
    }


def _times(ask: Callable[[], bytes], answers: list[tuple[str, bytes]], body: bytes) -> Times:
    model = WorkItem._get_connection().connection.client.meta.service_model
    parser = botocore.parsers.create_parser("json")
    wire = [
        ({"status_code": 200, "headers": {}, "body": content}, model.operation_model(operation))
        for operation, content in answers
    ]
    document = orjson.loads(body)

    def decode() -> None:
        for answer, operation in wire:
            parser.parse(answer, operation.output_shape)

    taken: dict[str, list[float]] = {"ask": [], "decode": [], "encode": []}
    for _ in range(REPEATS):
        taken["ask"].append(_cpu_ms(ask))
        taken["decode"].append(_cpu_ms(decode))
        taken["encode"].append(_cpu_ms(lambda: orjson.dumps(document)))
    return Times(*(statistics.median(values) for values in taken.values()))


def _cpu_ms(action: Callable[[], Any]) -> float:
    began = time.process_time()
    action()
    return (time.process_time() - began) * 1000
