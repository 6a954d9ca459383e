"""GDELT: news articles of the last three months that print the work's title.

Counts:   news articles, those found earlier included (total, comments)
Needs:    DOI, and a title of five words or more: news rarely print DOIs
Asks:     GET, JSON, one work a call, 250 articles at most
Limits:   one call in 5 seconds
Auth:     none            Licence: free for any use; GDELT is to be named
Zero:     an empty object      Unknown work: the same
Traps:    nothing found is {}, without articles; errors are texts with status 200; titles are not
          unique, so some articles are about something else
Docs:     https://blog.gdeltproject.org/gdelt-doc-2-0-api-debuts/ Read: 2026-11-26
"""

import re
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any

from chalicelib.errors import RateLimited
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import expecting, mapping, sequence, text, time
from chalicelib.source import Answer, Client, Outcomes, Source

KEPT = ("title", "domain", "language", "sourcecountry")
MINIMUM_WORDS = 5
#: Longer queries are refused; the start of a title is as good as all of it.
QUERY_LIMIT_CHARACTERS = 200


class Gdelt(Source):
    name = "gdelt"
    title = "GDELT"
    group = "discussed"
    description = "News articles in the index of GDELT that print the title of the work."
    calls_per_hour = 600
    timeout_seconds = 60
    on_by_default = False
    absent = ()
    remembers = True

    def applies(self, work: Work) -> bool:
        return super().applies(work) and len(_words(work)) >= MINIMUM_WORDS

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        return {work.key: _news(work, client) for work in works}

    def merge(self, kept: list[Any] | dict[str, Any], result: Result, work: Work) -> Result:
        """Articles that have left the three months are kept."""
        events = {event.url: event for event in result.events if isinstance(event, Event)}
        for earlier in kept if isinstance(kept, list) else []:
            url = earlier["event_url"]
            events.setdefault(
                url, Event(event=earlier["event"], url=url, time=earlier.get("event_time"))
            )
        return _result(list(events.values()))


def _words(work: Work) -> list[str]:
    """The words of the title, without markup and punctuation, which the search does not take."""
    plain = unescape(re.sub(r"<[^>]*>", "", work.title))
    return re.findall(r"\w+", plain.replace("_", " "))


def _news(work: Work, client: Client) -> Result:
    phrase = ""
    for word in _words(work):
        if len(phrase) + len(word) > QUERY_LIMIT_CHARACTERS:
            break
        phrase = f"{phrase} {word}".strip()
    answer = _search(f'"{phrase}"', client)
    with expecting("a list of articles of GDELT", answer):
        body = mapping(answer.json())
        found = [] if body == {} else sequence(body["articles"])
        events = {event.url: event for event in map(_event, found)}
    return _result(list(events.values()))


def _search(query: str, client: Client) -> Answer:
    params = {
        "query": query,
        "mode": "artlist",
        "format": "json",
        "timespan": "3months",
        "maxrecords": "250",
        "sort": "datedesc",
    }
    answer = client.get("https://api.gdeltproject.org/api/v2/doc/doc", params=params)
    if b"limit requests to one every" in answer.body[:200]:
        raise RateLimited("the provider asks to slow down", url=answer.url, body=answer.body)
    return answer


def _result(events: Sequence[Event]) -> Result:
    return Result(metrics=Metrics.of(comments=len(events)), events=events)


def _event(value: Any) -> Event:
    article: Mapping[str, Any] = mapping(value)
    url = text(article["url"])
    if url is None:
        raise ValueError("an article has no URL")
    return Event(
        event={name: article[name] for name in KEPT if article.get(name) is not None},
        url=url,
        time=time(article.get("seendate")),
    )
