"""GDELT: articles in recorded answers, earlier ones, and titles."""

import pytest

from chalicelib.errors import Malformed, RateLimited
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

WORK = work(
    "10.5555/gdelt.1", title="A <i>measure</i> of public attention &amp; its limits: part 1"
)


def play(*replies: object) -> Player:
    return Player(get("gdelt"), *replies)


def file(name: str) -> bytes:
    return recorded("gdelt", name)


def test_found() -> None:
    player = play(file("found.json"))
    found = result(player.collect([WORK])[WORK.key])
    assert found.metrics.total == found.metrics.comments == 2
    assert found.events_as_json()[0] == {
        "event": {
            "title": "News 1",
            "domain": "news.example.org",
            "language": "English",
            "sourcecountry": "United States",
        },
        "event_time": "2026-11-20T10:15:00Z",
        "event_url": "https://news.example.org/1",
    }
    [request] = player.requests
    assert request.query["query"] == ['"A measure of public attention its limits part 1"']
    assert request.query["timespan"] == ["3months"]


def test_nothing_found_is_an_empty_object() -> None:
    assert result(play(file("none.json")).collect([WORK])[WORK.key]).metrics.total == 0
    with pytest.raises(Malformed):
        play({"status": "error"}).collect([WORK])


def test_an_article_counts_once() -> None:
    found = result(play(file("odd-repeated.json")).collect([WORK])[WORK.key])
    assert found.metrics.total == len(found.events) == 1


def test_earlier_articles_are_kept() -> None:
    source = get("gdelt")
    earlier = result(play(file("odd-earlier.json")).collect([WORK])[WORK.key])
    now = result(play(file("found.json")).collect([WORK])[WORK.key])
    merged = source.merge(earlier.events_as_json(), now, WORK)
    assert merged.metrics.total == merged.metrics.comments == 3
    assert merged.events_as_json() == [*now.events_as_json(), *earlier.events_as_json()]
    assert source.merge(merged.events_as_json(), now, WORK).metrics.total == 3


def test_short_titles_are_not_asked_about() -> None:
    source = get("gdelt")
    assert source.applies(WORK)
    assert not source.applies(work("10.5555/gdelt.1", title="Four words: too few"))
    assert not source.applies(work(None, pmid="1", title=WORK.title))


def test_long_titles_are_cut() -> None:
    player = play(file("found.json"))
    player.collect([work("10.5555/gdelt.1", title="attention " * 60)])
    [query] = player.requests[0].query["query"]
    assert query == f'"{"attention " * 20}'.strip() + '"'


def test_errors_are_texts() -> None:
    with pytest.raises(RateLimited):
        play("Please limit requests to one every 5 seconds or contact us.").collect([WORK])
    with pytest.raises(Malformed):
        play("Your query was too short or too long.").collect([WORK])
