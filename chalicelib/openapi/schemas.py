"""What answers and bodies look like, as JSON Schemas (2020-12). Pure.

Keys stand in the order of the answers. Keys that Lagotto fixes are the only ones; what providers
say of events is kept as it came, and is described no further than that.
Source: api.md 1.7 to 1.9, 4 to 8.
"""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from chalicelib import lagotto, lagotto_v3, submitted
from chalicelib.lagotto import Family
from chalicelib.model import GROUPS
from chalicelib.parameters import Schema
from chalicelib.store.alerts import LEVELS

Properties = Mapping[str, Schema]

TEXT: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
COUNT: Schema = {"type": "integer", "minimum": 0}
COUNT_OR_NULL: Schema = {"type": ["integer", "null"], "minimum": 0}
NULL: Schema = {"type": "null"}
TIMESTAMP: Schema = {
    "type": "string",
    "format": "date-time",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
    "description": "UTC, without fractions of a second.",
    "examples": ["2014-11-07T10:00:00Z"],
}
_YEAR: Schema = {"type": "integer", "minimum": 0, "maximum": 9999}
_MONTH: Schema = {"type": "integer", "minimum": 1, "maximum": 12}
_DAY: Schema = {"type": "integer", "minimum": 1, "maximum": 31}


def reference(name: str) -> Schema:
    """A reference to one of ``components``."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(properties: Properties, optional: Sequence[str] = (), description: str = "") -> Schema:
    """An object with these keys and no others; the ``optional`` ones can be missing."""
    return {
        "type": "object",
        **({"description": description} if description else {}),
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def form_field(schema: Schema) -> Schema:
    """A schema for a form, which has no nulls."""
    kinds = schema.get("type")
    if not isinstance(kinds, list):
        return schema
    (kind,) = (kind for kind in kinds if kind != "null")
    return {**schema, "type": kind}


def _list_of(schema: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": schema, **more}


def _page_of(name: str) -> Schema:
    return record(
        {
            "total": {**COUNT, "description": "How many there are on all pages."},
            "total_pages": COUNT,
            "page": {**COUNT, "description": "The page asked for; 0 if there is nothing at all."},
            "error": NULL,
            "data": _list_of(reference(name)),
        }
    )


def error_name(family: Family) -> str:
    """The name of the schema of a family's errors."""
    return "Error" + "".join(word.capitalize() for word in family.split("_") if word != "other")


def _error(family: Family) -> Schema:
    """An error of a family: the keys beside it always say that there is nothing."""
    said = lagotto.error(family, "")
    return record(
        {
            name: reference("Message") if name == "error" else {"const": value}
            for name, value in said.items()
        }
    )


_MESSAGE: Schema = {
    "description": "What is wrong: a text, or what is wrong with which field.",
    "anyOf": [TEXT, {"type": "object", "additionalProperties": _list_of(TEXT, minItems=1)}],
}

_ISSUED = record(
    {
        "date-parts": _list_of(
            {
                "type": "array",
                "prefixItems": [_YEAR, _MONTH, _DAY],
                "items": False,
                "minItems": 1,
            },
            minItems=1,
            maxItems=1,
        )
    },
    description="When it was published: year, or year and month, or year, month and day.",
)

_USAGE: Properties = {"html": COUNT, "pdf": COUNT}


def _period(*parts: str) -> Schema:
    """An entry of by_day, by_month or by_year: totals, or what sources of usage count."""
    named = {"year": _YEAR, "month": _MONTH, "day": _DAY}
    date = {part: named[part] for part in parts}
    return {"anyOf": [record({**date, "total": COUNT}), record({**date, **_USAGE})]}


_BY_DATE: Properties = {
    "by_day": _list_of(
        reference("Day"), description="Numbers within 30 days after the publication."
    ),
    "by_month": _list_of(reference("Month")),
    "by_year": _list_of(reference("Year")),
}
_EVENTS: Schema = {
    "description": "What the provider tells of the events, as it tells it.",
    "type": ["array", "object"],
}
_EVENTS_CSL = _list_of(
    {"type": "object"}, description="The events as bibliographic entries (CSL), where they are."
)


def _metrics(names: Mapping[str, Any]) -> Schema:
    """The numbers of a source: ``names`` are those of a source that was never asked."""
    return record(
        {name: COUNT_OR_NULL if value is None else COUNT for name, value in names.items()},
        description="Null: the source has no such number. The total alone is never null; it is"
        " not always the sum of the others.",
    )


