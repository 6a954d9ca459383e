"""OpenEdition: an RSS feed in RDF."""

import pytest

from chalicelib.errors import Rejected, Unavailable
from chalicelib.model import Result
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

SOURCE = get("openedition")
WORK = work("10.5555/article.1")
QUERY = "?op[]=AND&q[]=10.5555%2Farticle.1&field[]=All&pf=Hypotheses.org"
PAGE = f"http://search.openedition.org/index.php{QUERY}"


def play(file: str) -> Player:
    return Player(SOURCE, recorded("openedition", file))


def outcome(file: str) -> Result:
    return result(play(file).collect([WORK])[WORK.key])


def test_found() -> None:
    found = outcome("found.xml")
    assert found.metrics.total == found.metrics.citations == 2
    assert found.events_url == PAGE
    first = found.events_as_json()[0]
    assert first["event_url"] == "http://inventa.hypotheses.org/?p=1666"
    assert first["event"]["creator"] == "inventa"
    assert first["event"]["isPartOf"] == "Inventa"
    assert "event_csl" not in first


def test_one_item() -> None:
    assert outcome("odd-one-item.xml").times() == ["2013-05-27T00:00:00Z"]


def test_none() -> None:
    found = outcome("none.xml")
    assert (found.metrics.total, found.events_url) == (0, PAGE)


def test_failures_pass() -> None:
    with pytest.raises(Unavailable) as raised:
        Player(SOURCE, Reply(body="", status=408)).collect([WORK])
    assert raised.value.url == (
        "http://search.openedition.org/feed.php?op%5B%5D=AND&q%5B%5D=10.5555%2Farticle.1"
        "&field%5B%5D=All&pf=Hypotheses.org"
    )
    with pytest.raises(Rejected):
        Player(SOURCE, Reply(body="no", status=403)).collect([WORK])


def test_a_work_without_doi_is_not_asked_about() -> None:
    assert SOURCE.applies(WORK)
    assert not SOURCE.applies(work(None, pmid="90000001"))


def test_a_404_is_zero() -> None:
    absent = Player(SOURCE, Reply(body="Not Found", status=404)).collect([WORK])
    assert result(absent[WORK.key]).metrics.total == 0
