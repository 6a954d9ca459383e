"""figshare statistics: from the DOI to the item and its totals."""

import pytest

from chalicelib.errors import Malformed
from chalicelib.sources import get
from tests.sources.player import Player, recorded, result, work

WORK = work("10.6084/M9.figshare.90000003", key="10.6084/m9.figshare.90000003")
TOTALS = ("found-views.json", "found-downloads.json", "found-shares.json")


def play(*files: str) -> Player:
    source = "figshare_statistics"
    return Player(get(source), *(recorded(source, file) for file in files))


def test_found() -> None:
    player = play("found.json", *TOTALS)
    found = result(player.collect([WORK])[WORK.key])
    assert (found.metrics.html, found.metrics.pdf, found.metrics.total) == (231, 33, 264)
    assert found.notes == {"article_id": 90000003, "shares": 4}
    assert found.events_url == "https://figshare.com/articles/dataset/Invented_figure/90000003"
    assert player.requests[0].query == {"doi": ["10.6084/m9.figshare.90000003"]}
    assert [request.url for request in player.requests[1:]] == [
        f"https://stats.figshare.com/total/{counter}/article/90000003"
        for counter in ("views", "downloads", "shares")
    ]


def test_an_item_that_nobody_saw() -> None:
    zero = "odd-zero.json"
    found = result(play("found.json", zero, zero, zero).collect([WORK])[WORK.key])
    assert (found.metrics.html, found.metrics.pdf, found.metrics.total) == (0, 0, 0)


def test_an_unknown_doi_is_zero_after_one_call() -> None:
    found = result(play("none.json").collect([WORK])[WORK.key])
    assert (found.metrics.html, found.metrics.pdf, found.metrics.total) == (0, 0, 0)


@pytest.mark.parametrize(
    "files", [("odd-other-item.json",), ("found.json", "odd-unknown-counter.json")]
)
def test_other_answers_are_no_zero(files: tuple[str, ...]) -> None:
    with pytest.raises(Malformed):
        play(*files).collect([WORK])
