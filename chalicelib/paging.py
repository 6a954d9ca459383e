"""Ordered lists that are cut into buckets: the counters tell which bucket a page begins in.

Pure: how the rows of a bucket are read is given.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple


class Listing(NamedTuple):
    """An ordered list: (bucket, number of its rows) in order, and how a bucket is read.

    ``rows(bucket, limit)`` gives the keys in a bucket in order, the first ``limit`` of them.
    """

    buckets: Sequence[tuple[str, int]]
    rows: Callable[[str, int | None], Iterable[str]]

    @property
    def total(self) -> int:
        """The number of rows."""
        return sum(count for _, count in self.buckets)


def page(listings: Sequence[Listing], offset: int, size: int) -> list[str]:
    """The keys from ``offset`` on of lists that follow each other; skips whole buckets."""
    keys: list[str] = []
    for listing in listings:
        for bucket, count in listing.buckets:
            if offset >= count:
                offset -= count
                continue
            end = offset + size - len(keys)
            keys += islice(listing.rows(bucket, end), offset, end)
            offset = 0
            if len(keys) >= size:
                return keys
    return keys


def walk(listings: Sequence[Listing]) -> Iterator[str]:
    """All keys of lists that follow each other; read as they are consumed."""
    for listing in listings:
        for bucket, _ in listing.buckets:
            yield from listing.rows(bucket, None)
