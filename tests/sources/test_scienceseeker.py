"""ScienceSeeker: an Atom feed of posts."""

import pytest

from chalicelib.errors import Rejected, Unavailable
from chalicelib.model import Result
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

SOURCE = get("scienceseeker")
WORK = work("10.5555/article.1")
PAGE = "http://scienceseeker.org/posts/?filter0=citation&modifier0=doi&value0=10.5555%2Farticle.1"


def play(file: str) -> Player:
    return Player(SOURCE, recorded("scienceseeker", file))


def outcome(file: str) -> Result:
    return result(play(file).collect([WORK])[WORK.key])


def test_found() -> None:
    found = outcome("found.xml")
    assert found.metrics.total == found.metrics.citations == 2
    assert found.events_url == PAGE
    first, second = found.events_as_json()
    assert first["event"]["id"] == "http://scienceseeker.org/post/900001"
    assert first["event_time"] == "2012-05-18T07:58:34Z"
    assert first["event_csl"] == {
        "author": [{"family": "Duncan", "given": ""}],
        "title": "Numbers and words 1",
        "container-title": "An invented blog",
        "issued": {"date-parts": [[2012, 5, 18]]},
        "url": first["event_url"],
        "type": "post",
    }
    assert second["event_csl"]["author"] == [{"family": "Doe", "given": "Jane Q."}]


def test_one_entry_with_two_links_and_no_names() -> None:
    [event] = outcome("odd-one-entry-two-links.xml").events_as_json()
    assert event["event_url"] == "http://blog.example.org/3/"
    assert event["event_csl"]["author"] == event["event_csl"]["title"] == ""


@pytest.mark.parametrize("file", ["none.xml", "odd-incomplete.xml"])
def test_none(file: str) -> None:
    found = outcome(file)
    assert (found.metrics.total, found.events_url) == (0, PAGE)


def test_failures_pass() -> None:
    with pytest.raises(Unavailable) as raised:
        Player(SOURCE, Reply(body="", status=408)).collect([WORK])
    assert (
        raised.value.url
        == "http://scienceseeker.org/search/default/?type=post&filter0=citation&modifier0=doi&value0=10.5555%2Farticle.1"
    )
    with pytest.raises(Rejected):
        Player(SOURCE, Reply(body="no", status=403)).collect([WORK])


def test_a_work_without_doi_is_not_asked_about() -> None:
    assert SOURCE.applies(WORK)
    assert not SOURCE.applies(work(None, pmid="90000001"))


def test_a_404_is_zero() -> None:
    absent = Player(SOURCE, Reply(body="Not Found", status=404)).collect([WORK])
    assert result(absent[WORK.key]).metrics.total == 0
