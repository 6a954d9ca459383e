"""Installed sources: their facts for the API, state, settings, pace and pauses.

Table ``<stack>-control``, kind ``source``, one row per installed source. Read whole by one
query and kept for a minute; written with optimistic versions. Secrets are in the parameter
store under ``/<stack>/sources/<source>/<setting>``. An API request reads rows only: it loads
no source module.
"""

import dataclasses
import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import orjson
from pynamodb.exceptions import DeleteError, PutError

from chalicelib import settings, sources
from chalicelib.errors import ConfigurationError
from chalicelib.model import GROUPS
from chalicelib.schedule import Staleness
from chalicelib.source import Source
from chalicelib.store.tables import ControlItem

KIND = "source"
TIMES = ("next_free_at", "paused_until", "disabled_until", "installed_at", "feed_due_at")
CACHE_SECONDS = 60
#: The parameter that holds the access token of a source.
TOKEN = "token"  # noqa: S105
#: As Lagotto (sources.md II.14): a token is not used in its last five minutes.
TOKEN_RESERVE_SECONDS = 300

#: Lagotto's words (operations.md 2.4). ``available`` has no row.
INSTALLED_STATES = ("retired", "inactive", "disabled", "waiting", "working")
ACTIVE_STATES = ("disabled", "waiting", "working")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """An installed source. Times are None where nothing holds it back.

    ``next_free_at``: up to then its pace is spoken for. ``paused_until``: the provider asked
    for rest. ``disabled_until``: the circuit breaker is open. ``settings``: what an operator
    set, without secrets; the numbers that every source has (``rate_limiting``,
    ``staleness_week`` …) are kept in it too. ``provider_calls_per_hour``: the pace that the
    provider's headers ask for. ``kind``: see ``Source.kind``. ``publishers``: what was set for
    single publishers (Crossref member number → settings; the names of secrets map to "").
    ``feed_due_at``, ``feed_read_until``: when a feed is read next, and the day up to which it was.
    """

    name: str
    title: str
    group: str
    description: str = ""
    private: bool = False
    usage: bool = False
    kind: str = "works"
    state: str = "waiting"
    settings: Mapping[str, str] = dataclasses.field(default_factory=dict)
    publishers: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)
    next_free_at: dt.datetime | None = None
    paused_until: dt.datetime | None = None
    pause_reason: str = ""
    disabled_until: dt.datetime | None = None
    installed_at: dt.datetime | None = None
    provider_calls_per_hour: int | None = None
    feed_due_at: dt.datetime | None = None
    feed_read_until: str = ""
    version: int = 0

    @property
    def asked_by_shelf(self) -> bool:
        """Whether it has due times for shelves: feeds are read as a whole."""
        return self.kind in ("works", "finder")

    @property
    def shown(self) -> bool:
        """Whether it has numbers that the API shows."""
        return self.kind in ("works", "feed")

    @property
    def active(self) -> bool:
        """Whether it is asked, or would be if it were not disabled for a while."""
        return self.state in ACTIVE_STATES

    def shown_state(self, now: dt.datetime) -> str:
        """Its state for people: ``working`` while jobs of it are on their way."""
        busy = self.next_free_at is not None and self.next_free_at > now
        return "working" if self.state == "waiting" and busy else self.state

    def number(self, name: str, default: int) -> int:
        """A numeric setting."""
        return int(self.settings.get(name, default))

    def staleness(self) -> Staleness:
        """Its update intervals."""
        usual = Staleness()
        return Staleness(
            week_seconds=self.number("staleness_week", usual.week_seconds),
            month_seconds=self.number("staleness_month", usual.month_seconds),
            year_seconds=self.number("staleness_year", usual.year_seconds),
            all_seconds=self.number("staleness_all", usual.all_seconds),
        )

    def calls_per_hour(self, source: Source) -> int:
        """Its pace: what the operator set or the source declares, at most what the provider
        says in its headers."""
        pace = self.number("rate_limiting", source.calls_per_hour)
        return min(pace, self.provider_calls_per_hour or pace)


