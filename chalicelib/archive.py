"""Lagotto 3.9's way of asking and reading: one URL template, one work, one answer. Pure.

For sources whose provider is gone or that only a publisher runs (their URL is a setting), and
for the setting ``api`` = ``2014`` of those that live on: operators have archives and mirrors
of the old services. Source: sources.md, part I, sections 6, 9 and 10.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote_plus

from chalicelib.errors import RateLimited, Rejected, SourceError
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.source import Answer, Client, Outcomes, Setting, Source, read_each

#: Chooses between today's API of a provider and that which Lagotto 3.9 asked.
API = Setting(
    name="api",
    description="current asks today's API; 2014 asks as Lagotto 3.9 did, for mirrors and archives",
    default="current",
    choices=("current", "2014"),
)


def url_setting(default: str | None, name: str = "url", *, required: bool = True) -> Setting:
    """The setting of a URL template. One without default has to be set before the first call."""
    return Setting(
        name=name,
        description="URL template of the service, or of a mirror; {doi} stands for the DOI",
        default=default,
        required=required and default is None,
    )


def as_2014(client: Client) -> bool:
    """Whether the operator chose Lagotto's requests and answers."""
    return client.settings.get("api") == "2014"


def escaped(text: str) -> str:
    """The text form-escaped as Lagotto did (``doi*`` in sources.md): ``/`` becomes ``%2F``."""
    return quote_plus(text, safe="").replace("~", "%7E")


def expand(template: str, **values: str | None) -> str:
    """The template with its placeholders, written ``{doi}`` or ``%{doi}``, filled in.

    Errors: Rejected for a placeholder without a value.
    """

    def value(match: re.Match[str]) -> str:
        found = values.get(match[1])
        if found is None:
            raise Rejected(
                f"the URL template {template!r} has a placeholder {{{match[1]}}} for which there "
                f"is no value; those that can be filled in are: {', '.join(sorted(values))}"
            )
        return found

    return re.sub(r"%?\{([a-z_]+)\}", value, template)


def decode(answer: Answer) -> Any:
    """The body as Lagotto decoded it, whatever its content type: JSON, or XML as mappings.

    None for a blank body and for a bare ``null``. Errors: Malformed for all else, HTML included.
    """
    body = answer.body.strip()
    if body in (b"", b"null"):
        return None
    if not body.startswith(b"<"):
        return answer.json()
    document = xml_mapping(answer.xml())
    if "html" in {name.lower() for name in document}:
        raise answer.malformed("the body is a page of HTML")
    return document


def xml_mapping(root: Any) -> dict[str, Any]:
    """An XML element as a mapping of its name to its value, as Lagotto converted it.

    Text swallows attributes and children; one child is no list; hyphens become underscores;
    leaves are texts unless an attribute ``type`` casts them (sources.md 6.1).
    """
    return {_local(root.tag): _value(root)}


def _value(element: Any) -> Any:
    attributes = {_local(name): value for name, value in element.attrib.items()}
    kind = attributes.get("type")
    if attributes.get("nil") == "true":
        return None
    children = [child for child in element if isinstance(child.tag, str)]
    text = "".join([element.text or "", *(child.tail or "" for child in element)])
    if kind == "array":
        values = [_value(child) for child in children]
        return [value for value in values if not (isinstance(value, str) and not value.strip())]
    if text.strip():
        return _cast(text, kind)
    fields: dict[str, Any] = {}
    if not (kind and len(attributes) == 1 and not children):
        fields |= attributes
    repeated: dict[str, list[Any]] = {}
    for child in children:
        repeated.setdefault(_local(child.tag), []).append(_value(child))
    fields |= {name: values[0] if len(values) == 1 else values for name, values in repeated.items()}
    if fields:
        return fields
    return text or None


def _cast(text: str, kind: str | None) -> Any:
    if kind in ("symbol", "yaml"):
        raise ValueError(f"an element of type {kind} is not read")
    if kind == "integer":
        return int(text)
    if kind in ("float", "double", "decimal"):
        number = float(text)
        if not math.isfinite(number):
            raise ValueError(f"{text[:40]!r} is no number")
        return number
    return text.strip() in ("1", "true") if kind == "boolean" else text


