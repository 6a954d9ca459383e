"""API v4: articles read and written, and alerts, by people with an account (api.md 6).

Signing in is HTTP Basic with name (or mail address) and password; who may do what is
``abilities``. The gateway's authorizer does not take a password for an API key: requests count
to a plan of their own, unless a key is given too. Passwords are neither logged nor repeated.
There is no login cookie: scripts of other sites could use it to write. For the same reason what
other sites have a browser ask is refused (``basic``).
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Literal
from urllib.parse import unquote

from chalicelib import (
    abilities,
    alert_list,
    answers,
    articles,
    basic,
    edits,
    lagotto,
    lagotto_v4,
    query,
    selection,
    settings,
    submitted,
)
from chalicelib.answers import Answer, Request
from chalicelib.errors import RequestError
from chalicelib.lagotto import ArticleView, Json
from chalicelib.query import Query
from chalicelib.store import alerts, sources, works
from chalicelib.store.accounts import Account
from chalicelib.store.alerts import Alert
from chalicelib.store.works import StoredWork
from chalicelib.submitted import Unprocessable

_ARTICLES = f"{answers.V4}articles/"

Family = Literal["articles", "articles_v4"]


@dataclasses.dataclass(frozen=True, slots=True)
class _Reply:
    """What an endpoint says: a document, for which parameters, and with which status."""

    document: Json
    params: Mapping[str, str] = dataclasses.field(default_factory=dict)
    status: int = 200


_Endpoint = Callable[[Request, Account], _Reply]


def serve_articles(request: Request) -> Answer:
    """``/api/v4/articles``: list and create."""
    return _answer(request, "articles_v4", {"GET": _list, "POST": _create})


def serve_article(request: Request) -> Answer:
    """``/api/v4/articles/<id>``: show, change and delete."""
    endpoints = {"GET": _show, "PUT": _update, "PATCH": _update, "DELETE": _delete}
    return _answer(request, "articles_v4", endpoints)


def serve_alerts(request: Request) -> Answer:
    """``/api/v4/alerts``: list."""
    return _answer(request, "articles", {"GET": _alerts})


def _answer(request: Request, family: Family, endpoints: Mapping[str, _Endpoint]) -> Answer:
    try:
        verb = query.method(
            request.method, request.headers, query.form(request.headers, request.body)
        )
        endpoint = endpoints.get("GET" if verb == "HEAD" else verb)
        if endpoint is None:
            raise RequestError(query.UNKNOWN_PATH, status=404)
        reply = endpoint(request, basic.signed_in(request))
        if verb in ("GET", "HEAD"):
            return answers.found(request, reply.document, reply.params)
        # What was just written is told, whatever the caller has already.
        unconditional = dataclasses.replace(request, headers={})
        written = answers.found(unconditional, reply.document, {})
        if written.status != 200:  # a redirect to what is too large
            return written
        return dataclasses.replace(written, status=reply.status)
    except basic.NoCredentials:
        return basic.access_denied(request)
    except Unprocessable as error:
        _put_alert(request, error)
        return answers.failure(request, error, family)
    except RequestError as error:
        return answers.failure(request, error, family)


def _put_alert(request: Request, error: Unprocessable) -> None:
    """Keep an alert of a request that cannot be processed (api.md 9.2)."""
    if isinstance(error.message, str):
        message = error.message
    else:
        message = "; ".join(f"{name} {text}" for name, (text, *_) in error.message.items())
    alert = Alert(
        class_name=error.class_name, message=message, status=422, target_url=request.path[:1000]
    )
    alerts.put(alert, _now())


def _require(account: Account, action: str, resource: str) -> None:
    if not abilities.may(account.role, action, resource):
        raise RequestError(lagotto_v4.NOT_AUTHORIZED, status=401)


def _list(request: Request, account: Account) -> _Reply:
    _require(account, "R", "articles_v4")
    params = _reading(request)
    wish = query.articles(params, settings.load().uid_kind)
    return _Reply(
        lagotto_v4.articles(articles.page(wish, sees_private=True, every_source=True)), params
    )


def _show(request: Request, account: Account) -> _Reply:
    _require(account, "R", "articles_v4")
    params = _reading(request)
    return _Reply(_article("found", _stored(request, lagotto_v4.NOT_SHOWN), params), params)


def _create(request: Request, account: Account) -> _Reply:
    given = _submitted(request)
    _require(account, "C", "article")
    stored = edits.create(given, _now())
    return _Reply(_article("created", stored, _of_url(request)), status=201)


def _update(request: Request, account: Account) -> _Reply:
    _require(account, "U", "article")
    before = _stored(request, lagotto_v4.NOT_FOUND)
    stored = edits.change(before, _submitted(request), _now())
    return _Reply(_article("updated", stored, _of_url(request)))


def _delete(request: Request, account: Account) -> _Reply:
    _require(account, "D", "article")
    stored = _stored(request, lagotto_v4.NOT_FOUND)
    edits.delete(stored)
    gone = ArticleView(work=stored.work, updated_at=stored.updated_at)
    return _Reply(_shown("deleted", gone, _of_url(request)))


def _alerts(request: Request, account: Account) -> _Reply:
    _require(account, "R", "alerts")
    params = _reading(request)
    wish = alert_list.wanted(params)
    total, found = alert_list.select(wish)
    about = works.find(alert.work_key for alert in found if alert.work_key)
    shown = [_alert(alert, about.get(alert.work_key or "")) for alert in found]
    document = lagotto_v4.alerts(shown, total=total, page=wish.page, per_page=wish.per_page)
    return _Reply(document, params)


def _alert(alert: Alert, stored: StoredWork | None) -> Json:
    uid = None
    if alert.work_key:
        kept = getattr(stored.work, settings.load().uid_kind) if stored else None
        uid = kept or alert.work_key.partition(":")[2]
    return lagotto_v4.alert(
        id=alert.id,
        level=alerts.LEVELS[alert.level],
        class_name=alert.class_name,
        message=alert.message,
        status=alert.status,
        target_url=alert.target_url,
        source=alert.source,
        article=uid,
        unresolved=alert.unresolved,
        create_date=alert.at,
    )


def _reading(request: Request) -> dict[str, str]:
    return query.parameters(request.method, request.headers, request.query, request.body)


def _of_url(request: Request) -> dict[str, str]:
    return query.parameters("GET", {}, request.query)


def _submitted(request: Request) -> dict[str, Any]:
    return submitted.article(request.headers, _of_url(request), request.body)


def _stored(request: Request, missing: str) -> StoredWork:
    """The work that the path names, the oldest of several. Errors: RequestError 404."""
    # The gateway leaves the escapes of a path as they are.
    identifier = unquote(request.path.partition(_ARTICLES)[2])
    uid_kind = settings.load().uid_kind
    named = query.article_v3(identifier, {}, uid_kind)
    keys = selection.named(Query(ids=named.ids, kind=named.kind), uid_kind)
    found = works.find(keys, consistent=True)
    if not found:
        raise RequestError(missing, status=404)
    return min(found.values(), key=lambda stored: (stored.created_at, stored.work.key))


def _article(event: str, stored: StoredWork, params: Mapping[str, str]) -> Json:
    return _shown(event, articles.view(stored, _info(params)), params)


def _shown(event: str, view: ArticleView, params: Mapping[str, str]) -> Json:
    cited_by = lagotto.cited_source([row.name for row in sources.shown()])
    return lagotto_v4.article(f"Article {event}.", view, info=_info(params), cited_by=cited_by)


def _info(params: Mapping[str, str]) -> str:
    return query.INFO.read(params) or "default"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
