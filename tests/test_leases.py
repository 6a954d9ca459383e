"""A lease that schedule and worker move at the same time is held by that job, not by nobody."""

import datetime as dt
from collections.abc import Sequence

import pytest

from chalicelib import worker
from chalicelib.model import Job, Lease
from chalicelib.store import shelves
from chalicelib.store.shelves import Shelf
from chalicelib.store.tables import ShelfItem

SEEN, TO, ELSEWHERE = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"
NAME = "2014-03#0000"


@pytest.fixture
def due(tables: None) -> None:
    ShelfItem(NAME, "due#crossref", source="crossref", due_at=SEEN).save()
    ShelfItem(NAME, shelves.WORKS, members={"doi:10.5555/1"}, youngest="2014-03-01").save()


def due_at() -> str:
    return str(ShelfItem.get(NAME, "due#crossref").due_at)


def test_a_lease_may_be_moved_twice_but_not_by_another_job(due: None) -> None:
    assert shelves.move("crossref", NAME, SEEN, TO)
    assert shelves.move("crossref", NAME, SEEN, TO)
    assert not shelves.move("crossref", NAME, SEEN, ELSEWHERE)
    assert due_at() == TO


def test_a_worker_that_read_before_the_schedule_moved_the_lease_still_holds_it(
    due: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = shelves.read_leased

    def read_then_moved(
        source: str, names: Sequence[str]
    ) -> tuple[dict[str, Shelf], dict[str, str]]:
        answer = read(source, names)
        assert shelves.move(source, NAME, SEEN, TO)  # the schedule, a moment later
        return answer

    monkeypatch.setattr(shelves, "read_leased", read_then_moved)
    job = Job(id="1", source="crossref", shelves={NAME: Lease(SEEN, TO)})
    held = worker._claim(job)
    assert list(held) == [NAME]
    assert due_at() == TO


def test_a_worker_does_not_hold_what_another_job_leased(due: None) -> None:
    shelves.move("crossref", NAME, SEEN, ELSEWHERE)
    assert worker._claim(Job(id="1", source="crossref", shelves={NAME: Lease(SEEN, TO)})) == {}
    assert dt.datetime.fromisoformat(due_at())
    assert due_at() == ELSEWHERE
