"""The table of endpoints as a web page for people. Pure, but for the name of the site.

The page needs neither scripts nor anything from elsewhere.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from chalicelib import abilities, layout, markup, query, submitted
from chalicelib.openapi import document, schemas
from chalicelib.openapi.endpoint import Callers, Endpoint
from chalicelib.openapi.endpoints import TAGS, table
from chalicelib.openapi.responses import JAVASCRIPT, JSON, Response
from chalicelib.parameters import Parameter, Schema

_STYLE = """
pre{background:#f3f3f3;padding:.75rem;overflow-x:auto}pre code{padding:0}
section{border-top:1px solid #ddd;margin-top:2rem;padding-top:1rem}
h3{font-size:1.125rem}h4{margin:1rem 0 .25rem}.verb{color:#05c}
"""
_CALLERS: Mapping[Callers, str] = {
    "anybody": "Anybody.",
    "anybody, or key": "Anybody; with a key there may be more to see.",
    "key": "With a key.",
    "account": "With name and password.",
    "key or account": "With a key, or with name and password.",
}
_SHAPE = ("Key", "Values", "There", "Meaning")


def page(site: str, root: str = "") -> str:
    """The page. ``site`` is the address that examples ask, ``root`` stands before every path."""
    endpoints = table()
    groups = "".join(
        f"<h2>{_text(told)}</h2>"
        + "".join(_endpoint(endpoint, site) for endpoint in endpoints if endpoint.tag == tag)
        for tag, told in TAGS.items()
    )
    shapes = "".join(_shape(name, schema) for name, schema in schemas.COMPONENTS.items())
    body = (
        f"<h1>API</h1>{_introduction()}"
        f"<p>{layout.link(f'{root}/api/openapi.json', 'The same as an OpenAPI document')}</p>"
        f"{_contents(endpoints)}{groups}<h2>Shapes</h2>{shapes}"
    )
    return layout.page("API", body, root=root, style=_STYLE)


def _introduction() -> str:
    return "".join(f"<p>{_text(told)}</p>" for told in document.description().split("\n\n"))


def _contents(endpoints: tuple[Endpoint, ...]) -> str:
    rows = [
        (
            f"<code>{endpoint.verb}</code>",
            layout.link(f"#{endpoint.name}", endpoint.path),
            _text(endpoint.summary),
        )
        for endpoint in endpoints
    ]
    return layout.table(("Verb", "Path", "What"), rows)


def _endpoint(endpoint: Endpoint, site: str) -> str:
    title = f'<span class="verb">{endpoint.verb}</span> {_text(endpoint.path)}'
    parts = [
        f'<section id="{endpoint.name}"><h3>{title}</h3>',
        f"<p>{_text(endpoint.summary)}. {_text(endpoint.description)}</p>",
        f"<p>{_who(endpoint)}</p>",
    ]
    if endpoint.also:
        parts.append(f"<p>Also at <code>{_text(', '.join(endpoint.also))}</code>.</p>")
    if endpoint.parameters:
        rows = [row for parameter in endpoint.parameters for row in _parameter(parameter)]
        head = ("Parameter", "In", "Meaning", "Values", "Default")
        parts.append(f"<h4>Parameters</h4>{layout.table(head, rows)}")
    if endpoint.body:
        rows = [
            (f"<code>{_text(kind)}</code>", _kind(schema)) for kind, schema in endpoint.body.items()
        ]
        parts.append(f"<h4>Body</h4>{layout.table(('Content-Type', 'Shape'), rows)}")
    answers = sorted(endpoint.responses.items())
    rows = [(status, _text(r.meaning), ", ".join(_contents_of(r))) for status, r in answers]
    parts.append(f"<h4>Answers</h4>{layout.table(('Status', 'Meaning', 'Shape'), rows)}")
    parts.append(f"<pre><code>{markup.text(_curl(endpoint, site))}</code></pre></section>")
    return "".join(parts)


def _who(endpoint: Endpoint) -> str:
    roles = endpoint.roles
    told = _CALLERS[endpoint.callers]
    few = 0 < len(roles) < len(abilities.ROLES)
    return _text(f"{told} For {' and '.join(roles)}." if few else told)


def _parameter(parameter: Parameter[Any]) -> Iterator[tuple[str, ...]]:
    names = " or ".join(f"<code>{name}</code>" for name in (parameter.name, *parameter.other_names))
    default = parameter.schema.get("default", "")
    yield (
        names,
        parameter.location,
        _text(parameter.description),
        _kind(parameter.schema),
        f"<code>{default}</code>" if default else "",
    )


def _contents_of(response: Response) -> Iterator[str]:
    for kind, schema in response.content.items():
        if kind == JAVASCRIPT:
            continue
        yield _kind(schema) if kind == JSON else f"<code>{_text(kind)}</code>"


def _shape(name: str, schema: Schema) -> str:
    """A schema: what it is, and its keys."""
    told = _text(str(schema.get("description", "")))
    head = f'<section id="{name}"><h3>{name}</h3>'
    properties = schema.get("properties")
    if not properties:
        return f"{head}<p>{told} {_kind(schema)}</p></section>"
    optional = properties.keys() - set(schema.get("required", ()))
    rows = [
        (
            f"<code>{_text(key)}</code>",
            _kind(of),
            "optional" if key in optional else "always",
            _text(str(of.get("description", ""))),
        )
        for key, of in properties.items()
    ]
    return f"{head}<p>{told}</p>{layout.table(_SHAPE, rows)}</section>"


def _kind(schema: Schema) -> str:
    """Which values a schema allows, in a few words; others are linked to."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return layout.link(f"#{name}", name)
    if "const" in schema:
        return f"<code>{_text(json.dumps(schema['const']))}</code>"
    if "enum" in schema:
        return ", ".join(f"<code>{_text(value)}</code>" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_kind(of) for of in schema["anyOf"])
    kinds = schema.get("type", "anything")
    told = kinds if isinstance(kinds, str) else " or ".join(kinds)
    if kinds == "array" and isinstance(schema.get("items"), Mapping):
        return f"list of {_kind(schema['items'])}"
    if kinds == "object" and "properties" in schema:
        return "object: " + ", ".join(
            f"<code>{_text(key)}</code> {_kind(of)}" for key, of in schema["properties"].items()
        )
    if "maximum" in schema:
        return f"{told}, {schema['minimum']:,} to {schema['maximum']:,}"
    return str(told)


def _curl(endpoint: Endpoint, site: str) -> str:
    """A line to paste, with what may be asked for in place of names and keys."""
    path = endpoint.path
    params: dict[str, Any] = {}
    for parameter in endpoint.parameters:
        if parameter.location == "path":
            path = path.replace(f"{{{parameter.name}}}", str(parameter.example))
        elif parameter.example and not params and parameter is not query.CALLBACK:
            params[parameter.name] = parameter.example
    options = ""
    if endpoint.verb != "GET":
        options = f" -X {endpoint.verb} -u NAME:PASSWORD"
        if endpoint.body:
            options += f" -H 'Content-Type: {JSON}' -d '{_example_article()}'"
        options += "".join(
            f" -H '{parameter.name}: {parameter.schema['enum'][0]}'"
            for parameter in endpoint.parameters
            if parameter.location == "header" and parameter.required
        )
    elif endpoint.callers == "account":
        options = " -u NAME:PASSWORD"
    elif endpoint.callers.startswith("key"):
        params["api_key"] = "KEY"
    # Slashes and commas are clearer as they are, and may be so.
    asked = f"?{urlencode(params, safe='/:,')}" if params else ""
    return f"curl{options} '{site}{path}{asked}'"


def _example_article() -> str:
    fields = {
        name: schema["examples"][0]
        for name, schema in submitted.ARTICLE.items()
        if name in ("doi", "title")
    }
    return json.dumps({"article": fields | {"year": 2012}})


def _text(value: str) -> str:
    """Escaped text in which names in backticks are code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", markup.text(value))
