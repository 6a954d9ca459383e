"""Counting the rows of a source's lists anew, to mend counters that are wrong.

A worker that dies between writing a number and moving the counters leaves them wrong. While
workers are at it the two differ for a moment anyway, so a counter is only mended if it was
wrong by the same amount twice: in this count and in the one before.
"""

from collections import Counter
from collections.abc import Mapping

from chalicelib.store import lists

#: The counts of 50 buckets reach to 10 to the power of 15.
BUCKETS = range(1, 51)


def drift(source: str) -> dict[str, int]:
    """By how much the counters of a source are less than what there is: {counter: number}.

    Counters are ``events``, ``b01``… and months. Empty also if they changed while their rows
    were counted.
    """
    before = _counters(source)
    counted: Counter[str] = Counter()
    for bucket in BUCKETS:
        for row in lists.rank_sorts(source, bucket):
            total, month = row.split("#", 2)[:2]
            counted["events"] += int(total)
            counted[f"b{bucket:02d}"] += 1
            counted[month[:7]] += 1
    if _counters(source) != before:
        return {}
    names = {*before, *counted}
    return {name: wrong for name in names if (wrong := counted[name] - before.get(name, 0))}


def lasting(found: Mapping[str, int], known: Mapping[str, int]) -> dict[str, int]:
    """What was wrong by the same amount in both of two counts."""
    return {name: wrong for name, wrong in found.items() if known.get(name) == wrong}


def mend(source: str, wrong: Mapping[str, int]) -> None:
    """Move counters by what they are wrong."""
    lists.add_to_stats(source, {name: by for name, by in wrong.items() if "-" not in name})
    for month, by in wrong.items():
        if "-" in month:
            lists.add_to_counter(lists.with_list(source), month, by)


def _counters(source: str) -> dict[str, int]:
    return lists.stats(source) | lists.counters(lists.with_list(source))
