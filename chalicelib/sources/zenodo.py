"""Zenodo: how often the pages of a record were viewed and its files downloaded.

The numbers are those of all versions of the record, as Zenodo shows them first. Another site
that runs InvenioRDM can be asked in its place: set url.

Counts:   unique views (html) and unique downloads (pdf) of all versions; total is their sum
Needs:    DOI with the prefix of Zenodo, which ends with the number of the record
Asks:     GET, JSON, one record a call
Limits:   60 a minute and 2000 an hour for guests
Auth:     none            Licence: CC0
Zero:     counts of 0      Unknown work: 404; 410 if it was deleted
Traps:    zenodo.org has flat stats, with version_ before the counts of this version alone; other
          sites nest them in this_version and all_versions; older answers write 28 as 28.0; the
          DOI of all versions redirects to the latest one
Docs:     https://developers.zenodo.org/      Read: 2026-11-26
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, mapping, text
from chalicelib.source import Answer, Client, Outcomes, Setting, Source

RECORDS = "https://zenodo.org/api/records/"
PREFIX = "10.5281/"
COUNTS = ("views", "unique_views", "downloads", "unique_downloads")


class Zenodo(Source):
    name = "zenodo"
    title = "Zenodo"
    group = "viewed"
    description = "Views and downloads of records in Zenodo or another InvenioRDM repository."
    prefixes = (PREFIX,)
    calls_per_hour = 2000
    absent = (404, 410)
    usage = True
    settings = (
        Setting(name="url", description="Where the site serves its records", default=RECORDS),
        Setting(
            name="prefixes",
            description="How DOIs of the site begin, with spaces between",
            default=PREFIX,
        ),
    )

    def asks_about(self, work: Work, settings: Mapping[str, str]) -> bool:
        """Whether the DOI is one of the site's, which need not be Zenodo."""
        return work.doi_folded.startswith(tuple((settings.get("prefixes") or PREFIX).split()))

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        base = (client.settings.get("url") or RECORDS).rstrip("/")
        record = works[0].doi_folded.rpartition("/")[2].removeprefix("zenodo.")
        return client.get(f"{base}/{quote(record, safe='')}", absent=self.absent)

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        if answer.absent:
            result = Result(metrics=Metrics.of(html=0, pdf=0))
        else:
            result = _result(mapping(answer.json()))
        return {work.key: result for work in works}


def _result(record: Mapping[str, Any]) -> Result:
    stats = _flat(mapping(record["stats"]))
    links = mapping(record.get("links") or {})
    page = text(links.get("self_html") or links.get("html")) or ""
    return Result(
        metrics=Metrics.of(html=stats["unique_views"], pdf=stats["unique_downloads"]),
        events_url=page if page.startswith("https://") else None,
        notes=stats,
    )


def _flat(stats: Mapping[str, Any]) -> dict[str, int]:
    """The counts by their flat names, whether they come flat or nested."""
    if "all_versions" in stats:
        this_version = mapping(stats.get("this_version") or {})
        every = mapping(stats["all_versions"])
        stats = {**every, **{f"version_{name}": value for name, value in this_version.items()}}
    names = (*COUNTS, *(f"version_{name}" for name in COUNTS))
    return {name: _whole(stats[name]) for name in names if name in stats}


def _whole(value: Any) -> int:
    return count(int(value) if isinstance(value, float) and value.is_integer() else value)
