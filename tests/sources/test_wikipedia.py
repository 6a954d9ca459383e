"""Wikipedia: languages, the common question for many works, and what may not be stored."""

from typing import Any

import pytest

from chalicelib.errors import Malformed, RateLimited, Rejected, SourceError, Unavailable
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

WORK = work("10.5555/wiki.1")
OTHER = work("10.5555/wiki.2")
FOUND, ONE, NONE = (
    recorded("wikipedia", file) for file in ("found.json", "found-one.json", "none.json")
)


def play(*replies: Any, languages: str = "en") -> Player:
    return Player(get("wikipedia"), *replies, settings={"languages": languages})


def questions(player: Player) -> list[str]:
    return [request.query["srsearch"][0] for request in player.requests]


def test_the_numbers_of_all_languages_and_their_sum() -> None:
    player = Player(get("wikipedia"), FOUND, NONE, ONE, NONE, NONE)
    found = result(player.collect([WORK])[WORK.key])
    assert found.metrics.total == found.metrics.citations == 4
    assert found.events_as_json() == {
        "en": 3,
        "de": 0,
        "fr": 1,
        "es": 0,
        "commons": 0,
        "total": 4,
    }


def test_the_hosts_and_namespaces() -> None:
    player = play(NONE, NONE, NONE, languages=" zh-min-nan  commons en en ")
    assert result(player.collect([WORK])[WORK.key]).metrics.total == 0
    asked = [(r.url.split("/")[2], r.query["srnamespace"][0]) for r in player.requests]
    assert asked == [
        ("zh-min-nan.wikipedia.org", "0"),
        ("commons.wikimedia.org", "6"),
        ("en.wikipedia.org", "0"),
    ]
    assert questions(player) == ['"10.5555/wiki.1"'] * 3


def test_many_works_without_a_page_take_one_call() -> None:
    player = play(NONE)
    works = [work(f"10.5555/wiki.{number}") for number in range(8)]
    outcomes = player.collect(works)
    assert [result(outcomes[w.key]).events_as_json() for w in works] == [{"en": 0, "total": 0}] * 8
    assert questions(player) == [" OR ".join(f'"10.5555/wiki.{number}"' for number in range(8))]
    assert player.requests[0].query["srlimit"] == ["1"]


def test_each_work_is_asked_alone_if_any_has_a_page() -> None:
    player = play(ONE, NONE, ONE, NONE, languages="en de")
    outcomes = player.collect([WORK, OTHER])
    assert result(outcomes[WORK.key]).events_as_json() == {"en": 0, "de": 0, "total": 0}
    assert result(outcomes[OTHER.key]).events_as_json() == {"en": 1, "de": 0, "total": 1}
    both = '"10.5555/wiki.1" OR "10.5555/wiki.2"'
    assert questions(player) == [both, '"10.5555/wiki.1"', '"10.5555/wiki.2"', both]


def test_no_question_is_too_long() -> None:
    works = [work("10.5555/" + letter * 90) for letter in "abcdefg"]
    player = play(NONE, NONE, NONE, NONE)
    assert len(player.collect(works)) == 7
    assert [question.count("OR") for question in questions(player)] == [1, 1, 1, 0]
    assert all(len(question) <= 300 for question in questions(player))


def test_a_doi_too_long_to_ask_for_does_not_apply() -> None:
    source = get("wikipedia")
    assert source.applies(work("10.5555/" + "a" * 290))
    assert not source.applies(work("10.5555/" + "a" * 291))


def test_quotes_and_backslashes_cannot_end_the_phrase() -> None:
    player = play(NONE)
    player.collect([work('10.5555/a"b\\c')])
    assert questions(player) == ['"10.5555/a b c"']


def test_more_pages_than_shown_are_counted() -> None:
    player = play(recorded("wikipedia", "odd-more-than-shown.json"))
    assert result(player.collect([WORK])[WORK.key]).metrics.total == 137


