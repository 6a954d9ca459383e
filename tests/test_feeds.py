"""Feeds and importers from the schedule to what is kept; finders and agencies."""

import dataclasses
import datetime as dt
from typing import Any, ClassVar

import pytest

from chalicelib import agencies, feeds, planner, sources, worker
from chalicelib.errors import Malformed, RateLimited, Rejected, Unavailable
from chalicelib.feed import Entry, Feed, Importer, Page, Publisher, Window, with_month
from chalicelib.model import Event, Job, Metrics, PartialDate, Result, Work
from chalicelib.source import Source
from chalicelib.store import agencies as known_agencies
from chalicelib.store import alerts, events, numbers, publishers, shelves, works
from chalicelib.store import sources as source_rows
from infra.local import progress
from tests.simulated import NOW, _fast, install, providers, queue
from tests.test_pipeline import add

__all__ = ["_fast", "providers", "queue"]

DOI = "10.5555/fed"


class Usage(Feed):
    """A feed of two pages: what was used of each work in a month."""

    name = title = "usage_feed"
    group = "viewed"
    description = "Usage."
    usage = True
    remembers = True
    interval_seconds = 86_400
    first_days = 40
    overlap_days = 2
    #: What was asked: (window, place).
    asked: ClassVar[list[tuple[Window, str]]] = []
    #: place → Page, or the error that comes instead.
    answers: ClassVar[dict[str, Any]] = {}

    def read(self, client: Any, window: Window, place: str) -> Page:
        self.asked.append((window, place))
        answer = self.answers.get(place, Page())
        if isinstance(answer, Exception):
            raise answer
        return answer

    def merge(self, kept: Any, result: Result, work: Work) -> Result:
        views = with_month(kept, result.events[0])
        pdf, html = (sum(view[name] for view in views) for name in ("pdf", "html"))
        return Result(metrics=Metrics.of(pdf=pdf, html=html), events=views, by_month=views)


class Import(Importer):
    """An importer of works and publishers."""

    name = title = "import_feed"
    group = "works"
    description = "Works."
    page: ClassVar[Any] = Page()

    def read(self, client: Any, window: Window, place: str) -> Page:
        return type(self).page


class Finder(Source):
    """Tells the landing page of every work."""

    name = title = "finder"
    group = "other"
    description = "Finds."
    kind = "finder"
    finds = ("canonical_url",)
    asked: ClassVar[list[str]] = []

    def applies(self, work: Work) -> bool:
        return super().applies(work) and work.canonical_url is None

    def collect(self, asked: Any, client: Any) -> Any:
        self.asked.extend(work.key for work in asked)
        page = {"canonical_url": "https://example.org/1"}
        return {work.key: Result(metrics=None, identifiers=page) for work in asked}


class Seeker(Source):
    """Needs a landing page."""

    name = title = "seeker"
    group = "discussed"
    description = "Seeks."
    needs = ("canonical_url",)

    def collect(self, asked: Any, client: Any) -> Any:
        return {work.key: Result(metrics=Metrics.of(comments=3)) for work in asked}


class Recent(Source):
    """Only tells what was said in the last days."""

    name = title = "recent"
    group = "discussed"
    description = "Recent."
    remembers = True
    said: ClassVar[list[str]] = []

    def collect(self, asked: Any, client: Any) -> Any:
        found = [Event(event={"id": one}) for one in self.said]
        result = Result(metrics=Metrics.of(comments=len(found)), events=found)
        return {work.key: result for work in asked}

    def merge(self, kept: Any, result: Result, work: Work) -> Result:
        ids = {one["event"]["id"]: one for one in [*kept, *result.events_as_json()]}
        return Result(metrics=Metrics.of(comments=len(ids)), events=list(ids.values()))


