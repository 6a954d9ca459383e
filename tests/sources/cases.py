"""The recorded cases of all sources, and what may come of asking one.

A source brings ``tests/recorded/<name>/cases.json``: which saved answers, played in order to
the questions about which work, give which total ("found" and "none").
"""

import datetime as dt
import functools
import json
import pathlib
import re
from collections.abc import Mapping
from typing import Any

import pytest

from chalicelib import sources
from chalicelib.client import HttpClient, SavedAnswers
from chalicelib.errors import SourceError
from chalicelib.model import IDENTIFIER_KINDS, PartialDate, Result, Work
from chalicelib.source import Outcomes, Source

RECORDED = pathlib.Path(__file__).parent.parent / "recorded"
NAMES = sources.names()
SECRET = "Very/secret+value 1"

every_source = pytest.mark.parametrize("name", NAMES)


@functools.cache
def cases(name: str) -> dict[str, Any]:
    """Shape: {"found" or "none": {"work": {kind: value}, "responses": [file], "total": n}}."""
    found: dict[str, Any] = json.loads((RECORDED / name / "cases.json").read_text("utf-8"))
    return found


def bodies(name: str, case: str) -> list[bytes]:
    return [(RECORDED / name / file).read_bytes() for file in cases(name)[case]["responses"]]


def known_work(name: str) -> Work:
    given_identifiers = cases(name)["found"]["work"]
    return Work(key="the work", title="A work", issued=PartialDate(2019, 5), **given_identifiers)


def make_client(source: Source, transport: SavedAnswers | None = None) -> HttpClient:
    settings_given = {
        setting.name: SECRET if setting.secret else setting.default
        for setting in source.settings
        if setting.secret or setting.default is not None
    }
    return HttpClient(
        source,
        contact_email="operator@example.org",
        settings=settings_given,
        transport=transport,
        sleep=lambda seconds: None,
    )


def play(name: str, answers: list[bytes], *works: Work) -> Outcomes:
    """What the source makes of the answers, checked; an error of the whole batch is everyone's."""
    source = sources.get(name)
    asked = works or (known_work(name),)
    try:
        outcomes = source.collect(asked, make_client(source, SavedAnswers(answers)))
    except SourceError as error:
        return {work.key: error for work in asked}
    check(outcomes, asked)
    return outcomes


def check(outcomes: Outcomes, works: tuple[Work, ...]) -> None:
    """Outcomes concern the works asked about, and Results can be stored and shown."""
    assert outcomes.keys() <= {work.key for work in works}
    for outcome in outcomes.values():
        if isinstance(outcome, SourceError):
            continue
        assert isinstance(outcome, Result)
        assert outcome.metrics.total >= 0
        json.dumps([outcome.events_as_json(), dict(outcome.notes)], allow_nan=False)
        assert outcome.identifiers.keys() <= set(IDENTIFIER_KINDS)
        assert all(value and isinstance(value, str) for value in outcome.identifiers.values())
        assert outcome.events_url is None or re.match(r"https?://\S", outcome.events_url)
        for event in [] if isinstance(outcome.events, Mapping) else outcome.events:
            assert event.time is None or dt.datetime.strptime(event.time, "%Y-%m-%dT%H:%M:%SZ")
            assert event.url is None or isinstance(event.url, str)


def error_of(outcomes: Outcomes) -> SourceError:
    [outcome] = outcomes.values()
    assert isinstance(outcome, SourceError), outcome
    return outcome
