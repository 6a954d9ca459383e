"""hn.algolia.com: stories and comments. The search forgives typing errors and completes
words, so some hits are about another DOI and nbHits is too high."""

import re
from html import escape
from typing import Any
from urllib.parse import quote

from infra.local.providers import papers
from infra.local.providers.draws import between, draw, fraction, rare
from infra.local.providers.exchange import Reply, Request, State, as_json
from infra.local.providers.world import World

DEFAULT_PAGE_SIZE = 20
MAXIMUM_PAGE_SIZE = 1000
#: No more hits than these can be paged through.
MAXIMUM_HITS = 1000
_SLASH = "&#x2F;"


def answer(request: Request, state: State) -> Reply:
    """The answer to a GET of /api/v1/search or /api/v1/search_by_date."""
    if request.path not in ("/api/v1/search", "/api/v1/search_by_date"):
        return as_json({"status": 404, "error": "Not Found"}, 404)
    size, page = request.number("hitsPerPage", DEFAULT_PAGE_SIZE), request.number("page", 0)
    if size is None or page is None:
        return as_json({"message": "invalid hitsPerPage or page", "status": 400}, 400)
    size = min(size, MAXIMUM_PAGE_SIZE)
    doi = _doi(request.get("query"))
    hits = _hits(doi, state.world) if doi else []
    tags = set(re.findall(r"[a-z_]+", request.get("tags")))
    hits = [hit for hit in hits if not tags or tags & set(hit["_tags"])]
    if request.get("restrictSearchableAttributes") == "url":
        hits = [hit for hit in hits if hit.get("url")]
    if request.path.endswith("_by_date"):
        hits.sort(key=lambda hit: hit["created_at_i"], reverse=True)
    reachable = hits[:MAXIMUM_HITS]
    document = {
        "hits": reachable[page * size : (page + 1) * size],
        "nbHits": len(hits),
        "page": page,
        "nbPages": -(-len(reachable) // size) if size else 0,
        "hitsPerPage": size,
        "exhaustiveNbHits": True,
        "exhaustiveTypo": True,
        "query": request.get("query"),
        "params": "",
        "processingTimeMS": 4,
    }
    return as_json(document, operation="search", asked=1)


def _doi(query: str) -> str:
    """The DOI of a query. A phrase with blanks is no DOI that anybody wrote."""
    found = re.search(r"10\.[0-9]{4,9}/.+", query, re.DOTALL)
    text = found[0].strip().removesuffix('"') if found else ""
    return "" if re.search(r"\s", text) else text.lower()


def _hits(doi: str, world: World) -> list[dict[str, Any]]:
    """Those that mention the DOI and those that only look like it, mixed."""
    wrong = [_mistyped(doi), f"{doi}{draw('longer', doi) % 10}"]
    false_hits = [
        _hit(doi, wrong[index % 2], f"false {index}", index)
        for index in range(rare(0.08, 12, "false hits", doi))
    ]
    true_hits = [_hit(doi, doi, f"true {index}", index) for index in range(world.posts(doi))]
    return sorted(true_hits + false_hits, key=lambda hit: draw("relevance", hit["objectID"]))


def _mistyped(doi: str) -> str:
    """The DOI with its last letter or digit changed."""
    return re.sub(
        r"[a-z0-9](?=[^a-z0-9]*$)", lambda last: "x" if last[0] != "x" else "y", doi, count=1
    )


def _hit(doi: str, mentioned: str, name: str, index: int) -> dict[str, Any]:
    written = papers.mixed_case(mentioned)
    created = papers.moment(2012, 2025, "post", doi, name)
    number = 1_000_000 + (draw("post", doi, name[0]) + index * 7_368_787) % 40_000_000
    common: dict[str, Any] = {
        "objectID": str(number),
        "created_at": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "created_at_i": int(created.timestamp()),
        "updated_at": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "author": f"user{draw('author', doi, name) % 5000}",
        "_highlightResult": {},
    }
    kind = between(0, 2, "kind", doi, name)
    if kind == 0:
        return {**common, **_comment(written, number, doi)}
    if kind == 1:
        text = f"What do you make of doi:{escape(written)}? I read it twice."
        return {**common, **_story(number, "Ask HN: has anyone repeated this?", None, text)}
    tail = "#abstract" if fraction("fragment", doi, name) < 0.5 else "?utm_source=hn"
    link = f"https://doi.org/{quote(written, safe='/')}{tail}"
    return {**common, **_story(number, papers.title(doi, name), link, None)}


def _comment(written: str, number: int, doi: str) -> dict[str, Any]:
    """A comment: links are in HTML, their slashes escaped and their texts cut."""
    link = escape(f"https://doi.org/{written}").replace("/", _SLASH)
    parent = number - between(1, 900, "parent", doi, number)
    return {
        "_tags": ["comment", f"author_{number}", f"story_{parent}"],
        "comment_text": f'<p>See <a href="{link}" rel="nofollow">{link[:40]}...</a>',
        "story_id": parent,
        "story_title": papers.title("story", parent),
        "story_url": f"https://news.example.org/{parent}",
        "parent_id": parent,
    }


def _story(number: int, title: str, url: str | None, text: str | None) -> dict[str, Any]:
    story = {
        "_tags": ["story", f"author_{number}", f"story_{number}"],
        "title": title,
        "points": draw("points", number) % 300,
        "num_comments": draw("comments", number) % 90,
        "story_id": number,
        "children": [],
    }
    return {**story, **({"url": url} if url else {}), **({"story_text": text} if text else {})}
