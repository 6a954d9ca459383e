"""A pretended internet for tests of the HTTP client: names have addresses, answers are given.

Use with the ``responses`` library, which answers in place of the network.
"""

import ipaddress
import socket
from typing import Any

import pytest

PUBLIC_ADDRESS = "93.184.215.14"


def give_addresses(monkeypatch: pytest.MonkeyPatch, **addresses: str | None) -> None:
    """Let every name have a public address, or the given one (dots as ``_``); None: none."""

    def getaddrinfo(host: str, port: int | None, *_: Any, **__: Any) -> list[Any]:
        try:
            address = str(ipaddress.ip_address(host))
        except ValueError:
            found = addresses.get(host.replace(".", "_"), PUBLIC_ADDRESS)
            if found is None:
                raise socket.gaierror(-2, "Name or service not known") from None
            address = found
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port or 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
