"""Works from files: any bytes, any encoding, any length; every line is counted once."""

import datetime as dt
import io
import itertools
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import importer
from chalicelib.importer import InvalidLine, Line, Outcome, Report, import_works, lines
from chalicelib.model import PartialDate, Work

TODAY = dt.date(2026, 5, 20)
SAMPLE = Path(__file__).parents[1] / "infra" / "local" / "sample-works.txt"


class Shelf:
    """A store in memory, with the outcomes of the real one; remembers the batches."""

    def __init__(self) -> None:
        self.works: dict[str, Work] = {}
        self.batches: list[list[str]] = []

    def add(self, works: Sequence[Work]) -> list[Outcome]:
        self.batches.append([work.key for work in works])
        outcomes: list[Outcome] = []
        for work in works:
            before = self.works.get(work.key)
            outcomes.append(
                "created" if before is None else "duplicate" if before == work else "updated"
            )
            self.works[work.key] = work
        return outcomes


def run(data: bytes, shelf: Shelf | None = None, **options: object) -> Report:
    shelf = shelf or Shelf()
    return import_works(io.BytesIO(data), shelf.add, today=TODAY, **options)  # type: ignore[arg-type]


def texts(data: bytes) -> list[str]:
    return [line.text for line in lines(io.BytesIO(data))]


class Dribble:
    """A stream that gives a few bytes at a time, as a terminal or a pipe may."""

    def __init__(self, data: bytes, size: int) -> None:
        self.pieces: Iterator[bytes] = (data[i : i + size] for i in range(0, len(data), size))

    def read(self, _size: int) -> bytes:
        return next(self.pieces, b"")


def test_a_line_becomes_a_work() -> None:
    shelf = Shelf()
    report = run(b"10.5555/Alpha.1\t2012-03-06 \t Alpha\tand  Omega. \n", shelf, publisher_id=340)
    assert report == Report(created=1)
    assert shelf.works == {
        "doi:10.5555/alpha.1": Work(
            key="doi:10.5555/alpha.1",
            doi="10.5555/Alpha.1",
            title="Alpha\tand  Omega",
            issued=PartialDate(2012, 3, 6),
            publisher_id=340,
        )
    }


def test_identifiers_in_other_forms_and_partial_dates() -> None:
    shelf = Shelf()
    data = b"info:doi/10.5555%2Fa 2012 A...\nhttps://doi.org/10.5555/b 2012-08 B\nPMC222 2011 C\n"
    assert run(data, shelf).created == 2
    assert [work.title for work in shelf.works.values()] == ["A..", "B"]
    by_pmcid = Shelf()
    assert run(data + b"223 2011-01-02 D\n", by_pmcid, uid_kind="pmcid").created == 2
    assert list(by_pmcid.works) == ["pmcid:222", "pmcid:223"]


def test_counts_and_reasons() -> None:
    shelf = Shelf()
    run(b"10.5555/known 2012 Known\n10.5555/other 2012 Other\n", shelf)
    seen: list[InvalidLine] = []
    data = b"""10.5555/known 2012 Known
10.5555/other 2012-01 Other

10.5555/new 2012-02-03 New
nonsense 2012 Title
10.5555/undated A title without a date
10.5555/untitled 2012
10.5555/future 2026-05-21 Tomorrow
10.5555/impossible 2012-02-30 Never
10.5555/alone
"""
    report = run(data, shelf, on_invalid=seen.append)
    assert (report.created, report.updated, report.duplicate, report.invalid) == (1, 1, 1, 6)
    assert report.total == 9
    assert seen == report.invalid_lines
    assert {line.number: line.reason for line in seen} == {
        5: "'nonsense' is not a DOI: 10., four or five digits, a slash, and at least one more "
        "character are expected, such as 10.5555/12345678",
        6: "year is not a number; year should be between 1650 and 2026",
        7: "title can't be blank",
        8: "published_on is a date in the future",
        9: "published_on is not a valid date",
        10: "title can't be blank; year is not a number; year should be between 1650 and 2026",
    }
    assert seen[0].text == "nonsense 2012 Title"


