import pytest

from chalicelib.errors import Malformed, SourceError
from chalicelib.source import Limits
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

OPENALEX = get("openalex")

FIRST = work("10.5555/OA.1")
SECOND = work("10.5555/oa.2")
UNKNOWN = work("10.5555/unknown.3")
ODD = work("10.5555/a,b|c&d")


def play(works, *files):
    return Player(OPENALEX, *(recorded("openalex", file) for file in files)).collect(works)


def totals(outcomes):
    return {key: result(outcome).metrics.total for key, outcome in outcomes.items()}


def test_counts_of_a_batch_belong_to_their_works():
    outcomes = play([UNKNOWN, SECOND, FIRST], "found.json")
    assert totals(outcomes) == {UNKNOWN.key: 0, SECOND.key: 0, FIRST.key: 17}
    assert result(outcomes[FIRST.key]).metrics.citations == 17


def test_identifiers_and_scores_are_kept():
    first = result(play([FIRST], "found.json")[FIRST.key])
    assert first.identifiers == {"pmid": "31000001", "pmcid": "6000001"}
    assert first.notes == {
        "openalex": "https://openalex.org/W2001",
        "fwci": 3.418,
        "citation_normalized_percentile": {
            "value": 0.971,
            "is_in_top_1_percent": False,
            "is_in_top_10_percent": True,
        },
        "is_retracted": False,
        "counts_by_year": [
            {"year": 2026, "cited_by_count": 5},
            {"year": 2025, "cited_by_count": 9},
            {"year": 2024, "cited_by_count": 3},
        ],
    }
    second = result(play([SECOND], "found.json")[SECOND.key])
    assert second.identifiers == {}
    assert "fwci" not in second.notes


def test_one_call_asks_for_the_whole_batch_and_sends_no_empty_key():
    works = [work("10.5555/a#1"), work("10.5555/<b>;(2)%")]
    player = Player(OPENALEX, recorded("openalex", "none.json"), settings={"api_key": " "})
    assert totals(player.collect(works)) == {each.key: 0 for each in works}
    [request] = player.requests
    assert request.url.startswith("https://api.openalex.org/works?")
    assert request.query == {
        "filter": ["doi:https://doi.org/10.5555/a#1|https://doi.org/10.5555/<b>;(2)%"],
        "per_page": ["100"],
        "select": [
            "id,doi,ids,cited_by_count,fwci,citation_normalized_percentile,is_retracted,"
            "counts_by_year"
        ],
    }


def test_a_key_is_sent_when_set():
    none = recorded("openalex", "none.json")
    player = Player(OPENALEX, none, settings={"api_key": "key-123"})
    player.collect([FIRST])
    assert player.requests[0].query["api_key"] == ["key-123"]


def test_dois_that_break_the_filter_are_asked_for_by_themselves():
    player = Player(
        OPENALEX, recorded("openalex", "found.json"), recorded("openalex", "odd-single.json")
    )
    assert totals(player.collect([ODD, FIRST])) == {FIRST.key: 17, ODD.key: 8}
    assert player.requests[0].query["filter"] == ["doi:https://doi.org/10.5555/oa.1"]
    assert player.requests[1].url.startswith(
        "https://api.openalex.org/works/https://doi.org/10.5555%2Fa%2Cb%7Cc%26d?select="
    )


@pytest.mark.parametrize("doi", ["10.5555/a b", "10.5555/a+b", '10.5555/a"b', "10.5555/a&b"])
def test_no_unlistable_doi_is_in_a_filter(doi):
    player = Player(OPENALEX, Reply(body={"error": "Not Found"}, status=404))
    each = work(doi)
    assert totals(player.collect([each])) == {each.key: 0}
    assert "filter" not in player.requests[0].query


def test_a_single_work_that_cannot_be_read_fails_alone():
    found = recorded("openalex", "found.json")
    for reply in (b"<html>", b"[]", Reply(body=b"", status=403)):
        outcomes = Player(OPENALEX, found, reply).collect([FIRST, ODD])
        assert result(outcomes[FIRST.key]).metrics.total == 17
        assert isinstance(outcomes[ODD.key], SourceError)


def test_of_several_works_with_one_doi_the_most_cited_counts():
    twin = work("10.5555/oa.twin")
    outcomes = play([twin, UNKNOWN], "odd-two-works-one-doi.json")
    assert totals(outcomes) == {twin.key: 6, UNKNOWN.key: 0}


def test_a_second_page_is_read():
    player = Player(
        OPENALEX,
        recorded("openalex", "odd-page-1-of-2.json"),
        recorded("openalex", "odd-page-2-of-2.json"),
    )
    assert totals(player.collect([FIRST, SECOND])) == {FIRST.key: 17, SECOND.key: 3}
    assert "page" not in player.requests[0].query
    assert player.requests[1].query["page"] == ["2"]


def test_a_list_that_ends_early_gives_no_false_zero():
    outcomes = play([FIRST, SECOND], "odd-page-1-of-2.json", "odd-page-empty.json")
    assert result(outcomes[FIRST.key]).metrics.total == 17
    assert isinstance(outcomes[SECOND.key], Malformed)


def test_a_bad_record_fails_its_work_alone():
    good, bad = work("10.5555/good.1"), work("10.5555/bad.2")
    outcomes = play([good, bad], "odd-one-bad-record.json")
    assert result(outcomes[good.key]).metrics.total == 4
    assert isinstance(outcomes[bad.key], Malformed)


def test_an_error_in_a_good_status_is_no_zero():
    with pytest.raises(Malformed):
        play([FIRST], "odd-error-in-200.json")


def test_the_budget_is_read_from_the_headers():
    headers = {"x-ratelimit-remaining": "770", "x-ratelimit-reset": "5400.5"}
    assert OPENALEX.limits(headers) == Limits(remaining_calls=770, reset_seconds=5400)
    assert OPENALEX.limits({"x-ratelimit-remaining": "-3", "x-ratelimit-reset": "9"}) == Limits(
        remaining_calls=0, reset_seconds=9
    )
    assert OPENALEX.limits({}) is None
    assert OPENALEX.limits({"x-ratelimit-remaining": "nan", "x-ratelimit-reset": "1"}) is None
    assert OPENALEX.limits({"x-ratelimit-remaining": "1", "x-ratelimit-reset": "inf"}) is None


def test_only_the_key_is_a_setting_and_it_is_secret_and_optional():
    [setting] = OPENALEX.settings
    assert (setting.name, setting.secret, setting.required) == ("api_key", True, False)
