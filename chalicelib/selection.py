"""Which works a query for articles means, in which order, and how many there are.

The rules are Lagotto's (api.md 7.1): the first of ``ids``, ``q`` and ``source`` that is there
selects; ``publisher`` and ``class_name`` narrow it down; ``order`` sorts, by date if nothing
else. Of equal works the newer comes first, then the one that was added later.

How it is answered without a scan:

    given keys (ids, alerts)     these works are read and sorted here
    whole lists                  counters tell the total and what a page skips
    few works of a list          narrow rows are collected and sorted here
    many works of a list         the list is walked in its order until the page is full
"""

import dataclasses
import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from chalicelib.identifiers import VALUE_LIMIT_BYTES
from chalicelib.paging import Listing, page, walk
from chalicelib.query import PAGE_SIZE, Query
from chalicelib.store import alerts, lists, works
from chalicelib.store.works import Brief, StoredWork

#: Up to this many works of a list are read and sorted here.
FEW_WORKS = 2000
#: So many rows are walked at least before collecting is tried instead.
WALKED_ROWS = 20_000

ALL_ALERTS = "All Alerts"
_SURROGATE = re.compile("[\ud800-\udfff]")
#: Alerts that are looked at, newest first: 3 MB of their index.
ALERTS_LIMIT = 20_000


@dataclasses.dataclass(frozen=True, slots=True)
class Selected:
    """A page of works: ``total`` on all pages, ``keys`` of this one in order.

    ``found`` holds those works of the page that were read already.
    """

    total: int
    keys: Sequence[str]
    found: Mapping[str, StoredWork] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class _Wish:
    """Only works with events of ``limited_to`` (None: all), ordered by the count of ``order``
    (None: by date), ``size`` of them from ``offset`` on."""

    limited_to: str | None
    order: str | None
    offset: int
    size: int

    @property
    def source(self) -> str | None:
        """The source whose counts are needed."""
        return self.order or self.limited_to

    @property
    def end(self) -> int:
        """How many works of a list are needed."""
        return self.offset + self.size


@dataclasses.dataclass(frozen=True, slots=True)
class _Filter:
    """Some of all works: whether a key is one, how many, and all of them with their sort."""

    holds: Callable[[str], bool]
    total: int
    collect: Callable[[], dict[str, str]]


def select(query: Query, sources: Sequence[str], uid_kind: str) -> Selected:
    """The page of works that a query means; ``sources`` are the names of all installed."""
    wish = _wish(query, sources)
    of_publisher = _months_of_publisher(query)
    if of_publisher is not None and not of_publisher:
        return Selected(0, [])
    keys = _given_keys(query, uid_kind)
    if keys is not None:
        return _from_keys(keys, str(query.publisher_id) if of_publisher else None, wish)
    return _from_lists(query, of_publisher, wish, uid_kind)


def named(query: Query, uid_kind: str) -> list[str]:
    """The keys of all works that the ids of a query name, on whichever page; there may be none
    under a key."""
    keys = query.keys or ()
    if query.kind == uid_kind:
        return list(keys)
    values = [key.partition(":")[2] for key in keys]
    if query.kind == "doi":
        found = {value: lists.doi_keys(value) for value in values}
    else:
        found = lists.lookup(query.kind, values)
    return list(dict.fromkeys(key for value in values for key in found.get(value, ())))


def oldest(keys: Sequence[str]) -> Selected:
    """Of the works with these keys the one that was added first."""
    if len(keys) < 2:
        return Selected(len(keys), keys)
    found = works.find(keys)
    if not found:
        return Selected(0, [])
    key = min(found, key=lambda key: (found[key].created_at, key))
    return Selected(1, [key], {key: found[key]})


def _wish(query: Query, sources: Sequence[str]) -> _Wish:
    limited_to = query.source if query.ids is None and query.q is None else None
    if limited_to not in sources:
        limited_to = None
    order = query.order if query.order in sources else None
    if limited_to and order != limited_to:
        order = None
    return _Wish(limited_to, order, (query.page - 1) * query.per_page, query.per_page)


