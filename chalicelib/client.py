"""The HTTP client that a source is handed: identity, pace, limits, errors, evidence.

It calls with the operator's contact, keeps the source's pace between calls, follows
redirects to public addresses only, bounds size and time, turns statuses into our errors
with all secrets removed, and remembers each exchange as evidence. It never retries.
"""

import base64
import datetime as dt
import email.utils
import html
import json as json_text
import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote, quote_plus, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from chalicelib import VERSION
from chalicelib.errors import (
    BODY_LIMIT_BYTES,
    Malformed,
    RateLimited,
    Rejected,
    SourceError,
    Unavailable,
)
from chalicelib.source import Answer, Limits, Params, Source
from chalicelib.transports import ForbiddenAddress, ProviderServer, PublicOnly

#: The largest body that is read. OpenAlex's list of 100 works is about 0.1 MB.
MAXIMUM_BODY_BYTES = 20 * 1024 * 1024
#: As Lagotto (operations.md 2.6).
MAXIMUM_REDIRECTS = 10
#: How long a Retry-After may keep a source paused; a provider's "a year" is a mistake.
MAXIMUM_RETRY_AFTER_SECONDS = 7 * 86400

REDACTED = "[redacted]"


class Tokens(Protocol):
    """Keeps access tokens between jobs (``store.tokens``)."""

    def get(self, source: str) -> str | None:
        """The token of a source that is valid for a while yet."""

    def put(self, source: str, token: str, lifetime_seconds: int) -> None:
        """Keep a source's token."""


class KeptTokens:
    """Tokens for the time of one client."""

    def __init__(self) -> None:
        self._tokens: dict[str, str] = {}

    def get(self, source: str) -> str | None:
        """See Tokens."""
        return self._tokens.get(source)

    def put(self, source: str, token: str, lifetime_seconds: int) -> None:
        """See Tokens."""
        self._tokens[source] = token


