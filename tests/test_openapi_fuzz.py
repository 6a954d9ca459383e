"""The description of the API holds for whatever is sent: good, bad and nasty requests, thousands.

They are the same in every run. Those to one path are one test, so that tests can run side by
side; a failure tells what was sent.
"""

import datetime as dt

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chalicelib.openapi import document
from tests.signing_in import Client
from tests.visiting import NOW

OPERATIONS = list(document.operations())
PATHS = sorted({operation.path for operation in OPERATIONS})
#: Of these requests are made at random, too: their parameters and bodies hold the most.
RICH = (
    *("listArticles", "listArticlesByPost", "listArticlesV3", "getArticleV3", "createArticle"),
    *("patchArticle", "listAlerts", "getEmbed"),
)
EXAMPLES = 25
#: Path → how many requests schemathesis makes of its operations at least.
GENERATED = {
    "/alerts.rss": 120,
    "/api/openapi.json": 60,
    "/api/v3/articles": 130,
    "/api/v3/articles/{id}": 120,
    "/api/v4/alerts": 130,
    "/api/v4/articles": 130,
    "/api/v4/articles/{id}": 230,
    "/api/v5/api_requests": 130,
    "/api/v5/api_requests.json": 35,
    "/api/v5/articles": 130,
    "/api/v5/articles.json": 35,
    "/api/v5/publishers": 110,
    "/api/v5/publishers.json": 35,
    "/api/v5/sources": 90,
    "/api/v5/sources.json": 35,
    "/api/v5/sources/{name}": 100,
    "/api/v5/status": 90,
    "/api/v5/status.json": 35,
    "/heartbeat": 60,
    "/oembed": 130,
    "/sources/{name}.rss": 120,
}


@pytest.fixture(scope="module")
def fuzzer(accounts_site):
    from chalicelib import alert_list, api, overview, planner
    from chalicelib.store import alerts, requests
    from tests.fuzzing import Fuzzer, guard_tables

    for name in ("Net::HTTPRequestTimeOut", "Crash"):
        alerts.put(alerts.Alert(class_name=name, source="pmc", work_key="doi:10.5555/alpha.1"), NOW)
    for _ in range(2):
        accounts_site.get("/api/v5/articles", ids="10.5555/alpha.1")
    now = dt.datetime.now(dt.UTC)
    # What takes a hundred reads of the tables is read once.
    views, newest = overview.source_views(now), list(requests.newest(now.date()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overview, "source_views", lambda _: views)
        patch.setattr(requests, "newest", lambda _: iter(newest))
        patch.setattr(alert_list.sources, "names", lambda: ("retired",))
        patch.setattr(api, "record", lambda _: None)
        patch.setattr(planner.queues, "send", lambda batch: len(list(batch)))
        counts = {"visible": 1, "in_flight": 2, "delayed": 3}
        patch.setattr(overview.queues, "counts", lambda: counts)
        guard_tables(patch)
        yield Fuzzer(accounts_site)


def write(site):
    """There is a work that can be changed and deleted."""
    from tests.fuzzing import WRITTEN

    made = Client(site).post({"doi": WRITTEN, "title": "T", "year": 2012})
    assert made.status == 201 or "taken" in made.text


def test_it_is_thousands_to_every_path():
    assert GENERATED.keys() == set(PATHS)
    assert sum(GENERATED.values()) + EXAMPLES * len(RICH) >= 2000


@pytest.mark.parametrize("path", PATHS)
def test_answers_are_as_described(fuzzer, accounts_site, path):
    sent = 0
    for operation in OPERATIONS:
        if operation.path == path:
            if operation.endpoint.verb != "GET":
                write(accounts_site)
            generated, nasty = fuzzer.generated(operation), fuzzer.nasty(operation)
            statuses = {fuzzer.send(request).status for request in (*nasty, *generated)}
            assert statuses & {200, 201}, "nothing was ever answered"
            sent += len(generated)
    assert sent >= GENERATED[path]


@pytest.mark.parametrize("name", RICH)
def test_answers_to_anything_are_as_described(fuzzer, name):
    from tests.fuzzing import CALLERS

    (operation,) = (o for o in OPERATIONS if o.document["operationId"] == name)
    callers = st.sampled_from(CALLERS[operation.endpoint.callers])
    sent = 0

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(fuzzer.strategy(operation), callers)
    def send(case, caller):
        nonlocal sent
        fuzzer.send(fuzzer.of_case(case, caller))
        sent += 1

    send()
    assert sent >= EXAMPLES
