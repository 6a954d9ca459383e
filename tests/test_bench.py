"""What the bench counts with: units, calls, verdicts. What it measures is not asserted here."""

import datetime as dt
import gzip
import http.server
import os
import random
import subprocess
import threading
import time

import boto3
import orjson
import pytest

from chalicelib.store import evidence, lists
from chalicelib.store.tables import ListItem, WorkItem
from infra.bench import asking, cost, filling, gateway, invented, meter, report, units
from infra.bench.meter import Meter
from tests.visiting import add, install, keep, work

BY_MONTH = units.Index(("month", "sort"), frozenset(("month", "sort", "key")))


def item(**texts):
    return {name: {"S": text} for name, text in texts.items()}


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "abc"}, 3),
        ({"S": "é"}, 2),
        ({"N": "0"}, 1),
        ({"N": "12345"}, 4),
        ({"N": "-12345"}, 5),
        ({"N": "1000000"}, 2),
        ({"B": b"12345"}, 5),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["ab", "cde"]}, 5),
        ({"NS": ["1", "100"]}, 4),
        ({"L": [{"S": "ab"}]}, 6),
        ({"M": {"a": {"S": "b"}}}, 6),
    ],
)
def test_an_item_is_as_large_as_its_names_and_values(value, size):
    assert units.item_bytes({"name": value}) == 4 + size


@pytest.mark.parametrize(
    ("before_bytes", "after_bytes", "billed"),
    [(None, 10, 1), (None, 1024, 1), (None, 1025, 2), (3000, 10, 3), (10, 3000, 3), (10, None, 1)],
)
def test_a_write_costs_a_unit_for_each_kilobyte_of_the_larger_item(
    before_bytes, after_bytes, billed
):
    before, after = (
        size if size is None else {"k": {"S": "x" * (size - 1)}}
        for size in (before_bytes, after_bytes)
    )
    assert units.write_units(before, after) == billed


def test_an_index_costs_what_changes_in_it():
    work = item(key="a", month="2014-03", sort="1", about="x")
    moved = item(key="a", month="2014-04", sort="1", about="x")
    renamed = item(key="a", month="2014-03", sort="1", about="y")
    sparse = item(key="a", about="x")
    assert units.write_units(None, work, [BY_MONTH]) == 2
    assert units.write_units(work, moved, [BY_MONTH]) == 3
    assert units.write_units(work, renamed, [BY_MONTH]) == 1
    assert units.write_units(work, None, [BY_MONTH]) == 2
    assert units.write_units(None, sparse, [BY_MONTH]) == 1
    everything = units.Index(("month",), None)
    assert units.write_units(work, renamed, [everything]) == 2


def test_a_read_costs_half_a_unit_for_each_four_kilobytes():
    assert units.read_units([10, 4096, 4097, 0]) == 0.5 + 0.5 + 1 + 0.5
    assert units.read_units([10], consistent=True) == 1
    assert units.query_units([3000, 3000]) == 1
    assert units.query_units([]) == 0.5


def test_reads_are_counted_from_what_came_back():
    asked = {"RequestItems": {"t": {"Keys": [{}, {}, {}]}}}
    answer = {"Responses": {"t": [item(k="x" * 5000), item(k="a")]}}
    assert meter.read_units("BatchGetItem", asked, answer) == {"t": 1 + 0.5 + 0.5}
    query = {"TableName": "t", "ConsistentRead": True}
    assert meter.read_units("Query", query, {"Items": [item(k="x" * 5000)]}) == {"t": 2}
    assert meter.read_units("GetItem", {"TableName": "t"}, {}) == {"t": 0.5}
    assert meter.read_units("UpdateItem", {"TableName": "t"}, {}) == {}


def test_writes_are_those_that_the_engine_reports_and_refused_ones():
    reported = {"ConsumedCapacity": {"TableName": "t", "CapacityUnits": 3.0}}
    assert meter.write_units("UpdateItem", {}, reported) == {"t": 3.0}
    assert meter.write_units("GetItem", {}, reported) == {}
    several = {"ConsumedCapacity": [{"TableName": "t", "CapacityUnits": 4.0}]}
    assert meter.write_units("TransactWriteItems", {}, several) == {"t": 4.0}
    with pytest.raises(KeyError):
        meter.write_units("UpdateItem", {"TableName": "t"}, {})
    failed = {"Error": {"Code": "ThrottlingException"}}
    assert meter.write_units("UpdateItem", {"TableName": "t"}, failed) == {}
    refused = {"Error": {"Code": "ConditionalCheckFailedException"}}
    assert meter.write_units("UpdateItem", {"TableName": "t"}, refused) == {"t": 1}
    cancelled = {"Error": {"Code": "TransactionCanceledException"}}
    transaction = {"TransactItems": [{"Put": {"TableName": "t"}}, {"Update": {"TableName": "u"}}]}
    assert meter.write_units("TransactWriteItems", transaction, cancelled) == {"t": 1, "u": 1}


