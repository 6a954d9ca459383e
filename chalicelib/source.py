"""The contract of a source: what a module in ``sources/`` declares, writes and is given.

A source is facts and one pure function. It never sees the store, the clock, the
environment or another source; it neither sleeps nor retries (the client paces, the queue
retries). How to add one is in the README.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar, Literal, Protocol, TypeVar
from urllib.parse import quote_plus

from chalicelib.errors import InvalidIdentifier, Malformed, SourceError
from chalicelib.identifiers import NORMALISERS
from chalicelib.model import IDENTIFIER_KINDS, Result, Work
from chalicelib.reading import doi as bare_doi
from chalicelib.reading import expecting

#: Parameters of a URL; a list repeats the parameter.
Params = Mapping[str, str | Sequence[str]]

Kind = Literal["works", "feed", "importer", "finder"]

#: What collecting one batch gives: work key → its Result, or the error of this work alone.
Outcomes = dict[str, Result | SourceError]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting that an operator can give a source (``sources configure NAME key=value``).

    A ``secret`` is kept in the parameter store and never shown. A ``required`` one without
    default keeps the source from being activated until it is set. ``choices``: the only values
    it can have. ``unless``: settings that make it needless, by name (``access_token``) or by value
    (``api=2014``). ``per_publisher``: it is given for each publisher, as publishers have their
    own accounts with the provider (``client.publisher_settings``).
    """

    name: str
    description: str
    default: str | None = None
    required: bool = False
    secret: bool = False
    choices: tuple[str, ...] = ()
    per_publisher: bool = False
    unless: tuple[str, ...] = ()

    def is_missing(self, given: Mapping[str, str]) -> bool:
        """Whether a source cannot be asked with these settings, as this one is not set."""
        if not self.required or given.get(self.name):
            return False
        for condition in self.unless:
            name, equals, value = condition.partition("=")
            if given.get(name) and (not equals or given[name] == value):
                return False
        return True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a provider's headers say of our budget: calls left, seconds until it is full
    again, and the pace it wants (calls an hour). None: the headers do not say."""

    remaining_calls: int | None = None
    reset_seconds: int | None = None
    calls_per_hour: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """A provider's answer: status, URL without secrets, headers (lower case), raw body.

    ``final_url`` is where redirects led to, "" without any.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    final_url: str = ""

    @property
    def absent(self) -> bool:
        """Whether the provider says that it does not know the work (a tolerated 4xx)."""
        return self.status >= 400

    def json(self) -> Any:
        """The body read as JSON. Errors: Malformed."""
        import orjson

        try:
            return orjson.loads(self.body)
        except ValueError as error:
            raise self.malformed(f"the body is not JSON ({error})") from error

    def xml(self) -> Any:
        """The root element of the body read as XML, without entities or external references.

        Errors: Malformed, also for a document that declares entities.
        """
        from defusedxml import DefusedXmlException
        from defusedxml.ElementTree import ParseError, fromstring

        try:
            return fromstring(self.body)
        except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
            raise self.malformed(f"the body is not acceptable XML ({error})") from error

    def malformed(self, message: str) -> Malformed:
        """The error that carries this answer as its evidence."""
        return Malformed(message, url=self.url, status=self.status, body=self.body)


class Client(Protocol):
    """The HTTP client that a source is handed (``client.HttpClient``; a player in replay)."""

    #: The source's settings and secrets, defaults filled in.
    settings: Mapping[str, str]
    #: The operator's mail address, for providers that read it from a parameter.
    contact_email: str

    def get(
        self,
        url: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        accept: str = "application/json",
        absent: Sequence[int] = (),
        auth: tuple[str, str] | None = None,
        confidential: bool = False,
    ) -> Answer:
        """The answer to a GET. A list as a parameter's value repeats the parameter.

        ``auth`` is user and password of basic authentication. The body of a ``confidential``
        answer (a token) is kept out of evidence.
        Errors: SourceError for every status of 400 or above that is not in ``absent``, for
        timeouts, connections that fail and bodies over the size limit.
        """

    def post(
        self,
        url: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        accept: str = "application/json",
        absent: Sequence[int] = (),
        auth: tuple[str, str] | None = None,
        confidential: bool = False,
        data: Mapping[str, str] | bytes | None = None,
        json: Any = None,
    ) -> Answer:
        """The answer to a POST of a form, of bytes or of a JSON document. Errors as ``get``."""

    def cached_token(self) -> str | None:
        """The access token that was kept for this source, if it is still valid (``oauth``)."""

    def keep_token(self, token: str, lifetime_seconds: int) -> None:
        """Keep an access token for this and later jobs; from now on it is redacted."""

    def publisher_settings(self, publisher_id: int | None) -> Mapping[str, str]:
        """The settings with those that were given for this publisher over them."""

    def publisher_ids(self) -> list[int]:
        """The publishers for which settings were given, ascending."""


