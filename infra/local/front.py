"""A plain port on localhost in front of the deployed API.

The embedded cloud serves an API under a path that names it; users call
``localhost:8080/api/v5/…``. Path and query go through byte by byte, as escapes in DOIs count.
"""

import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

#: Headers that concern one connection and not the message (RFC 9110, 7.6.1).
_HOP_BY_HOP = frozenset(
    "connection keep-alive proxy-connection te trailer transfer-encoding upgrade".split()
)
_CHUNK_BYTES = 64 * 1024
_BODY_LIMIT_BYTES = 10 * 1024 * 1024  # API Gateway's


class _Refused(Exception):
    """A request that is not passed on; ``args`` are status and text."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 75
    upstream_host: ClassVar[str] = "127.0.0.1"
    upstream_port: ClassVar[int]
    prefix: ClassVar[str]
    _upstream: http.client.HTTPConnection | None = None

    def _pass_on(self) -> None:
        try:
            body = self._read_body()
        except _Refused as refused:
            status, text = refused.args
            self.close_connection = True
            self._answer_plainly(status, text)
            return
        try:
            answer = self._ask(body)
        except (OSError, http.client.HTTPException):
            self._upstream = None
            self._answer_plainly(503, "The local cloud does not answer.")
            return
        self._relay(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = _pass_on

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(self._chunks())
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit():
            raise _Refused(400, "The Content-Length is not a number.")
        if int(length) > _BODY_LIMIT_BYTES:
            raise _Refused(413, "The request is too large.")
        return self.rfile.read(int(length))

    def _chunks(self) -> Iterator[bytes]:
        total = 0
        while True:
            size_text = self.rfile.readline(100).split(b";")[0].strip()
            try:
                size = int(size_text, 16)
            except ValueError:
                raise _Refused(400, "The body is not chunked as it says.") from None
            total += size
            if size < 0 or total > _BODY_LIMIT_BYTES:
                raise _Refused(413, "The request is too large.")
            if size == 0:
                while self.rfile.readline(1000).strip():
                    pass  # trailers
                return
            yield self.rfile.read(size)
            self.rfile.readline(10)

    def _ask(self, body: bytes) -> http.client.HTTPResponse:
        """Send the request on; once more if the kept connection had ended meanwhile."""
        kept = self._upstream is not None
        try:
            return self._ask_once(body)
        except (ConnectionError, http.client.RemoteDisconnected):
            if not kept:
                raise
            self._upstream = None
            return self._ask_once(body)

    def _ask_once(self, body: bytes) -> http.client.HTTPResponse:
        if self._upstream is None:
            self._upstream = http.client.HTTPConnection(
                self.upstream_host, self.upstream_port, timeout=120
            )
        # The request line's own target: self.path has lost a second slash at its start. What
        # is not ASCII goes on escaped, as a request line cannot carry it otherwise.
        raw = self.requestline.split()[1].encode("latin-1")
        target = "".join(chr(byte) if 0x20 < byte < 0x7F else f"%{byte:02X}" for byte in raw)
        upstream = self._upstream
        upstream.putrequest(
            self.command, self.prefix + target, skip_host=True, skip_accept_encoding=True
        )
        for name, value in self.headers.items():
            if name.lower() not in _HOP_BY_HOP and name.lower() != "content-length":
                upstream.putheader(name, value)
        if "host" not in self.headers:
            upstream.putheader("Host", "localhost")
        if body or self.command in ("POST", "PUT", "PATCH"):
            upstream.putheader("Content-Length", str(len(body)))
        upstream.endheaders(body or None)
        return upstream.getresponse()

    def _relay(self, answer: http.client.HTTPResponse) -> None:
        length = answer.headers.get("Content-Length")
        without_body = self.command == "HEAD" or answer.status in (204, 304)
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.headers.items():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        chunked = length is None and not without_body
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while not without_body and (piece := answer.read(_CHUNK_BYTES)):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")
        answer.close()

    def _answer_plainly(self, status: int, text: str) -> None:
        body = f'{{"error":"{text}"}}'.encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def finish(self) -> None:
        """Close both sides."""
        if self._upstream is not None:
            self._upstream.close()
        super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the terminal belongs to the command."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are no news."""


class Front:
    """The open port; ``close`` ends it. Errors: OSError when the port is taken."""

    def __init__(self, port: int, *, cloud_port: int, api_id: str, stage: str = "api") -> None:
        handler = type(
            "Handler",
            (_Handler,),
            {"upstream_port": cloud_port, "prefix": f"/_aws/execute-api/{api_id}/{stage}"},
        )
        self._server = _Server(("127.0.0.1", port), handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening; requests under way are cut off."""
        self._server.shutdown()
        self._server.server_close()
