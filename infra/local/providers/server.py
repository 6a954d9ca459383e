"""The HTTP server: routes calls to the providers, adds faults, counts.

``/<real host>/<path>?<query>`` is a call to a provider; ``/_health``, ``/_calls``,
``/_reset`` and ``/_day`` are for tests and benchmarks.
"""

import contextlib
import errno
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, Self

from infra.local.providers.exchange import Reply, Request, State, as_json, as_text
from infra.local.providers.faults import Faults
from infra.local.providers.hosts import provider_of
from infra.local.providers.tally import Tally
from infra.local.providers.world import World

LOOPBACK = "127.0.0.1"
MAXIMUM_BODY_BYTES = 8 * 1024 * 1024


class PortTaken(Exception):
    """The port cannot be listened on; the text is for the person who chose it."""


class ProviderServer:
    """The providers on a loopback port, for the time of a ``with`` block.

    ``port`` 0 takes any free one. Rates are shares of the different calls that fail at
    first (see Faults). ``openalex_budget`` is how many lists OpenAlex answers in a day for
    a caller without key, ten times as many for one with a key. ``state.world.day`` may be
    set at any time. Errors: PortTaken, when it is made.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        rate_429: float = 0.0,
        rate_500: float = 0.0,
        seed: int = 0,
        latency_ms: float = 0.0,
        growth_per_day: float = 0.0,
        day: int = 0,
        openalex_budget: int = 1000,
    ) -> None:
        self.state = State(World(day=day, growth_per_day=growth_per_day), openalex_budget)
        self.faults = Faults(rate_429=rate_429, rate_500=rate_500, seed=seed)
        self.tally = Tally()
        self.latency_seconds = latency_ms / 1000
        try:
            self._listener = _Listener((LOOPBACK, port), self)
        except (OSError, OverflowError) as error:
            raise PortTaken(_why_not(port, error)) from error
        self.port: int = self._listener.server_address[1]
        self.url = f"http://{LOOPBACK}:{self.port}"
        self._thread = threading.Thread(target=self._listener.serve_forever, daemon=True)

    def start(self) -> Self:
        """Begin to answer, in a thread of its own."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Answer no more and close all connections."""
        if self._thread.is_alive():
            self._listener.shutdown()
            self._thread.join()
        self._listener.close_all()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def calls(self) -> dict[str, Any]:
        """What ``/_calls`` answers."""
        return self.tally.as_json()

    def reset(self) -> None:
        """Forget counts, faults and budgets spent; the world stays as it is."""
        self.tally.reset()
        self.faults.reset()
        self.state.openalex_used = 0

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """The reply to any call."""
        request = Request.parse(method, target, headers, body)
        if request.host.startswith("_"):
            return self._administer(request)
        provider = provider_of(request.host)
        if self.latency_seconds:
            time.sleep(self.latency_seconds)
        if provider is None:
            reply = as_text(f"The provider server does not know {request.host}.\n", 404)
            self.tally.add("unknown", reply)
            return reply
        call = f"{method} {target} {body!r}" if body else f"{method} {target}"
        url_bytes = len(target) - len(f"/{request.host}")
        if fault := self.faults.of(provider.name, call):
            reply = fault
        elif url_bytes > provider.longest_url_bytes:
            reply = as_text("<h1>414 Request-URI Too Large</h1>", 414, content_type="text/html")
        else:
            reply = provider.answer(request, self.state)
        self.tally.add(provider.name, reply)
        return reply

    def _administer(self, request: Request) -> Reply:
        command = (request.method, request.host)
        if command == ("POST", "_reset"):
            self.reset()
        elif command == ("POST", "_day"):
            day = request.number("day", -1)
            if day is None:
                return as_json({"error": "day must be a number of 0 or more"}, 400)
            self.state.world.day = day
        elif command == ("GET", "_calls"):
            return as_json(self.calls())
        elif command not in (("GET", "_health"), ("GET", "_day")):
            return as_json({"error": "no such command"}, 404)
        return as_json({"status": "ok", "day": self.state.world.day})


class _Listener(socketserver.ThreadingTCPServer):
    """Accepts connections and remembers them, so that stopping closes them too."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], owner: ProviderServer) -> None:
        self.owner = owner
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def close_all(self) -> None:
        self.server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients may go away at any time; anything else is a fault of ours and is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection, kept alive over many calls."""

    protocol_version = "HTTP/1.1"
    server_version = "ProviderServer"
    disable_nagle_algorithm = True
    # Head and body leave in one packet.
    wbufsize = 1 << 16
    # Seconds that a connection may be silent.
    timeout = 300
    server: _Listener

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        length = self.headers.get("content-length") or "0"
        if self.headers.get("transfer-encoding") or not length.isdecimal():
            self.close_connection = True
            return self._send(as_text("Length Required", 411))
        if int(length) > MAXIMUM_BODY_BYTES:
            self.close_connection = True
            return self._send(as_text("Content Too Large", 413))
        body = self.rfile.read(int(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(self.server.owner.answer(self.command, self.path, headers, body))
        return None

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Calls are counted, not written."""


def _why_not(port: int, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"Port {port} on {LOOPBACK} is taken. Choose another with --port, or 0 for any."
    if isinstance(error, OSError) and error.errno == errno.EACCES:
        return f"Port {port} needs more rights. Choose one above 1023 with --port, or 0 for any."
    return f"Port {port} cannot be used: {error}"
