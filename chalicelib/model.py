"""The nouns: Work, Metrics, Event, Result, Job. Frozen values without any I/O.

Identifiers are validated in ``identifiers``; how nouns are stored is ``store``'s business,
how they look to a client is ``lagotto``'s.
"""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from chalicelib.errors import InvalidWork

#: The groups of Lagotto in the order of its reports and answers: those of 3.9, then those that
#: came with its collectors of 5.0 (sources.md III).
GROUPS = (
    *("viewed", "saved", "discussed", "cited", "recommended", "other"),
    *("relations", "results", "contributions", "works", "publishers"),
)

#: The names of identifiers a work can have, as attributes of Work.
IDENTIFIER_KINDS = (
    *("doi", "pmid", "pmcid", "mendeley_uuid", "canonical_url"),
    *("arxiv", "scp", "wos", "ark"),
)


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class PartialDate:
    """A publication date of which only the year is sure: 2013, 2013-02 or 2013-02-09.

    Errors: InvalidWork on a day without a month and on dates that do not exist.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.day is not None and self.month is None:
            raise InvalidWork({"published_on": ["is not a valid date"]})
        try:
            dt.date(
                self.year,
                1 if self.month is None else self.month,
                1 if self.day is None else self.day,
            )
        except ValueError:
            raise InvalidWork({"published_on": ["is not a valid date"]}) from None

    def first_day(self) -> dt.date:
        """The earliest day the date can mean (Lagotto's ``published_on``)."""
        return dt.date(self.year, self.month or 1, self.day or 1)

    def parts(self) -> list[int]:
        """``[2013, 2, 9]`` without the missing parts (CSL's ``date-parts``)."""
        return [part for part in (self.year, self.month, self.day) if part is not None]

    def __str__(self) -> str:
        return "-".join([f"{self.year:04d}", *(f"{part:02d}" for part in self.parts()[1:])])


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A scholarly work. ``works.validate`` builds one from outside data.

    ``doi`` keeps the spelling it was added with; ``key`` folds it. ``pmcid`` is without
    the letters PMC, as Lagotto's API returns it. ``publisher_id`` is a Crossref member number.
    ``scp`` and ``wos`` are the identifiers of Scopus and of Web of Science.
    ``registration_agency`` is the lower-case name of the agency of its DOI, if it is known.
    """

    key: str
    title: str
    issued: PartialDate
    doi: str | None = None
    pmid: str | None = None
    pmcid: str | None = None
    mendeley_uuid: str | None = None
    canonical_url: str | None = None
    arxiv: str | None = None
    scp: str | None = None
    wos: str | None = None
    ark: str | None = None
    publisher_id: int | None = None
    registration_agency: str | None = None

    def has(self, *kinds: str) -> bool:
        """Whether the work has all of these identifiers."""
        return all(getattr(self, kind) for kind in kinds)

    @property
    def doi_folded(self) -> str:
        """The DOI in lower case, for comparison with what providers return; "" if none."""
        return (self.doi or "").lower()

    @property
    def month(self) -> str:
        """``YYYY-MM`` of the earliest possible day of publication."""
        day = self.issued.first_day()
        return f"{day.year:04d}-{day.month:02d}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """What one source counts for one work. None: the source has no such number.

    The names are those of API v5; ``readers`` is ``shares`` in v3, ``groups`` and
    ``citations`` are shown by v3 only (api.md 4.3).
    """

    total: int
    pdf: int | None = None
    html: int | None = None
    readers: int | None = None
    groups: int | None = None
    comments: int | None = None
    likes: int | None = None
    citations: int | None = None

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is None and field.name != "total":
                continue
            if type(value) is not int or value < 0:
                raise ValueError(f"{field.name} must be an integer of 0 or more, not {value!r}")

    @classmethod
    def of(cls, total: int | None = None, **counts: int | None) -> "Metrics":
        """Metrics whose total is the sum of the counts, unless it is given."""
        if total is None:
            total = sum(value for value in counts.values() if value is not None)
        return cls(total=total, **counts)


class Counted(Protocol):
    """The counts that the API shows: of Metrics, and of Metrics as they are stored."""

    @property
    def total(self) -> int: ...
    @property
    def pdf(self) -> int | None: ...
    @property
    def html(self) -> int | None: ...
    @property
    def readers(self) -> int | None: ...
    @property
    def groups(self) -> int | None: ...
    @property
    def comments(self) -> int | None: ...
    @property
    def likes(self) -> int | None: ...
    @property
    def citations(self) -> int | None: ...


#: A moment of history that a source itself reports: {"year", "month"[, "day"], "total"} or
#: with "html" and "pdf" in place of "total" (api.md 4.4).
Period = dict[str, int]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One mention, in Lagotto's wrapping (api.md 4.6). ``time`` is ISO 8601 in UTC.

    ``always`` are the keys of the wrapping that stand there also if they are null.
    """

    event: Any
    url: str | None = None
    time: str | None = None
    csl: Mapping[str, Any] | None = None
    always: tuple[str, ...] = ()

    def wrapped(self) -> dict[str, Any]:
        """``{"event", "event_time", "event_url", "event_csl"}`` without the missing keys."""
        pairs = (
            ("event", self.event),
            ("event_time", self.time),
            ("event_url", self.url),
            ("event_csl", self.csl),
        )
        return {key: value for key, value in pairs if value is not None or key in self.always}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one source says about one work at one time.

    ``metrics`` is None where the source tells identifiers and no numbers.
    ``events`` is a list of Event (or of mappings, where Lagotto did not wrap them and where
    they were kept before) or, where Lagotto shows an object (Wikipedia, Europe PMC database
    links), a mapping. ``by_day`` and ``by_month`` only where the source itself
    reports dates that cannot be read off ``events``. ``identifiers`` are those of the work
    that the answer revealed (``{"pmid": "1"}``). ``notes`` is what else the provider says
    and is worth keeping beside the events (retraction notices, field-weighted scores).
    """

    metrics: Metrics | None
    events: Sequence[Event | Mapping[str, Any]] | Mapping[str, Any] = ()
    events_url: str | None = None
    by_day: Sequence[Period] = ()
    by_month: Sequence[Period] = ()
    identifiers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    notes: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def events_as_json(self) -> list[Any] | dict[str, Any]:
        """The events as API v5 shows them under ``info=detail``."""
        if isinstance(self.events, Mapping):
            return dict(self.events)
        return [e.wrapped() if isinstance(e, Event) else dict(e) for e in self.events]

    def times(self) -> list[str]:
        """When the events happened, as far as that is known; ISO 8601 in UTC."""
        if isinstance(self.events, Mapping):
            return []
        times = (e.time if isinstance(e, Event) else e.get("event_time") for e in self.events)
        return [time for time in times if time]


@dataclasses.dataclass(frozen=True, slots=True)
class Lease:
    """What sending a job does to a shelf's due time: from ``seen`` to ``to``."""

    seen: str
    to: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One source and the works it is to be asked about: one SQS message.

    ``shelves`` are whole shelves with their leases; ``works`` are keys of single works that
    are asked about outside their shelf (just added, or left over from a job that half
    succeeded). A job of a feed has neither, but ``feed``: the days {"from", "to"} and the
    "place" to read on from. ``tries`` counts how often it failed.
    """

    id: str
    source: str
    shelves: Mapping[str, Lease] = dataclasses.field(default_factory=dict)
    works: Sequence[str] = ()
    feed: Mapping[str, str] = dataclasses.field(default_factory=dict)
    tries: int = 0

    def as_json(self) -> dict[str, Any]:
        """The message; ``of_json`` reads it."""
        return {
            "id": self.id,
            "source": self.source,
            "shelves": {name: [lease.seen, lease.to] for name, lease in self.shelves.items()},
            "works": list(self.works),
            **({"feed": dict(self.feed)} if self.feed else {}),
            "tries": self.tries,
        }

    @classmethod
    def of_json(cls, message: Mapping[str, Any]) -> "Job":
        """The job of a message. Errors: LookupError, TypeError on what is none."""
        return cls(
            id=str(message["id"]),
            source=str(message["source"]),
            shelves={name: Lease(*lease) for name, lease in message["shelves"].items()},
            works=tuple(message["works"]),
            feed=dict(message.get("feed") or {}),
            tries=int(message["tries"]),
        )
