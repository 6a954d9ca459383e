"""When a shelf is due again, and how jobs share a tick (sources.md 13, architecture 3 and 4)."""

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import schedule
from chalicelib.schedule import Slot, Staleness

NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
DAY = 86400


@pytest.mark.parametrize(
    ("age_days", "interval"),
    [
        (0, DAY),
        (7, DAY),
        (8, 2 * DAY),
        (31, 2 * DAY),
        (32, 7 * DAY),
        (365, 7 * DAY),
        (366, 30 * DAY),
        (-1, 30 * DAY),
    ],
)
def test_the_interval_goes_by_age(age_days, interval):
    staleness = Staleness(
        week_seconds=DAY, month_seconds=2 * DAY, year_seconds=7 * DAY, all_seconds=30 * DAY
    )
    published = NOW.date() - dt.timedelta(days=age_days)
    soonest = schedule.next_due(NOW, published, staleness, lambda: 0.0)
    latest = schedule.next_due(NOW, published, staleness, lambda: 0.999999)
    assert (soonest - NOW).total_seconds() == interval
    assert interval < (latest - NOW).total_seconds() < interval * 1.1


def test_lagottos_default_intervals():
    usual = Staleness()
    assert [usual.interval_seconds(age) for age in (1, 20, 100, 1000)] == [
        86400,
        86400,
        648000,
        2592000,
    ]


@given(
    st.floats(4, 200_000),
    st.lists(st.integers(1, 50), max_size=60),
    st.integers(-1000, 800),
)
def test_spacing_keeps_the_rate_and_the_tick(calls_per_hour, jobs, free_in_seconds):
    """k calls take at least k x 3600 / rate seconds, and no delay is over 900 seconds."""
    seconds_per_call = 3600 / calls_per_hour
    start = max(NOW, NOW + dt.timedelta(seconds=free_in_seconds))
    slot = Slot(start, seconds_per_call)
    fitting = slot.calls_until(NOW + dt.timedelta(seconds=schedule.TICK_SECONDS))
    before = 0
    for calls in jobs:
        if before + calls > fitting:
            break
        delay = slot.delay_seconds(before, NOW)
        assert 0 <= delay <= 900
        earliest = (start - NOW).total_seconds() + before * seconds_per_call
        assert delay >= math.floor(earliest * 1000) / 1000 or delay == 900
        before += calls
    assert slot.after(before) - start >= dt.timedelta(seconds=before * seconds_per_call - 0.001)


@given(st.lists(st.integers(1, 50), max_size=200), st.sampled_from([48, 50, 100, 200]))
def test_packing_loses_no_shelf_and_overfills_no_job(sizes, capacity):
    capacity = max(capacity, 50)
    shelves = [(f"s{number}", size) for number, size in enumerate(sizes)]
    jobs = schedule.pack(shelves, capacity)
    assert sorted(name for job in jobs for name in job) == sorted(name for name, _ in shelves)
    by_name = dict(shelves)
    loads = [sum(by_name[name] for name in job) for job in jobs]
    assert all(load <= capacity for load in loads)
    assert sum(load * 2 <= capacity for load in loads) <= 1 or len(loads) > 50


def test_sparse_shelves_fill_the_batches():
    """200 works over 120 months, as a small installation has them: few calls."""
    shelves = [(f"s{number}", 2 if number < 80 else 1) for number in range(120)]
    jobs = schedule.pack(shelves, schedule.job_works(50, 1.0))
    calls = sum(schedule.job_calls(sum(dict(shelves)[name] for name in job), 50, 1) for job in jobs)
    assert calls / 200 <= 1 / 40


@pytest.mark.parametrize(
    ("batch_size", "seconds", "works"),
    [
        (1, 1.0, 200),
        (8, 5.0, 200),
        (50, 0.3, 200),
        (200, 1.0, 200),
        (500, 1.0, 500),
        (1, 2.0, 120),
        (1, 9.0, 50),
        (8, 36.0, 48),
        (100, 9000.0, 100),
    ],
)
def test_jobs_hold_whole_batches_that_their_pace_allows(batch_size, seconds, works):
    assert schedule.job_works(batch_size, seconds) == works
