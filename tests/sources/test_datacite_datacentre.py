"""DataCite (Datacentre): datacentres of recorded pages."""

import datetime as dt

import pytest

from chalicelib.errors import Malformed
from chalicelib.feed import Publisher, Window
from chalicelib.sources import get
from tests.sources.player import Player, recorded

SOURCE = get("datacite_datacentre")
DAYS = Window(dt.date(2026, 11, 24), dt.date(2026, 11, 25))


def player(*files):
    return Player(SOURCE, *(recorded("datacite_datacentre", file) for file in files))


def test_a_datacentre() -> None:
    page = SOURCE.read(player("found.json"), DAYS, "")
    assert [entry.publisher for entry in page.entries] == [
        Publisher(
            id="INV.DATA",
            name="Invented Data Centre",
            agency="datacite",
            other_names=["IDC"],
            prefixes=["10.5555", "10.55555"],
        )
    ]
    assert SOURCE.read(player("none.json"), DAYS, "").entries == []


def test_pages_follow_each_other() -> None:
    playing = player("odd-page-1-of-2.json", "odd-page-2-of-2.json")
    pages = list(SOURCE.pages(playing, DAYS))
    symbols = [entry.publisher.id for page in pages for entry in page.entries]
    assert symbols == ["INV.DATA", "INV.MORE"]
    assert [request.query["page[number]"] for request in playing.requests] == [["1"], ["2"]]
    assert playing.requests[0].query["page[size]"] == ["1000"]


def test_a_datacentre_without_a_name_fails_alone() -> None:
    page = SOURCE.read(player("odd-nameless.json"), DAYS, "")
    assert (len(page.entries), len(page.failed)) == (1, 1)


def test_an_error_and_a_page_without_datacentres_are_no_end() -> None:
    with pytest.raises(Malformed):
        SOURCE.read(player("odd-empty-page.json"), DAYS, "2")
    with pytest.raises(Malformed):
        SOURCE.read(player("odd-error-in-200.json"), DAYS, "")
