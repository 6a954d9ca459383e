import contextlib

import pytest

from chalicelib.errors import Malformed, Rejected, Unavailable
from chalicelib.replay import replay
from chalicelib.sources import get
from tests.sources.cases import check
from tests.sources.player import Player, Reply, recorded, result, work
from tests.test_source_answers import variants

PUBMED = get("pubmed")

FIRST = work("10.5555/AA1")
SECOND = work("10.5555/bb2")
UNKNOWN = work("10.5555/cc3")
INVALID = Reply(body=recorded("pubmed", "odd-invalid-dois.json"), status=400)


def play(works, *files):
    return Player(PUBMED, *(recorded("pubmed", file) for file in files)).collect(works)


def test_dois_are_converted_counted_and_linked():
    outcomes = play([UNKNOWN, SECOND, FIRST], "converted.json", "found.json", "links.json")
    first, second = result(outcomes[FIRST.key]), result(outcomes[SECOND.key])
    assert (first.metrics.total, first.metrics.citations) == (2, 2)
    assert first.events_as_json() == [
        {"event": "34000011", "event_url": "https://pubmed.ncbi.nlm.nih.gov/34000011/"},
        {"event": "34000012", "event_url": "https://pubmed.ncbi.nlm.nih.gov/34000012/"},
    ]
    assert first.identifiers == {"pmid": "33000001", "pmcid": "5000001"}
    assert second.metrics.total == 0
    assert second.events_as_json() == []
    assert second.identifiers == {"pmid": "33000002", "pmcid": "5000002"}
    assert UNKNOWN.key not in outcomes


def test_the_link_is_by_the_pmid_that_was_found():
    outcomes = play([FIRST], "converted.json", "found.json", "links.json")
    assert result(outcomes[FIRST.key]).events_url == (
        "http://www.ncbi.nlm.nih.gov/sites/entrez"
        "?db=pubmed&cmd=link&LinkName=pubmed_pmc_refs&from_uid=33000001"
    )


def test_what_is_asked():
    player = Player(
        PUBMED,
        recorded("pubmed", "converted.json"),
        recorded("pubmed", "found.json"),
        recorded("pubmed", "links.json"),
        settings={"api_key": "key-123"},
    )
    player.collect([FIRST, SECOND, UNKNOWN])
    converter, summary, link = player.requests
    caller = {"tool": ["lagotto"], "email": ["operator@example.org"]}
    assert converter.url.startswith("https://pmc.ncbi.nlm.nih.gov/tools/idconv/api/v1/articles/?")
    assert converter.query == caller | {
        "ids": ["10.5555/aa1,10.5555/bb2,10.5555/cc3"],
        "idtype": ["doi"],
        "format": ["json"],
    }
    utilities = caller | {"retmode": ["json"], "api_key": ["key-123"]}
    assert summary.url.startswith("https://eutils.ncbi.nlm.nih.gov/entrez/eutils/esummary.fcgi?")
    assert summary.query == utilities | {"db": ["pubmed"], "id": ["33000001,33000002"]}
    assert link.url.startswith("https://eutils.ncbi.nlm.nih.gov/entrez/eutils/elink.fcgi?")
    assert link.query == utilities | {
        "dbfrom": ["pubmed"],
        "db": ["pubmed"],
        "linkname": ["pubmed_pubmed_citedin"],
        "id": ["33000001"],
    }


def test_a_known_pmid_is_not_converted_and_no_empty_key_is_sent():
    known = work(None, pmid="33000003")
    player = Player(PUBMED, recorded("pubmed", "none.json"), settings={"api_key": ""})
    assert result(player.collect([known])[known.key]).metrics.total == 0
    [request] = player.requests
    assert request.query["id"] == ["33000003"]
    assert "api_key" not in request.query


def test_works_without_doi_and_pmid_are_not_asked_for():
    assert PUBMED.applies(FIRST)
    assert PUBMED.applies(work(None, pmid="1"))
    assert not PUBMED.applies(work(None, pmcid="1"))


def test_a_work_without_a_pmid_stays_unasked():
    assert play([work("10.5555/unknown.9")], "converted-none.json") == {}


