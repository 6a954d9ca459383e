"""DataCite (ORCID): creators of recorded pages, and what is asked."""

import datetime as dt

import pytest

from chalicelib.errors import Malformed
from chalicelib.feed import Window
from chalicelib.sources import get
from tests.sources.player import Player, recorded, work

SOURCE = get("datacite_orcid")
DAYS = Window(dt.date(2026, 11, 24), dt.date(2026, 11, 25))


def player(*files):
    return Player(SOURCE, *(recorded("datacite_orcid", file) for file in files))


def test_creators_with_an_id_are_counted() -> None:
    playing = player("found.json")
    [entry] = SOURCE.read(playing, DAYS, "").entries
    assert entry.of(work("10.5555/Data.1"))
    assert entry.result.metrics.total == 2
    assert entry.result.events_as_json()[1] == {
        "event": {
            "message_type": "contribution",
            "contribution": {
                "subj_id": "http://orcid.org/0000-0001-5109-370X",
                "obj_id": "http://doi.org/10.5555/data.1",
                "source_id": "datacite_orcid",
            },
        },
        "event_url": "https://orcid.org/0000-0001-5109-370X",
    }
    assert playing.requests[0].query["query"] == [
        "creators.nameIdentifiers.nameIdentifierScheme:ORCID AND "
        "updated:[2026-11-24T00:00:00Z TO 2026-11-25T23:59:59Z]"
    ]


def test_other_identifiers_are_left_out() -> None:
    page = SOURCE.read(player("odd-creators.json"), DAYS, "")
    [entry] = page.entries
    assert [event.url for event in entry.result.events] == ["https://orcid.org/0000-0001-5109-370X"]
    assert len(page.failed) == 1


def test_pages_follow_each_other() -> None:
    playing = player("odd-page-1-of-2.json", "odd-page-2-of-2.json")
    pages = list(SOURCE.pages(playing, DAYS))
    totals = [entry.result.metrics.total for page in pages for entry in page.entries]
    assert totals == [2, 0]
    cursors = [request.query["page[cursor]"] for request in playing.requests]
    assert cursors == [["1"], ["MTc2NCwxMC41"]]


@pytest.mark.parametrize("file", ["odd-error-in-200.json", "odd-not-all.json"])
def test_no_list_and_half_a_list_are_no_empty_list(file) -> None:
    with pytest.raises(Malformed):
        SOURCE.read(player(file), DAYS, "")


def test_nothing_was_updated() -> None:
    assert SOURCE.read(player("none.json"), DAYS, "").entries == []
