"""The functions that AWS calls; the only file that knows Chalice.

Each hands over at once: requests to ``chalicelib.api``, the gateway's question about a key to
``chalicelib.authorizer``, the tick to ``chalicelib.planner``, a job to ``chalicelib.worker``.
Every function loads this file, so what only one of them needs is imported in it.
"""

import dataclasses
import datetime as dt
import gc
import os
import secrets
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from chalice.app import Chalice, CloudWatchEvent, Rate, Response, SQSEvent

from chalicelib import api, settings
from chalicelib.answers import Answer, Request

app = Chalice(app_name="lagotto", configure_logs=False)
# Not the app's name: Chalice's own logger has that, and lines would come twice.
log = Logger(service="lagotto-api")
stack = settings.load().stack
# A long answer is a hundred thousand small objects without a cycle: looking for cycles after
# every 700 of them, as Python does, takes up to a quarter of the time.
gc.set_threshold(50_000, 20, 100)

if os.environ.get("AWS_CHALICE_CLI_MODE"):  # `chalice deploy`, never a Lambda
    from infra import hook

    hook.install()

#: How many jobs may run at the same time, over all sources.
WORKERS = 20

#: A POST that says it is a GET carries long lists of ids in its body, as any kind of form.
READING = {"methods": ["GET", "HEAD", "POST", "OPTIONS"], "content_types": ["*/*"]}
EVERYTHING = {
    "methods": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
    "content_types": ["*/*"],
}
#: How much of a parameter is logged, and of which nothing is: keys, and what ORCID hands over.
LOGGED_CHARACTERS = 200
SECRET_PARAMETERS = frozenset({"api_key", "code", "state"})
API_REQUESTS = "/api/v5/api_requests"
#: Path → parameters below it that may be a key, too.
SEARCHES = {API_REQUESTS: {"q"}, "/users": {"q", "query"}}


@app.route("/api/v3/articles", **READING)
def articles_v3() -> Response:
    """Articles with their numbers, as API v3 shows them."""
    return _serve(api.get_articles_v3)


@app.route("/api/v3/articles/{proxy+}", **READING)
def article_v3() -> Response:
    """One article; its identifier is all the rest of the path, slashes and all."""
    return _serve(api.get_article_v3)


@app.route("/api/v4/articles", **EVERYTHING)
def articles_v4() -> Response:
    """Articles, read and created by people with an account."""
    from chalicelib import api_v4

    return _serve(api_v4.serve_articles)


@app.route("/api/v4/articles/{proxy+}", **EVERYTHING)
def article_v4() -> Response:
    """One article, read, changed and deleted by people with an account."""
    from chalicelib import api_v4

    return _serve(api_v4.serve_article)


@app.route("/api/v4/alerts", **EVERYTHING)
def alerts_v4() -> Response:
    """Alerts."""
    from chalicelib import api_v4

    return _serve(api_v4.serve_alerts)


@app.route("/api/v5/articles", **READING)
@app.route("/api/v5/articles.json", **READING)
def articles() -> Response:
    """Articles with their numbers."""
    return _serve(api.get_articles)


@app.route("/api/v5/sources", **READING)
@app.route("/api/v5/sources.json", **READING)
def sources() -> Response:
    """All sources."""
    return _serve(api.get_sources)


@app.route("/api/v5/sources/{name}", **READING)
def source(name: str) -> Response:
    """One source."""
    return _serve(lambda request: api.get_source(request, name))


@app.route("/api/v5/publishers", **READING)
@app.route("/api/v5/publishers.json", **READING)
def publishers() -> Response:
    """The publishers."""
    return _serve(api.get_publishers)


@app.route("/api/v5/status", **READING)
@app.route("/api/v5/status.json", **READING)
def status() -> Response:
    """The installation in numbers."""
    return _serve(api.get_status)


@app.route(API_REQUESTS, **READING)
@app.route(f"{API_REQUESTS}.json", **READING)
def api_requests() -> Response:
    """The newest requests to the API, for staff."""
    return _serve(api.get_api_requests)


@app.route("/heartbeat", **EVERYTHING)
def heartbeat() -> Response:
    """Whether it is alive."""
    return _serve(api.get_heartbeat)


@app.route("/oembed", **EVERYTHING)
def oembed() -> Response:
    """A box with the numbers of an article."""
    from chalicelib import public

    return _serve(public.get_oembed)


@app.route("/sources/{name}", **EVERYTHING)
def source_feed(name: str) -> Response:
    """The RSS feed of a source, whose name ends with .rss."""
    from chalicelib import public

    return _serve(lambda request: public.get_source(request, name))


@app.route("/", **EVERYTHING)
@app.route("/admin", **EVERYTHING)
@app.route("/admin/{name}", **EVERYTHING)
def elsewhere(name: str = "") -> Response:
    """What is at another path."""
    from chalicelib import public

    return _serve(lambda request: public.send_on(request, name))


@app.route("/users", **EVERYTHING)
@app.route("/users/{proxy+}", **EVERYTHING)
def people() -> Response:
    """Signing in, and what people see and change of accounts."""
    from chalicelib import users

    return _serve(users.serve)


@app.route("/articles/{proxy+}", **EVERYTHING)
def article_page() -> Response:
    """The page of an article; its identifier is all the rest of the path."""
    from chalicelib import public

    return _serve(public.get_article)


@app.route("/alerts.rss", **READING)
def alerts_feed() -> Response:
    """The newest alerts, for staff."""
    from chalicelib import alert_feed

    return _serve(alert_feed.serve)


