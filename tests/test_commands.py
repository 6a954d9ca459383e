"""The command line: works, refresh, schedule, replay, and how it tells what went wrong."""

import dataclasses
import datetime as dt
import io
import pathlib
import sys

import pytest
from botocore.exceptions import ClientError

from chalicelib import __main__ as command_line
from chalicelib import intake, planner, settings
from chalicelib.commands import progress
from chalicelib.importer import Report
from chalicelib.model import Event, Metrics, Result
from chalicelib.store import catalogue, results, shelves, works
from chalicelib.store import sources as source_rows
from chalicelib.store.results import Asked
from tests.operating import Operator, jobs

RECORDED = pathlib.Path(__file__).parent / "recorded"
THREE = (
    b"10.5555/a 2014-03-08 Alpha.\n\nhttps://doi.org/10.5555/B\t2015\tBeta\n10.5555/c 2015 Gamma\n"
)


@pytest.fixture
def operator(tables, queue_urls, capsys, monkeypatch):
    yield Operator(capsys, monkeypatch)
    # What a test set in the environment is undone after this, so nothing may remember it.
    settings.load.cache_clear()


@pytest.fixture
def three(operator, tmp_path):
    """Two enabled sources and three works, one in March 2014, nothing in the queue."""
    assert operator.types("sources", "enable", "crossref", "icite").status == 0
    path = tmp_path / "three.txt"
    path.write_bytes(THREE)
    assert operator.types("works", "add", path).status == 0
    jobs()
    rest()
    operator.wakes = 0
    return path


def rest():
    """Let all sources' time be free, so that jobs are sent without delay."""
    for row in source_rows.installed(fresh=True):
        source_rows.put(dataclasses.replace(row, next_free_at=None))


def client_error(code, message="Something."):
    return ClientError({"Error": {"Code": code, "Message": message}}, "AnOperation")


def keep(total, doi, source="crossref", at=None, **rest):
    """Let a source have said something about a work."""
    key = f"doi:{doi}"
    asked = Asked(source, False, at or dt.datetime(2026, 5, 1, tzinfo=dt.UTC), "0123abcd")
    result = Result(metrics=Metrics.of(citations=total), **rest)
    results.keep({key: result}, works.find([key]), asked, confirm=False)


# works add


def test_adding_counts_and_asks_at_once(operator, tmp_path):
    operator.types("sources", "enable", "crossref")
    path = tmp_path / "works.txt"
    path.write_bytes(THREE + b"10.5555/c 2015 Gamma\n10.5555/d no-date\n10.99/x 2015 X\n")
    said = operator.types("works", "add", path, "--publisher", 340)
    assert said.status == 0
    assert said.out.splitlines() == [
        "Created    3",
        "Updated    0",
        "Duplicate  1",
        "Invalid    2",
        "  line 6: title can't be blank; year is not a number; "
        f"year should be between 1650 and {dt.datetime.now(dt.UTC).year}: 10.5555/d no-date",
        "  line 7: '10.99/x' is not a DOI: 10., four or five digits, a slash, and at least one "
        "more character are expected, such as 10.5555/12345678: 10.99/x 2015 X",
    ]
    assert operator.wakes == 1
    assert jobs()[0]["works"] == ["doi:10.5555/a", "doi:10.5555/b", "doi:10.5555/c"]
    assert works.find(["doi:10.5555/b"])["doi:10.5555/b"].work.publisher_id == 340


def test_adding_again_updates_and_wakes_nobody(operator, three):
    three.write_bytes(THREE.replace(b"Gamma", b"Delta"))
    counts = operator.types("works", "add", three, "--json").json
    assert (counts["created"], counts["updated"], counts["duplicate"]) == (0, 1, 2)
    assert (counts["invalid_lines"], counts["schedule_woken"]) == ([], False)
    assert operator.wakes == 0
    assert jobs() == []


def test_adding_from_standard_input(operator, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(THREE)))
    assert operator.types("works", "add", "-", "--json").json["created"] == 3


