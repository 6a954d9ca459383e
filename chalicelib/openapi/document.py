"""The table of endpoints as an OpenAPI 3.1 document. Pure."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from chalicelib import API_VERSION, VERSION, abilities, settings
from chalicelib.openapi import responses, schemas
from chalicelib.openapi.endpoint import IF_NONE_MATCH, Callers, Endpoint, override
from chalicelib.openapi.endpoints import TAGS, table
from chalicelib.openapi.responses import FORM, JSON, MULTIPART, PREFLIGHT, Responses
from chalicelib.parameters import Parameter, Schema
from chalicelib.store.gateway_keys import SHARED, STANDARD

Json = dict[str, Any]

_DESCRIPTION = """\
How often scholarly works are viewed, saved, discussed, cited and recommended. The API is that of
Lagotto {version}.

A key is sent as `?api_key=`, in the header `x-api-key`, or as `Authorization: Token token=KEY`.
People with an account sign in to API v4 with name and password (HTTP Basic). What pages of other
sites have a browser ask with these is refused (403).

Requests are limited: {limits}. Beyond that they are answered 429 with `Retry-After`.

Parameters are described as they are meant; most that are not understood count as absent, and
unknown ones are passed over. Long lists of `ids` go into the body of a POST with
`X-HTTP-Method-Override: GET`.

Errors are JSON with the key `error`: a text, or what is wrong with which field. Lists say beside
it that they have nothing.

