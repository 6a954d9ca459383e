"""Works as they are kept: find them, change their metadata.

Table ``<stack>-works``, key ``doi:10.5555/abc`` (or another kind's). Access patterns:

    works by key                      BatchGetItem, 100 a call
    works by date, prefix, publisher  see ``lists``
    change metadata                   only from the text that was read; another date only from
                                      the whole item that was read, as its numbers move along
    add and delete                    see ``catalogue``
"""

import dataclasses
import datetime as dt
import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any, NamedTuple

import orjson
from pynamodb.attributes import NumberAttribute
from pynamodb.exceptions import TransactWriteError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.model import IDENTIFIER_KINDS, PartialDate, Work
from chalicelib.store import lists, numbers
from chalicelib.store.tables import ListItem, WorkItem, connection

#: How often a change is tried again that another writer came before.
TRIES = 12

_FIELDS = (*IDENTIFIER_KINDS, "publisher_id")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StoredWork:
    """A work as it is kept. ``numbers`` maps a source to its text (see ``numbers``).

    ``version`` and, by source, ``mended`` tell which of its states it is (``tables.WorkItem``).
    """

    work: Work
    shelf: str
    sort: str
    created_at: dt.datetime
    updated_at: dt.datetime
    numbers: dict[str, str]
    version: int | None
    mended: dict[str, int]


def find(keys: Iterable[str], *, consistent: bool = False) -> dict[str, StoredWork]:
    """The works of these keys that exist: {key: StoredWork}; one call per 100 keys.

    ``consistent``: with all that was written up to now.
    """
    items = WorkItem.batch_get(set(keys), consistent_read=consistent or None)
    return {item.key: _stored(item) for item in items}


def find_numbers(keys: Iterable[str]) -> Iterator[tuple[str, int, dict[str, str]]]:
    """Shelf, time of creation (epoch seconds) and numbers of works, without the rest."""
    for item in WorkItem.batch_get(set(keys)):
        yield item.shelf, int(item.created_ms) // 1000, item.extras


class Brief(NamedTuple):
    """Of a work only what lists are made of; ``total`` is None where nobody was asked."""

    sort: str
    publisher: str | None
    total: int | None


def brief(stored: StoredWork, source: str | None = None) -> Brief:
    """The same of a work that was read whole."""
    publisher_id = stored.work.publisher_id
    return Brief(
        stored.sort,
        None if publisher_id is None else str(publisher_id),
        numbers.total(stored.numbers.get(source or "")),
    )


def find_brief(keys: Iterable[str], source: str | None = None) -> dict[str, Brief]:
    """The works of these keys that exist, with a source's total: {key: Brief}."""
    wanted = ["key", "sort", "publisher"] + ([f"{WorkItem.EXTRA_PREFIX}{source}"] if source else [])
    return {
        item.key: Brief(item.sort, item.publisher, numbers.total(item.extras.get(source or "")))
        for item in WorkItem.batch_get(set(keys), attributes_to_get=wanted)
    }


def update(stored: StoredWork, now: dt.datetime, identifiers: Mapping[str, str]) -> bool:
    """Give a work identifiers that it lacks; whether anything was new.

    Errors: none for a work that is gone or was changed meanwhile: the next answer of the
    source will tell them again.
    """
    missing: dict[str, Any] = {
        kind: value for kind, value in identifiers.items() if not getattr(stored.work, kind)
    }
    if not missing:
        return False
    return replace(stored, dataclasses.replace(stored.work, **missing), now)


def sort_of(work: Work, created_ms: int) -> str:
    """What lists by date are sorted by: the day, then the order of creation."""
    return f"{work.issued.first_day().isoformat()}#{created_ms:013d}#{work.key}"


def merge(work: Work, now: dt.datetime) -> None:
    """Merge new metadata into a stored work, again if somebody changed it meanwhile."""
    for _ in range(TRIES):
        stored = find([work.key], consistent=True).get(work.key)
        if stored is None or replace(stored, combined(stored.work, work), now):
            return
    raise TimeoutError(f"changing {work.key} met too many other writers; try again")


def replace(stored: StoredWork, changed: Work, now: dt.datetime) -> bool:
    """Write changed metadata with the counters and look-ups that follow from it; whether the
    work was still as it was read. Its key stays.

    The work stays on its shelf even if its month changes: the shelf is only how it is
    scheduled. Its place in lists by date moves with it, and so do the numbers that were read:
    where the date changes, these must still be all there are.
    """
    before = stored.work
    moved: Counter[tuple[str, str]] = Counter()
    for name, bucket, change in lists.count_change(before, -1) + lists.count_change(changed, 1):
        moved[name, bucket] += change
    sort = sort_of(changed, milliseconds(stored.created_at))
    item = item_of(changed, stored.shelf, milliseconds(stored.created_at))
    actions: list[Action] = [
        WorkItem.about.set(item.about),
        WorkItem.updated_ms.set(milliseconds(now)),
        WorkItem.month.set(item.month),
        WorkItem.sort.set(sort),
        WorkItem.version.add(1),
    ]
    for name in ("publisher", "registrant", "sort_doi"):
        if value := getattr(item, name):
            actions.append(getattr(WorkItem, name).set(value))
        else:
            actions.append(getattr(WorkItem, name).remove())
    unchanged = WorkItem.about == item_of(before, "", 0).about
    unchanged &= WorkItem.sort == stored.sort if sort == stored.sort else as_read(stored)
    lookups = set(lists.lookup_rows(changed)) - set(lists.lookup_rows(before))
    gone = set(lists.lookup_rows(before)) - set(lists.lookup_rows(changed))
    try:
        with TransactWrite(connection=connection()) as transaction:
            transaction.update(WorkItem(before.key), actions=actions, condition=unchanged)
            for (name, bucket), change in moved.items():
                if change:
                    transaction.update(
                        ListItem(name, bucket), actions=[ListItem.present.add(change)]
                    )
            for name in lookups:
                transaction.update(
                    ListItem(name, "works"), actions=[ListItem.works.add({before.key})]
                )
            for name in gone:
                transaction.update(
                    ListItem(name, "works"), actions=[ListItem.works.delete({before.key})]
                )
    except TransactWriteError as error:
        if not worth_another_try(error):
            raise
        return False
    if gone:
        lists.forget_lookups(before)
    if sort != stored.sort:
        _move_in_lists(stored, sort)
    return True


