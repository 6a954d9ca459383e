"""figshare statistics: how often an item was viewed and downloaded.

Lagotto's ``figshare`` told of the supplements of PLOS articles; this one counts for items that
have a DOI of figshare themselves.

Counts:   views (html) and downloads (pdf) of all versions; total is their sum
Needs:    DOI with the prefix of figshare
Asks:     GET, JSON, one work: the number of its item, then one call for each counter
Limits:   one call a second, by request; 3600 an hour
Auth:     none; totals of an institution's own portal need an account, we do not ask for them
          Licence: CC0
Zero:     totals of 0      Unknown work: an empty list; so are collections, which are no items
Traps:    a DOI may end with a version such as .v2, counts are of all versions; the statistics
          know numbers only, and answer for one that does not exist without an error
Docs:     https://docs.figshare.com/      Read: 2026-11-26
"""

import re
from collections.abc import Sequence
from typing import Any

from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, doi, expecting, mapping, sequence, text
from chalicelib.source import Client, Outcomes, Source

ARTICLES = "https://api.figshare.com/v2/articles"
TOTAL = "https://stats.figshare.com/total"


class FigshareStatistics(Source):
    name = "figshare_statistics"
    title = "figshare statistics"
    group = "viewed"
    description = "Views and downloads of items in figshare."
    prefixes = ("10.6084/",)
    calls_per_batch = 4
    calls_per_hour = 3600
    absent = ()
    usage = True

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        return {work.key: _result(work, client) for work in works}


def _result(work: Work, client: Client) -> Result:
    answer = client.get(ARTICLES, params={"doi": work.doi_folded})
    with expecting("a list of items of figshare", answer):
        items = [mapping(item) for item in sequence(answer.json())]
        item = _item(work, items)
        number, page = (count(item["id"]), text(item.get("url_public_html"))) if item else (0, "")
    if item is None:
        return Result(metrics=Metrics.of(html=0, pdf=0))
    views, downloads, shares = (
        _total(counter, number, client) for counter in ("views", "downloads", "shares")
    )
    return Result(
        metrics=Metrics.of(html=views, pdf=downloads),
        events_url=page if page and page.startswith("https://") else None,
        notes={"article_id": number, "shares": shares},
    )


def _item(work: Work, items: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The item of the work's DOI, whatever its version; None if figshare lists none at all."""
    if not items:
        return None
    return {_unversioned(item["doi"]): item for item in items}[_unversioned(work.doi)]


def _unversioned(value: Any) -> str:
    return re.sub(r"\.v[0-9]+$", "", doi(value))


def _total(counter: str, number: int, client: Client) -> int:
    answer = client.get(f"{TOTAL}/{counter}/article/{number}")
    with expecting(f"the total of {counter} of figshare", answer):
        return count(mapping(answer.json())["totals"])
