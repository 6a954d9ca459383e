import pytest

from chalicelib.errors import Malformed
from chalicelib.source import Limits
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

ADS_FULLTEXT = get("ads_fulltext")
CODE = work("10.5555/code.1")


def play(file):
    player = Player(ADS_FULLTEXT, recorded("ads_fulltext", file), settings={"access_token": "t"})
    return result(player.collect([CODE])[CODE.key])


def test_works_count_that_have_the_doi_in_their_text_but_not_the_work_itself():
    found = play("found.json")
    assert found.metrics.total == found.metrics.citations == 2
    assert [event.url for event in found.events] == [
        "http://doi.org/10.5555/citing.1",
        "https://ui.adsabs.harvard.edu/abs/2016arXiv160300002P",
    ]
    assert found.events_as_json()[-1]["event_csl"] == {
        "author": [{"family": "Poe", "given": "E. A."}],
        "title": "A preprint without DOI",
        "container-title": "arXiv e-prints",
        "issued": {"date-parts": [[2016, 3]]},
        "url": "https://ui.adsabs.harvard.edu/abs/2016arXiv160300002P",
        "type": "article-journal",
    }
    assert found.events_url == "https://ui.adsabs.harvard.edu/#search/q=body:10.5555%2Fcode.1"


def test_none():
    assert play("none.json").metrics.total == 0


def test_the_question():
    player = Player(
        ADS_FULLTEXT, recorded("ads_fulltext", "none.json"), settings={"access_token": "a token"}
    )
    player.collect([CODE])
    [request] = player.requests
    assert request.url.startswith("https://api.adsabs.harvard.edu/v1/search/query?q=body%3A%22")
    assert request.query["q"] == ['body:"10.5555/code.1"']
    assert request.headers["authorization"] == "Bearer a token"


@pytest.mark.parametrize("file", ["odd-error-in-200.json", "odd-not-all-works.json"])
def test_what_is_no_count_is_no_zero(file):
    with pytest.raises(Malformed):
        play(file)


def test_of_too_many_works_the_first_are_listed():
    docs = [{"bibcode": f"2015Inv{number}"} for number in range(2000)]
    player = Player(ADS_FULLTEXT, {"response": {"numFound": 2345, "docs": docs}})
    found = result(player.collect([CODE])[CODE.key])
    assert (found.metrics.total, len(found.events)) == (2345, 2000)


def test_the_budget_is_read_from_the_headers():
    headers = {
        "x-ratelimit-remaining": "-1",
        "x-ratelimit-reset": "1792800060",
        "date": "Sat, 24 Oct 2026 00:02:00 GMT",
    }
    assert ADS_FULLTEXT.limits(headers) == Limits(remaining_calls=0, reset_seconds=0)
    assert ADS_FULLTEXT.limits(headers | {"date": "today"}) is None
