"""How sources stand: which there are, their rows, what holds them back, what they lack."""

import dataclasses
import datetime as dt
from collections.abc import Iterable

from chalicelib import sources
from chalicelib.commands import CommandFailed
from chalicelib.source import Source
from chalicelib.store import sources as source_rows
from chalicelib.store.sources import SourceRow


@dataclasses.dataclass(frozen=True, slots=True)
class Hold:
    """Until when and why a source is not asked; ``until`` None: nothing holds it."""

    until: dt.datetime | None
    why: str


def hold(row: SourceRow, now: dt.datetime) -> Hold:
    """What holds a source back at the moment: a pause, or its circuit breaker."""
    paused, disabled = row.paused_until or now, row.disabled_until or now
    if max(paused, disabled) <= now:
        return Hold(None, "")
    if paused >= disabled:
        return Hold(paused, row.pause_reason or "paused")
    return Hold(disabled, "too many failures; it is tried again then")


def is_retired(source: Source, row: SourceRow | None) -> bool:
    """Whether nobody is there to be asked: the provider is gone and no URL of an archive or a
    compatible service is set, or the operator said so."""
    settings = row.settings if row else {}
    if settings.get("obsolete") == "true":
        return True
    return source.retired is not None and not any(settings.get(name) for name in addresses(source))


def addresses(source: Source) -> list[str]:
    """The names of its settings that hold the address of a service."""
    return [setting.name for setting in source.settings if "url" in setting.name]


def module(name: str) -> Source:
    """The source of this name. Errors: CommandFailed with the names that there are."""
    if name not in sources.names():
        raise CommandFailed(
            f"There is no source {name!r}. Sources are: {', '.join(sources.names())}."
        )
    return sources.get(name)


def installed() -> dict[str, SourceRow]:
    """The rows of all installed sources by name, as they are now."""
    return {row.name: row for row in source_rows.installed(fresh=True)}


def active(names: Iterable[str]) -> list[str]:
    """The names, each once, if all of these sources are asked. Errors: CommandFailed."""
    rows = installed()
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        module(name)
        if name not in rows or not rows[name].active:
            raise CommandFailed(
                f"The source {name} is not enabled. Enable it with "
                f"`python -m chalicelib sources activate {name}`."
            )
    return wanted


def every_name() -> list[str]:
    """The names of all sources that there are or ever were installed."""
    return sorted({*sources.names(), *installed()})
