"""Requests made of the description of the API, sent to the app, and their answers held against it.

    for sent in fuzzer.generated(operation):
        fuzzer.send(sent)        # AssertionError, which tells what was sent and answered

Schemathesis makes requests of an operation and judges answers; nasty ones are added by hand.
Import this in a fixture: schemathesis takes a second to load.
"""

import base64
import copy
import dataclasses
import itertools
import random
import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import requests
import schemathesis
from pynamodb.connection.base import Connection
from schemathesis.checks import CHECKS
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode

from chalicelib.openapi.document import Operation
from chalicelib.store.tables import MODELS
from tests.contract import ALPHA
from tests.signing_in import PASSWORDS
from tests.visiting import Seen, Site

#: What is asked of every answer, beside that nothing is wrong on our side.
ASKED = (
    *("status_code_conformance", "content_type_conformance"),
    *("response_headers_conformance", "response_schema_conformance"),
)
NOT_IMPLEMENTED = 501
#: What DynamoDB takes as a partition key and as a sort key.
HASH_BYTES, SORT_BYTES = 2048, 1024
ADDRESS = "http://localhost"
#: The work that nasty requests change and delete.
WRITTEN = "10.5555/written.1"

#: How many of schemathesis' requests are sent: of an operation, and of one that is served by the
#: same code as another, to which no nasty ones go either.
COVERING, COVERING_TWINS = 60, 12


def basic(pair: bytes) -> dict[str, str]:
    """The header of somebody who signs in."""
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


ROOT, STAN, UMA = (
    basic(f"{name}:{PASSWORDS[name][1]}".encode()) for name in ("root", "stan", "uma")
)
#: Who calls, by turns: those who may in every way there is, nobody, and with nonsense.
KEYS: tuple[dict[str, str], ...] = (
    {"x-api-key": "kadm"},
    {"Authorization": "Token token=kstf"},
    {"Authorization": 'Token token="kusr"'},
    {"x-api-key": "kadm"},
    {},
    {"Authorization": "Token token="},
    {"x-api-key": "k" * 500},
)
ACCOUNTS: tuple[dict[str, str], ...] = (
    *(ROOT, ROOT, STAN, ROOT, ROOT, UMA, ROOT, {}, ROOT),
    {"Authorization": "Basic %%%"},
    {"Authorization": "Basic cm9vdA"},
    basic(b"\xff\x00:\xff"),
    basic(b"a" * 5000),
)
CALLERS = {
    "anybody": ({},),
    "anybody, or key": KEYS,
    "key": KEYS,
    "account": ACCOUNTS,
    "key or account": (*KEYS, *ACCOUNTS),
}

