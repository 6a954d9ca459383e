"""Bluesky: posts that name the DOI or link to the work.

Counts:   posts (total, comments)
Needs:    DOI; posts with a link to the landing page are asked for where it is known
Asks:     GET, JSON, one work: by words, by the link of the DOI and by landing page, up to five
          pages of 100 each, after a POST for a session
Limits:   3000 in five minutes, 30 sessions; the search is meant for people, so we use 1200 an hour
Auth:     identifier, app_password (secret)      Licence: none stated; we keep no texts and no
          names
Zero:     no post that passes the check      Unknown work: the same
Traps:    links and words are matched loosely, so every post is checked; long links are cut in
          the text and whole in facets and embeds; authors can claim any time; a session that
          expired gives status 400; public.api.bsky.app refuses the search
Docs:     https://docs.bsky.app/docs/api/app-bsky-feed-search-posts      Read: 2026-11-26
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from chalicelib import oauth
from chalicelib.apis import budgets, mentions
from chalicelib.errors import Rejected
from chalicelib.model import Event, Work
from chalicelib.reading import SHAPE_ERRORS, count, expecting, mapping, sequence, text, time
from chalicelib.source import Answer, Client, Limits, Outcomes, Setting, Source

MAXIMUM_PAGES = 5
#: A session lives for two hours; it is not told how long.
SESSION_SECONDS = 3600
COUNTS = ("likeCount", "repostCount", "quoteCount", "replyCount")
POST = re.compile(r"at://(?P<did>did:[a-z]+:[\w.:%-]+)/app\.bsky\.feed\.post/(?P<key>[\w.~:-]+)")


class Bluesky(Source):
    name = "bluesky"
    title = "Bluesky"
    group = "discussed"
    description = "Posts on Bluesky that mention the work or link to it."
    profits_from = ("canonical_url",)
    calls_per_batch = 3
    calls_per_hour = 1200
    absent = ()
    on_by_default = False
    page = "https://bsky.app/search?q=%22{doi}%22"
    settings = (
        Setting(name="host", description="Server of the account", default="https://bsky.social"),
        Setting(
            name="identifier",
            description="Handle or mail address",
            required=True,
            unless=("access_token",),
        ),
        Setting(
            name="app_password",
            description="An app password, made for Lagotto alone",
            required=True,
            unless=("access_token",),
            secret=True,
        ),
        Setting(
            name="access_token",
            description="Token of a session in place of a new one; it lasts two hours",
            secret=True,
        ),
    )

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        return {work.key: mentions.counted(_posts(work, client)) for work in works}

    def limits(self, headers: Mapping[str, str]) -> Limits | None:
        return budgets.until_moment(headers, "ratelimit")


def _posts(work: Work, client: Client) -> Iterator[tuple[str, Event]]:
    """The URI and the event of each checked post; one found by two questions comes twice."""
    for question in _questions(work):
        params = {**question, "sort": "latest", "limit": "100"}
        for _ in range(MAXIMUM_PAGES):
            answer = _search(client, params)
            with expecting("a list of posts of Bluesky", answer):
                found = mapping(answer.json())
                posts = [mapping(post) for post in sequence(found["posts"])]
                yield from [_event(post) for post in posts if _is_about(post, work)]
                cursor = text(found.get("cursor"))
            if cursor is None or not posts:
                break
            params = {**params, "cursor": cursor}


def _questions(work: Work) -> Iterator[dict[str, str]]:
    doi = (work.doi or "").replace('"', " ")
    yield {"q": f'"{doi}"'}
    yield {"q": "*", "url": f"https://doi.org/{work.doi}"}
    if work.canonical_url:
        yield {"q": "*", "url": work.canonical_url}


def _search(client: Client, params: Mapping[str, str]) -> Answer:
    url = f"{client.settings['host'].rstrip('/')}/xrpc/app.bsky.feed.searchPosts"

    def ask(token: str) -> Answer:
        try:
            return client.get(url, params=params, headers={"authorization": f"Bearer {token}"})
        except Rejected as error:
            if error.status == 400 and b"ExpiredToken" in error.body:
                raise Rejected(error.message, url=error.url, status=401, body=error.body) from error
            raise

    return oauth.with_token(client, ask, lambda: _log_in(client))


def _log_in(client: Client) -> None:
    answer = client.post(
        f"{client.settings['host'].rstrip('/')}/xrpc/com.atproto.server.createSession",
        json={
            "identifier": client.settings["identifier"],
            "password": client.settings["app_password"],
        },
        confidential=True,
    )
    oauth.keep(client, answer, _token)


def _token(session: Any) -> tuple[str, int | None]:
    token = text(mapping(session)["accessJwt"])
    if token is None:
        raise ValueError("a blank token")
    return token, SESSION_SECONDS


def _is_about(post: Mapping[str, Any], work: Work) -> bool:
    """Whether the DOI or the address of the landing page is in the text or a link of the post."""
    said = json.dumps(mapping(post["record"]), ensure_ascii=False)
    return mentions.names(said, work)


def _event(post: Mapping[str, Any]) -> tuple[str, Event]:
    uri = text(post["uri"]) or ""
    match = POST.fullmatch(uri)
    if match is None:
        raise ValueError(f"{uri[:80]!r} is no post")
    counts = {name: count(post[name]) for name in COUNTS if post.get(name) is not None}
    return uri, Event(
        event={"uri": uri, **counts},
        url=f"https://bsky.app/profile/{match['did']}/post/{match['key']}",
        time=_time(post),
    )


def _time(post: Mapping[str, Any]) -> str | None:
    """When the post was written, as its author claims, but not after it was seen."""
    seen = time(post["indexedAt"])
    claimed = None
    with suppress(*SHAPE_ERRORS):
        claimed = time(post["record"].get("createdAt"))
    return min(filter(None, (claimed, seen)), default=None)
