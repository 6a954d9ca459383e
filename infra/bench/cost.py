"""The bill that follows: a million works × the default sources, asked once a month, and a
million API requests of 50 works.

What one shelf, number or request takes was measured; how often it happens, and how long
providers take to answer, are the assumptions below. Processor times are those of this
machine, whose core is taken to be as fast as one of Lambda's.
"""

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping

from chalicelib import sources
from infra.bench import report
from infra.bench.bed import PROJECT
from infra.bench.report import Line, Measured

BUDGET_USD = 20
WORKS = 1_000_000
REQUESTS = 1_000_000
SHELF = 50
#: Of all numbers, those that are another one than a month ago.
CHANGED_SHARE = 0.05
#: Works that have a PMID, as far as the sources find out.
WITH_PMID_SHARE = 0.34
#: Far more of the invented works are on Wikipedia than of real ones, and each that is takes
#: more calls. Real ones take about 0.15 for each of five wikis.
CALLS_PER_WORK = {"wikipedia": 0.75}
#: How long a provider takes to answer. A source's own pace may make a call take longer.
PROVIDER_SECONDS = 0.4
#: How long a round trip to a table takes a Lambda.
TABLE_SECONDS = 0.005
AUTHORIZER_SECONDS = 0.01
#: Five pollers for each of the two queues, 20 seconds a poll, also where nothing is waiting.
EMPTY_POLLS = 2 * 5 * 3 * 60 * 24 * 30
TICKS = 4 * 24 * 30
SNAPSHOTS = 30
EVIDENCE_MONTHS = 13

#: USD a unit in us-east-1, as the architecture gives them.
PRICES = {
    "write": 0.625e-6,
    "read": 0.125e-6,
    "invocation": 0.20e-6,
    "gb_second": 0.0000133334,
    "queue_request": 0.40e-6,
    "gateway_request": 3.50e-6,
    "object_put": 0.005e-3,
    "object_gb_month": 0.023,
}
#: What AWS gives to every account each month, for good.
FREE = {"invocation": 1e6, "gb_second": 400_000.0, "queue_request": 1e6}
#: A Lambda with so much memory has one core.
CORE_MB = 1769

#: Facts of ``table_writes``, ``answers`` and ``planning`` that tell whether all are there.
NEEDED = frozenset(("write_units_per_shelf", "handler_ms", "schedule_cpu_ms"))


@dataclasses.dataclass(frozen=True, slots=True)
class Item:
    """An item of the bill: what for, and how much of what is used, by the names of PRICES."""

    what: str
    used: Mapping[str, float]

    @property
    def usd(self) -> float:
        """Its price."""
        return sum(amount * PRICES[name] for name, amount in self.used.items())


def measure(facts: Mapping[str, float]) -> Measured:
    """The lines, from what other measurements found."""
    bill = [*_collecting(facts), *_serving(facts)]
    total = sum(item.usd for item in bill)
    stored_gb = facts["stored_bytes_per_work"] * WORKS / 1e9
    lines = [
        *(Line(item.what, f"{item.usd:.2f} USD") for item in bill),
        report.at_most(
            "a month, all together", total, BUDGET_USD, shown=f"{total:.2f} USD", limit="20 USD"
        ),
        Line("  less what is free in every account", f"{total - free_usd(bill):.2f} USD"),
        Line("  not in the budget's list", f"tables of {stored_gb:.1f} GB, their backups, logs"),
    ]
    title = (
        f"AWS: {WORKS // 10**6} million works × {len(_default_sources())} sources a month,"
        f" {CHANGED_SHARE:.0%} of numbers changed, {REQUESTS // 10**6} million requests"
    )
    return Measured(title, lines)


def free_usd(bill: Iterable[Item]) -> float:
    """What of a bill AWS does not charge."""
    used: dict[str, float] = {}
    for item in bill:
        for name, amount in item.used.items():
            used[name] = used.get(name, 0) + amount
    return sum(min(used.get(name, 0), amount) * PRICES[name] for name, amount in FREE.items())


