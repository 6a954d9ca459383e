"""What follows from failures: alerts, pauses, the circuit breaker, dead letters.

Alert classes and levels are Lagotto's (operations.md 2.6).
"""

import dataclasses
import datetime as dt
from collections.abc import Mapping

from chalicelib.errors import (
    BODY_LIMIT_BYTES,
    Malformed,
    RateLimited,
    SourceError,
    Unavailable,
)
from chalicelib.model import Job
from chalicelib.source import Limits
from chalicelib.store import alerts
from chalicelib.store import sources as source_rows
from chalicelib.store.alerts import Alert
from chalicelib.store.sources import SourceRow

#: Lagotto's defaults (sources.md 3.1): more failures than this in a day open the breaker.
MAXIMUM_FAILURES = 200
FAILURE_INTERVAL_SECONDS = 86400
#: How long the breaker stays open before one job tries again.
DISABLE_DELAY_SECONDS = 3600

#: Delays after a failure grow: 60, 120, 240, 480 seconds.
FIRST_DELAY_SECONDS = 60
#: Used where a provider says 429 without Retry-After.
USUAL_PAUSE_SECONDS = 60
#: Below this many calls left a source rests until its budget is full again.
BUDGET_RESERVE_CALLS = 20
#: For so long where the provider does not say when that is.
USUAL_REST_SECONDS = 3600

DEAD_LETTER = "DeadLetterError"
UNREADABLE_LETTER = "UnreadableLetterError"

_CLASSES = {
    400: "Net::HTTPBadRequest",
    401: "Net::HTTPUnauthorized",
    403: "Net::HTTPForbidden",
    404: "Net::HTTPNotFound",
    406: "Net::HTTPNotAcceptable",
    408: "Net::HTTPRequestTimeOut",
    409: "Net::HTTPConflict",
    417: "Net::HTTPExpectationFailed",
    429: "Net::HTTPTooManyRequests",
    500: "Net::HTTPInternalServerError",
    502: "Net::HTTPBadGateway",
    503: "Net::HTTPServiceUnavailable",
    504: "Net::HTTPGatewayTimeOut",
}
_MERELY_WARN = (None, 408, 502, 503, 504)


def refused(row: SourceRow, failed: Mapping[str, SourceError], now: dt.datetime) -> None:
    """Alert for works that were refused or unreadably answered: one per distinct error."""
    by_error: dict[tuple[str, str], list[str]] = {}
    for key, error in failed.items():
        by_error.setdefault((error.kind, error.message), []).append(key)
    for keys in by_error.values():
        error = failed[keys[0]]
        more = f" (and {len(keys) - 1} more works)" if len(keys) > 1 else ""
        _put(row.name, error, now, f"{error.message}, asked about {keys[0]}{more}", keys[0])
    _check_breaker(row, now)


def unavailable(row: SourceRow, error: SourceError, now: dt.datetime) -> None:
    """Alert for a provider that is down; counts toward the breaker."""
    _put(row.name, error, now, error.message, None)
    _check_breaker(row, now)


def recovered(row: SourceRow) -> None:
    """Close the breaker after a success."""
    if row.state == "disabled":
        source_rows.change(
            row.name,
            lambda seen: (
                dataclasses.replace(seen, state="waiting", disabled_until=None)
                if seen.state == "disabled"
                else seen
            ),
        )


def pause(name: str, until: dt.datetime, reason: str) -> None:
    """Ask a source nothing before a time; a longer pause stays."""
    source_rows.change(
        name,
        lambda seen: (
            dataclasses.replace(seen, paused_until=until, pause_reason=reason)
            if seen.paused_until is None or seen.paused_until < until
            else seen
        ),
    )


def hold(row: SourceRow, stopped: RateLimited | Unavailable, tries: int, now: dt.datetime) -> int:
    """Pause a source that said 429, alert for one that is down; seconds until the next try."""
    if isinstance(stopped, Unavailable):
        unavailable(row, stopped, now)
        return FIRST_DELAY_SECONDS * int(2**tries)
    seconds = stopped.retry_after_seconds
    delay = USUAL_PAUSE_SECONDS * int(2**tries) if seconds is None else seconds
    pause(row.name, now + dt.timedelta(seconds=delay), "the provider said 429")
    return delay


def heed_limits(row: SourceRow, limits: Limits | None, now: dt.datetime) -> None:
    """Let a source rest whose budget is nearly used up, and keep the pace that it asks for."""
    if limits is None:
        return
    if limits.remaining_calls is not None and limits.remaining_calls < BUDGET_RESERVE_CALLS:
        pause(
            row.name,
            now + dt.timedelta(seconds=limits.reset_seconds or USUAL_REST_SECONDS),
            f"{limits.remaining_calls} calls of the provider's budget are left",
        )
    if limits.calls_per_hour and limits.calls_per_hour != row.provider_calls_per_hour:
        pace = limits.calls_per_hour
        source_rows.change(
            row.name, lambda seen: dataclasses.replace(seen, provider_calls_per_hour=pace)
        )


def dead_letter(job: Job, now: dt.datetime) -> str:
    """Alert for a job that failed for good; it can be sent again. The alert's id."""
    count = len(job.shelves) + len(job.works)
    alert = Alert(
        class_name=DEAD_LETTER,
        message=(
            f"A job of {job.source} failed {job.tries or 'several'} times and was given up "
            f"({count} shelves or works). Send it again with "
            "`python -m chalicelib queue resend`."
        ),
        source=job.source,
        job=job.as_json(),
    )
    return alerts.put(alert, now)


def unreadable(message: str, reason: str, now: dt.datetime) -> str:
    """Alert for a dead letter that is no job, with its text; the alert's id."""
    alert = Alert(
        class_name=UNREADABLE_LETTER,
        message=f"The fetch queue gave up a message that nobody can read: {reason}"[:500],
        details=message.encode()[:BODY_LIMIT_BYTES],
    )
    return alerts.put(alert, now)


def _put(
    source: str, error: SourceError, now: dt.datetime, message: str, work_key: str | None
) -> None:
    if isinstance(error, Malformed):
        class_name = "MalformedAnswerError"
    else:
        class_name = _CLASSES.get(error.status or 408, "Net::HTTPError")
    alert = Alert(
        class_name=class_name,
        message=message,
        level=alerts.WARN if error.status in _MERELY_WARN else alerts.ERROR,
        source=source,
        work_key=work_key,
        status=error.status,
        target_url=(error.url or "")[:1000] or None,
        details=error.body,
    )
    alerts.put(alert, now)


def _check_breaker(row: SourceRow, now: dt.datetime) -> None:
    most = row.number("max_failed_queries", MAXIMUM_FAILURES)
    seconds = row.number("max_failed_query_time_interval", FAILURE_INTERVAL_SECONDS)
    since = now - dt.timedelta(seconds=seconds)
    if alerts.count_since(f"source#{row.name}", since, most + 1) <= most:
        return
    delay = row.number("disable_delay", DISABLE_DELAY_SECONDS)
    until = now + dt.timedelta(seconds=delay)
    was_open = row.state == "disabled"
    source_rows.change(
        row.name, lambda seen: dataclasses.replace(seen, state="disabled", disabled_until=until)
    )
    if not was_open:
        alert = Alert(
            class_name="TooManyErrorsBySourceError",
            message=f"{row.title} has exceeded maximum failed queries. Disabling the source.",
            level=alerts.FATAL,
            source=row.name,
        )
        alerts.put(alert, now)
