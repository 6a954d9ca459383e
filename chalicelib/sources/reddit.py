"""Reddit: posts that name the DOI or link to the work, with their votes and comments.

Counts:   votes (likes) and comments of the posts; total is both together, not the posts
Needs:    DOI; the landing page is asked for, too, where it is known
Asks:     GET, JSON, one work, up to ten pages of 100 posts, after a call for a token; with
          api=2014 one page without any account
Limits:   100 a minute; the headers tell what is left
Auth:     client_id, client_secret (secret) of an application that Reddit approved
          Licence: Reddit's terms ask to drop what was deleted; we keep no texts of posts
Zero:     no post      Unknown work: the same
Traps:    votes can be negative; deleted posts have the author [deleted]; no new applications
          without approval since November 2025; a 404 is an error here
Docs:     https://www.reddit.com/dev/api#GET_search      Read: 2026-11-26
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib import oauth
from chalicelib.apis import budgets
from chalicelib.archive import API, as_2014, decode, each, escaped, expand, url_setting
from chalicelib.csl import author, csl, date_parts
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import count, expecting, mapping, sequence, text, time
from chalicelib.source import Answer, Client, Limits, Outcomes, Setting, Source

#: Reddit shows no more than the first 1000 posts.
MAXIMUM_PAGES = 10
QUERY_LIMIT_CHARACTERS = 512
KEPT = (
    *("id", "title", "subreddit", "author", "score", "num_comments", "created_utc"),
    *("permalink", "url"),
)


class Reddit(Source):
    name = "reddit"
    title = "Reddit"
    group = "discussed"
    description = "Posts on Reddit that mention the work, by their votes and comments."
    calls_per_hour = 5400
    absent = ()
    on_by_default = False
    page = 'http://www.reddit.com/search?q="{doi}"'
    settings = (
        API,
        url_setting('http://www.reddit.com/search.json?q="{doi}"&limit=100'),
        Setting(
            name="client_id",
            description="Id of your application",
            required=True,
            unless=("api=2014", "access_token"),
        ),
        Setting(
            name="client_secret",
            description="Secret of your application",
            required=True,
            unless=("api=2014", "access_token"),
            secret=True,
        ),
        Setting(name="access_token", description="A token in place of a new one", secret=True),
    )

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        if as_2014(client):
            return each(works, lambda work: self._result(work, _posts_2014(work, client)))
        return {work.key: self._result(work, _posts(work, client)) for work in works}

    def _result(self, work: Work, posts: Sequence[Event]) -> Result:
        return Result(
            metrics=Metrics.of(
                likes=max(sum(post.event["score"] for post in posts), 0),
                comments=sum(post.event["num_comments"] for post in posts),
            ),
            events=posts,
            events_url=self.events_url(work),
        )

    def limits(self, headers: Mapping[str, str]) -> Limits | None:
        return budgets.for_seconds(headers)


def _posts(work: Work, client: Client) -> list[Event]:
    posts: dict[str, Event] = {}
    params = {"q": _query(work), "limit": "100", "sort": "new", "type": "link"}
    for _ in range(MAXIMUM_PAGES):
        answer = _page_of_posts(client, params)
        with expecting("a list of posts of Reddit", answer):
            found = _listing(answer.json())
            for post in found["children"]:
                data = {name: post[name] for name in KEPT if name in post}
                posts[str(data["id"])] = _event(data)
            after = text(found.get("after"))
        if after is None:
            break
        params = {**params, "after": after}
    return list(posts.values())


def _query(work: Work) -> str:
    doi = (work.doi or "").replace('"', " ")
    query = f'"{doi}" OR url:"{doi}"'
    page = (work.canonical_url or "").partition("://")[2]
    longer = f'{query} OR url:"{page}"'
    return longer if page and len(longer) <= QUERY_LIMIT_CHARACTERS else query


def _page_of_posts(client: Client, params: Mapping[str, str]) -> Answer:
    return oauth.with_token(
        client,
        lambda token: client.get(
            "https://oauth.reddit.com/search",
            params=params,
            headers={"authorization": f"Bearer {token}"},
        ),
        lambda: oauth.client_credentials(
            client,
            "https://www.reddit.com/api/v1/access_token",
            basic=(client.settings["client_id"], client.settings["client_secret"]),
        ),
    )


def _posts_2014(work: Work, client: Client) -> list[Event]:
    answer = client.get(expand(client.settings["url"], doi=escaped(work.doi or "")))
    with expecting("a list of posts of Reddit", answer):
        return [_event(post) for post in _listing(decode(answer))["children"]]


def _listing(body: Any) -> dict[str, Any]:
    """The data of a listing, with the data of each post in place of its child."""
    data = mapping(mapping(body)["data"])
    posts = [mapping(mapping(child)["data"]) for child in sequence(data["children"])]
    return {**data, "children": posts}


def _event(post: Mapping[str, Any]) -> Event:
    if type(post["score"]) is not int:
        raise TypeError("a score is no integer")
    moment, url = time(post.get("created_utc")), text(post.get("url"))
    return Event(
        event={**post, "num_comments": count(post["num_comments"])},
        url=url,
        time=moment,
        csl=csl(
            author=author(text(post.get("author"))),
            title=text(post.get("title")),
            container_title="Reddit",
            issued=date_parts(moment),
            url=url,
            type="personal_communication",
        ),
    )
