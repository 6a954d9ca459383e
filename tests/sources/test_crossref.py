import contextlib

import pytest

from chalicelib.client import HttpClient
from chalicelib.errors import Malformed, Rejected, Unavailable
from chalicelib.sources import get
from chalicelib.sources.crossref import CITED_BY
from chalicelib.transports import SavedAnswers
from tests.sources.cases import check
from tests.sources.player import Player, Reply, recorded, result, work
from tests.test_source_answers import variants

CROSSREF = get("crossref")

RETRACTED = work("10.5555/Retracted.1")
NEIGHBOUR = work("10.5555/neighbour.2")
UNKNOWN = work("10.5555/unknown.3")
ODD = work("10.5555/a,b;(c)<d>")


def play(file, *works):
    return Player(CROSSREF, recorded("crossref", file)).collect(works)


def test_counts_of_a_batch_belong_to_their_works_in_any_case():
    outcomes = play("found.json", UNKNOWN, NEIGHBOUR, RETRACTED)
    totals = {key: result(outcome).metrics.total for key, outcome in outcomes.items()}
    assert totals == {RETRACTED.key: 14, NEIGHBOUR.key: 0, UNKNOWN.key: 0}
    assert result(outcomes[RETRACTED.key]).metrics.citations == 14
    assert result(outcomes[RETRACTED.key]).events_as_json() == []
    assert CROSSREF.events_url(RETRACTED) is None


def test_notices_are_kept_but_not_a_new_version_of_the_work_itself():
    outcomes = play("found.json", RETRACTED, NEIGHBOUR)
    assert result(outcomes[RETRACTED.key]).notes == {
        "updates": [
            {"type": "retraction", "doi": "10.5555/notice.7", "source": "retraction-watch"},
            {"type": "retraction", "doi": "10.5555/notice.7", "source": "publisher"},
        ]
    }
    assert result(outcomes[NEIGHBOUR.key]).notes == {}


def test_a_notice_says_what_it_is_about():
    notice = work("10.5555/notice.7")
    assert result(play("odd-notice.json", notice)[notice.key]).notes == {
        "update_to": [{"type": "retraction", "doi": "10.5555/retracted.1", "source": "publisher"}]
    }


def test_one_call_asks_for_the_whole_batch():
    player = Player(CROSSREF, recorded("crossref", "none.json"))
    outcomes = player.collect([RETRACTED, work("10.5555/(sici)12:1<30::aid-x&y#1>3.0.co;2-%")])
    assert [result(outcome).metrics.total for outcome in outcomes.values()] == [0, 0]
    [request] = player.requests
    assert request.url.startswith("https://api.crossref.org/works?")
    assert request.query == {
        "filter": ["doi:10.5555/retracted.1,doi:10.5555/(sici)12:1<30::aid-x&y#1>3.0.co;2-%"],
        "select": ["DOI,is-referenced-by-count,updated-by,update-to,type,issued"],
        "rows": ["50"],
        "mailto": ["operator@example.org"],
    }


def test_long_dois_are_asked_for_in_several_calls():
    none = recorded("crossref", "none.json")
    player = Player(CROSSREF, none, none)
    works = [work(f"10.5555/{'long' * 20}.{number}") for number in range(50)]
    assert set(player.collect(works)) == {each.key for each in works}
    assert all(len(request.url) < 4096 for request in player.requests)
    asked = ",".join(request.query["filter"][0] for request in player.requests)
    assert asked == ",".join(f"doi:{each.doi}" for each in works)


def test_a_doi_with_a_comma_is_asked_for_by_itself():
    player = Player(
        CROSSREF, recorded("crossref", "found.json"), recorded("crossref", "odd-single.json")
    )
    outcomes = player.collect([ODD, NEIGHBOUR])
    assert result(outcomes[ODD.key]).metrics.total == 23
    assert result(outcomes[NEIGHBOUR.key]).metrics.total == 0
    assert player.requests[0].query["filter"] == ["doi:10.5555/neighbour.2"]
    assert player.requests[1].url == (
        "https://api.crossref.org/works/10.5555%2Fa%2Cb%3B%28c%29%3Cd%3E"
        "?mailto=operator%40example.org"
    )


def test_a_single_doi_that_crossref_does_not_know_is_zero_and_a_failing_one_fails_alone():
    unknown = Reply(body="Resource not found.", status=404)
    assert result(Player(CROSSREF, unknown).collect([ODD])[ODD.key]).metrics.total == 0
    refused = Reply(body="no", status=403)
    outcomes = Player(CROSSREF, recorded("crossref", "found.json"), refused).collect(
        [RETRACTED, ODD]
    )
    assert isinstance(outcomes[ODD.key], Rejected)
    assert result(outcomes[RETRACTED.key]).metrics.total == 14


