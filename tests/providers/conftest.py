"""A provider server, and how the tests of its answers ask it."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from infra.local.providers import ProviderServer
from tests.providers.asking import AGENT, Ask


@pytest.fixture(scope="package")
def server() -> Iterator[ProviderServer]:
    with ProviderServer(openalex_budget=200) as running:
        yield running


@pytest.fixture
def ask(server: ProviderServer) -> Iterator[Ask]:
    """ask("api.crossref.org/works", rows="1") is a GET with these parameters."""
    with requests.Session() as session:
        session.headers.update(AGENT)

        def get(address: str, *, headers: dict[str, str] | None = None, **params: Any) -> Any:
            return session.get(f"{server.url}/{address}", params=params, headers=headers)

        yield get