def test_invalid_lines_are_shown_in_part_and_written_in_full(operator, tmp_path):
    path, invalid = tmp_path / "works.txt", tmp_path / "invalid.txt"
    path.write_text("".join(f"x{number} 2015 \x1b[31mred\n" for number in range(1, 31)))
    said = operator.types("works", "add", path, "--invalid", invalid)
    assert said.status == 0
    assert "  line 20: " in said.out
    assert "  line 21: " not in said.out
    assert f"… and 10 more invalid lines (all are in {invalid})" in said.out
    assert "\x1b" not in said.out
    lines = invalid.read_text().splitlines()
    assert len(lines) == 30
    number, reason, text = lines[29].split("\t")
    assert (number, text) == ("30", "x30 2015 \x1b[31mred")
    assert reason.startswith("'x30' is not a DOI")
    assert "(--invalid FILE writes all)" in operator.types("works", "add", path).out


def test_the_file_with_the_works_is_not_overwritten(operator, three):
    said = operator.types("works", "add", three, "--invalid", three)
    assert (said.status, three.read_bytes()) == (1, THREE)
    assert "it would be overwritten" in said.err


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("{}/none.txt",), 1, "none.txt' cannot be read: No such file or directory"),
        (("{}",), 1, "cannot be read: Is a directory"),
        (("{}/works.txt", "--invalid", "{}/no/where"), 1, "cannot be written: No such file"),
        (("{}/works.txt", "--publisher", "PLOS"), 2, "'PLOS' is not a Crossref member number"),
        ((), 2, "the following arguments are required: FILE"),
    ],
)
def test_what_cannot_be_added(operator, tmp_path, words, status, message):
    (tmp_path / "works.txt").write_bytes(THREE)
    said = operator.types("works", "add", *(word.format(tmp_path) for word in words))
    assert said.status == status
    assert message in said.err
    assert said.out == ""


def test_without_a_contact_works_wait(operator, tmp_path, monkeypatch):
    monkeypatch.setenv("LAGOTTO_CONTACT_EMAIL", "")
    operator.types("sources", "enable", "crossref")
    path = tmp_path / "works.txt"
    path.write_bytes(THREE)
    said = operator.types("works", "add", path)
    assert (said.status, jobs()) == (0, [])
    assert "Created    3" in said.out
    assert said.err.startswith("Warning: LAGOTTO_CONTACT_EMAIL is not set")
    assert shelves.count_due("crossref", dt.datetime.now(dt.UTC)) == 2


def test_many_lines_in_mixed_encodings(operator, tmp_path, monkeypatch):
    added = []

    def add(batch, now):
        added.extend(batch)
        return ["created"] * len(batch)

    monkeypatch.setattr(intake, "add", add)
    monkeypatch.setattr(progress, "LOG_SECONDS", 0.0)
    path = tmp_path / "works.txt"
    with path.open("wb") as file:
        for number in range(20_000):
            encoding = ("utf-8", "windows-1252")[number % 2]
            end = (b"\n", b"\r\n", b"\r", b"\n\n")[number % 4]
            title = f"Grün – Œuvre {number}".encode(encoding)
            file.write(b"10.5555/%d\t2015-02\t%s" % (number, title) + end)
    said = operator.types("works", "add", path, "--json")
    assert said.json["created"] == said.json["total"] == 20_000
    assert {work.title for work in added} == {f"Grün – Œuvre {n}" for n in range(20_000)}
    assert "… 10,000 lines: 10,000 created, 0 updated, 0 duplicate, 0 invalid\n" in said.err


def test_an_import_that_stops_says_how_far_it_came(operator, tmp_path, monkeypatch):
    batches = []

    def add(batch, now):
        batches.append(batch)
        if len(batches) == 3:
            raise client_error("ThrottlingException", "Rate exceeded.")
        return ["created"] * len(batch)

    monkeypatch.setattr(intake, "add", add)
    path = tmp_path / "works.txt"
    path.write_text("".join(f"10.5555/{number} 2015 T\n" for number in range(500)))
    said = operator.types("works", "add", path)
    assert (said.status, said.out) == (1, "")
    stopped, error = said.err.splitlines()
    assert stopped.startswith("Warning: Stopped after 200 lines: 200 created, ")
    assert error == "Error: AWS is busy: Rate exceeded. Try again in a minute."
    monkeypatch.setattr(intake, "add", lambda batch, now: signal_of_ctrl_c())
    said = operator.types("works", "add", path)
    assert said.status == command_line.INTERRUPTED
    assert said.err.splitlines()[-1] == "Interrupted."


def signal_of_ctrl_c():
    raise KeyboardInterrupt


