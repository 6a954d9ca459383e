"""DataCite (RelatedIdentifier): relations of recorded pages, and how they are kept together."""

import datetime as dt

import pytest

from chalicelib.errors import Malformed
from chalicelib.feed import Window
from chalicelib.sources import get
from tests.sources.player import Player, recorded, work

SOURCE = get("datacite_related")
DAYS = Window(dt.date(2026, 11, 24), dt.date(2026, 11, 25))
ARTICLE = work("10.5555/article.1")


def player(*files):
    return Player(SOURCE, *(recorded("datacite_related", file) for file in files))


def test_one_entry_for_each_related_doi() -> None:
    playing = player("found.json")
    page = SOURCE.read(playing, DAYS, "")
    first, second = page.entries
    assert first.of(ARTICLE) and second.identifiers == {"doi": "10.5555/article.2"}
    assert first.result.metrics.total == 1
    assert first.result.events_as_json() == [
        {
            "event": {
                "doi": "10.5555/data.1",
                "relation_type_ids": ["is_supplement_to", "is_referenced_by"],
            },
            "event_url": "http://doi.org/10.5555/data.1",
        }
    ]
    assert second.result.events[0].event["relation_type_ids"] == ["is_referenced_by"]
    query = playing.requests[0].query
    assert query["query"] == [
        "relatedIdentifiers.relatedIdentifierType:DOI AND "
        "updated:[2026-11-24T00:00:00Z TO 2026-11-25T23:59:59Z]"
    ]
    assert query["page[size]"] == ["200"]


def test_items_are_kept_and_one_that_is_told_again_counts_once() -> None:
    pages = list(SOURCE.pages(player("odd-page-1-of-2.json", "odd-page-2-of-2.json"), DAYS))
    first, second = (page.entries[0].result for page in pages)
    merged = SOURCE.merge([], first, ARTICLE)
    merged = SOURCE.merge(merged.events_as_json(), second, ARTICLE)
    merged = SOURCE.merge(merged.events_as_json(), first, ARTICLE)
    assert merged.metrics.total == 2
    assert [event["event"]["doi"] for event in merged.events_as_json()] == [
        "10.5555/data.1",
        "10.5555/data.2",
    ]
    assert merged.events_url == (
        "http://search.datacite.org/ui?q=relatedIdentifier:10.5555%2Farticle.1"
    )


def test_a_bad_item_fails_alone() -> None:
    page = SOURCE.read(player("odd-bad-item.json"), DAYS, "")
    assert (len(page.entries), len(page.failed)) == (1, 1)


@pytest.mark.parametrize("file", ["odd-error-in-200.json", "odd-not-all.json"])
def test_no_list_and_half_a_list_are_no_empty_list(file) -> None:
    with pytest.raises(Malformed):
        SOURCE.read(player(file), DAYS, "")


def test_nothing_was_updated() -> None:
    assert SOURCE.read(player("none.json"), DAYS, "").entries == []
