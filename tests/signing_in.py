"""API v4, asked as people with an account ask it.

client.post({"doi": "10.5555/a", "title": "T", "year": 2012}, name="stan")
"""

import base64
import contextlib
import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from chalicelib.store import accounts, passwords
from tests.contract import PEOPLE, contract_site, let_in
from tests.visiting import NOW, ROLES, Seen, Site, Visitor

PASSWORDS = {name: (ROLES[key], password) for name, (password, key) in PEOPLE.items()} | {
    "connie": ("contributor", "secret78"),  # whose role the contract does not know
}
ARTICLES, ALERTS = "/api/v4/articles", "/api/v4/alerts"
NOT_AUTHORIZED = "You are not authorized to access this page."


def failed(error):
    """The body of an error of articles."""
    return {"total": 0, "total_pages": 0, "page": 0, "success": None, "error": error, "data": []}


class Client:
    """Asks with a name and a password."""

    def __init__(self, site: Visitor) -> None:
        self.site = site

    def ask(self, method, path, *, name="root", password=None, headers=None, body=b"") -> Seen:
        """Any request; nobody signs in if ``name`` is None."""
        given = dict(headers or {})
        if name is not None:
            pair = f"{name}:{PASSWORDS[name][1] if password is None else password}"
            given["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return self.site.ask(method, path, given, body)

    def get(self, path, **more) -> Seen:
        """A GET."""
        return self.ask("GET", path, **more)

    def send(self, method, path, document, **more) -> Seen:
        """A request with a JSON body."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return self.ask(
            method, path, headers={"Content-Type": "application/json"}, body=body, **more
        )

    def post(self, article, **more) -> Seen:
        """Create an article."""
        return self.send("POST", ARTICLES, {"article": article}, **more)

    def put(self, doi, article, **more) -> Seen:
        """Change an article."""
        return self.send("PUT", at(doi), {"article": article}, **more)


def at(doi):
    return f"{ARTICLES}/info:doi/{quote(doi)}"


@contextlib.contextmanager
def site_with_people() -> Iterator[Site]:
    """A site with the contract's data and people, whose passwords cost nothing."""
    with pytest.MonkeyPatch.context() as patch, contract_site() as site:
        patch.setattr(passwords, "COST", passwords.Cost(4, 1, 1))
        let_in()
        yield site


@contextlib.contextmanager
def site_with_accounts() -> Iterator[Site]:
    """The same with an account of each role."""
    with site_with_people() as site:
        role, password = PASSWORDS["connie"]
        accounts.create("connie", role, NOW, password=password)
        yield site
