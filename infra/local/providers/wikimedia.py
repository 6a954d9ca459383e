"""<language>.wikipedia.org and commons.wikimedia.org: full text search by MediaWiki's API.

Errors come with status 200 and the header MediaWiki-API-Error, as there.
"""

import re
from typing import Any

from infra.local.providers import papers
from infra.local.providers.draws import between, draw, pick
from infra.local.providers.exchange import Reply, Request, State, as_json, as_text, not_modelled
from infra.local.providers.world import World, words

MAXIMUM_QUERY_CHARACTERS = 300
MAXIMUM_LIMIT = 500
_TOKEN = re.compile(r'\s*(?:(?:insource:)?"(?P<phrase>(?:[^"\\]|\\.)*)"|(?P<bare>\S+))', re.DOTALL)


class _Refused(Exception):
    """A request that the API answers with this error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def answer(request: Request, state: State) -> Reply:
    """The answer of /w/api.php to action=query&list=search."""
    if not request.headers.get("user-agent", "").strip():
        return as_text("Please set a user-agent and respect our robot policy.\n", 403)
    if request.path != "/w/api.php":
        return as_text("Not Found", 404)
    if request.get("format") != "json":
        return not_modelled(request, "another format than json")
    if request.get("action") != "query" or request.get("list") != "search":
        return not_modelled(request, "another module than list=search")
    try:
        return _search(request, state.world)
    except _Refused as refused:
        error = {"code": refused.code, "info": str(refused), "docref": "See the API's help page."}
        document = {"error": error, "servedby": "mw-api-ext.example"}
        headers = {"MediaWiki-API-Error": refused.code}
        return as_json(document, operation="refused", headers=headers)


def _search(request: Request, world: World) -> Reply:
    text = request.get("srsearch")
    if not text:
        raise _Refused("missingparam", 'The "srsearch" parameter must be set.')
    if len(text) > MAXIMUM_QUERY_CHARACTERS:
        raise _Refused(
            "cirrussearch-query-too-long",
            "Search request is longer than the maximum allowed length. "
            f"(Actual: {len(text)}; allowed: {MAXIMUM_QUERY_CHARACTERS})",
        )
    limit, offset = request.number("srlimit", 10), request.number("sroffset", 0)
    if limit is None or offset is None or not limit:
        raise _Refused("badinteger", "Invalid value for an integer parameter.")
    phrases = _alternatives(text)
    language = "commons" if request.host.startswith("commons.") else request.host.partition(".")[0]
    found = _pages(request, language, phrases, world)
    shown = found[offset : offset + min(limit, MAXIMUM_LIMIT)]
    modern = request.get("formatversion") == "2"
    document: dict[str, Any] = {"batchcomplete": True if modern else ""}
    if offset + len(shown) < len(found) and shown:
        document["continue"] = {"sroffset": offset + len(shown), "continue": "-||"}
    if limit > MAXIMUM_LIMIT:
        warning = f'"srlimit" may not be over {MAXIMUM_LIMIT} (set to {limit}) for users.'
        document["warnings"] = {"search": {"warnings" if modern else "*": warning}}
    properties = request.get("srprop", "size|wordcount|timestamp|snippet").split("|")
    document["query"] = {
        "search": [
            {name: page[name] for name in page if _wanted(name, properties)} for page in shown
        ]
    }
    if "totalhits" in request.get("srinfo", "totalhits|suggestion|rewrittenquery").split("|"):
        searched = {"searchinfo": {"totalhits": len(found)}}
        document["query"] = {**searched, **document["query"]}
    return as_json(document, operation="search", asked=len(phrases))


def _alternatives(text: str) -> list[str]:
    """The phrases that OR joins; each is the words of a DOI."""
    phrases, joined = [], True
    for token in _TOKEN.finditer(text):
        if token["bare"] == "OR":
            joined = True
            continue
        if not joined:
            # Two phrases without OR must both be on the page; no page of ours has two DOIs.
            return []
        phrase = token["bare"] if token["phrase"] is None else token["phrase"]
        phrases.append(words(re.sub(r"\\(.)", r"\1", phrase)))
        joined = False
    return list(dict.fromkeys(filter(None, phrases)))


def _pages(
    request: Request, language: str, phrases: list[str], world: World
) -> list[dict[str, Any]]:
    namespace = 6 if language == "commons" else 0
    if str(namespace) not in request.get("srnamespace", "0").split("|"):
        return []
    found = [
        _page(language, namespace, phrase, index)
        for phrase in phrases
        for index in range(world.pages(language, phrase))
    ]
    return sorted(found, key=lambda page: draw("relevance", page["pageid"]))


def _page(language: str, namespace: int, phrase: str, index: int) -> dict[str, Any]:
    name = ("page", language, phrase, index)
    title = f"{papers.title(*name)} ({index + 1})"
    return {
        "ns": namespace,
        "title": f"File:{title}.pdf" if namespace else title,
        "pageid": 1000 + (draw("page", language, phrase) + index * 7_368_787) % 90_000_000,
        "size": between(800, 90_000, "size", *name),
        "wordcount": between(100, 12_000, "wordcount", *name),
        "snippet": f'{pick(papers.JOURNALS, *name)} <span class="searchmatch">{phrase}</span>',
        "timestamp": papers.moment(2012, 2025, *name).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _wanted(name: str, properties: list[str]) -> bool:
    return name in ("ns", "title", "pageid") or name in properties