def test_a_bad_record_fails_its_work_alone():
    good, bad = work("10.5555/good.1"), work("10.5555/bad.2")
    outcomes = play("odd-one-bad-record.json", good, bad, UNKNOWN)
    assert result(outcomes[good.key]).metrics.total == 5
    assert isinstance(outcomes[bad.key], Malformed)
    assert result(outcomes[UNKNOWN.key]).metrics.total == 0


def test_a_record_that_tells_no_doi_may_be_that_of_any_missing_work():
    good, bad = work("10.5555/good.1"), work("10.5555/bad.2")
    outcomes = play("odd-record-without-doi.json", good, bad)
    assert result(outcomes[good.key]).metrics.total == 5
    assert isinstance(outcomes[bad.key], Malformed)


@pytest.mark.parametrize("record", [{"is-referenced-by-count": 8}, {"DOI": None}, "10.5555/bad.2"])
def test_a_record_without_any_doi_is_no_zero(record):
    message = {"total-results": 2, "items": [{"DOI": "10.5555/a", "is-referenced-by-count": 1}]}
    message["items"].append(record)
    body = {"status": "ok", "message-type": "work-list", "message": message}
    known, other = work("10.5555/a"), work("10.5555/bad.2")
    outcomes = Player(CROSSREF, body).collect([known, other])
    assert result(outcomes[known.key]).metrics.total == 1
    assert isinstance(outcomes[other.key], Malformed)


def test_a_single_work_is_understood_where_a_list_was_asked_for():
    single = recorded("crossref", "odd-single.json")
    each = work("10.5555/single")
    assert result(Player(CROSSREF, single).collect([each])[each.key]).metrics.total == 23
    with pytest.raises(Malformed):
        Player(CROSSREF, single).collect([each, RETRACTED])


def test_a_list_that_is_cut_off_gives_no_false_zero():
    outcomes = play("odd-cut-off.json", RETRACTED, NEIGHBOUR)
    assert isinstance(outcomes[RETRACTED.key], Malformed)
    assert result(outcomes[NEIGHBOUR.key]).metrics.total == 0


def test_an_error_in_a_good_status_is_no_zero():
    with pytest.raises(Malformed, match="status 'failed'") as caught:
        play("odd-error-in-200.json", RETRACTED)
    assert b"validation-failure" in caught.value.body


def test_the_pace_is_read_from_the_headers_up_to_that_of_lists():
    def pace(calls, seconds):
        limits = CROSSREF.limits({"x-rate-limit-limit": calls, "x-rate-limit-interval": seconds})
        return limits and limits.calls_per_hour

    assert pace("1", "1s") == 3600
    assert pace("50", "60s") == 3000
    assert pace("10", "1s") == CROSSREF.calls_per_hour
    assert pace("1", "7200s") == 1
    assert pace("0", "1s") is None
    assert pace("10", "0s") is None
    assert pace("many", "1s") is None
    assert pace("9" * 5000, "1s") is None
    assert CROSSREF.limits({}) is None


# As Lagotto asked in 2014.

MEMBERS_WORK = work("10.5555/Member.1", publisher_id=340)
ACCOUNTS = {340: {"username": "press@example.org/role", "password": "pass&word"}}


def player_of_2014(*replies, **settings):
    return Player(CROSSREF, *replies, settings={"api": "2014", **settings}, publishers=ACCOUNTS)


def play_as_in_2014(file, asked=MEMBERS_WORK, **settings):
    player = player_of_2014(recorded("crossref", file), **settings)
    return result(player.collect([asked])[asked.key])


def test_2014_members_get_the_citing_articles_without_books():
    found = play_as_in_2014("odd-2014-cited-by.xml")
    assert (found.metrics.total, found.metrics.citations) == (1, 1)
    [event] = found.events_as_json()
    assert event["event"]["issn"] == ["15505555", "15505563"]
    assert event["event"]["fl_count"] == "0"
    assert event["event_url"] == "http://dx.doi.org/10.5555/citing.7"
    assert event["event_csl"] == {
        "author": [
            {"family": "Mc Donald", "given": "Jean Paul"},
            {"family": "O'neil", "given": "Anna"},
        ],
        "title": "Hiv 1 And The Cracked Pot",
        "container-title": "Psychoceramics Today",
        "issued": {"date-parts": [["2011"]]},
        "url": "http://dx.doi.org/10.5555/citing.7",
        "type": "article-journal",
    }
    assert "event_time" not in event
    assert found.events_url is None


