"""``refresh``: have works asked about now, whenever they are due: some, by dates, or all."""

import argparse
import datetime as dt
import re

from chalicelib import planner
from chalicelib.commands import WrongUsage
from chalicelib.commands.aws import wake_schedule
from chalicelib.commands.lookup import find_works
from chalicelib.commands.output import counted
from chalicelib.commands.standing import active
from chalicelib.errors import InvalidWork
from chalicelib.model import PartialDate
from chalicelib.store import shelves
from chalicelib.store.works import StoredWork
from chalicelib.works import read_date

_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.description = (
        "Have works asked about now. Few works are asked at once; by dates or all, their shelves "
        "become due and the schedule paces them. Dates select by the month of publication."
    )
    parser.add_argument("identifiers", metavar="IDENTIFIER", nargs="*", help="in any spelling")
    parser.add_argument(
        "--source",
        dest="sources",
        metavar="NAME",
        nargs="+",
        action="extend",
        default=[],
        help="only these sources; all that are enabled otherwise",
    )
    parser.add_argument("--from", dest="start", metavar="DATE", type=_date, help="published since")
    parser.add_argument("--to", dest="end", metavar="DATE", type=_date, help="published until")
    parser.add_argument("--all", action="store_true", help="all works")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    start: PartialDate | None = arguments.start
    end: PartialDate | None = arguments.end
    dated = start is not None or end is not None
    if [bool(arguments.identifiers), dated, arguments.all].count(True) != 1:
        raise WrongUsage("refresh needs either identifiers, or --from and --to, or --all.")
    if start and end and end.first_day() < start.first_day() and end.month:
        raise WrongUsage("The date of --to is before that of --from.")
    only = active(arguments.sources)
    now = dt.datetime.now(dt.UTC)
    if arguments.identifiers:
        return _refresh_works(arguments.identifiers, only, now)
    pairs = planner.refresh(
        now,
        only=only,
        start=start.first_day() if start else None,
        # Shelves are selected by month: of a year alone, that is up to December.
        end=dt.date(end.year, end.month or 12, 1) if end else None,
    )
    print(f"{counted(pairs, 'pair')} of a shelf and a source became due.")
    if pairs:
        wake_schedule()
    return 0


def _refresh_works(identifiers: list[str], only: list[str], now: dt.datetime) -> int:
    found = list(find_works(identifiers))
    stored = [work for work in found if work is not None]
    busy = set()
    for first in range(0, len(stored), planner.FEW_WORKS):
        busy |= _ask(stored[first : first + planner.FEW_WORKS], only, now)
    if stored:
        print(f"{counted(len(stored), 'work')} will be asked about now.")
    if busy:
        print(f"As soon as they have time, also: {', '.join(sorted(busy))}.")
        wake_schedule()
    return 1 if None in found else 0


def _ask(stored: list[StoredWork], only: list[str], now: dt.datetime) -> set[str]:
    """Have few works asked about; the sources that have no time for them at the moment."""
    busy = planner.ask_now([work.work for work in stored], now, only)
    for source in busy:
        for shelf in {work.shelf for work in stored}:
            shelves.hasten(source, shelf, now)
    return set(busy)


def _date(text: str) -> PartialDate:
    if _DATE.fullmatch(text):
        year, month, day = read_date(text)
        try:
            if year and text == str(date := PartialDate(year, month, day)):
                return date
        except InvalidWork:
            pass
    raise argparse.ArgumentTypeError(f"{text!r} is no date: YYYY, YYYY-MM or YYYY-MM-DD")
