"""``queue``: what is on its way and what came to nothing; sending that again."""

import argparse
import datetime as dt
from typing import Any

from chalicelib import planner, queues
from chalicelib.commands import CommandFailed, WrongUsage
from chalicelib.commands.alerts import alert_of, unresolved
from chalicelib.commands.aws import wake_schedule
from chalicelib.commands.output import fail, moment, show_json, show_table
from chalicelib.commands.standing import hold, installed
from chalicelib.errors import ConfigurationError
from chalicelib.failures import DEAD_LETTER
from chalicelib.model import Job
from chalicelib.store import alerts, shelves
from chalicelib.store.alerts import Alert


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs and their arguments; without a verb the state is shown."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=_state)
    verbs = parser.add_subparsers(metavar="[VERB]")
    verb = verbs.add_parser("dead", help="jobs that were given up")
    verb.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
    verb.set_defaults(run=_dead)
    verb = verbs.add_parser("resend", help="send jobs again that were given up")
    verb.add_argument("ids", metavar="ALERT-ID", nargs="*", help="as `queue dead` shows them")
    verb.add_argument("--all", action="store_true", help="all of them")
    verb.set_defaults(run=_resend)


def _state(arguments: argparse.Namespace) -> int:
    now = dt.datetime.now(dt.UTC)
    fetch, dead = queues.counts(queues.FETCH), queues.counts(queues.DEAD)
    sources: list[dict[str, Any]] = []
    for row in installed().values():
        held = hold(row, now)
        free = row.next_free_at if row.next_free_at and row.next_free_at > now else None
        sources.append(
            {
                "name": row.name,
                "state": row.state,
                "due_shelves": shelves.count_due(row.name, now),
                "held_until": moment(held.until),
                "held_because": held.why or None,
                "next_free_at": moment(free),
            }
        )
    if arguments.json:
        show_json({"fetch": fetch, "dead": dead, "sources": sources})
        return 0
    print(
        f"Jobs: {fetch['visible']} to do, {fetch['delayed']} later, {fetch['in_flight']} under "
        f"way; given up and not yet an alert: {sum(dead.values())}\n"
    )
    show_table(
        ("SOURCE", "STATE", "DUE SHELVES", "FREE FROM", "HELD"),
        [
            (
                source["name"],
                source["state"],
                source["due_shelves"],
                source["next_free_at"] or "now",
                f"until {source['held_until']}: {source['held_because']}"
                if source["held_until"]
                else "",
            )
            for source in sources
        ],
        empty="No source is installed. Enable them with "
        "`python -m chalicelib sources enable --defaults`.",
    )
    return 0


def _dead(arguments: argparse.Namespace) -> int:
    letters = _dead_letters()
    if arguments.json:
        show_json(
            [
                {"id": letter.id, "source": letter.source, "at": letter.at, "job": letter.job}
                for letter in letters
            ]
        )
        return 0
    show_table(
        ("ALERT-ID", "AT", "SOURCE", "MESSAGE"),
        [(letter.id, letter.at, letter.source, letter.message) for letter in letters],
        empty="No job was given up.",
    )
    return 0


def _resend(arguments: argparse.Namespace) -> int:
    if bool(arguments.ids) == arguments.all:
        raise WrongUsage("queue resend needs either the ids of alerts or --all.")
    now = dt.datetime.now(dt.UTC)
    letters = _dead_letters() if arguments.all else []
    status = 0
    for alert_id in dict.fromkeys(arguments.ids):
        try:
            letters.append(_dead_letter(alert_id))
        except CommandFailed as error:
            fail(str(error))
            status = 1
    due = False
    for letter in letters:
        try:
            outcome = _send_again(letter, now)
        except (CommandFailed, ConfigurationError) as error:
            fail(f"{letter.id}: {error}")
            status = 1
            continue
        due = due or outcome == "due"
        print(f"{letter.id}: {_SAID[outcome]}")
    if due:
        wake_schedule()
    if arguments.all and not letters:
        print("No job was given up.")
    return status


_SAID: dict[planner.Resent, str] = {
    "sent": "sent again",
    "due": "its source is busy or held; what it was about is due as soon as there is time",
    "gone": "its works are gone; there is nothing to ask",
}


def _send_again(letter: Alert, now: dt.datetime) -> planner.Resent:
    """Send the job of an alert again and resolve the alert. Errors: CommandFailed."""
    try:
        job = Job.of_json(letter.job or {})
    except (LookupError, TypeError, ValueError) as error:
        raise CommandFailed("this alert holds no job that can be sent again") from error
    outcome = planner.resend(job, now)
    alerts.resolve(letter.subject, letter.id)
    return outcome


def _dead_letters() -> list[Alert]:
    return [alert for alert in unresolved(None) if alert.class_name == DEAD_LETTER]


def _dead_letter(alert_id: str) -> Alert:
    alert = alert_of(alert_id)
    if alert.class_name != DEAD_LETTER:
        raise CommandFailed(f"The alert {alert_id} is no job that was given up.")
    if not alert.unresolved:
        raise CommandFailed(f"The alert {alert_id} is resolved: its job was sent again already.")
    return alert
