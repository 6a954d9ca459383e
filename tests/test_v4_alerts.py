"""API v4: the list of alerts, its filters and pages."""

import datetime as dt
from urllib.parse import quote

import pytest

from chalicelib import alert_list
from chalicelib.store import alerts
from chalicelib.store.alerts import Alert
from tests.contract import GAMMA
from tests.signing_in import ALERTS, Client
from tests.visiting import NOW, add, work


@pytest.fixture
def client(accounts_site, sent):
    return Client(accounts_site)


@pytest.fixture
def some_alerts(client, monkeypatch):
    """Three alerts, newest first: fatal, resolved error, warning about a work."""
    monkeypatch.setattr(alert_list.sources, "names", lambda: ("retired",))
    for item in alerts.AlertItem.scan():
        item.delete()
    warning = Alert(
        class_name="Net::HTTPRequestTimeOut",
        message="Too Slow",
        level=alerts.WARN,
        source="citeulike",
        work_key=f"doi:{GAMMA}",
        status=408,
        target_url="http://example.org/",
    )
    error = Alert(class_name="KeyError", message="x", status=500)
    fatal = Alert(class_name="TooManyErrorsBySourceError", level=alerts.FATAL, source="crossref")
    for minute, alert in enumerate((warning, error, fatal)):
        id_ = alerts.put(alert, NOW + dt.timedelta(minutes=minute))
        if alert is error:
            alerts.resolve(alerts.SYSTEM, id_)


def classes(client, **params):
    query = "&".join(f"{name}={quote(value)}" for name, value in params.items())
    seen = client.get(f"{ALERTS}?{query}", name="stan")
    assert (seen.status, seen.json["total"]) == (200, len(seen.json["data"]))
    return [alert["class_name"][:3] for alert in seen.json["data"]]


def test_alerts(client, some_alerts):
    seen = client.get(ALERTS, name="stan")
    assert list(seen.json) == ["total", "total_pages", "page", "error", "data"]
    assert (seen.json["total"], seen.json["page"], seen.json["error"]) == (3, 1, None)
    warning = seen.json["data"][2]
    assert warning.pop("id")
    assert list(warning.items()) == [
        ("level", "WARN"),
        ("class_name", "Net::HTTPRequestTimeOut"),
        ("message", "Too Slow"),
        ("status", 408),
        ("hostname", None),
        ("target_url", "http://example.org/"),
        ("source", "citeulike"),
        ("article", GAMMA),
        ("unresolved", True),
        ("create_date", "2014-11-07T10:00:00Z"),
    ]
    assert [alert["unresolved"] for alert in seen.json["data"]] == [True, False, True]
    assert "access-control-allow-origin" not in seen.headers


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"unresolved": ""}, ["Too", "Net"]),
        ({"unresolved": "0", "level": "warn"}, ["Too", "Net"]),
        ({"source": "citeulike"}, ["Net"]),
        ({"source": "nosuch"}, []),
        ({"source_id": "citeulike"}, ["Net"]),
        ({"source": "crossref", "source_id": "citeulike"}, ["Too"]),
        ({"class_name": "keyerror"}, ["Key"]),
        ({"level": "Error"}, ["Too", "Key"]),
        ({"level": "loud"}, ["Too", "Key", "Net"]),
        ({"q": "too"}, ["Too", "Net"]),
        ({"q": "500"}, ["Key"]),
        ({"q": "50"}, []),
        ({"q": "10.5555/GAMMA,3"}, ["Net"]),
        ({"q": "too", "source": "crossref", "level": "fatal", "unresolved": "1"}, ["Too"]),
    ],
)
def test_filters_of_alerts(client, some_alerts, params, found):
    assert classes(client, **params) == found


def test_articles_are_named_as_they_are_stored(client, some_alerts):
    add(work("10.5555/Mixed", "2014"))
    alerts.put(Alert(class_name="KeyError", work_key="doi:10.5555/mixed"), NOW)
    (alert,) = client.get(f"{ALERTS}?q=10.5555/MIXED").json["data"]
    assert alert["article"] == "10.5555/Mixed"


def test_no_name_is_looked_for_that_no_key_can_hold(client, monkeypatch):
    monkeypatch.setattr(alerts, "ids", lambda *_, **__: pytest.fail("DynamoDB refuses it"))
    assert classes(client, source="a" * 3000) == []


def test_pages_of_alerts(client, some_alerts):
    for more in ("", "&level=debug&q="):
        seen = client.get(f"{ALERTS}?per_page=2&page=2{more}").json
        assert (seen["total"], seen["total_pages"], seen["page"]) == (3, 2, 2)
        assert [alert["class_name"] for alert in seen["data"]] == ["Net::HTTPRequestTimeOut"]
    wrong = client.get(f"{ALERTS}?page=x")
    assert (wrong.status, list(wrong.json)) == (
        404,
        ["total", "total_pages", "page", "error", "data"],
    )