class HttpClient:
    """A client for one source and one job.

    ``calls_per_hour`` is the pace if it is not the source's own.
    ``settings`` are the source's, secrets included, ``publishers`` those that were given for
    single publishers (Crossref member number → settings); values named in ``secrets`` never leave
    it in an error or in evidence. ``providers_url`` sends every call to a provider server
    instead (``http://127.0.0.1:1234/api.crossref.org/works``), which needs no address check.
    ``transport`` takes the place of the network (``SavedAnswers``).
    """

    def __init__(
        self,
        source: Source,
        *,
        contact_email: str,
        settings: Mapping[str, str] | None = None,
        publishers: Mapping[int, Mapping[str, str]] | None = None,
        tokens: Tokens | None = None,
        calls_per_hour: int | None = None,
        timeout_seconds: int | None = None,
        providers_url: str | None = None,
        transport: HTTPAdapter | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.source = source
        self.contact_email = contact_email
        self.settings: Mapping[str, str] = dict(settings or {})
        self.calls = 0
        self.limits: Limits | None = None
        self.exchanges: list[dict[str, Any]] = []
        self.exchanged_bytes = 0
        self.durations_milliseconds: list[int] = []
        self._publishers = dict(publishers or {})
        self._tokens = tokens or KeptTokens()
        self._token: str | None = None
        secret_names = {setting.name for setting in source.settings if setting.secret}
        self._secret_values = [
            value
            for given in (self.settings, *self._publishers.values())
            for name, value in given.items()
            if name in secret_names
        ]
        self._secrets = _spellings(self._secret_values)
        self._timeout_seconds = timeout_seconds or source.timeout_seconds
        self._seconds_per_call = source.seconds_per_call(calls_per_hour)
        self._next_call_at = 0.0
        self._sleep = sleep
        self._clock = clock
        self._session = _Session()
        # Proxies of the environment lead to the internet, where nothing else is asked.
        self._session.trust_env = not (providers_url or transport)
        self._session.max_redirects = MAXIMUM_REDIRECTS
        self._session.headers["User-Agent"] = (
            f"Lagotto/{VERSION} (mailto:{contact_email}) python-requests/{requests.__version__}"
        )
        network = ProviderServer(providers_url) if providers_url else PublicOnly()
        self._session.mount("https://", transport or network)
        self._session.mount("http://", transport or network)

    def get(
        self,
        url: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        accept: str = "application/json",
        absent: Sequence[int] = (),
        auth: tuple[str, str] | None = None,
        confidential: bool = False,
    ) -> Answer:
        """See source.Client.get."""
        asked = requests.Request("GET", url, params=params, headers=headers, auth=auth)
        return self._call(asked, accept, absent, confidential)

    def post(
        self,
        url: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        accept: str = "application/json",
        absent: Sequence[int] = (),
        auth: tuple[str, str] | None = None,
        confidential: bool = False,
        data: Mapping[str, str] | bytes | None = None,
        json: Any = None,
    ) -> Answer:
        """See source.Client.post."""
        asked = requests.Request(
            "POST", url, params=params, headers=headers, auth=auth, data=data, json=json
        )
        return self._call(asked, accept, absent, confidential)

    def cached_token(self) -> str | None:
        """See source.Client.cached_token."""
        if self._token is None:
            self._token = self._tokens.get(self.source.name)
            self._hide([self._token] if self._token else [])
        return self._token

    def keep_token(self, token: str, lifetime_seconds: int) -> None:
        """See source.Client.keep_token."""
        self._hide([token])
        self._token = token
        self._tokens.put(self.source.name, token, lifetime_seconds)

    def publisher_settings(self, publisher_id: int | None) -> Mapping[str, str]:
        """See source.Client.publisher_settings."""
        own = {} if publisher_id is None else self._publishers.get(publisher_id, {})
        return {**self.settings, **own}

    def publisher_ids(self) -> list[int]:
        """See source.Client.publisher_ids."""
        return sorted(self._publishers)

    def _call(
        self, asked: requests.Request, accept: str, absent: Sequence[int], confidential: bool
    ) -> Answer:
        self._keep_pace()
        self.calls += 1
        if isinstance(asked.auth, tuple):
            self._hide(
                [base64.b64encode(":".join(asked.auth).encode("latin-1", "replace")).decode()]
            )
        method, url = str(asked.method), str(asked.url)
        try:
            prepared = self._session.prepare_request(asked)
        except (requests.RequestException, ValueError) as error:
            raise self._cannot_be_asked(error, self._redact(url)) from None
        prepared.headers["Accept"] = accept
        shown_url = self._redact(prepared.url or url)
        started = time.monotonic()
        try:
            answer = self._send(prepared, shown_url)
        except SourceError as error:
            self._remember(method, shown_url, error.status, error.body)
            raise
        finally:
            self.durations_milliseconds.append(round((time.monotonic() - started) * 1000))
        shown_body = b"[confidential]" if confidential and answer.status < 300 else answer.body
        self._remember(method, shown_url, answer.status, shown_body)
        self.limits = self.source.limits(answer.headers) or self.limits
        if answer.status >= 300 and answer.status not in absent:
            raise error_of(answer)
        return answer

    def wait_seconds(self) -> float:
        """How long the source's pace makes the next call wait."""
        return max(0.0, self._next_call_at - self._clock())

    def _hide(self, secrets: Sequence[str]) -> None:
        """From now on these are secrets, too."""
        if new := [secret for secret in secrets if secret not in self._secret_values]:
            self._secret_values += new
            self._secrets = _spellings(self._secret_values)

    def _keep_pace(self) -> None:
        now = self._clock()
        if now < self._next_call_at:
            self._sleep(self._next_call_at - now)
            now = self._next_call_at
        self._next_call_at = now + self._seconds_per_call

    def _send(self, prepared: requests.PreparedRequest, shown_url: str) -> Answer:
        seconds = self._timeout_seconds
        give_up_at = time.monotonic() + 2 * seconds
        try:
            with self._session.send(
                prepared, timeout=(min(seconds, 10), seconds), stream=True, allow_redirects=True
            ) as response:
                return Answer(
                    status=response.status_code,
                    url=shown_url,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=self._body(response, shown_url, give_up_at),
                    final_url=self._redact(response.url) if response.history else "",
                )
        except requests.Timeout:
            raise Unavailable(f"no answer within {seconds} seconds", url=shown_url) from None
        except requests.TooManyRedirects:
            raise Rejected(f"more than {MAXIMUM_REDIRECTS} redirects", url=shown_url) from None
        except requests.exceptions.ContentDecodingError as error:
            message = self._redact(f"the body cannot be decoded: {error}")
            raise Malformed(message[:500], url=shown_url) from None
        except ForbiddenAddress as error:
            raise Rejected(str(error), url=shown_url) from None
        except ValueError as error:  # of a redirect; also InvalidURL and InvalidSchema
            raise self._cannot_be_asked(error, shown_url) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            message = self._redact(f"{type(error).__name__}: {error}")
            raise Unavailable(f"no connection: {message}"[:500], url=shown_url) from None

    def _body(self, response: requests.Response, shown_url: str, give_up_at: float) -> bytes:
        body = bytearray()
        for chunk in response.iter_content(65536):
            body += chunk
            if len(body) > MAXIMUM_BODY_BYTES:
                raise Malformed(
                    f"the body is larger than {MAXIMUM_BODY_BYTES} bytes",
                    url=shown_url,
                    status=response.status_code,
                    body=self._redact_bytes(bytes(body[:BODY_LIMIT_BYTES])),
                )
            if time.monotonic() > give_up_at:
                raise requests.Timeout("the body came too slowly")
        return self._redact_bytes(bytes(body))

    def _cannot_be_asked(self, error: Exception, url: str) -> Rejected:
        message = self._redact(f"the URL cannot be asked: {error}")
        return Rejected(message[:500], url=url)

    def _remember(self, method: str, url: str, status: int | None, body: bytes) -> None:
        self.exchanged_bytes += len(body)
        self.exchanges.append(
            {
                "method": method,
                "url": url,
                "status": status,
                "at": dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "body": body.decode("utf-8", "backslashreplace"),
            }
        )

    def _redact(self, value: str) -> str:
        return re.sub(self._secrets, REDACTED, value, flags=re.I) if self._secrets else value

    def _redact_bytes(self, value: bytes) -> bytes:
        secrets, shown = self._secrets.encode(), REDACTED.encode()
        return re.sub(secrets, shown, value, flags=re.I) if secrets else value


def error_of(answer: Answer) -> SourceError:
    """The error that an answer's status calls for (architecture, section 5)."""
    message = f"the provider answered with status {answer.status}"
    if answer.status < 400:
        return answer.malformed(f"{message}, a redirect that leads nowhere")
    if answer.status == 429:
        return RateLimited(
            message,
            retry_after_seconds=retry_after_seconds(answer.headers.get("retry-after")),
            url=answer.url,
            status=429,
            body=answer.body,
        )
    remedy = Unavailable if answer.status >= 500 or answer.status == 408 else Rejected
    return remedy(message, url=answer.url, status=answer.status, body=answer.body)


def retry_after_seconds(value: str | None, now: dt.datetime | None = None) -> int | None:
    """The seconds that a Retry-After header asks for, written as seconds or as a date.

    None if it is missing or unreadable. Source: RFC 9110, section 10.2.3.
    """
    if value is None:
        return None
    value = value.strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?", value):
        seconds = math.ceil(float(value[:16]))
    else:
        try:
            moment = email.utils.parsedate_to_datetime(value)
        except (TypeError, ValueError, IndexError, OverflowError):
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=dt.UTC)
        seconds = int((moment - (now or dt.datetime.now(dt.UTC))).total_seconds())
    return min(max(seconds, 0), MAXIMUM_RETRY_AFTER_SECONDS)


