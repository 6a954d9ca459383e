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
import functools
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import orjson

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
    if result.metrics is None or result.metrics.total == 0:
        return before
    now = _values(result.metrics, usage)
    by_day, by_month = _dated(result, published)
    recent = (today - published).days <= DAYS_AFTER_PUBLICATION
    days = _given(by_day) or (_derive(before.days, _day(today), now) if recent else before.days)
    months = _given(by_month) or _derive(before.months, _day(today) // 100, now)
    return History(days, months)


def by_day(history: History, asked_on: dt.date, published: dt.date) -> list[Period]:
    """``[{"year", "month", "day", "total"}]``, or with html and pdf; up to 30 days."""
    return days_of(history.days.encode(), asked_on, published)


def by_month(history: History, asked_on: dt.date) -> list[Period]:
    """``[{"year", "month", "total"}]``, or with html and pdf."""
    return months_of(history.months.encode(), asked_on)


def days_of(text: str, asked_on: dt.date, published: dt.date) -> list[Period]:
    """``by_day`` of an encoded series."""
    if not text:
        return []
    known = _known(text)
    periods = list(known)
    if text[0] != "=":
        last = min(asked_on, published + dt.timedelta(days=DAYS_AFTER_PUBLICATION))
        periods = _days(periods[0], max(_day(last), periods[-1]))
    return [
        {
            "year": period // 10000,
            "month": period // 100 % 100,
            "day": period % 100,
            **_shown(known.get(period), text),
        }
        for period in periods
    ]


def months_of(text: str, asked_on: dt.date) -> list[Period]:
    """``by_month`` of an encoded series."""
    if not text:
        return []
    known = _known(text)
    return [
        {"year": period // 100, "month": period % 100, **_shown(known.get(period), text)}
        for period in _months(known, text, _day(asked_on) // 100).periods
    ]


@functools.lru_cache(maxsize=4096)
def months_json(text: str, asked_in: int) -> tuple[str, str]:
    """``by_month`` and ``by_year`` of an encoded series of totals, written as JSON.

    ``asked_in`` is a month such as 201403. A long answer consists of tens of thousands of
    months; as text they cost a fraction of what dictionaries do, and short series repeat.
    """
    known = _known(text)
    months = _months(known, text, asked_in)
    totals = tuple(map(known.get, months.periods, repeat(0)))
    sums = tuple([sum(totals[year]) for year in months.years])
    return months.by_month % totals, months.by_year % sums


def _values(metrics: Metrics, usage: bool) -> tuple[int, ...]:
    return (metrics.html or 0, metrics.pdf or 0) if usage else (metrics.total,)


def _derive(before: Series, period: int, now: tuple[int, ...]) -> Series:
    rest = [entry for entry in before.entries if entry[0] != period]
    booked = [sum(column) for column in zip(*(values for _, values in rest), strict=True)]
    added = tuple(value - known for value, known in zip(now, booked or [0] * len(now), strict=True))
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
    for time in result.times():
        days[dt.date.fromisoformat(time[:10])] += 1
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


def _known(text: str) -> dict[int, Any]:
    """Period → total, or (html, pdf), of an encoded series; ascending."""
    plain = text.replace(":", ",").removeprefix("=")
    if "/" in text:
        numbers = iter(orjson.loads(f"[{plain.replace('/', ',')}]"))
        return dict(zip(numbers, zip(numbers, numbers, strict=True), strict=True))
    numbers = iter(orjson.loads(f"[{plain}]"))
    return dict(zip(numbers, numbers, strict=True))


def _shown(counted: Any, text: str) -> Period:
    if "/" in text:
        html, pdf = counted or (0, 0)
        return {"html": html, "pdf": pdf}
    return {"total": counted or 0}


def _days(first: int, last: int) -> list[int]:
    day = dt.date(first // 10000, first // 100 % 100, first % 100)
    periods = [first]
    while periods[-1] < last:
        day += dt.timedelta(days=1)
        periods.append(_day(day))
    return periods


class _Months(NamedTuple):
    """Months and their JSON without the totals, and which of them each year consists of."""

    periods: tuple[int, ...]
    by_month: str
    by_year: str
    years: tuple[slice, ...]


def _months(known: dict[int, Any], text: str, asked_in: int) -> _Months:
    """The months that an encoded series shows, ascending."""
    if text[0] == "=":
        return _written(tuple(known))
    return _months_between(next(iter(known)), max(asked_in, next(reversed(known))))


@functools.lru_cache(maxsize=1024)
def _months_between(first: int, last: int) -> _Months:
    start, end = (period // 100 * 12 + period % 100 - 1 for period in (first, last))
    return _written(tuple(month // 12 * 100 + month % 12 + 1 for month in range(start, end + 1)))


def _written(periods: tuple[int, ...]) -> _Months:
    by_month = (f'{{"year":{p // 100},"month":{p % 100},"total":%d}}' for p in periods)
    of_month = [period // 100 for period in periods]
    years = list(dict.fromkeys(of_month))
    by_year = (f'{{"year":{year},"total":%d}}' for year in years)
    starts = [of_month.index(year) for year in years]
    slices = tuple(slice(start, start + of_month.count(of_month[start])) for start in starts)
    return _Months(periods, f"[{','.join(by_month)}]", f"[{','.join(by_year)}]", slices)


def _day(day: dt.date) -> int:
    return day.year * 10000 + day.month * 100 + day.day
