"""Lagotto's document store: what it kept of one work, from feeds that are no longer offered.

For ``f1000`` and ``pmc``, whose replays read either it or the feed.
"""

from collections.abc import Callable
from typing import Any

from chalicelib.archive import escaped
from chalicelib.model import Result, Work
from chalicelib.reading import expecting, mapping, sequence
from chalicelib.source import Answer


def address(store: str, work: Work) -> str:
    """Where the document of the work is."""
    return f"{store.rstrip('/')}/{escaped(work.doi or '')}"


def is_document(answer: Answer) -> bool:
    """Whether the answer is one of the store; feeds are XML."""
    return not answer.body.lstrip().startswith(b"<")


def read(answer: Answer, field: str, result: Callable[[list[dict[str, Any]]], Result]) -> Result:
    """What ``result`` makes of the list in this field of the document; an empty one has none."""
    with expecting(f"a document of Lagotto's store with {field}", answer):
        document = mapping(answer.json())
        if field not in document and document:
            raise LookupError(field)
        return result([mapping(item) for item in sequence(document.get(field, []))])
