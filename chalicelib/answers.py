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
_ETAG = re.compile(r'(?:W/)?("[^"]*")|\*')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came in. Header names are in lower case.

    ``authorizer`` is what our authorizer said of the key (see ``authorizer``); None where
    there is no gateway in front of the app.
    """

    method: str
    path: str
    query: Mapping[str, str | Sequence[str]] = dataclasses.field(default_factory=dict)
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: bytes = b""
    authorizer: Mapping[str, Any] | None = None
    id: str = ""
    began_at: float = dataclasses.field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        """How long it has been worked on."""
        return time.perf_counter() - self.began_at


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """An answer: status, headers and body."""

    status: int
    headers: dict[str, str]
    body: bytes = b""


#: Makes the document of an answer from a request and its parameters. Errors: RequestError.
Endpoint = Callable[[Request, dict[str, str]], Any]


def answer(request: Request, endpoint: Endpoint, family: Family) -> Answer:
    """The answer to a request for an endpoint; a RequestError becomes its family's body."""
    if request.method == "OPTIONS":
        return _preflight(request)
    params: dict[str, str] = {}
    try:
        params = query.parameters(request.method, request.headers, request.query, request.body)
        return _found(request, endpoint(request, params), params)
    except RequestError as error:
        return failure(request, error, family, params)


def page(request: Request, html: str | None) -> Answer:
    """A web page; the body of "not found" for None. Pages load nothing from anywhere."""
    if request.method == "OPTIONS":
        return _preflight(request)
    if html is None:
        return failure(request, RequestError(query.UNKNOWN_PATH, status=404), "other")
    body = html.encode()
    etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
    headers = _headers(request) | {"ETag": etag, "Cache-Control": _KEPT}
    headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    if _matches(request.headers.get("if-none-match", ""), etag):
        return Answer(304, headers)
    return Answer(200, headers | {"Content-Type": _HTML}, _unless_head(request, body))


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


def _found(request: Request, document: Any, params: Mapping[str, str]) -> Answer:
    body, content_type = _encoded(document, params)
    if 2 * len(body) > ANSWER_LIMIT_BYTES and _size_as_text(body) > ANSWER_LIMIT_BYTES:
        raise RequestError(TOO_LARGE, status=413)
    etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
    headers = _headers(request) | {"ETag": etag, "Cache-Control": _KEPT}
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
        **_CORS,
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
