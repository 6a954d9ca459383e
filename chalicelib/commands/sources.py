"""``sources``: list and show them, enable and disable them, give them settings."""

import argparse
import datetime as dt
import sys
from typing import Any

from chalicelib import sources
from chalicelib.commands import CommandFailed, WrongUsage, configuration
from chalicelib.commands.aws import wake_schedule
from chalicelib.commands.output import counted, fail, moment, show_json, show_table
from chalicelib.commands.standing import hold, installed, module
from chalicelib.store import shelves
from chalicelib.store import sources as source_rows
from chalicelib.store.sources import Conflict, SourceRow


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs and their arguments."""
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    verb = verbs.add_parser("list", help="all sources and how they stand")
    verb.add_argument("--json", action="store_true", help="print JSON")
    verb.set_defaults(run=_list)
    verb = verbs.add_parser("show", help="one source with its settings")
    verb.add_argument("name", metavar="NAME")
    verb.add_argument("--json", action="store_true", help="print JSON")
    verb.set_defaults(run=_show)
    verb = verbs.add_parser("enable", help="begin to ask sources, about all works")
    verb.add_argument("names", metavar="NAME", nargs="*")
    verb.add_argument("--defaults", action="store_true", help="all that are on by default")
    verb.set_defaults(run=_enable)
    verb = verbs.add_parser("disable", help="ask sources no more; their numbers stay")
    verb.add_argument("names", metavar="NAME", nargs="+")
    verb.set_defaults(run=_disable)
    verb = verbs.add_parser(
        "configure",
        help="set or unset settings of a source",
        description="Set settings, or unset them by leaving the value empty. Secrets go to the "
        "parameter store; with - as the value, a secret is read from standard input.",
    )
    verb.add_argument("name", metavar="NAME")
    verb.add_argument("settings", metavar="KEY=VALUE", nargs="+")
    verb.set_defaults(run=configuration.run)


def _list(arguments: argparse.Namespace) -> int:
    now = dt.datetime.now(dt.UTC)
    rows = installed()
    found = [_facts(name, rows.get(name), now) for name in sorted({*sources.names(), *rows})]
    if arguments.json:
        show_json(found)
        return 0
    head = ("NAME", "STATE", "GROUP", "BATCH", "CALLS/H", "NEEDS", "DEFAULT", "NOTES", "TITLE")
    show_table(
        head,
        [
            (
                facts["name"],
                facts["state"],
                facts["group"],
                facts["batch_size"],
                facts["calls_per_hour"],
                ",".join(facts["needs"]) or "any",
                "on" if facts["on_by_default"] else "off",
                _notes(facts),
                facts["title"],
            )
            for facts in found
        ],
        empty="There are no sources.",
    )
    return 0


def _show(arguments: argparse.Namespace) -> int:
    row = installed().get(arguments.name)
    source = module(arguments.name)
    facts = _facts(arguments.name, row, dt.datetime.now(dt.UTC))
    settings = configuration.shown(source, row)
    if arguments.json:
        show_json(facts | {"description": source.description, "settings": settings})
        return 0
    print(f"{source.title} ({source.name}): {source.description}")
    print(f"State    {facts['state']}")
    print(f"Pace     {facts['calls_per_hour']} calls an hour, {source.batch_size} works a call")
    print(f"Needs    {', '.join(source.needs) or 'any identifier'}")
    if notes := _notes(facts):
        print(f"Notes    {notes}")
    print()
    show_table(
        ("SETTING", "VALUE", "MEANING"),
        [(row["name"], row["value"], row["description"]) for row in settings],
        empty="It has no settings.",
    )
    return 0


def _facts(name: str, row: SourceRow | None, now: dt.datetime) -> dict[str, Any]:
    """A source as ``sources list --json`` shows it; facts of a module that is gone are null."""
    source = sources.get(name) if name in sources.names() else None
    held = hold(row, now) if row else None
    facts: dict[str, Any] = {
        "name": name,
        "title": source.title if source else row and row.title,
        "group": source.group if source else row and row.group,
        "state": row.state if row else "available",
        "batch_size": None,
        "calls_per_hour": None,
        "needs": [],
        "on_by_default": False,
        "retired": None,
        "missing_settings": [],
        "held_until": moment(held.until) if held else None,
        "held_because": held.why if held and held.until else None,
    }
    if source:
        settled = row or source_rows.row_of(source, now)
        facts |= {
            "batch_size": source.batch_size,
            "calls_per_hour": settled.calls_per_hour(source),
            "needs": list(source.needs),
            "on_by_default": source.on_by_default and not source.retired,
            "retired": source.retired,
            "missing_settings": source_rows.missing_settings(settled),
        }
    return facts


def _notes(facts: dict[str, Any]) -> str:
    notes = []
    if facts["retired"]:
        notes.append(f"retired {facts['retired']}")
    if facts["missing_settings"]:
        notes.append(f"lacks {', '.join(facts['missing_settings'])}")
    if facts["held_until"]:
        notes.append(f"held until {facts['held_until']}: {facts['held_because']}")
    return "; ".join(notes)


def _enable(arguments: argparse.Namespace) -> int:
    if bool(arguments.names) == arguments.defaults:
        raise WrongUsage("sources enable needs either names or --defaults.")
    names = list(dict.fromkeys(arguments.names))
    if arguments.defaults:
        everything = [sources.get(name) for name in sources.names()]
        names = [
            source.name for source in everything if source.on_by_default and not source.retired
        ]
    status = due = 0
    for name in names:
        try:
            due += _enable_one(name, dt.datetime.now(dt.UTC))
        except CommandFailed as error:
            fail(str(error))
            status = 1
    if due:
        wake_schedule()
    return status


def _enable_one(name: str, now: dt.datetime) -> int:
    """Enable a source; how many shelves became due for it."""
    source = module(name)
    if source.retired:
        raise CommandFailed(f"The source {name} is retired ({source.retired}).")
    row = source_rows.get(name) or source_rows.row_of(source, now)
    if missing := source_rows.missing_settings(row):
        raise CommandFailed(
            f"The source {name} lacks {', '.join(missing)}. Set it with "
            f"`python -m chalicelib sources configure {name} {missing[0]}=VALUE`."
        )
    said = _switch_on(row, now)
    # The row comes first: shelves that are opened from now on find the source by it. All
    # others get their due time here, which an enabling that was cut short may have left undone.
    if sys.stderr.isatty():
        print(f"{name}: giving every shelf a due time …", file=sys.stderr)
    due = shelves.install(name, shelves.standing(), now)
    print(f"{name}: {said}, {counted(due, 'shelf') if due == 1 else f'{due:,} shelves'} due")
    return due


def _switch_on(row: SourceRow, now: dt.datetime) -> str:
    """Make the row active; what was done."""
    if row.version == 0:
        try:
            source_rows.put(row)
        except Conflict:
            # Somebody else installed it just now; whatever they made of it is gone on with.
            pass
        else:
            return "enabled"
    before = source_rows.get(row.name)

    def switched(seen: SourceRow) -> SourceRow:
        return seen if seen.active else configuration.with_state(seen, "waiting")

    after = source_rows.change(row.name, switched)
    if before is None or not before.active:
        return "enabled"
    held = hold(after, now)
    if held.until:
        return f"was enabled already, but held until {moment(held.until)} ({held.why})"
    return "was enabled already"


def _disable(arguments: argparse.Namespace) -> int:
    status = 0
    rows = installed()
    for name in dict.fromkeys(arguments.names):
        if name not in rows:
            module(name)
            fail(f"The source {name} is not installed.")
            status = 1
            continue
        source_rows.change(
            name,
            lambda seen: configuration.with_state(seen, "inactive") if seen.active else seen,
        )
        print(f"{name}: disabled; jobs that are on their way are dropped, its numbers stay")
    return status
