"""Faults on purpose: calls that fail the first time or two and succeed when repeated."""

import datetime as dt
import email.utils
import threading

from infra.local.providers.draws import fraction, pick
from infra.local.providers.exchange import Reply, as_json, as_text

_PAGES = {
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
}
#: What providers say in the body of a 429.
_REFUSALS = {
    "crossref": "<html><body><h1>429 Too Many Requests</h1></body></html>",
    "openalex": {"error": "Rate limit exceeded", "message": "More than 100 requests a second."},
    "eutils": {"error": "API rate limit exceeded", "count": "4", "limit": "3"},
    "idconv": {"error": "API rate limit exceeded", "count": "4", "limit": "3"},
    "datacite": {"errors": [{"status": "429", "title": "Too many requests"}]},
    "hackernews": {"message": "Too many requests", "status": 429},
}


class Faults:
    """Which calls fail. Chosen by the seed and the call, so that each run has the same ones.

    The rates are shares of the different calls; the same call, asked again, succeeds after
    one or two failures, and fails no more until ``reset``.
    """

    def __init__(self, *, rate_429: float = 0.0, rate_500: float = 0.0, seed: int = 0) -> None:
        if min(rate_429, rate_500) < 0 or rate_429 + rate_500 > 1:
            raise ValueError("the rates of faults must be between 0 and 1, also together")
        self.rate_429 = rate_429
        self.rate_500 = rate_500
        self.seed = seed
        self._failed: dict[str, int] = {}
        self._lock = threading.Lock()

    def reset(self) -> None:
        """Forget which calls have failed."""
        with self._lock:
            self._failed.clear()

    def of(self, provider: str, call: str) -> Reply | None:
        """The fault of this call, None if it is to be answered."""
        drawn = fraction("fault", self.seed, call)
        if drawn >= self.rate_429 + self.rate_500:
            return None
        times = 2 if fraction("twice", self.seed, call) < 0.2 else 1
        with self._lock:
            if self._failed.get(call, 0) >= times:
                return None
            self._failed[call] = self._failed.get(call, 0) + 1
        if drawn < self.rate_429:
            return _too_many(
                provider, pick(("1", "1", "2", "date"), "retry after", self.seed, call)
            )
        return _broken(pick((500, 500, 500, 503, 503, 502), "status", self.seed, call))


def _too_many(provider: str, wait: str) -> Reply:
    if wait == "date":
        moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2)
        wait = email.utils.format_datetime(moment, usegmt=True)
    refusal = _REFUSALS.get(provider, "Too Many Requests\n")
    headers = {"Retry-After": wait}
    if isinstance(refusal, str):
        return Reply(429, refusal.encode(), "text/html", headers)
    return as_json(refusal, 429, headers=headers)


def _broken(status: int) -> Reply:
    text = f"<html><head><title>{status} {_PAGES[status]}</title></head><body></body></html>\n"
    return as_text(text, status, content_type="text/html")
