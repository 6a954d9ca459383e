"""Altmetric: posts that mention the work, by channel, and the attention score.

Counts:   posts in all channels (total, comments)
Needs:    DOI
Asks:     GET, JSON, one work a call
Limits:   by contract; the headers tell what is left of the hour
Auth:     api_key (secret), as parameter key      Licence: by contract; not to be shown to others
Zero:     cited_by_posts_count 0      Unknown work: 404
Traps:    the slash of a DOI must not be escaped; a 403 is a missing right, no unknown work;
          counts of accounts and of posts differ, and a channel without any is left out;
          altmetric_id changes when records are merged
Docs:     https://details-page-api-docs.altmetric.com/ Read: 2026-11-26
"""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import SHAPE_ERRORS, count, mapping
from chalicelib.source import (
    Answer,
    Client,
    Limits,
    Outcomes,
    Setting,
    Source,
    found_identifiers,
)

NOTES = ("score", "altmetric_id", "last_updated")


class Altmetric(Source):
    name = "altmetric"
    title = "Altmetric"
    group = "discussed"
    description = "Posts in news, blogs and social media that mention the work, by Altmetric."
    calls_per_hour = 3600
    private = True
    on_by_default = False
    page = "https://www.altmetric.com/details/doi/{doi}"
    settings = (
        Setting(name="api_key", description="Altmetric API key", secret=True, required=True),
    )

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        return client.get(
            f"https://api.altmetric.com/v1/doi/{quote(works[0].doi_folded, safe='/:;,()')}",
            params={"key": client.settings["api_key"].strip()},
            absent=self.absent,
        )

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        result = Result(metrics=Metrics.of(comments=0)) if answer.absent else _result(answer)
        return {work.key: result for work in works}

    def limits(self, headers: Mapping[str, str]) -> Limits | None:
        try:
            remaining_calls = count(headers["x-hourlyratelimit-remaining"])
        except SHAPE_ERRORS:
            return None
        return Limits(remaining_calls=remaining_calls, reset_seconds=3600)


def _result(answer: Answer) -> Result:
    record = mapping(answer.json())
    channels = {
        name: count(value)
        for name, value in record.items()
        if name.startswith("cited_by_") and name.endswith("_count")
    }
    return Result(
        metrics=Metrics.of(comments=channels["cited_by_posts_count"]),
        events=channels,
        identifiers=found_identifiers(
            pmid=record.get("pmid"), pmcid=record.get("pmc"), arxiv=record.get("arxiv_id")
        ),
        notes={name: record[name] for name in NOTES if record.get(name) is not None},
    )
