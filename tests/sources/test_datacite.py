import contextlib

import pytest

from chalicelib.errors import Malformed, Unavailable
from chalicelib.sources import get
from tests.sources.cases import check
from tests.sources.player import Player, Reply, recorded, result, work
from tests.test_source_answers import variants

DATACITE = get("datacite")

ARTICLE = work("10.5555/Article.1")
OTHER = work("10.5555/article.2")
UNKNOWN = work("10.5555/unknown.3")
CODE = work("10.5072/code.77")
DATA = work("10.5072/data.9000")


def play(works, *files):
    return Player(DATACITE, *(recorded("datacite", file) for file in files)).collect(works)


def totals(outcomes):
    return {key: result(outcome).metrics.total for key, outcome in outcomes.items()}


def test_items_count_for_the_works_that_they_point_at():
    outcomes = play([UNKNOWN, OTHER, ARTICLE, CODE, DATA], "found.json")
    assert totals(outcomes) == {
        UNKNOWN.key: 0,
        OTHER.key: 1,
        ARTICLE.key: 2,  # one of its two items names it twice
        CODE.key: 1,
        DATA.key: 0,
    }
    assert result(outcomes[ARTICLE.key]).metrics.citations == 2


def test_events_are_the_items_in_the_shape_of_lagotto():
    article = result(play([ARTICLE], "found.json")[ARTICLE.key])
    assert article.events_as_json() == [
        {
            "event": {
                "doi": "10.5072/data.8515",
                "relatedIdentifier": ["IsSupplementTo:DOI:10.5555/Article.1"],
                "creator": ["Doe, Jo"],
                "title": ["Data for 10.5072/data.8515"],
                "publisher": "Invented Data Archive",
                "publicationYear": 2016,
            },
            "event_url": "http://doi.org/10.5072/data.8515",
        },
        {
            "event": {
                "doi": "10.5072/code.77",
                "relatedIdentifier": [
                    "IsDocumentedBy:URL:https://doi.org/10.5555/article.1",
                    "References:DOI:10.5555/article.1",
                ],
                "creator": ["Doe, Jo"],
                "title": ["Data for 10.5072/code.77"],
                "publisher": "Zenodo",
                "publicationYear": 2016,
            },
            "event_url": "http://doi.org/10.5072/code.77",
        },
    ]
    assert article.events_url == (
        "http://search.datacite.org/ui?q=relatedIdentifier:10.5555%2FArticle.1"
    )


def test_the_counts_of_works_in_datacite_are_notes():
    outcomes = play([DATA, ARTICLE], "found.json")
    assert result(outcomes[DATA.key]).notes == {
        "citationCount": 3,
        "viewCount": 210,
        "downloadCount": 18,
    }
    assert result(outcomes[ARTICLE.key]).notes == {}


def test_one_query_finds_the_works_and_what_points_at_them():
    player = Player(DATACITE, recorded("datacite", "none.json"))
    player.collect([ARTICLE, work('10.5555/A"b\\c,(d)<e>&f#g%+: h')])
    [request] = player.requests
    odd = '10.5555/a\\"b\\\\c,(d)<e>&f#g%+: h'
    assert request.url.startswith("https://api.datacite.org/dois?")
    assert request.query == {
        "query": [
            f'relatedIdentifiers.relatedIdentifier:("10.5555/article.1" OR "{odd}"'
            f' OR "https://doi.org/10.5555/article.1" OR "https://doi.org/{odd}")'
            f' OR doi:("10.5555/article.1" OR "{odd}")'
        ],
        "fields[dois]": [
            "doi,titles,creators,publisher,publicationYear,relatedIdentifiers,"
            "citationCount,viewCount,downloadCount"
        ],
        "page[size]": ["1000"],
        "page[number]": ["1"],
        "disable-facets": ["true"],
        "mailto": ["operator@example.org"],
    }


def test_a_usual_batch_is_one_call_and_long_dois_take_more():
    none = recorded("datacite", "none.json")
    player = Player(DATACITE, none)
    player.collect([work(f"10.55555/journal.0012.{number:05}") for number in range(50)])
    assert len(player.requests[0].url) < 8150
    player = Player(DATACITE, none, none, none)
    works = [work(f"10.5555/{'long' * 20}.{number:02}") for number in range(50)]
    assert set(player.collect(works)) == {each.key for each in works}
    assert all(len(request.url) < 8150 for request in player.requests)


def test_all_pages_are_read():
    player = Player(
        DATACITE,
        recorded("datacite", "odd-page-1-of-2.json"),
        recorded("datacite", "odd-page-2-of-2.json"),
    )
    article = work("10.5555/article.1")
    assert totals(player.collect([article])) == {article.key: 3}
    assert [request.query["page[number]"] for request in player.requests] == [["1"], ["2"]]


