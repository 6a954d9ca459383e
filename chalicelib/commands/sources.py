"""``sources``: list and show them, their life cycle, their settings."""

import argparse
import datetime as dt
from typing import Any

from chalicelib import sources
from chalicelib.commands import configuration, imports, lifecycle
from chalicelib.commands.output import moment, show_json, show_table
from chalicelib.commands.standing import hold, installed, module
from chalicelib.store import sources as source_rows
from chalicelib.store.sources import SourceRow


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
    lifecycle.add_verbs(verbs)
    imports.add_verb(verbs)
    verb = verbs.add_parser(
        "configure",
        help="set or unset settings of a source",
        description="Set settings, or unset them by leaving the value empty. Secrets go to the "
        "parameter store; with - as the value, a secret is read from standard input.",
    )
    verb.add_argument("name", metavar="NAME")
    verb.add_argument("settings", metavar="KEY=VALUE", nargs="+")
    verb.add_argument(
        "--publisher",
        type=int,
        metavar="ID",
        help="settings of this publisher only (its Crossref member number)",
    )
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
        publishers = configuration.publishers_shown(row)
        details = {"description": source.description, "settings": settings}
        show_json(facts | details | {"publishers": publishers})
        return 0
    print(f"{source.title} ({source.name}): {source.description}")
    print(f"State    {facts['state']}")
    print(f"Pace     {facts['calls_per_hour']} calls an hour, {source.batch_size} works a call")
    print(f"Needs    {', '.join(source.needs) or 'any identifier'}")
    if notes := _notes(facts):
        print(f"Notes    {notes}")
    for publisher, names in configuration.publishers_shown(row).items():
        print(f"Publisher {publisher} has its own {', '.join(names)}")
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
        "state": row.shown_state(now) if row else "available",
        "batch_size": None,
        "calls_per_hour": None,
        "needs": [],
        "kind": None,
        "private": row.private if row else False,
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
            "kind": source.kind,
            "private": settled.private,
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
    if not notes and facts["state"] == "available":
        notes.append("not installed" if facts["on_by_default"] else "off by default")
    if not notes and facts["state"] == "inactive":
        notes.append("switched off")
    if facts["kind"] in ("feed", "importer", "finder"):
        notes.append(facts["kind"])
    if facts["private"]:
        notes.append("private")
    if facts["held_until"]:
        notes.append(f"held until {facts['held_until']}: {facts['held_because']}")
    return "; ".join(notes)
