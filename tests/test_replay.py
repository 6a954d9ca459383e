"""Replay: the command's output, exit status and errors, on good answers and on garbage."""

import argparse
import json
import os
import pathlib
import socket
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import replay as replay_module
from chalicelib.errors import (
    ConfigurationError,
    InvalidIdentifier,
    InvalidWork,
    LagottoError,
    Malformed,
    RateLimited,
    Rejected,
    RequestError,
    Unavailable,
)
from chalicelib.model import Result, Work
from chalicelib.replay import add_arguments, kind, replay, run
from chalicelib.sources import get, names
from tests.sources.cases import RECORDED, cases, make_client

FOUND = RECORDED / "opencitations" / "found.json"
OPENCITATIONS = ["opencitations", "--doi", "10.5555/oc.1"]


@pytest.fixture(autouse=True)
def no_network_and_no_contact(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network is used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.delenv("LAGOTTO_CONTACT_EMAIL", raising=False)


def parse(*words: Any) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args([str(word) for word in words])


def command(capsys: pytest.CaptureFixture[str], *words: Any) -> tuple[int, dict[str, Any]]:
    """The exit status and the JSON object, which is all that is printed."""
    status = run(parse(*words))
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.count("\n") == 1
    shown: dict[str, Any] = json.loads(printed.out)
    return status, shown


def test_prints_the_result_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    status, shown = command(capsys, *OPENCITATIONS, "--response", FOUND)
    assert status == 0
    assert list(shown) == [
        *("source", "doi", "total", "metrics", "events", "events_url", "requests")
    ]
    assert (shown["source"], shown["doi"], shown["total"]) == ("opencitations", "10.5555/oc.1", 3)
    assert shown["metrics"] == {
        "pdf": None,
        "html": None,
        "readers": None,
        "comments": None,
        "likes": None,
        "total": 3,
    }
    assert shown["events"][0]["event_url"] == "https://doi.org/10.5555/oc.citing1"
    assert shown["requests"] == [
        "https://api.opencitations.net/index/v2/citations/doi:10.5555/oc.1"
    ]


def test_identifiers_in_any_spelling(capsys: pytest.CaptureFixture[str]) -> None:
    doi = "https://doi.org/10.5555%2FOC.1"
    _, shown = command(capsys, "opencitations", "--doi", doi, "--response", FOUND)
    assert (shown["doi"], shown["total"]) == ("10.5555/OC.1", 3)
    pmid = "https://pubmed.ncbi.nlm.nih.gov/90000001/"
    saved = RECORDED / "icite" / "found.json"
    _, shown = command(capsys, "icite", "--pmid", pmid, "--response", saved)
    assert (shown["doi"], shown["total"]) == (None, 3)


def test_answers_are_served_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    folder = RECORDED / "wikipedia"
    answers = [
        word for file in ("none", "found") for word in ("--response", folder / f"{file}.json")
    ]
    words = ["wikipedia", "--doi", "10.5555/wiki.1", "--set", "languages=de en", *answers]
    _, shown = command(capsys, *words)
    assert shown["events"] == {"de": 0, "en": 3, "total": 3}
    assert [url.split("/")[2] for url in shown["requests"]] == [
        "de.wikipedia.org",
        "en.wikipedia.org",
    ]


def test_the_worker_would_store_the_same_link(capsys: pytest.CaptureFixture[str]) -> None:
    saved = RECORDED / "wikidata" / "found.json"
    _, shown = command(capsys, "wikidata", "--doi", "10.5555/wd.1", "--response", saved)
    assert shown["events_url"] == "https://www.wikidata.org/wiki/Q990000001"
    saved = RECORDED / "hackernews" / "none.json"
    _, shown = command(capsys, "hackernews", "--doi", "10.5555/hn.1", "--response", saved)
    assert shown["events_url"] == "https://hn.algolia.com/?query=%2210.5555%2Fhn.1%22&type=all"


def test_a_source_that_does_not_apply_is_not_asked(capsys: pytest.CaptureFixture[str]) -> None:
    status, shown = command(capsys, "icite", "--doi", "10.5555/icite.1", "--response", FOUND)
    assert status == 0
    assert shown == {
        "source": "icite",
        "doi": "10.5555/icite.1",
        "total": None,
        "metrics": dict.fromkeys(("pdf", "html", "readers", "comments", "likes", "total")),
        "events": [],
        "events_url": None,
        "requests": [],
    }


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, "rejected"),
        (404, "rejected"),
        (408, "unavailable"),
        (429, "rate_limited"),
        (503, "unavailable"),
        (302, "malformed"),
    ],
)
def test_the_status_is_that_of_the_last_answer(
    capsys: pytest.CaptureFixture[str], status: int, error: str
) -> None:
    saved = RECORDED / "wikipedia" / "none.json"
    words = ["wikipedia", "--doi", "10.5555/wiki.1", "--set", "languages=de en"]
    answers = ["--response", saved, "--response", saved]
    code, shown = command(capsys, *words, *answers, "--status", status)
    assert code == 1
    assert list(shown) == ["error", "message"]
    assert shown["error"] == error
    assert str(status) in shown["message"]
    code, shown = command(capsys, *words, *answers, "--response", saved, "--status", status)
    assert (code, shown["total"]) == (0, 0)  # the third answer is not asked for


