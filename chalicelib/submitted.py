"""What a client of API v4 submits: the article in the body of a writing request. Pure.

    {"article": {"doi": "10.5555/a", "title": "T", "year": 2012}}      JSON
    {"doi": "10.5555/a", "title": "T", "year": 2012}                   JSON without its wrapper
    article[doi]=10.5555/a&article[title]=T&article[year]=2012         any kind of form

What is wrong with the values is found where they become a work (``edits``).
Source: api.md 1.3 and 6.4.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from chalicelib import query, works
from chalicelib.errors import RequestError
from chalicelib.parameters import Schema


def _text(description: str, example: str) -> Schema:
    return {"type": ["string", "null"], "description": description, "examples": [example]}


def _number(description: str, minimum: int, maximum: int) -> Schema:
    return {
        "type": ["integer", "null"],
        "minimum": minimum,
        "maximum": maximum,
        "description": description,
    }


#: What may be written: field → what is meant to be in it. What is wrong with it is found later.
ARTICLE: Mapping[str, Schema] = {
    "doi": _text("The DOI in any spelling; no other work may have it.", "10.5555/alpha.1"),
    "title": _text("The title; the HTML tags that titles need are kept.", "Alpha"),
    "pmid": _text("The PubMed id.", "111"),
    "pmcid": _text("The PubMed Central id, with or without PMC.", "222"),
    "mendeley_uuid": _text("The UUID at Mendeley.", "aaaaaaaa-0000-0000-0000-000000000001"),
    "canonical_url": _text("The publisher's page.", "http://journal.example.org/alpha"),
    "year": _number(
        "The year of publication, up to this one. Without any part of a date 1970 is kept.",
        works.FIRST_YEAR,
        dt.MAXYEAR,
    ),
    "month": _number("The month of publication.", 1, 12),
    "day": _number("The day of publication, only with a month; not in the future.", 1, 31),
}
FIELDS = tuple(ARTICLE)
REQUIRED = "parameter is required"
UNPERMITTED = "unpermitted parameter"
UNDEFINED = "Undefined method."

#: How many unknown fields are named, and how much of each.
_NAMED = 20
_NAME_CHARACTERS = 100

_MEMBER = re.compile(r"article\[([^\[\]]{1,100})\]")


class Unprocessable(RequestError):
    """A body without an article in it (422); ``class_name`` is Lagotto's name of the error."""

    def __init__(self, message: str | Mapping[str, Sequence[str]], class_name: str) -> None:
        super().__init__(message, status=422)
        self.class_name = class_name


def article(headers: Mapping[str, str], params: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The fields of the submitted article that may be written, as they were given.

    ``params`` are those of the URL, which win. Errors: Unprocessable; RequestError 400 on a
    body that is not what its content type says.
    """
    if body and query.media_type(headers) == "application/json":
        document = _wrapped(_json(body))
    else:
        document = _nested(query.form(headers, body))
    document = _merged(document, _nested(params))
    given = document.get("article")
    blank = given is None or given is False or given in ({}, [])
    if blank or (isinstance(given, str) and not given.strip()):
        raise Unprocessable({"article": [REQUIRED]}, "ActionController::ParameterMissing")
    if not isinstance(given, dict):
        raise Unprocessable(UNDEFINED, "NoMethodError")
    known = {name: None if given[name] == [] else given[name] for name in FIELDS if name in given}
    if not known:
        names = [name[:_NAME_CHARACTERS] for name in given][:_NAMED]
        raise Unprocessable(
            {name: [UNPERMITTED] for name in names}, "ActionController::UnpermittedParameters"
        )
    return known


def _json(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except ValueError:
        raise RequestError(query.MALFORMED_JSON, status=400) from None
    return document if isinstance(document, dict) else {}


def _wrapped(document: dict[str, Any]) -> dict[str, Any]:
    """With the fields of an article that stand at the top put into one."""
    if "article" in document:
        return document
    found = {name: document[name] for name in FIELDS if name in document}
    return {"article": found} if found else document


def _nested(fields: Mapping[str, str]) -> dict[str, Any]:
    """``{"article[doi]": x}`` as ``{"article": {"doi": x}}``."""
    members = {
        found[1]: value for name, value in fields.items() if (found := _MEMBER.fullmatch(name))
    }
    if members:
        return {"article": members}
    return {"article": fields["article"]} if "article" in fields else {}


def _merged(document: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    below, above = document.get("article"), over.get("article")
    if isinstance(below, dict) and isinstance(above, dict):
        return {"article": below | above}
    return document | over
