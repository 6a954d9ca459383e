"""Asking one source about many works: what stops it, what does not."""

import pytest

from chalicelib.collect import collect
from chalicelib.errors import Malformed, RateLimited, Rejected, Unavailable
from chalicelib.model import Metrics, PartialDate, Result, Work
from chalicelib.source import Source


def works(count):
    return [
        Work(key=f"doi:10.5555/{n}", doi=f"10.5555/{n}", title="T", issued=PartialDate(2020))
        for n in range(count)
    ]


class Scripted(Source):
    """Raises what ``bad`` says for any batch that holds the work, else counts 1 for each."""

    name = "scripted"

    def __init__(self, batch_size, bad=None):
        self.batch_size = batch_size
        self.bad = bad or {}
        self.batches = []

    def collect(self, works, client):
        numbers = [int(work.key.rsplit("/")[-1]) for work in works]
        self.batches.append(numbers)
        for number in numbers:
            if error := self.bad.get(number):
                raise error
        return {work.key: Result(metrics=Metrics.of(citations=1)) for work in works}


def asked(source, count, seconds_left=lambda: 900):
    return collect(source, works(count), None, seconds_left)


def numbers(keys):
    return sorted(int(key.rsplit("/")[-1]) for key in keys)


def test_works_are_asked_in_batches():
    source = Scripted(40)
    collected = asked(source, 100)
    assert [len(batch) for batch in source.batches] == [40, 40, 20]
    assert len(collected.results) == 100
    assert not collected.failed and not collected.left and collected.stopped_by is None


@pytest.mark.parametrize("status", [400, 404, 414, 422])
def test_a_refused_batch_is_halved_until_the_culprit_stands_alone(status):
    source = Scripted(50, {17: Rejected("no", status=status)})
    collected = asked(source, 50)
    assert numbers(collected.failed) == [17]
    assert len(collected.results) == 49
    assert len(source.batches) <= 2 * 6 + 1


def test_a_provider_that_refuses_us_is_not_asked_further():
    source = Scripted(10, {0: Rejected("who are you", status=401)})
    collected = asked(source, 100)
    assert len(source.batches) == 1
    assert len(collected.failed) == 100
    assert collected.stopped_by.status == 401


def test_unreadable_answers_in_a_row_stop_the_asking():
    source = Scripted(1, {number: Malformed("html") for number in range(50)})
    collected = asked(source, 50)
    assert len(source.batches) == 3
    assert len(collected.failed) == 50


def test_one_unreadable_answer_does_not_stop_the_others():
    source = Scripted(1, {3: Malformed("odd")})
    collected = asked(source, 10)
    assert numbers(collected.failed) == [3]
    assert len(collected.results) == 9


def test_a_429_leaves_the_rest_for_later():
    source = Scripted(10, {10: RateLimited("slow down", retry_after_seconds=7)})
    collected = asked(source, 30)
    assert len(collected.results) == 10
    assert numbers(collected.left) == list(range(10, 30))
    assert collected.stopped_by.retry_after_seconds == 7


def test_a_failure_of_one_call_leaves_only_its_works():
    source = Scripted(1, {3: Unavailable("500", status=500)})
    collected = asked(source, 10)
    assert numbers(collected.left) == [3]
    assert len(collected.results) == 9


def test_a_provider_that_is_down_is_asked_twice_and_left():
    source = Scripted(1, {number: Unavailable("down") for number in range(2, 50)})
    collected = asked(source, 50)
    assert len(source.batches) == 4
    assert numbers(collected.left) == list(range(2, 50))


def test_batches_that_no_longer_fit_into_the_time_are_left():
    left = iter([900, 20])
    collected = asked(Scripted(10), 50, lambda: next(left))
    assert numbers(collected.results) == list(range(20))
    assert numbers(collected.left) == list(range(20, 50))
    assert collected.stopped_by is None


def test_the_error_of_one_work_is_its_own():
    class OneBad(Scripted):
        def collect(self, works, client):
            outcomes = dict(super().collect(works, client))
            outcomes["doi:10.5555/1"] = Malformed("odd count")
            return outcomes

    collected = asked(OneBad(10), 10)
    assert numbers(collected.failed) == [1]
    assert len(collected.results) == 9


def test_a_long_wait_is_left_to_the_queue():
    waits = iter([0.0, 1.5, 60.0])
    collected = collect(Scripted(10), works(50), None, lambda: 900.0, lambda: next(waits))
    assert numbers(collected.results) == list(range(20))
    assert numbers(collected.left) == list(range(20, 50))


def test_a_batch_is_tried_however_little_time_there_is():
    """Else a job would come back to an equally short invocation, again and again."""
    collected = asked(Scripted(10), 50, lambda: 1)
    assert numbers(collected.results) == list(range(10))
    assert numbers(collected.left) == list(range(10, 50))
