"""Replay: one source's real code over saved answers, without network, store or contact.

What a provider answered (evidence, a recording, a bug report) becomes the numbers that the
worker would store. Prints one JSON object and nothing else on standard output.
"""

import argparse
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib import identifiers, sources
from chalicelib.client import HttpClient
from chalicelib.errors import (
    ConfigurationError,
    InvalidIdentifier,
    InvalidWork,
    LagottoError,
    SourceError,
)
from chalicelib.model import IDENTIFIER_KINDS, PartialDate, Result, Work
from chalicelib.source import Source
from chalicelib.transports import SavedAnswers
from chalicelib.works import read_date

#: The numbers of API v5, in its order.
METRICS = ("pdf", "html", "readers", "comments", "likes", "total")
#: Identifiers besides those that most sources need.
OTHER_KINDS = tuple(
    kind for kind in IDENTIFIER_KINDS if kind not in ("doi", "pmid", "pmcid", "canonical_url")
)
#: Stands in the User-Agent and the mailto of the URLs shown; no request leaves the machine.
CONTACT_EMAIL = "replay@example.org"

KINDS = {
    ConfigurationError: "configuration",
    InvalidIdentifier: "invalid_identifier",
    InvalidWork: "invalid_work",
}


def replay(
    source_name: str,
    *,
    doi: str | None = None,
    pmid: str | None = None,
    pmcid: str | None = None,
    url: str | None = None,
    title: str | None = None,
    issued: str | None = None,
    publisher_id: int | None = None,
    settings: Mapping[str, str] | None = None,
    status: int = 200,
    responses: Sequence[bytes] = (),
    **identifiers_given: str | None,
) -> dict[str, Any]:
    """What the source makes of the answers, served in order to its requests.

    ``status`` is that of the last answer, all others are served with 200.
    Shape: {"source", "doi", "total", "metrics", "events", "events_url", "requests"}; the
    total and all metrics are null where the source does not apply to the work. A finder of
    identifiers has them as "identifiers" besides. ``identifiers_given``: further kinds.
    Errors: SourceError, ConfigurationError, InvalidIdentifier, InvalidWork.
    """
    source = sources.get(source_name)
    work = _work(
        title,
        issued,
        publisher_id,
        doi=doi,
        pmid=pmid,
        pmcid=pmcid,
        canonical_url=url,
        **identifiers_given,
    )
    client = HttpClient(
        source,
        contact_email=CONTACT_EMAIL,
        settings=_settings(source, settings or {}),
        transport=SavedAnswers(responses, last_status=status),
        sleep=lambda seconds: None,
    )
    asked = source.asks_about(work, client.settings)
    outcome = source.collect([work], client).get(work.key) if asked else None
    if isinstance(outcome, SourceError):
        raise outcome
    metrics = outcome.metrics if outcome else None
    shown = {
        "source": source.name,
        "doi": work.doi,
        "total": metrics.total if metrics else None,
        "metrics": {name: getattr(metrics, name) if metrics else None for name in METRICS},
        "events": outcome.events_as_json() if outcome else [],
        "events_url": _events_url(source, work, outcome),
        "requests": [exchange["url"] for exchange in client.exchanges],
    }
    if source.kind == "finder":
        shown["identifiers"] = dict(outcome.identifiers) if outcome else {}
    return shown


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line of ``run``."""
    parser.add_argument("source", metavar="SOURCE", help="machine name, such as crossref")
    parser.add_argument("--doi", help="identifiers of the work, in any spelling; at least one")
    parser.add_argument("--pmid")
    parser.add_argument("--pmcid")
    parser.add_argument("--url", help="the work's landing page")
    for name in OTHER_KINDS:
        parser.add_argument(f"--{name.replace('_', '-')}")
    parser.add_argument(
        "--publisher", type=int, metavar="ID", help="the publisher's Crossref member number"
    )
    parser.add_argument("--title", help="the work's title")
    parser.add_argument("--issued", metavar="YYYY[-MM[-DD]]", help="its publication date")
    parser.add_argument(
        "--set",
        dest="settings",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a setting or secret of the source; repeatable",
    )
    parser.add_argument(
        "--status", type=_status, default=200, help="HTTP status of the last answer (200)"
    )
    parser.add_argument(
        "--response",
        dest="responses",
        metavar="FILE",
        action="append",
        default=[],
        help="a saved answer; repeatable, served in this order",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the result or ``{"error", "message"}`` as JSON; the exit status, 0 or 1."""
    try:
        shown = replay(
            arguments.source,
            doi=arguments.doi,
            pmid=arguments.pmid,
            pmcid=arguments.pmcid,
            url=arguments.url,
            title=arguments.title,
            issued=arguments.issued,
            publisher_id=arguments.publisher,
            **{name: getattr(arguments, name) for name in OTHER_KINDS},
            settings=_pairs(arguments.settings),
            status=arguments.status,
            responses=[_content(path) for path in arguments.responses],
        )
    except LagottoError as error:
        print(json.dumps({"error": kind(error), "message": str(error)}))
        return 1
    print(json.dumps(shown))
    return 0


