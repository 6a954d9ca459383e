"""The description of the API as it is asked for: ``/api/openapi.json`` and ``/docs/api``.

Nobody is asked for a key.
"""

from typing import Any

from chalicelib import answers
from chalicelib.answers import Answer, Request
from chalicelib.openapi import document, page


def get_document(request: Request) -> Answer:
    """``GET /api/openapi.json``: the OpenAPI document, with the address that it was asked at."""
    return answers.answer(request, _document, "other")


def get_page(request: Request) -> Answer:
    """``GET /docs/api``: the same for people."""
    return answers.page(request, page.page(request.site, request.root))


def _document(request: Request, params: dict[str, str]) -> Any:
    return document.document(request.site)
