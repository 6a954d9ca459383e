"""Zenodo: flat and nested statistics of recorded answers."""

import pytest

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

WORK = work("10.5281/zenodo.90000002", key="10.5281/zenodo.90000002")


def play(file: str, **settings: str) -> Player:
    return Player(get("zenodo"), recorded("zenodo", file), settings=settings)


def test_found() -> None:
    found = result(play("found.json").collect([WORK])[WORK.key])
    assert (found.metrics.html, found.metrics.pdf, found.metrics.total) == (40, 12, 52)
    assert found.events_url == "https://zenodo.org/records/90000002"
    assert (found.notes["views"], found.notes["version_unique_downloads"]) == (50, 5)


def test_the_number_of_the_record_is_asked_for() -> None:
    player = play("none.json")
    player.collect([WORK])
    assert player.requests[0].url == "https://zenodo.org/api/records/90000002"


def test_another_site_nests_its_counts() -> None:
    player = play("odd-nested.json", url="https://data.example.org/api/records")
    other = work("10.5281/abcde-12345")
    found = result(player.collect([other])[other.key])
    assert player.requests[0].url == "https://data.example.org/api/records/abcde-12345"
    assert (found.metrics.html, found.metrics.pdf, found.metrics.total) == (70, 11, 81)
    assert found.notes["version_unique_views"] == 21
    assert found.events_url == "https://data.example.org/records/abcde-12345"


def test_whole_numbers_with_a_decimal_point() -> None:
    found = result(play("odd-floats.json").collect([WORK])[WORK.key])
    assert found.metrics.total == 52
    assert found.events_url == "https://zenodo.org/record/90000002"


def test_a_record_without_statistics_is_no_zero() -> None:
    with pytest.raises(Malformed):
        play("odd-without-stats.json").collect([WORK])


@pytest.mark.parametrize("status", [404, 410])
def test_unknown_and_deleted_records_are_zero(status: int) -> None:
    player = Player(get("zenodo"), Reply(body={"status": status}, status=status))
    found = result(player.collect([WORK])[WORK.key])
    assert (found.metrics.html, found.metrics.pdf, found.metrics.total) == (0, 0, 0)


def test_other_prefixes_are_not_asked_about() -> None:
    assert get("zenodo").applies(WORK)
    assert not get("zenodo").applies(work("10.52811/zenodo.1"))


def test_another_site_has_other_dois():
    site = {"prefixes": "10.5072/ 10.5555/rdm", "url": "https://data.example.org/api/records"}
    assert get("zenodo").asks_about(work("10.5555/RDM.abc"), site)
    assert not get("zenodo").asks_about(work("10.5281/zenodo.1"), site)
    assert get("zenodo").asks_about(work("10.5281/zenodo.1"), {})
    assert not get("zenodo").asks_about(work(pmid="1"), {})
