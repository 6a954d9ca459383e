"""How far the collection is: looked up in the tables, shown per source."""

import dataclasses
import datetime as dt
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from chalicelib import agencies, importer, queues, sources
from chalicelib.commands.standing import hold
from chalicelib.errors import InvalidIdentifier, InvalidWork
from chalicelib.store import numbers, shelves, works
from chalicelib.store import sources as source_rows
from chalicelib.store.sources import SourceRow

#: So often in a row nothing may be left to do before the collection counts as complete: a
#: job can be between the queue and the tables.
_QUIET_LOOKS = 3


@dataclasses.dataclass(frozen=True, slots=True)
class SourceProgress:
    """One source: works asked about, works it can be asked about, works with a number above
    zero, sum of the totals, shelves that are due, and what holds it back, if anything."""

    name: str
    title: str
    asked: int
    applicable: int
    with_events: int
    events: int
    due: int
    held: str


@dataclasses.dataclass(frozen=True, slots=True)
class Progress:
    """All sources, and the jobs that are in the queue or being worked on."""

    sources: Sequence[SourceProgress]
    jobs: int

    @property
    def complete(self) -> bool:
        """Whether every work was asked about at every source."""
        return all(source.asked >= source.applicable for source in self.sources)

    @property
    def quiet(self) -> bool:
        """Whether nothing moves: no jobs, and nothing due that may be asked now."""
        return not self.jobs and not any(row.due for row in self.sources if not row.held)


def keys_of(file: Path) -> list[str]:
    """The keys of the works of an import file, as far as its lines are valid."""
    keys = []
    with file.open("rb") as stream:
        for line in importer.lines(stream):
            try:
                keys.append(importer.read_work(line).key)
            except (InvalidIdentifier, InvalidWork):
                continue
    return list(dict.fromkeys(keys))


def look(keys: Iterable[str]) -> Progress:
    """How far the collection is for these works, at all active sources."""
    found = works.find(keys)
    asked = shelves.asked({stored.shelf for stored in found.values()})
    now = dt.datetime.now(dt.UTC)
    rows = []
    for row in source_rows.installed(fresh=True):
        if not (row.active and row.kind == "works" and row.name in sources.names()):
            continue
        source = sources.get(row.name)
        totals = [
            numbers.total(stored.numbers[row.name])
            for stored in found.values()
            if row.name in stored.numbers
        ]
        # Of other agencies' DOIs it is not asked, once doi.org has said whose they are.
        asked_of = agencies.known(found) if source.agencies else found
        applicable = [
            stored
            for stored in asked_of.values()
            if row.name in stored.numbers or source.asks_about(stored.work, row.settings)
        ]
        rows.append(
            SourceProgress(
                name=row.name,
                title=row.title,
                # Asked about may also mean: the provider has no identifier for it.
                asked=sum(
                    row.name in stored.numbers or row.name in asked.get(stored.shelf, {})
                    for stored in applicable
                ),
                applicable=len(applicable),
                with_events=sum(total > 0 for total in totals),
                events=sum(totals),
                due=shelves.count_due(row.name, now),
                held=_held(row, now),
            )
        )
    return Progress(rows, sum(queues.counts().values()))


def _held(row: SourceRow, now: dt.datetime) -> str:
    held = hold(row, now)
    return f"until {held.until:%H:%M:%S}: {held.why}" if held.until else ""


def watch(keys: Sequence[str], out: TextIO = sys.stdout, interval_seconds: float = 1.0) -> Progress:
    """Show the progress until all works are asked about or nothing moves any more; the end."""
    display = _Display(out)
    quiet_looks = 0
    while True:
        progress = look(keys)
        display.show(progress)
        quiet_looks = quiet_looks + 1 if progress.quiet else 0
        if quiet_looks >= _QUIET_LOOKS or (progress.complete and not progress.jobs):
            display.end()
            return progress
        time.sleep(interval_seconds)


class _Display:
    """On a terminal a block that is drawn over itself, elsewhere a line from time to time."""

    _SECONDS_BETWEEN_LINES = 15.0

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._on_terminal = out.isatty()
        self._drawn = 0
        self._began = time.monotonic()
        self._last_line = 0.0

    def show(self, progress: Progress) -> None:
        """Draw the progress."""
        if self._on_terminal:
            width = shutil.get_terminal_size().columns - 1
            lines = [*(_bar(source) for source in progress.sources), self._total(progress)]
            back = f"\x1b[{self._drawn}F" if self._drawn else ""
            text = "\n".join(f"\x1b[2K{line[:width]}" for line in lines)
            self._out.write(f"{back}{text}\n")
            self._drawn = len(lines)
        elif time.monotonic() - self._last_line >= self._SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            done = "  ".join(f"{row.name} {row.asked}/{row.applicable}" for row in progress.sources)
            self._out.write(f"{self._total(progress)}: {done}\n")
        self._out.flush()

    def end(self) -> None:
        """Leave what was drawn."""
        self._out.write("\n")
        self._out.flush()

    def _total(self, progress: Progress) -> str:
        asked = sum(source.asked for source in progress.sources)
        applicable = sum(source.applicable for source in progress.sources)
        seconds = int(time.monotonic() - self._began)
        clock = f"{seconds // 60}:{seconds % 60:02d}"
        return f"{clock}  {asked} of {applicable} asked, {progress.jobs} jobs waiting"


def _bar(source: SourceProgress, width: int = 24) -> str:
    filled = width * source.asked // source.applicable if source.applicable else width
    bar = "█" * filled + "·" * (width - filled)
    held = f"  waits {source.held}" if source.held else ""
    return f"{source.name:<14} {bar} {source.asked:>5}/{source.applicable:<5}{held}"


def table(progress: Progress) -> str:
    """The result as a table: what every source said."""
    head = ("source", "title", "works asked", "with events", "events")
    rows = [
        (
            source.name,
            source.title,
            f"{source.asked} of {source.applicable}",
            f"{source.with_events:,}",
            f"{source.events:,}",
        )
        for source in progress.sources
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = []
    for row in (head, tuple("─" * width for width in widths), *rows):
        left = [text.ljust(width) for text, width in zip(row[:2], widths[:2], strict=True)]
        right = [text.rjust(width) for text, width in zip(row[2:], widths[2:], strict=True)]
        lines.append("  ".join([*left, *right]))
    return "\n".join(lines)