class OnlyCrossref(Source):
    name = title = "only_crossref"
    group = "cited"
    description = "Only Crossref's."
    agencies = ("crossref",)
    asked: ClassVar[list[str]] = []

    def collect(self, asked: Any, client: Any) -> Any:
        self.asked.extend(work.doi for work in asked)
        return {work.key: Result(metrics=Metrics.of(citations=1)) for work in asked}


@pytest.fixture(autouse=True)
def _registry(monkeypatch):
    made = (Usage(), Import(), Finder(), Seeker(), Recent(), OnlyCrossref())
    added = {source.name: source for source in made}
    names, get = (*sources.names(), *added), sources.get
    monkeypatch.setattr(sources, "names", lambda: names)
    monkeypatch.setattr(sources, "get", lambda name: added.get(name) or get(name))
    for kept in (Usage.asked, Finder.asked, Recent.said, OnlyCrossref.asked):
        kept.clear()
    Usage.answers.clear()
    known_agencies.forget_cache()
    agencies._asked_in_vain.clear()


def work(doi: str = DOI) -> Work:
    return Work(key=f"doi:{doi.lower()}", doi=doi, title="Fed", issued=PartialDate(2026, 9))


def used(doi: str, month: int, pdf: int, html: int) -> Entry:
    view = {"year": 2026, "month": month, "pdf": pdf, "html": html}
    result = Result(metrics=Metrics.of(pdf=pdf, html=html), events=[view])
    return Entry(identifiers={"doi": doi}, result=result)


def stored(source: str, key: str = f"doi:{DOI}") -> Any:
    text = works.find([key])[key].numbers.get(source)
    return numbers.decode(text) if text else None


def tick(queue: Any, days: float = 0) -> list[Any]:
    queue.now = NOW + dt.timedelta(days=days)
    planner.plan(queue.now)
    return queue.run_until(queue.now + dt.timedelta(seconds=899))


def row(name: str) -> Any:
    return source_rows.get(name)


# Feeds


def test_a_feed_is_read_page_by_page_and_matched_to_works(queue):
    install("usage_feed")
    add([work()])
    Usage.answers.update(
        {
            "": Page(
                entries=[used(DOI.upper(), 9, 2, 5), used("10.5555/x", 9, 1, 1)], next_place="b"
            ),
            "b": Page(entries=[used(DOI, 10, 1, 6)]),
        }
    )
    [report] = tick(queue)
    assert (report.asked, report.written, report.outcome) == (2, 2, "done")
    window = Window(dt.date(2026, 10, 13), dt.date(2026, 11, 22))
    assert Usage.asked == [(window, ""), (window, "b")]
    kept = stored("usage_feed")
    assert (kept.metrics.pdf, kept.metrics.html, kept.metrics.total) == (3, 11, 14)
    [found] = events.find([(f"doi:{DOI}", "usage_feed")]).values()
    assert [view["month"] for view in found.events] == [9, 10]
    assert "10.5555/x" not in {key for shelf in shelves.names() for key in shelf}


def test_a_feed_is_read_again_after_its_interval_and_from_where_it_was(queue):
    install("usage_feed")
    tick(queue)
    assert row("usage_feed").feed_read_until == "2026-11-22"
    assert tick(queue, days=0.5) == []
    tick(queue, days=1.1)
    assert Usage.asked[-1][0] == Window(dt.date(2026, 11, 20), dt.date(2026, 11, 23))


def test_reading_twice_counts_nothing_twice(queue):
    install("usage_feed")
    add([work()])
    Usage.answers[""] = Page(entries=[used(DOI, 9, 2, 5)])
    tick(queue)
    tick(queue, days=1.1)
    assert stored("usage_feed").metrics.total == 7
    Usage.answers[""] = Page(entries=[used(DOI, 9, 4, 5)])  # the provider corrects
    tick(queue, days=2.2)
    assert stored("usage_feed").metrics.total == 9


