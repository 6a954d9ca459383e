"""Answers over HTTP, without a framework: headers, ETag, JSONP, preflights, error bodies.

``api`` says what is answered; here is how it looks on the wire (api.md 1.4 to 1.9). The
edge that knows a framework turns its request into a Request and an Answer into a response.
"""

import dataclasses
import datetime as dt
import hashlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from chalicelib import lagotto, query
from chalicelib.errors import RequestError
from chalicelib.lagotto import Family

SERVER_ERROR = "Internal server error."
TOO_LARGE = "The answer is too large. Ask for fewer articles (per_page) or without info=detail."

#: Lambda hands over 6 MB, the body in them as a JSON text; some are left for the headers.
ANSWER_LIMIT_BYTES = 6_000_000 - 20_000

V4 = "/api/v4/"
#: Here people sign in with a password, so that scripts of other sites are not invited.
_OF_PEOPLE = (V4, "/users", "/alerts.rss")

_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, GET, OPTIONS",
    "Access-Control-Max-Age": "1728000",
}
_ALLOWED_HEADERS = {"Access-Control-Allow-Headers": "X-Requested-With, X-Prototype-Version"}
_SECURITY = {
    "X-Frame-Options": "SAMEORIGIN",
    "X-XSS-Protection": "1; mode=block",
    "X-Content-Type-Options": "nosniff",
}
_JSON = "application/json; charset=utf-8"
_HTML = "text/html; charset=utf-8"
_JAVASCRIPT = "application/javascript; charset=utf-8"
_KEPT = "max-age=0, private, must-revalidate"
#: Of pages for one person. Their address may hold the secret of a link, which no other site is
#: told; with "no-referrer" browsers would no longer say which site a form is from.
_PRIVATE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
_BEYOND_ASCII = bytes(range(0x80, 0x100))
_HOST = re.compile(r"[A-Za-z0-9._-]{1,255}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,50}\](:[0-9]{1,5})?")
_ETAG = re.compile(r'(?:W/)?("[^"]*")|\*')
_SECRET_IN_PATH = re.compile(r"(/users/(?:sign_in|me/mail)/).+", re.DOTALL)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came in. Header names are in lower case.

    ``authorizer`` is what our authorizer said of the key (see ``authorizer``); None where
    there is no gateway in front of the app. ``stage`` is the gateway's name of the deployment,
    ``domain`` the host that it was asked at and ``ip`` the address of the caller, "" without one.
    """

    method: str
    path: str
    query: Mapping[str, str | Sequence[str]] = dataclasses.field(default_factory=dict)
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: bytes = b""
    authorizer: Mapping[str, Any] | None = None
    id: str = ""
    stage: str = ""
    domain: str = ""
    ip: str = ""
    began_at: float = dataclasses.field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        """How long it has been worked on."""
        return time.perf_counter() - self.began_at

    @property
    def loggable_path(self) -> str:
        """The path as logs and alerts may hold it: without the secret of a link in a mail."""
        return _SECRET_IN_PATH.sub(r"\1***", self.path)

    @property
    def root(self) -> str:
        """What stands before every path: the stage, where the gateway has no domain of its own."""
        return f"/{self.stage}" if ".execute-api." in self._host else ""

    @property
    def network(self) -> str:
        """What counts as one caller: an address, of IPv6 the 64 bits that a household is given."""
        import ipaddress  # few requests need it

        try:
            found = ipaddress.ip_address(self.ip)
        except ValueError:
            return "unknown"
        if found.version == 6:
            return str(ipaddress.ip_network(f"{found}/64", strict=False))
        return str(found)

    @property
    def site(self) -> str:
        """The address of the site as the caller knows it, without a slash at its end."""
        scheme = "https" if self.headers.get("x-forwarded-proto") == "https" else "http"
        return f"{scheme}://{self._host}{self.root}"

    @property
    def _host(self) -> str:
        host = self.headers.get("host", "")
        return host if _HOST.fullmatch(host) else "localhost"


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """An answer: status, headers and body; ``cookies`` are headers Set-Cookie, if several."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    cookies: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Text:
    """A document that is written already."""

    body: str
    content_type: str
    status: int = 200


