"""Write units of a refresh: when nothing changed, and when numbers did. Full shelves.

The first collection is not measured: it fills the tables. Then everything comes due twice
more, before and after the providers' numbers grew. Nothing is left out: leases, "asked at",
the calls of the day, the time that a source reserves. All works have a PMID, so that the
shelves are full for every source.
"""

import dataclasses
import datetime as dt
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pynamodb.models import Model

from chalicelib import intake, sources
from chalicelib.store.tables import MODELS, WorkItem
from infra.bench import report, units
from infra.bench.bed import install, installation_with_providers
from infra.bench.crosscheck import checking
from infra.bench.invented import NOW, works
from infra.bench.meter import Meter, Spent
from infra.bench.report import Line, Measured
from infra.bench.timeline import Ran, Timeline

UNCHANGED_BUDGET = 0.1
#: Numbers are changed at these: one without and one with a list of events.
CHANGED = ("openalex", "opencitations")
#: Its writes are priced twice.
CHECKED = "crossref"
#: Much more than a month brings, so that nearly every number is another one.
GROWTH = 0.5
_HALF_A_DAY = dt.timedelta(hours=12)
_METER = Meter()

#: What the jobs of a refresh came to, and what they used.
Refreshed = tuple[Ran, Spent]


@dataclasses.dataclass(frozen=True, slots=True)
class Grown:
    """A refresh that changed numbers. ``billed_kb`` is the size of the works whose number
    changed, each rounded up to a kB as it is billed, added up."""

    ran: Ran
    spent: Spent
    billed_kb: int


def measure(count: int) -> Measured:
    """The lines, and the units that the bill is made of."""
    names = [name for name in sources.on_by_default() if sources.get(name).kind == "works"]
    with installation_with_providers() as providers:
        _fill(names, count)
        print("  writes: collected", file=sys.stderr)
        still, calls = {}, {}
        for name in names:
            providers.reset()
            still[name] = _refresh(name, 40)
            calls[name] = sum(providers.calls()["calls"].values())
        print("  writes: refreshed, nothing changed", file=sys.stderr)
        providers.state.world.growth_per_day, providers.state.world.day = GROWTH, 1
        grown = [_grow(name) for name in CHANGED]
        with checking() as check:
            _refresh(CHECKED, 80)
        sizes = [units.item_bytes(item) for item in _items().values()]
        stored = {model.__name__: _stored_bytes(model) for model in MODELS}
    print("  writes: refreshed, numbers changed", file=sys.stderr)
    lines = [
        *_unchanged(still),
        *_changed(grown),
        Line(
            "  size of a work's item",
            f"{sum(sizes) / len(sizes) / 1024:.1f} kB, largest {max(sizes) / 1024:.1f} kB",
        ),
        report.at_most(
            f"engine against the 1 kB rule, {check.writes:,} writes",
            abs(check.reported - check.by_rule) / check.by_rule,
            0.01,
            shown=f"{check.reported:,.0f} against {check.by_rule:,.0f} units",
            limit="1 % apart",
        ),
    ]
    title = f"Table writes per (work, source) refreshed: {count:,} works on full shelves"
    facts = _facts(count, still, calls, grown) | {
        "read_units_per_work": units.read_units(sizes) / count,
        "list_bytes_per_work": stored["ListItem"] / count,
        "stored_bytes_per_work": sum(stored.values()) / count,
    }
    return Measured(title, lines, facts)


