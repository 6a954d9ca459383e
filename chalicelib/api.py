"""The HTTP API: what each path answers. ``app.py`` connects these to the gateway.

Every function takes a Request and returns an Answer; how that looks on the wire is
``answers``' business.
"""

import datetime as dt
from typing import Any

from chalicelib import API_VERSION, articles, callers, lagotto, overview, query, settings
from chalicelib.answers import (
    SERVER_ERROR,
    Answer,
    Request,
    answer,
    failure,
    page,
    unknown_path,
)
from chalicelib.errors import RequestError
from chalicelib.lagotto import Family
from chalicelib.store import alerts
from chalicelib.store.alerts import Alert

#: How much of an error's text an alert holds.
MESSAGE_LIMIT_CHARACTERS = 2000

_FAMILIES: dict[str, Family] = {"articles": "articles", "sources": "sources", "status": "status"}
_requests = overview.RequestCounter()


def get_articles(request: Request) -> Answer:
    """``GET /api/v5/articles`` (api.md 7.1)."""
    return _counted(request, answer(request, _articles, "articles"))


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


def get_status(request: Request) -> Answer:
    """``GET /api/v5/status`` (api.md 7.5)."""
    return _counted(request, answer(request, _status, "status"))


def get_heartbeat(request: Request) -> Answer:
    """``GET /heartbeat`` (api.md 8.1): no key is asked for."""
    return answer(request, _heartbeat, "other")


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
    return failure(request, RequestError(SERVER_ERROR, status=500), family)


def _articles(request: Request, params: dict[str, str]) -> Any:
    caller = callers.find(request.authorizer, request.headers, params)
    wanted = query.articles(params, settings.load().uid_kind)
    return articles.page(wanted, sees_private=caller.sees_private)


def _sources(request: Request, params: dict[str, str]) -> Any:
    callers.find(request.authorizer, request.headers, params)
    return lagotto.sources(overview.source_views(_now()))


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
