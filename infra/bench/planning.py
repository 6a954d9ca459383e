"""What the schedule does per due shelf, as the number of works grows.

Two cases: everything is due, as after an import, and the same few shelves are due among ever
more that are not. The queue is the embedded cloud's. Shelves are written as rows in bulk, with
the keys of works that are not there: the schedule never reads a work.
"""

import dataclasses
import datetime as dt
import statistics
import sys
import time
from collections.abc import Sequence

from chalicelib import planner
from chalicelib.store import shelves
from chalicelib.store.tables import ShelfItem
from infra.bench import report
from infra.bench.bed import free_pace, install, installation
from infra.bench.invented import NOW, month_of
from infra.bench.meter import Meter, Spent
from infra.bench.report import Line, Measured

#: One that asks about 50 works a call, and one that asks work by work and is soon at its pace.
SOURCES = ("crossref", "opencitations")
FEW_SHELVES = 20
#: How often few shelves are planned, and of how many works; the median time counts.
REPEATS = 5
FEW_WORKS = 5000
_MONTHS = dt.timedelta(days=40)
SHELVES_A_MONTH = 40


@dataclasses.dataclass(frozen=True, slots=True)
class Work:
    """What the schedule did for each shelf that it sent."""

    table_calls: float
    read_units: float
    write_units: float
    cpu_ms: float


def measure(sizes: Sequence[int]) -> Measured:
    """The lines: the smallest number of works against the largest."""
    with installation():
        meter = Meter()
        install(SOURCES)
        all_due: dict[int, Work] = {}
        few_due: dict[int, Work] = {}
        now, filled = NOW, 0
        for size in sizes:
            _fill(filled, size // 50, now)
            filled = size // 50
            done = []
            for _ in range(REPEATS if size <= FEW_WORKS else 1):
                done.append(_everything(meter, now))
                # Long enough that all of them are due once more.
                now += _MONTHS
            all_due[size] = _median(done)
            few_due[size] = _median(_few(meter, now))
            now += _MONTHS
            print(f"  planning: {size:,} works", file=sys.stderr)
    lines = [
        *_growth("all shelves due", all_due),
        *_growth(f"{FEW_SHELVES} shelves due of each source", few_due),
    ]
    title = f"Schedule, per due shelf: {min(sizes):,} → {max(sizes):,} works"
    return Measured(title, lines, {"schedule_cpu_ms": few_due[max(sizes)].cpu_ms})


def _fill(start: int, end: int, due_at: dt.datetime) -> None:
    """Open shelves number ``start`` to ``end``, all due."""
    names = [_name(number) for number in range(start, end)]
    with ShelfItem.batch_write() as batch:
        for number, name in enumerate(names, start):
            keys = {f"doi:10.5555/shelf.{number:06d}.work.{place:02d}" for place in range(50)}
            youngest = month_of(number // SHELVES_A_MONTH).first_day().isoformat()
            batch.save(ShelfItem(name, shelves.WORKS, members=keys, youngest=youngest))
    shelves.put_due([(name, source) for name in names for source in SOURCES], due_at)


def _name(number: int) -> str:
    month = str(month_of(number // SHELVES_A_MONTH))[:7]
    return shelves.shelf_name(month, number % SHELVES_A_MONTH * 50)


def _everything(meter: Meter, now: dt.datetime) -> Work:
    """One tick when all shelves are due, for each source as many as its pace allows."""
    free_pace(SOURCES, now)
    return _planned(meter, now)[0]


def _few(meter: Meter, now: dt.datetime) -> list[Work]:
    """Ticks at which few shelves are due, after the rest was put off."""
    later = shelves.time_text(now + dt.timedelta(days=30))
    for source in SOURCES:
        for name, due_at in list(shelves.due(source, now)):
            shelves.move(source, name, due_at, later)
    done = []
    for repeat in range(REPEATS):
        at = now + dt.timedelta(minutes=15 * repeat)
        free_pace(SOURCES, at)
        for source in SOURCES:
            for number in range(FEW_SHELVES):
                shelves.hasten(source, _name(number), at)
        work, sent = _planned(meter, at)
        if sent != FEW_SHELVES * len(SOURCES):
            raise RuntimeError(f"{sent} shelves were sent; {FEW_SHELVES} of each source were due")
        done.append(work)
    return done


def _median(done: list[Work]) -> Work:
    """The last of several, with the median of their times; all else is the same in each."""
    return dataclasses.replace(done[-1], cpu_ms=statistics.median(work.cpu_ms for work in done))


def _planned(meter: Meter, now: dt.datetime) -> tuple[Work, int]:
    with meter.spending() as spent:
        began = time.process_time()
        planned = planner.plan(now)
        cpu_ms = (time.process_time() - began) * 1000
    sent = sum(entry.works for entry in planned) // 50
    return _per_shelf(spent, cpu_ms, sent), sent


def _per_shelf(spent: Spent, cpu_ms: float, sent: int) -> Work:
    return Work(
        table_calls=spent.calls_of("dynamodb") / sent,
        read_units=spent.read_units / sent,
        write_units=spent.write_units / sent,
        cpu_ms=cpu_ms / sent,
    )


def _growth(case: str, work: dict[int, Work]) -> list[Line]:
    first, last = work[min(work)], work[max(work)]
    lines = []
    for name in ("table_calls", "read_units", "write_units", "cpu_ms"):
        before, after = getattr(first, name), getattr(last, name)
        shown = f"{report.number(before)} → {report.number(after)}"
        lines.append(report.flat(f"{case}: {name.replace('_', ' ')}", after / before, shown))
    return lines
