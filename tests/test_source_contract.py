"""What every source must keep to, over the whole registry (README, "Adding a source").

Declarations, recorded answers and failures; what is done with odd bodies is in
``test_source_answers``.
"""

import datetime as dt
import importlib
import pathlib
import re
import string
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses

from chalicelib import sources
from chalicelib.errors import RateLimited, Rejected, SourceError, Unavailable
from chalicelib.model import GROUPS, IDENTIFIER_KINDS, PartialDate, Result, Work
from chalicelib.replay import replay
from chalicelib.source import Outcomes
from chalicelib.transports import SavedAnswers
from tests.internet import give_addresses
from tests.sources.cases import (
    NAMES,
    RECORDED,
    bodies,
    cases,
    check,
    error_of,
    every_source,
    known_work,
    make_client,
    play,
)

TESTS = pathlib.Path(__file__).parent / "sources"
FACTS = ("Counts", "Needs", "Asks", "Limits", "Auth", "Licence", "Zero", "Unknown work", "Traps")


# Declarations.


@every_source
def test_declaration(name: str) -> None:
    source = sources.get(name)
    assert source.name == name == type(source).__module__.rpartition(".")[2]
    assert source.title and source.title == source.title.strip()
    assert source.group in GROUPS
    assert re.fullmatch(r"[A-Z][^\n]{10,150}\.", source.description)
    assert all(re.fullmatch(r"[a-z]+", agency) for agency in source.agencies)
    assert source.needs and set(source.needs) <= set(IDENTIFIER_KINDS)
    assert 1 <= source.batch_size <= 500
    assert 1 <= source.calls_per_batch <= 50
    assert 1 <= source.calls_per_hour <= 200_000
    assert 1 <= source.timeout_seconds <= 60
    assert all(re.fullmatch(r"10\.[0-9]{4,5}(/.*)?", prefix) for prefix in source.prefixes)
    assert all(400 <= status <= 499 for status in source.absent)
    assert not set(source.absent) & {401, 403, 408, 429}
    assert (source.kind == "finder") == bool(source.finds)
    assert set(source.finds) <= set(IDENTIFIER_KINDS)
    assert source.retired is None or re.match(r"[0-9]{4}", source.retired)


@every_source
def test_settings(name: str) -> None:
    declared = sources.get(name).settings
    assert len({setting.name for setting in declared}) == len(declared)
    for setting in declared:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", setting.name)
        assert setting.description
        assert not (setting.secret and setting.default), "a secret in the code"
        assert not (setting.required and setting.default is not None)
        assert setting.default is None or setting.default in (setting.choices or [setting.default])


@every_source
def test_page(name: str) -> None:
    page = sources.get(name).page
    if page is not None:
        assert page.startswith(("https://", "http://"))
        fields = {field for _, field, _, _ in string.Formatter().parse(page) if field is not None}
        assert fields and fields <= set(IDENTIFIER_KINDS)
        assert "<" not in (
            sources.get(name).events_url(
                Work(
                    key="k",
                    title="t",
                    issued=PartialDate(2019),
                    doi="10.5555/<>",
                    pmid="1",
                    pmcid="2",
                )
            )
            or ""
        )


def test_titles_are_unique() -> None:
    titles = [sources.get(name).title for name in NAMES]
    assert len(set(titles)) == len(titles)


@every_source
def test_fact_card(name: str) -> None:
    card = importlib.import_module(f"chalicelib.sources.{name}").__doc__ or ""
    assert re.match(r"[^\n]+\.\n\n", card), "the first line is a sentence of its own"
    for fact in FACTS:
        assert re.search(rf"(?m)(^| ){fact}: +\S", card), f"the fact card lacks {fact}"
    assert re.search(r"(?m)^Docs: +https://\S", card)
    read = re.search(r"Read: ([0-9-]+)$", card.strip())
    assert read and dt.date.fromisoformat(read[1]) > dt.date(2025, 1, 1)


@every_source
def test_tests_and_recordings_are_there_and_used(name: str) -> None:
    tests = (TESTS / f"test_{name}.py").read_text("utf-8")
    used = tests + (RECORDED / name / "cases.json").read_text("utf-8")
    files = {path.name for path in (RECORDED / name).iterdir()}
    assert {"found", "none", "cases", "odd"} <= {re.split(r"[-.]", file)[0] for file in files}
    assert [file for file in files - {"cases.json"} if f'"{file}"' not in used] == []


def test_no_recordings_without_source() -> None:
    assert {path.name for path in RECORDED.iterdir()} == set(NAMES)


# Recorded answers.


@every_source
def test_found(name: str) -> None:
    expected = cases(name)["found"]
    [outcome] = play(name, bodies(name, "found")).values()
    assert isinstance(outcome, Result), outcome
    if sources.get(name).kind == "finder":
        assert outcome.metrics is None and outcome.identifiers == expected["identifiers"] != {}
    else:
        assert outcome.metrics and outcome.metrics.total == expected["total"] > 0


@every_source
def test_none_is_zero(name: str) -> None:
    [outcome] = play(name, bodies(name, "none"), known_work(name, "none")).values()
    assert isinstance(outcome, Result), outcome
    if sources.get(name).kind == "finder":
        assert outcome.metrics is None and outcome.identifiers == {}
    else:
        assert cases(name)["none"]["total"] == 0
        assert outcome.metrics and outcome.metrics.total == 0


