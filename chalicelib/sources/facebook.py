"""Facebook: shares, comments and reactions of the work's page, in approximate numbers.

Counts:   shares (readers), comments and reactions (likes) of the landing page; total is their
          sum with the comments in Facebook's plugin. api=2014: shares as total alone, or all
          of the numbers of link_stat, if linkstat_url is set
Needs:    canonical URL
Asks:     GET, JSON, one page a call, after a call for a token
Limits:   about one call in 15 seconds, and ten an hour for the same page
Auth:     access_token, or client_id and client_secret (secrets)      Licence: Meta's terms
Zero:     counts of 0      Unknown work: the same
Traps:    the numbers are blurred on purpose; totals above count_limit are of another page and
          read as zero; tokens that expired give status 400, too many calls 403 or 400
Docs:     https://developers.facebook.com/docs/graph-api/reference/url/      Read: 2026-11-26
"""

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote

from chalicelib import oauth
from chalicelib.archive import API, as_2014, decode, each, escaped, expand, url_setting
from chalicelib.errors import RateLimited, Rejected
from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import SHAPE_ERRORS, count, expecting, mapping, sequence, text
from chalicelib.source import Answer, Client, Outcomes, Setting, Source, read_each

GRAPH = "https://graph.facebook.com"
#: What the code of an error means (Graph API, handling errors).
TOO_MANY_CALLS = (4, 17, 32, 613)
INVALID_TOKEN = 190
#: App tokens do not expire.
TOKEN_LIFETIME_SECONDS = 30 * 86400
#: What stays as it is when a whole URL is escaped.
URL_SAFE = ";/?:@&=+$,-_.!~*'()[]"


class Facebook(Source):
    name = "facebook"
    title = "Facebook"
    group = "discussed"
    description = "Shares, comments and reactions of the page on Facebook; approximate numbers."
    needs = ("canonical_url",)
    calls_per_hour = 240
    absent = ()
    on_by_default = False
    settings = (
        API,
        url_setting(f"{GRAPH}/v2.1/?access_token={{access_token}}&id={{query_url}}"),
        Setting(
            name="linkstat_url",
            description="URL template of a link_stat service, asked in place of url (api=2014)",
        ),
        url_setting(
            f"{GRAPH}/oauth/access_token?client_id={{client_id}}"
            "&client_secret={client_secret}&grant_type=client_credentials",
            "authentication_url",
        ),
        Setting(name="version", description="Version of the Graph API", default="v26.0"),
        Setting(
            name="client_id",
            description="Id of your application",
            required=True,
            unless=("access_token",),
        ),
        Setting(
            name="client_secret",
            description="Secret of your application",
            required=True,
            unless=("access_token",),
            secret=True,
        ),
        Setting(name="access_token", description="A token in place of a new one", secret=True),
        Setting(
            name="count_limit",
            description="Totals above it are taken for those of another page",
            default="20000",
        ),
    )

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        limit = _count_limit(client)
        if as_2014(client):
            return each(works, lambda work: _collect_2014(work, client, limit))
        answer = self.ask(works, client)
        return read_each(answer, works, lambda work: _engagement(answer.json(), limit))

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        url = f"{GRAPH}/{client.settings['version'].strip('/ ')}/"
        page = works[0].canonical_url or ""
        return _with_token(
            client,
            lambda token: client.get(
                url, params={"id": page, "fields": "engagement", "access_token": token}
            ),
        )


def _count_limit(client: Client) -> int:
    try:
        return count(client.settings["count_limit"])
    except SHAPE_ERRORS:
        raise Rejected("facebook: the setting count_limit is no number") from None


def _engagement(body: Any, limit: int) -> Result:
    engagement = mapping(mapping(body)["engagement"])
    counts = {
        "readers": count(engagement["share_count"]),
        "comments": count(engagement["comment_count"]),
        "likes": count(engagement["reaction_count"]),
    }
    total = sum(counts.values()) + count(engagement.get("comment_plugin_count") or 0)
    return _result(total, counts, engagement, limit)


def _result(total: int, counts: Mapping[str, int], events: Any, limit: int) -> Result:
    if total > limit:
        return Result(metrics=Metrics.of(0, readers=0, comments=0, likes=0), events={})
    return Result(metrics=Metrics.of(total, **counts), events=events)


def _collect_2014(work: Work, client: Client, limit: int) -> Result:
    page = escaped(work.canonical_url or "")
    link_stat = (client.settings.get("linkstat_url") or "").strip()
    template = client.settings["url"]
    if link_stat:
        # Lagotto escaped this URL as a whole, what was escaped already included. The token is
        # escaped once, so that it can be found and hidden.
        template = quote(link_stat.replace("%{", "{"), safe=URL_SAFE + "{}")
        page = page.replace("%", "%25")
    answer = _with_token(
        client,
        lambda token: client.get(
            expand(template, access_token=quote(token, safe=""), query_url=page),
            headers={"authorization": f"Bearer {token}"},
        ),
    )
    with expecting("an answer of Facebook", answer):
        body = mapping(decode(answer))
        if body.get("error") is not None:
            raise ValueError("an error with status 200")
        return _link_stat(body, limit) if link_stat else _shares(body, limit)


def _shares(body: Mapping[str, Any], limit: int) -> Result:
    if not body.keys() & {"id", "og_object", "share"}:
        raise ValueError("no page")
    total = count(mapping(body.get("share") or {}).get("share_count") or 0)
    return _result(total, {"readers": 0, "comments": 0, "likes": 0}, body, limit)


def _link_stat(body: Mapping[str, Any], limit: int) -> Result:
    rows = [mapping(row) for row in sequence(body["data"])]
    first = rows[0] if rows else {}
    total, *numbers = (
        count(first.get(name) or 0)
        for name in ("total_count", "share_count", "comment_count", "like_count")
    )
    return _result(
        total, dict(zip(("readers", "comments", "likes"), numbers, strict=True)), rows, limit
    )


def _with_token(client: Client, ask: Callable[[str], Answer]) -> Answer:
    def ask_facebook(token: str) -> Answer:
        try:
            return ask(token)
        except Rejected as error:
            if (meant := _meant(error)) is None:
                raise
            raise meant from error

    given = client.settings.get("client_id") and client.settings.get("client_secret")
    return oauth.with_token(client, ask_facebook, (lambda: _fetch(client)) if given else None)


def _meant(error: Rejected) -> Rejected | RateLimited | None:
    """The error that Facebook means: it tells by codes in the body rather than by statuses."""
    try:
        code = json.loads(error.body)["error"]["code"]
    except SHAPE_ERRORS:
        return None
    if code in TOO_MANY_CALLS:
        return RateLimited(error.message, url=error.url, status=error.status, body=error.body)
    if code == INVALID_TOKEN:
        return Rejected(error.message, url=error.url, status=401, body=error.body)
    return None


def _fetch(client: Client) -> None:
    """Get a token: as JSON today, as text ``access_token=…`` in 2014."""
    names = ("client_id", "client_secret")
    values = {name: quote(client.settings[name], safe="") for name in names}
    url = expand(client.settings["authentication_url"], **values)
    answer = client.get(url, confidential=True)
    told = answer.body.decode("utf-8", "replace").strip()
    if told.startswith("access_token="):
        answer = dataclasses.replace(answer, body=json.dumps(dict(parse_qsl(told))).encode())
    oauth.keep(client, answer, _token)


def _token(body: Any) -> tuple[str, int | None]:
    token = text(mapping(body)["access_token"])
    if token is None:
        raise ValueError("a blank token")
    return token, TOKEN_LIFETIME_SECONDS