def test_the_meter_counts_the_calls_of_the_store_and_only_inside(tables):
    counting = Meter()
    lists.put_rows([("before", "a")])
    with counting.spending() as spent:
        lists.put_rows([("a", "1"), ("a", "2")])
        with counting.spending() as inner:
            assert [row.sort for row in ListItem.query("a")] == ["1", "2"]
        list(WorkItem.batch_get(["doi:10.5555/none"]))
    lists.put_rows([("after", "a")])
    assert dict(spent.calls) == {
        "dynamodb.PutItem": 2,
        "dynamodb.Query": 1,
        "dynamodb.BatchGetItem": 1,
    }
    assert (spent.calls_of("dynamodb"), spent.table_reads) == (4, 2)
    assert (spent.write_units, spent.writes_of("lists"), spent.writes_of("works")) == (2, 2, 0)
    assert spent.writes_of("lists", "UpdateItem") == 0
    assert spent.reads == {"lists.Query": 0.5, "works.BatchGetItem": 0.5}
    assert dict(inner.calls) == {"dynamodb.Query": 1}
    assert spent.answer_bytes > inner.answer_bytes > 0


def test_the_meter_tells_errors_from_refusals(tables):
    counting = Meter()
    missing = {"TableName": "none", "Key": {"key": {"S": "a"}}}
    row = {"TableName": ListItem.Meta.table_name, "Item": {"list": {"S": "a"}, "sort": {"S": "b"}}}
    client = boto3.client("dynamodb")
    with counting.spending() as spent:
        with pytest.raises(client.exceptions.ConditionalCheckFailedException):
            client.put_item(**row, ConditionExpression="attribute_exists(sort)")
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.get_item(**missing)
    assert +spent.errors == {"dynamodb.GetItem": 1}
    assert spent.writes == {"lists.PutItem": 1}


def test_the_api_is_asked_with_a_key_or_a_password(tables, cheap_passwords):
    install("crossref", "CrossRef", "cited")
    add(work("10.5555/Alpha.1", "2012-03-06"))
    keep("crossref", "10.5555/Alpha.1", 2)
    api = asking.Api()
    with_key = api.authorized(api.with_key("/api/v5/articles", ids="10.5555/alpha.1"))
    assert with_key["requestContext"]["authorizer"]["role"] == "user"
    (article,) = orjson.loads(asking.body_of(api.answer(with_key)))["data"]
    assert (article["doi"], article["cited"]) == ("10.5555/Alpha.1", 2)
    path = asking.in_path("10.5555/Alpha.1")
    shown = api.authorized(api.with_password("/api/v4/articles/{proxy+}", path))
    assert orjson.loads(asking.body_of(api.answer(shown)))["data"]["cited"] == 2
    nobody = api.authorized(asking.Wish("/api/v5/articles", {"ids": "10.5555/alpha.1"}))
    with pytest.raises(RuntimeError, match="answered 401"):
        api.answer(nobody)


def test_an_answer_by_link_is_read_there(server):
    link = {"statusCode": 303, "headers": {"Location": f"http://127.0.0.1:{server}/good"}}
    assert asking.body_of(link) == b"[]"


def test_a_line_says_whether_it_is_within_its_budget():
    assert report.at_most("a", 0.1, 0.1).verdict == "ok"
    assert report.at_most("a", 0.1001, 0.1).verdict == "OVER"
    assert report.flat("a", 1.2).verdict == "ok"
    assert report.flat("a", 0.5).verdict == "ok"
    assert report.flat("a", 1.21).verdict == "OVER"
    assert report.share(2, 100) == "1/50.0"
    assert report.share(0, 100) == "none"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (50, "50"),
        (12000, "12,000"),
        (0.0951, "0.0951"),
        (4.4199, "4.42"),
        (1234.5, "1,234"),
    ],
)
def test_numbers_are_shown_short(value, text):
    assert report.number(value) == text


def test_the_table_has_every_line_and_counts_verdicts():
    measured = report.Measured(
        "Title", [report.at_most("calls", 3, 2), report.Line("bytes", "7 kB")]
    )
    shown = report.table([measured])
    assert "  calls  3  ≤ 2  OVER" in shown.splitlines()
    assert [line.split() for line in shown.splitlines() if line.startswith("  ")] == [
        ["calls", "3", "≤", "2", "OVER"],
        ["bytes", "7", "kB"],
    ]
    assert "0 within budget, 1 over" in shown


def test_invented_works_are_the_same_in_every_run_and_spread_over_the_months():
    first, second = invented.works(240, 120), invented.works(240, 120)
    assert first == second
    assert len({work.key for work in first}) == 240
    months = {work.month for work in first}
    assert (len(months), min(months), max(months)) == (120, "2016-12", "2026-11")
    assert all(work.issued.first_day() <= invented.NOW.date() for work in first)
    assert all(work.pmid for work in invented.works(50, 1, only_with_pmid=True))


