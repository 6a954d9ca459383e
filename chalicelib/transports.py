"""Where the client's calls go: to public addresses only, to a provider server, to saved answers."""

import io
import ipaddress
import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from chalicelib.errors import Unavailable


class ForbiddenAddress(Exception):
    """A URL that leads into a private network or is not http(s)."""


def _refuse_unless_public(address: object, host: str) -> None:
    ip = ipaddress.ip_address(str(address).split("%")[0])
    if not ip.is_global or ip.is_multicast:
        raise ForbiddenAddress(f"{host} is not a public address; it is not asked")


class _ToPublicAddress(HTTPConnection):
    """A connection that is closed before anything is said if it does not lead to a public
    address: a name can change its address between being looked up and being connected to."""

    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        if self.proxy is None:
            try:
                _refuse_unless_public(connected.getpeername()[0], self.host)
            except ForbiddenAddress:
                connected.close()
                raise
        return connected


class _ToPublicAddressTls(_ToPublicAddress, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _ToPublicAddress


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _ToPublicAddressTls


class PublicOnly(HTTPAdapter):
    """Refuses addresses that are not public, at each hop of a redirect.

    URLs of landing pages and redirects are chosen by others; a Lambda must not be led to
    its own metadata service or into a private network (architecture, section 10).
    """

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Called by requests to make the pool of connections."""
        super().init_poolmanager(*args, **kwargs)
        pools = {"http": _Pool, "https": _TlsPool}
        self.poolmanager.pool_classes_by_scheme = pools

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        url = request.url or ""
        host = urlsplit(url).hostname or ""
        try:
            found = socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)
        except OSError as error:
            if not select_proxy(url, kwargs.get("proxies")):
                raise requests.ConnectionError(f"{host} has no address: {error}") from error
            found = []  # behind a proxy, names may be the proxy's to find
        for *_, address in found:
            _refuse_unless_public(address[0], host)
        return _without_redirect_body(super().send(request, *args, **kwargs))


def _without_redirect_body(response: requests.Response) -> requests.Response:
    """requests would read the whole body of a redirect, however large it is."""
    if response.is_redirect:
        response.raw.close()
        response.raw = io.BytesIO()
    return response


class ProviderServer(HTTPAdapter):
    """Sends every call to our own provider server, the real host as first path segment."""

    def __init__(self, providers_url: str) -> None:
        super().__init__()
        self._base = providers_url.rstrip("/")

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        parts = urlsplit(request.url or "")
        rest = f"?{parts.query}" if parts.query else ""
        asked_url = request.url
        request.url = f"{self._base}/{parts.netloc}{parts.path or '/'}{rest}"
        try:
            response = super().send(request, *args, **kwargs)
        finally:
            request.url = asked_url
        response.url = asked_url or response.url
        return response


class SavedAnswers(HTTPAdapter):
    """A transport that answers calls with saved bodies, in their order.

    All are served with status 200, the last one with ``last_status``.
    Errors: Unavailable for one call too many.
    """

    def __init__(self, bodies: Sequence[bytes], last_status: int = 200) -> None:
        super().__init__()
        self._bodies = list(bodies)
        self._last_status = last_status
        self._served = 0

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        if self._served == len(self._bodies):
            raise Unavailable(
                f"the source asks for one answer more than the {len(self._bodies)} saved"
            )
        response = requests.Response()
        response.raw = io.BytesIO(self._bodies[self._served])
        self._served += 1
        response.status_code = self._last_status if self._served == len(self._bodies) else 200
        response.url = request.url or ""
        response.request = request
        return response