#: Values in paths and queries, as they are sent: control characters, bytes that are no text, half
#: a character, numbers without end, escapes of escapes, other scripts, nothing.
NASTY = (
    *("%00", "a%00b", "%0d%0aSet-Cookie:%20a=b", "%09", "%1b[0m", "%7f", "%c2%85", "%e2%80%a8"),
    *("%ff", "%ed%a0%80", "%c0%af", "%", "%2", "%zz", "%25", "%252525", "%2F", "%5c", "..", "."),
    *("-1", "0", "1e999", "NaN", "9" * 400, "0x10", "%d9%a3", "1.0", "%2b1", "[]", "a" * 3000),
    *("10.5555%252Falpha.1%252C", "info%3Adoi%2F10.5555%2Falpha.1", "PMC" + "2" * 50, "%ef%bf%bf"),
    *("%3Cscript%3E", "%27%20OR%201=1", "%7B%7D", "%f0%9f%92%a9", "+", "%e2%80%ae", ""),
)
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"If-None-Match": '"' * 5000},
    {"If-None-Match": "*"},
    {"Accept": "application/xml;q=,,;"},
    {"Accept": "application/json"},
    {"Host": "a b<script>", "X-Forwarded-Proto": "javascript"},
    {"Accept-Encoding": "gzip;q=x"},
)
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"
_PARTS = "multipart/form-data; boundary=b"
#: Bodies, and what they are said to be; the first are good.
BODIES: tuple[tuple[str, bytes], ...] = (
    (_JSON, b'{"article":{"title":"T"}}'),
    (_JSON, b'{"title":"T","info":"detail"}'),
    (_FORM, b"article[title]=T&article[month]=&info=detail"),
    (_PARTS, b'--b\r\nContent-Disposition: form-data; name="article[title]"\r\n\r\nT\r\n--b--'),
    *((_JSON, text) for text in (b"", b"[]", b"[1]", b"null", b"1", b'"x"', b"{", b"\xff", b"\0")),
    (_JSON, b"[" * 20_000),
    (_JSON, b'{"a":' * 5_000 + b"1" + b"}" * 5_000),
    (_JSON, b'{"article":' * 100 + b"1" + b"}" * 100),
    (_JSON, b'{"article":[]}'),
    (_JSON, b'{"article":[{"doi":"10.5555/x"}]}'),
    (_JSON, b'{"article":{"doi":{"a":[1]},"title":["x"],"year":{},"month":[],"day":true}}'),
    (_JSON, b'{"article":{"title":"\\ud800","doi":"10.5555/\\udfff","year":2012}}'),
    (_JSON, b'{"article":{"title":"\\u0000","doi":"10.5555/\\u0000","year":2012}}'),
    (_JSON, b'{"article":{"title":"T","doi":"10.5555/n","year":1e400}}'),
    (_JSON, b'{"article":{"title":"T","doi":"10.5555/n","year":' + b"9" * 400 + b"}}"),
    (_JSON, b'{"article":{"title":"T","doi":"10.5555/n","year":2012.0,"month":-0,"day":1e0}}'),
    (_JSON, b'{"article":{"title":"T","pmid":' + b"1" * 30 + b',"pmcid":-1}}'),
    (_JSON, b'{"ids":{"a":1}}'),
    (_JSON, b'{"ids":1,"page":2,"per_page":true,"q":null,"type":1.5,"\\ud800":"\\ud800"}'),
    ("application/json; charset=utf-16", '{"article":{}}'.encode("utf-16")),
    (_FORM, b"%ff=%ff&a=b;c=d&&=&%00=%00&article[doi]=%ed%a0%80"),
    (_FORM, b"&" * 2_000 + b"page=1"),
    (_FORM, b"article=x&article[doi]=10.5555/n&article[[]=1"),
    (f"{_FORM}; charset=nonsense", b"\xff\xfe\x00"),
    ("multipart/form-data", b"--b\r\n\r\n--b--"),
    ("multipart/form-data; boundary=", b"--\r\n\r\n"),
    (_PARTS, b'--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n\x00'),
    (_PARTS, b"--b--"),
    *(("text/plain", b"page=1"), ("application/xml", b"<article/>"), ("*/*", b"x"), ("", b"x")),
    ('a/b; c="d', b"\x00\xff"),
)


#: What each parameter gets: more than a key can hold, by bytes and by characters; and nothing.
WORST = ("a" * 3000, "%f0%9f%92%a9" * 600, "%00", "")


@dataclasses.dataclass(frozen=True, slots=True)
class Sent:
    """A request as it is sent, and the case of schemathesis that it is judged as."""

    case: Any
    method: str
    url: str
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    body: bytes = b""

    def __str__(self) -> str:
        return f"{self.method} {self.url[:500]} {self.headers} {self.body[:500]!r}"


class Fuzzer:
    """Makes requests of what the app says of itself, and sends them."""

    def __init__(self, site: Site) -> None:
        self._site = site
        described = site.ask("GET", "/api/openapi.json").json
        self._schema = schemathesis.openapi.from_dict(described)
        self._checks = [CHECKS.get_one(name) for name in ASKED]

    def generated(self, operation: Operation) -> list[Sent]:
        """Some of schemathesis' requests with which each keyword of each schema of the operation
        is kept to and broken; callers take turns."""
        found = self._found(operation)
        cases = [
            case
            for case in self._schema.iter_coverage_cases(
                found,
                generation_modes=list(GenerationMode),
                generation_config=self._schema.config.generation_for(operation=found),
            )
            if case.method.lower() == operation.verb  # other verbs are not described
        ]
        number = min(COVERING_TWINS if is_twin(operation) else COVERING, len(cases))
        chosen = random.Random(0).sample(cases, number)
        return _in_turns(operation, map(self.of_case, chosen))

    def nasty(self, operation: Operation) -> list[Sent]:
        """A plain request, which is answered, and nasty ones; callers take turns."""
        plain = self._plain(operation)
        made = () if is_twin(operation) else _nasty(operation, plain)
        return _in_turns(operation, itertools.chain([plain], made))

    def strategy(self, operation: Operation) -> Any:
        """A Hypothesis strategy of cases, of which the description allows half."""
        found = self._found(operation)
        return found.as_strategy() | found.as_strategy(GenerationMode.NEGATIVE)

    def of_case(self, case: Any, caller: dict[str, str] | None = None) -> Sent:
        """The request of a case."""
        prepared = requests.Request(**case.as_transport_kwargs(base_url=ADDRESS)).prepare()
        body = prepared.body or b""
        return Sent(
            case,
            str(prepared.method),
            prepared.path_url,
            dict(prepared.headers) | (caller or {}),
            body if isinstance(body, bytes) else body.encode(),
        )

    def send(self, sent: Sent) -> Seen:
        """Send it. Errors: AssertionError where the answer is not as described."""
        seen = self._site.ask(sent.method, sent.url, sent.headers, sent.body)
        assert seen.status < 500 or seen.status == NOT_IMPLEMENTED, f"{sent}\n{seen}"
        response = Response(
            status_code=seen.status,
            headers={name: [value] for name, value in seen.headers.items()},
            content=seen.text.encode(),
            request=requests.Request(sent.method, ADDRESS).prepare(),
            elapsed=0,
            verify=False,
        )
        try:
            sent.case.validate_response(response, checks=self._checks)
        except (Failure, FailureGroup) as failure:
            raise AssertionError(f"{sent}\n{seen.status} {seen.text[:500]}\n{failure}") from None
        return seen

    def _found(self, operation: Operation) -> Any:
        return self._schema[operation.path][operation.verb]

    def _plain(self, operation: Operation) -> Sent:
        """A request for something that there is."""
        case = self._found(operation).Case(path_parameters={"id": "x", "name": "x"})
        doi = ALPHA if operation.endpoint.verb == "GET" else WRITTEN
        path = operation.path.replace("{id}", doi).replace("{name}", "pmc")
        if operation.verb in ("put", "patch"):
            kind, body = BODIES[0]
            return Sent(case, operation.verb.upper(), path, {"Content-Type": kind}, body)
        override = {"X-HTTP-Method-Override": "GET"} if operation.verb == "post" else {}
        return Sent(case, operation.verb.upper(), path, override)


