"""Adding and deleting works: one transaction with the counters and the shelf.

So lists are exact, and no work stands on no shelf, whatever dies in between.
"""

import dataclasses
import datetime as dt
import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.model import Work
from chalicelib.schedule import SHELF_SIZE
from chalicelib.store import events, lists, numbers, shelves, sources
from chalicelib.store.tables import ListItem, ShelfItem, WorkItem, connection
from chalicelib.store.works import (
    TRIES,
    StoredWork,
    as_read,
    combined,
    find,
    item_of,
    mend_rows,
    merge,
    milliseconds,
    rows_of,
    worth_another_try,
)

Outcome = Literal["created", "updated", "duplicate"]

#: DynamoDB takes 100 actions in a transaction; a work costs up to ten (item, three look-ups,
#: month, publisher, registrant, shelf …), most of them shared with its neighbours.
TRANSACTION_ACTIONS = 100
#: How many works are compared with what is kept at once.
CHUNK_WORKS = 50


@dataclasses.dataclass(frozen=True, slots=True)
class Added:
    """What adding came to: an outcome per work, in order, the works that were created with
    the shelf each stands on, and the shelves that were opened for them."""

    outcomes: list[Outcome]
    created: list[tuple[Work, str]]
    opened: set[str]


def add(works: Sequence[Work], now: dt.datetime, due_at: dt.datetime) -> Added:
    """Add works or update those that exist.

    Shelves that are opened for them are due at ``due_at``. A field that is not given keeps
    its value. A work that is given twice is created once and then updated.
    """
    added = Added([], [], set())
    for start in range(0, len(works), CHUNK_WORKS):
        _add_chunk(works[start : start + CHUNK_WORKS], now, due_at, added)
    return added


def create(work: Work, now: dt.datetime, due_at: dt.datetime) -> Added:
    """Add a work unless there is one of its key, which is left as it is: ``created`` tells."""
    added = Added([], [], set())
    _create([work], now, due_at, added, merging=False)
    return added


def delete(key: str) -> bool:
    """Delete a work with its numbers, events, list rows and counters; whether there was one.

    List rows go first, so that a deletion that died can be made again; whoever writes to the
    work meanwhile makes it start anew. Events go last: nobody puts them for good any more.
    Errors: TimeoutError; the work is whole then.
    """
    touched: set[tuple[str, str]] = set()
    for attempt in range(TRIES):
        stored = find([key], consistent=True).get(key)
        if stored is None:
            return False
        rows = rows_of(stored)
        lists.delete_rows(rows)
        touched |= rows
        try:
            with TransactWrite(connection=connection()) as transaction:
                _deletion(transaction, stored)
        except TransactWriteError as error:
            if not worth_another_try(error):
                mend_rows(key, touched)
                raise
            time.sleep(random.uniform(0, 0.02 * 2**attempt))
            continue
        events.delete(key)
        lists.forget_lookups(stored.work)
        shelves.forget(stored.shelf, [row.name for row in sources.installed()])
        return True
    mend_rows(key, touched)
    raise TimeoutError(f"deleting {key} met too many other writers; try again")


def _add_chunk(works: Sequence[Work], now: dt.datetime, due_at: dt.datetime, added: Added) -> None:
    known = find(work.key for work in works)
    outcomes = added.outcomes
    fresh: dict[str, Work] = {}
    for work in works:
        if work.key in fresh:
            merged = combined(fresh[work.key], work)
            outcomes.append("duplicate" if merged == fresh[work.key] else "updated")
            fresh[work.key] = merged
        elif work.key in known:
            merged = combined(known[work.key].work, work)
            if merged == known[work.key].work:
                outcomes.append("duplicate")
                continue
            merge(work, now)
            known[work.key] = dataclasses.replace(known[work.key], work=merged)
            outcomes.append("updated")
        else:
            fresh[work.key] = work
            outcomes.append("created")
    for group in _groups(list(fresh.values())):
        _create(group, now, due_at, added)


def _groups(works: list[Work]) -> Iterator[list[Work]]:
    """Works that fit into one transaction each; those of a month stay together."""
    works.sort(key=lambda work: work.month)
    group: list[Work] = []
    for work in works:
        if group and _actions([*group, work]) > TRANSACTION_ACTIONS:
            yield group
            group = []
        group.append(work)
    if group:
        yield group


