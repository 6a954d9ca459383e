"""Biod: usage by month in XML."""

import pytest

from chalicelib.errors import Malformed, Rejected, Unavailable
from chalicelib.model import Result
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

SOURCE = get("biod")
WORK = work("10.5555/article.1")


def play(file: str) -> Player:
    return Player(SOURCE, recorded("biod", file))


def outcome(file: str) -> Result:
    return result(play(file).collect([WORK])[WORK.key])


def test_found() -> None:
    found = outcome("found.xml")
    assert (found.metrics.html, found.metrics.pdf, found.metrics.total) == (355, 104, 460)
    assert found.events_as_json() == [
        {"month": "11", "year": "2012", "pdf_views": "90", "xml_views": "1", "html_views": "299"},
        {"month": "12", "year": "2012", "pdf_views": "14", "xml_views": 0, "html_views": "56"},
    ]
    assert found.by_month == [
        {"year": 2012, "month": 11, "html": 299, "pdf": 90},
        {"year": 2012, "month": 12, "html": 56, "pdf": 14},
    ]
    assert found.events_url is None


def test_one_month() -> None:
    found = outcome("odd-one-month.xml")
    assert (found.metrics.html, found.metrics.pdf, found.metrics.total) == (3, 0, 3)


def test_none() -> None:
    found = outcome("none.xml")
    assert (found.metrics.html, found.metrics.pdf, found.metrics.total) == (0, 0, 0)
    assert found.by_month == []


def test_what_is_no_month_is_malformed() -> None:
    [failure] = play("odd-no-month.xml").collect([WORK]).values()
    assert isinstance(failure, Malformed)


def test_failures_pass() -> None:
    with pytest.raises(Unavailable) as raised:
        Player(SOURCE, Reply(body="", status=408)).collect([WORK])
    assert (
        raised.value.url
        == "http://www.plosreports.org/services/rest?method=usage.stats&journal=biod&doi=10.5555%2Farticle.1"
    )
    with pytest.raises(Rejected):
        Player(SOURCE, Reply(body="no", status=403)).collect([WORK])


def test_a_work_without_doi_is_not_asked_about() -> None:
    assert SOURCE.applies(WORK)
    assert not SOURCE.applies(work(None, pmid="90000001"))
