import pytest

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

NATURE = get("nature_opensearch")
DATA = work("10.5555/data.1")


def play(*files, about=DATA):
    player = Player(NATURE, *(recorded("nature_opensearch", file) for file in files))
    return player, player.collect([about])[about.key]


def test_articles_are_counted_and_told():
    found = result(play("found.json")[1])
    assert found.metrics.total == found.metrics.citations == 2
    assert found.events_url == "http://www.nature.com/search?q=%2210.5555%2Fdata.1%22"
    first, second = found.events_as_json()
    assert "dc:description" not in first["event"]
    assert first["event_time"] == "2014-11-04T00:00:00Z"
    assert first["event_csl"] == {
        "author": [{"family": "Doe", "given": "Jane Q"}, {"family": "Roe", "given": "Richard"}],
        "title": "Invented article 1",
        "container-title": "Invented Nature",
        "issued": {"date-parts": [[2014, 11, 4]]},
        "url": "http://doi.org/10.1038/invented.1",
        "type": "article-journal",
    }
    assert second["event_url"] == "http://doi.org/10.1038/invented.2"


def test_no_hit_is_zero():
    assert result(play("none.json")[1]).metrics.total == 0


def test_the_work_itself_does_not_count():
    article = work("10.1038/Invented.1")
    assert result(play("found.json", about=article)[1]).metrics.total == 1


def test_the_second_page_begins_at_26():
    player, outcome = play("odd-page-1-of-2.json", "odd-page-2-of-2.json")
    assert result(outcome).metrics.total == 2
    assert [request.query["startRecord"] for request in player.requests] == [["1"], ["26"]]


def test_a_list_that_ends_early_is_no_count():
    assert str(play("odd-page-1-of-2.json", "odd-page-empty.json")[1]) == "1 of 2 articles"


def test_doi_and_landing_page_are_looked_for():
    about = work("10.5555/data.1", canonical_url="https://example.org/data/1")
    player, _ = play("none.json", about=about)
    [request] = player.requests
    assert request.query["query"] == ['"10.5555/data.1" OR "https://example.org/data/1"']
    assert request.query["httpAccept"] == ["application/json"]


def test_an_error_with_status_200_is_no_zero():
    with pytest.raises(Malformed):
        play("odd-error-in-200.json")
