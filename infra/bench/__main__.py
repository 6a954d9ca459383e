"""``make bench``, ``WORKS="1000 10000" make bench``, ``PACKAGE=1 make bench``.

WORKS are the sizes of what grows. Where one is given, an import is also measured with twice
as many works, and the schedule with a hundred times as many, up to 100,000. Units of writes
are the same for any number, and measured on a fifth of the works, at most 1,000. Names of
measurements as arguments run only these.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence

from infra.bench import (
    answers,
    cold_start,
    cost,
    fresh,
    gateway,
    importing,
    package,
    planning,
    provider_calls,
    report,
    table_writes,
)
from infra.bench.report import Measured
from infra.deploy import DeployError
from infra.local.cloud import CloudError
from infra.local.providers.server import PortTaken
from infra.stack import StackError

SPARSE_WORKS = 200
MOST_PLANNED_WORKS = 100_000
MOST_WRITTEN_WORKS = 1000
LEAST_WORKS = 1000

Facts = dict[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit status, which does not depend on the budgets."""
    parser = argparse.ArgumentParser(prog="python -m infra.bench", description=__doc__)
    parser.add_argument("only", nargs="*", help=", ".join(_MEASUREMENTS))
    only = parser.parse_args(arguments).only or list(_MEASUREMENTS)
    if unknown := set(only) - set(_MEASUREMENTS):
        parser.error(f"no measurement is called {', '.join(sorted(unknown))}")
    fresh.end_with_this_process()
    began = time.monotonic()
    try:
        sizes = _sizes(os.environ.get("WORKS", ""))
        measured = _measured([name for name in _MEASUREMENTS if name in only], sizes)
    except (CloudError, DeployError, PortTaken, StackError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    print(_machine(), report.table(measured), sep="\n")
    print(f"It took {time.monotonic() - began:.0f} s.")
    return 0


def _sizes(text: str) -> list[int]:
    """The numbers of works, ascending. Errors: ValueError."""
    words = text.replace(",", " ").split() or ["1000"]
    if not all(word.isdecimal() and int(word) >= LEAST_WORKS for word in words):
        raise ValueError(f"WORKS={text!r}: give numbers of {LEAST_WORKS} or more.")
    return sorted({int(word) for word in words})


def _measured(names: Sequence[str], sizes: list[int]) -> list[Measured]:
    """What the measurements of these names found, in their order."""
    found: list[Measured] = []
    facts: Facts = {}
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        for part in _MEASUREMENTS[name](sizes, facts):
            found.append(part)
            facts |= part.facts
    return found


def _collecting(sizes: list[int], _: Facts) -> list[Measured]:
    """Calls and units are counted, not timed, so these run side by side."""
    calls: list[tuple[object, ...]] = [
        (table_writes.measure, min(_on_full_shelves(sizes[-1] // 5), MOST_WRITTEN_WORKS)),
        (provider_calls.measure, "full", _on_full_shelves(sizes[-1])),
        (provider_calls.measure, "sparse", SPARSE_WORKS),
    ]
    writes, full, sparse = fresh.run_all(calls, at_once=2)
    return [full, sparse, writes]


def _answering(_: list[int], __: Facts) -> list[Measured]:
    many = fresh.run(answers.measure, answers.BUDGETED_SOURCES)
    return [many, fresh.run(answers.measure, answers.DEFAULT_SOURCES)]


def _planning(sizes: list[int], _: Facts) -> list[Measured]:
    if len(sizes) == 1:
        sizes = [sizes[0], min(sizes[0] * 100, MOST_PLANNED_WORKS)]
        sizes = [min(sizes[0], sizes[1] // 10), sizes[1]]
    return [fresh.run(planning.measure, sizes)]


def _importing(sizes: list[int], _: Facts) -> list[Measured]:
    return [importing.measure(sizes if len(sizes) > 1 else [sizes[0], sizes[0] * 2])]


def _bill(_: list[int], facts: Facts) -> list[Measured]:
    """Nothing where a measurement was left out that it is made of."""
    return [cost.measure(facts)] if facts.keys() >= cost.NEEDED else []


_MEASUREMENTS: dict[str, Callable[[list[int], Facts], list[Measured]]] = {
    "collecting": _collecting,
    "answers": _answering,
    "gateway": lambda sizes, facts: [fresh.run(gateway.measure)],
    "planning": _planning,
    "importing": _importing,
    "cold_start": lambda sizes, facts: [cold_start.measure()],
    "package": lambda sizes, facts: [package.measure()],
    "cost": _bill,
}


def _on_full_shelves(works: int) -> int:
    """So many works or less that they fill shelves, but four of them at least."""
    return max(works // 50, 4) * 50


def _machine() -> str:
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return f"Python {platform.python_version()}, {system}. Compare ratios, not milliseconds."


if __name__ == "__main__":
    sys.exit(main())
