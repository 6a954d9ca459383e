"""PubMed Central Usage Stats: how often PubMed Central showed an article, told to its publisher.

Counts:   views of the full text (html) and downloads of the PDF (pdf); total is their sum; by month
Needs:    DOI; the PMCID for the page
Asks:     GET, XML, all articles of a journal in a month at once
Limits:   none published; we use 3600 an hour
Auth:     user and password, which each publisher gets from PubMed Central with its journals
          Licence: none stated; the numbers are the publisher's
Zero:     an article that is not listed in any month      Unknown work: the same
Traps:    whether the old address still answers is not known, and it is not encrypted: set feed_url;
          errors come with HTTP 200 and a status other than 0; some articles are without DOI; in
          Lagotto's document store views are kept by DOI, some with full_text for full-text
Docs:     https://github.com/lagotto/lagotto      Read: 2026-11-26
"""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.apis import document_store
from chalicelib.archive import each, escaped, expand, url_setting
from chalicelib.errors import Malformed, Rejected, SourceError
from chalicelib.feed import Entry, Feed, Page, Window, read_entries, with_month
from chalicelib.model import Metrics, Period, Result, Work
from chalicelib.reading import count, expecting, mapping
from chalicelib.source import Answer, Client, Outcomes, Setting

FEED = (
    "http://www.pubmedcentral.nih.gov/utils/publisher/pmcstat/pmcstat.cgi"
    "?year={year}&month={month}&jrid={journal}&user={username}&password={password}"
)
STORE = "http://127.0.0.1:5984/pmc/"


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """One journal in one month."""

    settings: Mapping[str, str]
    journal: str
    year: int
    month: int

    def __str__(self) -> str:
        return f"journal {self.journal}, month {self.month} and year {self.year}"


class Pmc(Feed):
    name = "pmc"
    title = "PubMed Central Usage Stats"
    group = "viewed"
    description = "Views and downloads in PubMed Central, as it tells them to publishers."
    calls_per_hour = 3600
    timeout_seconds = 60
    on_by_default = False
    #: Of a work in Lagotto's document store; a feed with this status could not be read.
    absent = (404,)
    usage = True
    remembers = True
    interval_seconds = 7 * 86_400
    overlap_days = 35
    first_days = 62
    page = "http://www.ncbi.nlm.nih.gov/pmc/articles/PMC{pmcid}"
    settings = (
        url_setting(FEED, "feed_url"),
        Setting(
            name="db_url",
            description="Lagotto's document store of usage; a replay asks it in place of the feed",
        ),
        Setting(
            name="journals",
            description="names of the publisher's journals at PubMed Central, with spaces between",
            per_publisher=True,
        ),
        Setting(
            name="username",
            description="the publisher's user at PubMed Central",
            secret=True,
            per_publisher=True,
        ),
        Setting(
            name="password",
            description="the publisher's password at PubMed Central",
            secret=True,
            per_publisher=True,
        ),
    )

    def read(self, client: Client, window: Window, place: str) -> Page:
        """One journal in one month. What is wrong with one does not keep others from being read."""
        months = window.whole_months()
        parts = _parts(client, months)
        if months and not parts:
            raise Rejected(
                "pmc has no journals to ask about. Give each publisher its journals, username and "
                "password."
            )
        number = int(place or "0")
        if number >= len(parts):
            return Page()
        following = str(number + 1) if number + 1 < len(parts) else None
        try:
            answer = client.get(_url(parts[number]), accept="application/xml")
            page = _page(answer, parts[number])
        except (Rejected, Malformed) as error:
            page = Page(failed=[error])
        return dataclasses.replace(page, next_place=following)

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        """What is known about each work in the month of its publication: for replay.

        Answers may be those of the feed or of Lagotto's document store.
        """
        return each(works, lambda work: self._replayed(work, client))

    def _replayed(self, work: Work, client: Client) -> Result:
        day = work.issued.first_day()
        parts = _parts(client, [(day.year, day.month)])
        store = client.settings.get("db_url")
        if store or not parts:
            document = document_store.address(store or STORE, work)
            asked = [(document, Part({}, "", day.year, day.month))]
        else:
            asked = [(_url(part), part) for part in parts]
        result = self.nothing(work)
        for url, part in asked:
            answer = client.get(url, absent=self.absent)
            if answer.absent:
                continue
            if document_store.is_document(answer):
                found = document_store.read(answer, "views", _result)
                return dataclasses.replace(found, events_url=result.events_url)
            result = self.with_page(result, _page(answer, part), work)
        return result

    def merge(self, kept: Any, result: Result, work: Work) -> Result:
        """The months that were kept and those of the result, which win."""
        views = kept
        for view in result.events_as_json():
            views = with_month(views, mapping(view))
        return _result(views, self.events_url(work))

    def nothing(self, work: Work) -> Result:
        return _result([], self.events_url(work))


def _parts(client: Client, months: Sequence[tuple[int, int]]) -> list[Part]:
    """Each journal of each publisher with an account in each month; without publishers, of the
    settings."""
    accounts = [client.publisher_settings(number) for number in client.publisher_ids()]
    return [
        Part(account, journal, year, month)
        for account in accounts or [client.settings]
        if account.get("username") and account.get("password")
        for journal in (account.get("journals") or "").split()
        for year, month in months
    ]


def _url(part: Part) -> str:
    return expand(
        part.settings["feed_url"],
        year=str(part.year),
        month=str(part.month),
        journal=escaped(part.journal),
        username=escaped(part.settings["username"]),
        password=escaped(part.settings["password"]),
    )


def _page(answer: Answer, part: Part) -> Page:
    """The articles of a journal. Errors: Malformed; Rejected for a status other than 0."""
    root = answer.xml()
    with expecting(f"the usage of {part} in PubMed Central", answer):
        response = root.find("response")
        if response.attrib["status"] != "0":
            raise _refusal(answer, part, response.findtext("error") or "")
        articles = list(root.iter("article"))
    entries, failed = read_entries(answer, articles, lambda article: _entry(article, part))
    return Page(entries=entries, failed=failed)


def _refusal(answer: Answer, part: Part, reason: str) -> SourceError:
    return Rejected(
        f"PMC Usage stats for {part}: {reason.strip()[:200]}",
        url=answer.url,
        status=answer.status,
        body=answer.body,
    )


def _entry(article: Any, part: Part) -> Entry | None:
    doi = (article.find("meta-data").attrib.get("doi") or "").strip()
    if not doi:
        return None
    view = {**article.find("usage").attrib, "year": str(part.year), "month": str(part.month)}
    return Entry(identifiers={"doi": doi}, result=_result([view]))


def _result(views: Sequence[Mapping[str, Any]], events_url: str | None = None) -> Result:
    months = [_month(view) for view in views]
    return Result(
        metrics=Metrics.of(
            html=sum(month["html"] for month in months), pdf=sum(month["pdf"] for month in months)
        ),
        events=views,
        by_month=months,
        events_url=events_url,
    )


def _month(view: Mapping[str, Any]) -> Period:
    month = dt.date(count(view["year"]), count(view["month"]), 1)
    full_text = view["full-text"] if "full-text" in view else view["full_text"]
    return {
        "month": month.month,
        "year": month.year,
        "html": count(full_text),
        "pdf": count(view["pdf"]),
    }