def test_a_language_that_fails_fails_the_batch() -> None:
    with pytest.raises(RateLimited):
        play(FOUND, Reply(body="slow down", status=429), languages="en de").collect([WORK])
    with pytest.raises(Rejected):
        play(FOUND, Reply(body="no such wiki", status=404), languages="en xx").collect([WORK])
    with pytest.raises(Malformed):
        play(recorded("wikipedia", "odd-error-in-200.json")).collect([WORK, OTHER])


def test_an_error_about_one_work_fails_this_work_only() -> None:
    error = recorded("wikipedia", "odd-error-in-200.json")
    player = play(ONE, error, ONE, NONE, languages="en de")
    outcomes = player.collect([WORK, OTHER])
    assert isinstance(outcomes[WORK.key], Malformed)
    assert result(outcomes[OTHER.key]).events_as_json() == {"en": 1, "de": 0, "total": 1}


@pytest.mark.parametrize(
    "languages", ["", "  ", "en evil.example", "EN", "en/..", "-en", "en\u0131"]
)
def test_only_languages_become_host_names(languages: str) -> None:
    player = play(languages=languages)
    with pytest.raises(Rejected, match="setting languages"):
        player.collect([WORK])
    assert player.requests == []


def test_the_page_for_a_person() -> None:
    assert get("wikipedia").events_url(WORK) == (
        'https://en.wikipedia.org/w/index.php?search="10.5555%2Fwiki.1"'
    )


# As Lagotto asked in 2014.

OLD = recorded("wikipedia", "odd-2014-found.json")


def play_as_in_2014(*replies: Any, **settings: str) -> Player:
    return Player(get("wikipedia"), *replies, settings={"api": "2014", **settings})


def test_2014_one_call_for_each_work_and_language() -> None:
    player = play_as_in_2014(OLD, ONE, NONE, NONE, languages="en commons")
    outcomes = player.collect([WORK, OTHER])
    found = result(outcomes[WORK.key])
    assert found.metrics and found.metrics.total == found.metrics.citations == 13
    assert found.events_as_json() == {"en": 12, "commons": 1, "total": 13}
    assert result(outcomes[OTHER.key]).events_as_json() == {"en": 0, "commons": 0, "total": 0}
    url = "http://{}/w/api.php?action=query&list=search&format=json&srsearch=%22{}%22"
    rest = "&srnamespace={}&srwhat=text&srinfo=totalhits&srprop=timestamp&srlimit=1"
    assert [request.url for request in player.requests] == [
        (url + rest).format(host, doi, namespace)
        for doi in ("10.5555%2Fwiki.1", "10.5555%2Fwiki.2")
        for host, namespace in (("en.wikipedia.org", 0), ("commons.wikimedia.org", 6))
    ]


def test_2014_a_mirror_can_be_asked() -> None:
    url = "https://example.org/%{host}?ns=%{namespace}&q=%{doi}"
    player = play_as_in_2014(NONE, url=url, languages="de")
    player.collect([WORK])
    asked = "https://example.org/de.wikipedia.org?ns=0&q=%2210.5555%2Fwiki.1%22"
    assert [request.url for request in player.requests] == [asked]


@pytest.mark.parametrize(("status", "error"), [(400, Rejected), (408, Unavailable)])
def test_2014_no_total_with_a_language_missing(status: int, error: type[SourceError]) -> None:
    body = recorded("wikipedia", "odd-2014-error.json")
    player = play_as_in_2014(OLD, Reply(body=body, status=status), OLD, NONE, languages="en de")
    outcomes = player.collect([WORK, OTHER])
    failed = outcomes[WORK.key]
    assert isinstance(failed, error)
    assert failed.url and failed.url.startswith("http://de.wikipedia.org/w/api.php?action=query")
    assert result(outcomes[OTHER.key]).events_as_json() == {"en": 12, "de": 0, "total": 12}


@pytest.mark.parametrize("body", [recorded("wikipedia", "odd-2014-error.json"), b"", {}, b"<html>"])
def test_2014_what_is_no_number_is_no_zero(body: Any) -> None:
    with pytest.raises(Malformed):
        play_as_in_2014(body, languages="en").collect([WORK])


def test_2014_only_languages_become_host_names() -> None:
    with pytest.raises(Rejected, match="setting languages"):
        play_as_in_2014(languages="evil.example/").collect([WORK])
