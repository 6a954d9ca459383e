"""``sources import``: keep what a provider answered in earlier years, from saved answers.

For sources that are retired, and for the time before an installation. The source's real code
reads the answers; what it makes of them is kept with the time of the answer, unless the number
that is there is younger.
"""

import argparse
import datetime as dt
import pathlib
import secrets
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from chalicelib import feeds, identifiers, settings
from chalicelib.client import HttpClient
from chalicelib.commands import CommandFailed
from chalicelib.commands.output import counted, fail
from chalicelib.commands.standing import module
from chalicelib.errors import InvalidIdentifier, SourceError
from chalicelib.feed import Feed, Window
from chalicelib.model import Result
from chalicelib.source import Source
from chalicelib.store import events, evidence, numbers, results, works
from chalicelib.store import sources as source_rows
from chalicelib.store.results import Asked
from chalicelib.transports import SavedAnswers

NOTHING_TO_SLEEP_FOR = 3600 * 1000


def add_verb(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the verb and its arguments."""
    verb = verbs.add_parser(
        "import",
        help="keep numbers from saved answers",
        description="Of a feed, FILEs are its answers in the order of its requests, for the days "
        "--from to --to. Of all other sources, each line of FILE is a JSON object: "
        '{"doi": "10.5555/1", "at": "2014-05-01T00:00:00Z", "responses": ["<posts/>"]}, with '
        "another identifier in place of the DOI where works have one, and the answers as text.",
    )
    verb.add_argument("name", metavar="NAME")
    verb.add_argument("files", metavar="FILE", nargs="+")
    verb.add_argument("--from", dest="start", metavar="DATE", type=dt.date.fromisoformat)
    verb.add_argument("--to", dest="end", metavar="DATE", type=dt.date.fromisoformat)
    verb.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Import; the exit status, 1 if something could not be read."""
    source = module(arguments.name)
    if source_rows.get(source.name) is None:
        raise CommandFailed(
            f"The source {source.name} is not installed, so nobody would see its numbers. Install "
            f"it with `python -m chalicelib sources install {source.name}`."
        )
    if isinstance(source, Feed):
        return _import_feed(source, arguments)
    if arguments.start or arguments.end:
        raise CommandFailed(f"{source.name} is no feed: --from and --to mean nothing to it.")
    kept = older = failed = 0
    for path in arguments.files:
        for number, line in _lines(path):
            try:
                outcome = _import_line(source, line)
            except (ValueError, LookupError, TypeError, InvalidIdentifier, SourceError) as error:
                fail(f"{path}, line {number}: {error}")
                failed += 1
                continue
            kept += outcome == "kept"
            older += outcome == "older"
    print(
        f"{source.name}: kept {counted(kept, 'number')}; {older:,} older than what is there; "
        f"{failed:,} lines failed"
    )
    return 1 if failed else 0


def _import_line(source: Source, line: bytes) -> str:
    """Keep what one line says: "kept" or "older"."""
    entry = orjson.loads(line)
    at = _moment(entry["at"])
    [(kind, value)] = [(k, v) for k, v in entry.items() if k in identifiers.NORMALISERS]
    key = identifiers.Identifier(kind, identifiers.NORMALISERS[kind](value)).key
    stored = works.find([key]).get(key)
    if stored is None:
        raise ValueError(f"there is no work {value!r}; add it first")
    before = stored.numbers.get(source.name)
    if before is not None and numbers.decode(before).asked_at > at:
        return "older"
    client = _client(source, [str(text).encode() for text in entry["responses"]])
    outcome = source.collect([stored.work], client).get(key)
    if isinstance(outcome, SourceError):
        raise outcome
    if not isinstance(outcome, Result):
        raise ValueError(f"{source.name} says nothing about this work")
    if source.remembers:
        known = events.find([(key, source.name)]).get((key, source.name))
        outcome = source.merge(known.events if known else [], outcome, stored.work)
    asked = Asked(source.name, source.usage, at, secrets.token_hex(6))
    evidence.put(source.name, at, asked.evidence, client.exchanges, failed=False)
    results.keep({key: outcome}, {key: stored}, asked, confirm=True)
    return "kept"


def _import_feed(source: Feed, arguments: argparse.Namespace) -> int:
    if not (arguments.start and arguments.end):
        raise CommandFailed(f"{source.name} is a feed: say the days with --from and --to.")
    window = Window(arguments.start, arguments.end)
    client = _client(source, [_content(path) for path in arguments.files])
    at = dt.datetime.combine(window.end, dt.time(), dt.UTC)
    asked = Asked(source.name, source.usage, at, secrets.token_hex(6))
    report = feeds.FeedReport()
    try:
        for page in source.pages(client, window):
            feeds.keep(source, page, asked, report)
    except SourceError as error:
        report.failed["the feed"] = error
    evidence.put(source.name, at, asked.evidence, client.exchanges, failed=bool(report.failed))
    for problem in report.failed.values():
        fail(str(problem))
    print(
        f"{source.name}: {report.entries:,} entries, {report.matched:,} of works that are here; "
        f"{report.written:,} numbers kept, {report.added:,} works added"
    )
    return 1 if report.failed else 0


def _client(source: Source, bodies: Sequence[bytes]) -> HttpClient:
    row = source_rows.get(source.name)
    return HttpClient(
        source,
        contact_email=settings.load().contact_email or "import@example.org",
        settings=source_rows.effective_settings(row) if row else {},
        publishers=source_rows.publisher_settings(row) if row else {},
        calls_per_hour=NOTHING_TO_SLEEP_FOR,
        transport=SavedAnswers(bodies),
        sleep=lambda seconds: None,
    )


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _lines(path: str) -> Iterator[tuple[int, bytes]]:
    try:
        with pathlib.Path(path).open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line
    except OSError as error:
        raise CommandFailed(f"{path} cannot be read: {error.strerror}") from error


def _content(path: str) -> Any:
    try:
        return pathlib.Path(path).read_bytes()
    except OSError as error:
        raise CommandFailed(f"{path} cannot be read: {error.strerror}") from error