def test_two_works_with_one_pmid_both_have_its_count():
    one, two = work("10.5555/one", pmid="33000001"), work("10.5555/two", pmid="33000001")
    player = Player(
        PUBMED, recorded("pubmed", "found.json"), recorded("pubmed", "odd-links-numbers.json")
    )
    outcomes = player.collect([one, two])
    assert [result(outcomes[each.key]).metrics.total for each in (one, two)] == [2, 2]
    events = [{"event": "34000011", "event_url": "https://pubmed.ncbi.nlm.nih.gov/34000011/"}]
    assert result(outcomes[one.key]).events_as_json() == events
    assert result(outcomes[two.key]).events_as_json() == events
    assert player.requests[0].query["id"] == ["33000001"]
    assert player.requests[1].query["id"] == ["33000001"]


def test_a_count_can_be_a_text_and_links_can_be_missing():
    each = work(None, pmid="33000001")
    outcome = result(play([each], "odd-text-count.json", "odd-links-none.json")[each.key])
    assert outcome.metrics.total == 7
    assert outcome.events_as_json() == []


def test_an_unknown_pmid_is_zero():
    known, unknown = work(None, pmid="33000001"), work(None, pmid="99999999")
    missing = work(None, pmid="99999998")
    outcomes = play([known, unknown, missing], "odd-unknown-pmid.json")
    assert [result(outcome).metrics.total for outcome in outcomes.values()] == [0, 0, 0]


def test_a_bad_summary_fails_its_work_alone():
    works = [work(None, pmid=f"3300000{number}") for number in (1, 2, 3)]
    outcomes = play(works, "odd-one-bad-record.json", "odd-links-none.json")
    good, many, failed = (outcomes[each.key] for each in works)
    assert result(good).metrics.total == 1
    assert isinstance(many, Malformed)
    assert isinstance(failed, Malformed)
    assert "backend timed out" in str(failed)


def test_unreadable_links_leave_works_without_citations_their_zero():
    cited, uncited = work(None, pmid="33000001"), work(None, pmid="33000002")
    for links in (recorded("pubmed", "odd-links-merged.json"), {"ERROR": "down"}, b"<html>"):
        player = Player(PUBMED, recorded("pubmed", "found.json"), links)
        outcomes = player.collect([cited, uncited])
        assert isinstance(outcomes[cited.key], Malformed)
        assert result(outcomes[uncited.key]).metrics.total == 0


def test_links_that_fail_for_one_pmid_fail_its_work_alone():
    summaries = {
        "result": {
            "uids": ["33000001", "33000002"],
            "33000001": {"uid": "33000001", "pmcrefcount": 1},
            "33000002": {"uid": "33000002", "pmcrefcount": 1, "articleids": []},
        }
    }
    one, two = work(None, pmid="33000001"), work(None, pmid="33000002")
    player = Player(PUBMED, summaries, recorded("pubmed", "odd-links-one-error.json"))
    outcomes = player.collect([one, two])
    assert len(result(outcomes[one.key]).events) == 1
    assert isinstance(outcomes[two.key], Malformed)
    assert player.requests[1].query["id"] == ["33000001", "33000002"]


def test_a_doi_that_the_converter_refuses_does_not_spoil_the_others():
    player = Player(
        PUBMED,
        INVALID,
        recorded("pubmed", "converted.json"),
        INVALID,
        recorded("pubmed", "found.json"),
        recorded("pubmed", "links.json"),
    )
    outcomes = player.collect([FIRST, work("10.5555/<refused>")])
    assert {key: result(outcome).metrics.total for key, outcome in outcomes.items()} == {
        FIRST.key: 2
    }


def test_another_refusal_is_not_taken_for_a_bad_doi():
    with pytest.raises(Rejected):
        Player(PUBMED, Reply(body="no", status=403)).collect([FIRST, SECOND])


def test_dois_that_cannot_be_in_a_list_are_not_sent():
    odd = [work("10.5555/a,b"), work("10.5555/a b"), work("10.5555/ä")]
    assert Player(PUBMED).collect(odd) == {}
    player = Player(PUBMED, recorded("pubmed", "converted-none.json"))
    player.collect([*odd, work("10.5555/(a)<b>;#%&+:")])
    assert player.requests[0].query["ids"] == ["10.5555/(a)<b>;#%&+:"]


def test_a_full_batch_is_converted_in_one_call_and_long_dois_in_more():
    none = recorded("pubmed", "converted-none.json")
    player = Player(PUBMED, none)
    player.collect([work(f"10.5555/journal.0012.{number:04}") for number in range(200)])
    assert len(player.requests[0].url) < 8000
    player = Player(PUBMED, none, none)
    player.collect([work(f"10.5555/{'long' * 10}.{number:04}") for number in range(200)])
    assert all(len(request.url) < 8000 for request in player.requests)


