"""OAuth2 client credentials, for sources: one token for many calls, a new one after a 401.

The client keeps the token between jobs and out of every log, error and piece of evidence.
Source: RFC 6749, section 4.4.
"""

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.errors import Malformed, Rejected
from chalicelib.reading import SHAPE_ERRORS, count, mapping, text
from chalicelib.source import Answer, Client

#: Where a provider does not say how long its token lives.
USUAL_LIFETIME_SECONDS = 3600


def with_token(
    client: Client, ask: Callable[[str], Answer], fetch: Callable[[], None] | None
) -> Answer:
    """The answer to ``ask(token)``: with the kept token, else with the operator's setting
    ``access_token``, else with one that ``fetch`` gets; ``fetch`` is called again after a 401.

    ``fetch`` hands the token to ``client.keep_token``; None where there are no credentials.
    Errors: SourceError of either call.
    """
    known = client.cached_token() or client.settings.get("access_token")
    if known:
        try:
            return ask(known)
        except Rejected as error:
            if error.status != 401 or fetch is None:
                raise
    if fetch is None:
        raise Rejected("no access token, and no credentials to get one with")
    fetch()
    token = client.cached_token()
    assert token is not None, "fetch keeps a token or raises"
    return ask(token)


def client_credentials(
    client: Client,
    url: str,
    *,
    basic: tuple[str, str] | None = None,
    data: Mapping[str, str] | None = None,
    read: Callable[[Any], tuple[str, int | None]] | None = None,
) -> None:
    """Ask a token endpoint and keep what it gives.

    ``data`` is added to ``grant_type=client_credentials``; ``read`` takes token and lifetime in
    seconds from the decoded JSON where they are not ``access_token`` and ``expires_in``.
    Errors: SourceError; that of an unreadable answer does not carry its body.
    """
    answer = client.post(
        url,
        data={"grant_type": "client_credentials", **(data or {})},
        auth=basic,
        confidential=True,
    )
    keep(client, answer, read or _standard)


def keep(client: Client, answer: Answer, read: Callable[[Any], tuple[str, int | None]]) -> None:
    """Keep the token of an answer. Errors: Malformed, without the body: it may be a token."""
    try:
        token, lifetime_seconds = read(answer.json())
    except (Malformed, *SHAPE_ERRORS):
        raise Malformed(
            "the answer to a request for a token holds none", url=answer.url, status=answer.status
        ) from None
    client.keep_token(token, lifetime_seconds or USUAL_LIFETIME_SECONDS)


def _standard(body: Any) -> tuple[str, int | None]:
    fields = mapping(body)
    token = text(fields["access_token"])
    if token is None:
        raise ValueError("a blank token")
    lifetime = fields.get("expires_in")
    return token, None if lifetime is None else count(lifetime)
