"""Semantic Scholar: counts and identifiers of recorded answers, and what is asked."""

import json

import pytest

from chalicelib.errors import Malformed, Rejected
from chalicelib.sources import get
from chalicelib.sources.semantic_scholar import KNOWN_PAPER
from tests.sources.player import Player, Reply, recorded, result, work

WORK, OTHER, THIRD = (work(f"10.5555/S2.{number}") for number in (1, 2, 3))


def play(reply: object) -> Player:
    return Player(get("semantic_scholar"), reply, settings={"api_key": "a key"})


def file(name: str) -> Player:
    return play(recorded("semantic_scholar", name))


def test_found() -> None:
    found = result(file("found.json").collect([WORK])[WORK.key])
    assert found.metrics.total == found.metrics.citations == 17
    assert found.metrics.readers is found.metrics.comments is None
    assert found.identifiers == {"pmid": "90000001", "pmcid": "9000001", "arxiv": "1901.00001"}
    assert found.notes["influentialCitationCount"] == 2
    assert found.events_url == f"https://www.semanticscholar.org/paper/{found.notes['paperId']}"


def test_what_is_asked() -> None:
    player = file("found.json")
    player.collect([WORK])
    [request] = player.requests
    assert request.method == "POST"
    assert request.headers == {"x-api-key": "a key"}
    assert json.loads(request.body) == {"ids": ["DOI:10.5555/s2.1", KNOWN_PAPER]}
    assert "citationCount" in request.query["fields"][0].split(",")


def test_unknown_wrong_and_other_versions() -> None:
    outcomes = file("odd-mixed.json").collect([WORK, OTHER, THIRD])
    first = result(outcomes[WORK.key])
    assert (first.metrics.total, first.identifiers) == (0, {})
    assert isinstance(outcomes[OTHER.key], Malformed)
    assert result(outcomes[THIRD.key]).metrics.total == 0


def test_nulls_alone_are_no_zeros() -> None:
    outcomes = play([None, None]).collect([WORK])
    assert isinstance(outcomes[WORK.key], Malformed)


def test_a_missing_paper_fails_all() -> None:
    outcomes = file("found.json").collect([WORK, OTHER])
    assert all(isinstance(outcome, Malformed) for outcome in outcomes.values())


def test_errors() -> None:
    with pytest.raises(Malformed):
        file("odd-error-in-200.json").collect([WORK])
    with pytest.raises(Rejected):
        play(Reply(body={"error": "No valid paper ids given"}, status=400)).collect([WORK])
