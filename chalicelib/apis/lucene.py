"""Searches in Lucene's syntax, and the answers of Solr.

For ``datacite``, ``datacite_data``, ``datacite_github``, ``datacite_import``,
``datacite_orcid`` and ``datacite_related`` (questions alone); for ``ads``, ``ads_fulltext``,
``dataone_import``, ``plos_fulltext``, ``plos_import`` and ``plos_usage``, which answer as Solr.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

from chalicelib.feed import Entry, Page, Window, read_entries
from chalicelib.model import Work
from chalicelib.reading import count, expecting, mapping, sequence
from chalicelib.source import Answer, Client, Params, chunks, phrase

#: Web servers commonly take request lines of 8,192 bytes; the rest is for other parameters.
QUERY_LIMIT_CHARACTERS = 7500
ROWS = 1000


def any_doi(field: str, works: Sequence[Work]) -> str:
    """``doi:("10.5555/a" OR "10.5555/b")``."""
    return f"{field}:({' OR '.join(phrase(work.doi_folded) for work in works)})"


def parts(works: Sequence[Work]) -> list[list[Work]]:
    """The works in lists of which ``any_doi`` fits into a URL."""
    return chunks(works, _size, QUERY_LIMIT_CHARACTERS)


def _size(work: Work) -> int:
    return len(quote_plus(f"{phrase(work.doi_folded)} OR "))


def days(field: str, window: Window) -> str:
    """What finds the records whose time in this field is in the window."""
    return f"{field}:[{window.start}T00:00:00Z TO {window.end}T23:59:59Z]"


def solr_docs(answer: Answer) -> tuple[list[Any], int]:
    """The documents that Solr sent, and how many it found."""
    response: Mapping[str, Any] = mapping(mapping(answer.json())["response"])
    return sequence(response["docs"]), count(response["numFound"])


def read_docs(
    client: Client, url: str, params: Params, place: str, read: Callable[[Any], Entry]
) -> Page:
    """One page of what Solr finds, each document read with ``read``; ``place`` is the offset."""
    start = int(place or 0)
    paging = {"rows": str(ROWS), "sort": "id asc", "start": str(start), "wt": "json"}
    answer = client.get(url, params={**params, **paging})
    with expecting("a search result of Solr", answer):
        docs, total = solr_docs(answer)
        following = start + len(docs)
        if following < total and not docs:
            raise ValueError(f"nothing from {start} on, of {total} documents")
    entries, failed = read_entries(answer, docs, read)
    next_place = str(following) if following < total else None
    return Page(entries=entries, next_place=next_place, failed=failed)
