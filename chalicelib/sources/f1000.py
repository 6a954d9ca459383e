"""F1000Prime: recommendations of articles by the Faculty of 1000. The feed is no longer offered.

It is kept for whoever has a contract, a copy of the feed or Lagotto's document store.

Counts:   the score of the latest recommendation, which sums up those before (total, citations);
          by month
Needs:    DOI; the URL of the feed
Asks:     GET, XML, all recommended articles at once
Limits:   none published; we use 3600 an hour
Auth:     none beyond the URL, which was part of a contract            Licence: by contract
Zero:     an article that is not listed      Unknown work: the same
Traps:    the feed tells scores of now, not when they were given, so each reading makes the score of
          its month; some articles are without Doi, some without Classifications
Docs:     https://github.com/lagotto/lagotto      Read: 2026-11-26
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.apis import document_store
from chalicelib.archive import each
from chalicelib.errors import Rejected
from chalicelib.feed import Entry, Feed, Page, Window, read_entries, with_month
from chalicelib.model import Event, Metrics, Period, Result, Work
from chalicelib.reading import count, expecting, mapping, text
from chalicelib.source import Answer, Client, Outcomes, Setting


class F1000(Feed):
    name = "f1000"
    title = "F1000Prime"
    group = "recommended"
    description = "Recommendations of articles by the Faculty of 1000, later Faculty Opinions."
    calls_per_hour = 3600
    timeout_seconds = 60
    on_by_default = False
    retired = "2022: F1000Prime passed to others as Faculty Opinions and has no public feed"
    #: Of a work in Lagotto's document store; a feed with this status could not be read.
    absent = (404,)
    remembers = True
    interval_seconds = 7 * 86_400
    settings = (
        Setting(
            name="feed_url",
            description="URL of the feed of your contract, or of a copy",
            required=True,
            unless=("db_url",),
        ),
        Setting(
            name="db_url",
            description="Lagotto's document store of F1000; a replay asks it in place of the feed",
        ),
    )

    def read(self, client: Client, window: Window, place: str) -> Page:
        """The whole feed; its scores are those of the last day of the window."""
        return _page(client.get(_feed_url(client), accept="application/xml"), window.end)

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        """What is known about each work, as if read in the month of its publication: for replay.

        Answers may be those of the feed or of Lagotto's document store.
        """
        return each(works, lambda work: self._replayed(work, client))

    def _replayed(self, work: Work, client: Client) -> Result:
        store = client.settings.get("db_url")
        url = document_store.address(store, work) if store else _feed_url(client)
        answer = client.get(url, absent=self.absent)
        if answer.absent:
            return self.nothing(work)
        if document_store.is_document(answer):
            return document_store.read(answer, "recommendations", _result)
        page = _page(answer, work.issued.first_day())
        return self.with_page(self.nothing(work), page, work)

    def merge(self, kept: Any, result: Result, work: Work) -> Result:
        """The recommendations that were kept and that of the result, which wins."""
        given = kept if isinstance(kept, list) else []
        merged = [mapping(event)["event"] for event in given]
        for event in result.events_as_json():
            merged = with_month(merged, mapping(event)["event"])
        return _result(merged)

    def nothing(self, work: Work) -> Result:
        return _result([])


def _feed_url(client: Client) -> str:
    if url := client.settings.get("feed_url"):
        return url
    raise Rejected("f1000 has no feed to read. Set feed_url to the URL of the contract or a copy.")


def _page(answer: Answer, day: dt.date) -> Page:
    root = answer.xml()
    with expecting("a feed of F1000Prime", answer):
        if root.tag != "ObjectList":
            raise ValueError(f"the document is {root.tag!r}, not ObjectList")
    entries, failed = read_entries(
        answer, root.findall("Article"), lambda article: _entry(article, day)
    )
    return Page(entries=entries, failed=failed)


def _entry(article: Any, day: dt.date) -> Entry | None:
    doi = text(article.findtext("Doi"))
    if doi is None:
        return None
    classifications = text(article.findtext("Classifications"))
    recommendation = {
        "year": day.year,
        "month": day.month,
        "doi": doi,
        "f1000_id": text(article.findtext("Id")),
        "url": text(article.findtext("Url")),
        "score": count(article.findtext("TotalScore")),
        "classifications": classifications.lower().split(", ") if classifications else [],
        "updated_at": f"{day.isoformat()}T00:00:00Z",
    }
    return Entry(identifiers={"doi": doi}, result=_result([recommendation]))


def _result(recommendations: Sequence[Mapping[str, Any]]) -> Result:
    months = [_month(recommendation) for recommendation in recommendations]
    urls = [_link(recommendation.get("url")) for recommendation in recommendations]
    return Result(
        metrics=Metrics.of(citations=months[-1]["total"] if months else 0),
        events=[
            Event(event=recommendation, url=url)
            for recommendation, url in zip(recommendations, urls, strict=True)
        ],
        events_url=urls[-1] if urls else None,
        by_month=months,
    )


def _link(value: Any) -> str | None:
    url = text(value)
    return url if url and url.startswith(("https://", "http://")) else None


def _month(recommendation: Mapping[str, Any]) -> Period:
    month = dt.date(count(recommendation["year"]), count(recommendation["month"]), 1)
    return {"month": month.month, "year": month.year, "total": count(recommendation["score"])}