_cache: tuple[float, list[SourceRow]] | None = None


def installed(*, fresh: bool = False) -> list[SourceRow]:
    """All installed sources by group, then title; at most a minute old unless ``fresh``."""
    global _cache
    if not fresh and _cache and time.monotonic() - _cache[0] < CACHE_SECONDS:
        return _cache[1]
    rows = [_row(item) for item in ControlItem.query(KIND)]
    rows.sort(key=lambda row: (GROUPS.index(row.group), row.title.casefold()))
    _cache = (time.monotonic(), rows)
    return rows


def on_shelves() -> list[SourceRow]:
    """The active sources that are asked shelf by shelf."""
    return [row for row in installed() if row.active and row.asked_by_shelf]


def shown() -> list[SourceRow]:
    """The installed sources that the API shows."""
    return [row for row in installed() if row.shown]


def forget_cache() -> None:
    """Make the next ``installed`` read the table."""
    global _cache
    _cache = None
    _secret_cache.clear()


def get(name: str, *, fresh: bool = True) -> SourceRow | None:
    """One installed source, or None."""
    if not fresh:
        return next((row for row in installed() if row.name == name), None)
    try:
        return _row(ControlItem.get(KIND, name, consistent_read=True))
    except ControlItem.DoesNotExist:
        return None


def put(row: SourceRow) -> SourceRow:
    """Write a row if nobody wrote it since it was read; the row as written.

    Errors: Conflict when somebody did.
    """
    kept = {
        field.name: _plain(value)
        for field in dataclasses.fields(row)
        if (value := getattr(row, field.name)) not in (None, "", {})
        and field.name not in ("name", "version")
    }
    item = ControlItem(KIND, row.name, about=orjson.dumps(kept).decode(), version=row.version + 1)
    unchanged = ControlItem.name.does_not_exist() | (ControlItem.version == row.version)
    try:
        item.save(condition=unchanged)
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        raise Conflict(row.name) from None
    forget_cache()
    return dataclasses.replace(row, version=row.version + 1)


class Conflict(Exception):
    """Somebody else wrote the row in between: read it again."""


def change(name: str, how: Callable[[SourceRow], SourceRow]) -> SourceRow:
    """Read a row, change it, write it; again where somebody else was faster.

    Errors: ConfigurationError for a source that is not installed.
    """
    while True:
        row = get(name)
        if row is None:
            raise ConfigurationError(
                f"The source {name!r} is not installed. Install it with "
                f"`python -m chalicelib sources enable {name}`."
            )
        changed = how(row)
        if changed == row:
            return row
        try:
            return put(changed)
        except Conflict:
            continue


def delete(name: str) -> None:
    """Delete a source's row; its numbers stay."""
    try:
        ControlItem(KIND, name).delete()
    except DeleteError as error:  # pragma: no cover - only the network can do this
        raise ConfigurationError(f"The source {name!r} could not be removed.") from error
    forget_cache()


def row_of(source: Source, now: dt.datetime) -> SourceRow:
    """The row of a source that is being installed."""
    return SourceRow(
        name=source.name,
        title=source.title,
        group=source.group,
        description=source.description,
        private=source.private,
        usage=source.usage,
        kind=source.kind,
        state="retired" if source.retired else "waiting",
        installed_at=now,
    )


def effective_settings(row: SourceRow) -> dict[str, str]:
    """A source's own settings with defaults and secrets filled in; for the worker only."""
    source = sources.get(row.name)
    found = {
        setting.name: value
        for setting in source.settings
        if (value := row.settings.get(setting.name, setting.default)) is not None
    }
    return found | _secrets(source.name, [s.name for s in source.settings if s.secret])