def _entry(**events: Schema) -> Schema:
    """What a source says of a work, as API v4 and v5 show it."""
    return record(
        {
            "name": TEXT,
            "display_name": TEXT,
            "group_name": reference("Group"),
            "events_url": TEXT_OR_NULL,
            **_BY_DATE,
            "update_date": TIMESTAMP,
            "metrics": reference("Metrics"),
            **events,
        },
        optional=[*events],
    )


def _article(entry: str) -> Schema:
    return record(
        {
            "id": {**TEXT, "description": "Its kind and value, such as doi/10.5555/alpha.1."},
            "doi": TEXT_OR_NULL,
            "title": TEXT,
            "issued": reference("Issued"),
            "canonical_url": TEXT_OR_NULL,
            "pmid": TEXT_OR_NULL,
            "pmcid": {**TEXT_OR_NULL, "description": "Without the letters PMC."},
            "mendeley_uuid": TEXT_OR_NULL,
            "viewed": COUNT,
            "saved": COUNT,
            "discussed": COUNT,
            "cited": COUNT,
            "update_date": TIMESTAMP,
            "sources": _list_of(reference(entry)),
        },
        optional=["sources"],
        description="A work. Viewed, saved, discussed and cited sum up all sources, shown or not;"
        " `sources` is missing with `info=summary`.",
    )


_ARTICLE_V3 = record(
    {
        "doi": TEXT_OR_NULL,
        "title": TEXT,
        "url": TEXT_OR_NULL,
        "mendeley": TEXT_OR_NULL,
        "pmid": TEXT_OR_NULL,
        "pmcid": TEXT_OR_NULL,
        "publication_date": {**TIMESTAMP, "description": "A missing month or day counts as 1."},
        "update_date": TIMESTAMP,
        "views": COUNT,
        "shares": COUNT,
        "bookmarks": COUNT,
        "citations": COUNT,
        "sources": _list_of(reference("EntryV3")),
    },
    optional=["sources"],
    description="A work, as API v3 shows it.",
)
_ENTRY_V3 = record(
    {
        "name": TEXT,
        "display_name": TEXT,
        "events_url": TEXT_OR_NULL,
        "metrics": reference("MetricsV3"),
        "update_date": TIMESTAMP,
        "events": _EVENTS,
        **_BY_DATE,
    },
    optional=["events", *_BY_DATE],
)

_UPDATES = record(
    {"with_events": COUNT, "without_events": COUNT, "not_updated": COUNT},
    description="Works by what was found when they were last asked about within the time.",
)
_SOURCE = record(
    {
        "name": TEXT,
        "display_name": TEXT,
        "group": reference("Group"),
        "description": TEXT_OR_NULL,
        "update_date": TIMESTAMP,
        "state": {"enum": [*get_args(lagotto.State)]},
        "jobs": record({"working": COUNT, "pending": COUNT}),
        "responses": record(
            {"count": COUNT, "average": COUNT, "maximum": COUNT},
            description="Calls to the provider since the previous day began; milliseconds.",
        ),
        "error_count": COUNT,
        "article_count": COUNT,
        "event_count": COUNT,
        "status": record({"refreshed": COUNT, "queued": COUNT, "stale": COUNT}),
        "by_day": reference("Updates"),
        "by_month": reference("Updates"),
    }
)
_PUBLISHER = record(
    {
        "name": TEXT,
        "other_names": {"type": ["array", "null"], "items": TEXT},
        "crossref_id": COUNT,
        "prefixes": {"type": ["array", "null"], "items": TEXT},
        "update_date": TIMESTAMP,
    }
)
_COUNTS = (
    *("articles_count", "articles_last30_count", "alerts_count", "workers_count"),
    *("delayed_jobs_active_count", "responses_count", "events_count", "requests_count"),
    *("users_count", "sources_active_count"),
)
_STATUS = record(
    {
        **dict.fromkeys(_COUNTS, COUNT),
        "version": {**TEXT, "description": "The version of Lagotto whose API this is."},
        "couchdb_size": {**COUNT, "description": "What is stored, in bytes."},
        "update_date": TIMESTAMP,
    }
)
_DURATION: Schema = {"type": ["number", "null"], "minimum": 0, "description": "Milliseconds."}
_API_REQUEST = record(
    {
        "api_key": {**TEXT, "description": "How the hash of the key begins; keys are not told."},
        "info": TEXT_OR_NULL,
        "source": TEXT_OR_NULL,
        "ids": TEXT_OR_NULL,
        "db_duration": _DURATION,
        "view_duration": _DURATION,
        "date": TIMESTAMP,
    }
)
_ALERT = record(
    {
        "id": {**TEXT, "description": "A text of ours, where Lagotto 3.9 had a number."},
        "level": {"enum": [*LEVELS]},
        "class_name": TEXT,
        "message": TEXT,
        "status": {"type": ["integer", "null"]},
        "hostname": TEXT_OR_NULL,
        "target_url": TEXT_OR_NULL,
        "source": TEXT_OR_NULL,
        "article": TEXT_OR_NULL,
        "unresolved": {"type": "boolean"},
        "create_date": TIMESTAMP,
    }
)
_EMBED = record(
    {
        "type": {"const": "rich"},
        "version": {"const": "1.0"},
        "width": COUNT,
        "height": COUNT,
        "provider_name": TEXT,
        "provider_url": TEXT,
        "title": TEXT,
        "html": TEXT,
        "url": TEXT_OR_NULL,
    }
)
_HEARTBEAT = record(
    {
        "version": TEXT,
        "articles_count": COUNT,
        "update_date": TIMESTAMP,
        "status": {"const": "OK"},
    }
)
_DONE: Schema = {"enum": [f"Article {event}." for event in ("found", "created", "updated")]}


