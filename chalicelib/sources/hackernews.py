"""Hacker News: stories and comments that mention the DOI or link to the landing page.

Counts:   stories and comments (total, comments)
Needs:    DOI
Asks:     GET, JSON, one work: by DOI and, if known, by landing page; up to 10 pages of 100
Limits:   10000 an hour
Auth:     none            Licence: none stated; we keep titles, no texts and no names
Zero:     no hit that passes the check      Unknown work: the same
Traps:    the search forgives typing errors, so nbHits is too high and every hit is checked;
          DOIs come escaped inside links, landing pages with fragments and query suffixes
Docs:     https://hn.algolia.com/api      Read: 2026-11-22
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from typing import Any
from urllib.parse import unquote

from chalicelib.apis import mentions
from chalicelib.model import Event, Work
from chalicelib.reading import count, expecting, mapping, sequence, text, time
from chalicelib.source import Client, Outcomes, Source

#: Algolia shows no more than the first 1000 hits.
MAXIMUM_PAGES = 10
KEPT = ("objectID", "title", "url", "story_id", "story_title", "points", "num_comments")
LINK = re.compile(r"""https?://[^\s"'<>]+""", re.IGNORECASE)


class HackerNews(Source):
    name = "hackernews"
    title = "Hacker News"
    group = "discussed"
    description = "Stories and comments on Hacker News that mention the work."
    calls_per_batch = 2
    calls_per_hour = 10_000
    absent = ()
    page = "https://hn.algolia.com/?query=%22{doi}%22&type=all"

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        return {work.key: mentions.counted(_mentions(work, client)) for work in works}


def _mentions(work: Work, client: Client) -> Iterator[tuple[int, Event]]:
    """The id and the event of each checked hit; one found by both questions comes twice."""
    for question in _questions(work):
        page, pages = 0, 1
        while page < min(pages, MAXIMUM_PAGES):
            answer = client.get(
                "https://hn.algolia.com/api/v1/search", params={**question, "page": str(page)}
            )
            with expecting("a search result of Hacker News", answer):
                found = mapping(answer.json())
                hits = [mapping(hit) for hit in sequence(found["hits"])]
                yield from [_event(hit) for hit in hits if _is_about(hit, work)]
                page, pages = page + 1, count(found["nbPages"])


def _questions(work: Work) -> Iterator[dict[str, str]]:
    common = {"tags": "(story,comment)", "hitsPerPage": "100"}
    doi = (work.doi or "").replace('"', " ")
    yield {**common, "query": f'"{doi}"'}
    if work.canonical_url:
        address = work.canonical_url.partition("://")[2]
        yield {**common, "query": address, "restrictSearchableAttributes": "url"}


def _is_about(hit: Mapping[str, Any], work: Work) -> bool:
    """Whether the DOI or a link to the landing page really is in the hit."""
    fields = ("url", "title", "story_text", "comment_text")
    said = " ".join(unescape(text(hit.get(field)) or "") for field in fields)
    if mentions.names_doi(said, work):
        return True
    page = work.canonical_url
    return page is not None and any(_leads_to(link, page) for link in LINK.findall(said))


def _leads_to(link: str, page: str) -> bool:
    """Whether the link is to the page, whatever its scheme, www, fragment or added query."""
    (address, query), (page_address, page_query) = _parts(link), _parts(page)
    return address == page_address and page_query <= query


def _parts(link: str) -> tuple[str, set[str]]:
    address, _, query = unquote(link).lower().partition("#")[0].partition("?")
    bare = address.partition("://")[2].removeprefix("www.").rstrip("/.,;)")
    return bare, set(filter(None, query.rstrip(".,;)").split("&")))


def _event(hit: Mapping[str, Any]) -> tuple[int, Event]:
    number = count(hit["objectID"])
    return number, Event(
        event={name: hit[name] for name in KEPT if hit.get(name) is not None},
        url=f"https://news.ycombinator.com/item?id={number}",
        time=time(hit.get("created_at")),
    )