def _fill(names: Sequence[str], count: int) -> None:
    install(names)
    timeline = Timeline(NOW)
    given = works(count, count // 50, only_with_pmid=True)
    for start in range(0, count, 100):
        intake.add(given[start : start + 100], NOW)
    timeline.run_until(NOW + _HALF_A_DAY, names)


def _refresh(name: str, days: int) -> tuple[Ran, Spent]:
    """What a source's jobs came to, and what they used, when all shelves were due."""
    timeline = Timeline(NOW + dt.timedelta(days=days))
    with _METER.spending() as spent:
        timeline.run_until(timeline.now + _HALF_A_DAY, [name])
    return timeline.ran, spent


def _unchanged(still: Mapping[str, Refreshed]) -> list[Line]:
    written = sum(ran.written for ran, _ in still.values())
    # Shelves are not full for sources of one repository, which ask about few works of each.
    still = {name: one for name, one in still.items() if not sources.get(name).prefixes}
    each = {name: spent.write_units / ran.asked for name, (ran, spent) in still.items()}
    if written:
        raise RuntimeError(f"{written} numbers changed in a refresh that should change none")
    asked = sum(ran.asked for ran, _ in still.values())
    average = sum(spent.write_units for _, spent in still.values()) / asked
    worst = max(each, key=lambda name: each[name])
    return [
        report.at_most(f"nothing changed, {len(each)} sources", average, UNCHANGED_BUDGET),
        report.at_most(f"nothing changed, worst ({worst})", each[worst], UNCHANGED_BUDGET),
    ]


def _changed(grown: Sequence[Grown]) -> list[Line]:
    """What one more changed number costs. Counters are written once a job."""
    written = sum(part.ran.written for part in grown)
    each = sum(_of_numbers(part.spent) for part in grown) / written
    kilobytes = sum(part.billed_kb for part in grown) / written
    counters = sum(part.spent.writes_of("lists", "UpdateItem") for part in grown) / written
    events = sum(part.spent.writes_of("events") for part in grown) / written
    return [
        report.at_most(
            f"number changed ({written:,} of them)",
            each,
            kilobytes + 2,
            limit=f"{kilobytes:.2f} kB + 2",
        ),
        Line("  its list of events on top", report.number(events)),
        Line("  its share of the job's counters on top", report.number(counters)),
    ]


def _grow(name: str) -> Grown:
    before = _items()
    ran, spent = _refresh(name, 80)
    after = _items()
    billed_kb = sum(
        units.write_units(before[key], after[key])
        for key in after
        if before[key].get(f"s_{name}") != after[key].get(f"s_{name}")
    )
    return Grown(ran, spent, billed_kb)


def _of_numbers(spent: Spent) -> float:
    """Units of the works' items and of the rows in lists by count and date."""
    return spent.writes_of("works") + spent.writes_of("lists", "PutItem", "DeleteItem")


def _facts(
    count: int, still: Mapping[str, Refreshed], calls: Mapping[str, int], grown: Sequence[Grown]
) -> dict[str, float]:
    """What the bill is made of: per shelf and source, per changed number, per work."""
    shelves = count / 50 * len(still)
    spent = [spent for _, spent in still.values()]
    written = sum(part.ran.written for part in grown)
    on_top = sum(
        _of_numbers(part.spent)
        + part.spent.writes_of("lists", "UpdateItem")
        + part.spent.writes_of("events")
        for part in grown
    )
    return {
        "write_units_per_shelf": sum(part.write_units for part in spent) / shelves,
        "read_units_per_shelf": sum(part.read_units for part in spent) / shelves,
        "jobs_per_shelf": sum(ran.jobs for ran, _ in still.values()) / shelves,
        "cpu_ms_per_shelf": sum(ran.cpu_ms for ran, _ in still.values()) / shelves,
        "object_bytes_per_shelf": sum(part.object_bytes for part in spent) / shelves,
        "write_units_per_change": on_top / written,
        **{f"calls_per_work.{name}": number / count for name, number in calls.items()},
    }


def _items() -> dict[str, Any]:
    """All works as they are stored, by key."""
    return {item["key"]["S"]: item for item in _scan(WorkItem)}


def _stored_bytes(model: type[Model]) -> int:
    """What a table holds, with the 100 bytes that DynamoDB adds to each item."""
    return sum(units.item_bytes(item) + 100 for item in _scan(model))


def _scan(model: type[Model]) -> Iterator[Any]:
    client = model._get_connection().connection.client
    for page in client.get_paginator("scan").paginate(TableName=model.Meta.table_name):
        yield from page["Items"]
