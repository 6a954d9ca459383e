"""What a provider's module is given and gives back: Request, Reply and the server's State."""

import dataclasses
import json
import threading
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from infra.local.providers.sign_ins import SignIns
from infra.local.providers.world import World


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """A call to a provider. ``path`` is percent-encoded, header names are in lower case.

    ``pairs`` are the decoded parameters of the query and, of a POST, of its form.
    """

    method: str
    host: str
    path: str
    pairs: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    target: str = ""
    body: bytes = b""

    @classmethod
    def parse(cls, method: str, target: str, headers: Mapping[str, str], body: bytes) -> "Request":
        """The request for a target such as ``/api.crossref.org/works?rows=1``."""
        address, _, query = target.partition("?")
        host, _, path = address.lstrip("/").partition("/")
        pairs = parse_qsl(query, keep_blank_values=True)
        if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            pairs += parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        return cls(method, host.lower(), f"/{path}", tuple(pairs), headers, target, body)

    def get(self, name: str, default: str = "") -> str:
        """The value of a parameter, the last if it is repeated."""
        values = self.all(name)
        return values[-1] if values else default

    def all(self, name: str) -> list[str]:
        """The values of a parameter in their order."""
        return [value for key, value in self.pairs if key == name]

    def number(self, name: str, default: int) -> int | None:
        """A parameter as a whole number, None if it is something else."""
        text = self.get(name) or str(default)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    def after(self, start: str) -> str | None:
        """The decoded rest of the path if it begins so, else None."""
        return unquote(self.path.removeprefix(start)) if self.path.startswith(start) else None


@dataclasses.dataclass(frozen=True, slots=True)
class Reply:
    """An answer. ``operation`` and ``asked`` (identifiers in the call) are for counting."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    operation: str = "other"
    asked: int = 0


@dataclasses.dataclass
class State:
    """What the providers share and remember."""

    world: World
    #: List calls a day that OpenAlex gives a caller without key.
    openalex_budget: int = 1000
    openalex_used: int = 0
    sign_ins: SignIns = dataclasses.field(default_factory=SignIns)
    _lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def spend_openalex(self, budget: int) -> bool:
        """Take one list call from the day's budget; False if none is left."""
        with self._lock:
            if self.openalex_used >= budget:
                return False
            self.openalex_used += 1
            return True


def as_json(
    document: Any,
    status: int = 200,
    *,
    operation: str = "other",
    asked: int = 0,
    headers: Mapping[str, str] | None = None,
    content_type: str = "application/json",
) -> Reply:
    """An answer in JSON."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "replace"
    )
    return Reply(status, body, content_type, headers or {}, operation, asked)


def as_text(
    text: str,
    status: int,
    *,
    content_type: str = "text/plain; charset=utf-8",
    operation: str = "other",
    asked: int = 0,
) -> Reply:
    """An answer in plain text or HTML."""
    return Reply(status, text.encode("utf-8", "replace"), content_type, {}, operation, asked)


def not_modelled(request: Request, why: str) -> Reply:
    """The answer to what the provider has and this server has not: never a wrong number."""
    return as_text(f"The provider server does not model this call ({why}): {request.target}\n", 501)


def unique(values: Iterable[str]) -> list[str]:
    """The values that are not blank, trimmed, each once, in their order."""
    return list(dict.fromkeys(value.strip() for value in values if value.strip()))
