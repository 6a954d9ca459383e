"""The list of publishers as API v5 shows it. Pure.

Lagotto knows publishers by their number at Crossref, and works are asked for by it; datacentres
of DataCite, which have none, are not in the list.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from chalicelib import lagotto
from chalicelib.feed import Publisher

PAGE_SIZE = 30


class Listed(NamedTuple):
    """A publisher and when it was last told of."""

    publisher: Publisher
    updated_at: dt.datetime


def ordered(found: Iterable[Listed]) -> list[Listed]:
    """Those that have a number at Crossref, by name in any case."""
    numbered = (listed for listed in found if _has_number(listed.publisher))
    return sorted(numbered, key=_order)


def page(listing: Sequence[Listed], number: int) -> dict[str, Any]:
    """A page of the ordered list, in the envelope of api.md 1.8."""
    total = len(listing)
    start = (number - 1) * PAGE_SIZE
    return {
        "total": total,
        "total_pages": -(-total // PAGE_SIZE),
        "page": number if total else 0,
        "error": None,
        "data": [_publisher(listed) for listed in listing[start : start + PAGE_SIZE]],
    }


def _has_number(publisher: Publisher) -> bool:
    return publisher.id.isascii() and publisher.id.isdigit()


def _order(listed: Listed) -> tuple[str, str, int]:
    name = listed.publisher.name
    return name.casefold(), name, int(listed.publisher.id)


def _publisher(listed: Listed) -> dict[str, Any]:
    publisher = listed.publisher
    return {
        "name": publisher.name,
        # As Crossref's list of a member's names, which holds the name itself too.
        "other_names": list(dict.fromkeys([publisher.name, *publisher.other_names])),
        "crossref_id": int(publisher.id),
        "prefixes": list(publisher.prefixes),
        "update_date": lagotto.timestamp(listed.updated_at),
    }
