import pytest

from chalicelib.errors import Malformed, Rejected
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

EUROPE_PMC = get("europe_pmc")
WORK = work("10.5555/epmc.1", pmid="32000001")


def play(*replies):
    player = Player(EUROPE_PMC, *replies)
    return player, result(player.collect([WORK])[WORK.key])


def files(*names):
    return [recorded("europe_pmc", name) for name in names]


def test_citing_articles_are_counted_and_told():
    _, found = play(*files("found.json"))
    assert found.metrics.total == found.metrics.citations == 2
    assert found.events_url == (
        "http://europepmc.org/abstract/MED/32000001#fragment-related-citations"
    )
    first, second = found.events_as_json()
    assert first["event"]["citedByCount"] == 4
    assert first["event_csl"] == {
        "author": [{"family": "Doe", "given": "JQ"}, {"family": "Roe", "given": "R"}],
        "title": "A citing article",
        "container-title": "J Invent",
        "issued": {"date-parts": [[2020]]},
        "url": "http://europepmc.org/abstract/MED/33000001",
        "type": "article-journal",
    }
    assert second["event_url"] == "http://europepmc.org/abstract/PPR/PPR1"


def test_no_citation_and_an_unknown_article_are_zero():
    assert play(*files("none.json"))[1].metrics.total == 0
    assert play(Reply(body="", status=404))[1].metrics.total == 0


def test_all_pages_are_read():
    player, found = play(*files("odd-page-1-of-2.json", "odd-page-2-of-2.json"))
    assert (found.metrics.total, len(found.events)) == (2, 2)
    base = "https://www.ebi.ac.uk/europepmc/webservices/rest/MED/32000001/citations"
    assert [request.url for request in player.requests] == [
        f"{base}?format=json&pageSize=1000&page={page}" for page in (1, 2)
    ]


def test_of_a_work_with_very_many_citations_ten_pages_are_read():
    article = {"id": "1", "source": "MED"}
    page = {"hitCount": 70_000, "citationList": {"citation": [article] * 1000}}
    _, found = play(*[page] * 10)
    assert (found.metrics.total, len(found.events)) == (70_000, 10_000)


def test_a_list_that_ends_early_is_no_count():
    with pytest.raises(Malformed, match="1 of 2 articles"):
        play(*files("odd-page-1-of-2.json", "odd-page-empty.json"))


def test_a_second_page_that_is_missing_is_no_zero():
    with pytest.raises(Rejected):
        play(*files("odd-page-1-of-2.json"), Reply(body="", status=404))


def test_an_error_with_status_200_is_no_zero():
    with pytest.raises(Malformed):
        play(*files("odd-error-in-200.json"))


def test_only_works_with_a_pmid_are_asked_about():
    assert EUROPE_PMC.applies(WORK)
    assert not EUROPE_PMC.applies(work("10.5555/epmc.1"))
