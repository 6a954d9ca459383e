"""Altmetric: counts of recorded answers, the limits and the secret."""

import pytest

from chalicelib.errors import Malformed, Rejected
from chalicelib.source import Limits
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

WORK = work("10.5555/Altmetric.1")


def play(reply: object) -> Player:
    return Player(get("altmetric"), reply, settings={"api_key": "a key"})


def test_found() -> None:
    found = result(play(recorded("altmetric", "found.json")).collect([WORK])[WORK.key])
    assert found.metrics.total == found.metrics.comments == 9
    assert found.metrics.citations is None
    assert found.events_as_json() == {
        "cited_by_posts_count": 9,
        "cited_by_accounts_count": 8,
        "cited_by_tweeters_count": 6,
        "cited_by_msm_count": 1,
        "cited_by_feeds_count": 1,
    }
    assert found.notes["score"] == 7.35
    assert found.identifiers == {"pmid": "90000001", "pmcid": "9000001"}


def test_unknown_is_zero_and_forbidden_is_not() -> None:
    unknown = play(Reply(body="Not Found", status=404))
    assert result(unknown.collect([WORK])[WORK.key]).metrics.total == 0
    with pytest.raises(Rejected):
        play(Reply(body="Forbidden", status=403)).collect([WORK])


def test_a_record_without_counts_is_no_zero() -> None:
    with pytest.raises(Malformed):
        play(recorded("altmetric", "odd-no-counts.json")).collect([WORK])


def test_the_slash_is_not_escaped() -> None:
    player = play(recorded("altmetric", "none.json"))
    player.collect([work("10.5555/a(1)?b#c")])
    assert player.requests[0].url == (
        "https://api.altmetric.com/v1/doi/10.5555/a(1)%3Fb%23c?key=a+key"
    )


def test_limits_and_privacy() -> None:
    source = get("altmetric")
    limits = source.limits({"x-hourlyratelimit-remaining": "12"})
    assert limits == Limits(remaining_calls=12, reset_seconds=3600)
    assert source.limits({}) is None
    assert source.private and not source.on_by_default