def test_a_bad_conversion_is_an_error_only_for_works_that_it_may_concern():
    outcomes = play([FIRST, SECOND], "odd-converted-bad.json", "found.json", "links.json")
    assert result(outcomes[FIRST.key]).metrics.total == 2
    assert isinstance(outcomes[SECOND.key], Malformed)


@pytest.mark.parametrize("body", [{}, {"result": {}}, {"result": {"uids": None}}, [], b"<html>"])
def test_what_is_no_list_of_summaries_is_no_zero(body):
    with pytest.raises(Malformed):
        Player(PUBMED, body).collect([work(None, pmid="33000001")])


def test_an_error_in_a_good_status_is_no_zero():
    with pytest.raises(Malformed) as caught:
        play([work(None, pmid="33000001")], "odd-error-in-200.json")
    assert b"API rate limit exceeded" in caught.value.body


# As Lagotto asked in 2014.

KNOWN = work("10.5555/AA1", pmid="33000001")
LINK = (
    "http://www.ncbi.nlm.nih.gov/sites/entrez"
    "?db=pubmed&cmd=link&LinkName=pubmed_pmc_refs&from_uid=33000001"
)


def player_of_2014(*replies):
    return Player(PUBMED, *replies, settings={"api": "2014"})


def play_as_in_2014(reply):
    return result(player_of_2014(reply).collect([KNOWN])[KNOWN.key])


def test_2014_each_pmcid_is_an_event_twice_if_it_is_there_twice():
    found = play_as_in_2014(recorded("pubmed", "odd-2014-found.xml"))
    assert (found.metrics.total, found.metrics.citations) == (3, 3)
    article = "http://www.pubmedcentral.nih.gov/articlerender.fcgi?artid="
    assert found.events_as_json() == [
        {"event": pmcid, "event_url": f"{article}{pmcid}"}
        for pmcid in ("7000011", "7000012", "7000012")
    ]
    assert found.events_url == LINK


def test_2014_a_single_pmcid_is_one_event():
    assert play_as_in_2014(recorded("pubmed", "odd-2014-one.xml")).metrics.total == 1


def test_2014_a_pmid_alone_and_an_unknown_page_are_zero_with_a_link():
    for reply in (recorded("pubmed", "odd-2014-none.xml"), Reply(body="no", status=404)):
        none = play_as_in_2014(reply)
        assert (none.metrics.total, none.events_as_json(), none.events_url) == (0, [], LINK)


def test_2014_what_is_asked_and_works_without_a_pmid_are_not():
    player = player_of_2014(recorded("pubmed", "odd-2014-none.xml"))
    assert list(player.collect([SECOND, KNOWN])) == [KNOWN.key]
    [request] = player.requests
    assert request.accept == "application/xml"
    assert request.url == (
        "http://www.pubmedcentral.nih.gov/utils/entrez2pmcciting.cgi?view=xml&id=33000001"
    )
    shown = replay("pubmed", doi=SECOND.doi, settings={"api": "2014"})
    assert (shown["total"], shown["requests"]) == (None, [])


def test_2014_a_failing_call_fails_its_work_alone():
    found = recorded("pubmed", "odd-2014-found.xml")
    player = player_of_2014(Reply(body="", status=408), found)
    other = work(None, pmid="33000002")
    outcomes = player.collect([other, KNOWN])
    error = outcomes[other.key]
    assert isinstance(error, Unavailable) and error.url.endswith("&id=33000002")
    assert result(outcomes[KNOWN.key]).metrics.total == 3


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"<html><p>Sorry</p></html>", b"<PubMedToPMCcitingformSET/>", {}),
        b"<PubMedToPMCcitingformSET><REFORM><ERROR/></REFORM></PubMedToPMCcitingformSET>",
        b"<PubMedToPMCcitingformSET><REFORM><PMID>1</PMID><PMCID/></REFORM></PubMedToPMCcitingformSET>",
        b"<PubMedToPMCcitingformSET><REFORM><PMCID>x</PMCID></REFORM></PubMedToPMCcitingformSET>",
    ],
)
def test_2014_what_is_no_list_is_no_zero(body):
    with pytest.raises(Malformed):
        play_as_in_2014(body)


def test_2014_every_value_can_be_wrong():
    for body in variants(recorded("pubmed", "odd-2014-found.xml")):
        with contextlib.suppress(Malformed):
            check(player_of_2014(body).collect([KNOWN]), (KNOWN,))
