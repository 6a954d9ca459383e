"""For tests of sources that fetch an access token: the real client over statuses and bodies.

client, error = ask("reddit", work, (200, {"access_token": "…"}), (403, "no"), client_id="1")
"""

import io
import json
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from chalicelib.client import HttpClient
from chalicelib.errors import SourceError
from chalicelib.model import Work
from chalicelib.sources import get


class Answers(HTTPAdapter):
    """A transport that answers in order; a body that says ``{echo}`` repeats the request."""

    def __init__(self, answers: tuple[tuple[int, Any], ...]) -> None:
        super().__init__()
        self.answers = list(answers)
        self.requests: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        self.requests.append(request)
        status, body = self.answers.pop(0)
        said = body if isinstance(body, str) else json.dumps(body)
        echo = f"{request.url} {dict(request.headers)!r} {request.body!r}"
        response = requests.Response()
        response.status_code = status
        response.raw = io.BytesIO(said.replace("{echo}", echo).encode())
        response.url, response.request = request.url or "", request
        return response


def ask(
    name: str, work: Work, *answers: tuple[int, Any], kept: str | None = None, **settings: str
) -> tuple[HttpClient, Answers, SourceError | None]:
    """The client and its transport after the source asked, and the error of it all.

    ``kept`` is the token of an earlier job.
    """
    source, transport = get(name), Answers(answers)
    defaults = {s.name: s.default for s in source.settings if s.default is not None}
    client = HttpClient(
        source,
        contact_email="operator@example.org",
        settings={**defaults, **settings},
        transport=transport,
        sleep=lambda seconds: None,
    )
    if kept:
        client.keep_token(kept, 3600)
    try:
        outcomes = source.collect([work], client)
    except SourceError as error:
        return client, transport, error
    [outcome] = outcomes.values()
    return client, transport, outcome if isinstance(outcome, SourceError) else None


def said(client: HttpClient, error: SourceError | None) -> str:
    """All that leaves the client: evidence and the error."""
    return repr(client.exchanges) + (repr(vars(error)) + repr(error) if error else "")