def _given_keys(query: Query, uid_kind: str) -> list[str] | None:
    """The keys that ``ids`` or ``class_name`` name; None without either."""
    keys = None if query.ids is None else named(query, uid_kind)
    if not query.class_name:
        return keys
    class_name = None if query.class_name == ALL_ALERTS else query.class_name
    alerted = alerts.works(class_name, limit=ALERTS_LIMIT)
    if keys is not None:
        return [key for key in keys if key in alerted]
    if query.q:
        prefix = _prefix(query.q, uid_kind)
        return [key for key in sorted(alerted) if prefix.holds(key)]
    return sorted(alerted)


def _from_keys(keys: Sequence[str], publisher: str | None, wish: _Wish) -> Selected:
    """The page of these works. A page's worth of works is read whole, at once."""
    found: dict[str, StoredWork] = {}
    if len(keys) <= PAGE_SIZE:
        found = works.find(keys)
        rows = {key: works.brief(stored, wish.source) for key, stored in found.items()}
    else:
        rows = works.find_brief(keys, wish.source)
    if publisher:
        rows = {key: row for key, row in rows.items() if row.publisher == publisher}
    selected = _sorted_page(rows, wish)
    return dataclasses.replace(selected, found=found)


def _sorted_page(rows: Mapping[str, Brief], wish: _Wish) -> Selected:
    def position(key: str) -> tuple[int, str]:
        return (rows[key].total or 0) if wish.order else 0, rows[key].sort

    keys = [key for key, row in rows.items() if row.total or not wish.limited_to]
    keys.sort(key=position, reverse=True)
    return Selected(len(keys), keys[wish.offset : wish.end])


def _months_of_publisher(query: Query) -> dict[str, int] | None:
    """How many works the query's publisher has by month, {} for none; None if no publisher
    narrows it down, which an unknown one does not (api.md 7.1)."""
    if query.publisher_id is None:
        return None
    months = lists.counters(lists.publisher_list(query.publisher_id))
    if months:
        return months
    from chalicelib.store import publishers  # with the feeds, which few requests need

    return None if publishers.get(str(query.publisher_id)) is None else {}


def _from_lists(
    query: Query, of_publisher: Mapping[str, int] | None, wish: _Wish, uid_kind: str
) -> Selected:
    months = lists.counters(lists.MONTHS)
    filters: list[_Filter] = []
    if query.publisher_id is not None and of_publisher:
        if not query.q and not wish.source:
            rows = functools.partial(lists.publisher_rows, query.publisher_id)
            return _whole([Listing(_newest_first(of_publisher), rows)], wish)
        filters.append(_publisher_filter(query.publisher_id, sum(of_publisher.values())))
    if query.q:
        filters.append(_prefix(query.q, uid_kind))
    everything = sum(months.values())
    filters = [narrow for narrow in filters if narrow.total != everything]
    ordered = _ordered(wish, months)
    if not filters:
        return _whole(ordered, wish)
    return _narrowed(ordered, functools.reduce(_both, filters), wish)


def _ordered(wish: _Wish, months: Mapping[str, int]) -> list[Listing]:
    """All works that the wish holds for, in its order."""
    if wish.source is None:
        return [Listing(_newest_first(months), lists.months_rows)]
    having = lists.counters(lists.with_list(wish.source))
    if wish.order is None:
        rows = functools.partial(lists.with_rows, wish.source)
        return [Listing(_newest_first(having), rows)]
    ranked = _ranked(wish.order)
    if wish.limited_to:
        return [ranked]
    lacking = {month: count - having.get(month, 0) for month, count in months.items()}
    rows = functools.partial(_rows_without, wish.order, having)
    return [ranked, Listing(_newest_first(lacking), rows)]


