"""Lens: patents in recorded answers, what is asked, and the limits."""

import json

from chalicelib.errors import Malformed
from chalicelib.source import Limits
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

WORK, OTHER, THIRD = (work(f"10.5555/Lens.{number}") for number in (1, 2, 3))


def play(reply: object) -> Player:
    return Player(get("lens"), reply, settings={"access_token": "a token"})


def file(name: str) -> Player:
    return play(recorded("lens", name))


def test_found() -> None:
    found = result(file("found.json").collect([WORK])[WORK.key])
    assert found.metrics.total == found.metrics.citations == 2
    assert found.events_as_json()[0] == {
        "event": "100-111-222-333-444",
        "event_url": "https://lens.org/100-111-222-333-444",
    }
    assert found.events_url == "https://lens.org/000-111-222-333-44X"
    assert found.identifiers == {"pmid": "90000001", "pmcid": "9000001"}
    assert found.notes == {"lens_id": "000-111-222-333-44X", "scholarly_citations_count": 40}


def test_what_is_asked() -> None:
    player = file("none.json")
    outcomes = player.collect([WORK, OTHER])
    assert [result(outcome).metrics.total for outcome in outcomes.values()] == [0, 0]
    [request] = player.requests
    assert request.headers["authorization"] == "Bearer a token"
    body = json.loads(request.body)
    assert body["query"] == {"terms": {"ids.doi": ["10.5555/lens.1", "10.5555/lens.2"]}}
    assert body["size"] == 100


def test_the_most_cited_of_records_counts_and_a_bad_one_fails_its_work_only() -> None:
    outcomes = file("odd-shared-and-bad.json").collect([WORK, OTHER, THIRD])
    assert result(outcomes[WORK.key]).metrics.total == 7
    assert isinstance(outcomes[OTHER.key], Malformed)
    assert result(outcomes[THIRD.key]).metrics.total == 0


def test_records_that_were_not_sent_are_no_zero() -> None:
    outcomes = file("odd-incomplete.json").collect([WORK, OTHER])
    assert result(outcomes[WORK.key]).metrics.total == 7
    assert isinstance(outcomes[OTHER.key], Malformed)


def test_nothing_found_may_be_a_404() -> None:
    outcomes = play(Reply(body={"message": "no records"}, status=404)).collect([WORK])
    assert result(outcomes[WORK.key]).metrics.total == 0


def test_limits() -> None:
    headers = {"x-rate-limit-remaining-request-per-month": "41"}
    assert get("lens").limits(headers) == Limits(remaining_calls=41)
    assert get("lens").limits({}) is None
