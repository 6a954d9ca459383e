"""OpenCitations: counts, dates and distinct citing works of recorded answers."""

from typing import Any

import pytest

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

WORK = work("10.5555/oc.1")


def play(*replies: Any, **settings: str) -> Player:
    return Player(get("opencitations"), *replies, settings=settings)


def test_found() -> None:
    found = result(play(recorded("opencitations", "found.json")).collect([WORK])[WORK.key])
    assert found.metrics.total == found.metrics.citations == 3
    assert found.notes == {"author_self_citations": 2, "journal_self_citations": 2}
    assert [(event.url, event.time) for event in found.events] == [
        ("https://doi.org/10.5555/oc.citing1", "2021-03-10T00:00:00Z"),
        ("https://doi.org/10.5555/oc.citing2", "2020-11-25T00:00:00Z"),
        ("https://pubmed.ncbi.nlm.nih.gov/90000023", None),
    ]


def test_twins_count_once_and_odd_dates_are_no_times() -> None:
    answer = recorded("opencitations", "odd-dates-and-twins.json")
    found = result(play(answer).collect([WORK])[WORK.key])
    assert found.metrics.total == 5
    assert [event.time for event in found.events] == [
        None,
        None,
        None,
        None,
        "2019-12-31T00:00:00Z",
    ]
    assert found.events[1].url == "https://doi.org/10.5555/oc%3Cciting%3E%283%29"
    assert found.events[4].url is None


def test_the_path_holds_the_doi_escaped() -> None:
    player = play(recorded("opencitations", "none.json"))
    odd = work("10.5555/a<b>#c?d%e/f")
    assert result(player.collect([odd])[odd.key]).metrics.total == 0
    assert player.requests[0].url == (
        "https://api.opencitations.net/index/v2/citations/doi:10.5555/a%3Cb%3E%23c%3Fd%25e/f"
    )


def test_the_token_is_sent_as_it_is_and_only_if_set() -> None:
    with_token = play(recorded("opencitations", "none.json"), token="abc-123")
    with_token.collect([WORK])
    assert with_token.requests[0].headers == {"authorization": "abc-123"}
    without = play(recorded("opencitations", "none.json"))
    without.collect([WORK])
    assert without.requests[0].headers == {}


def test_a_list_too_large_to_read_gives_the_number_alone() -> None:
    player = play(Malformed("too large"), recorded("opencitations", "odd-count-only.json"))
    found = result(player.collect([WORK])[WORK.key])
    assert (found.metrics.total, found.events) == (81234, ())
    assert player.requests[1].url.endswith("/citation-count/doi:10.5555/oc.1")


def test_an_error_with_status_200_is_no_zero() -> None:
    with pytest.raises(Malformed):
        play(recorded("opencitations", "odd-error-in-200.json")).collect([WORK])
