"""History by day and by month, kept as changes only. Pure.

A series is a tuple of (period, values): the period is ``20140308`` or ``201403``, the
values are ``(total,)``, or ``(html, pdf)`` for usage sources. A *derived* series holds what
each period added to the count, as Lagotto derived it from cumulative counts (sources.md
11.1): the entry of the current period is the count now minus the sum of all others. Periods
that added nothing are left out, but for the first, and are filled in again when shown. A
*given* series comes from the source's own dates and is shown as it is.
"""

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from chalicelib.model import Metrics, Period, Result

#: By-day history covers this many days after publication (api.md 4.4).
DAYS_AFTER_PUBLICATION = 30

Entry = tuple[int, tuple[int, ...]]


@dataclasses.dataclass(frozen=True, slots=True)
class Series:
    """Counts by period, ascending; ``given`` if the source itself reported them."""

    entries: tuple[Entry, ...] = ()
    given: bool = False

    def encode(self) -> str:
        """``=201403:5,201405:2``: compact text; ``=`` marks a given series; "" is empty."""
        text = ",".join(f"{period}:{'/'.join(map(str, values))}" for period, values in self.entries)
        return f"={text}" if self.given and text else text

    @classmethod
    def decode(cls, text: str) -> "Series":
        """The series that ``encode`` wrote."""
        if not text:
            return _EMPTY
        given = text[0] == "="
        entries = []
        for item in (text[1:] if given else text).split(","):
            period, _, values = item.partition(":")
            entries.append((int(period), tuple(map(int, values.split("/")))))
        return cls(tuple(entries), given)


_EMPTY = Series()


@dataclasses.dataclass(frozen=True, slots=True)
class History:
    """The by-day and by-month series of one work and source."""

    days: Series = _EMPTY
    months: Series = _EMPTY


def advance(
    before: History, result: Result, *, today: dt.date, published: dt.date, usage: bool
) -> History:
    """The history after ``result`` was received on ``today`` (UTC).

    A total of 0 leaves it as it was: Lagotto kept no document for it, and a count that
    comes back is then booked in the period in which it does (sources.md 11).
    """
    if result.metrics.total == 0:
        return before
    now = _values(result.metrics, usage)
    by_day, by_month = _dated(result, published)
    recent = (today - published).days <= DAYS_AFTER_PUBLICATION
    days = _given(by_day) or (_derive(before.days, _day(today), now) if recent else before.days)
    months = _given(by_month) or _derive(before.months, _day(today) // 100, now)
    return History(days, months)


def by_day(history: History, asked_on: dt.date, published: dt.date) -> list[Period]:
    """``[{"year", "month", "day", "total"}]``, or with html and pdf; up to 30 days."""
    last = min(asked_on, published + dt.timedelta(days=DAYS_AFTER_PUBLICATION))
    return [
        _shown(values, year=period // 10000, month=period // 100 % 100, day=period % 100)
        for period, values in _filled(history.days, _day(last), _next_day)
    ]


def by_month(history: History, asked_on: dt.date) -> list[Period]:
    """``[{"year", "month", "total"}]``, or with html and pdf."""
    return [
        _shown(values, year=period // 100, month=period % 100)
        for period, values in _filled(history.months, _day(asked_on) // 100, _next_month)
    ]


def _values(metrics: Metrics, usage: bool) -> tuple[int, ...]:
    return (metrics.html or 0, metrics.pdf or 0) if usage else (metrics.total,)


def _derive(before: Series, period: int, now: tuple[int, ...]) -> Series:
    rest = [entry for entry in before.entries if entry[0] != period]
    booked = [sum(column) for column in zip(*(values for _, values in rest), strict=True)]
    added = tuple(
        value - known for value, known in zip(now, booked or [0] * len(now), strict=True)
    )
    if rest and not any(added):
        return Series(tuple(rest))
    return Series(tuple(sorted([*rest, (period, added)])))


def _given(periods: Iterable[Period]) -> Series | None:
    entries = []
    for entry in periods:
        period = entry["year"] * 100 + entry["month"]
        if "day" in entry:
            period = period * 100 + entry["day"]
        values = (entry["total"],) if "total" in entry else (entry["html"], entry["pdf"])
        entries.append((period, values))
    return Series(tuple(sorted(entries)), given=True) if entries else None


def _dated(result: Result, published: dt.date) -> tuple[Sequence[Period], Sequence[Period]]:
    """The by-day and by-month counts that the source gave, or that its events' times give."""
    days: Counter[dt.date] = Counter()
    if not isinstance(result.events, Mapping):
        for event in result.events:
            if event.time:
                days[dt.date.fromisoformat(event.time[:10])] += 1
    months: Counter[tuple[int, int]] = Counter()
    for day, total in days.items():
        months[day.year, day.month] += total
    from_events = [
        {"year": day.year, "month": day.month, "day": day.day, "total": days[day]}
        for day in sorted(days)
        if (day - published).days <= DAYS_AFTER_PUBLICATION
    ]
    by_months = [
        {"year": year, "month": month, "total": months[year, month]}
        for year, month in sorted(months)
    ]
    return result.by_day or from_events, result.by_month or by_months


def _filled(series: Series, last: int, following: Callable[[int], int]) -> list[Entry]:
    if series.given or not series.entries:
        return list(series.entries)
    known = dict(series.entries)
    nothing = (0,) * len(series.entries[0][1])
    period, end = series.entries[0][0], max(last, series.entries[-1][0])
    filled = []
    while period <= end:
        filled.append((period, known.get(period, nothing)))
        period = following(period)
    return filled


def _shown(values: tuple[int, ...], **period: int) -> Period:
    if len(values) == 1:
        return {**period, "total": values[0]}
    return {**period, "html": values[0], "pdf": values[1]}


def _day(day: dt.date) -> int:
    return day.year * 10000 + day.month * 100 + day.day


def _next_day(period: int) -> int:
    day = dt.date(period // 10000, period // 100 % 100, period % 100)
    return _day(day + dt.timedelta(days=1))


def _next_month(period: int) -> int:
    return period + 89 if period % 100 == 12 else period + 1
