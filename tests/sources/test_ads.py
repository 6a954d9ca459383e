import pytest

from chalicelib.errors import Malformed
from chalicelib.source import Limits
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

ADS = get("ads")
FIRST = work("10.5555/Ads.1")
SECOND = work("10.5555/ads.2")
UNKNOWN = work("10.5555/ads.9")


def play(file, *works):
    player = Player(ADS, recorded("ads", file), settings={"access_token": "a token"})
    return player.collect(works)


def test_preprints_are_counted_and_told():
    outcomes = play("found.json", FIRST, SECOND, UNKNOWN)
    totals = {key: result(outcome).metrics.total for key, outcome in outcomes.items()}
    assert totals == {FIRST.key: 1, SECOND.key: 0, UNKNOWN.key: 0}
    found = result(outcomes[FIRST.key])
    assert found.metrics.citations is None
    assert found.identifiers == {"arxiv": "1503.00001"}
    assert result(outcomes[SECOND.key]).identifiers == {}
    [event] = found.events_as_json()
    assert event["event"]["relation_type_id"] == "is_previous_version_of"
    assert event["event_url"] == "http://arxiv.org/abs/1503.00001"
    assert event["event_csl"] == {
        "author": [{"family": "Doe", "given": "Jane Q."}, {"family": "Roe", "given": "Richard"}],
        "title": "An invented survey of invented stars",
        "container-title": "ArXiV",
        "issued": {"date-parts": [[2015, 3]]},
        "url": "http://arxiv.org/abs/1503.00001",
        "type": "article-journal",
    }


@pytest.mark.parametrize(
    ("identifier", "arxiv"),
    [
        ("1311.3611", "1311.3611"),
        ("arXiv:1503.00001", "1503.00001"),
        ("2013arXiv1311.3611D", "1311.3611"),
        ("10.48550/arXiv.1503.00001", "1503.00001"),
        ("astro-ph/9901001", None),
        ("10.5555/1234.56789", None),
        ("2015arXiv150300001D", None),
    ],
)
def test_what_is_an_arxiv_id(identifier, arxiv):
    doc = {"doi": ["10.5555/ads.1"], "identifier": [identifier]}
    player = Player(ADS, {"response": {"numFound": 1, "docs": [doc]}})
    found = result(player.collect([FIRST])[FIRST.key])
    assert found.identifiers.get("arxiv") == arxiv
    assert found.metrics.total == (arxiv is not None)


def test_one_question_with_the_token_in_a_header():
    player = Player(ADS, recorded("ads", "none.json"), settings={"access_token": " a token "})
    player.collect([FIRST, SECOND])
    [request] = player.requests
    assert request.headers["authorization"] == "Bearer a token"
    assert request.query["q"] == ['doi:("10.5555/ads.1" OR "10.5555/ads.2")']
    assert request.query["fl"] == ["author,title,pubdate,identifier,doi"]


def test_a_bad_record_fails_its_work_only():
    outcomes = play("odd-one-bad-record.json", FIRST, SECOND, UNKNOWN)
    assert result(outcomes[FIRST.key]).metrics.total == 1
    assert isinstance(outcomes[SECOND.key], Malformed)
    assert result(outcomes[UNKNOWN.key]).metrics.total == 0


def test_a_work_that_may_be_among_records_that_were_not_sent_is_no_zero():
    outcomes = play("odd-not-all-records.json", FIRST, SECOND)
    assert result(outcomes[FIRST.key]).metrics.total == 1
    assert isinstance(outcomes[SECOND.key], Malformed)


def test_a_record_without_doi_can_be_that_of_any_work():
    doc = {"doi": ["10.5555/ads.1"], "identifier": ["1503.00001"]}
    player = Player(ADS, {"response": {"numFound": 2, "docs": [doc, {"identifier": []}]}})
    outcomes = player.collect([FIRST, SECOND])
    assert result(outcomes[FIRST.key]).metrics.total == 1
    assert isinstance(outcomes[SECOND.key], Malformed)


def test_an_error_with_status_200_is_no_zero():
    with pytest.raises(Malformed):
        play("odd-error-in-200.json", FIRST)


def test_the_budget_is_read_from_the_headers():
    headers = {
        "x-ratelimit-remaining": "4321",
        "x-ratelimit-reset": "1792800060",
        "date": "Sat, 24 Oct 2026 00:00:00 GMT",
    }
    assert ADS.limits(headers) == Limits(remaining_calls=4321, reset_seconds=60)
    assert ADS.limits({"x-ratelimit-remaining": "4321"}) is None