def test_a_tolerated_status_is_zero(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    words = ["pmceuropedata", "--pmid", "32000001", "--response", empty, "--status", 404]
    assert command(capsys, *words)[1]["total"] == 0


def test_running_out_of_answers_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    saved = RECORDED / "wikipedia" / "none.json"
    words = ["wikipedia", "--doi", "10.5555/wiki.1", "--response", saved]
    code, shown = command(capsys, *words)
    assert (code, shown["error"]) == (1, "unavailable")
    assert "one answer more than the 1 saved" in shown["message"]


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (["nosource", "--doi", "10.5555/a"], "configuration", "There is no source named"),
        (["icite", "--doi", "nonsense"], "invalid_identifier", "not a DOI"),
        (["icite"], "invalid_identifier", "at least one"),
        (["icite", "--pmid", "1", "--issued", "2019-13"], "invalid_work", "valid date"),
        (["icite", "--pmid", "1", "--issued", "May"], "invalid_work", "year"),
        (["icite", "--pmid", "1", "--set", "token=a"], "configuration", "no setting token"),
        (["icite", "--pmid", "1", "--set", "token"], "configuration", "name=value"),
        (["icite", "--pmid", "1", "--response", "/no/such"], "configuration", "cannot be read"),
        (["icite", "--pmid", "1", "--response", "a\0b"], "configuration", "cannot be read"),
        ([*OPENCITATIONS, "--response", os.sep], "configuration", "cannot be read"),
    ],
)
def test_wrong_arguments_are_told(
    capsys: pytest.CaptureFixture[str], words: list[str], error: str, message: str
) -> None:
    code, shown = command(capsys, *words)
    assert (code, shown["error"]) == (1, error)
    assert message in shown["message"]


@pytest.mark.parametrize("status", ["99", "600", "-1", "abc", "2" * 5000, "٢٠٠"])
def test_a_status_that_is_none_is_refused(capsys: pytest.CaptureFixture[str], status: str) -> None:
    with pytest.raises(SystemExit):
        parse(*OPENCITATIONS, f"--status={status}")
    printed = capsys.readouterr()
    assert printed.out == "" and "not an HTTP status" in printed.err


def test_a_required_setting_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.source import Setting, Source

    class Guarded(Source):
        name = "guarded"
        title = description = "Guarded"
        group = "other"
        settings = (Setting(name="key", description="a key", required=True, secret=True),)

        def collect(self, works: Any, client: Any) -> Any:
            client.get("https://example.org/", params={"key": client.settings["key"]})
            return {}

    monkeypatch.setattr(replay_module.sources, "get", lambda name: Guarded())
    with pytest.raises(ConfigurationError, match="--set key=VALUE"):
        replay("guarded", doi="10.5555/a", responses=[b"{}"])
    shown = replay("guarded", doi="10.5555/a", responses=[b"{}"], settings={"key": "top secret"})
    assert shown["requests"] == ["https://example.org/?key=[redacted]"]
    assert shown["total"] is None  # a work missing from the outcomes stays unasked


def test_an_error_of_the_work_alone_is_an_error() -> None:
    saved = json.loads((RECORDED / "icite" / "odd-one-bad-record.json").read_text("utf-8"))
    with pytest.raises(Malformed):
        replay("icite", pmid="90000002", responses=[json.dumps(saved).encode()])


