"""The HTTP API: what each path answers. ``app.py`` connects these to the gateway.

Every function takes a Request and returns an Answer; how that looks on the wire is
``answers``' business.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial
from itertools import starmap
from typing import Any
from urllib.parse import unquote

from chalicelib import (
    API_VERSION,
    articles,
    callers,
    lagotto,
    lagotto_v3,
    overview,
    query,
    settings,
)
from chalicelib.answers import (
    SERVER_ERROR,
    V4,
    Answer,
    Request,
    answer,
    failure,
    no_page,
    page,
    unknown_path,
)
from chalicelib.errors import RequestError
from chalicelib.lagotto import Family
from chalicelib.store import alerts, requests, tables
from chalicelib.store.alerts import Alert
from chalicelib.store.keys import Key
from chalicelib.store.requests import ApiRequest

#: How much of an error's text an alert holds.
MESSAGE_LIMIT_CHARACTERS = 2000

#: Requests with a key of this role are the operators' own: 3.9's own key is the first admin's.
INTERNAL_ROLE = "admin"

_PAGES = ("/users", "/articles/", "/docs/")
_ARTICLES_V3 = "/api/v3/articles/"
_FAMILIES: dict[str, Family] = {
    "api_requests": "articles",
    "articles": "articles",
    "publishers": "articles",
    "sources": "sources",
    "status": "status",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Served(Answer):
    """The answer to a request of somebody with a key who got what he asked for."""

    request: ApiRequest


class KeyUse:
    """The use that somebody makes of a key, watched while his request is answered.

    ``controller`` is 3.9's name of the endpoint, ``path_id`` what the path names.
    """

    def __init__(self, controller: str, path_id: str | None = None) -> None:
        self._controller, self._path_id = controller, path_id
        self._key: Key | None = None
        self._params: Mapping[str, str] = {}
        self._table_seconds = tables.seconds_spent()

    def by(self, key: Key, params: Mapping[str, str]) -> Key:
        """Note whose key it is, a known one, and what is asked for; the key."""
        self._key, self._params = key, params
        return key

    def served(self, request: Request, made: Answer) -> Answer:
        """The answer, as a Served where somebody with a known key got what he asked for.

        Also when he has it already: such requests are counted and logged (api.md 9.1), refused
        ones and preflights are not.
        """
        if self._key is None or made.status >= 400:
            return made
        in_tables = tables.seconds_spent() - self._table_seconds
        source, ids = self._asked_for()
        logged = ApiRequest(
            key_hash=self._key.hash,
            internal=self._key.role == INTERNAL_ROLE,
            info=self._params.get("info"),
            source=source,
            ids=ids,
            db_duration=_milliseconds(in_tables),
            view_duration=_milliseconds(request.seconds - in_tables),
        )
        return Served(made.status, made.headers, made.body, request=logged)

    def _asked_for(self) -> tuple[str | None, str | None]:
        """``source`` and ``ids`` as the log of requests holds them (api.md 9.1)."""
        source = self._params.get("source", self._params.get("source_id"))
        if source is not None or "ids" in self._params:
            return source, self._params.get("ids")
        return self._path_id, self._controller


#: Makes the document of an answer from the caller's key and the parameters. Errors: RequestError.
Keyed = Callable[[Key, dict[str, str]], Any]


def get_articles(request: Request) -> Answer:
    """``GET /api/v5/articles`` (api.md 7.1)."""
    return _keyed(request, _articles, "articles", "Api::V5::ArticlesController")


def get_articles_v3(request: Request) -> Answer:
    """``GET /api/v3/articles`` (api.md 5.1)."""
    return _keyed(request, _articles_v3, "other", "Api::V3::ArticlesController")


def get_article_v3(request: Request) -> Answer:
    """``GET /api/v3/articles/<id>`` (api.md 5.2)."""
    identifier = identifier_in(request.path)
    endpoint = partial(_article_v3, identifier)
    return _keyed(request, endpoint, "other", "Api::V3::ArticlesController", identifier)


def get_sources(request: Request) -> Answer:
    """``GET /api/v5/sources`` (api.md 7.2)."""
    return _keyed(request, _sources, "sources", "Api::V5::SourcesController")


def get_source(request: Request, name: str) -> Answer:
    """``GET /api/v5/sources/<name>`` (api.md 7.3)."""
    name = name.removesuffix(".json")
    endpoint = partial(_source, name)
    return _keyed(request, endpoint, "sources", "Api::V5::SourcesController", name)


def get_publishers(request: Request) -> Answer:
    """``GET /api/v5/publishers`` (api.md 7.4)."""
    return _keyed(request, _publishers, "articles", "Api::V5::PublishersController")


def get_status(request: Request) -> Answer:
    """``GET /api/v5/status`` (api.md 7.5)."""
    return _keyed(request, _status, "status", "Api::V5::StatusController")


def get_api_requests(request: Request) -> Answer:
    """``GET /api/v5/api_requests`` (api.md 7.6): for staff and admins."""
    return _keyed(request, _api_requests, "articles", "Api::V5::ApiRequestsController")


def get_heartbeat(request: Request) -> Answer:
    """``GET /heartbeat`` (api.md 8.1): no key is asked for."""
    given = answer(request, _heartbeat, "other")
    return no_page(request) if given.status == 404 else given


def get_sources_page(request: Request) -> Answer:
    """``GET /docs/sources``: what each source is; no key is asked for."""
    from chalicelib import documentation  # loads every source, which no other request needs

    return page(request, documentation.sources_page(request.root))


def get_source_page(request: Request, name: str) -> Answer:
    """``GET /docs/sources/<name>``: the fact card of one source; no key is asked for."""
    from chalicelib import documentation

    return page(request, documentation.source_page(name, request.root))


def not_found(request: Request) -> Answer:
    """What any other path under ``/api`` answers (api.md 8.6)."""
    return answer(request, unknown_path, "other")


def record(served: Served) -> None:
    """Count a request that was served, and log it. Errors: those of the tables."""
    requests.put(served.request, _now())


def crashed(request: Request, error: Exception) -> Answer:
    """What is answered after an error that nobody foresaw; it leaves an alert (api.md 9.2)."""
    alert = Alert(
        class_name=type(error).__name__,
        message=str(error)[:MESSAGE_LIMIT_CHARACTERS],
        status=500,
        target_url=request.loggable_path,
    )
    alerts.put(alert, _now())
    return server_error(request)


def server_error(request: Request) -> Answer:
    """The body of an error of ours, in the shape of the endpoint's family."""
    if request.path.startswith(_PAGES):
        from chalicelib import users  # which no other request needs

        return users.server_error(request)
    name = request.path.removeprefix("/api/v5/").removesuffix(".json").partition("/")[0]
    family = _FAMILIES.get(name, "other")
    if request.path.startswith(V4):
        family = "articles" if request.path.startswith(f"{V4}alerts") else "articles_v4"
    return failure(request, RequestError(SERVER_ERROR, status=500), family)


