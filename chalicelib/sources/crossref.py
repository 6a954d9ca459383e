"""Crossref: how many works cite the work, and notices of its retraction or correction.

Who cites it is told to the DOI's owner only; ``opencitations`` and ``openalex`` know citing
works. With the setting ``api`` = ``2014`` it asks as Lagotto did: members, with the username and
password of the work's publisher, for the citing works; others, with openurl_username, for their
number.

Counts:   citing works (total, citations)
Needs:    DOI
Asks:     GET, JSON, 50 DOIs in one filter; a DOI with a comma by itself. 2014: GET, XML, one DOI
          a call
Limits:   3 lists a second for callers who give their mail address
Auth:     none, mailto; 2014: username and password, or openurl_username (secrets)
Licence:  facts, free to store and to show
Zero:     is-referenced-by-count 0; 2014: a forward_link without content, fl_count 0
Unknown work: missing from the list; 404 by itself; 2014: a query that is unresolved
Traps:    a comma ends a value of the filter; request lines above 4,096 bytes were refused;
          a new_version in updated-by is the work itself; only an entry's type says retraction.
          2014: books and proceedings among the citing works do not count; Lagotto did not ask
          about works published less than a day ago, we do, as a source has no clock; the
          password is part of the URL, so cited-by is asked by https
Docs:     https://www.crossref.org/documentation/retrieve-metadata/rest-api/ Read: 2026-11-22
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

from chalicelib import csl
from chalicelib.archive import API, as_2014, as_list, decode, each, escaped, expand
from chalicelib.errors import Malformed, Rejected
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import count, doi, expecting, mapping, sequence, text
from chalicelib.source import (
    Answer,
    Client,
    Limits,
    Outcomes,
    Setting,
    Source,
    chunks,
    outcomes_by_doi,
)

WORKS = "https://api.crossref.org/works"
#: 4,096 bytes (CrossRef/rest-api-doc issue 251) less the other parameters.
FILTER_LIMIT_CHARACTERS = 3600

CITED_BY = (
    "https://doi.crossref.org/servlet/getForwardLinks?usr={username}&pwd={password}&doi={doi}"
)
OPENURL = "http://www.crossref.org/openurl/?pid={openurl_username}&id=doi:{doi}&noredirect=true"


class Crossref(Source):
    name = "crossref"
    title = "CrossRef"
    group = "cited"
    description = "Citations by works with a Crossref DOI, and notices that update the work."
    batch_size = 50
    calls_per_hour = 10800
    agencies = ("crossref",)
    absent = ()
    settings = (
        API,
        Setting(
            name="username",
            description="The publisher's account with Crossref for cited-by; with api=2014",
            secret=True,
            per_publisher=True,
        ),
        Setting(
            name="password",
            description="The password of that account; with api=2014",
            secret=True,
            per_publisher=True,
        ),
        Setting(
            name="openurl_username",
            description="A mail address known to Crossref, for works of publishers without account",
            secret=True,
        ),
        Setting(
            name="url",
            description="URL template of cited-by, with {username}, {password} and {doi}",
            default=CITED_BY,
        ),
        Setting(
            name="openurl",
            description="URL template of OpenURL, with {openurl_username} and {doi}",
            default=OPENURL,
        ),
    )

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        if as_2014(client):
            return each(works, lambda work: _ask_as_in_2014(work, client))
        outcomes: Outcomes = {}
        listed = [work for work in works if "," not in work.doi_folded]
        for part in chunks(listed, _size, FILTER_LIMIT_CHARACTERS):
            outcomes |= super().collect(part, client)
        for work in works:
            if "," in work.doi_folded:
                outcomes |= self._collect_single(work, client)
        return outcomes

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        params = {
            "filter": ",".join(f"doi:{work.doi_folded}" for work in works),
            "select": "DOI,is-referenced-by-count,updated-by,update-to,type,issued",
            "rows": str(self.batch_size),
            "mailto": client.contact_email,
        }
        return client.get(WORKS, params=params)

    def _collect_single(self, work: Work, client: Client) -> Outcomes:
        url = f"{WORKS}/{quote(work.doi_folded, safe='')}"
        try:
            answer = client.get(url, params={"mailto": client.contact_email}, absent=(404,))
            with expecting("a work of Crossref", answer):
                return self.parse(answer, [work])
        except (Malformed, Rejected) as error:
            return {work.key: error}

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        if answer.absent:
            return {work.key: Result(metrics=Metrics.of(citations=0)) for work in works}
        body = mapping(answer.json())
        kind = body["message-type"]
        if body["status"] != "ok" or kind not in ("work", "work-list"):
            raise ValueError(f"status {body['status']!r}, message type {kind!r}")
        message = mapping(body["message"])
        if kind == "work" and len(works) == 1:
            return {works[0].key: _result(works[0], [message])}
        items = sequence(message["items"])
        told = [item for item in items if isinstance(item, dict) and item.get("DOI")]
        complete = count(message["total-results"]) <= len(told)
        return outcomes_by_doi(answer, works, items, "DOI", _result, complete=complete)

    def limits(self, headers: Mapping[str, str]) -> Limits | None:
        told = f"{headers.get('x-rate-limit-limit')} in {headers.get('x-rate-limit-interval')}"
        match = re.fullmatch(r"([1-9][0-9]{0,8}) in ([1-9][0-9]{0,8})s", told)
        if match is None:
            return None
        # The header may speak of single works, of which Crossref allows more than of lists.
        pace = 3600 * int(match[1]) // int(match[2])
        return Limits(calls_per_hour=max(1, min(pace, self.calls_per_hour)))


def _size(work: Work) -> int:
    return len(quote_plus(f"doi:{work.doi_folded},"))


def _result(work: Work, records: Sequence[dict[str, Any]]) -> Result:
    if not records:
        return Result(metrics=Metrics.of(citations=0))
    record = records[0]
    notes = {
        "updates": _notices(work, record.get("updated-by")),
        "update_to": _notices(work, record.get("update-to")),
    }
    return Result(
        metrics=Metrics.of(citations=count(record["is-referenced-by-count"])),
        notes={name: notices for name, notices in notes.items() if notices},
    )


def _notices(work: Work, entries: Any) -> list[dict[str, str | None]]:
    """Type, DOI and source of each notice, without versions that point to the work itself."""
    notices = [
        {"type": text(entry["type"]), "doi": doi(entry["DOI"]), "source": text(entry.get("source"))}
        for entry in sequence(entries or [])
    ]
    own_version = {"type": "new_version", "doi": work.doi_folded}
    return [notice for notice in notices if not own_version.items() <= notice.items()]


def _ask_as_in_2014(work: Work, client: Client) -> Result:
    """The citing works, if the work's publisher has an account, else their number.

    Errors: Rejected where nobody has one.
    """
    given = client.publisher_settings(work.publisher_id)
    names = ("username", "password", "openurl_username")
    accounts = {name: quote(value) for name in names if (value := given.get(name))}
    if "username" in accounts and "password" in accounts:
        template, read = given["url"], _cited_by
    elif "openurl_username" in accounts:
        template, read = given["openurl"], _counted
    else:
        raise Rejected(
            "With api=2014, crossref needs the settings username and password of the work's "
            f"publisher ({work.publisher_id or 'which is unknown'}), or openurl_username."
        )
    url = expand(template, doi=escaped(work.doi or ""), **accounts)
    answer = client.get(url, accept="application/xml")
    with expecting("an answer of Crossref's cited-by or OpenURL", answer):
        return read(mapping(mapping(decode(answer))["crossref_result"]["query_result"]["body"]))


def _cited_by(body: Mapping[str, Any]) -> Result:
    links = [mapping(link) for link in as_list(body["forward_link"])]
    if not links:
        raise ValueError("a forward_link is empty")
    cites = [mapping(link["journal_cite"]) for link in links if "journal_cite" in link]
    return Result(
        metrics=Metrics.of(citations=len(cites)), events=[_citation(cite) for cite in cites]
    )


def _counted(body: Mapping[str, Any]) -> Result:
    query = mapping(body["query"])
    unknown = query.get("status") == "unresolved" and "fl_count" not in query
    return Result(metrics=Metrics.of(citations=0 if unknown else count(query["fl_count"])))


def _citation(cite: Mapping[str, Any]) -> Event:
    url = csl.doi_link(text(cite.get("doi")))
    people = [
        mapping(person)
        for contributors in as_list(cite.get("contributors"))
        for person in as_list(mapping(contributors).get("contributor"))
    ]
    return Event(
        event=cite,
        url=url,
        csl=csl.csl(
            author=[
                {
                    "family": csl.title_case(text(person.get("surname")) or ""),
                    "given": csl.title_case(text(person.get("given_name")) or ""),
                }
                for person in people
            ],
            title=csl.title_case(text(cite.get("article_title")) or ""),
            container_title=text(cite.get("journal_title")),
            issued=csl.parts(text(cite.get("year"))),
            url=url,
            type="article-journal",
        ),
    )
