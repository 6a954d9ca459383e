"""Landing page: the address of recorded pages, and what contradicts it."""

import pytest

from chalicelib.errors import Malformed, RateLimited, Rejected, Unavailable
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

SOURCE = get("landing_page")
WORK = work("10.5555/Landing.1")
ARTICLE = "https://journal.example.org/article/1"


def outcome(body, final_url="", **given):
    content = recorded("landing_page", body) if body.endswith(".html") else body
    player = Player(SOURCE, Reply(body=content, final_url=final_url, **given))
    return player.collect([WORK])[WORK.key]


def found(body, final_url=""):
    told = result(outcome(body, final_url))
    assert told.metrics is None
    return told.identifiers.get("canonical_url")


def test_what_is_asked() -> None:
    odd = work("10.1002/(SICI)1<1:A#B>2.0;2-?")
    player = Player(SOURCE, Reply(body="", final_url=ARTICLE))
    player.collect([odd])
    [request] = player.requests
    assert request.url == "https://doi.org/10.1002/%28SICI%291%3C1%3AA%23B%3E2.0%3B2-%3F"
    assert request.accept == "text/html"


def test_a_redirect_to_a_page_without_hints() -> None:
    assert found("none.html", ARTICLE) == ARTICLE
    assert found("odd-no-end-tags.html", ARTICLE) == ARTICLE
    assert found("", ARTICLE) == ARTICLE


def test_the_address_is_cleaned() -> None:
    escaped = "https://Journal.example.org/doi/10.5555%2FAbc?reload=true&x=1"
    assert found("none.html", escaped) == "https://journal.example.org/doi/10.5555/abc?x=1"
    assert found("none.html", f"{ARTICLE};jsessionid=0123.abc") == ARTICLE
    assert found("none.html", f"{ARTICLE}?via=ihub") == ARTICLE


def test_the_page_agrees() -> None:
    assert found("found.html") == "https://doi.org/10.5555/landing.1"
    assert found("odd-path-only.html", ARTICLE) == ARTICLE
    same = "https://journal.example.org/article/1?id=10.5555%2Flanding.1&x=y"
    assert found("odd-og-url.html", same) == same.replace("%2F", "/")


def test_a_page_with_another_address_is_not_the_works() -> None:
    error = outcome("odd-path-only.html", "https://journal.example.org/article/2")
    assert isinstance(error, Rejected) and error.status == 404
    assert error.message == (
        "Canonical URL mismatch: /article/1 for https://journal.example.org/article/2"
    )
    assert error.body == recorded("landing_page", "odd-path-only.html")
    assert error.url == "https://doi.org/10.5555/Landing.1"


def test_an_address_without_digits_is_no_landing_page() -> None:
    error = outcome("none.html", "https://journal.example.org/sorry")
    assert isinstance(error, Rejected) and error.status == 404
    assert error.message == "DOI 10.5555/Landing.1 could not be resolved"


def test_404() -> None:
    error = outcome("not found", status=404)
    assert isinstance(error, Rejected) and error.status == 404
    assert error.message == "DOI 10.5555/Landing.1 could not be resolved"


def test_a_publisher_that_refuses_fails_this_work_alone() -> None:
    for status in (401, 403):
        error = outcome("", ARTICLE, status=status)
        assert isinstance(error, Rejected) and error.status == status
    assert isinstance(outcome("", ARTICLE, status=429), RateLimited)


def test_doi_org_that_refuses_fails_for_all() -> None:
    with pytest.raises(Rejected):
        outcome("", status=403)


def test_408() -> None:
    with pytest.raises(Unavailable) as raised:
        outcome("", status=408)
    assert raised.value.url == "https://doi.org/10.5555/Landing.1"


def test_without_a_redirect_a_page_without_hints_tells_nothing() -> None:
    assert found("none.html") is None


def test_a_page_that_is_cut_off_in_its_head() -> None:
    assert isinstance(outcome("<html><head><link rel=", ARTICLE), Malformed)


def test_works_whose_page_is_known_are_not_asked_about() -> None:
    assert SOURCE.applies(WORK)
    assert not SOURCE.applies(work("10.5555/landing.1", canonical_url=ARTICLE))