def _keyed(
    request: Request,
    endpoint: Keyed,
    family: Family,
    controller: str,
    path_id: str | None = None,
) -> Answer:
    """The answer of an endpoint that asks for a key.

    ``controller`` is 3.9's name of the endpoint, ``path_id`` what the path names.
    """
    use = KeyUse(controller, path_id)

    def document(request: Request, params: dict[str, str]) -> Any:
        caller = use.by(callers.find(request.authorizer, request.headers, params), params)
        return endpoint(caller, params)

    return use.served(request, answer(request, document, family))


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _articles(caller: Key, params: dict[str, str]) -> Any:
    wanted = query.articles(params, settings.load().uid_kind)
    return articles.page(wanted, sees_private=caller.sees_private)


def _articles_v3(caller: Key, params: dict[str, str]) -> Any:
    # Without ids it is articles that are missing, whichever source is named (api.md 5.1).
    source = params.get("source") if "ids" in params else None
    return _found_v3(caller, source, query.articles_v3(params, settings.load().uid_kind))


def _article_v3(identifier: str, caller: Key, params: dict[str, str]) -> Any:
    given = settings.load()
    wanted = query.article_v3(identifier, params, given.uid_kind)
    found = _found_v3(caller, params.get("source"), wanted)
    return found if given.v3_show_as_array else found[0]


def identifier_in(path: str) -> str:
    """The identifier in the path of one article, of which the gateway leaves the escapes."""
    return unquote(path.partition(_ARTICLES_V3)[2])


def _found_v3(caller: Key, source: str | None, wanted: query.QueryV3) -> list[dict[str, Any]]:
    found = articles.page_v3(wanted, sees_private=caller.sees_private)
    if not found:
        raise RequestError(lagotto_v3.not_found(source), status=404)
    return found


def _sources(caller: Key, params: dict[str, str]) -> Any:
    return lagotto.sources(overview.source_views(_now()))


def _source(name: str, caller: Key, params: dict[str, str]) -> Any:
    view = overview.source_view(name.lower(), _now())
    if view is None:
        raise RequestError(lagotto.SOURCE_NOT_FOUND, status=404)
    return lagotto.source(view)


def _publishers(caller: Key, params: dict[str, str]) -> Any:
    from chalicelib import publishers  # with the feeds, which no other request needs
    from chalicelib.store import publishers as kept

    number = query.page_number(params)
    listing = overview.keep(
        "publishers", lambda: publishers.ordered(starmap(publishers.Listed, kept.find_all()))
    )
    return publishers.page(listing, number)


def _status(caller: Key, params: dict[str, str]) -> Any:
    return lagotto.status(overview.status(_now()))


def _api_requests(caller: Key, params: dict[str, str]) -> Any:
    from chalicelib import api_requests  # few ask for it

    return api_requests.page(caller.role, params, _now().date())


def _heartbeat(request: Request, params: dict[str, str]) -> Any:
    articles_count, counted_at = overview.heartbeat(_now())
    return lagotto.heartbeat(
        version=API_VERSION, articles_count=articles_count, updated_at=counted_at
    )


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