def publisher_settings(row: SourceRow) -> dict[int, dict[str, str]]:
    """What was set for single publishers, secrets included; for the worker only."""
    source = sources.get(row.name)
    secret = [s.name for s in source.settings if s.secret and s.per_publisher]
    found = {}
    for publisher, given in row.publishers.items():
        plain = {name: value for name, value in given.items() if name not in secret}
        wanted = [name for name in secret if name in given]
        found[int(publisher)] = plain | _secrets(source.name, wanted, publisher)
    return found


def put_secret(name: str, setting: str, value: str, publisher: str = "") -> None:
    """Keep a secret setting in the parameter store, encrypted."""
    _parameters().put_parameter(
        Name=_parameter(name, setting, publisher),
        Value=value,
        Type="SecureString",
        Overwrite=True,
    )
    forget_cache()


def delete_secret(name: str, setting: str, publisher: str = "") -> None:
    """Take a secret setting out of the parameter store; one that is not there is no error."""
    _parameters().delete_parameters(Names=[_parameter(name, setting, publisher)])
    forget_cache()


def missing_settings(row: SourceRow) -> list[str]:
    """The required settings that are not set, for no publisher either where each has its own."""
    found = effective_settings(row)
    of_publishers = {name for given in row.publishers.values() for name in given}
    return [
        setting.name
        for setting in sources.get(row.name).settings
        if setting.is_missing(found)
        and not (setting.per_publisher and setting.name in of_publishers)
    ]


_secret_cache: dict[tuple[str, str], tuple[float, dict[str, str]]] = {}


def _secrets(name: str, secret: Sequence[str], publisher: str = "") -> dict[str, str]:
    """The secrets that are set; at most a minute old, as the parameter store is slow to many."""
    if not secret:
        return {}
    known = _secret_cache.get((name, publisher))
    if known and time.monotonic() - known[0] < CACHE_SECONDS:
        return known[1]
    by_parameter = {_parameter(name, setting, publisher): setting for setting in secret}
    answer = _parameters().get_parameters(Names=list(by_parameter), WithDecryption=True)
    found = {by_parameter[row["Name"]]: row["Value"] for row in answer["Parameters"]}
    _secret_cache[name, publisher] = (time.monotonic(), found)
    return found


class KeptTokens:
    """Access tokens between jobs: in this process, and for others in the parameter store.

    A ``client.Tokens``. A token is given out until shortly before it ends.
    """

    _known: ClassVar[dict[str, tuple[float, str]]] = {}

    def get(self, source: str) -> str | None:
        """The token of a source that is valid for a while yet."""
        if source not in self._known:
            answer = _parameters().get_parameters(
                Names=[_parameter(source, TOKEN)], WithDecryption=True
            )
            for row in answer["Parameters"]:
                ends_at, _, token = row["Value"].partition(" ")
                self._known[source] = (float(ends_at), token)
        ends_at, token = self._known.get(source, (0.0, ""))
        return token if ends_at > time.time() else None

    def put(self, source: str, token: str, lifetime_seconds: int) -> None:
        """Keep a source's token."""
        ends_at = time.time() + max(0, lifetime_seconds - TOKEN_RESERVE_SECONDS)
        self._known[source] = (ends_at, token)
        _parameters().put_parameter(
            Name=_parameter(source, TOKEN),
            Value=f"{ends_at:.0f} {token}",
            Type="SecureString",
            Overwrite=True,
        )


def _parameter(name: str, setting: str, publisher: str = "") -> str:
    folder = f"publishers/{publisher}/" if publisher else ""
    return f"/{settings.load().stack}/sources/{name}/{folder}{setting}"


def _parameters() -> Any:
    import boto3

    return boto3.client("ssm")


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.timestamp()
    return dict(value) if isinstance(value, Mapping) else value


def _row(item: ControlItem) -> SourceRow:
    about = orjson.loads(item.about)
    for field in TIMES:
        if field in about:
            about[field] = dt.datetime.fromtimestamp(about[field], dt.UTC)
    return SourceRow(name=item.name, version=int(item.version), **about)
