"""What a measurement found: lines with their budgets, and the table of them."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

Verdict = Literal["ok", "OVER", ""]


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """One row of the table. ``budget`` and ``verdict`` are empty where there is no budget."""

    what: str
    measured: str
    budget: str = ""
    verdict: Verdict = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Measured:
    """The lines of one measurement, and the numbers that the bill is made of."""

    title: str
    lines: Sequence[Line]
    facts: dict[str, float] = dataclasses.field(default_factory=dict)


def at_most(what: str, value: float, budget: float, *, shown: str = "", limit: str = "") -> Line:
    """A value that must not be above its budget; ``shown`` and ``limit`` say both in words."""
    verdict: Verdict = "ok" if value <= budget + 1e-9 else "OVER"
    return Line(what, shown or number(value), "≤ " + (limit or number(budget)), verdict)


def flat(what: str, ratio: float, shown: str = "") -> Line:
    """A growth that must be none, give or take a fifth; to become cheaper is no fault."""
    measured = f"{shown} = × {ratio:.2f}" if shown else f"× {ratio:.2f}"
    return Line(what, measured, "flat: ≤ × 1.20", "ok" if ratio <= 1.2 else "OVER")


def share(calls: float, works: float) -> str:
    """``1/48`` of one call for 48 works."""
    return f"1/{works / calls:.1f}" if calls else "none"


def number(value: float) -> str:
    """Three significant digits, without an exponent."""
    if value == int(value) and value < 1e6:
        return f"{int(value):,}"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def columns(what: str, heads: Sequence[str], rows: Mapping[str, Sequence[str]]) -> list[Line]:
    """Lines without a budget whose cells stand below each other; ``what`` names the rows."""
    cells = [heads, *rows.values()]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    names = [what, *rows]
    return [
        Line(name, "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))
        for name, row in zip(names, cells, strict=True)
    ]


def table(measurements: Iterable[Measured]) -> str:
    """All lines under their titles, in columns."""
    measurements = list(measurements)
    lines = [line for measured in measurements for line in measured.lines]
    beside = [line for line in lines if line.budget]  # nothing else stands beside a budget
    widths = [
        max((len(getattr(line, name)) for line in among), default=0)
        for among, name in ((lines, "what"), (beside, "measured"), (beside, "budget"))
    ]
    rows = []
    for measured in measurements:
        rows += ["", measured.title]
        for line in measured.lines:
            cells = (line.what, line.measured, line.budget)
            padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
            rows.append(f"  {'  '.join(padded)}  {line.verdict}".rstrip())
    over = [line.what.strip() for line in lines if line.verdict == "OVER"]
    within = sum(line.verdict == "ok" for line in lines)
    rows += ["", f"{within} within budget, {len(over)} over."]
    return "\n".join(rows)