class Source:
    """One provider. Subclass, declare the facts, write ``ask`` and ``parse``.

    Override ``collect`` instead where one batch takes several calls.
    """

    # Facts that every source declares.
    name: ClassVar[str]
    title: ClassVar[str]
    group: ClassVar[str]
    description: ClassVar[str]

    # Facts with a usual value.
    #: Identifiers without which a work is not asked about (names of model.IDENTIFIER_KINDS).
    needs: ClassVar[tuple[str, ...]] = ("doi",)
    #: Identifiers with which it can do more than with what it needs: a work that it said nothing
    #: about is asked about again when another source reveals one.
    profits_from: ClassVar[tuple[str, ...]] = ()
    #: How many works one batch may hold.
    batch_size: ClassVar[int] = 1
    #: HTTP calls that one batch takes at most in the common case, for the pace.
    calls_per_batch: ClassVar[int] = 1
    #: What the provider allows us.
    calls_per_hour: ClassVar[int] = 3600
    #: How fast calls of one job may follow each other, where the provider counts by the hour or
    #: day and allows bursts; the schedule keeps the hourly pace. None: by the hourly pace.
    burst_seconds_per_call: ClassVar[float | None] = None
    timeout_seconds: ClassVar[int] = 30
    settings: ClassVar[tuple[Setting, ...]] = ()
    #: DOI prefixes it covers; empty: all.
    prefixes: ClassVar[tuple[str, ...]] = ()
    #: Registration agencies whose DOIs it covers ("crossref", "datacite"); empty: all. A work of
    #: which the agency is not known is asked about.
    agencies: ClassVar[tuple[str, ...]] = ()
    #: Numbers are shown to staff and admins only.
    private: ClassVar[bool] = False
    #: Whether a new installation asks it.
    on_by_default: ClassVar[bool] = True
    #: Why and since when it is no longer asked, e.g. "2019: the service closed".
    retired: ClassVar[str | None] = None
    #: Statuses that mean "unknown work", which is zero here, instead of failure.
    absent: ClassVar[tuple[int, ...]] = (404,)
    #: The page that shows a person the events of a work: a template over identifiers.
    page: ClassVar[str | None] = None
    #: Usage sources report html and pdf by day and month in place of total.
    usage: ClassVar[bool] = False
    #: How it is asked: about works, shelf by shelf; as a feed that is read from time to time and
    #: matched to works (``feed.Feed``); an importer is a feed that brings works or publishers;
    #: a finder tells identifiers of works that other sources need, and no numbers.
    kind: ClassVar[Kind] = "works"
    #: The identifiers that a finder tells. It is only asked while another source needs them.
    finds: ClassVar[tuple[str, ...]] = ()
    #: Whether ``merge`` has to see the events kept so far.
    remembers: ClassVar[bool] = False

    def applies(self, work: Work) -> bool:
        """Whether the work has what the source needs and is of its publisher."""
        if not work.has(*self.needs):
            return False
        if self.agencies and (work.registration_agency or self.agencies[0]) not in self.agencies:
            return False
        return not self.prefixes or (work.doi or "").startswith(tuple(self.prefixes))

    def asks_about(self, work: Work, settings: Mapping[str, str]) -> bool:
        """Whether the work is asked about with these settings (no secrets among them)."""
        return self.applies(work)

    def batch(self, settings: Mapping[str, str]) -> tuple[int, int]:
        """How many works one batch holds, and how many calls it takes in the common case.

        Lagotto 3.9 asked work by work.
        """
        if settings.get("api") == "2014":
            return 1, self.calls_per_batch
        return self.batch_size, self.calls_per_batch

    def seconds_per_call(self, calls_per_hour: int | None = None) -> float:
        """How long a call of a job has to wait for the one before it began, at this pace or the
        source's own."""
        pace = 3600 / (calls_per_hour or self.calls_per_hour)
        return (
            pace if self.burst_seconds_per_call is None else min(pace, self.burst_seconds_per_call)
        )

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        """What the provider says about one batch of works, by work key.

        A work that is missing from the answer stays unasked: a parse puts a Result with
        total 0 for every work that the provider was asked about and does not know.
        Errors: SourceError when the whole batch failed.
        """
        outcomes: Outcomes = {}
        for part in self.parts(works):
            answer = self.ask(part, client)
            with expecting(f"an answer of {self.name}", answer):
                outcomes |= self.parse(answer, part)
        return outcomes

    def parts(self, works: Sequence[Work]) -> Sequence[Sequence[Work]]:
        """The works of a batch in lists that one call can ask about; usually all at once."""
        return [works]

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        """The provider's answer for one batch of works."""
        raise NotImplementedError(f"{self.name} declares neither ask nor collect")

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        """Read the answer: pure; may raise any of reading.SHAPE_ERRORS on a bad one."""
        raise NotImplementedError(f"{self.name} declares neither parse nor collect")

    def merge(self, kept: list[Any] | dict[str, Any], result: Result, work: Work) -> Result:
        """The result with what was kept of earlier ones, for providers that only tell of the
        last days or of one month. ``kept``: the events as ``Result.events_as_json`` gave them."""
        return result

    def limits(self, headers: Mapping[str, str]) -> Limits | None:
        """What the answer's headers (lower-case names) say of our budget, if anything."""
        return None

    def events_url(self, work: Work) -> str | None:
        """The page for a person, identifiers form-escaped; None without one."""
        if self.page is None:
            return None
        identifiers = {
            kind: quote_plus(value, safe="").replace("~", "%7E")
            for kind in IDENTIFIER_KINDS
            if (value := getattr(work, kind))
        }
        try:
            return self.page.format_map(identifiers)
        except KeyError:
            return None


