"""The web pages, seen with a browser: it keeps the cookie and says where its forms come from.

browser = Browser(site)
browser.sign_in(accounts.find("ada"))
browser.get("/users/me").text
browser.post("/users/sign_out")
"""

import html
import re
from typing import Any
from urllib.parse import urlencode

from chalicelib import sessions, settings
from chalicelib.answers import Request
from chalicelib.store.accounts import Account
from tests.visiting import Seen, Site

PAGE = "text/html,application/xhtml+xml,*/*;q=0.8"
_TOKEN = re.compile(r'name="authenticity_token" value="([^"]*)"')


class Browser:
    """One person's browser. ``origin`` is what it says of the pages whose forms it sends."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.cookie = ""
        self.form_token = ""
        self.origin = settings.load().site_url

    def get(self, path: str, headers: dict[str, str] | None = None) -> Seen:
        """Open a page."""
        return self._ask("GET", path, headers or {})

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: Any) -> Seen:
        """Send a form, with the token of the page seen last unless it is among the fields."""
        return self.ask("POST", path, headers, **fields)

    def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, **fields: Any
    ) -> Seen:
        """Open a page, or send a form by another verb than GET."""
        if method == "GET":
            return self.get(path, headers)
        known = {"authenticity_token": self.form_token} if self.form_token else {}
        given = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": self.origin,
            "Sec-Fetch-Site": "same-origin",
        }
        body = urlencode(known | fields).encode()
        return self._ask(method, path, given | (headers or {}), body)

    def sign_in(self, account: Account) -> None:
        """Sign in without the pages, and read the token of a form."""
        request = Request(method="GET", path="/", headers={"host": "metrics.example.org"})
        self._keep(sessions.start(request, account))
        found = sessions.find(
            Request(method="GET", path="/", headers={"cookie": f"{sessions.COOKIE}={self.cookie}"})
        )
        assert found is not None
        self.form_token = found.form_token

    def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Seen:
        given = {"Accept": PAGE, "Host": "metrics.example.org"} | headers
        if self.cookie:
            given.setdefault("Cookie", f"{sessions.COOKIE}={self.cookie}")
        seen = self.site.ask(method, path, given, body)
        if header := seen.headers.get("set-cookie"):
            self._keep(header)
        if token := _TOKEN.search(seen.text):
            self.form_token = html.unescape(token[1])
        return seen

    def _keep(self, header: str) -> None:
        name, _, value = header.partition(";")[0].partition("=")
        assert name == sessions.COOKIE
        self.cookie = value
        if not value:
            self.form_token = ""