def _answer_v4(success: Schema) -> Schema:
    return record({"success": success, "error": NULL, "data": reference("ArticleV4")})


#: All schemas by name.
COMPONENTS: Properties = {
    "ArticlesPage": _page_of("Article"),
    "Article": _article("Entry"),
    "Entry": _entry(events=_EVENTS, events_csl=_EVENTS_CSL),
    "Metrics": _metrics(lagotto.metrics(None)),
    "ArticlesPageV4": _page_of("ArticleV4"),
    "ArticleAnswerV4": _answer_v4(_DONE),
    "ArticleDeletedV4": _answer_v4({"const": "Article deleted."}),
    "ArticleV4": _article("EntryV4"),
    "EntryV4": _entry(events=_EVENTS_CSL),
    "ArticlesV3": _list_of(reference("ArticleV3"), minItems=1),
    "ArticleV3": _ARTICLE_V3,
    "EntryV3": _ENTRY_V3,
    "MetricsV3": _metrics(lagotto_v3.metrics(None)),
    "Issued": _ISSUED,
    "Day": _period("year", "month", "day"),
    "Month": _period("year", "month"),
    "Year": _period("year"),
    "Group": {"enum": [*GROUPS]},
    "SourcesAnswer": record({"total": COUNT, "error": NULL, "data": _list_of(reference("Source"))}),
    "SourceAnswer": record({"error": NULL, "data": reference("Source")}),
    "Source": _SOURCE,
    "Updates": _UPDATES,
    "PublishersPage": _page_of("Publisher"),
    "Publisher": _PUBLISHER,
    "StatusAnswer": record({"error": NULL, "data": reference("Status")}),
    "Status": _STATUS,
    "ApiRequestsPage": _page_of("ApiRequest"),
    "ApiRequest": _API_REQUEST,
    "AlertsPage": _page_of("Alert"),
    "Alert": _ALERT,
    "Embed": _EMBED,
    "Heartbeat": _HEARTBEAT,
    "ArticleFields": {"type": "object", "properties": dict(submitted.ARTICLE)},
    "ArticleBody": {
        "description": "The article, or its fields alone. Other fields are passed over.",
        "anyOf": [
            {
                "type": "object",
                "properties": {"article": reference("ArticleFields")},
                "required": ["article"],
            },
            reference("ArticleFields"),
        ],
    },
    "ArticleForm": {
        "description": "The fields of the article as `article[doi]` and so on.",
        "type": "object",
        "properties": {f"article[{name}]": form_field(s) for name, s in submitted.ARTICLE.items()},
    },
    "Message": _MESSAGE,
    **{error_name(family): _error(family) for family in get_args(Family)},
}