def test_a_schedule_that_cannot_be_woken_is_told(tables, queue_urls, capsys, tmp_path):
    path = tmp_path / "works.txt"
    path.write_bytes(THREE)
    assert command_line.main(["works", "add", str(path)]) == 0
    said = capsys.readouterr()
    assert "Created    3" in said.out
    assert "The schedule could not be woken, so it begins at its next turn" in said.err
    assert "make deploy STAGE=test" in said.err


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("with_tqdm", [True, False])
def test_progress_on_a_terminal(monkeypatch, with_tqdm):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress, "TERMINAL_SECONDS", 0.0)
    if not with_tqdm:
        monkeypatch.setitem(sys.modules, "tqdm", None)
    with progress.watching(io.BytesIO(b"x" * 4000)) as (stream, shown):
        assert stream.read(3000) == b"x" * 3000
        shown.note(Report(created=1200, invalid=3))
        assert stream.read() == b"x" * 1000
    assert ("4.00kB" in terminal.getvalue()) is with_tqdm
    assert "1,203 lines: 1,200 created" in terminal.getvalue()


# works delete, works show


def test_deleting_works_in_any_spelling(operator, three):
    said = operator.types("works", "delete", "doi:10.5555/A", "10.5555/none", "10.5555/a", "x")
    assert said.status == 1
    assert said.out == "Deleted doi:10.5555/a: Alpha\n"
    assert said.err.splitlines()[0] == "Error: There is no work '10.5555/none'."
    assert said.err.splitlines()[1].startswith("Error: 'x' is not a DOI")
    assert works.find(["doi:10.5555/a"]) == {}
    assert operator.types("works", "delete", "https://doi.org/10.5555%2FB").status == 0


def test_works_by_other_identifiers(operator, three):
    for doi in ("10.5555/a", "10.5555/b"):
        keep(1, doi, identifiers={"pmid": "111"})
    keep(2, "10.5555/a", source="icite", identifiers={"pmcid": "222"})
    assert operator.types("works", "show", "PMC222").json["doi"] == "10.5555/a"
    said = operator.types("works", "delete", "pmid:111")
    assert said.status == 1
    assert "means several works: doi:10.5555/a, doi:10.5555/b." in said.err
    said = operator.types("works", "show", "arXiv:2101.01234")
    assert (said.status, said.out) == (1, "")
    assert "works are found by doi, pmid, pmcid, mendeley_uuid, canonical_url, ark" in said.err
    keep(1, "10.5555/a", identifiers={"canonical_url": "https://journal.example.org/a"})
    found = operator.types("works", "show", "https://journal.example.org/a").json
    assert found["doi"] == "10.5555/a"


def test_showing_a_work(operator, three):
    event = Event(event={"doi": "10.5555/citing"}, time="2014-04-02T00:00:00Z")
    keep(7, "10.5555/a", events=[event], events_url="https://x.example/7", notes={"k": 1})
    later = dt.datetime(2026, 5, 9, 8, 30, tzinfo=dt.UTC)
    shelves.mark_asked("2014-03#0000", "crossref", later)
    shown = operator.types("works", "show", "10.5555/a", "--events").json
    created_at = shown.pop("created_at")
    assert created_at.startswith(f"{dt.datetime.now(dt.UTC):%Y-%m-}")
    assert shown.pop("updated_at") >= created_at
    assert shown == {
        "key": "doi:10.5555/a",
        "doi": "10.5555/a",
        "pmid": None,
        "pmcid": None,
        "mendeley_uuid": None,
        **dict.fromkeys(["canonical_url", "arxiv", "scp", "wos", "ark"]),
        "title": "Alpha",
        "issued": "2014-03-08",
        "publisher_id": None,
        "shelf": "2014-03#0000",
        "sources": {
            "crossref": {
                "metrics": {"total": 7, "citations": 7},
                "events_url": "https://x.example/7",
                "asked_at": "2026-05-09T08:30:00Z",
                "changed_at": "2026-05-01T00:00:00Z",
                "evidence": "evidence/crossref/2026-05-01/0123abcd.json.gz",
                "by_day": [{"year": 2014, "month": 4, "day": 2, "total": 1}],
                "by_month": [{"year": 2014, "month": 4, "total": 1}],
                "events": [
                    {"event": {"doi": "10.5555/citing"}, "event_time": "2014-04-02T00:00:00Z"}
                ],
                "notes": {"k": 1},
            },
            # Installed, but never asked about this work: neither zero nor missing.
            "icite": None,
        },
    }
    assert "events" not in operator.types("works", "show", "10.5555/a").json["sources"]["crossref"]


