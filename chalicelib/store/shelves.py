"""Shelves: up to 50 works that were published in the same month; the unit of scheduling.

Table ``<stack>-shelves``, key (shelf, kind). A shelf is called ``2014-03#0007``: the eighth of
March 2014. Access patterns:

    what is due of a source          index due(source, due_at)
    move a due time (the lease)      row ``due#<source>``, only from the time that was read
    members of shelves               rows ``works``, read in batches
    when shelves were asked          rows ``asked``, one small attribute per source
    all shelves                      by arithmetic, from the counters of months in ``lists``
"""

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from pynamodb.exceptions import TransactWriteError, UpdateError
from pynamodb.transactions import TransactWrite

from chalicelib.schedule import SHELF_SIZE
from chalicelib.store import lists
from chalicelib.store.tables import ListItem, ShelfItem, connection

WORKS = "works"
ASKED = "asked"


@dataclasses.dataclass(frozen=True, slots=True)
class Shelf:
    """A shelf's members (work keys) and the publication day of its youngest work."""

    name: str
    members: frozenset[str]
    youngest: dt.date


def shelf_name(month: str, slot: int) -> str:
    """The shelf that the slot-th work (from 0) of a month stands on."""
    return f"{month}#{slot // SHELF_SIZE:04d}"


def time_text(moment: dt.datetime) -> str:
    """A time as due rows hold it: sortable text, UTC, whole seconds."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def due(source: str, now: dt.datetime) -> Iterator[tuple[str, str]]:
    """(shelf, due time) of all that is due, longest due first; read as it is consumed."""
    rows = ShelfItem.due.query(source, ShelfItem.due_at <= time_text(now), page_size=200)
    return ((row.shelf, row.due_at) for row in rows)


def due_after(source: str, now: dt.datetime, limit: int) -> list[tuple[str, str]]:
    """(shelf, due time) of those that come due next and are not due yet."""
    rows = ShelfItem.due.query(source, ShelfItem.due_at > time_text(now), limit=limit)
    return [(row.shelf, row.due_at) for row in rows]


def due_later(source: str, limit: int = 1) -> list[tuple[str, str]]:
    """(shelf, due time) of what comes due next, whether it is due already or not."""
    return [(row.shelf, row.due_at) for row in ShelfItem.due.query(source, limit=limit)]


def count_due(source: str, now: dt.datetime) -> int:
    """How many shelves are due."""
    return ShelfItem.due.count(source, ShelfItem.due_at <= time_text(now))


def read(names: Iterable[str]) -> dict[str, Shelf]:
    """The shelves of these names; those without members are missing."""
    rows = ShelfItem.batch_get([(name, WORKS) for name in names])
    return {
        row.shelf: Shelf(
            row.shelf, frozenset(row.members), dt.date.fromisoformat(row.youngest or "1970-01-01")
        )
        for row in rows
        if row.members
    }


def read_leased(source: str, names: Sequence[str]) -> tuple[dict[str, Shelf], dict[str, str]]:
    """Shelves and their current due times, one read: ({name: Shelf}, {name: due time})."""
    kinds = (WORKS, f"due#{source}")
    found: dict[str, Shelf] = {}
    times: dict[str, str] = {}
    for row in ShelfItem.batch_get([(name, kind) for name in names for kind in kinds]):
        if row.kind == WORKS:
            if row.members:
                youngest = dt.date.fromisoformat(row.youngest or "1970-01-01")
                found[row.shelf] = Shelf(row.shelf, frozenset(row.members), youngest)
        elif row.due_at:
            times[row.shelf] = row.due_at
    return found, times


def move(source: str, name: str, seen: str, to: str) -> bool:
    """Move a shelf's due time, unless somebody else did; whether it is where it should be.

    Schedule and worker may move the same lease at the same time: both have moved it then.
    """
    row = ShelfItem(name, f"due#{source}")
    unchanged = (ShelfItem.due_at == seen) | (ShelfItem.due_at == to)
    try:
        row.update(actions=[ShelfItem.due_at.set(to)], condition=unchanged)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def hasten(source: str, name: str, to: dt.datetime) -> bool:
    """Make a shelf due at this time if it is due later, or not at all yet."""
    row = ShelfItem(name, f"due#{source}")
    text = time_text(to)
    try:
        row.update(
            actions=[ShelfItem.due_at.set(text), ShelfItem.source.set(source)],
            condition=ShelfItem.due_at.does_not_exist() | (ShelfItem.due_at > text),
        )
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def hasten_all(sources: Sequence[str], names: Collection[str], to: dt.datetime) -> int:
    """The same for many at once, how many of which were moved. What is due already is only
    read, in hundreds: an import meets the same shelves again and again."""
    rows = ShelfItem.batch_get(
        [(name, f"due#{source}") for name in names for source in sources], consistent_read=True
    )
    text = time_text(to)
    due = {(row.shelf, row.kind) for row in rows if row.due_at and row.due_at <= text}
    return sum(
        hasten(source, name, to)
        for name in names
        for source in sources
        if (name, f"due#{source}") not in due
    )


def install(source: str, names: Iterable[str], at: dt.datetime) -> int:
    """Give shelves that have none a due time for a source; how many got one."""
    text = time_text(at)
    return sum(_install_one(source, name, text) for name in names)


def _install_one(source: str, name: str, text: str) -> bool:
    row = ShelfItem(name, f"due#{source}")
    try:
        row.update(
            actions=[ShelfItem.due_at.set(text), ShelfItem.source.set(source)],
            condition=ShelfItem.due_at.does_not_exist(),
        )
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def put_due(rows: Iterable[tuple[str, str]], at: dt.datetime) -> None:
    """Put due times of new shelves: (shelf, source) pairs. Only for shelves without works."""
    text = time_text(at)
    with ShelfItem.batch_write() as batch:
        for name, source in rows:
            batch.save(ShelfItem(name, f"due#{source}", source=source, due_at=text))


def mark_asked(name: str, source: str, at: dt.datetime) -> None:
    """Write down that a source was asked about all works of a shelf at this time."""
    ShelfItem(name, ASKED).update(
        actions=[ShelfItem.extra(source).set(int(at.timestamp()))],
    )


def asked(names: Iterable[str]) -> dict[str, dict[str, int]]:
    """When shelves were asked: {shelf: {source: epoch seconds}}. One read per 100 shelves."""
    rows = ShelfItem.batch_get([(name, ASKED) for name in names])
    return {
        row.shelf: {source: int(seconds) for source, seconds in row.extras.items()} for row in rows
    }


def standing(start: dt.date | None = None, end: dt.date | None = None) -> Iterator[str]:
    """The shelves that hold works, by month of publication, between two days' months."""
    waiting = names(start, end)
    while chunk := list(islice(waiting, 100)):
        read_now = read(chunk)
        yield from (name for name in chunk if name in read_now)


