"""DataONE (Import): data sets of recorded pages, and what is asked."""

import datetime as dt

import pytest

from chalicelib.errors import Malformed
from chalicelib.feed import Window
from chalicelib.sources import get
from tests.sources.player import Player, recorded

SOURCE = get("dataone_import")
DAYS = Window(dt.date(2026, 11, 24), dt.date(2026, 11, 25))


def player(*files):
    return Player(SOURCE, *(recorded("dataone_import", file) for file in files))


def test_a_data_set() -> None:
    playing = player("found.json")
    [entry] = SOURCE.read(playing, DAYS, "").entries
    assert entry.identifiers == {"doi": "10.5063/F1INVENT"}
    assert entry.work == {
        "doi": "10.5063/F1INVENT",
        "title": "Invented lichens",
        "issued": "2026-03-02",
    }
    query = playing.requests[0].query
    assert query["q"] == [
        "dateModified:[2026-11-24T00:00:00Z TO 2026-11-25T23:59:59Z] AND formatType:METADATA"
    ]
    assert (query["rows"], query["start"], query["wt"]) == (["1000"], ["0"], ["json"])


def test_identifiers() -> None:
    page = SOURCE.read(player("odd-identifiers.json"), DAYS, "")
    assert [entry.identifiers for entry in page.entries] == [
        {"doi": "10.5063/F1TWO"},
        {"ark": "ark:/13030/m5invent"},
    ]
    assert [error.message.rpartition(": ")[2] for error in page.failed] == [
        "No known identifier found",
        "a data set has no title",
        "a data set has no date",
    ]


def test_pages_follow_each_other() -> None:
    playing = player("odd-page-1-of-2.json", "odd-page-2-of-2.json")
    pages = list(SOURCE.pages(playing, DAYS))
    assert [len(page.entries) for page in pages] == [1, 1]
    assert playing.requests[1].query["start"] == ["1"]


@pytest.mark.parametrize("file", ["odd-error-in-200.json", "odd-empty-page.json"])
def test_no_list_and_half_a_list_are_no_empty_list(file) -> None:
    with pytest.raises(Malformed):
        SOURCE.read(player(file), DAYS, "")


def test_nothing_was_changed() -> None:
    assert SOURCE.read(player("none.json"), DAYS, "").entries == []
