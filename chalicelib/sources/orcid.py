"""ORCID: people who list the work in their public ORCID record, one contribution each.

Counts:   ORCID records that name the DOI (total)
Needs:    DOI
Asks:     GET, JSON, one work a call; the first 100 iDs
Limits:   12 a second; a daily quota of which no number is published, so we use 1000 an hour
Auth:     none            Licence: CC0; iDs are personal data and may be left out (people=count)
Zero:     num-found 0, result null      Unknown work: the same
Traps:    the answer is XML unless JSON is asked for; DOIs are indexed as people wrote them, so
          the spelling of the work is asked for beside the one in lower case
Docs:     https://info.orcid.org/documentation/api-tutorials/      Read: 2026-11-26
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.apis import orcid
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import count, mapping, sequence, text
from chalicelib.source import Answer, Client, Outcomes, Setting, Source, phrase


class Orcid(Source):
    name = "orcid"
    title = "ORCID"
    group = "contributions"
    description = "People who list the work in their public ORCID record."
    calls_per_hour = 1000
    burst_seconds_per_call = 0.1
    absent = ()
    settings = (
        Setting(
            name="people",
            description="Whether iDs are kept (list) or their number alone (count)",
            default="list",
            choices=("list", "count"),
        ),
    )

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        outcomes = super().collect(works, client)
        if client.settings.get("people") != "count":
            return outcomes
        return {
            key: Result(metrics=outcome.metrics) if isinstance(outcome, Result) else outcome
            for key, outcome in outcomes.items()
        }

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        spellings = dict.fromkeys((works[0].doi_folded, works[0].doi or ""))
        params = {
            "q": f"digital-object-ids:({' OR '.join(map(phrase, spellings))})",
            "rows": "100",
        }
        return client.get("https://pub.orcid.org/v3.0/search/", params=params)

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        body = mapping(answer.json())
        total, found = count(body["num-found"]), sequence(body["result"] or [])
        if len(found) > total or (total and not found):
            raise ValueError(f"{len(found)} iDs of {total}")
        return {
            work.key: Result(
                metrics=Metrics.of(total),
                events=[_event(mapping(person), work) for person in found],
            )
            for work in works
        }


def _event(person: Mapping[str, Any], work: Work) -> Event:
    found = text(mapping(person["orcid-identifier"])["path"])
    if not found:
        raise ValueError("a result has no iD")
    return orcid.contribution(found, work.doi or "", "orcid")