def _local(name: str) -> str:
    return name.rpartition("}")[2].replace("-", "_")


def as_list(value: Any) -> list[Any]:
    """What XML conversion left: a list, one item that became no list, or nothing."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return []
    return value if isinstance(value, list) else [value]


def each(works: Sequence[Work], collect_one: Callable[[Work], Result]) -> Outcomes:
    """What ``collect_one`` gives for each work; its error is that of the work alone.

    Errors: RateLimited, and refusals by which the provider means the caller: the rest need
    not be asked.
    """
    outcomes: Outcomes = {}
    for work in works:
        try:
            outcomes[work.key] = collect_one(work)
        except RateLimited:
            raise
        except SourceError as error:
            if len(works) == 1 or (isinstance(error, Rejected) and error.status in (401, 403)):
                raise
            outcomes[work.key] = error
    return outcomes


class ArchiveSource(Source):
    """A source of Lagotto: declare the template (setting ``url``) and write ``events_of``.

    Override ``read`` where the numbers are not those of the events.
    """

    #: What Lagotto asked for in the header Accept.
    accept: ClassVar[str] = "application/json"
    #: The metric that counts the events; ``readers`` was ``shares`` in Lagotto.
    metric: ClassVar[str] = "citations"
    #: Whether a blank body (or a bare ``null``) is this provider's "nothing found".
    blank_is_none: ClassVar[bool] = False
    #: Names of the settings that hold user and password of basic authentication.
    basic: ClassVar[tuple[str, str] | None] = None

    def values(self, work: Work, client: Client) -> dict[str, str | None]:
        """What the URL template can hold."""
        return {
            "doi": escaped(work.doi) if work.doi else None,
            "pmid": work.pmid,
            "pmcid": work.pmcid,
        }

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        """The answer for one work."""
        [work] = works
        url = _template(self, client)
        return client.get(
            expand(url, **self.values(work, client)),
            accept=self.accept,
            absent=self.absent,
            auth=basic_auth(client, self.basic),
        )

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        """The Result of the one work; an absent work has no events."""
        return read_each(answer, works, lambda work: self._result(answer, work))

    def _result(self, answer: Answer, work: Work) -> Result:
        if answer.absent:
            return self.nothing(work)
        data = decode(answer)
        if data is None:
            if not self.blank_is_none:
                raise ValueError("the body is blank")
            return self.nothing(work)
        return self.read(data, work)

    def read(self, data: Any, work: Work) -> Result:
        """The Result of decoded data that is not blank."""
        events = self.events_of(data, work)
        return Result(
            metrics=Metrics.of(**{self.metric: len(events)}),
            events=events,
            events_url=self.events_url(work),
        )

    def nothing(self, work: Work) -> Result:
        """The Result of a work that the provider does not know."""
        return Result(metrics=Metrics.of(**{self.metric: 0}), events_url=self.events_url(work))

    def events_of(self, data: Any, work: Work) -> list[Event]:
        """The events in decoded data; may raise any of reading.SHAPE_ERRORS."""
        raise NotImplementedError(f"{self.name} declares neither events_of nor read")


def _template(source: Source, client: Client) -> str:
    """The URL template. Errors: Rejected where none is set."""
    if url := client.settings.get("url"):
        return url
    raise Rejected(
        f"{source.name} has no URL to ask. Set it with "
        f"`python -m chalicelib sources configure {source.name} url=https://…`."
    )


def basic_auth(client: Client, names: tuple[str, str] | None) -> tuple[str, str] | None:
    """User and password of basic authentication from these settings, if the user is set."""
    if names is None or not client.settings.get(names[0]):
        return None
    return client.settings[names[0]], client.settings.get(names[1]) or ""


def total_of(items: Sequence[Mapping[str, Any]], name: str) -> int:
    """The sum of one number over mappings, as Lagotto added: texts by their leading digits,
    missing ones as 0."""
    return sum(leading_integer(item.get(name)) for item in items)


def leading_integer(value: Any) -> int:
    """The integer at the beginning of a text or number; 0 for none (Ruby's ``to_i``)."""
    match = re.match(r"\s*(-?[0-9]{1,15})", str(value)) if value is not None else None
    return int(match[1]) if match and not isinstance(value, bool) else 0
