"""DataONE usage: reads by month of recorded answers."""

import pytest

from chalicelib.errors import Malformed, Rejected
from chalicelib.model import PartialDate
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

WORK = work("10.5063/F1Invent", issued=PartialDate(2014, 9, 22))


def play(file: str) -> Player:
    return Player(get("dataone_usage"), recorded("dataone_usage", file))


def test_found() -> None:
    found = result(play("found.json").collect([WORK])[WORK.key])
    assert found.metrics.total == 23
    assert found.metrics.html is found.metrics.pdf is None
    assert found.by_month == [
        {"year": 2014, "month": 9, "total": 17},
        {"year": 2014, "month": 12, "total": 6},
    ]


def test_the_question() -> None:
    player = play("none.json")
    player.collect([WORK])
    [query] = [request.query for request in player.requests]
    spellings = '"doi:10.5063/F1Invent" OR "doi:10.5063/F1INVENT" OR "doi:10.5063/f1invent"'
    assert query["q"] == [f"pid:({spellings}) AND isRepeatVisit:false AND inPartialRobotList:false"]
    assert query["fq"] == ["event:read"]
    assert query["facet.range.start"] == ["2014-09-01T00:00:00Z"]
    assert (query["facet.range.end"], query["facet.range.gap"]) == (["NOW"], ["+1MONTH"])


def test_a_work_with_an_ark_goes_by_it() -> None:
    player = play("none.json")
    player.collect([work("10.5063/F1Invent", ark="ark:/12345/x1")])
    assert player.requests[0].query["q"][0].startswith('pid:("ark:/12345/x1") AND ')


@pytest.mark.parametrize("file", ["odd-half-a-month.json", "odd-without-facets.json"])
def test_other_answers_are_malformed(file: str) -> None:
    with pytest.raises(Malformed):
        play(file).collect([WORK])


def test_a_404_is_no_zero() -> None:
    with pytest.raises(Rejected):
        Player(get("dataone_usage"), Reply(body="", status=404)).collect([WORK])
