import pytest

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

DATACITE_DATA = get("datacite_data")
DATA = work("10.5555/Data.1")
OTHER = work("10.5555/data.2")
UNKNOWN = work("10.5555/data.9")


def play(file, *works):
    return Player(DATACITE_DATA, recorded("datacite_data", file)).collect(works)


def test_related_works_are_counted_and_told():
    outcomes = play("found.json", DATA, OTHER, UNKNOWN)
    totals = {key: result(outcome).metrics.total for key, outcome in outcomes.items()}
    assert totals == {DATA.key: 2, OTHER.key: 0, UNKNOWN.key: 0}
    found = result(outcomes[DATA.key])
    assert found.metrics.citations is None
    assert found.events_as_json() == [
        {
            "event": {
                "doi": "10.5555/article.1",
                "relation_type_ids": ["is_supplement_to", "is_referenced_by"],
            },
            "event_url": "http://doi.org/10.5555/article.1",
        },
        {
            "event": {"doi": "10.5555/data.1/part<1>", "relation_type_ids": ["has_part"]},
            "event_url": "http://doi.org/10.5555/data.1/part%3C1%3E",
        },
    ]
    assert found.events_url == "http://search.datacite.org/ui?q=doi:10.5555%2FData.1"


def test_one_question_for_all():
    player = Player(DATACITE_DATA, recorded("datacite_data", "none.json"))
    player.collect([DATA, OTHER])
    [request] = player.requests
    assert request.query["query"] == ['doi:("10.5555/data.1" OR "10.5555/data.2")']
    assert request.query["fields[dois]"] == ["doi,relatedIdentifiers"]


def test_works_of_other_agencies_are_not_asked_about():
    assert DATACITE_DATA.applies(work("10.5555/data.1", registration_agency="datacite"))
    assert not DATACITE_DATA.applies(work("10.5555/data.1", registration_agency="crossref"))


def test_a_bad_record_fails_its_work_only():
    outcomes = play("odd-one-bad-record.json", DATA, OTHER, UNKNOWN)
    assert result(outcomes[DATA.key]).metrics.total == 2
    assert isinstance(outcomes[OTHER.key], Malformed)
    assert result(outcomes[UNKNOWN.key]).metrics.total == 0


def test_a_work_that_may_be_among_items_that_were_not_sent_is_no_zero():
    outcomes = play("odd-not-all-items.json", DATA, OTHER)
    assert isinstance(outcomes[DATA.key], Malformed)
    assert result(outcomes[OTHER.key]).metrics.total == 0


def test_an_error_with_status_200_is_no_zero():
    with pytest.raises(Malformed):
        play("odd-error-in-200.json", DATA)
