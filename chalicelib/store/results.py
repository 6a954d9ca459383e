"""Keeping what a job found: numbers, events, list rows and counters, without losing any.

The order of writes makes a repeated job harmless and lets two workers meet on one work:

    1. events            a repeated write writes the same
    2. list rows         the new ones are put and the old deleted; both may be repeated
    3. the number        only from the text and the date that were read; whoever comes second
                         puts right what he wrote in 1 and 2, and starts again
    4. counters          once per job, for the numbers that this worker wrote in step 3

Nothing that did not change is written. Counters can lag behind if a worker dies between 3 and
4; ``snapshot`` counts them anew.
"""

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Literal

from pynamodb.exceptions import UpdateError

from chalicelib import history
from chalicelib.model import Metrics, Result
from chalicelib.store import events, lists, numbers
from chalicelib.store.numbers import Numbers
from chalicelib.store.tables import WorkItem
from chalicelib.store.works import StoredWork, find, is_overtaken, mend_rows, still, update


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked and when: goes with every number that is written."""

    source: str
    usage: bool
    at: dt.datetime
    evidence: str


def keep(
    results: Mapping[str, Result],
    works: Mapping[str, StoredWork],
    asked: Asked,
    *,
    confirm: bool,
) -> int:
    """Keep the results of a job by work key; how many numbers were written.

    ``confirm``: also write the time to numbers that did not change, for works whose shelf
    will not be marked as asked.
    """
    _forget_leftovers(results, works, asked.source)
    counters = _Counters(asked.source)
    written = 0
    try:
        for key, result in results.items():
            stored: StoredWork | None = works[key]
            while stored is not None:
                outcome = _keep_one(stored, result, asked, confirm, counters)
                if outcome != "overtaken":
                    written += outcome == "written"
                    update(stored, asked.at, result.identifiers)
                    break
                stored = find([key], consistent=True).get(key)
                if stored is None:
                    events.delete(key, asked.source)
    finally:
        counters.write()
    return written


def _forget_leftovers(
    results: Mapping[str, Result], works: Mapping[str, StoredWork], source: str
) -> None:
    """Delete the events that an earlier work of a key left, whose worker died when it had been
    deleted. Only where they would show: with a first number, and no events to overwrite them."""
    pairs = [
        (key, source)
        for key, result in results.items()
        if result.metrics is not None
        and not (result.events or result.notes)
        and source not in works[key].numbers
    ]
    for key, _ in events.known(pairs):
        events.delete(key, source)


class _Counters:
    """What a job changes in the counters of a source, written once at its end."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._stats: Counter[str] = Counter()
        self._months: Counter[str] = Counter()

    def changed(self, month: str, before: int, now: int) -> None:
        self._stats["events"] += now - before
        for count, change in ((before, -1), (now, 1)):
            if count:
                self._stats[f"b{lists.bucket(count):02d}"] += change
                self._months[month] += change

    def write(self) -> None:
        lists.add_to_stats(self._source, self._stats)
        for month, change in self._months.items():
            lists.add_to_counter(lists.with_list(self._source), month, change)


def _keep_one(
    stored: StoredWork, result: Result, asked: Asked, confirm: bool, counters: _Counters
) -> Literal["written", "same", "overtaken"]:
    """Keep one result; ``overtaken`` when somebody else changed the number or the
    date meanwhile, or deleted the work."""
    if result.metrics is None:
        return "same"
    before_text = stored.numbers.get(asked.source)
    before = numbers.decode(before_text) if before_text is not None else None
    now = _numbers_after(stored, before, result, result.metrics, asked)
    same = before is not None and _same(before, now)
    if same and not confirm:
        return "same"
    key, source = stored.work.key, asked.source
    if before is None or before.digest != now.digest:
        events.put(key, source, result, now.digest, known=before is not None)
    old_total = before.metrics.total if before else 0
    new_total = now.metrics.total
    old_rows = set(lists.rank_keys(source, stored.sort, old_total))
    new_rows = set(lists.rank_keys(source, stored.sort, new_total))
    lists.put_rows(new_rows - old_rows)
    lists.delete_rows(old_rows - new_rows)
    if not _write(stored, source, numbers.encode(now)):
        mend_rows(key, old_rows | new_rows)
        return "overtaken"
    counters.changed(stored.sort[:7], old_total, new_total)
    return "written"


def _numbers_after(
    stored: StoredWork, before: Numbers | None, result: Result, metrics: Metrics, asked: Asked
) -> Numbers:
    after = history.advance(
        before.history if before else history.History(),
        result,
        today=asked.at.date(),
        published=stored.work.issued.first_day(),
        usage=asked.usage,
    )
    return Numbers(
        asked.at,
        metrics,
        result.events_url,
        asked.evidence,
        numbers.digest_of(result),
        after,
    )


def _same(before: Numbers, now: Numbers) -> bool:
    return (
        before.metrics == now.metrics
        and before.digest == now.digest
        and before.events_url == now.events_url
        and before.history == now.history
    )


def _write(stored: StoredWork, source: str, text: str) -> bool:
    attribute = WorkItem.extra(source)
    unchanged = WorkItem.sort == stored.sort
    unchanged &= still(attribute, stored.numbers.get(source))
    unchanged &= still(WorkItem.mends(source), stored.mended.get(source))
    try:
        WorkItem(stored.work.key).update(
            actions=[attribute.set(text), WorkItem.version.add(1)], condition=unchanged
        )
    except UpdateError as error:
        if not is_overtaken(error):
            raise
        return False
    return True
