"""Everything that can go wrong, as a tree: one class per remedy.

    LagottoError
    ├ SourceError          a provider call failed; carries source, url, status and body
    │  ├ Unavailable       5xx, timeout, no connection    → the queue tries again, later
    │  ├ RateLimited       429                            → the source pauses; the job waits
    │  ├ Rejected          401, 403 and other 4xx         → alert; counts toward the breaker
    │  └ Malformed         the body is not as expected    → alert with the body; again in a day
    ├ RequestError         the API caller's fault: .status and the text of the answer
    ├ InvalidIdentifier    a text that is no identifier of the wanted kind
    ├ InvalidWork          metadata that breaks a rule; .problems maps field → messages
    └ ConfigurationError   a setting is missing or wrong; the text says which and what to do

The text of a SourceError never holds a secret: the client redacts URLs and bodies
before it raises.
"""

from collections.abc import Mapping, Sequence

#: How much of a provider's answer an error carries, in bytes (architecture, section 5).
BODY_LIMIT_BYTES = 64 * 1024


class LagottoError(Exception):
    """The root of all errors of this package."""


class SourceError(LagottoError):
    """A provider could not be asked, or did not answer as it should."""

    kind = "error"

    def __init__(
        self,
        message: str,
        *,
        url: str | None = None,
        status: int | None = None,
        body: bytes = b"",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.url = url
        self.status = status
        self.body = body[:BODY_LIMIT_BYTES]


class Unavailable(SourceError):
    """The provider is down or out of reach: a 5xx, a timeout or no connection."""

    kind = "unavailable"


class RateLimited(SourceError):
    """The provider asks to slow down (429); ``retry_after_seconds`` if it said for how long."""

    kind = "rate_limited"

    def __init__(
        self,
        message: str,
        *,
        retry_after_seconds: int | None = None,
        url: str | None = None,
        status: int | None = 429,
        body: bytes = b"",
    ) -> None:
        super().__init__(message, url=url, status=status, body=body)
        self.retry_after_seconds = retry_after_seconds


class Rejected(SourceError):
    """The provider refuses the request: 401, 403 or another 4xx."""

    kind = "rejected"


class Malformed(SourceError):
    """The provider's answer is not of the shape that the source expects."""

    kind = "malformed"


class RequestError(LagottoError):
    """A request to our API that cannot be served; ``status`` is the HTTP status.

    ``message`` is a text, or what is wrong with which field: field → messages.
    ``retry_after_seconds`` is when it can be served, None where that is not known.
    """

    def __init__(
        self,
        message: str | Mapping[str, Sequence[str]],
        *,
        status: int,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.retry_after_seconds = retry_after_seconds


class InvalidIdentifier(LagottoError):
    """A text that is not an identifier of the wanted kind."""


class InvalidWork(LagottoError):
    """Work metadata that breaks a rule; ``problems`` maps a field to its messages."""

    def __init__(self, problems: Mapping[str, Sequence[str]]) -> None:
        self.problems = {field: list(messages) for field, messages in problems.items()}
        super().__init__(
            "; ".join(f"{field} {text}" for field, texts in problems.items() for text in texts)
        )


class ConfigurationError(LagottoError):
    """A setting is missing or wrong; the text says which one and what to do."""
