"""DataCite (Import): works of recorded pages, and what is asked."""

import datetime as dt

import pytest

from chalicelib.errors import Malformed
from chalicelib.feed import Window
from chalicelib.sources import get
from tests.sources.player import Player, recorded

SOURCE = get("datacite_import")
DAYS = Window(dt.date(2026, 11, 24), dt.date(2026, 11, 25))


def player(*files, **given):
    return Player(SOURCE, *(recorded("datacite_import", file) for file in files), **given)


def test_a_work() -> None:
    page = SOURCE.read(player("found.json"), DAYS, "")
    [entry] = page.entries
    assert entry.identifiers == {"doi": "10.5555/data.1"}
    assert entry.work == {
        "doi": "10.5555/data.1",
        "title": "Invented measurements",
        "issued": "2026",
    }
    assert page.next_place is None


def test_what_is_asked() -> None:
    playing = player("none.json", settings={"datacentres": "CERN.ZENODO, DRYAD.DRYAD"})
    SOURCE.read(playing, DAYS, "")
    query = playing.requests[0].query
    assert query["query"] == ["updated:[2026-11-24T00:00:00Z TO 2026-11-25T23:59:59Z]"]
    assert query["client-id"] == ["cern.zenodo,dryad.dryad"]
    assert (query["page[cursor]"], query["page[size]"]) == (["1"], ["1000"])


def test_pages_follow_each_other() -> None:
    playing = player("odd-page-1-of-2.json", "odd-page-2-of-2.json")
    pages = list(SOURCE.pages(playing, DAYS))
    assert [entry.work["issued"] for page in pages for entry in page.entries] == ["2026", "2025"]
    assert playing.requests[1].query["page[cursor]"] == ["MTc2NCwxMC41"]
    assert "client-id" not in playing.requests[1].query


def test_an_item_without_title_or_year_is_no_work() -> None:
    page = SOURCE.read(player("odd-no-works.json"), DAYS, "")
    assert [entry.work["title"] for entry in page.entries] == ["Second title"]
    assert len(page.failed) == 2
    assert page.failed[0].message.endswith("a work has no title")


@pytest.mark.parametrize("file", ["odd-error-in-200.json", "odd-not-all.json"])
def test_no_list_and_half_a_list_are_no_empty_list(file) -> None:
    with pytest.raises(Malformed):
        SOURCE.read(player(file), DAYS, "")