def test_a_crontab_line_says_when(queue):
    install("usage_feed")
    source_rows.change(
        "usage_feed",
        lambda seen: dataclasses.replace(
            seen, settings={**seen.settings, "cron_line": "0 5 9 * *"}
        ),
    )
    tick(queue)
    assert row("usage_feed").feed_due_at == dt.datetime(2026, 12, 9, 5, 0, tzinfo=dt.UTC)


def test_a_feed_too_long_for_one_job_is_read_on_by_the_next(queue):
    install("usage_feed")
    add([work()])
    Usage.answers.update(
        {
            "": Page(entries=[used(DOI, 9, 1, 0)], next_place="b"),
            "b": Page(entries=[used(DOI, 10, 1, 0)]),
        }
    )
    source = sources.get("usage_feed")
    report = worker.run(feeds.job_of(row("usage_feed"), source, NOW.date()), NOW, lambda: 20.0)
    assert report.left == 1 and row("usage_feed").feed_read_until == ""
    [(_, rest)] = queue.sent
    assert rest.feed["place"] == "b" and rest.tries == 0
    queue.run_until(NOW + dt.timedelta(hours=1))
    assert stored("usage_feed").metrics.total == 2
    assert row("usage_feed").feed_read_until == "2026-11-22"


@pytest.mark.parametrize(
    "error",
    [
        Unavailable("down"),
        RateLimited("slow", retry_after_seconds=60),
        RateLimited("at once", retry_after_seconds=0),
    ],
)
def test_a_page_out_of_reach_is_read_later_and_what_came_before_stays(queue, error):
    install("usage_feed")
    add([work()])
    Usage.answers.update({"": Page(entries=[used(DOI, 9, 1, 0)], next_place="b"), "b": error})
    job = feeds.job_of(row("usage_feed"), sources.get("usage_feed"), NOW.date())
    worker.run(job, NOW, lambda: 900.0)
    assert stored("usage_feed").metrics.total == 1
    assert row("usage_feed").feed_read_until == ""
    Usage.answers["b"] = Page(entries=[used(DOI, 10, 5, 0)])
    queue.run_until(NOW + dt.timedelta(hours=1))
    assert stored("usage_feed").metrics.total == 6
    assert row("usage_feed").feed_read_until == "2026-11-22"


def test_a_feed_too_large_for_one_job_is_read_on_by_the_next(queue, monkeypatch):
    install("usage_feed")
    Usage.answers.update({"": Page(next_place="b"), "b": Page()})
    monkeypatch.setattr(worker, "LARGEST_EVIDENCE_BYTES", 0)
    planner.plan(NOW)
    reports = queue.run_until(NOW + dt.timedelta(seconds=1))
    assert [report.left for report in reports] == [1, 0]
    assert [place for _, place in Usage.asked] == ["", "b"]


def test_a_feed_that_stays_down_becomes_a_dead_letter_and_is_read_again(queue):
    install("usage_feed")
    Usage.answers[""] = Unavailable("down")
    tick(queue)
    queue.run_until(NOW + dt.timedelta(hours=3))
    [dead] = queue.dead
    assert dead.feed["from"] == "2026-10-13"
    source_rows.change(
        "usage_feed",
        lambda seen: dataclasses.replace(seen, feed_due_at=NOW + dt.timedelta(days=30)),
    )
    worker.dead(dead, NOW)
    assert row("usage_feed").feed_due_at == NOW + dt.timedelta(days=1)
    Usage.answers.clear()
    assert planner.resend(dead, NOW) == "sent"


def test_a_refused_feed_is_an_alert_and_is_read_again_in_a_day(queue):
    install("usage_feed")
    Usage.answers[""] = Rejected("no such customer", status=403)
    source_rows.change(
        "usage_feed",
        lambda seen: dataclasses.replace(
            seen, settings={**seen.settings, "cron_line": "0 5 9 * *"}
        ),
    )
    tick(queue)
    assert row("usage_feed").feed_due_at == NOW + dt.timedelta(days=1)
    [alert] = list(alerts.find("source#usage_feed"))
    assert "no such customer" in alert.message and alert.class_name == "Net::HTTPForbidden"


