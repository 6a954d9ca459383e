"""Which answers there are: status, headers, kinds of content and their schemas. Pure.

Those that the gateway gives by itself, before a request comes to us, are in ``infra.gateway``.
Source: api.md 1.4 to 1.9.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from chalicelib.lagotto import Family
from chalicelib.openapi.schemas import TEXT, error_name, reference
from chalicelib.parameters import Schema

JSON, JAVASCRIPT = "application/json", "application/javascript"
XML, RSS = "application/xml", "application/rss+xml"
HTML, PLAIN = "text/html", "text/plain"
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"

#: The gateway gives the first of them alone where it answers by itself.
_CORS = (
    *("Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Max-Age"),
)
_EVERYWHERE = (
    *("X-Request-Id", "X-Runtime"),
    *("X-Frame-Options", "X-XSS-Protection", "X-Content-Type-Options"),
)
_ALWAYS = ("Cache-Control", *_EVERYWHERE)
#: All headers that answers are described with: name → (what it says, its schema).
HEADERS: Mapping[str, tuple[str, Schema]] = {
    "ETag": (
        "Names this answer; sent as If-None-Match it saves sending the answer again.",
        {"type": "string", "pattern": '^"[0-9a-f]{32}"$'},
    ),
    "Cache-Control": ("How long the answer may be kept.", TEXT),
    "X-Request-Id": ("The number of the request; tell it when you ask about it.", TEXT),
    "X-Runtime": (
        "How long the request took, in seconds.",
        {"type": "string", "pattern": "^[0-9]+\\.[0-9]+$"},
    ),
    "Access-Control-Allow-Origin": ("Scripts of every site may read the answer.", {"const": "*"}),
    "Access-Control-Allow-Methods": ("With which verbs scripts may ask.", TEXT),
    "Access-Control-Allow-Headers": ("Which headers scripts may send.", TEXT),
    "Access-Control-Max-Age": ("For how many seconds this holds.", TEXT),
    "Location": ("Where to go on.", TEXT),
    "Retry-After": ("After how many seconds to try again.", TEXT),
    "WWW-Authenticate": ("How to sign in.", TEXT),
    "X-Frame-Options": ("Which pages may show the answer in a frame.", TEXT),
    "X-XSS-Protection": ("What old browsers do against scripts from elsewhere.", TEXT),
    "X-Content-Type-Options": ("It is what its Content-Type says.", {"const": "nosniff"}),
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer: what it means, its content by kind, and the headers that it always has.

    ``may_have`` are headers that only some of these answers have. ``of_gateway``: the gateway
    gives it, too. Where the endpoint is for scripts of other sites it has the headers of CORS.
    """

    meaning: str
    content: Mapping[str, Schema] = dataclasses.field(default_factory=dict)
    headers: tuple[str, ...] = _ALWAYS
    may_have: tuple[str, ...] = ()
    of_gateway: bool = False

    def document(self, *, cors: bool, body: bool) -> dict[str, Any]:
        """The OpenAPI Response Object. ``body``: not to the verb HEAD."""
        shared = _CORS if cors else ()
        split = 1 if self.of_gateway else len(shared)
        always, may_have = (*self.headers, *shared[:split]), (*self.may_have, *shared[split:])
        made: dict[str, Any] = {
            "description": self.meaning,
            "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in always}
            | {name: header(name, required=False) for name in may_have},
        }
        if body and self.content:
            made["content"] = {kind: {"schema": schema} for kind, schema in self.content.items()}
        return made


Responses = Mapping[str, Response]


def header(name: str, *, required: bool = True) -> dict[str, Any]:
    """The OpenAPI Header Object of one of HEADERS."""
    meaning, schema = HEADERS[name]
    return {"description": meaning, "required": required, "schema": schema}


def _json(schema: Schema, *, jsonp: bool) -> Mapping[str, Schema]:
    return {JSON: schema, JAVASCRIPT: TEXT} if jsonp else {JSON: schema}


def found(schema: Schema, *, jsonp: bool = False) -> Responses:
    """What a reading endpoint answers with JSON: 200, 303, 304 and 413."""
    return {
        "200": Response(
            meaning="What was asked for.",
            content=_json(schema, jsonp=jsonp),
            headers=("ETag", *_ALWAYS),
        ),
        **_too_large("It is too large for one answer, and is at the address in Location."),
        "304": NOT_MODIFIED,
    }