def test_what_a_source_may_want_to_know_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Work] = []

    def collect(self: Any, works: Any, client: Any) -> dict[str, Result]:
        seen.extend(works)
        return {}

    monkeypatch.setattr(type(replay_module.sources.get("icite")), "collect", collect)
    page = "https://example.org/article"
    replay("icite", doi="10.5555/A", pmid="1", pmcid="PMC2", url=page, title="T", issued="2019-05")
    replay("icite", pmid="1")
    [work, bare] = seen
    assert work.key == "doi:10.5555/a"
    assert (work.doi, work.pmid, work.pmcid, work.canonical_url) == ("10.5555/A", "1", "2", page)
    assert (work.title, str(work.issued)) == ("T", "2019-05")
    assert (bare.key, bare.doi, bare.title) == ("pmid:1", None, "1")


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (Unavailable("x"), "unavailable"),
        (RateLimited("x"), "rate_limited"),
        (Rejected("x"), "rejected"),
        (Malformed("x"), "malformed"),
        (ConfigurationError("x"), "configuration"),
        (InvalidIdentifier("x"), "invalid_identifier"),
        (InvalidWork({"a": ["b"]}), "invalid_work"),
        (RequestError("x", status=400), "error"),
    ],
)
def test_kinds(error: LagottoError, name: str) -> None:
    assert kind(error) == name


# Garbage: issue 2, "done when" 4.

GARBAGE = {
    "random bytes": bytes(range(256)) * 4,
    "truncated JSON": b'{"data": [{"pmid": 1, "citation_count":',
    "truncated XML": b"<?xml version='1.0'?><result><count>3</co",
    "HTML": b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>",
    "10 MB of text": b"x" * 10_000_000,
    "10 MB of JSON": b"[" + b'{"a": 1},' * 1_100_000 + b"{}]",
    "nothing": b"",
}


#: The same for all sources as far as the size goes, which takes its time.
LARGE = ("crossref", "icite", "pubmed", "wikipedia")
FLAGS = {"canonical_url": "url", "mendeley_uuid": "mendeley-uuid"}


@pytest.mark.parametrize(
    ("name", "garbage"),
    [
        (name, garbage)
        for name in names()
        for garbage in GARBAGE
        if name in LARGE or "10 MB" not in garbage
    ],
)
def test_garbage_is_a_typed_error(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path, name: str, garbage: str
) -> None:
    file = tmp_path / "garbage"
    file.write_bytes(GARBAGE[garbage])
    work = cases(name)["found"]["work"]
    words = [word for kind, value in work.items() for word in (f"--{FLAGS.get(kind, kind)}", value)]
    for setting in make_client(get(name)).settings.items():
        words += ["--set", "=".join(setting)]
    code, shown = command(capsys, name, *words, *["--response", file] * 20)
    if garbage_is_nothing(name, garbage):
        assert code == 0 and not shown["total"]
        return
    assert code == 1
    assert shown["error"] == "malformed"
    assert len(shown["message"]) < 1000


def garbage_is_nothing(name: str, garbage: str) -> bool:
    """Whether this is how the provider says that there is nothing (``cases.json``)."""
    kinds = {"nothing": "empty", "HTML": "HTML", "random bytes": "latin-1"}
    kinds |= {"truncated JSON": "text", "truncated XML": "text"}
    return kinds.get(garbage) in cases(name).get("means_zero", [])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    name=st.sampled_from(names()),
    answers=st.lists(st.binary(max_size=200), max_size=4),
    status=st.integers(100, 599),
    doi=st.text(max_size=20) | st.text(max_size=20).map("10.5555/{}".format),
    pmid=st.none() | st.integers(0, 10**9).map(str),
)
def test_nothing_but_our_errors(
    name: str, answers: list[bytes], status: int, doi: str, pmid: str | None
) -> None:
    try:
        shown = replay(name, doi=doi, pmid=pmid, responses=answers, status=status)
    except LagottoError as error:
        assert kind(error) != "error"
    else:
        assert json.loads(json.dumps(shown)) == shown


def test_needs_no_stdout_encoding(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, shown = command(capsys, "icite", "--doi", "10.5555/ü\u4e2d")
    assert shown["doi"] == "10.5555/ü\u4e2d"
    run(parse("icite", "--doi", "10.5555/ü\u4e2d"))
    assert capsys.readouterr().out.isascii()
    assert sys.stdout is not None