def kind(error: LagottoError) -> str:
    """The machine-readable name of an error: ``unavailable``, ``malformed``, …"""
    return error.kind if isinstance(error, SourceError) else KINDS.get(type(error), "error")


def _work(
    title: str | None, issued: str | None, publisher_id: int | None, **given: str | None
) -> Work:
    """The work; what a replay need not know has a stand-in. It is named by its first identifier."""
    found: dict[str, Any] = {
        name: identifiers.NORMALISERS[name](value) for name, value in given.items() if value
    }
    if not found:
        raise InvalidIdentifier("a work needs at least one of --doi, --pmid, --pmcid and --url")
    name, value = next(iter(found.items()))
    return Work(
        key=identifiers.Identifier(name, value).key,
        title=title or value,
        issued=_date(issued or "2000"),
        publisher_id=publisher_id,
        **found,
    )


def _date(text: str) -> PartialDate:
    year, month, day = read_date(text)
    if year is None:
        raise InvalidWork({"year": ["is not a number"]})
    return PartialDate(year, month, day)


def _settings(source: Source, given: Mapping[str, str]) -> dict[str, str]:
    """The given settings over the defaults. Errors: ConfigurationError."""
    known = {setting.name: setting for setting in source.settings}
    if unknown := sorted(given.keys() - known.keys()):
        raise ConfigurationError(
            f"{source.name} has no setting {', '.join(unknown)}; "
            f"its settings are: {', '.join(known) or 'none'}."
        )
    defaults = {name: s.default for name, s in known.items() if s.default is not None}
    settings = {**defaults, **given}
    for name, setting in known.items():
        if setting.choices and settings.get(name) not in setting.choices:
            raise ConfigurationError(
                f"{name} of {source.name} must be one of {', '.join(setting.choices)}."
            )
    if missing := [name for name, setting in known.items() if setting.is_missing(settings)]:
        raise ConfigurationError(
            f"{source.name} needs {', '.join(missing)}: give it as --set {missing[0]}=VALUE."
        )
    return settings


def _events_url(source: Source, work: Work, outcome: Result | None) -> str | None:
    if outcome is None:
        return None
    return outcome.events_url or source.events_url(work)


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    if wrong := [name for name, equals, _ in pairs if not (name and equals)]:
        raise ConfigurationError(f"--set expects name=value, not {wrong[0]!r}.")
    return {name: value for name, _, value in pairs}


def _content(path: str) -> bytes:
    try:
        return pathlib.Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"the saved answer {path!r} cannot be read: {error}") from error


def _status(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 100 <= int(text[:4]) <= 599):
        raise argparse.ArgumentTypeError(f"{text!r} is not an HTTP status from 100 to 599")
    return int(text)