@app.route("/api/openapi.json", **READING)
def openapi() -> Response:
    """The description of the API, for programs."""
    from chalicelib.openapi import serving

    return _serve(serving.get_document)


@app.route("/docs/api", **READING)
def api_page() -> Response:
    """The description of the API, for people."""
    from chalicelib.openapi import serving

    return _serve(serving.get_page)


@app.route("/docs/sources", **READING)
def sources_page() -> Response:
    """The documentation of all sources."""
    return _serve(api.get_sources_page)


@app.route("/docs/sources/{name}", **READING)
def source_page(name: str) -> Response:
    """The documentation of one source."""
    return _serve(lambda request: api.get_source_page(request, name))


@app.route("/api/{proxy+}", **EVERYTHING)
def anything_else() -> Response:
    """There is nothing at any other path of the API."""
    return _serve(api.not_found)


@app.route("/{proxy+}", **EVERYTHING)
def nothing_here() -> Response:
    """There is nothing at any other path of the site."""
    from chalicelib import public

    return _serve(public.nothing_here)


@app.lambda_function(name="authorizer")
def authorizer(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Whose limits a request counts to."""
    from chalicelib.authorizer import authorize

    return authorize(event)


@app.schedule(Rate(15, unit=Rate.MINUTES), name="schedule")
def schedule(event: CloudWatchEvent) -> None:
    """Send the jobs of what is due. Also called when works were added."""
    from chalicelib import planner

    for planned in planner.plan(dt.datetime.now(dt.UTC)):
        if planned.jobs:
            log.info("Planned.", **dataclasses.asdict(planned))


@app.schedule(Rate(1, unit=Rate.HOURS), name="snapshot")
def snapshot(event: CloudWatchEvent) -> None:
    """Count what no counter holds, and let go of keys that have ended."""
    from chalicelib import snapshot
    from chalicelib.store import account_keys

    now = dt.datetime.now(dt.UTC)
    if snapshot.is_due(now):
        snapshot.take(now, _seconds_left(event.context))
        account_keys.sweep(now)


@app.on_sqs_message(
    queue=f"{stack}-fetch", batch_size=1, name="worker", maximum_concurrency=WORKERS
)
def worker(event: SQSEvent) -> None:
    """Run a job. An error puts it back into the queue."""
    from chalicelib import worker

    for record in event:
        report = worker.receive(record.body, dt.datetime.now(dt.UTC), _seconds_left(event.context))
        log.info("Worked.", **dataclasses.asdict(report))


@app.on_sqs_message(queue=f"{stack}-fetch-dead", batch_size=1, name="dead_letters")
def dead_letters(event: SQSEvent) -> None:
    """Turn a job that failed for good into an alert."""
    from chalicelib import worker

    for record in event:
        worker.receive_dead(record.body, dt.datetime.now(dt.UTC))


def _seconds_left(context: Any) -> Callable[[], float]:
    return lambda: float(context.get_remaining_time_in_millis()) / 1000


def _serve(endpoint: Callable[[Request], Answer]) -> Response:
    request = _request()
    try:
        answer = endpoint(request)
    except Exception as error:  # whatever it is, the caller gets an answer of ours
        log.exception("A request failed.", path=request.loggable_path, request_id=request.id)
        answer = _after_crash(request, error)
    _record(request, answer)
    log.info(
        f"{request.method} {request.loggable_path}",
        status=answer.status,
        query=_loggable(request),
        milliseconds=round(request.seconds * 1000, 1),
        bytes=len(answer.body),
        key=(request.authorizer or {}).get("key_hash", "")[:12],
        request_id=request.id,
    )
    headers: dict[str, Any] = dict(answer.headers)
    if answer.cookies:
        headers["Set-Cookie"] = list(answer.cookies)
    return Response(body=answer.body.decode(), status_code=answer.status, headers=headers)


def _record(request: Request, answer: Answer) -> None:
    """Count and log a request that was served. Its answer goes out whatever becomes of that."""
    if isinstance(answer, api.Served):
        try:
            api.record(answer)
        except Exception:
            log.exception("A request could not be recorded.", request_id=request.id)


def _after_crash(request: Request, error: Exception) -> Answer:
    try:
        return api.crashed(request, error)
    except Exception:  # the store may be what is down
        log.exception("An alert could not be kept.", request_id=request.id)
        return api.server_error(request)


def _request() -> Request:
    """The current request of Chalice as ours."""
    current = app.current_request
    if current is None:
        raise RuntimeError("a route was called without a request")
    event = current.to_original_event()
    raw = current.raw_body or b""
    return Request(
        method=current.method,
        path=event.get("path") or current.context.get("path") or current.path,
        query=current.query_params or {},
        headers=dict(current.headers),
        body=raw if isinstance(raw, bytes) else raw.encode(),
        authorizer=current.context.get("authorizer"),
        id=current.context.get("requestId") or secrets.token_hex(16),
        stage=current.context.get("stage", ""),
        domain=current.context.get("domainName", ""),
        ip=(current.context.get("identity") or {}).get("sourceIp", ""),
    )


def _loggable(request: Request) -> dict[str, str]:
    """The parameters of a request without its secrets."""
    secret = SECRET_PARAMETERS.union(
        *(names for path, names in SEARCHES.items() if request.path.startswith(path))
    )
    return {
        name: "***" if name in secret else str(request.query[name])[:LOGGED_CHARACTERS]
        for name in request.query
    }
