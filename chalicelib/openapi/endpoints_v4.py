"""The endpoints of API v4: works written, and alerts read, by people with an account (api.md 6)."""

from collections.abc import Mapping
from typing import Any

from chalicelib import alert_list, query
from chalicelib.lagotto import Family
from chalicelib.openapi import responses
from chalicelib.openapi.endpoint import ID, Endpoint, all_of, override
from chalicelib.openapi.responses import FORM, JSON, MULTIPART, Responses
from chalicelib.openapi.schemas import reference
from chalicelib.parameters import Schema

_LIST, _ONE = "/api/v4/articles", "/api/v4/articles/{id}"
_NOT_FOUND = "There is no such work."
_NO_PAGE = "`page` is no page number."
_BODIES: Mapping[str, Schema] = {
    JSON: reference("ArticleBody"),
    **dict.fromkeys((FORM, MULTIPART), reference("ArticleForm")),
}


def table() -> tuple[Endpoint, ...]:
    """The endpoints of API v4."""
    return (*_reading(), *_writing())


def _endpoint(
    name: str,
    path: str,
    may: tuple[str, str],
    answers: Responses,
    *,
    missing: str,
    family: Family = "articles_v4",
    **given: Any,
) -> Endpoint:
    return Endpoint(
        name=name,
        path=path,
        tag="v4",
        callers="account",
        may=may,
        responses={
            "400": responses.malformed(family),
            **answers,
            "401": responses.not_signed_in(family),
            "403": responses.foreign(family),
            "404": responses.no_such_verb(missing, family)
            if given.get("verb") == "POST"
            else responses.failed(missing, family),
            "429": responses.TOO_MANY,
            "5XX": responses.BROKEN,
        },
        route=path.replace("{id}", "{proxy+}"),
        preflight=False,
        cors=False,
        **given,
    )


def _reading() -> tuple[Endpoint, ...]:
    def found(schema: str) -> Responses:
        return responses.found(reference(schema), jsonp=True)

    return (
        _endpoint(
            "listArticlesV4",
            _LIST,
            ("R", "articles_v4"),
            found("ArticlesPageV4"),
            missing=_NO_PAGE,
            summary="Works with the numbers of all sources",
            description="As in API v5, but with the entries of all sources, whichever `source`"
            " is; their events are bibliographic entries (CSL).",
            parameters=all_of(query.ARTICLES),
        ),
        _endpoint(
            "getArticleV4",
            _ONE,
            ("R", "articles_v4"),
            found("ArticleAnswerV4"),
            missing=_NOT_FOUND,
            summary="One work with the numbers of all sources",
            parameters=(ID, query.INFO, query.CALLBACK),
        ),
        _endpoint(
            "listAlerts",
            "/api/v4/alerts",
            ("R", "alerts"),
            found("AlertsPage"),
            missing=_NO_PAGE,
            family="articles",
            summary="What a person should look at",
            description="The newest first. Each filter narrows the others down.",
            parameters=(*all_of(alert_list.ALERTS), query.CALLBACK),
            posted=responses.posted(_NO_PAGE, "articles"),
        ),
    )


def _writing() -> tuple[Endpoint, ...]:
    invalid = responses.failed(
        "The article breaks a rule, or the body is not what its Content-Type says.",
        "articles_v4",
    )
    no_article = responses.failed("There is no article in the body.", "articles_v4")
    bad_body: Responses = {"400": invalid, "422": no_article}
    changed: Responses = {**responses.written(reference("ArticleAnswerV4")), **bad_body}
    deleted: Responses = {
        **responses.written(reference("ArticleDeletedV4")),
        "400": responses.failed(
            "It cannot be deleted just now, or the body is not what its Content-Type says.",
            "articles_v4",
        ),
    }
    any_of = {"anyOf": [reference("ArticleAnswerV4"), reference("ArticleDeletedV4")]}
    return (
        _endpoint(
            "createArticle",
            _LIST,
            ("C", "article"),
            {
                **responses.found(reference("ArticlesPageV4"), jsonp=True),
                **responses.written(reference("ArticleAnswerV4"), 201),
                **bad_body,
            },
            verb="POST",
            missing="The header names a verb that the path does not know.",
            summary="Add a work",
            description="Sources are asked about it at once. It needs a title and the identifier"
            " that the installation goes by, which is its DOI unless that is set. With the"
            " header, works are listed instead (200, 304); parameters may be in the body.",
            parameters=(query.INFO, override("GET", required=False)),
            body=_BODIES,
        ),
        *(
            _endpoint(
                name,
                _ONE,
                ("U", "article"),
                changed,
                verb=verb,
                missing=_NOT_FOUND,
                summary="Change a work",
                description="Fields that are not given stay as they are. With another identifier"
                " of the kind that the installation goes by it is another work, whose numbers"
                " begin anew.",
                parameters=(ID, query.INFO),
                body=_BODIES,
            )
            for name, verb in (("putArticle", "PUT"), ("patchArticle", "PATCH"))
        ),
        _endpoint(
            "deleteArticle",
            _ONE,
            ("D", "article"),
            deleted,
            verb="DELETE",
            missing=_NOT_FOUND,
            summary="Delete a work with all that is known of it",
            parameters=(ID, query.INFO),
        ),
        _endpoint(
            "overrideArticle",
            _ONE,
            ("U", "article"),
            {**responses.found(any_of), **bad_body},
            verb="POST",
            missing="There is no such work, or the header names a verb that there is not.",
            summary="Change or delete a work, for programs that can only POST",
            description="The header says which of the other verbs of this path is meant, and all"
            " is as with that.",
            parameters=(ID, query.INFO, override("PUT", "PATCH", "DELETE", "GET")),
            body=_BODIES,
        ),
    )