def test_an_entry_that_cannot_be_read_costs_only_itself(queue):
    install("usage_feed")
    add([work()])
    Usage.answers[""] = Page(entries=[used(DOI, 9, 1, 0)], failed=[Malformed("an odd item")])
    tick(queue)
    assert stored("usage_feed").metrics.total == 1
    assert "an odd item" in next(alerts.find("source#usage_feed")).message
    assert row("usage_feed").feed_read_until == "2026-11-22"


def test_feeds_have_no_shelves_and_are_read_by_name_for_any_days(queue):
    install("usage_feed")
    add([work()])
    [shelf] = shelves.names()
    assert list(shelves.due("usage_feed", NOW + dt.timedelta(days=99))) == []
    planner.refresh(NOW, only=["usage_feed"], start=dt.date(2020, 1, 1), end=dt.date(2020, 3, 1))
    queue.run_until(NOW)
    assert Usage.asked == [(Window(dt.date(2020, 1, 1), dt.date(2020, 3, 1)), "")]
    assert row("usage_feed").feed_read_until == "2020-03-01"
    assert shelf


def test_windows():
    window = Window(dt.date(2025, 11, 30), dt.date(2026, 2, 27))
    assert window.months() == [(2025, 11), (2025, 12), (2026, 1), (2026, 2)]
    assert window.whole_months() == [(2025, 11), (2025, 12), (2026, 1)]
    assert Window(window.start, dt.date(2026, 2, 28)).whole_months() == window.months()


# Importers


def test_an_importer_adds_works_and_publishers(queue):
    install("import_feed")
    fields = {"title": "Imported", "issued": "2026-05", "publisher_id": 340}
    Import.page = Page(
        entries=[
            Entry(identifiers={"doi": "10.5555/New"}, work=fields),
            Entry(identifiers={"doi": "10.5555/untitled"}, work={"issued": "2026"}),
            Entry(
                publisher=Publisher(id="340", name="A press", agency="crossref", prefixes=["10.1"])
            ),
        ]
    )
    [report] = tick(queue)
    assert report.written == 1
    [found] = works.find(["doi:10.5555/new"]).values()
    assert (found.work.title, found.work.doi, found.work.publisher_id) == (
        "Imported",
        "10.5555/New",
        340,
    )
    assert found.numbers == {}
    assert [publisher.name for publisher, _ in publishers.find_all()] == ["A press"]
    assert publishers.get("340").prefixes == ["10.1"] and publishers.get("1") is None
    assert "an entry is no work" in next(alerts.find("source#import_feed")).message


def test_importers_and_finders_are_not_shown_by_the_api(queue):
    install("import_feed", "finder", "usage_feed", "seeker")
    source_rows.forget_cache()
    assert {row.name for row in source_rows.shown()} == {"usage_feed", "seeker"}
    assert {row.name for row in source_rows.on_shelves()} == {"finder", "seeker"}


# Finders


def test_a_finder_is_asked_only_while_another_source_needs_what_it_finds(queue):
    install("finder")
    add([work()])
    tick(queue)
    assert Finder.asked == []
    install("seeker")
    shelves.install("seeker", shelves.names(), NOW)
    assert planner.hasten_finders(sources.get("seeker"), NOW) == 1
    tick(queue, days=0.1)
    assert Finder.asked == [f"doi:{DOI}"]
    queue.run_until(NOW + dt.timedelta(days=1))
    tick(queue, days=1)
    [found] = works.find([f"doi:{DOI}"]).values()
    assert found.work.canonical_url == "https://example.org/1"
    assert "finder" not in found.numbers
    assert stored("seeker").metrics.total == 3


# What was kept before


