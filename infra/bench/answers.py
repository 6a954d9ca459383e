"""Answers of the API with 1, 10 and 50 works: table reads, bytes, what they cost the processor.

The Lambda's handler is called with an event of the gateway, after a first request that fills
what it keeps for a minute. The floor is what no implementation can leave out: decoding the
bytes that the tables answered, and encoding the body once. Where events are shown, it also
includes their bodies, in items and in S3, which have to be unpacked (gzip) and read (JSON).
The floor of a summary is that of the default answer without its body, since the numbers are
in the same items. What the works are like is told in ``filling``.
"""

import dataclasses
import gzip
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
import botocore.parsers
import orjson
from botocore.history import BaseHistoryHandler, get_global_history_recorder

from chalicelib import settings
from chalicelib.store.tables import WorkItem
from infra.bench import meter, report
from infra.bench.asking import SEE_OTHER, Api, Wish, body_of, in_path
from infra.bench.bed import installation
from infra.bench.filling import WORKS, fill
from infra.bench.meter import Meter, Spent
from infra.bench.report import Line, Measured

BUDGETED_SOURCES = 30
DEFAULT_SOURCES = 12
ROUND_TRIPS = 2
#: The handler may take so much time on top of the floor, as a multiple of the floor.
CPU_BUDGET = 1.5
#: How often the answer that has a budget, and that the bill is made of, is timed; and over how
#: many requests what they write is averaged.
REPEATS, METERED = 40, 10
#: The same of the others, which are timed more often while less than so much time has gone.
LEAST_REPEATS, REPEATED_SECONDS, LEAST_METERED = 3, 0.4, 2
SIZES = (1, 10, WORKS)
V3, V4, V5 = "/api/v3/articles", "/api/v4/articles", "/api/v5/articles"
#: The answer with the budget; the bill is made of it, too.
BUDGETED = f"v5 default, {WORKS} works"


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


@dataclasses.dataclass(frozen=True, slots=True)
class Answered:
    """What an answer of a warm process took: calls that read tables and objects, read units,
    and what is written as averages over several requests; the authorizer's part included."""

    times: Times
    reads: int
    objects: int
    read_units: float
    answer_bytes: int
    writes: float
    write_units: float
    objects_put: float
    messages: float
    body_bytes: int
    gzip_bytes: int
    by_link: bool

    def cells(self) -> list[str]:
        """Its row below ``_HEADS``."""
        return [
            f"{self.times.handler:.1f}",
            f"{self.times.floor:.1f}",
            f"{self.times.beyond:.2f}",
            f"{self.reads}",
            report.number(self.read_units),
            f"{self.objects or ''}",
            report.number(self.writes),
            report.number(self.write_units),
            f"{self.body_bytes / 1000:,.1f}",
            f"{self.gzip_bytes / 1000:,.1f}",
        ]


#: Processor time of the handler, its floor and what is beyond (a multiple of it), calls that
#: read tables and their units, that read S3, that write tables and their units; the body.
_HEADS = ("CPU ms", "floor", "×", "reads", "units", "S3", "writes", "units", "kB", "gzip")


