"""Each function may do in the control table what it does and no more: people and keys are in it.

Of every function that is not the API's own all is done that it does there; other tests of the
worker are held to its policy, too (``tests.simulated``).
"""

import datetime as dt

import pytest

from chalicelib import agencies, authorizer, intake, planner, snapshot, sources, worker
from chalicelib.feed import Entry, Page, Publisher
from chalicelib.model import Job
from chalicelib.store import account_keys, accounts, gateway_keys, keys
from chalicelib.store import agencies as kept_agencies
from chalicelib.store.tables import ControlItem
from infra import policies
from tests.rights import acting_as, granted
from tests.simulated import NOW, Queue, install, providers, queue
from tests.visiting import work

__all__ = ["Queue", "providers", "queue"]

FEED, IMPORTER = "retractions", "crossref_publisher"


@pytest.fixture(autouse=True)
def _nothing_is_known(monkeypatch):
    """What other tests have learned of agencies is forgotten."""
    kept_agencies.forget_cache()
    monkeypatch.setattr(agencies, "_asked_in_vain", {})


def feed_job(name):
    day = NOW.date().isoformat()
    return Job(id="1", source=name, feed={"from": day, "to": day, "place": ""})


def test_no_other_function_reads_accounts_or_does_what_it_need_not():
    for function, services in policies.GRANTS.items():
        if function != "api_handler":
            assert "control" not in services["dynamodb"]
            assert not {kind for _, kind in granted(function)} & {
                *("account", "account_mail", "account_orcid", "account_first"),
                *("sign_in", "sign_in_count"),
            }


def test_the_schedule(queue):
    install("crossref", FEED)
    intake.add([work("10.5555/a", "2010-01")], NOW - dt.timedelta(days=900))
    with acting_as("schedule") as used:
        planner.plan(NOW)
    assert used == granted("schedule")


def test_the_worker(queue, monkeypatch):
    install("crossref", IMPORTER)
    monkeypatch.setattr(sources.get(IMPORTER), "read", lambda *_: page_of_an_importer())
    intake.add([work("10.5555/a", "2010-01")], NOW)
    [(_, job)] = queue.sent
    with acting_as("worker") as used:
        worker.run(job, NOW, lambda: 900.0)
        worker.run(feed_job(IMPORTER), NOW, lambda: 900.0)
    assert used == granted("worker")


def page_of_an_importer():
    press = Publisher(
        id="340", name="Press", agency="crossref", other_names=[], prefixes=["10.5555"]
    )
    new = {"doi": "10.5555/new", "title": "New", "year": 2012}
    return Page(entries=[Entry(publisher=press), Entry(work=new)])


def test_dead_letters(queue):
    install(FEED)
    planner.plan(NOW - dt.timedelta(days=1))  # sets when it is read next
    with acting_as("dead_letters") as used:
        worker.dead(feed_job(FEED), NOW - dt.timedelta(days=9))
    assert used == granted("dead_letters")


def test_the_snapshot(queue, usage_plan):
    install("crossref")
    keys.create("ada", "user", NOW, account=accounts.create("ada", "user", NOW))
    for row in ControlItem.query(keys.LISTED_KIND):
        row.delete()  # as it was before there were lists
    with acting_as("snapshot") as used:
        assert snapshot.is_due(NOW)
        assert snapshot.take(NOW)
        account_keys.sweep(NOW)
    assert used == granted("snapshot")


def test_the_authorizer(tables):
    keys.create("ada", "user", NOW, key="kusr")
    event = {"methodArn": "arn:aws:execute-api:x:1:api/api/GET/", "headers": {"x-api-key": "kusr"}}
    with acting_as("authorizer") as used:
        assert authorizer.authorize(event)["usageIdentifierKey"] == keys.hash_of("kusr")
        assert (
            gateway_keys.ANONYMOUS.kind
            == authorizer.authorize(event | {"headers": {}})["principalId"]
        )
    assert used == granted("authorizer")
