"""An import: works a second, and whether memory stays what it is however long the file.

The file is read by the importer and added by ``intake``, as ``works add`` does it, into an
installation with all sources; its works are spread over fifty years, so that many shelves are
opened. Reading alone, without tables, is measured on a file a hundred times as long.
"""

import dataclasses
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from chalicelib import importer, intake, sources
from infra.bench import fresh, report
from infra.bench.bed import install, installation
from infra.bench.invented import NOW, lines
from infra.bench.report import Line, Measured

LONGER_FILE = 100


@dataclasses.dataclass(frozen=True, slots=True)
class Import:
    """One import in a process of its own."""

    works: int
    seconds: float
    peak_mb: float

    @property
    def works_per_second(self) -> float:
        """Its speed."""
        return self.works / self.seconds


def measure(sizes: Sequence[int]) -> Measured:
    """The lines: the smallest import against the largest."""
    with tempfile.TemporaryDirectory(prefix="lagotto-bench-") as folder:
        file = Path(folder) / "works.txt"
        done = []
        for size in sizes:
            fresh.run(write_file, file, size)
            done.append(fresh.run(import_file, file, size))
            print(f"  importing: {size:,} works", file=sys.stderr)
        long_file = sizes[0] * LONGER_FILE
        fresh.run(write_file, file, sizes[0])
        read_short = fresh.run(read_file, file, sizes[0])
        fresh.run(write_file, file, long_file)
        read_long = fresh.run(read_file, file, long_file)
    shown = " → ".join(f"{entry.works_per_second:,.0f}" for entry in done)
    title = f"Import: {' → '.join(f'{size:,}' for size in sizes)} works; {long_file:,} lines"
    return Measured(
        title,
        [
            Line("works a second, added", shown),
            _memory("peak memory, added", done[0], done[-1]),
            Line("lines a second, only read", f"{read_long.works_per_second:,.0f}"),
            _memory("peak memory, only read", read_short, read_long),
        ],
    )


def write_file(file: Path, size: int) -> None:
    """Write a file of so many works."""
    with file.open("wb") as stream:
        stream.writelines(lines(size))


def import_file(file: Path, size: int) -> Import:
    """Add the works of a file to an empty installation."""
    with installation():
        install([name for name in sources.on_by_default() if sources.get(name).kind == "works"])
        with file.open("rb") as stream:
            began = time.perf_counter()
            counted = importer.import_works(stream, lambda works: intake.add(works, NOW))
            seconds = time.perf_counter() - began
    if counted.created != size:
        raise RuntimeError(f"{counted.created} of {size} works were created")
    return Import(size, seconds, _peak_mb())


def read_file(file: Path, size: int) -> Import:
    """Read a file without adding anything."""
    with file.open("rb") as stream:
        began = time.perf_counter()
        counted = importer.import_works(stream, lambda works: ["created"] * len(works))
        seconds = time.perf_counter() - began
    if counted.created != size:
        raise RuntimeError(f"{counted.created} of {size} works were read")
    return Import(size, seconds, _peak_mb())


def _memory(what: str, short: Import, long: Import) -> Line:
    shown = f"{short.peak_mb:.0f} → {long.peak_mb:.0f} MB"
    return report.flat(what, long.peak_mb / short.peak_mb, shown)


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3
