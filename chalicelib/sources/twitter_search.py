"""Twitter by its search of 2014: tweets that name the DOI or link to the work's page.

For archives and services that still answer as version 1.1 of the API did; ``x`` asks its
successor.

Counts:   tweets (total, comments), those of earlier answers included
Needs:    DOI and canonical URL
Asks:     GET, JSON, one work a call, the 100 latest tweets, after a call for a token
Limits:   450 in 15 minutes as Twitter had it; we use 1600 an hour as Lagotto
Auth:     api_key and api_secret, or access_token (secrets)      Licence: Twitter's terms
Zero:     no tweets      Unknown work: the same
Traps:    only tweets of the last days are found, so earlier ones are kept; the DOI is escaped
          twice; there are two forms of users; a 404 is an error here
Docs:     https://docs.x.com/x-api/posts/search/migrate/overview      Read: 2026-11-26
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib import oauth
from chalicelib.archive import decode, escaped, expand, url_setting
from chalicelib.csl import author, csl, date_parts
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import mapping, sequence, text, time
from chalicelib.source import Answer, Client, Outcomes, Setting, Source, read_each

SEARCH = "https://api.twitter.com/1.1/search/tweets.json"


class TwitterSearch(Source):
    name = "twitter_search"
    title = "Twitter (Search API)"
    group = "discussed"
    description = "Tweets that mention the work, by Twitter's search of 2014 or an archive of it."
    needs = ("doi", "canonical_url")
    calls_per_hour = 1600
    absent = ()
    on_by_default = False
    retired = "2023: version 1.1 of the search was closed; x asks its successor"
    remembers = True
    page = "https://twitter.com/search?q={doi}"
    settings = (
        url_setting(
            f"{SEARCH}?count=100&include_entities=1&q={{doi}}+OR+{{query_url}}&result_type=recent"
        ),
        url_setting("https://api.twitter.com/oauth2/token", "authentication_url"),
        Setting(name="api_key", description="Key of the application", secret=True),
        Setting(name="api_secret", description="Secret of the application", secret=True),
        Setting(name="access_token", description="A token in place of a new one", secret=True),
    )

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        [work] = works
        url = expand(
            client.settings["url"],
            doi=escaped(escaped(work.doi or "")),
            query_url=escaped(work.canonical_url or ""),
        )
        return oauth.with_token(
            client,
            lambda token: client.get(url, headers={"authorization": f"Bearer {token}"}),
            _fetch(client),
        )

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        tweets = sequence(mapping(decode(answer))["statuses"])
        return read_each(answer, works, lambda work: self._result(work, tweets))

    def _result(self, work: Work, tweets: Sequence[Any]) -> Result:
        events = [_event(mapping(tweet)) for tweet in tweets]
        return Result(
            metrics=Metrics.of(comments=len(events)),
            events=events,
            events_url=self.events_url(work),
        )

    def merge(self, kept: list[Any] | dict[str, Any], result: Result, work: Work) -> Result:
        """The tweets that were kept, then new ones."""
        merged: dict[Any, Any] = {}
        for event in [*(kept if isinstance(kept, list) else []), *result.events_as_json()]:
            merged.setdefault(_id(event), event)
        events = list(merged.values())
        return dataclasses.replace(result, metrics=Metrics.of(comments=len(events)), events=events)


def _fetch(client: Client) -> Callable[[], None] | None:
    """What gets a token, if there are credentials."""
    key, secret = client.settings.get("api_key"), client.settings.get("api_secret")
    if not (key and secret):
        return None
    url = client.settings["authentication_url"]
    return lambda: oauth.client_credentials(client, url, basic=(key, secret))


def _event(tweet: Mapping[str, Any]) -> Event:
    number, said, moment = text(tweet["id_str"]), text(tweet["text"]), time(tweet["created_at"])
    user, name, image = _user(tweet)
    if not (number and user):
        raise ValueError("a tweet without id or user")
    url = f"http://twitter.com/{user}/status/{number}"
    return Event(
        event={
            "id": number,
            "text": said,
            "created_at": moment,
            "user": user,
            "user_name": name,
            "user_profile_image": image,
        },
        url=url,
        time=moment,
        csl=csl(
            author=author(name),
            title=said,
            container_title="Twitter",
            issued=date_parts(moment),
            url=url,
            type="personal_communication",
        ),
    )


def _user(tweet: Mapping[str, Any]) -> tuple[str | None, str | None, str | None]:
    """The user's short name, name and image: beside the text in older answers."""
    if "from_user" in tweet:
        names = ("from_user", "from_user_name", "profile_image_url")
        found: Mapping[str, Any] = tweet
    else:
        names = ("screen_name", "name", "profile_image_url")
        found = mapping(tweet["user"])
    short, name, image = (text(found.get(field)) for field in names)
    return short, name, image


def _id(event: Mapping[str, Any]) -> str:
    tweet = event.get("event")
    return str(tweet.get("id") if isinstance(tweet, dict) else event)
