"""The API's functions of ``app.py`` in this process, called with the events of the gateway."""

import base64
import dataclasses
import io
import itertools
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import requests

from chalicelib.store import accounts, keys
from infra.bench.bed import PROJECT
from infra.bench.invented import NOW

#: The status of a link to an answer that is too large for Lambda.
SEE_OTHER = 303

_NAME, _PASSWORD = "bench", "bench-password"


@dataclasses.dataclass(frozen=True, slots=True)
class Wish:
    """A GET. ``rest`` is what stands in the place of ``{proxy+}`` at the end of ``resource``."""

    resource: str
    params: Mapping[str, str] = dataclasses.field(default_factory=dict)
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    rest: str = ""

    @property
    def path(self) -> str:
        """The path that is asked for."""
        return self.resource.replace("{proxy+}", self.rest)


class Api:
    """The functions "authorizer" and "api_handler". ``key`` is an API key of a plain user."""

    def __init__(self) -> None:
        shown, sys.stdout = sys.stdout, io.StringIO()  # where the log of requests goes
        sys.path.insert(0, str(PROJECT))
        try:
            import app
        finally:
            sys.stdout = shown
        self._app, self._authorize = app.app, app.authorizer
        self._numbers = itertools.count()
        self.key, _ = keys.create("bench@example.org", "user", NOW)

    def with_key(self, resource: str, **params: str) -> Wish:
        """A request of somebody with an API key."""
        return Wish(resource, params | {"api_key": self.key})

    def with_password(self, resource: str, rest: str = "", **params: str) -> Wish:
        """A request of somebody with an account of the staff, which is made if need be."""
        if accounts.find(_NAME) is None:
            accounts.create(_NAME, "staff", NOW, password=_PASSWORD)
        pair = base64.b64encode(f"{_NAME}:{_PASSWORD}".encode()).decode()
        return Wish(resource, params, {"Authorization": f"Basic {pair}"}, rest)

    def authorized(self, wish: Wish) -> dict[str, Any]:
        """The event that the gateway makes of a request after it has asked the authorizer."""
        event = _event(wish)
        arn = "arn:aws:execute-api:us-east-1:123456789012:bench/api/GET" + wish.path
        answer = self._authorize({"type": "REQUEST", "methodArn": arn, **event}, None)
        event["requestContext"]["authorizer"] = answer["context"]
        return event

    def answer(self, event: dict[str, Any]) -> dict[str, Any]:
        """The handler's answer: a body, or a link to one. Errors: RuntimeError if it is neither."""
        context = event["requestContext"] | {"requestId": f"bench-{next(self._numbers)}"}
        answer: dict[str, Any] = self._app(event | {"requestContext": context}, None)
        if answer["statusCode"] not in (200, SEE_OTHER):
            raise RuntimeError(f"the API answered {answer['statusCode']}: {answer['body'][:200]}")
        return answer


def body_of(answer: dict[str, Any]) -> bytes:
    """What a client reads in the end, behind a link or not."""
    if answer["statusCode"] == SEE_OTHER:
        kept = requests.get(answer["headers"]["Location"], timeout=30)
        kept.raise_for_status()
        return kept.content
    body: bytes = answer["body"].encode()
    return body


def _event(wish: Wish) -> dict[str, Any]:
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "Host": "api.example.org",
        **wish.headers,
    }
    return {
        "resource": wish.resource,
        "path": wish.path,
        "httpMethod": "GET",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": dict(wish.params),
        "multiValueQueryStringParameters": {name: [text] for name, text in wish.params.items()},
        "pathParameters": {"proxy": wish.rest} if wish.rest else None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": wish.resource,
            "httpMethod": "GET",
            "path": wish.path,
            "stage": "api",
            "domainName": "api.example.org",
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "bench"},
        },
        "body": None,
        "isBase64Encoded": False,
    }


def in_path(doi: str) -> str:
    """A DOI as the end of a path."""
    return f"info:doi/{quote(doi, safe='')}"
