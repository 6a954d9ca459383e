"""Unpaywall: where the work can be read for free.

That is an attribute of the work rather than a measure of attention, and OpenAlex tells it too.

Counts:   places with a free copy (total); whether and how it is open are the events
Needs:    DOI
Asks:     GET, JSON, one work a call
Limits:   100,000 a day
Auth:     none, but email, which must be a real one            Licence: CC0
Zero:     oa_locations is empty      Unknown work: 404
Traps:    example addresses are refused with 422; best_oa_location is null for a closed work;
          the host of a copy that was removed may still be listed for a while
Docs:     https://unpaywall.org/products/api      Read: 2026-11-26
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import mapping, sequence, text
from chalicelib.source import Answer, Client, Outcomes, Source

LOCATION = ("url", "host_type", "license", "version")


class Unpaywall(Source):
    name = "unpaywall"
    title = "Unpaywall"
    group = "other"
    description = "Places where a free copy of the work can be read, found by Unpaywall."
    calls_per_hour = 4000
    on_by_default = False
    page = "https://unpaywall.org/{doi}"

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        return client.get(
            f"https://api.unpaywall.org/v2/{quote(works[0].doi_folded, safe='/')}",
            params={"email": client.contact_email},
            absent=self.absent,
        )

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        result = Result(metrics=Metrics(total=0)) if answer.absent else _result(answer)
        return {work.key: result for work in works}


def _result(answer: Answer) -> Result:
    record = mapping(answer.json())
    places = [mapping(place) for place in sequence(record["oa_locations"])]
    best = record.get("best_oa_location")
    events: dict[str, Any] = {
        "is_oa": {True: True, False: False}[record["is_oa"]],
        "oa_status": text(record.get("oa_status")),
        "best_oa_location": None
        if best is None
        else {name: mapping(best).get(name) for name in LOCATION},
    }
    return Result(metrics=Metrics(total=len(places)), events=events)
