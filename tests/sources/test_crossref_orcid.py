"""CrossRef (ORCID): authors of recorded pages, and what is asked."""

import datetime as dt

import pytest

from chalicelib.errors import Malformed
from chalicelib.feed import Window
from chalicelib.sources import get
from tests.sources.player import Player, recorded, work

SOURCE = get("crossref_orcid")
DAYS = Window(dt.date(2026, 11, 24), dt.date(2026, 11, 25))


def play(file, place=""):
    player = Player(SOURCE, recorded("crossref_orcid", file))
    return player, SOURCE.read(player, DAYS, place)


def orcids(entry):
    return [event.url.removeprefix("https://orcid.org/") for event in entry.result.events]


def test_authors_with_an_id_are_counted() -> None:
    player, page = play("found.json")
    [entry] = page.entries
    assert entry.of(work("10.5555/orcid.1")) and not page.failed
    assert entry.result.metrics.total == 2
    assert entry.result.events_as_json()[0] == {
        "event": {
            "message_type": "contribution",
            "contribution": {
                "subj_id": "http://orcid.org/0000-0002-1825-0097",
                "obj_id": "http://doi.org/10.5555/orcid.1",
                "source_id": "crossref_orcid",
            },
        },
        "event_url": "https://orcid.org/0000-0002-1825-0097",
    }
    assert player.requests[0].query["filter"] == [
        "has-orcid:true,from-update-date:2026-11-24,until-update-date:2026-11-25"
    ]


def test_what_is_no_id_is_left_out_and_one_person_counts_once() -> None:
    _, page = play("odd-orcids.json")
    assert [orcids(entry) for entry in page.entries] == [["0000-0001-5109-370X"], []]
    assert [entry.result.metrics.total for entry in page.entries] == [1, 0]
    assert [type(error) for error in page.failed] == [Malformed]


def test_a_full_page_is_followed_by_another(monkeypatch) -> None:
    monkeypatch.setattr("chalicelib.apis.crossref.ROWS", 1)
    player, page = play("found.json", "DnF0")
    assert player.requests[0].query["cursor"] == ["DnF0"]
    assert page.next_place == "DnF1"


def test_works_of_other_agencies_are_left_out() -> None:
    assert SOURCE.applies(work("10.5555/orcid.1", registration_agency="crossref"))
    assert not SOURCE.applies(work("10.5555/orcid.1", registration_agency="datacite"))


@pytest.mark.parametrize("file", ["odd-error-in-200.json", "odd-not-all.json"])
def test_no_list_and_half_a_list_are_no_empty_list(file) -> None:
    with pytest.raises(Malformed):
        play(file)