class Recording(BaseHistoryHandler):
    """Keeps the bodies that DynamoDB answered to reads, by operation."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, bytes]] = []
        self._operation = ""

    def emit(self, event_type: str, payload: Any, source: str) -> None:
        """Called by botocore: a call begins, or its answer has come."""
        if event_type == "API_CALL":
            self._operation = payload["operation"]
        elif event_type == "HTTP_RESPONSE" and self._operation in meter.READING:
            self.answers.append((self._operation, payload["body"]))


def measure(sources: int) -> Measured:
    """The lines for so many sources, and the facts for the bill. The budgets speak of
    ``BUDGETED_SOURCES``: fewer leave less to decode, but not less to do."""
    with installation():
        dois = fill(sources)
        api = Api()
        bench = Bench(api)
        with bench.meter.spending() as first:
            api.answer(api.authorized(api.with_key(V5, ids=",".join(dois))))
        wishes = dict(_wishes_v5(api, dois))
        if sources == DEFAULT_SOURCES:
            wishes |= _older_wishes(api, dois)
        found = {name: bench.answered(name, wish) for name, wish in wishes.items()}
    budgeted = found[BUDGETED]
    lines: list[Line] = []
    if sources == BUDGETED_SOURCES:
        lines += _budgets(budgeted)
    lines.append(Line("reads of a process's first request", str(first.table_reads)))
    lines += report.columns("answer", _HEADS, _rows(found))
    facts = {
        "read_units": budgeted.read_units,
        "request_write_units": budgeted.write_units,
        "request_objects_put": budgeted.objects_put,
        "request_messages": budgeted.messages,
        "handler_ms": budgeted.times.handler,
        "round_trips": budgeted.reads + budgeted.writes,
    }
    return Measured(f"Answers of {sources} sources", lines, facts)


def _rows(found: Mapping[str, Answered]) -> dict[str, list[str]]:
    return {
        name + (", by link" if answered.by_link else ""): answered.cells()
        for name, answered in found.items()
    }


def _budgets(answered: Answered) -> list[Line]:
    times = answered.times
    return [
        report.at_most(f"{BUDGETED}: table round trips to read", answered.reads, ROUND_TRIPS),
        report.at_most(
            "  handler's CPU beyond the floor",
            times.beyond,
            CPU_BUDGET,
            shown=f"× {times.beyond:.2f} ({times.handler:.1f} ms: decoding"
            f" {times.decoding:.1f}, encoding {times.encoding:.1f})",
            limit="× 1.5",
        ),
        Line("  table round trips to write", report.number(answered.writes)),
        Line("  tables' answers", f"{answered.answer_bytes / 1000:,.0f} kB"),
    ]


def _wishes_v5(api: Api, dois: list[str]) -> Iterator[tuple[str, Wish]]:
    """The requests by the names of their rows."""
    for info in ("default", "summary", "detail"):
        for size in SIZES:
            name = f"v5 {info}, {size} work{'s' if size > 1 else ''}"
            yield name, api.with_key(V5, ids=",".join(dois[:size]), info=info)


def _older_wishes(api: Api, dois: list[str]) -> dict[str, Wish]:
    """Requests to the versions that show the same in other words, for a look."""
    ids = ",".join(dois)
    return {
        f"v3 default, {WORKS} works": api.with_key(V3, ids=ids),
        f"v3 detail, {WORKS} works": api.with_key(V3, ids=ids, info="detail"),
        f"v4 list, {WORKS} works": api.with_password(V4, ids=ids),
        "v4 show": api.with_password(f"{V4}/{{proxy+}}", in_path(dois[0])),
    }


class Bench:
    """Meters and times requests to an API in this process."""

    def __init__(self, api: Api) -> None:
        self.meter = Meter()
        self._api = api
        self._recording = Recording()
        get_global_history_recorder().add_handler(self._recording)

    def answered(self, name: str, wish: Wish) -> Answered:
        """What a request takes once the process is warm.

        Errors: RuntimeError if calls to tables fail, though the API may answer all the same.
        """
        event = self._api.authorized(wish)
        answer = self._api.answer(event)
        body = body_of(answer)
        spent: list[Spent] = []
        for _ in range(METERED if name == BUDGETED else LEAST_METERED):
            self._recording.answers.clear()
            with self.meter.spending() as one:
                self._api.answer(self._api.authorized(wish))
            if failed := +one.errors:
                raise RuntimeError(f"calls failed that the API makes: {', '.join(failed)}")
            spent.append(one)
        repeats = REPEATS if name == BUDGETED else LEAST_REPEATS
        times = _times(lambda: self._api.answer(event), self._recording.answers, body, repeats)
        # What is kept for a minute may have been read anew meanwhile.
        least = min(spent, key=lambda one: one.table_reads)
        return Answered(
            times=times,
            reads=least.table_reads,
            objects=least.calls["s3.GetObject"],
            read_units=least.read_units,
            answer_bytes=least.answer_bytes,
            writes=statistics.fmean(one.calls_of("dynamodb") - one.table_reads for one in spent),
            write_units=statistics.fmean(one.write_units for one in spent),
            objects_put=statistics.fmean(one.calls["s3.PutObject"] for one in spent),
            messages=statistics.fmean(one.calls_of("sqs") for one in spent),
            body_bytes=len(body),
            gzip_bytes=len(gzip.compress(body)),
            by_link=answer["statusCode"] == SEE_OTHER,
        )


def _times(
    ask: Callable[[], Any], answers: list[tuple[str, bytes]], body: bytes, repeats: int
) -> Times:
    model = WorkItem._get_connection().connection.client.meta.service_model
    parser = botocore.parsers.create_parser("json")
    wire = [
        ({"status_code": 200, "headers": {}, "body": content}, model.operation_model(operation))
        for operation, content in answers
    ]
    document = orjson.loads(body)

    def parsed() -> list[Any]:
        return [parser.parse(answer, operation.output_shape) for answer, operation in wire]

    packed = list(_packed_events(parsed()))

    def decode() -> None:
        parsed()
        for content in packed:
            orjson.loads(gzip.decompress(content))

    taken: dict[str, list[float]] = {"ask": [], "decode": [], "encode": []}
    began = time.process_time()
    while len(taken["ask"]) < repeats or (
        repeats < REPEATS and time.process_time() - began < REPEATED_SECONDS
    ):
        taken["ask"].append(cpu_ms(ask))
        taken["decode"].append(cpu_ms(decode))
        taken["encode"].append(cpu_ms(lambda: orjson.dumps(document)))
    return Times(*(statistics.median(values) for values in taken.values()))


def _packed_events(answers: list[Any]) -> Iterator[bytes]:
    """The bodies of the events in what tables answered, those in S3 too, as they are kept."""
    for answer in answers:
        for table, items in answer.get("Responses", {}).items():
            if not table.endswith("-events"):
                continue
            for item in items:
                if "body" in item:
                    yield item["body"]["B"]
                else:
                    key = item["object_key"]["S"]
                    found = boto3.client("s3").get_object(Bucket=settings.load().bucket, Key=key)
                    yield found["Body"].read()


def cpu_ms(action: Callable[[], Any]) -> float:
    """The processor time of one call, in milliseconds."""
    began = time.process_time()
    action()
    return (time.process_time() - began) * 1000
