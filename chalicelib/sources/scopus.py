"""Scopus: works in Elsevier's database that cite the work.

Counts:   citing works (total, citations)
Needs:    DOI
Asks:     GET, JSON, 25 DOIs joined with OR in one search; with api=2014 one DOI a call
Limits:   20,000 searches a week for a key and about nine a second; the headers tell what is left
Auth:     api_key, insttoken (both secret)      Licence: use by non-commercial institutions; a
          link to Scopus is asked for, so read its policy before you show the numbers
Zero:     citedby-count 0      Unknown work: missing; a single entry with an error if all are
Traps:    an empty result is one entry that says so; brackets in DOIs end an unquoted term;
          counts are texts; several records can have one DOI; the time of the reset is in
          seconds or milliseconds; a 404 means that the service moved
Docs:     https://dev.elsevier.com/documentation/ScopusSearchAPI.wadl      Read: 2026-11-26
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

from chalicelib.apis import budgets
from chalicelib.archive import API, as_2014, decode, each, escaped, expand, url_setting
from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, expecting, mapping, sequence, text
from chalicelib.source import (
    Answer,
    Client,
    Limits,
    Outcomes,
    Setting,
    Source,
    chunks,
    found_identifiers,
    outcomes_by_doi,
)

NOTHING_FOUND = "Result set was empty"
KEPT = ("eid", "dc:identifier", "prism:doi", "citedby-count", "link")
QUERY_LIMIT_CHARACTERS = 6000


class Scopus(Source):
    name = "scopus"
    title = "Scopus"
    group = "cited"
    description = "Citations by works in Scopus, the database of Elsevier."
    batch_size = 25
    # At this pace the searches of a week would last some hours: the headers tell.
    calls_per_hour = 3600
    absent = ()
    on_by_default = False
    settings = (
        API,
        url_setting("https://api.elsevier.com/content/search/index:SCOPUS?query=DOI({doi})"),
        Setting(
            name="api_key",
            description="Key of dev.elsevier.com",
            required=True,
            secret=True,
        ),
        Setting(
            name="insttoken",
            description="Token of the institution, where Elsevier gave one",
            secret=True,
        ),
    )

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        if as_2014(client):
            return each(works, lambda work: _collect_2014(work, client))
        return super().collect(works, client)

    def parts(self, works: Sequence[Work]) -> Sequence[Sequence[Work]]:
        return chunks(works, lambda work: len(quote_plus(_term(work))), QUERY_LIMIT_CHARACTERS)

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        params = {
            "query": " OR ".join(map(_term, works)),
            "view": "STANDARD",
            "count": str(2 * self.batch_size),  # some DOIs have two records
        }
        url = "https://api.elsevier.com/content/search/scopus"
        return client.get(url, params=params, headers=_keys(client))

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        found = mapping(mapping(answer.json())["search-results"])
        records = [mapping(entry) for entry in sequence(found["entry"])]
        if [entry.get("error") for entry in records] == [NOTHING_FOUND]:
            records = []
        complete = count(found["opensearch:totalResults"]) <= len(records)
        told = [{**record, "prism:doi": record.get("prism:doi") or ""} for record in records]
        return outcomes_by_doi(answer, works, told, "prism:doi", _result, complete=complete)

    def limits(self, headers: Mapping[str, str]) -> Limits | None:
        return budgets.until_moment(headers)


def _term(work: Work) -> str:
    return 'DOI("{}")'.format(work.doi_folded.replace('"', " "))


def _keys(client: Client) -> dict[str, str]:
    keys = {
        "X-ELS-APIKey": client.settings.get("api_key") or "",
        "X-ELS-Insttoken": client.settings.get("insttoken") or "",
    }
    return {name: key.strip() for name, key in keys.items() if key.strip()}


def _result(work: Work, records: Sequence[dict[str, Any]]) -> Result:
    if not records:
        return Result(metrics=Metrics.of(citations=0), events={})
    record = max(records, key=lambda record: count(record["citedby-count"]))
    return _of_entry(record, {name: record[name] for name in KEPT if name in record})


def _of_entry(entry: Mapping[str, Any], kept: Mapping[str, Any]) -> Result:
    return Result(
        metrics=Metrics.of(citations=count(entry["citedby-count"])),
        events=kept,
        events_url=_cited_by_page(entry.get("link")),
        identifiers=found_identifiers(scp=entry.get("dc:identifier")),
    )


def _cited_by_page(links: Any) -> str | None:
    for link in sequence(links or []):
        if mapping(link).get("@ref") == "scopus-citedby":
            return found_identifiers(canonical_url=text(link["@href"])).get("canonical_url")
    return None


def _collect_2014(work: Work, client: Client) -> Result:
    url = expand(client.settings["url"], doi=escaped(work.doi or ""))
    answer = client.get(url, headers=_keys(client))
    with expecting("a search result of Scopus", answer):
        entry = mapping(sequence(mapping(decode(answer)["search-results"])["entry"])[0])
        if entry.get("error") == NOTHING_FOUND:
            return Result(metrics=Metrics.of(citations=0), events=entry)
        return _of_entry(entry, entry)
