"""The command line: the queue, its dead letters, alerts."""

import dataclasses
import datetime as dt

import pytest

from chalicelib import failures, queues
from chalicelib.model import Job, Lease, PartialDate, Work
from chalicelib.store import alerts, catalogue, shelves
from chalicelib.store import sources as source_rows
from chalicelib.store.alerts import Alert
from tests.operating import Operator, jobs

SHELF = "2014-03#0000"


@pytest.fixture
def operator(tables, queue_urls, capsys, monkeypatch):
    return Operator(capsys, monkeypatch)


def now():
    return dt.datetime.now(dt.UTC)


def add(*numbers):
    """Works of March 2014, on a shelf that is due for all enabled sources."""
    works = [
        Work(
            key=f"doi:10.5555/{number}",
            doi=f"10.5555/{number}",
            title="T",
            issued=PartialDate(2014, 3, 1),
        )
        for number in numbers
    ]
    catalogue.add(works, now(), now())


def change(name, **values):
    source_rows.change(name, lambda row: dataclasses.replace(row, **values))


def due(source):
    return [name for name, _ in shelves.due(source, now())]


def give_up(source="crossref", **about):
    """A job that was given up; the id of its alert."""
    return failures.dead_letter(Job(id="j1", source=source, tries=5, **about), now())


def test_the_state_of_the_queue(operator):
    assert "No source is installed" in operator.types("queue").out
    operator.types("sources", "enable", "crossref", "icite")
    add(1)
    queues.send([(Job(id="1", source="icite"), 0), (Job(id="2", source="icite"), 800)])
    queues.send([(Job(id="3", source="icite"), 0)], queue=queues.DEAD)
    until = now().replace(microsecond=0) + dt.timedelta(hours=1)
    change("icite", disabled_until=until, next_free_at=until)
    shown = operator.types("queue", "--json").json
    assert shown["fetch"] == {"visible": 1, "delayed": 1, "in_flight": 0}
    assert shown["dead"]["visible"] == 1
    icite = next(row for row in shown["sources"] if row["name"] == "icite")
    text = f"{until:%Y-%m-%dT%H:%M:%SZ}"
    assert icite == {
        "name": "icite",
        "state": "waiting",
        "due_shelves": 1,
        "held_until": text,
        "held_because": "too many failures; it is tried again then",
        "next_free_at": text,
    }
    lines = operator.types("queue").out.splitlines()
    assert lines[0] == "Jobs: 1 to do, 1 later, 0 under way; given up and not yet an alert: 1"
    assert any(line.split()[:4] == ["crossref", "waiting", "1", "now"] for line in lines)


def test_sending_a_dead_letter_again(operator):
    operator.types("sources", "enable", "crossref")
    add(1, 2)
    # The schedule leased the shelf, the job died, and its shelf was put off until tomorrow.
    [(_, seen)] = shelves.due("crossref", now())
    shelves.move("crossref", SHELF, seen, "2099-01-02T00:00:00Z")
    alert_id = give_up(shelves={SHELF: Lease(seen, "2099-01-01T00:00:00Z")})
    (letter,) = operator.types("queue", "dead", "--json").json
    assert (letter["id"], letter["source"], letter["job"]["tries"]) == (alert_id, "crossref", 5)
    said = operator.types("queue", "resend", alert_id)
    assert (said.status, said.out) == (0, f"{alert_id}: sent again\n")
    job = Job.of_json(jobs()[0])
    assert (job.source, job.tries, list(job.shelves)) == ("crossref", 0, [SHELF])
    # The worker claims a shelf by its due time, which must be what the job says.
    _, times = shelves.read_leased("crossref", [SHELF])
    assert times[SHELF] == job.shelves[SHELF].to != "2099-01-02T00:00:00Z"
    assert operator.types("queue", "dead").out == "No job was given up.\n"
    said = operator.types("queue", "resend", alert_id)
    assert (said.status, jobs()) == (1, [])
    assert "its job was sent again already" in said.err


def test_sending_all_dead_letters_keeps_the_pace(operator):
    operator.types("sources", "enable", "crossref")
    add(1, 2, 3)
    change("crossref", settings={"rate_limiting": "4"})
    for number in (1, 2, 3):
        give_up(works=[f"doi:10.5555/{number}", "doi:10.5555/gone"])
    give_up(works=["doi:10.5555/gone"])
    said = operator.types("queue", "resend", "--all")
    said_of = [line.partition(": ")[2].split(";")[0] for line in said.out.splitlines()]
    # Four calls an hour are one in a tick: the rest becomes due instead.
    assert sorted(said_of) == [
        "its source is busy or held",
        "its source is busy or held",
        "its works are gone",
        "sent again",
    ]
    assert [len(job["works"]) for job in jobs()] == [1]
    assert (due("crossref"), operator.wakes) == ([SHELF], 1)
    assert operator.types("queue", "resend", "--all").out == "No job was given up.\n"


def test_what_cannot_be_sent_again(operator):
    alert_id = give_up(works=["doi:10.5555/1"])
    said = operator.types("queue", "resend", alert_id, "20260101T000000-00000000")
    assert said.status == 1
    assert "There is no alert '20260101T000000-00000000'." in said.err
    assert f"{alert_id}: The source 'crossref' is not asked at present." in said.err
    other = alerts.put(Alert(class_name="X", message="m", source="crossref"), now())
    assert "is no job that was given up" in operator.types("queue", "resend", other).err
    broken = Alert(class_name=failures.DEAD_LETTER, message="m", source="crossref", job={"id": 1})
    broken_id = alerts.put(broken, now())
    assert "holds no job" in operator.types("queue", "resend", broken_id).err
    assert operator.types("queue", "resend").status == 2
    assert operator.types("queue", "resend", "--all", alert_id).status == 2
    assert {letter["id"] for letter in operator.types("queue", "dead", "--json").json} == {
        alert_id,
        broken_id,
    }


def test_alerts_of_all_subjects_newest_first(operator):
    at = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    found = [
        alerts.put(
            Alert(
                class_name="Net::HTTPForbidden",
                message=f"m{hour}\x1b[31m",
                level=alerts.WARN,
                source=source,
                status=403,
            ),
            at + dt.timedelta(hours=hour),
        )
        for hour, source in enumerate(["crossref", None, "icite", "crossref"])
    ]
    listed = operator.types("alerts", "--json").json
    assert [alert["id"] for alert in listed] == found[::-1]
    assert (listed[0]["level"], listed[0]["at"]) == ("WARN", "2026-05-01T03:00:00Z")
    assert [a["id"] for a in operator.types("alerts", "--limit", 2, "--json").json] == found[:1:-1]
    shown = operator.types("alerts", "--source", "crossref").out
    assert [line.split()[0] for line in shown.splitlines()] == ["ID", found[3], found[0]]
    assert "\x1b" not in shown
    said = operator.types("alerts", "resolve", found[1], "nosuch", found[0])
    assert (said.status, said.err) == (1, "Error: There is no alert 'nosuch'.\n")
    assert [alert["id"] for alert in operator.types("alerts", "--json").json] == [
        found[3],
        found[2],
    ]
    assert operator.types("alerts", "--source", "nosuch").status == 1
    assert operator.types("alerts", "--limit", "0").status == 2
    operator.types("alerts", "resolve", found[2], found[3])
    assert operator.types("alerts").out == "There are no unresolved alerts.\n"
