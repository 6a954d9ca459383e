"""A client for tests of sources: it plays prepared answers and remembers what was asked.

    player = Player(get("crossref"), recorded("crossref", "found.json"))
    outcomes = player.collect(works)
    player.requests[0].url, player.requests[0].query

Answers are played in order; one more request than answers fails the test. Statuses are
treated as ``client.HttpClient`` does: 400 and above raise unless the source tolerates them.
"""

import dataclasses
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from chalicelib.client import error_of
from chalicelib.errors import SourceError
from chalicelib.model import PartialDate, Result, Work
from chalicelib.source import Answer, Outcomes, Source

RECORDED = pathlib.Path(__file__).parent.parent / "recorded"
CONTACT_EMAIL = "operator@example.org"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reply:
    """A prepared answer. A ``body`` that is neither bytes nor text is sent as JSON."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    final_url: str = ""

    def encoded(self) -> bytes:
        """The body as the provider would send it."""
        if isinstance(self.body, bytes):
            return self.body
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return text.encode()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Request:
    """What a source asked: the whole URL as it goes out, and the body of a POST."""

    method: str
    url: str
    body: bytes
    accept: str
    headers: Mapping[str, str]

    @property
    def query(self) -> dict[str, list[str]]:
        """The decoded parameters, blank ones included."""
        return parse_qs(urlsplit(self.url).query, keep_blank_values=True)


class Player:
    """A source.Client that answers from ``replies`` (Reply, bytes, text or JSON values).

    A reply that is a SourceError is raised in place of an answer.
    """

    def __init__(
        self,
        source: Source,
        *replies: Any,
        settings: Mapping[str, str] | None = None,
        publishers: Mapping[int, Mapping[str, str]] | None = None,
        token: str | None = None,
    ) -> None:
        defaults = {
            setting.name: setting.default
            for setting in source.settings
            if setting.default is not None
        }
        self.source = source
        self.settings: Mapping[str, str] = {**defaults, **(settings or {})}
        self.contact_email = CONTACT_EMAIL
        self.requests: list[Request] = []
        self.publishers = publishers or {}
        self.token = token
        self._replies = list(replies)

    def collect(self, works: Sequence[Work]) -> Outcomes:
        """What the source makes of the replies; all of them must have been asked for."""
        outcomes = self.source.collect(works, self)
        assert not self._replies, f"{len(self._replies)} replies were not asked for"
        return outcomes

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str | Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: str = "application/json",
        absent: Sequence[int] = (),
        auth: tuple[str, str] | None = None,
        confidential: bool = False,
    ) -> Answer:
        return self._play("GET", url, params, headers, accept, absent, auth=auth)

    def post(
        self,
        url: str,
        *,
        params: Mapping[str, str | Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: str = "application/json",
        absent: Sequence[int] = (),
        auth: tuple[str, str] | None = None,
        confidential: bool = False,
        data: Mapping[str, str] | bytes | None = None,
        json: Any = None,
    ) -> Answer:
        return self._play(
            "POST", url, params, headers, accept, absent, auth=auth, data=data, json=json
        )

    def cached_token(self) -> str | None:
        return self.token

    def keep_token(self, token: str, lifetime_seconds: int) -> None:
        self.token = token
        self.token_lifetime_seconds = lifetime_seconds

    def publisher_settings(self, publisher_id: int | None) -> Mapping[str, str]:
        return {**self.settings, **self.publishers.get(publisher_id or 0, {})}

    def publisher_ids(self) -> list[int]:
        return sorted(self.publishers)

    def _play(
        self,
        method: str,
        url: str,
        params: Mapping[str, str | Sequence[str]] | None,
        headers: Mapping[str, str] | None,
        accept: str,
        absent: Sequence[int],
        **body: Any,
    ) -> Answer:
        prepared = requests.Request(method, url, params=params, headers=headers, **body).prepare()
        sent = prepared.body or b""
        asked = Request(
            method=method,
            url=str(prepared.url),
            body=sent.encode() if isinstance(sent, str) else sent,
            accept=accept,
            headers={**_authorization(prepared), **(headers or {})},
        )
        self.requests.append(asked)
        assert self._replies, f"one request too many: {method} {asked.url}"
        reply = self._replies.pop(0)
        if isinstance(reply, SourceError):
            raise reply
        if not isinstance(reply, Reply):
            reply = Reply(body=reply)
        answer = Answer(
            status=reply.status,
            url=asked.url,
            headers={name.lower(): value for name, value in reply.headers.items()},
            body=reply.encoded(),
            final_url=reply.final_url,
        )
        if answer.status >= 400 and answer.status not in absent:
            raise error_of(answer)
        return answer


def _authorization(prepared: requests.PreparedRequest) -> dict[str, str]:
    value = prepared.headers.get("Authorization") or ""
    return {"Authorization": value} if value.startswith("Basic ") else {}


def recorded(source: str, file: str) -> bytes:
    """The body of one recorded answer."""
    return (RECORDED / source / file).read_bytes()


def work(doi: str | None = None, **identifiers: Any) -> Work:
    """A work with these identifiers; its key is its DOI, else its PMID."""
    key = identifiers.pop("key", None) or (doi or "").lower() or f"pmid:{identifiers.get('pmid')}"
    title = identifiers.pop("title", "A work")
    issued = identifiers.pop("issued", PartialDate(2019, 5, 3))
    return Work(key=key, title=title, issued=issued, doi=doi, **identifiers)


def result(outcome: Result | SourceError) -> Result:
    """The outcome, which must be a Result."""
    assert isinstance(outcome, Result), outcome
    return outcome