#: Makes the document of an answer from a request and its parameters. Errors: RequestError.
Endpoint = Callable[[Request, dict[str, str]], Any]


def answer(request: Request, endpoint: Endpoint, family: Family) -> Answer:
    """The answer to a request for an endpoint; a RequestError becomes its family's body."""
    if request.method == "OPTIONS":
        return _preflight(request)
    params: dict[str, str] = {}
    try:
        params = query.parameters(request.method, request.headers, request.query, request.body)
        return found(request, endpoint(request, params), params)
    except RequestError as error:
        return failure(request, error, family, params)


def text(request: Request, write: Callable[[Request, dict[str, str]], Text]) -> Answer:
    """The answer to a request outside the API for what ``write`` makes of its parameters."""
    if request.method == "OPTIONS":
        return _preflight(request)
    try:
        params = query.parameters(request.method, request.headers, request.query, request.body)
        written = write(request, params)
    except RequestError as error:
        return no_page(request) if error.status == 404 else failure(request, error, "other")
    body = written.body.encode()
    if written.status != 200:
        headers = {"Content-Type": written.content_type, "Cache-Control": "no-cache"}
        return Answer(written.status, _headers(request) | headers, _unless_head(request, body))
    return _cacheable(request, body, written.content_type)


def encode(document: Any) -> str:
    """A JSON document as its text."""
    return orjson.dumps(document).decode()


def redirect(request: Request, path: str, status: int = 302) -> Answer:
    """Send the caller to another path of the site."""
    headers = {"Location": request.root + path, "Cache-Control": "no-cache", "Content-Type": _HTML}
    return Answer(status, _headers(request) | headers)


def no_page(request: Request, message: str = query.UNKNOWN_PATH) -> Answer:
    """What a path outside the API answers where there is nothing (api.md 8.6).

    People are sent to the start, programs hear 404: those that ask for JSON, and those that
    want to change something.
    """
    accept = request.headers.get("accept", "")
    asks_for_json = "application/json" in accept and "text/html" not in accept
    if asks_for_json or request.path.endswith(".json"):
        return failure(request, RequestError(message, status=404), "other")
    if request.method not in ("GET", "HEAD", "POST"):
        return failure(request, RequestError(query.UNKNOWN_PATH, status=404), "other")
    return redirect(request, "/")


def page(request: Request, html: str | None) -> Answer:
    """A web page; what there is instead for None. Pages load nothing from anywhere."""
    if request.method == "OPTIONS":
        return _preflight(request)
    if html is None:
        return no_page(request)
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return _cacheable(request, html.encode(), _HTML, {"Content-Security-Policy": policy})