def _in_turns(operation: Operation, made: Iterable[Sent]) -> list[Sent]:
    callers = itertools.cycle(CALLERS[operation.endpoint.callers])
    return [
        dataclasses.replace(sent, headers=sent.headers | caller)
        for sent, caller in zip(made, callers, strict=False)
    ]


def _nasty(operation: Operation, plain: Sent) -> Iterator[Sent]:
    if operation.verb not in ("get", "head", "options"):
        # A POST that does not say that it is a GET writes, or is not read at all.
        both = operation.endpoint.verb == "POST"
        meant = ({}, plain.headers) if both else (plain.headers,)
        for (kind, body), headers in itertools.product(BODIES, meant):
            yield dataclasses.replace(plain, headers=headers | {"Content-Type": kind}, body=body)
    if operation.verb == "post":  # its addresses are read as those of the other verbs
        return
    names = [p.name for p in operation.endpoint.parameters if p.location == "query"]
    for number, value in enumerate(NASTY):
        named = operation.path.replace("{id}", value).replace("{name}", value)
        path = named if number % 2 and value else plain.url
        name = names[number // 2 % len(names)] if names else "unknown"
        headers = HEADERS[number % len(HEADERS)] | plain.headers
        yield dataclasses.replace(plain, url=f"{path}?{name}={value}", headers=headers)
    for name, value in itertools.product(names, WORST):
        yield dataclasses.replace(plain, url=f"{plain.url}?{name}={value}")


def guard_tables(patch: pytest.MonkeyPatch) -> None:
    """Make reading by keys fail that DynamoDB refuses and moto takes: empty, too long, no text.

    What was read is read once until something is written, as moto is what costs time here.
    """
    dispatch = Connection.dispatch
    read: dict[str, Any] = {}
    sorts = {
        getattr(model, model._range_keyname).attr_name for model in MODELS if model._range_keyname
    }

    def check(value: dict[str, str], *, sort: bool) -> None:
        size_bytes = len(value.get("S", "-").encode())
        assert 0 < size_bytes <= (SORT_BYTES if sort else HASH_BYTES), value

    def checked(self: Connection, name: str, given: dict[str, Any]) -> Any:
        keys = [given["Key"]] if "Key" in given else []
        if name == "BatchGetItem":
            keys = [key for table in given["RequestItems"].values() for key in table["Keys"]]
        for key in keys:
            for attribute, value in key.items():
                check(value, sort=attribute in sorts)
        condition = re.findall(r":[0-9]+", given.get("KeyConditionExpression", ""))
        for place, reference in enumerate(condition):
            check(given["ExpressionAttributeValues"][reference], sort=place > 0)
        if name not in ("GetItem", "BatchGetItem", "Query"):
            read.clear()
            return dispatch(self, name, given)
        question = repr((name, given))
        if question not in read:
            read[question] = dispatch(self, name, given)
        return copy.deepcopy(read[question])

    patch.setattr(Connection, "dispatch", checked)


def is_twin(operation: Operation) -> bool:
    """Whether another operation is served by the same code."""
    return operation.verb in ("head", "options") or operation.path in operation.endpoint.also
