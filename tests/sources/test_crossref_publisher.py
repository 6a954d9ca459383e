"""CrossRef (Publisher): members of recorded pages."""

import datetime as dt

import pytest

from chalicelib.errors import Malformed
from chalicelib.feed import Publisher, Window
from chalicelib.sources import get
from tests.sources.player import Player, recorded

SOURCE = get("crossref_publisher")
DAYS = Window(dt.date(2026, 11, 24), dt.date(2026, 11, 25))


def player(*files):
    return Player(SOURCE, *(recorded("crossref_publisher", file) for file in files))


def test_a_member() -> None:
    page = SOURCE.read(player("found.json"), DAYS, "")
    assert [entry.publisher for entry in page.entries] == [
        Publisher(
            id="90001",
            name="Invented Press",
            agency="crossref",
            other_names=["Invented Letters Society"],
            prefixes=["10.5555", "10.55555"],
        )
    ]
    assert SOURCE.read(player("none.json"), DAYS, "").entries == []


def test_pages_follow_each_other() -> None:
    playing = player("odd-page-1-of-2.json", "odd-page-2-of-2.json")
    pages = list(SOURCE.pages(playing, DAYS))
    assert [entry.publisher.id for page in pages for entry in page.entries] == ["90001", "90002"]
    assert [request.query["offset"] for request in playing.requests] == [["0"], ["1"]]
    assert playing.requests[0].query["rows"] == ["1000"]


def test_a_member_without_number_or_name_fails_alone() -> None:
    page = SOURCE.read(player("odd-names.json"), DAYS, "")
    assert [entry.publisher.name for entry in page.entries] == ["Second Press"]
    assert len(page.failed) == 2


def test_another_page_than_asked_for_is_no_page() -> None:
    with pytest.raises(Malformed):
        SOURCE.read(player("odd-other-offset.json"), DAYS, "1")
    with pytest.raises(Malformed):
        SOURCE.read(player("odd-error-in-200.json"), DAYS, "")