def _move_in_lists(stored: StoredWork, sort: str) -> None:
    for source, text in stored.numbers.items():
        if numbers.total(text) and sort[:7] != stored.sort[:7]:
            lists.add_to_counter(lists.with_list(source), stored.sort[:7], -1)
            lists.add_to_counter(lists.with_list(source), sort[:7], 1)
    mend_rows(stored.work.key, rows_of(stored) | rows_of(dataclasses.replace(stored, sort=sort)))


def rows_of(stored: StoredWork) -> set[tuple[str, str]]:
    """The rows that the numbers of a work have in lists of sources."""
    return {
        row
        for source, text in stored.numbers.items()
        for row in lists.rank_keys(source, stored.sort, numbers.total(text))
    }


def mend_rows(key: str, touched: Set[tuple[str, str]]) -> None:
    """Put right those rows of a work in lists that were touched beside other writers.

    Who wrote rows for a number that he has not written yet may have them undone by this. So
    it ends with a change of the item that lets his number be refused, and he comes again;
    numbers of other sources go on. Errors: TimeoutError.
    """
    sources = sorted({lists.source_of(name) for name, _ in touched})
    for attempt in range(TRIES):
        stored = find([key], consistent=True).get(key) if touched else None
        right = rows_of(stored) if stored else set()
        lists.put_rows(touched & right)
        lists.delete_rows(touched - right)
        if stored is None or _refuse_others(stored, sources):
            return
        time.sleep(random.uniform(0, 0.02 * 2**attempt))
    raise TimeoutError(f"changing {key} met too many other writers; try again")


def _refuse_others(stored: StoredWork, sources: Iterable[str]) -> bool:
    """Let numbers of these sources be refused that are on their way; False if the date or one
    of the numbers is another one since it was read."""
    actions: list[Action] = [WorkItem.version.add(1)]
    unchanged = WorkItem.sort == stored.sort
    for source in sources:
        actions.append(WorkItem.mends(source).add(1))
        unchanged &= still(WorkItem.extra(source), stored.numbers.get(source))
    try:
        WorkItem(stored.work.key).update(actions=actions, condition=unchanged)
    except UpdateError as error:
        if not is_overtaken(error):
            raise
        return False
    return True


def as_read(stored: StoredWork) -> Condition:
    """That nothing was written to a work since it was read. Its sort is not that of another
    work that was created under its key since then."""
    same: Condition = WorkItem.sort == stored.sort
    same &= still(WorkItem.version, stored.version)
    return same


def still(attribute: Path | NumberAttribute, seen: object) -> Condition:
    """That an attribute has the value that was read; None: there was none."""
    same: Condition = attribute.does_not_exist() if seen is None else attribute == seen
    return same


def is_overtaken(error: UpdateError) -> bool:
    """Whether another writer was the reason, who may be within a transaction still."""
    codes = ("ConditionalCheckFailedException", "TransactionConflictException")
    return error.cause_response_code in codes


def worth_another_try(error: TransactWriteError) -> bool:
    """Whether another writer was the reason, which the next try takes into account."""
    reasons = {reason.code for reason in error.cancellation_reasons if reason}
    return bool(reasons & {"ConditionalCheckFailed", "TransactionConflict"})


def combined(before: Work, given: Work) -> Work:
    """``before`` with all that is given; what is not given keeps its value."""
    fields = {name: value for name in _FIELDS if (value := getattr(given, name)) is not None}
    if before.doi and given.doi and before.doi_folded == given.doi_folded:
        fields["doi"] = before.doi
    return dataclasses.replace(before, title=given.title, issued=given.issued, **fields)


def milliseconds(moment: dt.datetime) -> int:
    """A time as items hold it."""
    return round(moment.timestamp() * 1000)


def item_of(work: Work, shelf: str, created_ms: int) -> WorkItem:
    """The item of a work without numbers."""
    about = {"title": work.title, "issued": work.issued.parts()} | {
        name: value for name in _FIELDS if (value := getattr(work, name)) is not None
    }
    item = WorkItem(
        work.key,
        about=orjson.dumps(about).decode(),
        shelf=shelf,
        created_ms=created_ms,
        updated_ms=created_ms,
        month=work.month,
        sort=sort_of(work, created_ms),
    )
    if work.doi:
        item.registrant = lists.registrant_of(work.doi)
        item.sort_doi = work.doi_folded
    if work.publisher_id is not None:
        item.publisher = str(work.publisher_id)
    return item


def _stored(item: WorkItem) -> StoredWork:
    about = orjson.loads(item.about)
    about["issued"] = PartialDate(*about["issued"])
    return StoredWork(
        work=Work(key=item.key, **about),
        shelf=item.shelf,
        sort=item.sort,
        created_at=dt.datetime.fromtimestamp(item.created_ms / 1000, dt.UTC),
        updated_at=dt.datetime.fromtimestamp(item.updated_ms / 1000, dt.UTC),
        numbers=item.extras,
        version=None if item.version is None else int(item.version),
        mended=item.mended,
    )