def test_a_work_that_is_in_the_file_twice() -> None:
    shelf = Shelf()
    data = b"""10.5555/a 2012 A
10.5555/b 2012 B
10.5555/a 2012 A
10.5555/A 2012 A
10.5555/a 2013 A
"""
    report = run(data, shelf)
    assert (report.created, report.updated, report.duplicate) == (2, 2, 1)
    assert all(len(set(batch)) == len(batch) for batch in shelf.batches)
    assert shelf.works["doi:10.5555/a"].issued == PartialDate(2013)


def test_batches_and_progress() -> None:
    shelf = Shelf()
    seen: list[int] = []
    data = "".join(f"10.5555/{n} 2012 Title {n}\n" for n in range(250)).encode()
    report = run(data, shelf, on_progress=lambda report: seen.append(report.total))
    assert [len(batch) for batch in shelf.batches] == [100, 100, 50]
    assert report.created == 250
    assert seen == [100, 200, 250]


def test_nothing_to_read_adds_nothing_and_says_so() -> None:
    shelf = Shelf()
    seen: list[Report] = []
    assert run(b"\n \t\n\xef\xbb\xbf\r\n", shelf, on_progress=seen.append) == Report()
    assert shelf.batches == []
    assert seen == [Report()]


def test_a_store_that_answers_for_too_few_works_is_an_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        import_works(io.BytesIO(b"10.5555/a 2012 A"), lambda works: [])


def test_only_the_first_invalid_lines_are_kept_but_all_are_counted() -> None:
    seen: list[InvalidLine] = []
    report = run(b"x\n" * 1500, on_invalid=seen.append)
    assert (report.invalid, len(report.invalid_lines), len(seen)) == (1500, 1000, 1500)
    assert seen[-1].number == 1500
    assert len(run(b"y" * 9999).invalid_lines[0].text) == importer.INVALID_TEXT_CHARACTERS


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_ends_of_lines(end: bytes) -> None:
    data = end.join([b"a b", b"", b"c d", b"e f"])
    expected = [Line(1, "a b"), Line(3, "c d"), Line(4, "e f")]
    assert list(lines(io.BytesIO(data))) == expected
    assert list(lines(io.BytesIO(data + end))) == expected
    assert list(lines(cast(BinaryIO, Dribble(data, 1)))) == expected


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"],
)
@pytest.mark.parametrize("size", [1, 3, 7, 100000])
def test_encodings(encoding: str, size: int) -> None:
    text = "10.5555/ä 2012 Größe “quoted” 🦉\r\n10.5555/b 2012 B\r\n"
    stream = cast(BinaryIO, Dribble(text.encode(encoding), size))
    assert [line.text for line in lines(stream)] == text.split("\r\n")[:2]


@pytest.mark.parametrize("mark", [b"\xfe\xff", b"\x00\x00\xfe\xff"])
def test_big_endian_byte_order_marks(mark: bytes) -> None:
    encoding = "utf-16-be" if len(mark) == 2 else "utf-32-be"
    assert texts(mark + "10.5555/ä 2012".encode(encoding)) == ["10.5555/ä 2012"]


def test_a_wide_file_that_ends_in_the_middle_of_a_character() -> None:
    assert texts("ab cd".encode("utf-16")[:-1]) == ["ab c\N{REPLACEMENT CHARACTER}"]


def test_bytes_that_are_not_utf8_are_windows_1252() -> None:
    assert texts("“Größe”".encode("windows-1252")) == ["“Größe”"]
    mixed = "Größe ".encode() + b"\x93quoted\x94 \x81"
    assert texts(mixed) == ["Größe “quoted” \N{REPLACEMENT CHARACTER}"]
    assert texts("é\n".encode() + b"\xe9\n") == ["é", "é"]


def test_files_put_together_have_marks_in_the_middle() -> None:
    assert texts(b"\xef\xbb\xbfa b\n\xef\xbb\xbfc d\n") == ["a b", "c d"]


