"""Mendeley: readers who have the work in their library, and groups.

Counts:   readers (Lagotto's shares) and groups; total is both together
Needs:    DOI or PMID
Asks:     GET, JSON, one work a call, after a call for a token; with api=2014 one to three
          calls for the uuid of the document, and one for its details
Limits:   none published; Lagotto's documentation spoke of 150 an hour, which we use
Auth:     OAuth client credentials: client_id, client_secret (secret); or access_token (secret)
          Licence: counts are facts; terms of dev.mendeley.com
Zero:     reader_count 0      Unknown work: an empty list
Traps:    uuids change, so a kept one is never asked for; group_count comes with view=stats
          only; in the old service a 404 with a text means an error, with a list it is zero
Docs:     https://dev.mendeley.com/methods/#catalog-documents      Read: 2026-11-26
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib import oauth
from chalicelib.archive import API, as_2014, decode, each, escaped, expand, url_setting
from chalicelib.errors import Malformed, Rejected
from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, doi, expecting, mapping, sequence, text
from chalicelib.source import (
    Answer,
    Client,
    Outcomes,
    Setting,
    Source,
    found_identifiers,
    read_each,
)

KEPT = (
    *("reader_count", "reader_count_by_academic_status", "reader_count_by_subdiscipline"),
    *("reader_count_by_subject_area", "reader_count_by_country", "group_count"),
)
OLD = "https://api-oauth2.mendeley.com"
DETAILS = f"{OLD}/oapi/documents/details/{{id}}"


class Mendeley(Source):
    name = "mendeley"
    title = "Mendeley"
    group = "saved"
    description = "Readers and groups that have the work in their libraries on Mendeley."
    profits_from = ("pmid",)
    calls_per_hour = 150
    absent = ()
    on_by_default = False
    settings = (
        API,
        url_setting(DETAILS),
        url_setting(f"{DETAILS}/?type={{doc_type}}", "url_with_type"),
        url_setting(f"{OLD}/oapi/documents/search/title:{{title}}/?items=10", "url_with_title"),
        url_setting(f"{OLD}/oauth/token", "authentication_url"),
        Setting(
            name="client_id",
            description="Id of your application",
            required=True,
            unless=("access_token",),
        ),
        Setting(
            name="client_secret",
            description="Secret of your application",
            required=True,
            unless=("access_token",),
            secret=True,
        ),
        Setting(name="access_token", description="A token in place of a new one", secret=True),
    )

    def applies(self, work: Work) -> bool:
        return work.has("doi") or work.has("pmid")

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        if as_2014(client):
            return each(works, lambda work: _collect_2014(work, client))
        return super().collect(works, client)

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        [work] = works
        identifier = {"doi": work.doi} if work.doi else {"pmid": work.pmid or ""}
        return oauth.with_token(
            client,
            lambda token: client.get(
                "https://api.mendeley.com/catalog",
                params={**identifier, "view": "stats"},
                headers={"authorization": f"Bearer {token}"},
                accept="application/vnd.mendeley-document.1+json",
            ),
            _fetch(client, "https://api.mendeley.com/oauth/token", {"scope": "all"}),
        )

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        found = sequence(answer.json())
        return read_each(answer, works, lambda work: _result(found))


def _fetch(
    client: Client, url: str, data: Mapping[str, str] | None = None
) -> Callable[[], None] | None:
    """What gets a token, if there are credentials."""
    user, password = client.settings.get("client_id"), client.settings.get("client_secret")
    if not (user and password):
        return None
    return lambda: oauth.client_credentials(client, url, basic=(user, password), data=data)


def _result(found: Sequence[Any]) -> Result:
    if not found:
        return Result(metrics=Metrics.of(readers=0, groups=0), events={})
    document = mapping(found[0])
    groups = document.get("group_count")
    return Result(
        metrics=Metrics.of(
            readers=count(document["reader_count"]),
            groups=None if groups is None else count(groups),
        ),
        events={name: document[name] for name in KEPT if name in document},
        events_url=_page(document.get("link")),
        identifiers=found_identifiers(mendeley_uuid=document.get("id")),
    )


def _page(link: Any) -> str | None:
    return found_identifiers(canonical_url=text(link)).get("canonical_url")


def _collect_2014(work: Work, client: Client) -> Result:
    uuid = _uuid(work, client)
    if uuid is None:
        return Result(metrics=Metrics.of(readers=0, groups=0), events={})
    answer = _get(expand(client.settings["url"], id=escaped(uuid)), client)
    with expecting("details of a document of Mendeley", answer):
        if answer.absent:
            _check_absence(answer)
        details = _found(answer)
        if details and not details.keys() & {"uuid", "stats"}:
            raise ValueError("no document")
        stats = mapping(details.get("stats") or {})
        return Result(
            metrics=Metrics.of(
                readers=count(stats.get("readers") or 0),
                groups=len(sequence(details.get("groups") or [])),
            ),
            events=stats,
            events_url=_page(details.get("mendeley_url")),
            identifiers=found_identifiers(mendeley_uuid=uuid),
        )


def _uuid(work: Work, client: Client) -> str | None:
    """The uuid that the document has today, by PMID, DOI or title; None if it is unknown."""
    template = client.settings["url_with_type"]
    # The old service decoded the path twice.
    for doc_type, value in (("pmid", work.pmid), ("doi", escaped(escaped(work.doi or "")))):
        if value:
            answer = _get(expand(template, id=value, doc_type=doc_type), client)
            with expecting("a document of Mendeley", answer):
                document = _found(answer)
                if document.get("mendeley_url"):
                    return _uuid_of(document)
    title = escaped(f"title:{work.title}")
    answer = _get(expand(client.settings["url_with_title"], title=title), client)
    with expecting("a search result of Mendeley", answer):
        found = _found(answer)
        documents = [mapping(item) for item in sequence(found["documents"])] if found else []
        matching = [document for document in documents if _is_of(document, work)]
        if len(matching) == 1 and matching[0].get("mendeley_url"):
            return _uuid_of(matching[0])
    return None


def _found(answer: Answer) -> dict[str, Any]:
    """What the old service found; empty for a 404 and for an empty list, by which it said
    that there is nothing."""
    if answer.absent:
        return {}
    body = decode(answer)
    found = {} if body == [] else mapping(body)
    if body == {} or found.get("error") is not None:
        raise ValueError("an error with status 200")
    return found


def _is_of(document: Mapping[str, Any], work: Work) -> bool:
    return bool(work.doi) and doi(document.get("doi")) == work.doi_folded


def _uuid_of(document: Mapping[str, Any]) -> str:
    if (uuid := text(document["uuid"])) is None:
        raise ValueError("a document without uuid")
    return uuid


def _get(url: str, client: Client) -> Answer:
    return oauth.with_token(
        client,
        lambda token: client.get(url, headers={"authorization": f"Bearer {token}"}, absent=(404,)),
        _fetch(client, client.settings["authentication_url"]),
    )


def _check_absence(answer: Answer) -> None:
    """Errors: Rejected for a 404 that tells an error in words; without words it is zero."""
    try:
        told = decode(answer)
    except Malformed:
        told = answer.body.decode("utf-8", "replace")
    error = (told.get("error") or told) if isinstance(told, dict) else told
    if isinstance(error, str):
        raise Rejected(error[:500], url=answer.url, status=answer.status, body=answer.body)
