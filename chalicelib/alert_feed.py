"""The newest alerts as RSS, for feed readers of staff and admins: ``GET /alerts.rss``.

A reader signs in by a key in the address (``?api_key=``, or any way that ``callers`` knows) or
by HTTP Basic. Alerts hold no secrets: what providers are sent and answer is redacted before an
alert is made of it (``client``).
"""

import datetime as dt
from collections.abc import Mapping
from functools import partial

from chalicelib import (
    abilities,
    alert_list,
    answers,
    api,
    article_page,
    basic,
    callers,
    lagotto_v4,
    overview,
    rss,
)
from chalicelib.answers import Answer, Request, Text
from chalicelib.errors import RequestError
from chalicelib.store import alerts
from chalicelib.store.alerts import Alert

#: How many alerts are told.
LENGTH = 50


def serve(request: Request) -> Answer:
    """``/alerts.rss``: the 50 newest alerts, with the filters of API v4 (api.md 6.7).

    A Served where it was read with a key.
    """
    use = api.KeyUse("AlertsController")
    try:
        return use.served(request, answers.text(request, partial(_feed, use)))
    except basic.NoCredentials:
        return basic.access_denied(request)


def _feed(use: api.KeyUse, request: Request, params: dict[str, str]) -> Text:
    if not abilities.may(_role(use, request, params), "R", "alerts"):
        raise RequestError(lagotto_v4.NOT_AUTHORIZED, status=401)
    wish = alert_list.FILTERS.read(params, per_page=LENGTH)
    # Readers ask often, and alerts are filed by source: a query for each.
    _, found = overview.keep(f"alerts {wish}", lambda: alert_list.select(wish))
    notices = [_notice(alert, request.site) for alert in found]
    return Text(rss.notices(f"{request.site}/", notices), rss.CONTENT_TYPE)


def _role(use: api.KeyUse, request: Request, params: Mapping[str, str]) -> str:
    """The role of the caller. Errors: NoCredentials; RequestError 401 on wrong ones, 403 if a
    page of another site has the browser sign in.
    """
    if callers.signs_in(request.headers) or not callers.presented(request.headers, params):
        return basic.signed_in(request).role
    return use.by(callers.find(request.authorizer, request.headers, params), params).role


def _notice(alert: Alert, site: str) -> rss.Notice:
    status = f" ({alert.status})" if alert.status else ""
    return rss.Notice(
        id=alert.id,
        title=f"{alerts.LEVELS[alert.level]} {alert.class_name}{status}",
        text=alert.message,
        at=dt.datetime.fromisoformat(alert.at),
        address=site + (article_page.path(alert.work_key) if alert.work_key else "/"),
    )