def test_a_list_that_ends_early_is_no_count():
    outcomes = play([ARTICLE, UNKNOWN], "odd-page-1-of-2.json", "odd-page-empty.json")
    assert [str(outcome) for outcome in outcomes.values()] == ["2 of 3 items"] * 2
    assert all(isinstance(outcome, Malformed) for outcome in outcomes.values())


def test_a_server_that_repeats_its_page_is_not_asked_forever():
    first = recorded("datacite", "odd-page-1-of-2.json")
    outcomes = Player(DATACITE, *[first] * 10).collect([ARTICLE])
    assert isinstance(outcomes[ARTICLE.key], Malformed)


def test_a_work_with_too_many_items_fails_alone():
    too_many, none = recorded("datacite", "odd-too-many.json"), recorded("datacite", "none.json")
    player = Player(DATACITE, too_many, none, too_many, none, too_many)
    works = [work("10.5555/a"), OTHER, UNKNOWN, ARTICLE]
    outcomes = player.collect(works)
    popular = outcomes.pop(ARTICLE.key)
    assert isinstance(popular, Malformed)
    assert str(popular) == "1 of 10001 items"
    assert totals(outcomes) == {each.key: 0 for each in works[:3]}


def test_a_bad_item_fails_the_works_that_it_points_at():
    good, bad = work("10.5555/good.1"), work("10.5555/bad.2")
    outcomes = play([good, bad], "odd-one-bad-record.json")
    assert result(outcomes[good.key]).metrics.total == 1
    assert isinstance(outcomes[bad.key], Malformed)


@pytest.mark.parametrize("file", ["odd-item-without-doi.json", "odd-error-in-200.json"])
def test_what_cannot_be_attributed_is_no_zero(file):
    with pytest.raises(Malformed):
        play([work("10.5555/good.1")], file)


# As Lagotto asked in 2014.


def player_of_2014(*replies):
    return Player(DATACITE, *replies, settings={"api": "2014"})


def play_as_in_2014(reply):
    return result(player_of_2014(reply).collect([ARTICLE])[ARTICLE.key])


def test_2014_items_of_the_old_search_are_events():
    found = play_as_in_2014(recorded("datacite", "odd-2014-found.json"))
    assert (found.metrics.total, found.metrics.citations) == (2, 2)
    first, second = found.events_as_json()
    assert first["event_url"] == "http://doi.org/10.5072/DRYAD.8515"
    assert list(first["event"]) == [
        *("doi", "relatedIdentifier", "creator", "title", "publisher", "publicationYear")
    ]
    assert second["event_url"] == "http://doi.org/10.5072/code.2"
    assert found.events_url == DATACITE.events_url(ARTICLE)


def test_2014_no_item_and_an_unknown_page_are_zero_with_a_link():
    for reply in (recorded("datacite", "odd-2014-none.json"), Reply(body="no", status=404)):
        none = play_as_in_2014(reply)
        assert (none.metrics.total, none.events_as_json()) == (0, [])
        assert none.events_url == DATACITE.events_url(ARTICLE)


def test_2014_what_is_asked():
    none = recorded("datacite", "odd-2014-none.json")
    player = player_of_2014(none, none)
    player.collect([ARTICLE, work("10.5555/a<b>&c")])
    rest = (
        "&fl=relatedIdentifier,doi,creator,title,publisher,publicationYear"
        "&fq=is_active:true&fq=has_metadata:true&indent=true&rows=100&wt=json"
    )
    search = "http://search.datacite.org/api?q=relatedIdentifier:"
    assert [request.url for request in player.requests] == [
        f"{search}10.5555%2FArticle.1{rest}",
        f"{search}10.5555%2Fa%3Cb%3E%26c{rest}",
    ]


def test_2014_a_failing_call_fails_its_work_alone():
    found = recorded("datacite", "odd-2014-found.json")
    player = player_of_2014(Reply(body="", status=408), found)
    outcomes = player.collect([OTHER, ARTICLE])
    error = outcomes[OTHER.key]
    assert isinstance(error, Unavailable) and "article.2&fl=" in error.url
    assert result(outcomes[ARTICLE.key]).metrics.total == 2


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"<html><p>Sorry</p></html>", {}, [], {"error": "down"}),
        *({"response": {}}, {"response": {"docs": []}}, {"response": {"docs": [{}]}}),
        *({"response": {"numFound": 3, "docs": []}}, {"response": {"docs": [{"doi": ""}]}}),
    ],
)
def test_2014_what_is_no_list_is_no_zero(body):
    with pytest.raises(Malformed):
        play_as_in_2014(body)


def test_2014_every_value_can_be_wrong():
    for body in variants(recorded("datacite", "odd-2014-found.json")):
        with contextlib.suppress(Malformed):
            check(player_of_2014(body).collect([ARTICLE]), (ARTICLE,))
