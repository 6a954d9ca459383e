"""Mastodon: posts with the DOI or the landing page that one server knows.

Counts:   posts (total, comments), as far as the server has seen them
Needs:    DOI; posts with a link to the landing page are asked for where it is known
Asks:     GET, JSON, one work: by DOI and by landing page, up to five pages of 40 each
Limits:   300 in five minutes for an account; the headers tell what is left
Auth:     access_token (secret) with the scope read:search on the setting server
          Licence: none stated; we keep no texts and no names
Zero:     no post that passes the check      Unknown work: the same
Traps:    a server without full-text search gives an empty list, too, so choose one that has it;
          only posts of people who agreed are found; the account's own private posts are left
          out; words are matched loosely; there is no count of the whole network
Docs:     https://docs.joinmastodon.org/methods/search/      Read: 2026-11-26
"""

from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from typing import Any

from chalicelib.apis import budgets, mentions
from chalicelib.model import Event, Work
from chalicelib.reading import count, expecting, mapping, sequence, text, time
from chalicelib.source import Client, Limits, Outcomes, Setting, Source, found_identifiers

PAGE = 40
MAXIMUM_PAGES = 5
COUNTS = ("replies_count", "reblogs_count", "favourites_count")
PUBLIC = ("public", "unlisted")


class Mastodon(Source):
    name = "mastodon"
    title = "Mastodon"
    group = "discussed"
    description = "Posts that mention the work, as far as one Mastodon server knows them."
    profits_from = ("canonical_url",)
    calls_per_batch = 2
    calls_per_hour = 3000
    absent = ()
    on_by_default = False
    settings = (
        Setting(
            name="server",
            description="Name of a server with full-text search, such as mastodon.example",
            required=True,
        ),
        Setting(
            name="access_token",
            description="A token of an account there, with the scope read:search",
            required=True,
            secret=True,
        ),
    )

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        return {work.key: mentions.counted(_posts(work, client)) for work in works}

    def limits(self, headers: Mapping[str, str]) -> Limits | None:
        return budgets.until_moment(headers)


def _posts(work: Work, client: Client) -> Iterator[tuple[str, Event]]:
    """The URI and the event of each checked post; one found by both questions comes twice."""
    server = client.settings["server"].strip().removeprefix("https://").strip("/")
    headers = {"authorization": f"Bearer {client.settings['access_token'].strip()}"}
    for question in _questions(work):
        for page in range(MAXIMUM_PAGES):
            params = {
                "q": question,
                "type": "statuses",
                "limit": str(PAGE),
                "offset": str(page * PAGE),
            }
            answer = client.get(f"https://{server}/api/v2/search", params=params, headers=headers)
            with expecting("a search result of Mastodon", answer):
                posts = [mapping(post) for post in sequence(mapping(answer.json())["statuses"])]
                yield from [_event(post) for post in posts if _is_about(post, work)]
            if len(posts) < PAGE:
                break


def _questions(work: Work) -> Iterator[str]:
    yield '"{}"'.format((work.doi or "").replace('"', " "))
    if work.canonical_url:
        yield '"{}"'.format(work.canonical_url.partition("://")[2])


def _is_about(post: Mapping[str, Any], work: Work) -> bool:
    """Whether everybody may read the post, and the DOI or the landing page really is in it."""
    if post["visibility"] not in PUBLIC:
        return False
    card = mapping(post.get("card") or {})
    said = f"{text(post['content']) or ''} {text(card.get('url')) or ''}"
    # Links in posts are shown in pieces, but whole in their tags.
    return mentions.names(unescape(said), work)


def _event(post: Mapping[str, Any]) -> tuple[str, Event]:
    uri = text(post["uri"])
    if uri is None:
        raise ValueError("a post without URI")
    counts = {name: count(post[name]) for name in COUNTS if post.get(name) is not None}
    return uri, Event(
        event={"uri": uri, **counts},
        url=found_identifiers(canonical_url=text(post.get("url"))).get("canonical_url"),
        time=time(post["created_at"]),
    )
