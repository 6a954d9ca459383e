"""Events in the shapes of 3.9, beyond those of the contract's data, read as clients read them.

What each source makes of its recorded answer goes into the tables, and comes out of API v5.
What else clients do is asked of the deployed application: ``tests/gateway``.
"""

import datetime as dt
from collections.abc import Iterator

import pytest

from chalicelib import sources
from chalicelib.model import Result
from tests.clients.alm_r import RAlm03
from tests.clients.almviz import Almviz
from tests.clients.others import AlmReport
from tests.clients.pyalm import Pyalm
from tests.conftest import empty_tables
from tests.sources.cases import bodies, known_work, play
from tests.visiting import Site, add, install, keep, work

DOI = "10.5555/events"
NAMES = ("facebook", "mendeley", "nature", "twitter", "wikipedia")
WIKIPEDIA = {"en": 3, "de": 0, "fr": 1, "es": 0, "commons": 0, "total": 4}


@pytest.fixture(scope="module")
def site(_aws: None) -> Iterator[Site]:
    """A work that all these sources say something about."""
    with empty_tables():
        site = Site()
        add(work(DOI, "2012-05-03"))
        for name in NAMES:
            source = sources.get(name)
            install(name, source.title, source.group)
            found = play(name, bodies(name, "found"), known_work(name))["the work"]
            assert isinstance(found, Result)
            keep(name, DOI, found)
        yield site


def test_pyalm(site: Site) -> None:
    (article,) = Pyalm(site).get_alm([DOI], info="detail").articles
    told = article.sources
    tweets = [Pyalm.twitter(event) for event in told["twitter"].events]
    assert [tweet.user for tweet in tweets] == ["regrum", "champs"]
    assert tweets[0].created_at == dt.datetime(2012, 5, 20, 17, 59)
    posts = [Pyalm.nature(event) for event in told["nature"].events]
    assert [post.id for post in posts] == [900009, 900008]
    assert posts[0].event_url == "http://blog.example.org/news.php?item.854.5"
    assert Pyalm.wikipedia(told["wikipedia"].events) == WIKIPEDIA
    readers = Pyalm.mendeley(told["mendeley"])
    assert (readers["reader_count"], readers["events_csl"]) == (41, [])
    assert Pyalm.facebook(told["facebook"].events) == {
        "share_count": 28,
        "like_count": None,
        "comment_count": 14,
        "click_count": None,
        "total_count": None,
    }


def test_alm_for_r(site: Site) -> None:
    events = RAlm03(site).alm_events(DOI)
    assert events["wikipedia"] == WIKIPEDIA
    assert [len(events[name]) for name in ("twitter", "nature")] == [2, 2]
    assert events["facebook"]["share_count"] == 28


def test_almviz(site: Site) -> None:
    assert [text.partition(":")[0] for text in Almviz(site).events(DOI)] == [
        *("More on article 9", "More on article 8"),
        *("Don't be blinded http", "@jdoe seen this? http"),
    ]


def test_alm_report(site: Site) -> None:
    (article,) = AlmReport(site).works(DOI)
    told = {source["name"]: source["events"] for source in article["sources"]}
    assert told["mendeley"]["reader_count_by_country"] == {"Germany": 3}