Item = TypeVar("Item")
Read = TypeVar("Read")


def read_each(
    answer: Answer, works: Sequence[Work], read: Callable[[Work], Read]
) -> dict[str, Read | SourceError]:
    """What ``read`` makes of each work; where it cannot, the Malformed of that work alone."""
    outcomes: dict[str, Read | SourceError] = {}
    for work in works:
        try:
            with expecting(f"a readable record of {work.doi or work.pmid}", answer):
                outcomes[work.key] = read(work)
        except Malformed as error:
            outcomes[work.key] = error
    return outcomes


def outcomes_by_doi(
    answer: Answer,
    works: Sequence[Work],
    records: Sequence[Any],
    field: str,
    read: Callable[[Work, list[dict[str, Any]]], Read],
    *,
    complete: bool = True,
) -> dict[str, Read | SourceError]:
    """What ``read`` makes of each work and its records: those with its DOI in ``field``.

    A work that the provider does not know is read with no records. It is Malformed instead
    of zero if its record may be among those that cannot be attributed or, unless the answer
    is ``complete``, were not sent. What ``read`` cannot read is that work's Malformed alone.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        if not isinstance(record, dict):
            complete = False
        elif doi := bare_doi(record.get(field)):
            found.setdefault(doi, []).append(record)
        elif record.get(field) is not None:
            complete = False

    def read_records(work: Work) -> Read:
        mine = found.get(work.doi_folded, [])
        if not mine and not complete:
            raise ValueError("some records are missing or tell no DOI")
        return read(work, mine)

    return read_each(answer, works, read_records)


def chunks(items: Sequence[Item], size: Callable[[Item], int], limit: int) -> list[list[Item]]:
    """The items in order, in lists that are not empty and whose sizes add up to ``limit``
    at most; an item above the limit is alone. Keeps URLs at a length that servers take."""
    lists: list[list[Item]] = []
    taken = 0
    for item in items:
        if not lists or taken + size(item) > limit:
            lists.append([])
            taken = 0
        lists[-1].append(item)
        taken += size(item)
    return lists


def found_identifiers(**values: Any) -> dict[str, str]:
    """The identifiers among what a provider says, normalised; what is none is left out.

    ``found_identifiers(pmid=111, pmcid="PMC222")`` is ``{"pmid": "111", "pmcid": "222"}``.
    """
    found: dict[str, str] = {}
    for kind, value in values.items():
        with suppress(InvalidIdentifier):
            found[kind] = NORMALISERS[kind](str(value))
    return found


def phrase(value: str) -> str:
    """The value in quotes for a query in Lucene's syntax, where it means only itself."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