def test_2014_a_single_citing_article_with_a_single_author():
    found = play_as_in_2014("odd-2014-cited-by-one.xml")
    assert found.metrics.total == 1
    [event] = found.events_as_json()
    assert event["event_csl"]["author"] == [{"family": "Doe", "given": "Jo"}]
    assert event["event_csl"]["title"] == ""


def test_2014_no_citing_article_is_zero():
    found = play_as_in_2014("odd-2014-cited-by-none.xml")
    assert (found.metrics.total, found.events_as_json()) == (0, [])


def test_2014_without_an_account_openurl_gives_the_number_only():
    other = work("10.5555/member.1", publisher_id=78)
    found = play_as_in_2014("odd-2014-openurl.xml", other, openurl_username="me@example.org")
    assert (found.metrics.total, found.metrics.citations) == (13, 13)
    assert found.events_as_json() == []
    unknown = work("10.5555/unknown.9")
    file = "odd-2014-openurl-unresolved.xml"
    assert play_as_in_2014(file, unknown, openurl_username="me").metrics.total == 0


def test_2014_what_is_asked():
    none, openurl = (
        recorded("crossref", f"odd-2014-{name}.xml") for name in ("cited-by-none", "openurl")
    )
    player = player_of_2014(none, openurl, openurl_username="me@example.org")
    player.collect([MEMBERS_WORK, work("10.5555/a<b>&c")])
    assert [request.url for request in player.requests] == [
        "https://doi.crossref.org/servlet/getForwardLinks"
        "?usr=press%40example.org/role&pwd=pass%26word&doi=10.5555%2FMember.1",
        "http://www.crossref.org/openurl/"
        "?pid=me%40example.org&id=doi:10.5555%2Fa%3Cb%3E%26c&noredirect=true",
    ]
    assert {request.accept for request in player.requests} == {"application/xml"}


@pytest.mark.parametrize("given", [{}, {"username": "press"}, {"password": "pass"}])
def test_2014_without_any_account_nothing_is_asked_and_nothing_is_zero(given):
    player = player_of_2014(**given)
    with pytest.raises(Rejected, match=r"username and password .* \(78\), or openurl_username"):
        player.collect([work("10.5555/other", publisher_id=78)])
    assert player.requests == []


def test_2014_a_work_that_cannot_be_asked_about_fails_alone():
    player = player_of_2014(recorded("crossref", "odd-2014-cited-by.xml"))
    outcomes = player.collect([NEIGHBOUR, MEMBERS_WORK])
    assert isinstance(outcomes[NEIGHBOUR.key], Rejected)
    assert result(outcomes[MEMBERS_WORK.key]).metrics.total == 1


@pytest.mark.parametrize(("status", "error"), [(408, Unavailable), (404, Rejected)])
def test_2014_a_failing_service_is_no_zero(status, error):
    for asked, name in ((MEMBERS_WORK, "getForwardLinks"), (NEIGHBOUR, "openurl")):
        player = player_of_2014(Reply(body="no", status=status), openurl_username="me")
        with pytest.raises(error) as caught:
            player.collect([asked])
        assert name in caught.value.url


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Sorry</body></html>",
        b"Incorrect password",
        *(
            f"<crossref_result><query_result><body>{content}</body></query_result></crossref_result>"
            for content in ("<error>x</error>", "<forward_link/>", "<query status='resolved'/>", "")
        ),
    ],
)
def test_2014_what_is_no_answer_is_no_zero(body):
    for asked in (MEMBERS_WORK, NEIGHBOUR):
        with pytest.raises(Malformed):
            player_of_2014(body, openurl_username="me").collect([asked])


def test_2014_every_value_can_be_wrong():
    for body in variants(recorded("crossref", "odd-2014-cited-by.xml")):
        with contextlib.suppress(Malformed):
            check(player_of_2014(body).collect([MEMBERS_WORK]), (MEMBERS_WORK,))


def test_2014_no_credential_is_in_an_error():
    client = HttpClient(
        CROSSREF,
        contact_email="operator@example.org",
        settings={"url": CITED_BY, "api": "2014"},
        publishers=ACCOUNTS,
        transport=SavedAnswers([b"press@example.org/role and pass&word"]),
    )
    with pytest.raises(Malformed) as caught:
        CROSSREF.collect([MEMBERS_WORK], client)
    said = f"{caught.value} {vars(caught.value)} {client.exchanges}"
    for spelling in ("press@", "press%40", "pass&word", "pass%26word"):
        assert spelling not in said


def test_a_work_of_another_agency_is_not_asked_about():
    assert CROSSREF.applies(work("10.5072/x", registration_agency="crossref"))
    assert CROSSREF.applies(work("10.5072/x"))
    assert not CROSSREF.applies(work("10.5072/x", registration_agency="datacite"))