def private_page(
    request: Request, html: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    """A web page for one person, with more headers if they are given."""
    given = _headers(request) | {"Content-Type": _HTML} | dict(headers or {})
    return private(Answer(status, given, _unless_head(request, html.encode())))


def private(given: Answer) -> Answer:
    """An answer as one person only may have it: kept nowhere, not for scripts of other sites."""
    public = _CORS.keys() | _ALLOWED_HEADERS.keys()
    headers = {name: value for name, value in given.headers.items() if name not in public}
    return dataclasses.replace(given, headers=headers | _PRIVATE)


def failure(
    request: Request, error: RequestError, family: Family, params: Mapping[str, str] | None = None
) -> Answer:
    """The answer that an error makes, in the shape of the endpoint's family (api.md 1.9)."""
    # What cannot be routed belongs to no family, and what the gateway, too, says it says alike.
    without_family = error.message == query.UNKNOWN_PATH or error.status == 429
    shape: Family = "other" if without_family else family
    body, content_type = _encoded(lagotto.error(shape, error.message), params or {})
    headers = _headers(request) | {"Content-Type": content_type, "Cache-Control": "no-cache"}
    headers |= retry_after(error)
    return Answer(error.status, headers, _unless_head(request, body))


def retry_after(error: RequestError) -> dict[str, str]:
    """The header that says when to try again, if that is known."""
    seconds = error.retry_after_seconds
    return {} if seconds is None else {"Retry-After": str(seconds)}


def unknown_path(request: Request, params: dict[str, str]) -> Any:
    """The endpoint of all paths that there are not."""
    raise RequestError(query.UNKNOWN_PATH, status=404)


def found(request: Request, document: Any, params: Mapping[str, str]) -> Answer:
    """The answer with a document, or that the caller has it already.

    One that is too large for Lambda is a redirect to where it is. Errors: RequestError 413 if
    it could not be put there.
    """
    body, content_type = _encoded(document, params)
    if 3 * len(body) > ANSWER_LIMIT_BYTES and _size_as_text(body) > ANSWER_LIMIT_BYTES:
        return _elsewhere(request, body, content_type)
    return _cacheable(request, body, content_type)


def _cacheable(
    request: Request, body: bytes, content_type: str, more: Mapping[str, str] | None = None
) -> Answer:
    """An answer that the caller may keep, by its ETag; 304 if he has it already."""
    etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
    headers = _headers(request) | {"ETag": etag, "Cache-Control": _KEPT} | dict(more or {})
    if _matches(request.headers.get("if-none-match", ""), etag):
        return Answer(304, headers)
    return Answer(200, headers | {"Content-Type": content_type}, _unless_head(request, body))


def _elsewhere(request: Request, body: bytes, content_type: str) -> Answer:
    """A redirect to a body; 303, as all clients then ask with GET, also after a POST that said
    it is one. Errors: RequestError 413.
    """
    from chalicelib.store import alerts, answers  # few answers are so large

    whole = _cacheable(request, body, content_type)
    if whole.status == 304:
        return whole
    try:
        link = answers.put(
            body,
            content_type,
            gzipped="gzip" in request.headers.get("accept-encoding", ""),
            for_head=request.method == "HEAD",
        )
    except answers.NotKept as error:
        alert = alerts.Alert(
            class_name="AnswerNotKept", message=str(error), target_url=request.path[:1000]
        )
        alerts.put(alert, dt.datetime.now(dt.UTC))
        raise RequestError(TOO_LARGE, status=413) from None
    headers = {"Location": link, "Cache-Control": "no-store", "Content-Type": _HTML}
    return Answer(303, _headers(request) | headers)


def _size_as_text(body: bytes) -> int:
    """The size of a body within a JSON text, at most three times its own.

    Quotes and backslashes are escaped in it, and on Python 3.11 Lambda escapes what is no ASCII,
    too: six bytes for each half of UTF-16.
    """
    units = len(body.decode().encode("utf-16-le")) // 2
    ascii_bytes = len(body.translate(None, _BEYOND_ASCII))
    return 6 * (units - ascii_bytes) + ascii_bytes + body.count(b'"') + body.count(b"\\")


def _preflight(request: Request) -> Answer:
    return Answer(200, _headers(request) | _ALLOWED_HEADERS | {"Content-Type": "text/plain"})


def _encoded(document: Any, params: Mapping[str, str]) -> tuple[bytes, str]:
    """The body of a document and its content type: JSON, or a call of the JSONP function."""
    body = orjson.dumps(document)
    callback = query.callback(params)
    if callback is None:
        return body, _JSON
    return lagotto.jsonp(callback, body), _JAVASCRIPT


def _headers(request: Request) -> dict[str, str]:
    return {
        **({} if request.path.startswith(_OF_PEOPLE) else _CORS),
        **_SECURITY,
        "X-Request-Id": request.id,
        "X-Runtime": f"{request.seconds:.6f}",
    }


def _matches(if_none_match: str, etag: str) -> bool:
    return any(
        found[0] == "*" or found[1] == etag for found in _ETAG.finditer(if_none_match[:10_000])
    )


def _unless_head(request: Request, body: bytes) -> bytes:
    return b"" if request.method == "HEAD" else body
