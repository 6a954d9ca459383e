"""The table of all public endpoints: the API, and what is beside it without being a page.

``app`` has a route for each. Pages for people are not in it. Source: api.md 1.1.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from chalicelib import alert_list, api_requests, oembed, query, rss, settings
from chalicelib.lagotto import Family
from chalicelib.openapi import endpoints_v4, responses
from chalicelib.openapi.endpoint import ID, SOURCE_NAME, Endpoint, all_of
from chalicelib.openapi.responses import JSON, RSS, XML, Response, Responses
from chalicelib.openapi.schemas import TEXT, reference
from chalicelib.parameters import Schema

#: Group of endpoints → what it is for.
TAGS: Mapping[str, str] = {
    "v5": "API v5: works, sources and the installation in numbers",
    "v3": "API v3: works in the older shape, for programs that were written for it",
    "v4": "API v4: works to write and alerts to read, for people with an account",
    "open": "Beside the API, mostly without a key",
}


#: What a POST is answered outside the API that does not say that it is a GET.
ELSEWHERE: Responses = {
    "302": responses.SENT_ON,
    "404": responses.failed("There is no such page.", "other"),
}


def table() -> tuple[Endpoint, ...]:
    """All endpoints of this installation, in the order that they are told in."""
    return (*_v5(), *_v3(), *endpoints_v4.table(), *_open())


def _keyed(
    name: str,
    path: str,
    schema: Schema,
    family: Family,
    *,
    missing: str = "",
    refused: str = "",
    **given: Any,
) -> Endpoint:
    """An endpoint that asks for a key, all of whose answers can be calls of JSONP.

    ``missing`` is what 404 means, "" where nothing can be missing; ``refused`` why else it is 401.
    """
    wrong = f"There is no key, or it is not known{refused}."
    not_found = {"404": responses.failed(missing, family, jsonp=True)} if missing else {}
    return Endpoint(
        name=name,
        path=path,
        callers="key",
        responses={
            **responses.found(schema, jsonp=True),
            "400": responses.malformed(family),
            "401": responses.failed(wrong, family, jsonp=True),
            **not_found,
            "429": responses.TOO_MANY,
            "5XX": responses.BROKEN,
        },
        posted=responses.posted(missing, family, jsonp=True),
        **given,
    )


def _v5() -> tuple[Endpoint, ...]:
    def endpoint(name: str, path: str, schema: str, family: Family, **given: Any) -> Endpoint:
        also = () if "{" in path else (f"{path}.json",)
        return _keyed(name, path, reference(schema), family, tag="v5", also=also, **given)

    no_page = "`page` is no page number."
    return (
        endpoint(
            "listArticles",
            "/api/v5/articles",
            "ArticlesPage",
            "articles",
            summary="Works with their numbers",
            description="The first of `ids`, `q` and `source` that is there says which works are"
            " meant; `class_name` and `publisher` narrow them down. Entries of private sources"
            " are shown to staff and admins only. That nothing is found is no error.",
            parameters=all_of(query.ARTICLES),
            may=("R", "articles_v3_v5"),
            missing=no_page,
        ),
        endpoint(
            "listSources",
            "/api/v5/sources",
            "SourcesAnswer",
            "sources",
            summary="The sources",
            description="All that are installed and not retired, private ones too, by group and"
            " name.",
            parameters=(query.CALLBACK,),
        ),
        endpoint(
            "getSource",
            "/api/v5/sources/{name}",
            "SourceAnswer",
            "sources",
            summary="One source",
            description="Whatever its state is. `.json` may stand at the end of the path.",
            parameters=(SOURCE_NAME, query.CALLBACK),
            missing="There is no source of this name.",
        ),
        endpoint(
            "listPublishers",
            "/api/v5/publishers",
            "PublishersPage",
            "articles",
            summary="The publishers",
            description="The members of Crossref that are known here, by name, 30 a page.",
            parameters=(query.PAGE, query.CALLBACK),
            missing=no_page,
        ),
        endpoint(
            "getStatus",
            "/api/v5/status",
            "StatusAnswer",
            "status",
            summary="The installation in numbers",
            parameters=(query.CALLBACK,),
        ),
        endpoint(
            "listApiRequests",
            "/api/v5/api_requests",
            "ApiRequestsPage",
            "articles",
            summary="The newest requests to the API",
            description=f"Up to {api_requests.PAGE_SIZE} that brought a known key and were"
            " answered, the newest first.",
            parameters=(*all_of(api_requests.REQUESTS), query.CALLBACK),
            may=("R", "api_requests"),
            missing=no_page,
            refused=", or is not one of staff or of an admin",
        ),
    )


def _v3() -> tuple[Endpoint, ...]:
    one: Schema = reference("ArticleV3")
    if settings.load().v3_show_as_array:
        one = {"type": "array", "items": one, "minItems": 1, "maxItems": 1}

    def endpoint(name: str, path: str, schema: Schema, **given: Any) -> Endpoint:
        return _keyed(
            name,
            path,
            schema,
            "other",
            missing="There is no such work, or none with an entry of such a source for you.",
            tag="v3",
            may=("R", "articles_v3_v5"),
            **given,
        )

    return (
        endpoint(
            "listArticlesV3",
            "/api/v3/articles",
            reference("ArticlesV3"),
            summary="Works of these identifiers",
            description="A list without pages, the work that changed last first. What is not"
            " found is missing in it.",
            parameters=(*all_of(query.ARTICLES_V3), query.CALLBACK),
        ),
        endpoint(
            "getArticleV3",
            "/api/v3/articles/{id}",
            one,
            summary="One work",
            parameters=(ID, *all_of(query.ARTICLE_V3), query.CALLBACK),
            route="/api/v3/articles/{proxy+}",
        ),
    )


def _open() -> tuple[Endpoint, ...]:
    def endpoint(name: str, path: str, answers: Responses, **given: Any) -> Endpoint:
        told = {**answers, "400": responses.malformed("other"), "5XX": responses.BROKEN}
        posted = given.pop("posted", ELSEWHERE)
        return Endpoint(name=name, path=path, tag="open", responses=told, posted=posted, **given)

    no_work = Response(
        meaning="It is not the address of the page of a work.",
        content={JSON: reference("Error"), XML: TEXT},
    )
    no_source = Response(
        meaning="There is no such source, or you may not see it.",
        content={RSS: TEXT, JSON: reference("Error")},
    )
    return (
        endpoint(
            "getHeartbeat",
            "/heartbeat",
            responses.found(reference("Heartbeat"), jsonp=True),
            summary="Whether it is alive",
            parameters=(query.CALLBACK,),
        ),
        endpoint(
            "getEmbed",
            "/oembed",
            {
                **responses.text({JSON: reference("Embed"), XML: TEXT}),
                "404": no_work,
                "501": responses.failed("There is no such format.", "other"),
            },
            summary="A box with the numbers of a work, for other pages (oEmbed)",
            parameters=all_of(oembed.BOX),
            posted={**ELSEWHERE, "404": no_work},
        ),
        endpoint(
            "getSourceFeed",
            "/sources/{name}.rss",
            {
                **responses.text({RSS: TEXT}),
                "404": dataclasses.replace(no_source, content={RSS: TEXT}),
            },
            summary="The works with the most events of a source (RSS)",
            description=f"The first {rss.LENGTH}. That of a private source takes a key of staff"
            " or of an admin.",
            callers="anybody, or key",
            parameters=(SOURCE_NAME, *all_of(rss.PUBLISHED)),
            route="/sources/{name}",
            posted={**ELSEWHERE, "404": no_source},
        ),
        endpoint(
            "getAlertsFeed",
            "/alerts.rss",
            {
                **responses.text({RSS: TEXT}),
                "401": responses.not_signed_in("other"),
                "403": responses.foreign("other"),
                "429": responses.TOO_MANY,
            },
            summary="The newest alerts (RSS)",
            parameters=all_of(alert_list.FILTERS),
            callers="key or account",
            may=("R", "alerts"),
            cors=False,
        ),
        endpoint(
            "getOpenApi",
            "/api/openapi.json",
            {
                **responses.found({"type": "object", "required": ["openapi"]}, jsonp=True),
                "429": responses.TOO_MANY,
            },
            summary="This description, for programs",
            parameters=(query.CALLBACK,),
            posted=responses.posted("", "other", jsonp=True),
        ),
    )
