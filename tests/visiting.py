"""The HTTP API, asked as a client asks it, and the works and numbers that it shows.

site.get("/api/v5/articles", key="user", ids="10.5555/alpha.1").json
"""

import abc
import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from chalice.local import MatchResult, RouteMatcher
from chalice.test import Client

from app import app
from chalicelib.model import Metrics, PartialDate, Result, Work
from chalicelib.store import catalogue, keys, results, sources, works
from chalicelib.store.results import Asked
from chalicelib.store.sources import SourceRow

NOW = dt.datetime(2014, 11, 7, 10, 0, tzinfo=dt.UTC)
ROLES = {"kadm": "admin", "kstf": "staff", "kusr": "user"}


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """What a client sees of an answer. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.text)


class Visitor(abc.ABC):
    """Asks the API; what a request goes through is up to the subclass."""

    @abc.abstractmethod
    def ask(
        self, method: str, url: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Seen:
        """Any request; the URL is taken as it is."""

    def get(self, path: str, *, key: str | None = "kusr", **params: Any) -> Seen:
        """A GET with these parameters, and a key unless it is None."""
        given = ({} if key is None else {"api_key": key}) | params
        return self.ask("GET", f"{path}?{urlencode(given)}" if given else path)

    def dois(self, key: str = "kusr", **params: Any) -> list[str]:
        """The DOIs that a query for articles gives, in order."""
        return [article["doi"] for article in self.articles(key, **params)["data"]]

    def articles(self, key: str = "kusr", **params: Any) -> Any:
        """The answer to a query for articles, which must not fail."""
        seen = self.get("/api/v5/articles", key=key, **params)
        assert seen.status == 200, seen.text
        return seen.json


class GatewayRoutes(RouteMatcher):
    """Finds the route of a request as API Gateway does: ``{proxy+}`` is all the rest of a path,
    its escapes included. Chalice's own takes it for one segment."""

    def match_route(self, url: str) -> MatchResult:
        """The most specific route. Errors: ValueError without any."""
        greedy = {route.removesuffix("{proxy+}") for route in self.route_urls if "+}" in route}
        own = RouteMatcher([route for route in self.route_urls if "+}" not in route])
        try:
            return own.match_route(url)
        except ValueError:
            parts = urlsplit(url)
            begins = [begin for begin in greedy if parts.path.startswith(begin)]
            if not begins:
                raise
        begin = max(begins, key=len)
        params = parse_qs(parts.query, keep_blank_values=True)
        return MatchResult(f"{begin}{{proxy+}}", {"proxy": parts.path[len(begin) :]}, params)


class Site(Visitor):
    """Asks the app through Chalice's own routing; a key of each role exists."""

    def __init__(self) -> None:
        # A directory without .chalice/config.json, whose variables would name another stack.
        self._client = Client(app, project_dir=str(Path(__file__).parent))
        self._client.http._local_gateway.event_converter._route_matcher = GatewayRoutes(
            list(app.routes)
        )
        for key, role in ROLES.items():
            keys.create(f"{role}@example.org", role, NOW, key=key)

    def ask(
        self, method: str, url: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Seen:
        """Any request; the URL is taken as it is."""
        response = self._client.http.request(method, url, headers=headers or {}, body=body)
        named = {name.lower(): value for name, value in response.headers.items()}
        return Seen(response.status_code, named, response.body.decode())


def install(name: str, title: str, group: str, **more: Any) -> SourceRow:
    """Install a source, whether or not there is a module for it."""
    return sources.put(SourceRow(name=name, title=title, group=group, description="", **more))


def work(doi: str, issued: str, title: str = "Title", **more: Any) -> Work:
    """A work of this DOI and date."""
    date = PartialDate(*(int(part) for part in issued.split("-")))
    return Work(key=f"doi:{doi.lower()}", doi=doi, title=title, issued=date, **more)


def add(*given: Work, at: dt.datetime = NOW) -> None:
    """Add works one after the other, so that the order of creation is theirs."""
    catalogue.add(list(given), at, at)


def keep(
    source: str, doi: str, result: Result | int, *, usage: bool = False, at: dt.datetime = NOW
) -> None:
    """Keep what a source says about a work; a number is a count of citations."""
    key = f"doi:{doi.lower()}"
    if isinstance(result, int):
        result = Result(metrics=Metrics.of(citations=result))
    asked = Asked(source, usage, at, "e1")
    results.keep({key: result}, works.find([key]), asked, confirm=False)
