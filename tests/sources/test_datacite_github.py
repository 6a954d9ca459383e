"""DataCite (Github): relations of recorded pages, and how they are kept together."""

import datetime as dt

import pytest

from chalicelib.errors import Malformed
from chalicelib.feed import Window
from chalicelib.sources import get
from tests.sources.player import Player, recorded, work

SOURCE = get("datacite_github")
DAYS = Window(dt.date(2026, 11, 24), dt.date(2026, 11, 25))
TOOL = work("10.5555/tool", canonical_url="https://github.com/Example/invented-tool")


def player(*files):
    return Player(SOURCE, *(recorded("datacite_github", file) for file in files))


def test_the_repository_and_what_was_deposited() -> None:
    playing = player("found.json")
    [entry] = SOURCE.read(playing, DAYS, "").entries
    assert entry.identifiers == {"canonical_url": "https://github.com/example/invented-tool"}
    assert entry.of(TOOL)
    assert entry.result.metrics.total == 1
    [event] = entry.result.events
    assert event.url == "http://doi.org/10.5281/zenodo.9000001"
    relation, part, contribution = event.event["deposits"]
    url = "https://github.com/example/invented-tool/tree/v1.0"
    assert relation["relation"] == {
        "subj_id": "http://doi.org/10.5281/zenodo.9000001",
        "obj_id": url,
        "relation_type_id": "is_supplement_to",
        "source_id": "datacite_github",
    }
    assert part["relation"]["subj_id"] == url
    assert part["relation"]["relation_type_id"] == "is_part_of"
    assert contribution["contribution"] == {
        "subj_id": "https://github.com/example",
        "obj_id": "https://github.com/example/invented-tool",
        "source_id": "github_contributor",
    }
    assert playing.requests[0].query["query"] == [
        r"relatedIdentifiers.relatedIdentifier:https\:\/\/github.com* AND "
        "updated:[2026-11-24T00:00:00Z TO 2026-11-25T23:59:59Z]"
    ]


def test_items_are_kept_and_one_that_is_told_again_counts_once() -> None:
    pages = list(SOURCE.pages(player("odd-page-1-of-2.json", "odd-page-2-of-2.json"), DAYS))
    first, second = (page.entries[0].result for page in pages)
    assert [event.event["deposits"][0]["relation"]["obj_id"] for event in second.events] == [
        "https://github.com/example/invented-tool/tree/v1.1",
        "https://github.com/example/invented-tool.git",
    ]
    merged = SOURCE.merge([], first, TOOL)
    merged = SOURCE.merge(merged.events_as_json(), second, TOOL)
    merged = SOURCE.merge(merged.events_as_json(), first, TOOL)
    assert merged.metrics.total == 2
    assert len(merged.events) == 3
    other = pages[1].entries[1]
    assert other.identifiers == {"canonical_url": "https://github.com/example/other"}


def test_other_works_are_left_out() -> None:
    assert SOURCE.applies(TOOL)
    assert not SOURCE.applies(work("10.5555/x", canonical_url="https://example.org/example/x"))
    assert not SOURCE.applies(work("10.5555/x", canonical_url="https://github.com/example"))


def test_a_bad_item_fails_alone() -> None:
    page = SOURCE.read(player("odd-bad-item.json"), DAYS, "")
    assert (len(page.entries), len(page.failed)) == (2, 1)


@pytest.mark.parametrize("file", ["odd-error-in-200.json", "odd-not-all.json"])
def test_no_list_and_half_a_list_are_no_empty_list(file) -> None:
    with pytest.raises(Malformed):
        SOURCE.read(player(file), DAYS, "")


def test_nothing_was_updated() -> None:
    assert SOURCE.read(player("none.json"), DAYS, "").entries == []
