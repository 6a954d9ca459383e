"""Wikidata: numbers, item pages and the escaping of the query, with recorded answers."""

from urllib.parse import parse_qs

import pytest

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

WORKS = [work(f"10.5555/wd.{number}") for number in (1, 2, 3)]


def play(file: str) -> Player:
    return Player(get("wikidata"), recorded("wikidata", file))


def test_found() -> None:
    outcomes = play("found.json").collect(WORKS)
    first, second, _ = (result(outcomes[work.key]) for work in WORKS)
    assert first.metrics.total == first.metrics.citations == 17
    assert first.events_url == "https://www.wikidata.org/wiki/Q990000001"
    assert first.notes == {"items": ["Q990000001"]}
    assert (second.metrics.total, second.events_url, second.notes) == (0, None, {})


def test_of_two_items_the_most_cited_counts() -> None:
    outcomes = play("odd-two-items.json").collect(WORKS)
    first, second, third = (result(outcomes[work.key]) for work in WORKS)
    assert first.metrics.total == 6
    assert first.events_url == "https://www.wikidata.org/wiki/Q990000001"
    assert first.notes == {"items": ["Q990000001", "Q990000009"]}
    assert (second.metrics.total, second.notes) == (0, {"items": ["Q990000002"]})
    assert (third.metrics.total, third.notes) == (0, {})


def test_a_bad_row_fails_its_work_only() -> None:
    outcomes = play("odd-one-bad-row.json").collect(WORKS)
    assert result(outcomes[WORKS[0].key]).metrics.total == 17
    assert isinstance(outcomes[WORKS[1].key], Malformed)
    assert isinstance(outcomes[WORKS[2].key], Malformed)


def test_an_answer_cut_off_by_the_time_limit_is_no_zero() -> None:
    with pytest.raises(Malformed):
        play("odd-cut-off.json").collect(WORKS)


def test_one_query_asks_for_all_in_upper_case_and_cannot_be_broken_out_of() -> None:
    player = play("none.json")
    player.collect([work('10.5555/a"} ?x ?y ?z . #\\\n'), work("10.5555/\u00dfs")])
    (request,) = player.requests
    (query,) = parse_qs(request.body.decode())["query"]
    assert request.method == "POST"
    assert request.accept == "application/sparql-results+json"
    assert ('VALUES ?doi { "10.5555/A\\"} ?X ?Y ?Z . #\\\\\\u000A" "10.5555/\u00dfS" }') in query
