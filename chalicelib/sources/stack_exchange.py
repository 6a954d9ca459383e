"""Stack Exchange: questions and answers of one of its sites that mention the DOI.

Counts:   posts (total, comments)
Needs:    DOI
Asks:     GET, JSON, one work a call; a second call for the number if there are more than 100
Limits:   300 a day, with a free key 10,000: set the pace to 400 an hour then
Auth:     none, or api_key (secret), as parameter      Licence: CC BY-SA; titles only are kept
Zero:     no item      Unknown work: the same
Traps:    too many calls give a 400 that says for how long to wait; an answer may ask for a pause
          (backoff), which our pace without key keeps anyway; titles are escaped as HTML; what
          is left of the day is told in the body only
Docs:     https://api.stackexchange.com/docs/excerpt-search      Read: 2026-11-26
"""

import re
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any
from urllib.parse import quote_plus

from chalicelib.errors import RateLimited, Rejected, SourceError
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import count, expecting, mapping, sequence, text, time
from chalicelib.source import Answer, Client, Outcomes, Setting, Source

KEPT = ("item_type", "question_id", "answer_id", "score", "tags")
#: Sites with a domain of their own; all others are at <site>.stackexchange.com.
HOSTS = {
    **{name: f"{name}.com" for name in ("stackoverflow", "superuser", "serverfault", "askubuntu")},
    "mathoverflow": "mathoverflow.net",
}
SITE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")


class StackExchange(Source):
    name = "stack_exchange"
    title = "Stack Exchange"
    group = "discussed"
    description = "Questions and answers on Stack Overflow or a sister site that mention the DOI."
    calls_per_hour = 12
    on_by_default = False
    absent = ()
    settings = (
        Setting(
            name="site",
            description="the site to search, as the API calls it: stackoverflow, stats, biology",
            default="stackoverflow",
        ),
        Setting(
            name="api_key",
            description="A free key gives 10,000 calls a day (optional)",
            secret=True,
        ),
    )

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        site = client.settings["site"].strip()
        if not SITE.fullmatch(site):
            raise Rejected(f"the setting site of stack_exchange is wrong: {site!r}")
        return {work.key: _mentions(work, site, client) for work in works}


def _mentions(work: Work, site: str, client: Client) -> Result:
    phrase = '"' + re.sub(r'["\\]+', " ", work.doi_folded) + '"'
    host = HOSTS.get(site) or (site if "." in site else f"{site}.stackexchange.com")
    answer = _search(phrase, site, client)
    with expecting("a search result of Stack Exchange", answer):
        body = mapping(answer.json())
        events = [_event(mapping(item), host) for item in sequence(body["items"])]
        total, backoff = len(events), count(body.get("backoff") or 0)
        has_more = {True: True, False: False}[body["has_more"]]
    if has_more and backoff:
        raise RateLimited(
            "the provider asks for a pause", retry_after_seconds=backoff, url=answer.url
        )
    if has_more:
        answer = _search(phrase, site, client, filter="total")
        with expecting("a number of posts of Stack Exchange", answer):
            total = count(mapping(answer.json())["total"])
    return Result(
        metrics=Metrics.of(comments=total),
        events=events,
        events_url=f"https://{host}/search?q={quote_plus(phrase)}",
    )


def _search(phrase: str, site: str, client: Client, **more: str) -> Answer:
    params = {"q": phrase, "site": site, "pagesize": "100", "sort": "creation", **more}
    if key := client.settings.get("api_key", "").strip():
        params["key"] = key
    url = "https://api.stackexchange.com/2.3/search/excerpts"
    answer = client.get(url, params=params, absent=(400,))
    if answer.absent:
        raise _refusal(answer)
    return answer


def _refusal(answer: Answer) -> SourceError:
    """What a 400 means: that we asked too often, or that the question is wrong."""
    evidence: dict[str, Any] = {"url": answer.url, "status": answer.status, "body": answer.body}
    if b"throttle_violation" not in answer.body:
        return Rejected(f"the provider answered with status {answer.status}", **evidence)
    seconds = re.search(rb"available in ([0-9]{1,6}) seconds", answer.body)
    return RateLimited(
        "the calls of the day are used up",
        retry_after_seconds=int(seconds[1]) if seconds else None,
        **evidence,
    )


def _event(item: Mapping[str, Any], host: str) -> Event:
    question = count(item["question_id"])
    answer = item.get("answer_id")
    return Event(
        event={
            "title": unescape(text(item.get("title")) or ""),
            **{name: item[name] for name in KEPT if item.get(name) is not None},
        },
        url=f"https://{host}/questions/{question}"
        if answer is None
        else f"https://{host}/a/{count(answer)}",
        time=time(item.get("creation_date")),
    )
