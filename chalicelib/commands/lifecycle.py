"""The life of a source: install, activate, inactivate, uninstall.

    available ──install──> inactive ──activate──> waiting, working, disabled
    waiting, working, disabled ──inactivate──> inactive
    available ──install──> retired, where the provider is gone
    anything  ──uninstall──> available, or retired where it has numbers

Source: operations.md 2.4; sources.md, part I, section 2 (the intents, not the defects).
"""

import argparse
import datetime as dt
import sys
from collections.abc import Callable, Sequence
from itertools import islice

from chalicelib import planner, sources
from chalicelib.commands import CommandFailed, WrongUsage, configuration
from chalicelib.commands.aws import wake_schedule
from chalicelib.commands.output import counted, fail, moment
from chalicelib.commands.standing import addresses, hold, installed, is_retired, module
from chalicelib.source import Source
from chalicelib.store import lists, shelves
from chalicelib.store import sources as source_rows
from chalicelib.store.sources import Conflict, SourceRow


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the verbs and their arguments."""
    verb = verbs.add_parser("install", help="make sources known, without asking them yet")
    verb.add_argument("names", metavar="NAME", nargs="+")
    verb.set_defaults(run=_install)
    verb = verbs.add_parser("uninstall", help="forget sources; those with numbers are retired")
    verb.add_argument("names", metavar="NAME", nargs="+")
    verb.set_defaults(run=_uninstall)
    for name in ("activate", "enable"):
        verb = verbs.add_parser(name, help="begin to ask sources, about all works")
        verb.add_argument("names", metavar="NAME", nargs="*")
        verb.add_argument("--defaults", action="store_true", help="all that are on by default")
        verb.set_defaults(run=_enable)
    for name in ("inactivate", "disable"):
        verb = verbs.add_parser(name, help="ask sources no more; their numbers stay")
        verb.add_argument("names", metavar="NAME", nargs="+")
        verb.set_defaults(run=_disable)


def _each(names: Sequence[str], act: Callable[[str], None]) -> int:
    """Do something for each name; the exit status."""
    status = 0
    for name in dict.fromkeys(names):
        try:
            act(name)
        except CommandFailed as error:
            fail(str(error))
            status = 1
    return status


def _install(arguments: argparse.Namespace) -> int:
    def install(name: str) -> None:
        known = source_rows.get(name)
        row = configuration.installed_row(module(name))
        print(f"{name}: {'was installed already' if known else 'installed'}, {row.state}")

    return _each(arguments.names, install)


def _enable(arguments: argparse.Namespace) -> int:
    if bool(arguments.names) == arguments.defaults:
        raise WrongUsage("sources activate needs either names or --defaults.")
    due = 0

    def enable(name: str) -> None:
        nonlocal due
        due += _enable_one(name, dt.datetime.now(dt.UTC))

    status = _each(sources.on_by_default() if arguments.defaults else arguments.names, enable)
    if due:
        wake_schedule()
    return status


def _enable_one(name: str, now: dt.datetime) -> int:
    """Enable a source; how many shelves became due for it, or 1 for a feed."""
    source = module(name)
    row = source_rows.get(name)
    if is_retired(source, row):
        raise CommandFailed(_why_retired(source, row))
    row = row or source_rows.row_of(source, now)
    if missing := source_rows.missing_settings(row):
        raise CommandFailed(
            f"The source {name} lacks {', '.join(missing)} ({missing[0]} can't be blank). Set it "
            f"with `python -m chalicelib sources configure {name} {missing[0]}=VALUE`."
        )
    said = _switch_on(configuration.with_state(row, "waiting") if row.version == 0 else row, now)
    if not row.asked_by_shelf:
        print(f"{name}: {said}, read as a feed")
        return 1
    # The row comes first: shelves that are opened from now on find the source by it. All
    # others get their due time here, which an enabling that was cut short may have left undone.
    if sys.stderr.isatty():
        print(f"{name}: giving every shelf a due time …", file=sys.stderr)
    due = shelves.install(name, shelves.standing(), now) + planner.hasten_finders(source, now)
    print(f"{name}: {said}, {counted(due, 'shelf') if due == 1 else f'{due:,} shelves'} due")
    return due


def _why_retired(source: Source, row: SourceRow | None) -> str:
    if source.retired is None or (row and row.settings.get("obsolete") == "true"):
        return (
            f"The source {source.name} is obsolete by its settings. Ask it again with "
            f"`python -m chalicelib sources configure {source.name} obsolete=`."
        )
    remedy = "".join(
        f" An archive or a compatible service can be asked: set its address with "
        f"`python -m chalicelib sources configure {source.name} {name}=https://…`."
        for name in addresses(source)[:1]
    )
    return f"The source {source.name} is retired ({source.retired}).{remedy}"


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
    rows = installed()

    def disable(name: str) -> None:
        if name not in rows:
            module(name)
            raise CommandFailed(f"The source {name} is not installed.")
        source_rows.change(
            name,
            lambda seen: configuration.with_state(seen, "inactive") if seen.active else seen,
        )
        print(f"{name}: disabled; jobs that are on their way are dropped, its numbers stay")

    return _each(arguments.names, disable)


def _uninstall(arguments: argparse.Namespace) -> int:
    rows = installed()

    def uninstall(name: str) -> None:
        row = rows.get(name)
        if row is None:
            module(name)
            raise CommandFailed(f"The source {name} is not installed.")
        shelves.forget_source(name, shelves.names())
        if _has_numbers(row):
            source_rows.change(name, lambda seen: configuration.with_state(seen, "retired"))
            print(f"{name}: has numbers, which stay; it is retired and asked no more")
            return
        if name in sources.names():
            _forget_secrets(sources.get(name), row)
        source_rows.delete(name)
        print(f"{name}: uninstalled")

    return _each(arguments.names, uninstall)


def _has_numbers(row: SourceRow) -> bool:
    """Whether the source ever said something about a work, be it that there is nothing."""
    if row.feed_read_until or any(lists.stats(row.name).values()):
        return True
    names = shelves.names()
    while chunk := list(islice(names, 100)):
        if any(row.name in asked for asked in shelves.asked(chunk).values()):
            return True
    return False


def _forget_secrets(source: Source, row: SourceRow) -> None:
    for setting in source.settings:
        if setting.secret:
            for publisher in ("", *row.publishers):
                source_rows.delete_secret(source.name, setting.name, publisher)
