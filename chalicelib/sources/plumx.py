"""PlumX: usage, captures, mentions, social media and citations of the work, as one record.

Counts:   the sum of the categories (total); what is in it, by category, are the events
Needs:    DOI
Asks:     GET, JSON, one work a call
Limits:   6 a second and a weekly quota for each key; the headers tell what is left
Auth:     api_key (secret) and, where Elsevier gave one, insttoken (secret)
          Licence: subscribers of Scopus, no republishing
Zero:     no category      Unknown work: 404, also for works without any metrics
Traps:    count_categories is null or absent where nothing was counted; the total of citation
          is the highest of its sources, all others are sums; x-ratelimit-reset is a moment
Docs:     https://dev.elsevier.com/documentation/PlumXMetricsAPI.wadl      Read: 2026-11-26
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from chalicelib.apis import budgets
from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, mapping, sequence, text
from chalicelib.source import Answer, Client, Limits, Outcomes, Setting, Source


class PlumX(Source):
    name = "plumx"
    title = "PlumX"
    group = "other"
    description = "Usage, captures, mentions, social media and citations, counted by PlumX."
    # A week's quota would not last at 6 a second.
    calls_per_hour = 3600
    on_by_default = False
    page = "https://plu.mx/plum/a/?doi={doi}"
    settings = (
        Setting(name="api_key", description="Elsevier API key", secret=True, required=True),
        Setting(
            name="insttoken",
            description="Elsevier institution token, if you were given one",
            secret=True,
        ),
    )

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        headers = {"x-els-apikey": client.settings["api_key"].strip()}
        if token := client.settings.get("insttoken", "").strip():
            headers["x-els-insttoken"] = token
        return client.get(
            f"https://api.elsevier.com/analytics/plumx/doi/{quote(works[0].doi or '', safe='/')}",
            headers=headers,
            absent=self.absent,
        )

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        result = Result(metrics=Metrics(total=0)) if answer.absent else _result(answer)
        return {work.key: result for work in works}

    def limits(self, headers: Mapping[str, str]) -> Limits | None:
        return budgets.until_moment(headers)


def _result(answer: Answer) -> Result:
    record = mapping(answer.json())
    if text(record["id_value"]) is None:
        raise ValueError("the record is not said to be of a work")
    categories = dict(map(_category, sequence(record.get("count_categories") or [])))
    total = sum(category["total"] for category in categories.values())
    return Result(metrics=Metrics(total=total), events=categories)


def _category(value: Any) -> tuple[str, dict[str, Any]]:
    """The name of a category, and its total and the counts that it consists of."""
    category = mapping(value)
    types = [mapping(item) for item in sequence(category.get("count_types") or [])]
    counts = {
        "total": count(category["total"]),
        "count_types": {str(item["name"]): count(item["total"]) for item in types},
    }
    if sources := [source for item in types for source in sequence(item.get("sources") or [])]:
        counts["sources"] = {str(source["name"]): count(source["total"]) for source in sources}
    name = text(category["name"])
    if name is None:
        raise ValueError("a category has no name")
    return name, counts
