"""``schedule``: run it here and now instead of waiting for its turn."""

import argparse
import datetime as dt

from chalicelib import planner
from chalicelib.commands.output import show_json, show_table
from chalicelib.commands.standing import active


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs and their arguments."""
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    verb = verbs.add_parser("run", help="send the jobs of what is due to the queue")
    verb.add_argument(
        "--source",
        dest="sources",
        metavar="NAME",
        nargs="+",
        action="extend",
        default=[],
        help="only of these sources",
    )
    verb.add_argument("--json", action="store_true", help="print JSON")
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    planned = planner.plan(dt.datetime.now(dt.UTC), only=active(arguments.sources))
    if arguments.json:
        show_json(
            [{"source": sent.source, "jobs": sent.jobs, "works": sent.works} for sent in planned]
        )
        return 0
    show_table(
        ("SOURCE", "JOBS", "WORKS"),
        [(sent.source, sent.jobs, sent.works) for sent in planned],
        empty="No source may be asked now; `python -m chalicelib queue` shows why.",
    )
    return 0
