"""``alerts``: what a person should look at, newest first; marking it as seen to."""

import argparse
import heapq

from chalicelib.commands import CommandFailed
from chalicelib.commands.output import fail, show_json, show_table
from chalicelib.commands.standing import every_name, module
from chalicelib.store import alerts
from chalicelib.store.alerts import LEVELS, SYSTEM, Alert

SHOWN = 50
#: Far more than a source can have: its breaker opens after some hundreds a day.
MOST_PER_SUBJECT = 100_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs and their arguments; without a verb unresolved alerts are listed."""
    parser.add_argument("--source", metavar="NAME", help="only those of this source")
    parser.add_argument(
        "--limit", metavar="N", type=_limit, default=SHOWN, help=f"how many at most ({SHOWN})"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=_list)
    verbs = parser.add_subparsers(metavar="[VERB]")
    verb = verbs.add_parser("resolve", help="mark alerts as seen to")
    verb.add_argument("ids", metavar="ID", nargs="+")
    verb.set_defaults(run=_resolve)


def unresolved(source: str | None, limit: int = MOST_PER_SUBJECT) -> list[Alert]:
    """The unresolved alerts, of one source or all, newest first, so many at most."""
    subjects = _subjects() if source is None else [_subject(source)]
    found = [list(alerts.find(subject, limit=limit)) for subject in subjects]
    merged = heapq.merge(*found, key=lambda alert: alert.id, reverse=True)
    return [alert for _, alert in zip(range(limit), merged, strict=False)]


def alert_of(alert_id: str) -> Alert:
    """The alert of this id, resolved or not. Errors: CommandFailed if there is none."""
    for subject in _subjects():
        if alert := alerts.get(subject, alert_id):
            return alert
    raise CommandFailed(f"There is no alert {alert_id!r}.")


def _list(arguments: argparse.Namespace) -> int:
    if arguments.source:
        module(arguments.source)
    found = unresolved(arguments.source, arguments.limit)
    if arguments.json:
        show_json(
            [
                {
                    "id": alert.id,
                    "at": alert.at,
                    "level": LEVELS[alert.level],
                    "class_name": alert.class_name,
                    "source": alert.source,
                    "work": alert.work_key,
                    "status": alert.status,
                    "target_url": alert.target_url,
                    "message": alert.message,
                }
                for alert in found
            ]
        )
        return 0
    show_table(
        ("ID", "AT", "LEVEL", "CLASS", "SOURCE", "MESSAGE"),
        [
            (
                alert.id,
                alert.at,
                LEVELS[alert.level],
                alert.class_name,
                alert.source,
                alert.message,
            )
            for alert in found
        ],
        empty="There are no unresolved alerts.",
    )
    return 0


def _resolve(arguments: argparse.Namespace) -> int:
    status = 0
    for alert_id in dict.fromkeys(arguments.ids):
        try:
            alert = alert_of(alert_id)
        except CommandFailed as error:
            fail(str(error))
            status = 1
            continue
        alerts.resolve(alert.subject, alert.id)
        print(f"Resolved {alert.id}")
    return status


def _subjects() -> list[str]:
    return [SYSTEM, *map(_subject, every_name())]


def _subject(source: str) -> str:
    return f"source#{source}"


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:7]) <= MOST_PER_SUBJECT):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {MOST_PER_SUBJECT}")
    return int(text)
