"""Write units of a refresh: when nothing changed, and when numbers did. Full shelves.

The first collection is not measured: it fills the tables. Then everything comes due twice
more, before and after the providers' numbers grew. Nothing is left out: leases, "asked at",
the calls of the day, the time that a source reserves. All works have a PMID, so that the
shelves are full for every source.
"""

import dataclasses
import datetime as dt
import sys
from collections.abc import Sequence
from typing import Any

from chalicelib import sources
from infra.bench import report, units
from infra.bench.bed import install, installation_with_providers
from infra.bench.invented import NOW, works
from infra.bench.meter import Meter, Spent
from infra.bench.report import Line, Measured

UNCHANGED_BUDGET = 0.1
#: Numbers are changed at these: one without and one with a list of events.
CHANGED = ("openalex", "opencitations")
#: Its writes are priced twice.
CHECKED = "crossref"
#: Much more than a month brings, so that nearly every number is another one.
GROWTH = 0.5
_HALF_A_DAY = dt.timedelta(hours=12)


def measure(count: int) -> Measured:
    """The lines, and the units that the bill is made of."""
    from infra.bench.crosscheck import checking

    names = sources.names()
    with installation_with_providers() as providers:
        _fill(names, count)
        print("  writes: collected", file=sys.stderr)
        still = {name: _refresh(name, 40) for name in names}
        print("  writes: refreshed, nothing changed", file=sys.stderr)
        providers.state.world.growth_per_day, providers.state.world.day = GROWTH, 1
        grown = [_grow(name) for name in CHANGED]
        with checking() as check:
            _refresh(CHECKED, 80)
        sizes = [units.item_bytes(item) for item in _items().values()]
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
    return Measured(title, lines, _facts(count, still, grown, sizes))


def _fill(names: Sequence[str], count: int) -> None:
    from chalicelib import intake
    from infra.bench.timeline import Timeline

    install(names)
    timeline = Timeline(NOW)
    given = works(count, count // 50, only_with_pmid=True)
    for start in range(0, count, 100):
        intake.add(given[start : start + 100], NOW)
    timeline.run_until(NOW + _HALF_A_DAY, names)


def _refresh(name: str, days: int) -> tuple[Any, Spent]:
    """What a source's jobs came to, and what they used, when all shelves were due."""
    from infra.bench.timeline import Timeline

    timeline = Timeline(NOW + dt.timedelta(days=days))
    with _METER.spending() as spent:
        timeline.run_until(timeline.now + _HALF_A_DAY, [name])
    return timeline.ran, spent


_METER = Meter()


def _unchanged(still: dict[str, tuple[Any, Spent]]) -> list[Line]:
    each = {name: spent.write_units / ran.asked for name, (ran, spent) in still.items()}
    written = sum(ran.written for ran, _ in still.values())
    if written:
        raise RuntimeError(f"{written} numbers changed in a refresh that should change none")
    asked = sum(ran.asked for ran, _ in still.values())
    average = sum(spent.write_units for _, spent in still.values()) / asked
    worst = max(each, key=lambda name: each[name])
    return [
        report.at_most(f"nothing changed, {len(each)} sources", average, UNCHANGED_BUDGET),
        report.at_most(f"nothing changed, worst ({worst})", each[worst], UNCHANGED_BUDGET),
    ]


def _changed(grown: list["Grown"]) -> list[Line]:
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


@dataclasses.dataclass(frozen=True, slots=True)
class Grown:
    """A refresh that changed numbers. ``billed_kb`` is the size of the works whose number
    changed, each rounded up to a kB as it is billed, added up."""

    ran: Any
    spent: Spent
    billed_kb: int


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
    count: int, still: dict[str, tuple[Any, Spent]], grown: list[Grown], sizes: list[int]
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
        "object_bytes_per_shelf": sum(part.object_bytes for part in spent) / shelves,
        "write_units_per_change": on_top / written,
        "item_bytes": sum(sizes) / len(sizes),
    }


def _items() -> dict[str, Any]:
    """All works as they are stored, by key."""
    from chalicelib.store.tables import WorkItem

    client = WorkItem._get_connection().connection.client
    pages = client.get_paginator("scan").paginate(TableName=WorkItem.Meta.table_name)
    return {item["key"]["S"]: item for page in pages for item in page["Items"]}
