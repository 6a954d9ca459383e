"""X: posts that name the DOI or link to the work, as far as X shows them to paying callers.

Kept are ids, times and public counts, no texts and no names: X allows no more.

Counts:   posts, reposts left out (total, comments), those of earlier answers included
Needs:    DOI; the landing page is asked for, too, where it is known
Asks:     GET, JSON, one work, pages of up to 100 posts of the last seven days; where there are
          more than maximum_posts, one call for their number, which is kept as a note
Limits:   450 searches in 15 minutes, the headers tell what is left; every post read is paid for,
          so maximum_posts bounds what one work costs each time (0.005 dollars a post in 2026)
Auth:     bearer_token (secret)            Licence: ids may be kept and shown, texts may not
Zero:     result_count 0, without data      Unknown work: the same
Traps:    only the last seven days are found, so earlier posts are kept; a page has at least ten
          posts; queries have 512 characters at most; a 404 is an error
Docs:     https://docs.x.com/x-api/posts/search-recent-posts      Read: 2026-11-26
"""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.apis import budgets
from chalicelib.errors import Rejected
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import SHAPE_ERRORS, count, expecting, mapping, sequence, text, time
from chalicelib.source import Client, Limits, Outcomes, Setting, Source

TWEETS = "https://api.x.com/2/tweets"
QUERY_LIMIT_CHARACTERS = 512
SMALLEST_PAGE, LARGEST_PAGE = 10, 100


class X(Source):
    name = "x"
    title = "X"
    group = "discussed"
    description = "Posts on X, formerly Twitter, that mention the work; its search is paid for."
    calls_per_hour = 1200
    absent = ()
    on_by_default = False
    remembers = True
    page = "https://x.com/search?q=%22{doi}%22&f=live"
    settings = (
        Setting(
            name="bearer_token",
            description="App-only bearer token of the X API",
            required=True,
            secret=True,
        ),
        Setting(
            name="maximum_posts",
            description="Posts that are read, and paid for, of one work each time; 10 or more",
            default="100",
        ),
    )

    def applies(self, work: Work) -> bool:
        return super().applies(work) and len(_query(work)) <= QUERY_LIMIT_CHARACTERS

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        maximum = _maximum_posts(client)
        return {work.key: _result(work, client, maximum) for work in works}

    def merge(self, kept: list[Any] | dict[str, Any], result: Result, work: Work) -> Result:
        """The posts that were kept, with new counts where there are, then new ones."""
        earlier = kept if isinstance(kept, list) else []
        merged = {_id(event): event for event in [*earlier, *result.events_as_json()]}
        events = list(merged.values())
        return dataclasses.replace(result, metrics=Metrics.of(comments=len(events)), events=events)

    def limits(self, headers: Mapping[str, str]) -> Limits | None:
        return budgets.until_moment(headers, "x-rate-limit")


def _maximum_posts(client: Client) -> int:
    try:
        maximum = count(client.settings["maximum_posts"])
    except SHAPE_ERRORS:
        maximum = 0
    if maximum < SMALLEST_PAGE:
        raise Rejected(f"x: the setting maximum_posts must be {SMALLEST_PAGE} or more")
    return maximum


def _query(work: Work) -> str:
    doi = work.doi_folded.replace('"', " ")
    page = (work.canonical_url or "").partition("://")[2].replace('"', "%22")
    longer = f'("{doi}" OR url:"{doi}" OR url:"{page}") -is:retweet'
    shorter = f'("{doi}" OR url:"{doi}") -is:retweet'
    return longer if page and len(longer) <= QUERY_LIMIT_CHARACTERS else shorter


def _result(work: Work, client: Client, maximum: int) -> Result:
    headers = {"authorization": f"Bearer {client.settings['bearer_token'].strip()}"}
    query = _query(work)
    posts: dict[str, Event] = {}
    read = 0
    left: str | None = ""
    while left is not None and maximum - read >= SMALLEST_PAGE:
        params = {
            "query": query,
            "max_results": str(min(maximum - read, LARGEST_PAGE)),
            "tweet.fields": "created_at,public_metrics",
            **({"next_token": left} if left else {}),
        }
        answer = client.get(f"{TWEETS}/search/recent", params=params, headers=headers)
        with expecting("a search result of X", answer):
            body = mapping(answer.json())
            found = sequence(body.get("data") or [])
            if count(body["meta"]["result_count"]) != len(found):
                raise ValueError("not as many posts as are told")
            read += len(found)
            posts |= {event.event["id"]: event for event in map(_event, found)}
            left = text(body["meta"].get("next_token")) if found else None
    return Result(
        metrics=Metrics.of(comments=len(posts)),
        events=list(posts.values()),
        notes={} if left is None else {"posts_in_7_days": _number(client, query, headers)},
    )


def _number(client: Client, query: str, headers: Mapping[str, str]) -> int:
    """How many posts there are, of which some were not read."""
    params = {"query": query, "granularity": "day"}
    answer = client.get(f"{TWEETS}/counts/recent", params=params, headers=headers)
    with expecting("a number of posts of X", answer):
        return count(answer.json()["meta"]["total_tweet_count"])


def _event(post: Any) -> Event:
    number, moment = text(mapping(post)["id"]) or "", time(post["created_at"])
    if not re.fullmatch(r"[0-9]{1,20}", number):
        raise ValueError(f"{number[:40]!r} is no id")
    counts = {
        name: count(value) for name, value in mapping(post.get("public_metrics") or {}).items()
    }
    return Event(
        event={"id": number, "created_at": moment, "public_metrics": counts},
        url=f"https://x.com/i/status/{number}",
        time=moment,
    )


def _id(event: Mapping[str, Any]) -> str:
    post = event.get("event")
    return str(post.get("id") if isinstance(post, dict) else event)