def _collecting(facts: Mapping[str, float]) -> Iterator[Item]:
    names = _default_sources()
    shelves = WORKS / SHELF * len(names)
    jobs = shelves * facts["jobs_per_shelf"]
    changes = sum(_asked(name) for name in names) * CHANGED_SHARE
    writes = shelves * facts["write_units_per_shelf"] + changes * facts["write_units_per_change"]
    yield Item(f"writes: {writes / 1e6:.1f} million units", {"write": writes})
    yield Item("reads of workers", {"read": shelves * facts["read_units_per_shelf"]})
    listed = facts["list_bytes_per_work"] / 4096 / 2
    counted = WORKS * (facts["read_units_per_work"] + listed)
    yield Item("reads of the daily snapshot", {"read": counted * SNAPSHOTS})
    yield from _workers(facts, shelves, jobs)
    yield _schedule(facts, shelves)
    # A message is sent with nine others, received and deleted.
    messages = jobs * 2.1 + EMPTY_POLLS
    yield Item(f"queue: {messages / 1e6:.1f} million requests", {"queue_request": messages})
    evidence_gb = facts["object_bytes_per_shelf"] * shelves / 1e9 * EVIDENCE_MONTHS
    yield Item(
        f"evidence: {jobs:,.0f} objects, {evidence_gb:.0f} GB",
        {"object_put": jobs, "object_gb_month": evidence_gb},
    )


def _workers(facts: Mapping[str, float], shelves: float, jobs: float) -> Iterator[Item]:
    """Workers wait for providers, and for the pace that a source's calls must keep."""
    memory_mb = _memory_mb("worker")
    waiting = 0.0
    for name in _default_sources():
        source = sources.get(name)
        pace = max(source.seconds_per_call(), PROVIDER_SECONDS)
        calls = CALLS_PER_WORK.get(name, facts[f"calls_per_work.{name}"])
        waiting += _asked(name) * calls * pace
    yield Item(
        f"workers waiting, {waiting / 3600:,.0f} h × {memory_mb} MB",
        {"gb_second": waiting * memory_mb / 1024},
    )
    computing = shelves * facts["cpu_ms_per_shelf"] / 1000 / core(memory_mb)
    # A job begins and ends with some round trips, and moves a lease and a mark a shelf.
    trips = shelves * 2 + jobs * 8
    working = computing + trips * TABLE_SECONDS
    yield Item(
        f"workers working, {working / 3600:,.0f} h",
        {"gb_second": working * memory_mb / 1024, "invocation": jobs},
    )


def _schedule(facts: Mapping[str, float], shelves: float) -> Item:
    memory_mb = _memory_mb("schedule")
    moving = shelves * (facts["schedule_cpu_ms"] / 1000 / core(memory_mb) + TABLE_SECONDS)
    looking = TICKS * 3 * len(_default_sources()) * TABLE_SECONDS
    gb_seconds = (moving + looking) * memory_mb / 1024
    return Item("schedule", {"gb_second": gb_seconds, "invocation": TICKS})


def _serving(facts: Mapping[str, float]) -> Iterator[Item]:
    units = facts["read_units"]
    yield Item(f"requests: {units:.0f} read units each", {"read": REQUESTS * units})
    yield _kept(facts)
    memory_mb = _memory_mb("api_handler")
    seconds = facts["handler_ms"] / 1000 / core(memory_mb) + facts["round_trips"] * TABLE_SECONDS
    yield Item(
        f"requests: handler, {seconds * 1000:.0f} ms × {memory_mb} MB",
        {"gb_second": REQUESTS * seconds * memory_mb / 1024, "invocation": REQUESTS},
    )
    authorizing = REQUESTS * AUTHORIZER_SECONDS * _memory_mb("authorizer") / 1024
    yield Item("requests: authorizer", {"gb_second": authorizing, "invocation": REQUESTS})
    yield Item("requests: API Gateway", {"gateway_request": REQUESTS})


def _kept(facts: Mapping[str, float]) -> Item:
    """What a request leaves behind: in tables, and objects and messages if it sends any."""
    units = facts["request_write_units"]
    return Item(
        f"requests: {report.number(units)} write units each",
        {
            "write": REQUESTS * units,
            "object_put": REQUESTS * facts["request_objects_put"],
            "queue_request": REQUESTS * facts["request_messages"],
        },
    )


def core(memory_mb: int) -> float:
    """The share of a core that a Lambda of this memory has."""
    return min(memory_mb / CORE_MB, 1.0)


def _asked(name: str) -> float:
    """How many works a source is asked about."""
    return WORKS * (WITH_PMID_SHARE if "pmid" in sources.get(name).needs else 1)


def _default_sources() -> list[str]:
    return [name for name in sources.on_by_default() if sources.get(name).kind == "works"]


def _memory_mb(function: str) -> int:
    """What the project's configuration gives a function."""
    config = json.loads((PROJECT / ".chalice" / "config.json").read_text(encoding="utf-8"))
    own = config["lambda_functions"].get(function, {})
    return int(own.get("lambda_memory_size", config["lambda_memory_size"]))
