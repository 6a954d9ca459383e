"""Posts that a search brought: whether they really name the work, and how many do.

For ``bluesky``, ``hackernews`` and ``mastodon``, which match words and links loosely.
"""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from chalicelib.model import Event, Metrics, Result, Work


def counted(posts: Iterable[tuple[Any, Event]]) -> Result:
    """Posts told by their ids, each counted once."""
    events = list(dict(posts).values())
    return Result(metrics=Metrics.of(comments=len(events)), events=events)


def names_doi(said: str, work: Work) -> bool:
    """Whether the DOI is in the text, escaped or not.

    It ends where its letters and digits end, except for a preprint's version (…123v2).
    """
    doi = re.compile(rf"(?<![0-9]){re.escape(work.doi_folded)}(?!(?!v[0-9])[a-z0-9])")
    return any(doi.search(form.lower()) for form in (said, unquote(said)))


def names(said: str, work: Work) -> bool:
    """Whether the DOI or the address of the landing page is in the text."""
    if names_doi(said, work):
        return True
    address = unquote((work.canonical_url or "").lower()).partition("://")[2]
    address = address.removeprefix("www.").rstrip("/")
    if not address:
        return False
    return re.search(rf"{re.escape(address)}(?![\w.-])", unquote(said.lower())) is not None