@every_source
@pytest.mark.parametrize("case", ["found", "none"])
def test_replay_gives_the_same(name: str, case: str) -> None:
    saved = bodies(name, case)
    settings = make_client(sources.get(name)).settings
    of_work = {
        {"canonical_url": "url"}.get(kind, kind): value
        for kind, value in cases(name)[case]["work"].items()
    }
    shown = replay(name, **of_work, issued="2019-05", settings=settings, responses=saved)
    assert shown["total"] == shown["metrics"]["total"] == cases(name)[case].get("total")
    assert len(shown["requests"]) == len(saved)
    old = any("url" in setting.name for setting in sources.get(name).settings)
    assert all(url.startswith(("https://", "http://"[: 7 * old])) for url in shown["requests"])


@every_source
def test_a_work_without_what_is_needed_is_not_asked_about(name: str) -> None:
    source = sources.get(name)
    page = "https://example.org/article/1"
    given = {"wos": "000308063700032"} if source.needs == ("canonical_url",) else {"url": page}
    work = Work(
        key="k",
        title="A work",
        issued=PartialDate(2019),
        canonical_url=given.get("url"),
        wos=given.get("wos"),
    )
    assert not source.applies(work)
    settings = make_client(source).settings
    shown = replay(name, **given, settings=settings, responses=[b"{}"])
    assert shown["requests"] == []
    assert shown["total"] is None
    assert set(shown["metrics"].values()) == {None}


@every_source
def test_a_full_batch_of_long_and_odd_dois_can_be_asked(name: str) -> None:
    source = sources.get(name)
    prefix = (source.prefixes or ("10.5555",))[0].rstrip("/").partition("/")[0]
    tail = "(sici)1097;2-%+#&?=\"'\\<>,|:ü/" + "x" * 40
    works = tuple(
        Work(
            key=f"key {number}",
            title="A work",
            issued=PartialDate(2019),
            doi=f"{prefix}/{number}{tail}",
            pmid=str(90_000_000 + number),
            canonical_url=cases(name)["none"]["work"].get("canonical_url"),
        )
        for number in range(source.batch_size)
    )
    transport = SavedAnswers(bodies(name, "none") * 100)
    client = make_client(source, transport)
    outcomes = source.collect(works, client)
    check(outcomes, works)
    found = [o.metrics for o in outcomes.values() if isinstance(o, Result) and o.metrics]
    assert {metrics.total for metrics in found} <= {0} or source.kind == "importer"
    assert max(len(exchange["url"]) for exchange in client.exchanges) < 8192


# Failures.


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Iterator[responses.RequestsMock]:
    give_addresses(monkeypatch)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def ask(name: str, internet: responses.RequestsMock, **answer: Any) -> Outcomes:
    """What comes of it when every question gets this answer."""
    for method in ("GET", "POST"):
        internet.add(method, re.compile("https?://"), **answer)
    source, work = sources.get(name), known_work(name)
    try:
        return source.collect([work], make_client(source))
    except SourceError as error:
        return {work.key: error}


@every_source
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, Rejected),
        (401, Rejected),
        (403, Rejected),
        (408, Unavailable),
        (500, Unavailable),
        (502, Unavailable),
        (503, Unavailable),
    ],
)
def test_statuses(
    name: str, internet: responses.RequestsMock, status: int, expected: type[SourceError]
) -> None:
    error = error_of(ask(name, internet, status=status, body="{}"))
    assert type(error) is expected
    assert error.status == status and error.url


@every_source
def test_404_is_zero_only_where_the_source_means_it(
    name: str, internet: responses.RequestsMock
) -> None:
    [outcome] = ask(name, internet, status=404, body="not found").values()
    if 404 in sources.get(name).absent:
        assert isinstance(outcome, Result)
        assert outcome.metrics is None or outcome.metrics.total == 0
    else:
        assert isinstance(outcome, Rejected)


@every_source
def test_too_many_requests(name: str, internet: responses.RequestsMock) -> None:
    error = error_of(ask(name, internet, status=429, headers={"Retry-After": "77"}))
    assert isinstance(error, RateLimited)
    assert error.retry_after_seconds == 77


@every_source
@pytest.mark.parametrize("failure", [requests.ReadTimeout("slow"), requests.ConnectionError("no")])
def test_no_connection(name: str, internet: responses.RequestsMock, failure: Exception) -> None:
    assert isinstance(error_of(ask(name, internet, body=failure)), Unavailable)


@every_source
def test_no_secret_in_any_error(name: str, internet: responses.RequestsMock) -> None:
    def echo(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        return 403, {}, f"refused: {request.url} {dict(request.headers)!r} {request.body!r}"

    for method in ("GET", "POST"):
        internet.add_callback(method, re.compile("https?://"), echo)
    source = sources.get(name)
    client = make_client(source)
    with pytest.raises(Rejected) as raised:
        source.collect([known_work(name)], client)
    said = "".join(traceback.format_exception(raised.value)) + repr(vars(raised.value))
    for text in (said, repr(client.exchanges)):
        assert not re.search(r"very.{1,3}secret", text, re.IGNORECASE)
