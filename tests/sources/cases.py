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
from chalicelib.client import HttpClient
from chalicelib.errors import SourceError
from chalicelib.model import IDENTIFIER_KINDS, Event, PartialDate, Result, Work
from chalicelib.source import Outcomes, Source
from chalicelib.transports import SavedAnswers

RECORDED = pathlib.Path(__file__).parent.parent / "recorded"
NAMES = sources.names()
SECRET = "Very/secret+value 1"

every_source = pytest.mark.parametrize("name", NAMES)


@functools.cache
def cases(name: str) -> dict[str, Any]:
    """Shape: {"found" or "none": {"work": {kind: value}, "responses": [file], "total": n}}.

    ``found`` of a finder has "identifiers" in place of "total". "settings" are plain settings
    that every case needs; "means_zero" names the ODD_BODIES (``test_source_answers``) by which
    the provider says that there is nothing.
    """
    found: dict[str, Any] = json.loads((RECORDED / name / "cases.json").read_text("utf-8"))
    return found


def bodies(name: str, case: str) -> list[bytes]:
    return [(RECORDED / name / file).read_bytes() for file in cases(name)[case]["responses"]]


def known_work(name: str, case: str = "found") -> Work:
    given_identifiers = cases(name)[case]["work"]
    return Work(key="the work", title="A work", issued=PartialDate(2019, 5), **given_identifiers)


def plain_settings(name: str) -> dict[str, str]:
    """What an operator has to set that is no secret."""
    given: dict[str, str] = cases(name).get("settings", {})
    return given


def make_client(source: Source, transport: SavedAnswers | None = None) -> HttpClient:
    settings_given = {
        setting.name: SECRET if setting.secret else setting.default
        for setting in source.settings
        if setting.secret or setting.default is not None
    } | plain_settings(source.name)
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
        assert outcome.metrics is None or outcome.metrics.total >= 0
        json.dumps([outcome.events_as_json(), dict(outcome.notes)], allow_nan=False)
        assert outcome.identifiers.keys() <= set(IDENTIFIER_KINDS)
        assert all(value and isinstance(value, str) for value in outcome.identifiers.values())
        assert outcome.events_url is None or re.match(r"https?://\S", outcome.events_url)
        for time in outcome.times():
            assert dt.datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ")
        for event in [] if isinstance(outcome.events, Mapping) else outcome.events:
            url = event.url if isinstance(event, Event) else event.get("event_url")
            assert url is None or isinstance(url, str)


def error_of(outcomes: Outcomes) -> SourceError:
    [outcome] = outcomes.values()
    assert isinstance(outcome, SourceError), outcome
    return outcome
