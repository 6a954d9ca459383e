"""Web of Science: works in Clarivate's citation database that cite the work.

Counts:   citing works (total, citations)
Needs:    DOI
Asks:     GET, JSON, 50 DOIs joined with OR in one search of the Starter API; with api=2014 a
          POST of XML for one DOI to the setting url, which has no default
Limits:   by the plan: 50 calls a day for a trial, 5000 for institutions; no headers tell, so we
          use 200 an hour
Auth:     api_key (secret); with api=2014 the caller's IP address      Licence: by contract, so
          numbers are private
Zero:     a count of 0      Unknown work: missing from hits; "No Result Found" in 2014
Traps:    plans without times cited leave citations out, which is no zero; brackets in DOIs end
          an unquoted term; the old service tells errors with status 200 and a code
Docs:     https://developer.clarivate.com/apis/wos-starter      Read: 2026-11-26
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

from chalicelib.archive import API, as_2014, each
from chalicelib.errors import Rejected
from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, expecting, mapping, sequence, text
from chalicelib.source import (
    Answer,
    Client,
    Outcomes,
    Setting,
    Source,
    chunks,
    found_identifiers,
    outcomes_by_doi,
)

DOCUMENTS = "https://api.clarivate.com/apis/wos-starter/v1/documents"
QUERY_LIMIT_CHARACTERS = 6000
MAXIMUM_PAGES = 3
REQUEST = """<?xml version="1.0" encoding="UTF-8"?>
<request xmlns="http://www.isinet.com/xrpc42" src={src}>
  <fn name="LinksAMR.retrieve">
    <list>
      <map/>
      <map>
        <list name="WOS">
          <val>timesCited</val>
          <val>ut</val>
          <val>citingArticlesURL</val>
        </list>
      </map>
      <map>
        <map name="cite_id">
          <val name="doi">{doi}</val>
        </map>
      </map>
    </list>
  </fn>
</request>
"""
#: Larger numbers were accession numbers in the place of counts.
LARGEST_COUNT = 100_000


class WebOfScience(Source):
    name = "wos"
    title = "Web of Science"
    group = "cited"
    description = "Citations by works in Web of Science, the database of Clarivate."
    batch_size = 50
    calls_per_hour = 200
    private = True
    absent = ()
    on_by_default = False
    settings = (
        API,
        Setting(
            name="url",
            description="Address of the service, or of a mirror, that answers with api=2014",
            required=True,
            unless=("api=current",),
        ),
        Setting(
            name="api_key",
            description="Key for the Web of Science Starter API",
            required=True,
            unless=("api=2014",),
            secret=True,
        ),
    )

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        if as_2014(client):
            return each(works, lambda work: _collect_2014(work, client))
        outcomes: Outcomes = {}
        for part in chunks(
            works, lambda work: len(quote_plus(_term(work))), QUERY_LIMIT_CHARACTERS
        ):
            outcomes |= self._collect_part(part, client)
        return outcomes

    def _collect_part(self, works: Sequence[Work], client: Client) -> Outcomes:
        query = f"DO=({' OR '.join(map(_term, works))})"
        headers = {"X-ApiKey": client.settings["api_key"].strip()}
        total = 0
        records: list[dict[str, Any]] = []
        for page in range(1, MAXIMUM_PAGES + 1):
            params = {"db": "WOS", "q": query, "limit": "50", "page": str(page)}
            answer = client.get(DOCUMENTS, params=params, headers=headers)
            with expecting("a list of documents of Web of Science", answer):
                body = mapping(answer.json())
                total, hits = max(total, count(body["metadata"]["total"])), sequence(body["hits"])
                records += [_with_doi(mapping(hit)) for hit in hits]
            if len(records) >= total or not hits:
                break
        complete = len(records) >= total
        return outcomes_by_doi(answer, works, records, "doi", _result, complete=complete)


def _term(work: Work) -> str:
    return '"{}"'.format(work.doi_folded.replace('"', " "))


def _with_doi(hit: dict[str, Any]) -> dict[str, Any]:
    return {**hit, "doi": mapping(hit.get("identifiers") or {}).get("doi") or ""}


def _result(work: Work, hits: Sequence[dict[str, Any]]) -> Result:
    if not hits:
        return Result(metrics=Metrics.of(citations=0), events={})
    hit = max(hits, key=_times_cited)
    links = mapping(hit.get("links") or {})
    return Result(
        metrics=Metrics.of(citations=_times_cited(hit)),
        events={},
        events_url=_page(links.get("citingArticles")),
        identifiers=found_identifiers(wos=hit.get("uid")),
    )


def _times_cited(hit: Mapping[str, Any]) -> int:
    for citations in sequence(hit.get("citations") or []):
        if mapping(citations).get("db") == "WOS":
            return count(citations["count"])
    raise ValueError("no times cited: does the plan of the key include them?")


def _page(link: Any) -> str | None:
    return found_identifiers(canonical_url=text(link)).get("canonical_url")


def _collect_2014(work: Work, client: Client) -> Result:
    import html

    url = (client.settings.get("url") or "").strip()
    if not url:
        raise Rejected("wos has no URL to ask: set url, or api=current")
    source = f"app.id=Lagotto,env.id=production,partner.email={client.contact_email}"
    src, doi = (html.escape(value) for value in (source, work.doi or ""))
    request = REQUEST.format(src=f'"{src}"', doi=doi)
    answer = client.post(
        url,
        data=request.encode(),
        headers={"content-type": "text/xml; charset=utf-8"},
        accept="application/xml",
    )
    with expecting("an answer of Web of Science", answer):
        [function] = answer.xml().findall("{*}fn")
        if (code := function.get("rc", "OK")).upper() != "OK":
            raise _error(answer, code, function.findtext("{*}error"), work)
        values = function.findall("{*}map/{*}map/{*}map/{*}val")
        told = [(value.text or "").strip() for value in values]
        by_name = {value.get("name"): said for value, said in zip(values, told, strict=True)}
        return Result(
            metrics=Metrics.of(citations=_count_2014(told[0])),
            events={},
            events_url=_page(told[2] if len(told) > 2 else None),
            identifiers=found_identifiers(wos=by_name.get("ut")),
        )


def _error(answer: Answer, code: str, message: str | None, work: Work) -> Rejected:
    told = f"Web of Science error {code}: '{message or 'an error occured'}' for article {work.doi}"
    status = 401 if code == "Server.authentication" else 404
    return Rejected(told, url=answer.url, status=status, body=answer.body)


def _count_2014(value: str) -> int:
    """The first value, where the count is if there is one: Lagotto told values by their order."""
    if re.fullmatch(r"no result.*", value, re.IGNORECASE):
        return 0
    citations = count(value)
    return citations if citations <= LARGEST_COUNT else 0