def _ranked(source: str) -> Listing:
    """The works with events of a source, highest count first."""
    counters = lists.stats(source).items()
    buckets = [(name[1:], count) for name, count in counters if name[0] == "b" and count > 0]

    def rows(bucket: str, limit: int | None) -> Iterator[str]:
        return lists.rank_rows(source, int(bucket), limit)

    return Listing(sorted(buckets, reverse=True), rows)


def _rows_without(
    source: str, having: Mapping[str, int], month: str, limit: int | None
) -> Iterator[str]:
    """Keys of a month's works that have no events of a source."""
    excluded = set(lists.with_rows(source, month)) if month in having else set[str]()
    more = None if limit is None else limit + len(excluded)
    return (key for key in lists.months_rows(month, more) if key not in excluded)


def _newest_first(counters: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(((month, count) for month, count in counters.items() if count > 0), reverse=True)


def _whole(listings: Sequence[Listing], wish: _Wish) -> Selected:
    total = sum(listing.total for listing in listings)
    return Selected(total, page(listings, wish.offset, wish.size))


def _narrowed(ordered: Sequence[Listing], narrow: _Filter, wish: _Wish) -> Selected:
    """The page of those works of a list that a filter holds for."""
    if narrow.total <= FEW_WORKS:
        return _collected(narrow, wish)
    if not wish.limited_to and wish.offset >= narrow.total:
        return Selected(narrow.total, [])
    if wish.limited_to:
        keys = [key for key in walk(ordered) if narrow.holds(key)]
        return Selected(len(keys), keys[wish.offset : wish.end])
    # By date, walking is given up where it reads more rows than collecting would.
    most = None if wish.order else max(WALKED_ROWS, narrow.total)
    walked = (key for key in islice(walk(ordered), most) if narrow.holds(key))
    keys = list(islice(walked, wish.end))
    if len(keys) < min(wish.end, narrow.total) and most is not None:
        return _collected(narrow, wish)
    return Selected(narrow.total, keys[wish.offset :])


def _collected(narrow: _Filter, wish: _Wish) -> Selected:
    sorts = narrow.collect()
    if wish.source:
        return _sorted_page(works.find_brief(sorts, wish.source), wish)
    return _sorted_page({key: Brief(sort, None, None) for key, sort in sorts.items()}, wish)


def _publisher_filter(publisher_id: int, total: int) -> _Filter:
    collect = functools.cache(functools.partial(lists.publisher_sorts, publisher_id))
    return _Filter(lambda key: key in collect(), total, collect)


def _prefix(q: str, uid_kind: str) -> _Filter:
    """The works whose DOI starts with ``q`` in any case."""
    start = q.lower()
    registrant, slash, _ = start.partition("/")
    size_bytes = len(start.encode("utf-8", "surrogatepass"))
    if not registrant or size_bytes > VALUE_LIMIT_BYTES or _SURROGATE.search(start):
        return _Filter(lambda key: False, 0, dict)
    if slash:
        starts = {registrant: start}
        total = lists.prefix_count(registrant, start)
    else:
        counters = lists.counters(lists.REGISTRANTS, begins_with=start)
        starts = {name: f"{name}/" for name in counters}
        total = sum(counters.values())

    @functools.cache
    def collect() -> dict[str, str]:
        rows = (lists.prefix_rows(name, doi_start) for name, doi_start in starts.items())
        return dict(row for found in rows for row in found)

    if uid_kind == "doi":
        return _Filter(lambda key: key.startswith(f"doi:{start}"), total, collect)
    return _Filter(lambda key: key in collect(), total, collect)


def _both(one: _Filter, other: _Filter) -> _Filter:
    @functools.cache
    def collect() -> dict[str, str]:
        return {key: sort for key, sort in other.collect().items() if one.holds(key)}

    return _Filter(lambda key: key in collect(), len(collect()), collect)
