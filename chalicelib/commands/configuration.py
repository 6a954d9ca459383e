"""Settings of sources: which there are, what they are set to, setting and unsetting them.

Settings that are no secrets are on the source's row, secrets in the parameter store. A secret
is never shown, only whether it is set.
"""

import argparse
import dataclasses
import datetime as dt
import getpass
import re
import sys
from collections.abc import Sequence
from typing import Any

from cronsim import CronSim, CronSimError

from chalicelib.commands import CommandFailed
from chalicelib.commands.standing import is_retired, module
from chalicelib.failures import DISABLE_DELAY_SECONDS, FAILURE_INTERVAL_SECONDS, MAXIMUM_FAILURES
from chalicelib.schedule import JOB_WORKS, Staleness
from chalicelib.source import Setting, Source
from chalicelib.store import sources as source_rows
from chalicelib.store.sources import Conflict, SourceRow

#: The standard input as the value of a secret.
FROM_STANDARD_INPUT = "-"
_USUAL = Staleness()
#: What every source can be told: name → (usual value, None if it is the source's own; meaning).
#: Numbers above 0.
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
    "timeout": (None, "seconds that a call may take"),
    "job_batch_size": (JOB_WORKS, "works in one job, from 1 to 1000"),
    "priority": (5, "Lagotto's; has no effect here: jobs are spread by the source's pace"),
    "workers": (1000, "Lagotto's; has no effect here: jobs are spread by the source's pace"),
    "wait_time": (300, "Lagotto's; has no effect, as there"),
    "batch_time_interval": (3600, "Lagotto's; has no effect, as there"),
}
#: Settings that every source has and that are no numbers: name → meaning.
OTHERS: dict[str, str] = {
    "cron_line": "when a feed is read, as a crontab entry in UTC; in place of its interval",
    "obsolete": "true: the source keeps its numbers and is asked no more",
    "private": "true: only staff and admins see its numbers",
}
_BOOLEANS = ("obsolete", "private")


def run(arguments: argparse.Namespace) -> int:
    """``sources configure NAME KEY=VALUE…``: all of the settings, or none if one is wrong."""
    source = module(arguments.name)
    given = _pairs(arguments.settings)
    publisher = "" if arguments.publisher is None else str(arguments.publisher)
    _check(source, given, publisher)
    secret = {setting.name for setting in source.settings if setting.secret}
    row = installed_row(source)
    if not publisher:
        _check_required(source, row, given)
    for name in secret & given.keys():
        if given[name] == FROM_STANDARD_INPUT:
            given[name] = _secret_from_input(source, name)
        if given[name]:
            source_rows.put_secret(source.name, name, given[name], publisher)
        else:
            source_rows.delete_secret(source.name, name, publisher)
    if publisher:
        kept = {name: "set" if value and name in secret else value for name, value in given.items()}
        source_rows.change(source.name, lambda seen: _with_publisher(seen, publisher, kept))
    else:
        plain = {name: value for name, value in given.items() if name not in secret}
        source_rows.change(source.name, lambda seen: _with_settings(seen, source, plain))
    whose = f"{source.name}, publisher {publisher}" if publisher else source.name
    for name, value in given.items():
        shown = "set" if name in secret else value
        print(f"{whose}: {name} {'is ' + shown if value else 'is unset'}")
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
        own = {"rate_limiting": source.calls_per_hour, "timeout": source.timeout_seconds}
        value = own[name] if usual is None else usual
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
    for name, meaning in OTHERS.items():
        value_set = row.settings.get(name)
        settings.append(
            {
                "name": name,
                "value": value_set or ("false" if name in _BOOLEANS else None),
                "is_default": value_set is None,
                "required": False,
                "secret": False,
                "description": meaning,
            }
        )
    return settings


def publishers_shown(row: SourceRow | None) -> dict[str, list[str]]:
    """For which publishers which settings are set: {Crossref member number: [name]}."""
    return {
        publisher: sorted(given)
        for publisher, given in sorted((row.publishers if row else {}).items())
    }


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


def _check(source: Source, given: dict[str, str], publisher: str) -> None:
    """Errors: CommandFailed on a setting that there is not, and on a wrong value."""
    own = {setting.name: setting for setting in source.settings}
    if publisher:
        own = {name: setting for name, setting in own.items() if setting.per_publisher}
        if not own:
            raise CommandFailed(f"{source.name} has no settings that differ by publisher.")
    common = () if publisher else (*NUMBERS, *OTHERS)
    for name, value in given.items():
        if name not in own and name not in common:
            raise CommandFailed(
                f"{source.name} has no setting {name!r}. Its settings are: "
                f"{', '.join([*own, *common])}."
            )
        if value and (problem := _problem(name, value, own.get(name))):
            raise CommandFailed(f"{name} {problem}")


def _problem(name: str, value: str, setting: Setting | None) -> str | None:
    """What is wrong with a value, in Lagotto's words where it had some; None if nothing is."""
    if setting is not None:
        if setting.choices and value not in setting.choices:
            return f"must be one of {', '.join(setting.choices)}, not {value!r}."
        if "url" in name and not setting.secret and not re.match(r"https?://[^\s/]", value):
            return f"must be a URL that begins with http:// or https://, not {value!r}."
        return None
    if name in NUMBERS and not _is_number(value):
        return f"must be greater than 0: a whole number up to 999999999, not {value!r}."
    if name == "job_batch_size" and int(value) > 1000:
        return "should be between 1 and 1000"
    if name in _BOOLEANS and value not in ("true", "false"):
        return f"must be true or false, not {value!r}."
    if name == "cron_line":
        try:
            CronSim(value, dt.datetime.now(dt.UTC))
        except CronSimError as error:
            return f"is not a valid crontab entry ({error}), such as 0 5 9 * *"
    return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0


def _check_required(source: Source, row: SourceRow, given: dict[str, str]) -> None:
    """Errors: CommandFailed where a source that is asked would lose a setting it needs."""
    for setting in source.settings:
        unset = given.get(setting.name) == ""
        if unset and setting.required and row.active:
            raise CommandFailed(
                f"{source.name} cannot be asked without {setting.name}. Disable it first, with "
                f"`python -m chalicelib sources disable {source.name}`."
            )


def installed_row(source: Source) -> SourceRow:
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


def _with_settings(row: SourceRow, source: Source, given: dict[str, str]) -> SourceRow:
    settings = {name: value for name, value in {**row.settings, **given}.items() if value}
    private = settings.get("private", str(source.private).lower()) == "true"
    changed = dataclasses.replace(row, settings=settings, private=private)
    return with_state(changed, "retired") if is_retired(source, changed) else changed


def _with_publisher(row: SourceRow, publisher: str, given: dict[str, str]) -> SourceRow:
    settings = {**row.publishers.get(publisher, {}), **given}
    publishers = {**row.publishers, publisher: {k: v for k, v in settings.items() if v}}
    return dataclasses.replace(row, publishers={k: v for k, v in publishers.items() if v})


def _secret_from_input(source: Source, name: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(f"{source.name} {name}: ").strip()
    return sys.stdin.readline().strip()