def written(schema: Schema, status: int = 200) -> Responses:
    """What an endpoint that writes answers: 200 or 201, 303 and 413."""
    return {
        str(status): Response(
            meaning="It is done.", content={JSON: schema}, headers=("ETag", *_ALWAYS)
        ),
        **_too_large("It is done; what would be told of it is at the address in Location."),
    }


def text(content: Mapping[str, Schema]) -> Responses:
    """What a reading endpoint answers with content of one of these kinds: 200 and 304."""
    return {
        "200": Response(meaning="What was asked for.", content=content, headers=("ETag", *_ALWAYS)),
        "304": NOT_MODIFIED,
    }


def failed(meaning: str, family: Family, *, jsonp: bool = False) -> Response:
    """An error, in the shape of its family."""
    return Response(meaning=meaning, content=_json(reference(error_name(family)), jsonp=jsonp))


def posted(missing: str, family: Family, *, jsonp: bool = False) -> Responses:
    """What only a POST that should say that it is a GET is answered: another 404 and 429.

    ``missing`` is what 404 means otherwise.
    """
    return {
        "404": no_such_verb(f"{missing} Or it does not say that it is a GET.", family, jsonp=jsonp),
        "429": dataclasses.replace(TOO_MANY, content=_json(reference("Error"), jsonp=jsonp)),
    }


def no_such_verb(meaning: str, family: Family, *, jsonp: bool = False) -> Response:
    """404 of a POST that can mean several verbs: a verb that there is not belongs to no family."""
    names = dict.fromkeys((error_name(family), error_name("other")))
    schemas = [reference(name) for name in names]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    return Response(meaning=meaning.lstrip(), content=_json(schema, jsonp=jsonp))


def malformed(family: Family) -> Response:
    """400 of requests with a body."""
    return failed("The body is not what its Content-Type says, or holds lists or objects.", family)


def not_signed_in(family: Family) -> Response:
    """401 of an endpoint for people with an account; browsers then ask for a name."""
    return Response(
        meaning="Nobody signed in, name and password are wrong, or the account may not do it.",
        content={HTML: TEXT, JSON: reference(error_name(family))},
        headers=(),
        may_have=("WWW-Authenticate", *_ALWAYS),
    )


def foreign(family: Family) -> Response:
    """403 of an endpoint for people with an account, whose browser sends what it keeps."""
    return failed("A page of another site had a browser ask, with name and password.", family)


def _too_large(elsewhere: str) -> Responses:
    return {
        "303": Response(meaning=elsewhere, headers=("Location", *_ALWAYS)),
        "413": Response(
            meaning="The request, or the answer to it, is too large.",
            content={JSON: {"type": "object", "required": ["error"]}},
            headers=(),
            may_have=_ALWAYS,
            of_gateway=True,
        ),
    }


NOT_MODIFIED = Response(
    meaning="You have it already: it still has the ETag that you sent in If-None-Match.",
    headers=("ETag", *_ALWAYS),
)
#: What the gateway answers to callers who ask too often, and the app where the key is in a body;
#: who calls without a known key shares the limits with all others who do.
TOO_MANY = Response(
    meaning="Too many requests a second, or today.",
    content={JSON: reference("Error")},
    headers=("Retry-After",),
    may_have=_ALWAYS,
    of_gateway=True,
)
#: Whatever goes wrong on our side: the app answers in the family's shape, the gateway in its own.
BROKEN = Response(
    meaning="Something is wrong on our side; it is safe to try reading again later.",
    content={JSON: {"type": "object", "required": ["error"]}},
    headers=(),
    may_have=_ALWAYS,
    of_gateway=True,
)
PREFLIGHT = Response(
    meaning="What scripts of other sites may send.",
    content={PLAIN: {"type": "string", "maxLength": 0}},
    headers=("Access-Control-Allow-Headers", *_EVERYWHERE),
)
#: Outside the API people are sent to the start from where there is nothing.
SENT_ON = Response(meaning="There is no such page.", headers=("Location", *_ALWAYS))
