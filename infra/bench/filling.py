"""An installation with works that have numbers and events, written directly through the store.

Each work is on a shelf of its own, which is the worst case for reading. Collecting began two
years ago; a third of the numbers is zero, the others changed in every other month. A number
above zero has a few events. One work in 25 has a list so long that it lies in S3.
"""

import datetime as dt
import random

from chalicelib.history import History, Series
from chalicelib.model import Metrics, Result, Work
from chalicelib.store import catalogue, events, numbers, shelves
from chalicelib.store import sources as source_rows
from chalicelib.store.numbers import Numbers
from chalicelib.store.sources import SourceRow
from chalicelib.store.tables import ShelfItem, WorkItem
from infra.bench import invented
from infra.bench.invented import NOW

WORKS = 50
MONTHS = 24
#: How many events a number above zero has at most, where the list is not long.
FEW_EVENTS = 5
LONG_LIST_EVENTS = 700
#: Which works have a long list, of the first source that counts anything: every 25th from the
#: eighth on. So there is none in an answer of one work, and one in an answer of ten.
LONG_LIST_EVERY, LONG_LIST_FIRST = 25, 7
_GROUPS = ("viewed", "saved", "discussed", "cited", "recommended", "other")


def fill(sources: int, *, with_events: bool = True) -> list[str]:
    """Fill an empty installation with 50 works and so many sources; the DOIs of the works."""
    names = [f"source{number:02d}" for number in range(sources)]
    for number, name in enumerate(names):
        # Inactive: there is no module of this name that a schedule could load.
        source_rows.put(
            SourceRow(
                name=name,
                title=name.title(),
                group=_GROUPS[number % len(_GROUPS)],
                description="…",
                state="inactive",
            )
        )
    draw = random.Random("answers")
    works = invented.works(WORKS, WORKS)
    kept: dict[str, dict[str, Numbers]] = {}
    for work, shelf in catalogue.add(works, NOW, NOW).created:
        kept[work.key] = {name: _numbers(name, draw) for name in names}
        texts = [
            WorkItem.extra(name).set(numbers.encode(found))
            for name, found in kept[work.key].items()
        ]
        WorkItem(work.key).update(actions=texts)
        now = int(NOW.timestamp())
        marks = [ShelfItem.extra(name).set(now - draw.randrange(30 * 86400)) for name in names]
        ShelfItem(shelf, shelves.ASKED).update(actions=marks)
    for place, work in enumerate(works if with_events else ()):
        long_list = place % LONG_LIST_EVERY == LONG_LIST_FIRST
        _put_events(work, kept[work.key], long_list=long_list)
    return [work.doi or "" for work in works]


def _numbers(name: str, draw: random.Random) -> Numbers:
    """A number with two years of history."""
    added = [draw.randint(1, 9) if draw.random() < 0.5 else 0 for _ in range(MONTHS)]
    if draw.random() < 1 / 3:
        added = [0] * MONTHS
    periods = [invented.month_of(MONTHS - 1 - place) for place in range(MONTHS)]
    entries = tuple(
        (period.year * 100 + (period.month or 1), (count,))
        for period, count in zip(periods, added, strict=True)
        if count
    )
    return Numbers(
        NOW - dt.timedelta(days=draw.randrange(60)),
        Metrics.of(citations=sum(added)),
        f"https://www.{name}.example.org/works?id={draw.randrange(10**9)}",
        f"{draw.randrange(16**12):012x}",
        f"{draw.randrange(16**8):08x}",
        History(months=Series(entries)),
    )


def _put_events(work: Work, kept: dict[str, Numbers], *, long_list: bool) -> None:
    """Keep the events of a work's numbers; a long list goes to the first of them."""
    draw = random.Random(work.key)
    for name, found in kept.items():
        if not found.metrics.total:
            continue
        count = LONG_LIST_EVENTS if long_list else draw.randint(1, FEW_EVENTS)
        long_list = False
        result = Result(metrics=found.metrics, events=invented.events(count, draw))
        events.put(work.key, name, result, found.digest, known=False)