def _actions(works: list[Work]) -> int:
    counters = {move[:2] for work in works for move in lists.count_change(work, 1)}
    lookups = {row for work in works for row in lists.lookup_rows(work)}
    months = Counter(work.month for work in works)
    # A month's works can begin in the middle of a shelf, so one more than they fill.
    filled = sum(count // SHELF_SIZE + 2 for count in months.values())
    return len(works) + len(counters) + len(lookups) + filled


def _create(
    works: list[Work],
    now: dt.datetime,
    due_at: dt.datetime,
    added: Added,
    *,
    merging: bool = True,
) -> None:
    """Create works that do not exist, in one transaction, whatever others do meanwhile."""
    for attempt in range(TRIES):
        slots = _slots({work.month for work in works})
        placed = _place(works, slots)
        standing = shelves.read(placed)
        opened = placed.keys() - standing.keys()
        active = [row.name for row in sources.on_shelves()]
        shelves.put_due(((shelf, source) for shelf in opened for source in active), due_at)
        try:
            with TransactWrite(connection=connection()) as transaction:
                _creation(transaction, placed, standing, slots, now)
            # Whoever emptied such a shelf just before may have deleted them with it.
            for source in active:
                shelves.install(source, opened, due_at)
            added.opened.update(opened)
            added.created.extend(
                (work, shelf) for shelf, members in placed.items() for work in members
            )
            return
        except TransactWriteError as error:
            if not worth_another_try(error):
                raise
        existing = find((work.key for work in works), consistent=True)
        for work in [work for work in works if merging and work.key in existing]:
            merge(work, now)
        works = [work for work in works if work.key not in existing]
        if not works:
            return
        time.sleep(random.uniform(0, 0.02 * 2**attempt))
    raise TimeoutError(f"adding works of {works[0].month} met too many other writers; try again")


def _slots(months: set[str]) -> dict[str, int | None]:
    found: dict[str, int | None] = dict.fromkeys(months)
    rows = ListItem.batch_get([(lists.MONTHS, month) for month in months], consistent_read=True)
    found.update({row.sort: int(row.slots) for row in rows if row.slots is not None})
    return found


def _place(works: list[Work], slots: dict[str, int | None]) -> dict[str, list[Work]]:
    """The works by the shelf that their slots are on."""
    following = {month: slots[month] or 0 for month in slots}
    placed: dict[str, list[Work]] = {}
    for work in works:
        shelf = shelves.shelf_name(work.month, following[work.month])
        following[work.month] += 1
        placed.setdefault(shelf, []).append(work)
    return placed


def _creation(
    transaction: TransactWrite,
    placed: dict[str, list[Work]],
    standing: dict[str, shelves.Shelf],
    slots: dict[str, int | None],
    now: dt.datetime,
) -> None:
    works = [work for members in placed.values() for work in members]
    for offset, (shelf, work) in enumerate(
        (shelf, work) for shelf, members in placed.items() for work in members
    ):
        item = item_of(work, shelf, milliseconds(now) + offset)
        transaction.save(item, condition=WorkItem.key.does_not_exist())
    for shelf, members in placed.items():
        days = [work.issued.first_day() for work in members]
        if shelf in standing:
            days.append(standing[shelf].youngest)
        transaction.update(
            ShelfItem(shelf, shelves.WORKS),
            actions=[
                ShelfItem.members.add({work.key for work in members}),
                ShelfItem.youngest.set(max(days).isoformat()),
            ],
            # One that was emptied meanwhile is forgotten with its due times.
            condition=ShelfItem.members.exists() if shelf in standing else None,
        )
    added = Counter(work.month for work in works)
    for name, bucket, change in _summed(works, 1):
        actions: list[Action] = [ListItem.present.add(change)]
        condition = None
        if name == lists.MONTHS:
            seen = slots[bucket]
            actions.append(ListItem.slots.set((seen or 0) + added[bucket]))
            condition = ListItem.slots.does_not_exist() if seen is None else ListItem.slots == seen
        transaction.update(ListItem(name, bucket), actions=actions, condition=condition)
    for name, keys in _lookups(works).items():
        transaction.update(ListItem(name, "works"), actions=[ListItem.works.add(keys)])


def _deletion(transaction: TransactWrite, stored: StoredWork) -> None:
    work = stored.work
    for source, text in stored.numbers.items():
        if total := numbers.total(text):
            transaction.update(
                ListItem("stats", source),
                actions=[
                    ListItem.extra("events").add(-total),
                    ListItem.extra(f"b{lists.bucket(total):02d}").add(-1),
                ],
            )
            transaction.update(
                ListItem(lists.with_list(source), stored.sort[:7]),
                actions=[ListItem.present.add(-1)],
            )
    transaction.delete(WorkItem(work.key), condition=as_read(stored))
    transaction.update(
        ShelfItem(stored.shelf, shelves.WORKS),
        actions=[ShelfItem.members.delete({work.key})],
    )
    for name, bucket, change in lists.count_change(work, -1):
        transaction.update(ListItem(name, bucket), actions=[ListItem.present.add(change)])
    for name in lists.lookup_rows(work):
        transaction.update(ListItem(name, "works"), actions=[ListItem.works.delete({work.key})])


def _summed(works: Iterable[Work], change: int) -> list[tuple[str, str, int]]:
    sums: Counter[tuple[str, str]] = Counter()
    for work in works:
        for name, bucket, step in lists.count_change(work, change):
            sums[name, bucket] += step
    return [(name, bucket, total) for (name, bucket), total in sums.items()]


def _lookups(works: Iterable[Work]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for work in works:
        for name in lists.lookup_rows(work):
            found.setdefault(name, set()).add(work.key)
    return found
