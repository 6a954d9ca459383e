"""The HTTP API: what each path answers. ``app.py`` connects these to the gateway.

Every function takes a Request and returns an Answer; how that looks on the wire is
``answers``' business.
"""

import datetime as dt
from collections.abc import Callable
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
from chalicelib.store import alerts
from chalicelib.store.alerts import Alert

#: How much of an error's text an alert holds.
MESSAGE_LIMIT_CHARACTERS = 2000

_ARTICLES_V3 = "/api/v3/articles/"
_FAMILIES: dict[str, Family] = {
    "articles": "articles",
    "publishers": "articles",
    "sources": "sources",
    "status": "status",
}
_requests = overview.RequestCounter()


def get_articles(request: Request) -> Answer:
    """``GET /api/v5/articles`` (api.md 7.1)."""
    return _counted(request, answer(request, _articles, "articles"))


def get_articles_v3(request: Request) -> Answer:
    """``GET /api/v3/articles`` (api.md 5.1)."""
    return _counted(request, answer(request, _articles_v3, "other"))


def get_article_v3(request: Request) -> Answer:
    """``GET /api/v3/articles/<id>`` (api.md 5.2)."""
    return _counted(request, answer(request, _article_v3, "other"))


def get_sources(request: Request) -> Answer:
    """``GET /api/v5/sources`` (api.md 7.2)."""
    return _counted(request, answer(request, _sources, "sources"))


def get_source(request: Request, name: str) -> Answer:
    """``GET /api/v5/sources/<name>`` (api.md 7.3)."""

    def endpoint(request: Request, params: dict[str, str]) -> Any:
        callers.find(request.authorizer, request.headers, params)
        view = overview.source_view(name.removesuffix(".json").lower(), _now())
        if view is None:
            raise RequestError(lagotto.SOURCE_NOT_FOUND, status=404)
        return lagotto.source(view)

    return _counted(request, answer(request, endpoint, "sources"))


def get_publishers(request: Request) -> Answer:
    """``GET /api/v5/publishers`` (api.md 7.4)."""
    return _counted(request, answer(request, _publishers, "articles"))


def get_status(request: Request) -> Answer:
    """``GET /api/v5/status`` (api.md 7.5)."""
    return _counted(request, answer(request, _status, "status"))


def get_heartbeat(request: Request) -> Answer:
    """``GET /heartbeat`` (api.md 8.1): no key is asked for."""
    given = answer(request, _heartbeat, "other")
    return no_page(request) if given.status == 404 else given


def get_sources_page(request: Request) -> Answer:
    """``GET /docs/sources``: what each source is; no key is asked for."""
    from chalicelib import documentation  # loads every source, which no other request needs

    return page(request, documentation.sources_page())


def get_source_page(request: Request, name: str) -> Answer:
    """``GET /docs/sources/<name>``: the fact card of one source; no key is asked for."""
    from chalicelib import documentation

    return page(request, documentation.source_page(name))


def not_found(request: Request) -> Answer:
    """What any other path under ``/api`` answers (api.md 8.6)."""
    return answer(request, unknown_path, "other")


def crashed(request: Request, error: Exception) -> Answer:
    """What is answered after an error that nobody foresaw; it leaves an alert (api.md 9.2)."""
    alert = Alert(
        class_name=type(error).__name__,
        message=str(error)[:MESSAGE_LIMIT_CHARACTERS],
        status=500,
        target_url=request.path,
    )
    alerts.put(alert, _now())
    return server_error(request)


def server_error(request: Request) -> Answer:
    """The body of an error of ours, in the shape of the endpoint's family."""
    name = request.path.removeprefix("/api/v5/").removesuffix(".json").partition("/")[0]
    family = _FAMILIES.get(name, "other")
    if request.path.startswith(V4):
        family = "articles" if request.path.startswith(f"{V4}alerts") else "articles_v4"
    return failure(request, RequestError(SERVER_ERROR, status=500), family)


def _articles(request: Request, params: dict[str, str]) -> Any:
    caller = callers.find(request.authorizer, request.headers, params)
    wanted = query.articles(params, settings.load().uid_kind)
    return articles.page(wanted, sees_private=caller.sees_private)


def _articles_v3(request: Request, params: dict[str, str]) -> Any:
    return _found_v3(request, params, lambda uid: query.articles_v3(params, uid))


def _article_v3(request: Request, params: dict[str, str]) -> Any:
    identifier = identifier_in(request.path)
    found = _found_v3(request, params, lambda uid: query.article_v3(identifier, params, uid))
    return found if settings.load().v3_show_as_array else found[0]


def identifier_in(path: str) -> str:
    """The identifier in the path of one article, of which the gateway leaves the escapes."""
    return unquote(path.partition(_ARTICLES_V3)[2])


def _found_v3(
    request: Request, params: dict[str, str], wanted: Callable[[str], query.QueryV3]
) -> list[dict[str, Any]]:
    caller = callers.find(request.authorizer, request.headers, params)
    wished = wanted(settings.load().uid_kind)
    found = articles.page_v3(wished, sees_private=caller.sees_private)
    if not found:
        raise RequestError(lagotto_v3.not_found(params.get("source")), status=404)
    return found


def _sources(request: Request, params: dict[str, str]) -> Any:
    callers.find(request.authorizer, request.headers, params)
    return lagotto.sources(overview.source_views(_now()))


def _publishers(request: Request, params: dict[str, str]) -> Any:
    from chalicelib import publishers  # with the feeds, which no other request needs
    from chalicelib.store import publishers as kept

    callers.find(request.authorizer, request.headers, params)
    number = query.page_number(params)
    listing = overview.keep(
        "publishers", lambda: publishers.ordered(starmap(publishers.Listed, kept.find_all()))
    )
    return publishers.page(listing, number)


def _status(request: Request, params: dict[str, str]) -> Any:
    callers.find(request.authorizer, request.headers, params)
    return lagotto.status(overview.status(_now()))


def _heartbeat(request: Request, params: dict[str, str]) -> Any:
    articles_count, counted_at = overview.heartbeat(_now())
    return lagotto.heartbeat(
        version=API_VERSION, articles_count=articles_count, updated_at=counted_at
    )


def _counted(request: Request, given: Answer) -> Answer:
    """The answer, after the request was counted; refused ones are not (api.md 9.1)."""
    if given.status < 400 and request.method != "OPTIONS":
        _requests.count(int(request.seconds * 1000), _now())
    return given


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
