"""CrossRef (Import): works of recorded pages, and what is asked."""

import datetime as dt

import pytest

from chalicelib.errors import Malformed, Rejected, Unavailable
from chalicelib.feed import Page, Window
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded

SOURCE = get("crossref_import")
DAYS = Window(dt.date(2026, 11, 24), dt.date(2026, 11, 25))
FILTER = "from-update-date:2026-11-24,until-update-date:2026-11-25"


def play(file, place="", **given):
    body = file if isinstance(file, Reply) else recorded("crossref_import", file)
    player = Player(SOURCE, body, **given)
    return player, SOURCE.read(player, DAYS, place)


def query(**given):
    player, _ = play("none.json", **given)
    [request] = player.requests
    assert request.url.startswith("https://api.crossref.org/works?")
    return {name: value for name, [value] in request.query.items()}


def test_a_work() -> None:
    _, page = play("found.json")
    [entry] = page.entries
    assert entry.identifiers == {"doi": "10.5555/import.1"}
    assert entry.work == {
        "doi": "10.5555/import.1",
        "title": "An invented article",
        "issued": "2026-11-03",
        "publisher_id": 340,
    }
    assert (page.next_place, page.failed) == (None, [])
    assert play("none.json")[1] == Page(entries=[], failed=[])


def test_titles_and_dates() -> None:
    _, page = play("odd-titles-and-dates.json")
    works = [entry.work for entry in page.entries]
    assert [(work["title"], work["issued"], work["publisher_id"]) for work in works] == [
        ("Second title", "2026", 340),
        ("In the future", "2026-11-25", 340),
        ("Without a date", "2026-11-25", 340),
        ("Invented Letters", "2020-01", 340),
        ("No title", "2020-01-02", 98),
    ]
    assert [error.message.rpartition(": ")[2] for error in page.failed] == [
        "a work has no title",
        "day is out of range for month",
        "a work has no DOI",
    ]


def test_what_is_asked() -> None:
    asked = query()
    assert asked["filter"] == FILTER
    assert (asked["rows"], asked["cursor"]) == ("1000", "*")
    assert query(place="DnF1==")["cursor"] == "DnF1=="


def test_members() -> None:
    assert query(settings={"members": "340, 98"})["filter"] == f"{FILTER},member:340,member:98"
    own = {297: {"only_publishers": "true"}, 78: {"only_publishers": "false"}}
    assert query(publishers=own)["filter"] == f"{FILTER},member:297"
    with pytest.raises(Rejected, match="set members"):
        play("none.json", settings={"only_publishers": "true"})


def test_a_sample_has_no_pages() -> None:
    asked = query(settings={"sample": "20"})
    assert asked["sample"] == "20" and asked["filter"] == FILTER
    assert not asked.keys() & {"rows", "cursor", "offset"}
    _, page = play("odd-not-all.json", settings={"sample": "1"})
    assert len(page.entries) == 1 and page.next_place is None
    assert "sample" not in query(settings={"sample": "0"})


def test_a_full_page_is_followed_by_another(monkeypatch) -> None:
    monkeypatch.setattr("chalicelib.apis.crossref.ROWS", 1)
    assert play("found.json")[1].next_place == "DnF1"


@pytest.mark.parametrize("file", ["odd-error-in-200.json", "odd-not-all.json"])
def test_no_list_and_half_a_list_are_no_empty_list(file) -> None:
    with pytest.raises(Malformed):
        play(file)


def test_408() -> None:
    with pytest.raises(Unavailable) as raised:
        play(Reply(body="", status=408))
    assert raised.value.url.startswith("https://api.crossref.org/works?filter=")
