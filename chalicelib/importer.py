"""Works from a text file: one per line, ``DOI DATE TITLE``, in any encoding, of any length.

Memory does not grow with the file. What becomes of the works is up to the function that is
handed in (the store); what makes a work valid is in ``works``.
"""

import codecs
import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, Literal

from chalicelib import identifiers, works
from chalicelib.errors import InvalidIdentifier, InvalidWork
from chalicelib.model import Work

#: What adding a work did: it was unknown, known with another date or title, or known as it is.
Outcome = Literal["created", "updated", "duplicate"]

#: As many works as BatchGetItem reads at once.
BATCH_SIZE = 100
#: How much of the lines that are invalid a report keeps.
INVALID_LINES_KEPT = 1000
INVALID_TEXT_CHARACTERS = 200
LINE_LIMIT_BYTES = 64 * 1024

_CHUNK_BYTES = 64 * 1024
#: Byte order marks; that of UTF-32 before that of UTF-16, which it begins with.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: Which of the first four bytes are zero (0) → the encoding of ASCII that looks so.
_PATTERNS = {
    b"\1\0\1\0": "utf-16-le",
    b"\0\1\0\1": "utf-16-be",
    b"\1\0\0\0": "utf-32-le",
    b"\0\0\0\1": "utf-32-be",
}
#: Stands for a byte that is not UTF-8 → the character it is in Windows-1252.
_WINDOWS_1252 = {
    0xDC00 + byte: bytes([byte]).decode("windows-1252", "replace") for byte in range(0x80, 0x100)
}


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank; ``text`` is only its beginning if it is ``too_long``."""

    number: int
    text: str
    too_long: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class InvalidLine:
    """A line that is no work, shortened, and why."""

    number: int
    text: str
    reason: str


@dataclasses.dataclass(slots=True)
class Report:
    """The counts of an import, and the first lines that were invalid."""

    created: int = 0
    updated: int = 0
    duplicate: int = 0
    invalid: int = 0
    invalid_lines: list[InvalidLine] = dataclasses.field(default_factory=list)

    @property
    def total(self) -> int:
        """The lines that were read and not blank."""
        return self.created + self.updated + self.duplicate + self.invalid


def import_works(
    stream: BinaryIO,
    add: Callable[[Sequence[Work]], Sequence[Outcome]],
    *,
    publisher_id: int | None = None,
    uid_kind: str = "doi",
    today: dt.date | None = None,
    on_progress: Callable[[Report], None] | None = None,
    on_invalid: Callable[[InvalidLine], None] | None = None,
) -> Report:
    """Add the works of the file in batches of up to 100 and count what became of them.

    ``add`` gives an outcome for each work, in order; no batch holds a work twice.
    ``on_progress`` sees the counts so far after every batch and at the end, ``on_invalid``
    every invalid line, also beyond those that the report keeps.
    Errors: those of ``add`` and of reading the stream.
    """
    report = Report()
    batch: dict[str, Work] = {}
    today = today or dt.datetime.now(dt.UTC).date()
    for line in lines(stream):
        try:
            work = read_work(line, publisher_id=publisher_id, uid_kind=uid_kind, today=today)
        except (InvalidWork, InvalidIdentifier) as error:
            _note_invalid(line, str(error), report, on_invalid)
            continue
        if batch.get(work.key) == work:
            report.duplicate += 1
            continue
        if work.key in batch or len(batch) == BATCH_SIZE:
            _flush(batch, add, report, on_progress)
        batch[work.key] = work
    _flush(batch, add, report, on_progress)
    return report


def read_work(
    line: Line,
    *,
    publisher_id: int | None = None,
    uid_kind: str = "doi",
    today: dt.date | None = None,
) -> Work:
    """The work on the line: an identifier, a date and a title with blanks or tabs between.

    Errors: InvalidIdentifier, InvalidWork.
    Source: operations.md 3.1.
    """
    if line.too_long:
        raise InvalidWork({"line": [f"is longer than {LINE_LIMIT_BYTES} bytes"]})
    uid, issued, title, *_ = [*line.text.split(None, 2), "", ""]
    identifier = identifiers.parse(uid, uid_kind)
    fields = {
        identifier.kind: identifier.value,
        "issued": issued,
        "title": title.strip().removesuffix("."),
        "publisher_id": publisher_id,
    }
    return works.validate(fields, uid_kind, today=today)


def lines(stream: BinaryIO) -> Iterator[Line]:
    """The lines of the file that are not blank, numbered from 1.

    UTF-8, and in place of bytes that are not, Windows-1252; UTF-16 and UTF-32 if they begin
    with a byte order mark or with two ASCII characters. Ends of line are LF, CRLF or CR.
    """
    for number, raw in enumerate(_raw_lines(_utf8_chunks(stream)), 1):
        too_long = len(raw) > LINE_LIMIT_BYTES
        text = _decoded(raw).removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}").strip()
        if text or too_long:
            yield Line(number, text, too_long)


def _flush(
    batch: dict[str, Work],
    add: Callable[[Sequence[Work]], Sequence[Outcome]],
    report: Report,
    on_progress: Callable[[Report], None] | None,
) -> None:
    """Add what the batch holds, count the outcomes and empty it."""
    added = list(batch.values())
    for _, outcome in zip(added, add(added) if added else (), strict=True):
        setattr(report, outcome, getattr(report, outcome) + 1)
    batch.clear()
    if on_progress:
        on_progress(report)


def _note_invalid(
    line: Line, reason: str, report: Report, on_invalid: Callable[[InvalidLine], None] | None
) -> None:
    invalid = InvalidLine(line.number, line.text[:INVALID_TEXT_CHARACTERS], reason)
    report.invalid += 1
    if len(report.invalid_lines) < INVALID_LINES_KEPT:
        report.invalid_lines.append(invalid)
    if on_invalid:
        on_invalid(invalid)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("utf-8", "surrogateescape").translate(_WINDOWS_1252)


def _raw_lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The lines without their ends; of one over the limit a beginning that is over it, too."""
    rest = b""
    for chunk in chunks:
        pieces = (rest + chunk).splitlines(keepends=True)
        # The last piece goes on, unless it ends in LF; after CR the LF may be still to come.
        rest = b"" if pieces[-1].endswith(b"\n") else pieces.pop()
        for piece in pieces:
            yield piece.rstrip(b"\r\n")
        if len(rest) > LINE_LIMIT_BYTES + 1:
            rest = rest[: LINE_LIMIT_BYTES + 1] + (b"\r" if rest.endswith(b"\r") else b"")
    if rest:
        yield rest.rstrip(b"\r")


def _utf8_chunks(stream: BinaryIO) -> Iterator[bytes]:
    """The bytes of the file, in a superset of ASCII, none of the chunks empty."""
    chunk = _first_chunk(stream)
    encoding = _wide_encoding(chunk)
    decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None
    while chunk:
        if decoder is None:
            yield chunk
        elif text := decoder.decode(chunk):
            yield text.encode()
        chunk = stream.read(_CHUNK_BYTES)
    if decoder and (text := decoder.decode(b"", final=True)):
        yield text.encode()


def _first_chunk(stream: BinaryIO) -> bytes:
    """The beginning of the file: four bytes at least, if it has them."""
    chunk = stream.read(_CHUNK_BYTES)
    while 0 < len(chunk) < 4:
        more = stream.read(_CHUNK_BYTES)
        if not more:
            break
        chunk += more
    return chunk


def _wide_encoding(beginning: bytes) -> str | None:
    """The encoding of a file whose characters have two or four bytes; None for all others."""
    for mark, encoding in _MARKS:
        if beginning.startswith(mark):
            return encoding
    return _PATTERNS.get(bytes(min(byte, 1) for byte in beginning[:4]))
