"""Mendeley: readers and groups, tokens, and the look-ups of 2014."""

import pytest

from chalicelib.errors import Malformed, Rejected, Unavailable
from chalicelib.replay import replay
from chalicelib.sources import get
from tests.sources import tokens
from tests.sources.player import Player, Reply, recorded, result, work

UUID = "1a2b3c4d-0000-3000-8000-000000000001"
WORK = work("10.5555/mendeley.1", title="A measure of attention")
WITH_PMID = work("10.5555/mendeley.1", pmid="90000001", title="A measure of attention")
APP = {"client_id": "1234", "client_secret": "app-secret"}
TOKEN = {"access_token": "fresh-token-1", "expires_in": 3600, "token_type": "bearer"}
OLD = "https://api-oauth2.mendeley.com"
EMPTY = b"[]"


def play(*answers: object, token: str | None = "kept", **settings: str) -> Player:
    read = (recorded("mendeley", a) if isinstance(a, str) else a for a in answers)
    return Player(get("mendeley"), *read, settings={**APP, **settings}, token=token)


def play_2014(*answers: object) -> Player:
    return play(*answers, api="2014")


def test_found() -> None:
    player = play("found.json")
    found = result(player.collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.readers, found.metrics.groups) == (43, 41, 2)
    assert found.events["reader_count_by_country"] == {"Germany": 3}
    assert found.events_url == f"https://www.mendeley.com/catalogue/{UUID}/"
    assert found.identifiers == {"mendeley_uuid": UUID}
    assert player.requests[0].query == {"doi": ["10.5555/mendeley.1"], "view": ["stats"]}
    assert player.requests[0].accept == "application/vnd.mendeley-document.1+json"


def test_a_work_without_doi_is_asked_for_by_pmid() -> None:
    alone = work(None, pmid="90000001")
    player = play("none.json")
    assert result(player.collect([alone])[alone.key]).metrics.total == 0
    assert player.requests[0].query == {"pmid": ["90000001"], "view": ["stats"]}


def test_missing_numbers_are_no_zero() -> None:
    found = result(play("odd-without-groups.json").collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.groups) == (41, None)
    assert isinstance(play("odd-without-readers.json").collect([WORK])[WORK.key], Malformed)


def test_a_token_is_fetched_and_kept() -> None:
    player = play(TOKEN, "found.json", token=None)
    player.collect([WORK])
    asked, catalog = player.requests
    assert (asked.method, asked.url) == ("POST", "https://api.mendeley.com/oauth/token")
    assert asked.body == b"grant_type=client_credentials&scope=all"
    assert asked.headers["Authorization"].startswith("Basic ")
    assert catalog.headers["authorization"] == "Bearer fresh-token-1"
    assert (player.token, player.token_lifetime_seconds) == ("fresh-token-1", 3600)


def test_a_refused_token_is_replaced_and_never_told() -> None:
    client, transport, error = tokens.ask(
        "mendeley",
        WORK,
        (401, "expired: {echo}"),
        (200, TOKEN),
        (403, "refused: {echo}"),
        **APP,
        access_token="given-token-1",
    )
    asked = [request.headers["Authorization"][:6] for request in transport.requests]
    assert asked == ["Bearer", "Basic ", "Bearer"]
    assert error is not None and error.status == 403
    for secret in ("fresh-token-1", "given-token-1", "app-secret"):
        assert secret not in tokens.said(client, error)


def test_a_refused_application_is_an_error() -> None:
    with pytest.raises(Rejected) as raised:
        play(Reply(body="no", status=401), token=None, api="2014").collect([WORK])
    assert raised.value.url == f"{OLD}/oauth/token"


def test_2014_by_pmid() -> None:
    player = play_2014("odd-2014-details.json", "odd-2014-details.json")
    found = result(player.collect([WITH_PMID])[WITH_PMID.key])
    assert (found.metrics.total, found.metrics.readers, found.metrics.groups) == (4, 4, 0)
    assert found.events["discipline"][0]["name"] == "Biological Sciences"
    assert found.events_url == "http://www.mendeley.com/research/measure-attention/"
    assert found.identifiers == {"mendeley_uuid": UUID}
    assert [request.url for request in player.requests] == [
        f"{OLD}/oapi/documents/details/90000001/?type=pmid",
        f"{OLD}/oapi/documents/details/{UUID}",
    ]


def test_2014_by_title_after_two_empty_answers() -> None:
    player = play_2014(EMPTY, EMPTY, "odd-2014-search.json", "odd-2014-details.json")
    assert result(player.collect([WITH_PMID])[WITH_PMID.key]).metrics.total == 4
    assert [request.url for request in player.requests[1:3]] == [
        f"{OLD}/oapi/documents/details/10.5555%252Fmendeley.1/?type=doi",
        f"{OLD}/oapi/documents/search/title:title%3AA+measure+of+attention/?items=10",
    ]


def test_2014_unknown() -> None:
    other = work("10.5555/mendeley.2")
    for looked_up in (EMPTY, "odd-2014-incomplete.json", Reply(body="[]", status=404)):
        found = result(play_2014(looked_up, "odd-2014-search.json").collect([other])[other.key])
        assert (found.metrics.total, found.metrics.readers, found.events) == (0, 0, {})


def test_2014_details_without_numbers() -> None:
    for details in (
        *("odd-2014-incomplete.json", EMPTY, Reply(body="[]", status=404)),
        Reply(body={"error": {"code": 1}}, status=404),
    ):
        player = play_2014("odd-2014-details.json", details)
        assert result(player.collect([WORK])[WORK.key]).metrics.total == 0


@pytest.mark.parametrize("odd", [b"{}", b"null", b"", b"[1]", b'{"error": "later"}'])
def test_2014_other_answers_are_no_zero(odd: bytes) -> None:
    details = "odd-2014-details.json"
    for answers in ((odd,), (EMPTY, odd), (details, odd)):
        with pytest.raises(Malformed):
            play_2014(*answers).collect([WORK])


def test_2014_a_404_in_words_is_an_error() -> None:
    told = Reply(body={"error": "Document 1 not found."}, status=404)
    with pytest.raises(Rejected, match="Document 1 not found"):
        play_2014("odd-2014-details.json", told).collect([WORK])


def test_2014_timeout() -> None:
    with pytest.raises(Unavailable) as raised:
        play_2014("odd-2014-details.json", Reply(body="", status=408)).collect([WORK])
    assert raised.value.url == f"{OLD}/oapi/documents/details/{UUID}"


def test_a_work_without_doi_and_pmid_is_not_asked_about() -> None:
    shown = replay("mendeley", url="https://example.org/1", settings=APP, responses=[])
    assert (shown["total"], shown["requests"]) == (None, [])
