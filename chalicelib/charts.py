"""The works with the most events of a source, also of those published lately.

How they are found without a scan:

    of all times                 the list by count, its first rows
    few works since that day     the works of these months are read and sorted here
    many works                   the list by count is walked until there are enough
"""

import datetime as dt
from collections.abc import Iterator
from itertools import islice

from chalicelib.rss import Item
from chalicelib.selection import FEW_WORKS, WALKED_ROWS
from chalicelib.store import lists, numbers, works


def most_cited(source: str, since: dt.date | None, length: int) -> list[Item]:
    """The works with events of the source, most events first, then the newest.

    ``since``: the first day of publication, None for all.
    """
    keys = _first(source, length) if since is None else _first_since(source, since, length)
    found = works.find(keys)
    counted = (
        (found[key].work, numbers.total(found[key].numbers.get(source)))
        for key in keys
        if key in found
    )
    items = [Item(work, count) for work, count in counted if count]
    return sorted(items, key=lambda item: item.count, reverse=True)


def _first(source: str, length: int) -> list[str]:
    keys: list[str] = []
    for bucket in _buckets(source):
        keys += lists.rank_rows(source, bucket, length - len(keys))
        if len(keys) >= length:
            break
    return keys


def _first_since(source: str, since: dt.date, length: int) -> list[str]:
    day = since.isoformat()
    by_month = lists.counters(lists.with_list(source))
    months = [month for month in by_month if month >= day[:7]]
    total = sum(by_month[month] for month in months)
    if total > FEW_WORKS:
        walked = list(islice(_walked(source, day, max(WALKED_ROWS, total)), length))
        if len(walked) == length:
            return walked
    keys = [key for month in months for key in lists.with_rows(source, month)]
    rows = works.find_brief(keys, source)
    later = [key for key, row in rows.items() if row.sort >= day]
    later.sort(key=lambda key: (rows[key].total or 0, rows[key].sort), reverse=True)
    return later[:length]


def _walked(source: str, day: str, most: int) -> Iterator[str]:
    """Keys of the works published on this day or later, among the first rows by count."""
    rows = (row for bucket in _buckets(source) for row in lists.rank_sorts(source, bucket))
    for row in islice(rows, most):
        _, published, _, key = row.split("#", 3)
        if published >= day:
            yield key


def _buckets(source: str) -> list[int]:
    """The buckets of the list by count that have works, highest counts first."""
    counters = lists.stats(source).items()
    buckets = (int(name[1:]) for name, count in counters if name[0] == "b" and count > 0)
    return sorted(buckets, reverse=True)