def test_what_a_provider_no_longer_tells_is_kept(queue):
    install("recent")
    Recent.said.append("a")
    add([work()])
    queue.run_until(NOW)
    Recent.said[:] = ["b"]
    worker.run(Job(id="1", source="recent", works=[f"doi:{DOI}"]), NOW, lambda: 900.0)
    assert stored("recent").metrics.total == 2
    [found] = events.find([(f"doi:{DOI}", "recent")]).values()
    assert [one["event"]["id"] for one in found.events] == ["a", "b"]


def test_what_was_told_of_an_earlier_work_of_the_key_is_not_merged(queue, monkeypatch):
    install("recent")
    old = Result(metrics=Metrics.of(comments=1), events=[Event(event={"id": "old"})])
    events.put(f"doi:{DOI}", "recent", old, "abcd1234", known=False)
    monkeypatch.setattr(Recent, "said", ["new"])
    add([work()])
    queue.run_until(NOW)
    assert stored("recent").metrics.total == 1


# Registration agencies


def test_crossref_is_not_asked_about_dois_of_datacite(queue, providers):
    install("only_crossref")
    dois = ["10.5555/ours", "10.5281/zenodo.1", "10.5281/zenodo.2"]
    add([work(doi) for doi in dois])
    queue.run_until(NOW + dt.timedelta(hours=1))
    assert OnlyCrossref.asked == ["10.5555/ours"]
    assert known_agencies.find(["10.5555", "10.5281"]) == {
        "10.5555": "crossref",
        "10.5281": "datacite",
    }
    calls = providers.calls()["calls"]["doi"]
    known_agencies.forget_cache()
    worker.run(
        Job(id="1", source="only_crossref", works=[f"doi:{doi}" for doi in dois]),
        NOW,
        lambda: 900.0,
    )
    assert providers.calls()["calls"]["doi"] == calls, "an agency is looked up once"


def test_the_agencies_of_many_prefixes_are_looked_up_in_several_calls(queue, providers):
    install("only_crossref")
    dois = [f"10.{7000 + number}/{'x' * 40}" for number in range(150)]
    datacite = ["10.5281/zenodo.1", "10.6084/m9.figshare.1"]
    add([work(doi) for doi in [*dois, *datacite]])
    queue.run_until(NOW + dt.timedelta(hours=1))
    planner.plan(NOW + dt.timedelta(hours=1))
    queue.run_until(NOW + dt.timedelta(hours=2))
    assert set(OnlyCrossref.asked) >= set(dois[:100]) and not {*OnlyCrossref.asked} & {*datacite}
    assert 2 <= providers.calls()["calls"]["doi"] <= 8


def test_what_is_not_asked_about_is_not_waited_for(queue, monkeypatch):
    """A shelf of nothing but another agency's DOIs is never asked about."""
    monkeypatch.setattr(progress.queues, "counts", dict)
    install("only_crossref")
    add(
        [work("10.5555/1"), dataclasses.replace(work("10.5281/zenodo.1"), issued=PartialDate(2025))]
    )
    keys = ["doi:10.5555/1", "doi:10.5281/zenodo.1"]
    (before,) = progress.look(keys).sources
    assert (before.asked, before.applicable) == (0, 2)
    queue.run_until(NOW + dt.timedelta(hours=1))
    seen = progress.look(keys)
    (after,) = seen.sources
    assert (after.asked, after.applicable, seen.complete) == (1, 1, True)


def test_when_doi_org_is_down_works_are_asked_about(queue, monkeypatch):
    monkeypatch.setattr("chalicelib.client.HttpClient._send", _down)
    install("only_crossref")
    add([work("10.5281/zenodo.1")])
    queue.run_until(NOW + dt.timedelta(hours=1))
    assert OnlyCrossref.asked == ["10.5281/zenodo.1"]
    assert known_agencies.find(["10.5281"]) == {}


def _down(*_: Any) -> Any:
    raise Unavailable("down")
