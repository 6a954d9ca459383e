"""The usage plans hold, however a key comes; refusals look as the API's own."""

import dataclasses
from collections.abc import Callable

import pytest

from infra import gateway
from tests.contract import ALPHA, WRONG_KEY
from tests.gateway.site import GENEROUS, GatewaySite, Limits
from tests.signing_in import ARTICLES, NOT_AUTHORIZED, Client
from tests.visiting import Seen

pytestmark = pytest.mark.gateway

PATH = f"/api/v5/articles?ids={ALPHA}&info=summary"
SLOW = 0.001  # requests a second: what was used up does not come back while a test runs

#: The ways in which a key comes (api.md 1.1, 11.1).
WAYS: dict[str, Callable[[GatewaySite, str], Seen]] = {
    "parameter": lambda site, key: site.ask("GET", f"{PATH}&api_key={key}"),
    "header": lambda site, key: site.ask("GET", PATH, {"x-api-key": key}),
    "token": lambda site, key: site.ask("GET", PATH, {"Authorization": f"Token token={key}"}),
}


def check_refusal(seen: Seen, error: str, seconds: str) -> None:
    assert (seen.status, seen.json) == (429, {"error": error})
    assert seen.headers["content-type"].startswith("application/json")
    assert seen.headers["retry-after"] == seconds
    assert seen.headers["access-control-allow-origin"] == "*"


def check_throttled(seen: Seen) -> None:
    check_refusal(seen, "Too many requests. Please slow down.", "1")


def test_the_deployed_limits_are_those_declared(site: GatewaySite) -> None:
    assert site.deployed == {
        plan.suffix: Limits(plan.rate_per_second, plan.burst, plan.quota_per_day)
        for plan in (gateway.STANDARD, gateway.ANONYMOUS)
    }


def test_all_ways_of_a_key_share_its_burst(site: GatewaySite) -> None:
    limits = dataclasses.replace(GENEROUS, rate_per_second=SLOW, burst=len(WAYS))
    with site.limited("standard", limits):
        for ask in WAYS.values():
            assert ask(site, "kburst").status == 200
        for ask in WAYS.values():
            check_throttled(ask(site, "kburst"))
        assert WAYS["parameter"](site, "kusr").status == 200  # which has a burst of its own


def test_all_ways_of_a_key_share_its_day(site: GatewaySite) -> None:
    with site.limited("standard", dataclasses.replace(GENEROUS, quota_per_day=len(WAYS))):
        for ask in WAYS.values():
            assert ask(site, "kquota").status == 200
        for ask in WAYS.values():
            check_refusal(ask(site, "kquota"), "The daily limit is used up.", "3600")
    assert WAYS["header"](site, "kquota").status == 200


def of_nobody(site: GatewaySite) -> list[Seen]:
    """The answers to requests without a known key: none, wrong ones, an account's, a form's."""
    form = {"X-HTTP-Method-Override": "GET", "Content-Type": "application/x-www-form-urlencoded"}
    return [
        site.ask("GET", PATH),
        *(ask(site, "nope") for ask in WAYS.values()),
        Client(site).get(ARTICLES, name="uma"),
        site.ask("POST", "/api/v5/articles", form, b"api_key=kusr&info=summary"),
    ]


def test_who_comes_without_a_known_key_shares_one_plan(site: GatewaySite) -> None:
    usual = of_nobody(site)
    assert [seen.status for seen in usual] == [401, 401, 401, 401, 401, 200]
    for seen in usual[:4]:
        error = f'"total":0,"total_pages":0,"page":0,"error":"{WRONG_KEY}","data":[]'
        assert seen.text == f"{{{error}}}"
    assert usual[4].json["error"] == NOT_AUTHORIZED
    with site.limited("anonymous", dataclasses.replace(GENEROUS, rate_per_second=SLOW, burst=1)):
        assert site.ask("GET", PATH).status == 401
        for seen in of_nobody(site):
            check_throttled(seen)
        assert WAYS["token"](site, "kusr").status == 200
        for path in ("/heartbeat", f"/oembed?url=/articles/{ALPHA}", f"/articles/{ALPHA}"):
            assert site.ask("GET", path).status == 200  # where no key is asked for
        assert site.ask("OPTIONS", PATH).status == 200


def test_the_day_of_those_without_a_key(site: GatewaySite) -> None:
    with site.limited("anonymous", dataclasses.replace(GENEROUS, quota_per_day=1)):
        for _ in range(2):  # the first may be the last of the day
            seen = site.ask("GET", PATH)
        check_refusal(seen, "The daily limit is used up.", "3600")
