"""``works``: add works from a file, delete them, show what is known of one."""

import argparse
import contextlib
import datetime as dt
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from chalicelib import feeds, history, importer, intake, settings, sources
from chalicelib.commands import CommandFailed
from chalicelib.commands.aws import AWS_ERRORS, wake_schedule
from chalicelib.commands.lookup import find_work, find_works
from chalicelib.commands.output import moment, printable, show_json, warn
from chalicelib.commands.progress import counts, watching
from chalicelib.errors import ConfigurationError, LagottoError
from chalicelib.importer import InvalidLine, Report
from chalicelib.model import IDENTIFIER_KINDS, Work
from chalicelib.store import catalogue, events, evidence, numbers, shelves
from chalicelib.store import sources as source_rows
from chalicelib.store.works import StoredWork

#: How many of the invalid lines are shown; ``--invalid FILE`` keeps all.
INVALID_LINES_SHOWN = 20
#: What may end an import before the end of its file.
_STOPPED: tuple[type[BaseException], ...] = (
    *AWS_ERRORS,
    LagottoError,
    OSError,
    KeyboardInterrupt,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs and their arguments."""
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    verb = verbs.add_parser(
        "add",
        help="add works from a text file",
        description="Add works from a text file of any encoding: one per line, an identifier, "
        "a date (YYYY, YYYY-MM or YYYY-MM-DD) and a title with blanks or tabs between.",
    )
    verb.add_argument("file", metavar="FILE", help="the file, or - for standard input")
    verb.add_argument(
        "--publisher", metavar="N", type=_member, help="Crossref member number of all of them"
    )
    verb.add_argument("--invalid", metavar="OUT", help="write all lines that are no works here")
    verb.add_argument("--json", action="store_true", help="print the counts as JSON")
    verb.set_defaults(run=_add)
    verb = verbs.add_parser("delete", help="delete works with all that is known of them")
    verb.add_argument("identifiers", metavar="IDENTIFIER", nargs="+", help="in any spelling")
    verb.set_defaults(run=_delete)
    verb = verbs.add_parser("show", help="print all that is known of a work, as JSON")
    verb.add_argument("identifier", metavar="IDENTIFIER", help="in any spelling")
    verb.add_argument("--events", action="store_true", help="with the events of each source")
    verb.set_defaults(run=_show)


def _add(arguments: argparse.Namespace) -> int:
    try:
        settings.load().contact()
    except ConfigurationError as error:
        warn(f"{error} The works are added, and wait until then.")
    with (
        _opened(arguments.file) as file,
        _invalid_lines_to(arguments.invalid, file) as on_invalid,
        watching(file) as (stream, progress),
    ):
        report = _import(stream, arguments.publisher, progress.note, on_invalid)
    if report.created:
        feeds.make_due(dt.datetime.now(dt.UTC))
    woken = report.created > 0 and wake_schedule()
    if arguments.json:
        show_json(
            {
                "created": report.created,
                "updated": report.updated,
                "duplicate": report.duplicate,
                "invalid": report.invalid,
                "total": report.total,
                "invalid_lines": [
                    {"line": line.number, "text": line.text, "reason": line.reason}
                    for line in report.invalid_lines
                ],
                "schedule_woken": woken,
            }
        )
    else:
        _print_report(report, arguments.invalid)
    return 0


def _import(
    stream: BinaryIO,
    publisher_id: int | None,
    on_progress: Callable[[Report], None],
    on_invalid: Callable[[InvalidLine], None] | None,
) -> Report:
    """Import and count; if it stops in the middle, say how far it came."""
    so_far = Report()

    def noting(report: Report) -> None:
        nonlocal so_far
        so_far = report
        on_progress(report)

    def adding(works: Sequence[Work]) -> Sequence[importer.Outcome]:
        return intake.add(works, dt.datetime.now(dt.UTC))

    try:
        return importer.import_works(
            stream,
            adding,
            publisher_id=publisher_id,
            uid_kind=settings.load().uid_kind,
            on_progress=noting,
            on_invalid=on_invalid,
        )
    except _STOPPED:
        warn(
            f"Stopped after {counts(so_far)}. Repeat the command to go on: what is there "
            "already counts as duplicate then."
        )
        raise


def _print_report(report: Report, invalid_path: str | None) -> None:
    print(f"Created    {report.created:,}")
    print(f"Updated    {report.updated:,}")
    print(f"Duplicate  {report.duplicate:,}")
    print(f"Invalid    {report.invalid:,}")
    for line in report.invalid_lines[:INVALID_LINES_SHOWN]:
        print(f"  line {line.number}: {printable(line.reason)}: {printable(line.text)}")
    if report.invalid > INVALID_LINES_SHOWN:
        where = f"all are in {invalid_path}" if invalid_path else "--invalid FILE writes all"
        more = report.invalid - INVALID_LINES_SHOWN
        print(f"  … and {more:,} more invalid lines ({where})")


@contextlib.contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """The file, or standard input for ``-``. Errors: CommandFailed if it cannot be read."""
    if path == "-":
        yield sys.stdin.buffer
        return
    with contextlib.ExitStack() as opened:
        try:
            file = opened.enter_context(Path(path).open("rb"))
            file.peek()
        except (OSError, ValueError) as error:
            raise CommandFailed(f"The file {path!r} cannot be read: {_reason(error)}") from error
        yield file


@contextlib.contextmanager
def _invalid_lines_to(
    path: str | None, source: BinaryIO
) -> Iterator[Callable[[InvalidLine], None] | None]:
    """Who writes invalid lines to a file: number, reason and text with tabs between."""
    if path is None:
        yield None
        return
    if _is_same_file(path, source):
        raise CommandFailed(f"{path!r} is the file with the works; it would be overwritten.")
    with contextlib.ExitStack() as opened:
        try:
            file = opened.enter_context(
                Path(path).open("w", encoding="utf-8", errors="backslashreplace")
            )
        except (OSError, ValueError) as error:
            raise CommandFailed(f"The file {path!r} cannot be written: {_reason(error)}") from error
        yield lambda line: print(line.number, line.reason, line.text, sep="\t", file=file)


def _is_same_file(path: str, file: BinaryIO) -> bool:
    try:
        return os.path.samestat(Path(path).stat(), os.fstat(file.fileno()))
    except (OSError, ValueError):
        # One of them is no file, or is not there yet.
        return False


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _member(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:10]) < 10**9):
        raise argparse.ArgumentTypeError(f"{text!r} is not a Crossref member number such as 340")
    return int(text)


def _delete(arguments: argparse.Namespace) -> int:
    status = 0
    for stored in list(find_works(arguments.identifiers)):
        if stored is None:
            status = 1
        elif catalogue.delete(stored.work.key):
            print(f"Deleted {printable(stored.work.key)}: {printable(stored.work.title)}")
    return status


def _show(arguments: argparse.Namespace) -> int:
    stored = find_work(arguments.identifier)
    work = stored.work
    asked = shelves.asked([stored.shelf]).get(stored.shelf, {})
    shown_rows = [row for row in source_rows.installed(fresh=True) if row.shown]
    names = {row.name for row in shown_rows} | stored.numbers.keys()
    shown: dict[str, Any] = {
        name: _shown_numbers(stored, name, asked.get(name)) for name in sorted(names)
    }
    if arguments.events:
        pairs = [(work.key, name) for name in stored.numbers]
        for (_, name), kept in events.find(pairs).items():
            shown[name] |= {"events": kept.events, "notes": kept.notes}
    show_json(
        {
            "key": work.key,
            **{kind: getattr(work, kind) for kind in IDENTIFIER_KINDS},
            "title": work.title,
            "issued": str(work.issued),
            "publisher_id": work.publisher_id,
            "shelf": stored.shelf,
            "created_at": moment(stored.created_at),
            "updated_at": moment(stored.updated_at),
            "sources": shown,
        }
    )
    return 0


def _shown_numbers(
    stored: StoredWork, name: str, shelf_asked_at: int | None
) -> dict[str, Any] | None:
    """What a source said about a work, whose shelf it was last asked about at this epoch
    second; None if it was never asked about the work."""
    text = stored.numbers.get(name)
    if text is None:
        return None
    found = numbers.decode(text)
    asked_at = max(found.asked_at, dt.datetime.fromtimestamp(shelf_asked_at or 0, dt.UTC))
    page = sources.get(name).events_url(stored.work) if name in sources.names() else None
    return {
        "metrics": {
            metric: value
            for metric in found.metrics.__slots__
            if (value := getattr(found.metrics, metric)) is not None
        },
        "events_url": found.events_url or page,
        "asked_at": moment(asked_at),
        "changed_at": moment(found.asked_at),
        "evidence": evidence.object_key(name, found.asked_at, found.evidence),
        "by_day": history.by_day(found.history, asked_at.date(), stored.work.issued.first_day()),
        "by_month": history.by_month(found.history, asked_at.date()),
    }