def test_a_month_is_counted_back_from_the_current_one():
    assert str(invented.month_of(0)) == "2026-11-01"
    assert invented.month_of(11).first_day() == dt.date(2025, 12, 1)


def test_a_bill_is_what_is_used_times_its_price_less_what_is_free():
    bill = [
        cost.Item("writes", {"write": 2e6}),
        cost.Item("workers", {"gb_second": 500_000, "invocation": 1000}),
        cost.Item("queue", {"queue_request": 250_000}),
    ]
    assert bill[0].usd == pytest.approx(1.25)
    assert bill[1].usd == pytest.approx(6.6667 + 0.0002, rel=1e-4)
    free = 400_000 * 0.0000133334 + 1000 * 0.2e-6 + 250_000 * 0.4e-6
    assert cost.free_usd(bill) == pytest.approx(free)


def test_a_small_lambda_has_a_share_of_a_core():
    assert cost.core(1769) == cost.core(3000) == 1
    assert cost.core(256) == pytest.approx(0.145, abs=0.001)


def test_a_request_is_billed_for_what_it_was_seen_to_write():
    facts = {
        "read_units": 50,
        "request_write_units": 2.5,
        "request_objects_put": 0,
        "request_messages": 0,
        "handler_ms": 40,
        "round_trips": 4.5,
    }
    bill = {item.what: item for item in cost._serving(facts)}
    assert bill["requests: 2.5 write units each"].usd == pytest.approx(2.5 * 0.625)
    silent = facts | {"request_write_units": 0, "request_objects_put": 1, "request_messages": 1}
    bill = {item.what: item for item in cost._serving(silent)}
    assert bill["requests: 0 write units each"].usd == pytest.approx(5 + 0.4)


def test_columns_stand_below_each_other():
    lines = report.columns("answer", ("ms", "reads"), {"one": ("1.5", "2"), "many": ("120.0", "3")})
    assert [(line.what, line.measured) for line in lines] == [
        ("answer", "   ms  reads"),
        ("one", "  1.5      2"),
        ("many", "120.0      3"),
    ]


def test_invented_events_are_the_same_in_every_run_and_long_lists_lie_in_s3():
    first, second = (invented.events(3, random.Random("a")) for _ in range(2))
    assert first == second
    for event in first:
        assert event.wrapped().keys() == {"event", "event_time", "event_url", "event_csl"}
        assert dt.datetime.fromisoformat(event.time) <= invented.NOW
    sizes = []
    for count in (filling.FEW_EVENTS, filling.LONG_LIST_EVENTS):
        given = [event.wrapped() for event in invented.events(count, random.Random("b"))]
        sizes.append(len(gzip.compress(orjson.dumps({"events": given, "notes": {}}))))
    assert sizes[0] < 2000
    assert sizes[1] > evidence.LARGEST_ITEM_BYTES


@pytest.fixture
def server():
    """A server on loopback; ``statuses`` are those of its answers by path."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        statuses = {"/good": 200, "/bad": 429}

        def do_GET(self):
            self.send_response(self.statuses[self.path])
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"[]")

        def log_message(self, *_):
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads = True
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running.server_address[1]
        running.shutdown()


def test_the_rate_is_that_of_all_clients_together(server):
    began = time.perf_counter()
    measured = gateway.rate(server, "/good", 2, 0.05)
    assert 2 / (time.perf_counter() - began) < measured < 1_000_000


def test_a_request_that_is_refused_is_no_rate(server):
    with pytest.raises(RuntimeError, match="status 429"):
        gateway.rate(server, "/bad", 2, 0.05)


def test_limits_are_lifted_from_the_standard_plan_of_the_stack(_aws):
    client = boto3.client("apigateway")
    plan = {"throttle": {"rateLimit": 10, "burstLimit": 20}}
    plan |= {"quota": {"limit": 5, "period": "DAY"}}
    names = ("lagotto-bench-standard", "lagotto-bench-anonymous")
    ids = {name: client.create_usage_plan(name=name, **plan)["id"] for name in names}
    gateway.lift_limits("lagotto-bench")
    standard, anonymous = (client.get_usage_plan(usagePlanId=ids[name]) for name in names)
    assert standard["throttle"]["rateLimit"] >= gateway.NO_LIMIT
    assert int(standard["quota"]["limit"]) == gateway.NO_LIMIT
    assert anonymous["throttle"]["rateLimit"] == 10
    for plan_id in ids.values():
        client.delete_usage_plan(usagePlanId=plan_id)


def test_what_is_silenced_is_in_the_log_and_shown_after_an_error(tmp_path, capfd):
    with gateway.silence(tmp_path / "log"):
        subprocess.run(["echo", "of a child"], check=True)
    with pytest.raises(ValueError), gateway.silence(tmp_path / "log2"):
        os.write(1, b"in vain")
        raise ValueError
    os.write(1, b"after it")
    assert (tmp_path / "log").read_text() == "of a child\n"
    assert capfd.readouterr() == ("after it", "in vain")
