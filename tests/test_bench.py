"""What the bench counts with: units, calls, verdicts. What it measures is not asserted here."""

import datetime as dt

import pytest

from chalicelib.store import lists
from chalicelib.store.tables import ListItem, WorkItem
from infra.bench import cost, invented, meter, report, units
from infra.bench.meter import Meter

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
    assert spent.calls_of("dynamodb") == 4
    assert (spent.write_units, spent.writes_of("lists"), spent.writes_of("works")) == (2, 2, 0)
    assert spent.writes_of("lists", "UpdateItem") == 0
    assert spent.reads == {"lists.Query": 0.5, "works.BatchGetItem": 0.5}
    assert dict(inner.calls) == {"dynamodb.Query": 1}
    assert spent.answer_bytes > inner.answer_bytes > 0


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
