"""Settings of sources: which there are, what they are set to, setting and unsetting them.

Settings that are no secrets are on the source's row, secrets in the parameter store. A secret
is never shown, only whether it is set.
"""

import argparse
import dataclasses
import datetime as dt
import getpass
import sys
from collections.abc import Sequence
from typing import Any

from chalicelib.commands import CommandFailed
from chalicelib.commands.standing import module
from chalicelib.failures import DISABLE_DELAY_SECONDS, FAILURE_INTERVAL_SECONDS, MAXIMUM_FAILURES
from chalicelib.schedule import Staleness
from chalicelib.source import Source
from chalicelib.store import sources as source_rows
from chalicelib.store.sources import Conflict, SourceRow

#: The standard input as the value of a secret.
FROM_STANDARD_INPUT = "-"
_USUAL = Staleness()
#: What every source can be told: name → (usual value, meaning). Numbers above 0.
#: Source: operations.md 9.2.
NUMBERS: dict[str, tuple[int | None, str]] = {
    "rate_limiting": (None, "calls an hour at most"),
    "staleness_week": (_USUAL.week_seconds, "seconds until works up to 7 days old are asked again"),
    "staleness_month": (_USUAL.month_seconds, "the same for works of 8 to 31 days"),
    "staleness_year": (_USUAL.year_seconds, "the same for works of 32 to 365 days"),
    "staleness_all": (_USUAL.all_seconds, "the same for older works"),
    "max_failed_queries": (MAXIMUM_FAILURES, "failures that open the circuit breaker, if more"),
    "max_failed_query_time_interval": (
        FAILURE_INTERVAL_SECONDS,
        "seconds within which failures are counted",
    ),
    "disable_delay": (DISABLE_DELAY_SECONDS, "seconds until the open breaker lets a job try"),
}


def run(arguments: argparse.Namespace) -> int:
    """``sources configure NAME KEY=VALUE…``: all of the settings, or none if one is wrong."""
    source = module(arguments.name)
    given = _pairs(arguments.settings)
    _check(source, given)
    secret = {setting.name for setting in source.settings if setting.secret}
    row = _row(source)
    _check_required(source, row, given)
    for name in secret & given.keys():
        value = (
            _secret_from_input(source, name) if given[name] == FROM_STANDARD_INPUT else given[name]
        )
        if value:
            source_rows.put_secret(source.name, name, value)
        else:
            source_rows.delete_secret(source.name, name)
    plain = {name: value for name, value in given.items() if name not in secret}
    source_rows.change(source.name, lambda seen: _with_settings(seen, plain))
    for name, value in given.items():
        shown = "set" if name in secret else value
        print(f"{source.name}: {name} {'is ' + shown if value else 'is unset'}")
    return 0


def shown(source: Source, row: SourceRow | None) -> list[dict[str, Any]]:
    """The settings of a source as they stand, secrets as "set" or "not set"."""
    row = row or source_rows.row_of(source, dt.datetime.now(dt.UTC))
    effective = source_rows.effective_settings(row)
    settings: list[dict[str, Any]] = [
        {
            "name": setting.name,
            "value": (
                ("set" if effective.get(setting.name) else "not set")
                if setting.secret
                else effective.get(setting.name)
            ),
            "is_default": not setting.secret and setting.name not in row.settings,
            "required": setting.required,
            "secret": setting.secret,
            "description": setting.description,
        }
        for setting in source.settings
    ]
    for name, (usual, meaning) in NUMBERS.items():
        value = source.calls_per_hour if usual is None else usual
        settings.append(
            {
                "name": name,
                "value": str(row.number(name, value)),
                "is_default": name not in row.settings,
                "required": False,
                "secret": False,
                "description": meaning,
            }
        )
    return settings


def with_state(row: SourceRow, state: str) -> SourceRow:
    """The row in another state, with the circuit breaker closed."""
    return dataclasses.replace(row, state=state, disabled_until=None)


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name.strip() and equals):
            # What is no pair may be a secret that lost its name: it is not repeated.
            raise CommandFailed("Settings are given as KEY=VALUE, or as KEY= to unset one.")
        pairs[name.strip()] = value.strip()
    return pairs


def _check(source: Source, given: dict[str, str]) -> None:
    """Errors: CommandFailed on a setting that there is not, and on a wrong number."""
    own = [setting.name for setting in source.settings]
    for name, value in given.items():
        if name not in own and name not in NUMBERS:
            raise CommandFailed(
                f"{source.name} has no setting {name!r}. Its settings are: "
                f"{', '.join([*own, *NUMBERS])}."
            )
        if value and name not in own and not _is_number(value):
            raise CommandFailed(
                f"{name} must be a whole number from 1 to 999999999, not {value!r}."
            )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0


def _check_required(source: Source, row: SourceRow, given: dict[str, str]) -> None:
    """Errors: CommandFailed where a source that is asked would lose a setting it needs."""
    for setting in source.settings:
        unset = given.get(setting.name) == ""
        if unset and setting.required and setting.default is None and row.active:
            raise CommandFailed(
                f"{source.name} cannot be asked without {setting.name}. Disable it first, with "
                f"`python -m chalicelib sources disable {source.name}`."
            )


def _row(source: Source) -> SourceRow:
    """The source's row; one that is not installed yet is installed, but not asked."""
    while True:
        row = source_rows.get(source.name)
        if row is not None:
            return row
        new = source_rows.row_of(source, dt.datetime.now(dt.UTC))
        try:
            return source_rows.put(new if source.retired else with_state(new, "inactive"))
        except Conflict:
            continue


def _with_settings(row: SourceRow, given: dict[str, str]) -> SourceRow:
    settings = {**row.settings, **given}
    return dataclasses.replace(
        row, settings={name: value for name, value in settings.items() if value}
    )


def _secret_from_input(source: Source, name: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(f"{source.name} {name}: ").strip()
    return sys.stdin.readline().strip()