def names(start: dt.date | None = None, end: dt.date | None = None) -> Iterator[str]:
    """All shelves ever opened, by month of publication, between two days' months."""
    for row in ListItem.query(lists.MONTHS):
        if start and row.sort < f"{start:%Y-%m}":
            continue
        if end and row.sort > f"{end:%Y-%m}":
            break
        for slot in range(0, int(row.slots or 0), SHELF_SIZE):
            yield shelf_name(row.sort, slot)


def forget_source(source: str, names: Iterable[str]) -> None:
    """Delete the due times of a source."""
    with ShelfItem.batch_write() as batch:
        for name in names:
            batch.delete(ShelfItem(name, f"due#{source}"))


def forget(name: str, sources: Iterable[str]) -> None:
    """Delete the rows of a shelf, all at once, if it has no members any more."""
    try:
        with TransactWrite(connection=connection()) as transaction:
            transaction.delete(ShelfItem(name, WORKS), condition=ShelfItem.members.does_not_exist())
            for kind in (ASKED, *(f"due#{source}" for source in sources)):
                transaction.delete(ShelfItem(name, kind))
    except TransactWriteError as error:
        codes = {reason.code for reason in error.cancellation_reasons if reason}
        if not codes & {"ConditionalCheckFailed", "TransactionConflict"}:
            raise
