"""Our budget as the headers X-RateLimit-Remaining and -Reset tell it, however they are written.

For ``ads``, ``ads_fulltext``, ``bluesky``, ``github``, ``mastodon``, ``plumx``, ``scopus`` and
``x``, which tell the moment of the reset; for ``openalex`` and ``reddit``, which tell seconds.
"""

import datetime as dt
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from chalicelib.reading import SHAPE_ERRORS, time
from chalicelib.source import Limits

#: The longest budgets are for a week; what is later than that is an error.
LONGEST_RESET_SECONDS = 7 * 86_400
#: An epoch above it is in milliseconds.
LARGEST_EPOCH_SECONDS = 10**11


def until_moment(headers: Mapping[str, str], prefix: str = "x-ratelimit") -> Limits | None:
    """The calls left until a moment: an epoch in seconds or milliseconds, or ISO 8601.

    The time until then is by the provider's clock, which the header Date tells.
    """
    try:
        now = parsedate_to_datetime(headers["date"]).timestamp()
        return _limits(headers[f"{prefix}-remaining"], _epoch(headers[f"{prefix}-reset"]) - now)
    except (*SHAPE_ERRORS, OSError):
        return None


def for_seconds(headers: Mapping[str, str], prefix: str = "x-ratelimit") -> Limits | None:
    """The calls left for so many seconds."""
    try:
        return _limits(headers[f"{prefix}-remaining"], float(headers[f"{prefix}-reset"]))
    except SHAPE_ERRORS:
        return None


def _limits(remaining: str, seconds: float) -> Limits:
    return Limits(
        remaining_calls=max(int(float(remaining)), 0),
        reset_seconds=min(max(int(seconds), 0), LONGEST_RESET_SECONDS),
    )


def _epoch(moment: str) -> float:
    try:
        epoch = float(moment)
    except ValueError:
        return dt.datetime.fromisoformat(time(moment) or "").timestamp()
    return epoch / 1000 if epoch > LARGEST_EPOCH_SECONDS else epoch
