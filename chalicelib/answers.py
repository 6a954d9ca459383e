"""Answers over HTTP, without a framework: headers, ETag, JSONP, preflights, error bodies.

``api`` says what is answered; here is how it looks on the wire (api.md 1.4 to 1.9). The
edge that knows a framework turns its request into a Request and an Answer into a response.
"""

import dataclasses
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

#: Here people sign in with a password, so that scripts of other sites are not invited.
V4 = "/api/v4/"

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
_HOST = re.compile(r"[A-Za-z0-9._-]{1,255}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,50}\](:[0-9]{1,5})?")
_ETAG = re.compile(r'(?:W/)?("[^"]*")|\*')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came in. Header names are in lower case.

    ``authorizer`` is what our authorizer said of the key (see ``authorizer``); None where
    there is no gateway in front of the app. ``stage`` is the gateway's name of the deployment.
    """

    method: str
    path: str
    query: Mapping[str, str | Sequence[str]] = dataclasses.field(default_factory=dict)
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: bytes = b""
    authorizer: Mapping[str, Any] | None = None
    id: str = ""
    stage: str = ""
    began_at: float = dataclasses.field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        """How long it has been worked on."""
        return time.perf_counter() - self.began_at

    @property
    def root(self) -> str:
        """What stands before every path: the stage, where the gateway has no domain of its own."""
        return f"/{self.stage}" if ".execute-api." in self._host else ""

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
    """An answer: status, headers and body."""

    status: int
    headers: dict[str, str]
    body: bytes = b""


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
    """A web page; the body of "not found" for None. Pages load nothing from anywhere."""
    if request.method == "OPTIONS":
        return _preflight(request)
    if html is None:
        return failure(request, RequestError(query.UNKNOWN_PATH, status=404), "other")
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return _cacheable(request, html.encode(), _HTML, {"Content-Security-Policy": policy})


def failure(
    request: Request, error: RequestError, family: Family, params: Mapping[str, str] | None = None
) -> Answer:
    """The answer that an error makes, in the shape of the endpoint's family (api.md 1.9)."""
    # What cannot be routed belongs to no family.
    shape: Family = "other" if error.message == query.UNKNOWN_PATH else family
    body, content_type = _encoded(lagotto.error(shape, error.message), params or {})
    headers = _headers(request) | {"Content-Type": content_type, "Cache-Control": "no-cache"}
    return Answer(error.status, headers, _unless_head(request, body))


def unknown_path(request: Request, params: dict[str, str]) -> Any:
    """The endpoint of all paths that there are not."""
    raise RequestError(query.UNKNOWN_PATH, status=404)


def found(request: Request, document: Any, params: Mapping[str, str]) -> Answer:
    """The answer with a document, or that the caller has it already."""
    body, content_type = _encoded(document, params)
    if 2 * len(body) > ANSWER_LIMIT_BYTES and _size_as_text(body) > ANSWER_LIMIT_BYTES:
        raise RequestError(TOO_LARGE, status=413)
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


def _size_as_text(body: bytes) -> int:
    """The size of a body within a JSON text, where quotes and backslashes are escaped."""
    return len(body) + body.count(b'"') + body.count(b"\\")


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
        **({} if request.path.startswith(V4) else _CORS),
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
