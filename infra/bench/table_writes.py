"""Write units of a refresh: when nothing changed, and when numbers did. Full shelves.

The first collection is not measured: it fills the tables. Then everything comes due twice
more, before and after the providers' numbers grew. Nothing is left out: leases, "asked at",
the calls of the day, the time that a source reserves. All works have a PMID, so that the
shelves are full for every source.
"""

import datetime as dt
import math
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
        grown = [_refresh(name, 80) for name in CHANGED]
        with checking() as check:
            _refresh(CHECKED, 80)
        sizes = _item_sizes_bytes()
    print("  writes: refreshed, numbers changed", file=sys.stderr)
    difference = check.reported - check.by_rule
    lines = [
        *_unchanged(still),
        *_changed([still[name] for name in CHANGED], grown, sizes),
        report.at_most(
            f"engine against the 1 kB rule, {check.writes:,} writes",
            abs(difference) / check.by_rule,
            0.01,
            shown=f"{check.reported:,.0f} : {check.by_rule:,.0f} units",
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


def _changed(
    still: list[tuple[Any, Spent]], grown: list[tuple[Any, Spent]], sizes: list[int]
) -> list[Line]:
    """The cost of a changed number: its share of the refresh, and what came on top."""
    written = sum(ran.written for ran, _ in grown)
    share = _without_events(still) / sum(ran.asked for ran, _ in still)
    on_top = (_without_events(grown) - _without_events(still)) / written
    kilobytes = sum(math.ceil(size / units.WRITE_UNIT_BYTES) for size in sizes) / len(sizes)
    largest = max(sizes) / 1024
    events = sum(_of_table(spent, "events") for _, spent in grown) / written
    return [
        report.at_most(
            f"number changed ({written:,} of them), events apart",
            share + on_top,
            kilobytes + 2,
            limit=f"{kilobytes:.2f} kB + 2",
        ),
        Line("  its list of events on top", report.number(events)),
        Line(
            "  size of a work's item",
            f"{sum(sizes) / len(sizes) / 1024:.1f} kB, largest {largest:.1f} kB",
        ),
    ]


def _facts(
    count: int,
    still: dict[str, tuple[Any, Spent]],
    grown: list[tuple[Any, Spent]],
    sizes: list[int],
) -> dict[str, float]:
    return {}


def _without_events(refreshed: list[tuple[Any, Spent]]) -> float:
    return sum(spent.write_units - _of_table(spent, "events") for _, spent in refreshed)


def _of_table(spent: Spent, name: str) -> float:
    return sum(number for table, number in spent.writes.items() if table.endswith(f"-{name}"))


def _item_sizes_bytes() -> list[int]:
    from chalicelib.store.tables import WorkItem

    client = WorkItem._get_connection().connection.client
    pages = client.get_paginator("scan").paginate(TableName=WorkItem.Meta.table_name)
    return [units.item_bytes(item) for page in pages for item in page["Items"]]