@pytest.mark.parametrize("size", [1000, 65536, 10**7])
def test_a_line_that_is_too_long_is_invalid_and_the_next_is_read(size: int) -> None:
    limit = importer.LINE_LIMIT_BYTES
    data = b"10.5555/a 2012 " + b"x" * (limit * 3) + b"\r\n10.5555/b 2012 B\n" + b" " * (limit + 1)
    report = import_works(cast(BinaryIO, Dribble(data, size)), Shelf().add, today=TODAY)
    assert (report.created, report.invalid) == (1, 2)
    assert [line.number for line in report.invalid_lines] == [1, 3]
    assert report.invalid_lines[0].reason == "line is longer than 65536 bytes"
    assert report.invalid_lines[0].text.startswith("10.5555/a 2012 xxx")


def test_a_cut_line_and_its_line_feed_in_the_next_chunk_are_one_line() -> None:
    limit = importer.LINE_LIMIT_BYTES
    pieces = iter([b"x" * (limit + 9) + b"\r", b"\na b\n", b""])
    stream = cast(BinaryIO, type("Stream", (), {"read": lambda self, size: next(pieces)})())
    assert [(line.number, line.too_long) for line in lines(stream)] == [(1, True), (2, False)]


class Endless:
    """So many lines (and one without end) without holding them."""

    def __init__(self, count: int) -> None:
        self.numbers = itertools.islice(itertools.count(), count)
        self.long = 500

    def read(self, _size: int) -> bytes:
        chunk = "".join(
            f"10.5555/{n} 2012-01 Title\n" if n % 2 else "invalid\n"
            for n in itertools.islice(self.numbers, 2000)
        ).encode()
        if not chunk and self.long:
            self.long -= 1
            return b"x" * 65536
        return chunk


def test_memory_does_not_grow_with_the_file() -> None:
    def peak_bytes(count: int) -> int:
        tracemalloc.start()
        stream = cast(BinaryIO, Endless(count))
        report = import_works(stream, lambda works: ["created"] * len(works), today=TODAY)
        assert (report.created, report.invalid) == (count // 2, count // 2 + 1)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak_bytes(100)  # what is loaded once
    assert peak_bytes(40_000) < peak_bytes(4_000) * 1.2 + 100_000


@given(st.binary(max_size=600), st.integers(1, 50))
def test_any_bytes_in_any_pieces_give_the_same_lines(data: bytes, size: int) -> None:
    whole = list(lines(io.BytesIO(data)))
    assert list(lines(cast(BinaryIO, Dribble(data, size)))) == whole
    assert all(line.text.strip() == line.text != "" for line in whole)
    assert len({line.number for line in whole}) == len(whole)


LINES = st.lists(
    st.one_of(
        st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b"").replace(b"\r", b"")),
        st.builds(
            lambda suffix, date, title: f"10.5555/{suffix} {date} {title}".encode(),
            st.sampled_from(["a", "A", "b", "ä", "c%2Fd"]),
            st.sampled_from(["2012", "2012-02-30", "2012-03", "x", "2027"]),
            st.text(max_size=5),
        ),
    ),
    max_size=30,
)


@given(LINES)
def test_every_line_that_is_not_blank_is_counted_once(raw_lines: list[bytes]) -> None:
    data = b"\n".join(raw_lines)
    report = run(data)
    assert report.total == len(texts(data))
    assert report.invalid == len(report.invalid_lines)


def test_the_sample_works() -> None:
    shelf = Shelf()
    with SAMPLE.open("rb") as stream:
        report = import_works(stream, shelf.add, today=dt.date(2026, 12, 31))
    works = shelf.works.values()
    assert report == Report(created=len(works))
    assert len(works) >= 200
    registrants = {work.doi_folded.split("/")[0] for work in works}
    assert len(registrants) >= 200
    years = {work.issued.year for work in works}
    assert (min(years), max(years)) == (1960, 2026)
    assert len(years) >= 50
    assert len({work.month for work in works}) >= 120
    assert {len(work.issued.parts()) for work in works} == {1, 2, 3}
    odd = "".join(work.doi_folded for work in works)
    assert set("()<>[]:;_") <= set(odd)
    datacite = {"10.5061", "10.5281", "10.6084", "10.1594", "10.48550"}
    preprints = {"10.1101", "10.48550"}
    assert datacite | preprints <= registrants