def _spellings(values: Sequence[str]) -> str:
    """A pattern of each secret as it is and as it stands in URLs, JSON, HTML and reprs.

    It is to be read without regard to case: escapes such as %2f and %2F are the same.
    Secrets of less than four characters would make all text unreadable; there are none.
    """
    found = {
        spelling
        for value in values
        if len(value) >= 4
        for spelling in (
            *(value, html.escape(value), repr(value)[1:-1]),
            *(quote(value, safe=""), quote(value), quote_plus(value)),
            *(json_text.dumps(value, ensure_ascii=escaped)[1:-1] for escaped in (True, False)),
        )
    }
    return "|".join(map(re.escape, sorted(found, key=len, reverse=True)))


class _Session(requests.Session):
    """A session whose secrets stay with the host they were meant for."""

    #: What a redirect to another host may be told; sources put their keys in other headers,
    #: requests itself looks after the last two.
    harmless: tuple[str, ...] = (
        *("user-agent", "accept", "accept-encoding", "connection"),
        *("content-type", "content-length", "cookie", "proxy-authorization"),
    )

    def __init__(self) -> None:
        super().__init__()
        self.auth = _as_it_is

    def rebuild_auth(
        self, prepared_request: requests.PreparedRequest, response: requests.Response
    ) -> None:
        """Called for each redirect. Unlike requests', it does not read ~/.netrc either."""
        if urlsplit(response.request.url)[:2] != urlsplit(prepared_request.url)[:2]:
            for name in [*prepared_request.headers]:
                if name.lower() not in self.harmless:
                    del prepared_request.headers[name]


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Without any authentication of a session, requests would look into ~/.netrc."""
    return request
