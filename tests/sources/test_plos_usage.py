"""PLOS usage: many articles in one query."""

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

WORK, OTHER, THIRD = (work(f"10.1371/journal.pone.900000{number}") for number in (1, 2, 3))


def play(file: str) -> Player:
    return Player(get("plos_usage"), recorded("plos_usage", file))


def test_found() -> None:
    outcomes = play("found.json").collect([WORK, OTHER])
    found = result(outcomes[WORK.key])
    assert found.metrics.total == 4321
    assert found.metrics.html is found.metrics.pdf is None
    assert found.notes == {"last_30_days": 17}
    assert result(outcomes[OTHER.key]).metrics.total == 0


def test_one_query_for_all() -> None:
    player = play("none.json")
    player.collect([WORK, OTHER])
    assert [request.query for request in player.requests] == [
        {
            "q": ['id:("10.1371/journal.pone.9000001" OR "10.1371/journal.pone.9000002")'],
            "fq": ["doc_type:full"],
            "fl": ["id,counter_total_all,counter_total_month"],
            "wt": ["json"],
            "rows": ["100"],
        }
    ]


def test_a_document_without_count_fails_its_work_only() -> None:
    outcomes = play("odd-one-without-count.json").collect([WORK, OTHER, THIRD])
    assert result(outcomes[WORK.key]).metrics.total == 4321
    assert isinstance(outcomes[OTHER.key], Malformed)
    assert result(outcomes[THIRD.key]).metrics.total == 0


def test_what_was_not_sent_is_no_zero() -> None:
    outcomes = play("odd-incomplete.json").collect([WORK, OTHER])
    assert result(outcomes[WORK.key]).metrics.total == 4321
    assert isinstance(outcomes[OTHER.key], Malformed)


def test_other_publishers_are_not_asked_about() -> None:
    assert get("plos_usage").applies(WORK)
    assert not get("plos_usage").applies(work("10.5555/1"))
