"""History by day, month and year (sources.md 11.1 and 12, api.md 4.4)."""

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import history, lagotto
from chalicelib.history import History, Series
from chalicelib.model import Event, Metrics, Result

OLD = dt.date(2000, 1, 1)


def result(total: int, **rest) -> Result:
    return Result(metrics=Metrics.of(citations=total), **rest)


def after(*asked: tuple[dt.date, int], published: dt.date = OLD) -> History:
    """The history after a source said these totals on these days."""
    kept = History()
    for day, total in asked:
        kept = history.advance(kept, result(total), today=day, published=published, usage=False)
    return kept


def months(kept: History, asked_on: dt.date) -> list[tuple[int, int, int]]:
    return [(e["year"], e["month"], e["total"]) for e in history.by_month(kept, asked_on)]


def test_the_first_answer_is_booked_whole_in_its_month():
    kept = after((dt.date(2026, 3, 9), 7))
    assert history.by_month(kept, dt.date(2026, 3, 9)) == [{"year": 2026, "month": 3, "total": 7}]


def test_a_later_month_gets_the_difference_and_quiet_months_get_zero():
    kept = after((dt.date(2025, 11, 9), 7), (dt.date(2026, 1, 2), 7), (dt.date(2026, 2, 3), 10))
    assert months(kept, dt.date(2026, 3, 1)) == [
        (2025, 11, 7),
        (2025, 12, 0),
        (2026, 1, 0),
        (2026, 2, 3),
        (2026, 3, 0),
    ]


def test_the_entry_of_the_current_month_is_replaced():
    kept = after((dt.date(2026, 1, 9), 7), (dt.date(2026, 2, 1), 8), (dt.date(2026, 2, 20), 12))
    assert months(kept, dt.date(2026, 2, 20)) == [(2026, 1, 7), (2026, 2, 5)]


def test_a_count_that_falls_gives_a_negative_difference():
    kept = after((dt.date(2026, 1, 9), 7), (dt.date(2026, 2, 1), 4))
    assert months(kept, dt.date(2026, 2, 1)) == [(2026, 1, 7), (2026, 2, -3)]


def test_zero_leaves_the_history_and_a_comeback_is_booked_when_it_comes():
    kept = after((dt.date(2026, 1, 9), 0))
    assert kept == History()
    kept = after((dt.date(2026, 1, 9), 0), (dt.date(2026, 4, 9), 2))
    assert months(kept, dt.date(2026, 4, 9)) == [(2026, 4, 2)]


def test_days_are_kept_for_thirty_days_after_publication():
    published = dt.date(2026, 1, 1)
    kept = after(
        (dt.date(2026, 1, 2), 1),
        (dt.date(2026, 1, 4), 3),
        (dt.date(2026, 1, 31), 4),
        (dt.date(2026, 2, 1), 9),
        published=published,
    )
    days = history.by_day(kept, dt.date(2026, 6, 1), published)
    assert days[0] == {"year": 2026, "month": 1, "day": 2, "total": 1}
    assert [entry["total"] for entry in days[:4]] == [1, 0, 2, 0]
    assert days[-1] == {"year": 2026, "month": 1, "day": 31, "total": 1}
    assert sum(entry["total"] for entry in days) == 4


def test_an_old_work_has_no_days():
    kept = after((dt.date(2026, 1, 9), 7))
    assert history.by_day(kept, dt.date(2026, 1, 9), OLD) == []


def test_usage_sources_book_html_and_pdf():
    metrics = Metrics.of(total=30, html=18, pdf=10)
    kept = history.advance(
        History(), Result(metrics=metrics), today=dt.date(2026, 1, 3), published=OLD, usage=True
    )
    months_ = history.by_month(kept, dt.date(2026, 1, 3))
    assert months_ == [{"year": 2026, "month": 1, "html": 18, "pdf": 10}]


def test_dated_events_give_the_series_and_undated_ones_count_in_neither():
    events = [
        Event(event=1, time="2026-01-02T10:00:00Z"),
        Event(event=2, time="2026-01-02T23:59:59Z"),
        Event(event=3, time="2026-03-09T00:00:00Z"),
        Event(event=4),
    ]
    published = dt.date(2026, 1, 1)
    kept = history.advance(
        History(),
        result(4, events=events),
        today=dt.date(2026, 5, 1),
        published=published,
        usage=False,
    )
    today = dt.date(2026, 5, 1)
    assert months(kept, today) == [(2026, 1, 2), (2026, 3, 1)]
    assert history.by_day(kept, today, published) == [
        {"year": 2026, "month": 1, "day": 2, "total": 2}
    ]


def test_a_series_that_the_source_reports_is_shown_as_it_is():
    reported = [{"year": 2013, "month": 1, "html": 18, "pdf": 10}]
    kept = history.advance(
        History(),
        Result(metrics=Metrics.of(total=30, html=18, pdf=10), by_month=reported),
        today=dt.date(2014, 11, 6),
        published=OLD,
        usage=True,
    )
    assert history.by_month(kept, dt.date(2014, 11, 6)) == reported


asked = st.lists(
    st.tuples(st.integers(0, 3000), st.integers(0, 10**6)), min_size=1, max_size=25
).map(lambda pairs: [(OLD + dt.timedelta(days=d), n) for d, n in sorted(pairs)])


@given(asked)
def test_months_always_add_up_to_the_last_positive_total(pairs):
    kept = after(*pairs)
    last = next((total for _, total in reversed(pairs) if total), 0)
    end = pairs[-1][0]
    by_month = history.by_month(kept, end)
    assert sum(entry["total"] for entry in by_month) == last
    assert sum(entry["total"] for entry in lagotto.by_year(by_month)) == last
    periods = [(entry["year"], entry["month"]) for entry in by_month]
    assert periods == sorted(set(periods))


@given(asked)
def test_asking_twice_on_a_day_changes_nothing(pairs):
    assert after(*pairs, pairs[-1]) == after(*pairs)


@given(asked, st.booleans())
def test_a_series_survives_its_text(pairs, given_by_source):
    series = Series(after(*pairs).months.entries, given_by_source)
    text = series.encode()
    assert Series.decode(text).entries == series.entries
    assert Series.decode(text).given == (given_by_source and bool(series.entries))


@pytest.mark.parametrize("text", ["", "202603:7", "=202603:7/2,202604:-1/0"])
def test_texts_of_series(text):
    assert Series.decode(text).encode() == text


@given(asked, st.booleans(), st.integers(0, 40))
def test_json_of_months_is_that_of_their_dictionaries(pairs, given_by_source, later):
    text = Series(after(*pairs).months.entries, given_by_source).encode()
    if not text:
        return
    asked_on = pairs[-1][0] + dt.timedelta(days=31 * later)
    by_month, by_year = history.months_json(text, asked_on.year * 100 + asked_on.month)
    months = history.months_of(text, asked_on)
    assert json.loads(by_month) == months
    assert json.loads(by_year) == lagotto.by_year(months)
    assert list(json.loads(by_month)[0]) == ["year", "month", "total"]
