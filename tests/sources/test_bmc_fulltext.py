from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

BMC = get("bmc_fulltext")
DATA = work("10.5555/data.1")


def play(file, **settings):
    player = Player(BMC, recorded("bmc_fulltext", file), settings=settings)
    return player, player.collect([DATA])[DATA.key]


def test_articles_are_counted_and_told():
    found = result(play("found.json")[1])
    assert found.metrics.total == found.metrics.citations == 2
    assert found.events_url == (
        "http://www.biomedcentral.com/search/results?terms=10.5555%2Fdata.1"
    )
    event = found.events_as_json()[0]
    assert event["event"]["articleFullUrl"] == "http://www.example.org/content/10/1/41"
    assert event["event_time"] == "2014-12-30T00:00:00Z"
    assert event["event_csl"] == {
        "author": [
            {"family": "Doe", "given": "JQ"},
            {"family": "Anderson", "given": "AB"},
            {"family": "Roe", "given": "R"},
        ],
        "title": "Reads of Inventa & how to trim them",
        "container-title": "Invented Genomics",
        "issued": {"date-parts": [[2014, 12, 30]]},
        "url": "http://doi.org/10.1186/s00000-014-0001-7",
        "type": "article-journal",
    }


def test_an_article_with_an_empty_doi_is_known_by_its_number():
    event = result(play("found.json")[1]).events_as_json()[1]
    assert event["event_url"] == "http://doi.org/10.1186/1000-0000-9-8"
    assert [author["family"] for author in event["event_csl"]["author"]] == ["Poe", "Loe"]


def test_none():
    assert result(play("none.json")[1]).metrics.total == 0


def test_the_address_is_a_setting():
    assert [request.url for request in play("none.json")[0].requests] == [
        "http://www.biomedcentral.com/search/results?terms=10.5555%2Fdata.1&format=json"
    ]
    player, _ = play("none.json", url="https://example.org/bmc?q=%{query_string}")
    assert [request.url for request in player.requests] == [
        "https://example.org/bmc?q=10.5555%2Fdata.1"
    ]


def test_works_of_bmc_are_not_asked_about():
    assert BMC.applies(DATA)
    assert not BMC.applies(work("10.1186/1000-0000-9-8"))
    assert not BMC.applies(work("10.5555/data.1", registration_agency="crossref"))


def test_an_answer_without_entries_is_no_zero():
    assert isinstance(play("odd-no-entries.json")[1], Malformed)