# refresh, schedule


def settle(source):
    """Let nothing be due."""
    for name, seen in list(shelves.due(source, dt.datetime.now(dt.UTC))):
        shelves.move(source, name, seen, "2099-01-01T00:00:00Z")


def due(source):
    return [name for name, _ in shelves.due(source, dt.datetime.now(dt.UTC))]


def test_refreshing_works_asks_at_once(operator, three):
    said = operator.types("refresh", "10.5555/a", "10.5555/B", "--source", "crossref")
    assert (said.status, said.out) == (0, "2 works will be asked about now.\n")
    (job,) = jobs()
    assert (job["source"], job["works"]) == ("crossref", ["doi:10.5555/a", "doi:10.5555/b"])
    assert operator.wakes == 0
    rest()
    said = operator.types("refresh", "10.5555/none", "10.5555/c")
    assert (said.status, said.out) == (1, "1 work will be asked about now.\n")
    assert {job["source"] for job in jobs()} == {"crossref"}


def test_refreshing_a_source_that_is_held_makes_shelves_due(operator, three):
    settle("crossref")
    until = dt.datetime.now(dt.UTC) + dt.timedelta(hours=2)
    row = source_rows.get("crossref")
    source_rows.put(dataclasses.replace(row, paused_until=until))
    said = operator.types("refresh", "10.5555/a")
    assert "As soon as they have time, also: crossref." in said.out
    assert (jobs(), due("crossref"), operator.wakes) == ([], ["2014-03#0000"], 1)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--all",), ["2014-03#0000", "2015-01#0000"]),
        (("--from", "2014-06"), ["2015-01#0000"]),
        (("--to", "2014"), ["2014-03#0000"]),
        (("--from", "2014-03-31", "--to", "2014-04-01"), ["2014-03#0000"]),
    ],
)
def test_refreshing_by_dates(operator, three, words, expected):
    settle("crossref")
    settle("icite")
    said = operator.types("refresh", *words, "--source", "crossref")
    assert said.status == 0
    assert said.out.startswith(f"{len(expected)} pair")
    assert sorted(due("crossref")) == expected
    assert (due("icite"), operator.wakes) == ([], 1)


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ((), 2, "needs either identifiers, or --from and --to, or --all"),
        (("10.5555/a", "--all"), 2, "needs either identifiers"),
        (("--from", "2015-13"), 2, "'2015-13' is no date"),
        (("--from", "soon"), 2, "'soon' is no date"),
        (("--from", "2015-02", "--to", "2015-01"), 2, "--to is before that of --from"),
        (("--all", "--source", "nosuch"), 1, "There is no source 'nosuch'. Sources are: ads,"),
        (("--all", "--source", "pubmed"), 1, "chalicelib sources activate pubmed"),
    ],
)
def test_what_cannot_be_refreshed(operator, three, words, status, message):
    said = operator.types("refresh", *words)
    assert (said.status, said.out, operator.wakes) == (status, "", 0)
    assert message in said.err


def test_running_the_schedule(operator, three):
    planner.refresh(dt.datetime.now(dt.UTC), only=["crossref"])
    said = operator.types("schedule", "run", "--source", "crossref", "--json")
    assert said.json == [{"source": "crossref", "jobs": 1, "works": 3}]
    assert sorted(jobs()[0]["shelves"]) == ["2014-03#0000", "2015-01#0000"]
    assert operator.types("schedule", "run").out.splitlines()[0] == "SOURCE    JOBS  WORKS"


def test_works_of_an_installation_keyed_by_pmid(operator, tmp_path, monkeypatch):
    monkeypatch.setenv("LAGOTTO_UID", "pmid")
    path = tmp_path / "works.txt"
    path.write_text("111 2015 By PubMed id\n")
    assert operator.types("works", "add", path).status == 0
    shown = operator.types("works", "show", "111").json
    assert (shown["key"], shown["pmid"], shown["doi"]) == ("pmid:111", "111", None)
    with_doi = dataclasses.replace(
        works.find(["pmid:111"])["pmid:111"].work, key="pmid:112", pmid="112", doi="10.5555/A"
    )
    catalogue.add([with_doi], dt.datetime.now(dt.UTC), dt.datetime.now(dt.UTC))
    assert operator.types("works", "show", "10.5555/a").json["key"] == "pmid:112"