An answer has an `ETag`; sent as `If-None-Match` it saves sending the answer again (304). One that
is too large for the gateway is at the address in `Location` (303).
"""

_SCHEMES: dict[str, Json] = {
    "key_in_the_query": {"type": "apiKey", "in": "query", "name": "api_key"},
    "key_in_a_header": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "key_as_a_token": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Token token=KEY`",
    },
    "name_and_password": {"type": "http", "scheme": "basic"},
}
_KEY: tuple[Json, ...] = (
    *({"key_in_the_query": []}, {"key_in_a_header": []}, {"key_as_a_token": []}),
)
_ACCOUNT: Json = {"name_and_password": []}
_SECURITY: Mapping[Callers, tuple[Json, ...]] = {
    "anybody": (),
    "anybody, or key": ({}, *_KEY),
    "key": _KEY,
    "account": (_ACCOUNT,),
    "key or account": (*_KEY, _ACCOUNT),
}


class Operation(NamedTuple):
    """A path, a verb in small letters, and what OpenAPI says of them."""

    path: str
    verb: str
    endpoint: Endpoint
    document: Json


def document(site: str) -> Json:
    """The OpenAPI document of the installation whose address is ``site``."""
    paths: dict[str, Json] = {}
    shared: dict[str, Json] = {
        "schemas": dict(schemas.COMPONENTS),
        **{kind: {} for kind in ("parameters", "responses", "requestBodies")},
    }
    for operation in operations():
        paths.setdefault(operation.path, {})[operation.verb] = _shared(operation.document, shared)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{settings.load().site_name} API",
            "version": VERSION,
            "description": description(),
        },
        "servers": [{"url": site}],
        "tags": [{"name": name, "description": told} for name, told in TAGS.items()],
        "paths": paths,
        "components": {
            **shared,
            "headers": {name: responses.header(name) for name in responses.HEADERS},
            "securitySchemes": _SCHEMES,
        },
    }


def operations() -> Iterator[Operation]:
    """All operations: the endpoints, and what follows of each that reads."""
    for endpoint in table():
        for path in (endpoint.path, *endpoint.also):
            suffix = "Json" if path in endpoint.also else ""
            for verb, made in _operations(endpoint, endpoint.name + suffix):
                yield Operation(path, verb, endpoint, made)


def description() -> str:
    """What holds for all endpoints, in paragraphs; code is in backticks."""
    each, nobody, people, posts = STANDARD, *SHARED
    limits = (
        f"{each.rate_per_second} a second and {each.quota_per_day:,} a day with a key. Together"
        f" have {nobody.rate_per_second} a second and {nobody.quota_per_day:,} a day all who come"
        f" without one, {people.rate_per_second} a second all who sign in with name and password,"
        f" {posts.rate_per_second} a second all whose key is in the body of a POST"
    )
    return _DESCRIPTION.format(version=API_VERSION, limits=limits)


def _shared(operation: Json, shared: dict[str, Json]) -> Json:
    """The operation with references to what many have alike, which is put into ``shared``."""

    def refer(kind: str, name: str, told: Json) -> Json:
        known = shared[kind]
        numbered = (f"{name}{'' if n == 1 else n}" for n in itertools.count(1))
        free = next(name for name in numbered if known.setdefault(name, told) == told)
        return {"$ref": f"#/components/{kind}/{free}"}

    made = operation | {
        "parameters": [refer("parameters", p["name"], p) for p in operation["parameters"]],
        "responses": {
            status: refer("responses", f"{status}_", response)
            for status, response in operation["responses"].items()
        },
    }
    if body := operation.get("requestBody"):
        name = operation["operationId"].removesuffix("Json")
        forms = [content["schema"] for content in body["content"].values()]
        if all("$ref" not in schema for schema in forms):  # those of a POST that is a GET
            form = refer("schemas", f"{name[0].upper()}{name[1:]}", forms[0])
            body = body | {"content": {kind: {"schema": form} for kind in body["content"]}}
        made["requestBody"] = refer("requestBodies", name, body)
    return made


def _operations(endpoint: Endpoint, name: str) -> Iterator[tuple[str, Json]]:
    if endpoint.verb != "GET":
        yield endpoint.verb.lower(), _operation(endpoint, name)
        return
    known = (*endpoint.parameters, IF_NONE_MATCH)
    yield "get", _operation(endpoint, name, parameters=known)
    yield "head", _operation(endpoint, f"{name}Head", parameters=known, body=False)
    if endpoint.posted is not None:
        yield "post", _posted(endpoint, f"{name}ByPost")
    if endpoint.preflight:
        yield "options", _preflight(endpoint, f"{name}Preflight")


def _operation(
    endpoint: Endpoint,
    name: str,
    *,
    parameters: tuple[Parameter[Any], ...] | None = None,
    answers: Responses | None = None,
    body: bool = True,
) -> Json:
    """What OpenAPI says of an endpoint; ``body``: answers have one."""
    given = endpoint.parameters if parameters is None else parameters
    made: Json = {
        "operationId": name,
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        **({"description": described} if (described := _description(endpoint)) else {}),
        "parameters": [told for parameter in given for told in _parameters(parameter)],
        "responses": {
            status: response.document(cors=endpoint.cors, body=body)
            for status, response in sorted((answers or endpoint.responses).items())
        },
        "security": [*_SECURITY[endpoint.callers]],
    }
    if endpoint.body and answers is None:
        content = {kind: {"schema": schema} for kind, schema in endpoint.body.items()}
        # A POST can mean a verb that takes none.
        made["requestBody"] = {"required": endpoint.verb != "POST", "content": content}
    return made


def _posted(endpoint: Endpoint, name: str) -> Json:
    """The same as a POST that says it is a GET, with the parameters in its body."""
    outside = [p for p in endpoint.parameters if p.location == "path"]
    inside = [p for p in endpoint.parameters if p.location == "query"]
    made = _operation(
        endpoint,
        name,
        parameters=(*outside, override("GET"), IF_NONE_MATCH),
        answers={**endpoint.responses, **(endpoint.posted or {})},
    )
    properties: dict[str, Schema] = {
        name: {
            **parameter.schema,
            "description": parameter.description,
            **({"examples": [parameter.example]} if parameter.example else {}),
        }
        for parameter in inside
        for name in (parameter.name, *parameter.other_names)
    }
    if "key" in endpoint.callers:
        properties["api_key"] = {"type": "string", "description": "The key."}
        if {} not in made["security"]:
            made["security"].append({})  # it can be in the body
    schema = {"type": "object", "properties": properties}
    content = {kind: {"schema": schema} for kind in (FORM, MULTIPART, JSON)}
    return made | {
        "summary": f"{endpoint.summary}, for long parameters",
        "requestBody": {"required": False, "content": content},
    }


def _preflight(endpoint: Endpoint, name: str) -> Json:
    return {
        "operationId": name,
        "tags": [endpoint.tag],
        "summary": "Whether scripts of other sites may ask",
        "parameters": [
            told
            for parameter in endpoint.parameters
            if parameter.location == "path"
            for told in _parameters(parameter)
        ],
        "responses": {"200": PREFLIGHT.document(cors=endpoint.cors, body=True)},
        "security": [],
    }


def _description(endpoint: Endpoint) -> str:
    """What is said of the endpoint, and who may call it where not everybody may with a key."""
    roles = endpoint.roles
    may = f"For {' and '.join(roles)}." if roles and len(roles) < len(abilities.ROLES) else ""
    return " ".join(filter(None, (endpoint.description, may)))


def _parameters(parameter: Parameter[Any]) -> Iterator[Json]:
    for name in (parameter.name, *parameter.other_names):
        another = name != parameter.name
        yield {
            "name": name,
            "in": parameter.location,
            "description": f"Another name of `{parameter.name}`."
            if another
            else parameter.description,
            **({"required": True} if parameter.required or parameter.location == "path" else {}),
            "schema": parameter.schema,
            **({"example": parameter.example} if parameter.example and not another else {}),
        }
