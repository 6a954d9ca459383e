"""Twitter (PLOS-internal): rows of a CouchDB view, tweets of two formats."""

import pytest

from chalicelib.errors import Malformed, Rejected, Unavailable
from chalicelib.model import Result
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

SOURCE = get("twitter")
VIEW = {"url": "https://tweets.example.org/view?key={doi}"}
WORK = work("10.1371/journal.pone.9000001")


def play(file: str) -> Player:
    return Player(SOURCE, recorded("twitter", file), settings=VIEW)


def outcome(file: str) -> Result:
    return result(play(file).collect([WORK])[WORK.key])


def test_tweets_of_the_old_format() -> None:
    found = outcome("found.json")
    assert found.metrics.total == found.metrics.comments == 2
    assert found.events_url is None
    url = "http://twitter.com/regrum/status/900000000000000057"
    assert found.events_as_json()[0] == {
        "event": {
            "id": "900000000000000057",
            "text": "Don't be blinded http://t.co/x",
            "created_at": "2012-05-20T17:59:00Z",
            "user": "regrum",
            "user_name": "regrum",
            "user_profile_image": "http://img.example.org/1.jpg",
        },
        "event_time": "2012-05-20T17:59:00Z",
        "event_url": url,
        "event_csl": {
            "author": [{"family": "Regrum", "given": ""}],
            "title": "Don't be blinded http://t.co/x",
            "container-title": "Twitter",
            "issued": {"date-parts": [[2012, 5, 20]]},
            "url": url,
            "type": "personal_communication",
        },
    }


def test_tweets_of_the_new_format() -> None:
    event = outcome("found.json").events_as_json()[1]
    assert event["event"]["user"] == "champs"
    assert event["event_time"] == "2012-05-22T02:36:51Z"
    assert event["event_csl"]["author"] == [{"family": "Champions Everywhere", "given": ""}]


def test_no_rows_are_zero() -> None:
    assert outcome("none.json").metrics.comments == 0


def test_a_tweet_without_user_is_no_zero() -> None:
    [failure] = play("odd-one-bad-tweet.json").collect([WORK]).values()
    assert isinstance(failure, Malformed)


def test_only_articles_of_plos_are_asked_about() -> None:
    assert not SOURCE.applies(work("10.5555/article.1"))


def test_without_the_address_of_a_view_nothing_is_asked() -> None:
    player = Player(SOURCE)
    with pytest.raises(Rejected, match="url="):
        player.collect([WORK])
    assert player.requests == []


def test_failures_pass() -> None:
    with pytest.raises(Unavailable) as raised:
        Player(SOURCE, Reply(body="", status=408), settings=VIEW).collect([WORK])
    assert raised.value.url == "https://tweets.example.org/view?key=10.1371%2Fjournal.pone.9000001"
    with pytest.raises(Rejected):
        Player(SOURCE, Reply(body="no", status=403), settings=VIEW).collect([WORK])


def test_a_work_without_doi_is_not_asked_about() -> None:
    assert SOURCE.applies(WORK)
    assert not SOURCE.applies(work(None, pmid="90000001"))


def test_a_404_is_zero() -> None:
    absent = Player(SOURCE, Reply(body="Not Found", status=404), settings=VIEW).collect([WORK])
    assert result(absent[WORK.key]).metrics.total == 0
