"""Scopus: citation counts today and as Lagotto asked for them."""

import pytest

from chalicelib.errors import Malformed, Rejected, Unavailable
from chalicelib.source import Limits
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

WORK = work("10.5555/scopus.1")
OTHER = work("10.5555/scopus.2")
KEYS = {"api_key": "the-key", "insttoken": "the-token"}
CITED_BY = (
    "https://www.scopus.com/inward/citedby.uri?partnerID=HzOxMe3b&scp=84800000001&origin=inward"
)


def play(*files: str, **settings: str) -> Player:
    answers = (recorded("scopus", file) for file in files)
    return Player(get("scopus"), *answers, settings={**KEYS, **settings})


def test_found() -> None:
    found = result(play("found.json").collect([WORK])[WORK.key])
    assert found.metrics.total == found.metrics.citations == 12
    assert found.events["eid"] == "2-s2.0-84800000001"
    assert found.events_url == CITED_BY
    assert found.identifiers == {"scp": "84800000001"}


def test_one_call_for_all_with_both_keys() -> None:
    player = play("found.json")
    outcomes = player.collect([WORK, OTHER])
    assert result(outcomes[OTHER.key]).metrics.total == 0
    [request] = player.requests
    assert request.query["query"] == ['DOI("10.5555/scopus.1") OR DOI("10.5555/scopus.2")']
    assert request.headers == {"X-ELS-APIKey": "the-key", "X-ELS-Insttoken": "the-token"}


def test_an_empty_insttoken_is_not_sent() -> None:
    player = play("found.json", insttoken="")
    player.collect([WORK])
    assert player.requests[0].headers == {"X-ELS-APIKey": "the-key"}


def test_a_bad_record_fails_its_work_only() -> None:
    outcomes = play("odd-one-bad-record.json").collect([WORK, OTHER])
    assert result(outcomes[WORK.key]).metrics.total == 12
    assert isinstance(outcomes[OTHER.key], Malformed)


def test_of_two_records_the_most_cited_counts() -> None:
    assert result(play("odd-two-records.json").collect([WORK])[WORK.key]).metrics.total == 12


def test_what_a_cut_list_lacks_is_no_zero() -> None:
    outcomes = play("odd-cut-list.json").collect([WORK, OTHER])
    assert result(outcomes[WORK.key]).metrics.total == 12
    assert isinstance(outcomes[OTHER.key], Malformed)


def test_as_in_2014() -> None:
    player = play("found.json", api="2014")
    found = result(player.collect([WORK])[WORK.key])
    assert player.requests[0].url == (
        "https://api.elsevier.com/content/search/index:SCOPUS?query=DOI(10.5555%2Fscopus.1)"
    )
    assert player.requests[0].accept == "application/json"
    assert player.requests[0].headers == {"X-ELS-APIKey": "the-key", "X-ELS-Insttoken": "the-token"}
    assert (found.metrics.total, found.metrics.citations) == (12, 12)
    assert found.events["dc:title"] == "A measure of attention"
    assert found.events_url == CITED_BY


def test_an_empty_result_of_2014() -> None:
    found = result(play("none.json", api="2014").collect([WORK])[WORK.key])
    assert found.events == {"@_fa": "true", "error": "Result set was empty"}
    assert (found.metrics.total, found.events_url) == (0, None)


def test_without_a_link_to_citing_works() -> None:
    found = result(play("odd-without-cited-by-link.json").collect([WORK])[WORK.key])
    assert (found.metrics.total, found.events_url) == (4, None)


def test_a_work_that_fails_in_2014_fails_alone() -> None:
    player = Player(
        get("scopus"),
        Reply(body="", status=408),
        recorded("scopus", "found.json"),
        settings={**KEYS, "api": "2014"},
    )
    outcomes = player.collect([OTHER, WORK])
    error = outcomes[OTHER.key]
    assert isinstance(error, Unavailable) and "DOI(10.5555%2Fscopus.2)" in error.url
    assert result(outcomes[WORK.key]).metrics.total == 12


@pytest.mark.parametrize("api", ["current", "2014"])
def test_a_404_is_no_zero(api: str) -> None:
    missing = Reply(body='{"error": "gone"}', status=404)
    with pytest.raises(Rejected):
        Player(get("scopus"), missing, settings={**KEYS, "api": api}).collect([WORK])


def test_the_quota_is_read_from_the_headers() -> None:
    headers = {
        "x-ratelimit-remaining": "19996",
        "x-ratelimit-reset": "1631249428000",
        "date": "Fri, 03 Sep 2021 04:50:28 GMT",
    }
    assert get("scopus").limits(headers) == Limits(remaining_calls=19996, reset_seconds=7 * 86400)
    assert get("scopus").limits({**headers, "x-ratelimit-reset": "soon"}) is None
