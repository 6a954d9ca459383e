"""Crossref's REST API: its lists, and how it writes dates.

For ``crossref_import``, ``crossref_orcid``, ``crossref_publisher`` and ``retractions``.
"""

from collections.abc import Callable, Sequence
from typing import Any

from chalicelib.feed import Entry, Page, read_entries
from chalicelib.reading import count, expecting, mapping, sequence, text
from chalicelib.source import Answer, Client, Params

ROWS = 1000


def read_works(
    client: Client, params: Params, place: str, read: Callable[[Any], Entry | Sequence[Entry]]
) -> Page:
    """One page of a list of works, each read with ``read``; ``place`` is the cursor.

    With ``sample`` among the parameters Crossref draws works, which are one page.
    """
    sampled = "sample" in params
    paging = {} if sampled else {"rows": str(ROWS), "cursor": place or "*"}
    params = {**params, **paging, "mailto": client.contact_email}
    answer = client.get("https://api.crossref.org/works", params=params)
    with expecting("a list of works of Crossref", answer):
        message = message_of(answer, "work-list")
        items, total = sequence(message["items"]), count(message["total-results"])
        full = len(items) >= ROWS and not sampled
        if not (full or place or sampled) and len(items) < total:
            raise ValueError(f"{len(items)} of {total} works")
        next_place = text(message["next-cursor"]) if full else None
        if full and not next_place:
            raise ValueError("a full page has no cursor")
    entries, failed = read_entries(answer, items, read)
    return Page(entries=entries, next_place=next_place, failed=failed)


def message_of(answer: Answer, kind: str) -> dict[str, Any]:
    """What an answer of this kind says. Errors: ValueError for others, and for failures."""
    body = mapping(answer.json())
    message = mapping(body["message"])
    if body["status"] != "ok" or body["message-type"] != kind:
        raise ValueError(f"status {body['status']!r}, {body['message-type']!r}")
    return message


def date_parts(value: Any) -> list[int]:
    """Year, month and day of ``{"date-parts": [[2012, 3, 6]]}`` as far as they are known."""
    parts = sequence(sequence(mapping(value)["date-parts"])[0]) if value else []
    return [count(part) for part in parts if part is not None][:3]


def date(parts: Sequence[int]) -> str:
    """``2012-03-06``, or as much of it as is known."""
    return "-".join([f"{parts[0]:04d}", *(f"{part:02d}" for part in parts[1:])])
