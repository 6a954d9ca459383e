"""The usage plans hold, however a key comes; refusals look as the API's own."""

import dataclasses
from collections.abc import Callable

import pytest

from chalicelib.store.gateway_keys import ANONYMOUS, PEOPLE, POSTS, SHARED, STANDARD, Plan
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
        plan.kind: Limits(plan.rate_per_second, plan.burst, plan.quota_per_day)
        for plan in (STANDARD, *SHARED)
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


FORM = {"X-HTTP-Method-Override": "GET", "Content-Type": "application/x-www-form-urlencoded"}

#: Requests without a key that the gateway knows, by the plan that all of their kind share.
SHARING: dict[Plan, Callable[[GatewaySite], list[Seen]]] = {
    ANONYMOUS: lambda site: [site.ask("GET", PATH), *(ask(site, "no") for ask in WAYS.values())],
    PEOPLE: lambda site: [Client(site).get(ARTICLES, name="uma")],
    POSTS: lambda site: [
        site.ask("POST", "/api/v5/articles", FORM, body + b"&info=summary")
        for body in (b"api_key=kusr", b"api_key=no")
    ],
}


def test_requests_without_a_known_key_are_answered_by_the_app(site: GatewaySite) -> None:
    usual = {plan: ask(site) for plan, ask in SHARING.items()}
    statuses = {plan: [seen.status for seen in answers] for plan, answers in usual.items()}
    assert statuses == {ANONYMOUS: [401] * 4, PEOPLE: [401], POSTS: [200, 401]}
    for seen in (*usual[ANONYMOUS], usual[POSTS][1]):
        error = f'"total":0,"total_pages":0,"page":0,"error":"{WRONG_KEY}","data":[]'
        assert seen.text == f"{{{error}}}"
    assert usual[PEOPLE][0].json["error"] == NOT_AUTHORIZED


@pytest.mark.parametrize("plan", SHARED, ids=lambda plan: plan.kind)
def test_all_of_a_kind_without_a_known_key_share_one_plan(site: GatewaySite, plan: Plan) -> None:
    limits = dataclasses.replace(GENEROUS, rate_per_second=SLOW, burst=1)
    with site.limited(plan.kind, limits):
        assert SHARING[plan](site)[0].status in (200, 401)
        for seen in SHARING[plan](site):
            check_throttled(seen)
        for other in SHARED:
            if other != plan:
                assert 429 not in {seen.status for seen in SHARING[other](site)}
        assert WAYS["token"](site, "kusr").status == 200
        for path in ("/heartbeat", f"/oembed?url=/articles/{ALPHA}", f"/articles/{ALPHA}"):
            assert site.ask("GET", path).status == 200  # where no key is asked for
        assert site.ask("OPTIONS", PATH).status == 200


def test_the_day_of_those_without_a_key(site: GatewaySite) -> None:
    with site.limited("anonymous", dataclasses.replace(GENEROUS, quota_per_day=1)):
        for _ in range(2):  # the first may be the last of the day
            seen = site.ask("GET", PATH)
        check_refusal(seen, "The daily limit is used up.", "3600")
