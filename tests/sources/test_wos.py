"""Web of Science: the Starter API, and the XML service of 2014."""

import pytest

from chalicelib.errors import Malformed, Rejected, Unavailable
from chalicelib.sources import get
from tests.sources.player import Player, Reply, recorded, result, work

WORK = work("10.5555/wos.1")
OTHER = work("10.5555/wos.2")
KEY = {"api_key": "the-key"}
OLD = {**KEY, "api": "2014", "url": "https://wos.example.org:80/cps/xrpc"}
REQUEST = b"""<?xml version="1.0" encoding="UTF-8"?>
<request xmlns="http://www.isinet.com/xrpc42" \
src="app.id=Lagotto,env.id=production,partner.email=operator@example.org">
  <fn name="LinksAMR.retrieve">
    <list>
      <map/>
      <map>
        <list name="WOS">
          <val>timesCited</val>
          <val>ut</val>
          <val>citingArticlesURL</val>
        </list>
      </map>
      <map>
        <map name="cite_id">
          <val name="doi">10.5555/a&lt;b&gt;&amp;c</val>
        </map>
      </map>
    </list>
  </fn>
</request>
"""


def play(*files: str, settings: dict[str, str] = KEY) -> Player:
    return Player(get("wos"), *(recorded("wos", file) for file in files), settings=settings)


def test_found() -> None:
    player = play("found.json")
    outcomes = player.collect([WORK, OTHER])
    found = result(outcomes[WORK.key])
    assert found.metrics.total == found.metrics.citations == 1005
    assert found.identifiers == {"wos": "000237966900006"}
    assert found.events_url == (
        "https://www.webofscience.com/api/gateway"
        "?KeyUT=WOS:000237966900006&DestLinkType=CitingArticles"
    )
    assert found.events == {}
    assert result(outcomes[OTHER.key]).metrics.total == 0
    [request] = player.requests
    assert request.query["q"] == ['DO=("10.5555/wos.1" OR "10.5555/wos.2")']
    assert request.headers == {"X-ApiKey": "the-key"}


def test_the_numbers_are_private() -> None:
    assert get("wos").private and not get("wos").on_by_default


def test_a_plan_without_times_cited_is_no_zero() -> None:
    outcomes = play("odd-without-citations.json").collect([WORK, OTHER])
    assert isinstance(outcomes[WORK.key], Malformed)
    assert "times cited" in str(outcomes[WORK.key])
    assert result(outcomes[OTHER.key]).metrics.total == 7


def test_all_pages_are_read() -> None:
    player = play("odd-cut-list.json", "found.json")
    outcomes = player.collect([WORK, OTHER])
    assert [result(outcomes[w.key]).metrics.total for w in (WORK, OTHER)] == [1005, 7]
    assert [request.query["page"] for request in player.requests] == [["1"], ["2"]]


def test_what_a_cut_list_lacks_is_no_zero() -> None:
    outcomes = play("odd-cut-list.json", "none.json").collect([WORK, OTHER])
    assert isinstance(outcomes[WORK.key], Malformed)


def test_found_in_2014() -> None:
    player = play("odd-2014-found.xml", settings=OLD)
    found = result(player.collect([WORK])[WORK.key])
    assert (found.metrics.total, found.metrics.citations, found.events) == (1005, 1005, {})
    assert found.events_url == (
        "http://gateway.example.org/gateway?KeyUT=000237966900006&DestLinkType=CitingArticles"
    )
    assert found.identifiers == {"wos": "000237966900006"}


def test_the_request_of_2014() -> None:
    odd = work("10.5555/a<b>&c")
    player = play("odd-2014-none.xml", settings=OLD)
    found = result(player.collect([odd])[odd.key])
    assert (found.metrics.total, found.events_url) == (0, None)
    [request] = player.requests
    assert (request.method, request.body) == ("POST", REQUEST)
    assert request.accept == "application/xml"


def test_a_lone_number_of_2014_is_no_count() -> None:
    found = result(play("odd-2014-number-alone.xml", settings=OLD).collect([WORK])[WORK.key])
    assert (found.metrics.total, found.events_url) == (0, None)
    assert found.identifiers == {"wos": "000308063700032"}


def test_a_refused_address_of_2014() -> None:
    with pytest.raises(Rejected, match="No matches returned for IP Address") as raised:
        play("odd-2014-refused.xml", settings=OLD).collect([WORK])
    assert raised.value.status == 401
    assert "for article 10.5555/wos.1" in raised.value.message


def test_errors() -> None:
    with pytest.raises(Unavailable) as raised:
        Player(get("wos"), Reply(body="", status=408), settings=OLD).collect([WORK])
    assert raised.value.url.startswith("https://wos.example.org")
    for settings in (KEY, OLD):
        with pytest.raises(Rejected):
            Player(get("wos"), Reply(body="", status=404), settings=settings).collect([WORK])
    with pytest.raises(Rejected, match="no URL"):
        Player(get("wos"), settings={**KEY, "api": "2014"}).collect([WORK])
