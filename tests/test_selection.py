"""Selecting works: every selection, order and page, compared with the rules in plain Python."""

import dataclasses
import datetime as dt
import itertools
import random

import pytest
from botocore.client import BaseClient

from chalicelib import articles, selection
from chalicelib.feed import Publisher
from chalicelib.query import Query
from chalicelib.store import publishers, sources, works
from tests.conftest import empty_tables
from tests.visiting import NOW, add, install, keep, work

LATER = NOW + dt.timedelta(days=3)


@dataclasses.dataclass
class Known:
    """A work as this file knows it; ``created_at`` is when the store says it was added."""

    doi: str
    day: str
    publisher: int | None
    counts: dict[str, int]
    created_at: dt.datetime = NOW


@pytest.fixture(scope="module")
def library(_aws):
    """53 works of six months, three registrants and two publishers."""
    chance = random.Random(7)
    with empty_tables():
        install("crossref", "CrossRef", "cited")
        install("facebook", "Facebook", "discussed")
        known = []
        given = []
        for number in range(53):
            registrant = ("10.5555", "10.55551", "10.1234")[number % 3]
            doi = f"{registrant}/{chance.choice(['alpha', 'Beta'])}.{number}"
            day = f"{2011 + number % 2}-{chance.randint(1, 3):02d}-{chance.randint(1, 28):02d}"
            publisher = (340, 98, None)[chance.randint(0, 2)]
            known.append(Known(doi, day, publisher, {}))
            given.append(work(doi, day, publisher_id=publisher))
        add(*chance.sample(given, len(given)))
        stored = works.find(each.key for each in given)
        for each in known:
            each.created_at = stored[f"doi:{each.doi.lower()}"].created_at
        for source, share in (("crossref", 0.4), ("facebook", 0.2)):
            for each in known:
                if chance.random() < share:
                    each.counts[source] = chance.choice([0, 1, 1, 2, 3, 3, 8, 200])
                    keep(source, each.doi, each.counts[source])
        yield known


def expected(library, query: Query):
    """(total, DOIs of the page) by the rules of the contract, over all works."""
    limited_to = query.source if query.ids is None and query.q is None else None
    limited_to = limited_to if limited_to in ("crossref", "facebook") else None
    order = query.order if query.order in ("crossref", "facebook") else None
    if limited_to and order != limited_to:
        order = None
    found = [
        each
        for each in library
        if (query.ids is None or each.doi.lower() in [value.lower() for value in query.ids])
        and (not query.q or each.doi.lower().startswith(query.q.lower()))
        and (not limited_to or each.counts.get(limited_to))
        and (query.publisher_id not in (340, 98) or each.publisher == query.publisher_id)
    ]
    found.sort(
        key=lambda each: (
            each.counts.get(order, 0),
            each.day,
            each.created_at,
            each.doi.lower(),
        ),
        reverse=True,
    )
    start = (query.page - 1) * query.per_page
    return len(found), [each.doi.lower() for each in found[start : start + query.per_page]]


def selected(query: Query):
    page = selection.select(query, ["crossref", "facebook"], "doi")
    return page.total, [key.removeprefix("doi:") for key in page.keys]


SELECTIONS = [
    {},
    {"source": "crossref"},
    {"source": "facebook"},
    {"source": "nosuch"},
    {"q": "10.5555"},
    {"q": "10.5555/"},
    {"q": "10.5555/BETA"},
    {"q": "10.5555/alpha.1"},
    {"q": "10.1"},
    {"q": "10"},
    {"q": "10.9999"},
    {"q": ""},
    {"q": "%"},
    {"q": "/"},
    {"q": "\ud800"},
    {"q": "10.5555/" + "x" * 1000},
    {"q": "10.5555", "source": "crossref"},
]
ORDERS = [None, "crossref", "facebook"]
PUBLISHERS = [None, 340, 98, 7]


def sampled(few):
    """Some of all combinations: each selection with each order among them."""
    chance = random.Random(11)
    for given, order in itertools.product(SELECTIONS, ORDERS):
        publisher = chance.choice(PUBLISHERS)
        if few or given.get("q") or publisher:  # nothing else is walked
            yield {**given, "order": order, "publisher_id": publisher}


@pytest.mark.parametrize("few", [True, False], ids=["collected", "walked"])
def test_every_selection_and_order(library, monkeypatch, few):
    if not few:
        monkeypatch.setattr(selection, "FEW_WORKS", 3)
    for number, given in enumerate(sampled(few)):
        page, per_page = ((1, 50), (2, 7), (40, 50))[number % 3]
        query = Query(**given, page=page, per_page=per_page)
        assert selected(query) == expected(library, query), query


@pytest.mark.parametrize(
    "given", [{}, {"q": "10.5555"}, {"source": "crossref"}, {"order": "crossref"}, {"ids": True}]
)
def test_a_publisher_without_works_is_known_all_the_same(library, given):
    told = Publisher(id="55", name="Nothing yet", agency="crossref")
    publishers.put_all([told], NOW)
    if "ids" in given:
        given = {"ids": (library[0].doi,)}
    assert selected(Query(**given, publisher_id=55)) == (0, [])
    query = Query(**given, publisher_id=56)
    assert selected(query) == expected(library, query), "of an unknown one nothing is looked at"


@pytest.mark.parametrize(
    "given", [{"q": "10.5555"}, {"q": "10.5555", "publisher_id": 340}, {"publisher_id": 340}]
)
def test_nothing_is_walked_past_the_end(library, monkeypatch, given):
    monkeypatch.setattr(selection, "FEW_WORKS", 3)
    monkeypatch.setattr(selection, "walk", lambda *_: pytest.fail("a list was walked"))
    query = Query(**given, order="crossref", page=40)
    total, page = expected(library, query)
    assert selected(query) == (total, page) and total > 3 and page == []


def test_walking_is_given_up_for_collecting(library, monkeypatch):
    monkeypatch.setattr(selection, "FEW_WORKS", 5)
    monkeypatch.setattr(selection, "WALKED_ROWS", 10)
    for page in (1, 2, 3, 9):
        query = Query(q="10.1234", page=page, per_page=20)
        assert selected(query) == expected(library, query)


@pytest.mark.parametrize("order", [None, "crossref"])
@pytest.mark.parametrize("size", [0, 50, 51, 53])
def test_given_ids_are_paged_without_limit(library, order, size):
    ids = (*(each.doi.upper() for each in library[:size]), "10.5555/none", "")
    for page, publisher in ((1, None), (2, None), (1, 340), (3, None)):
        query = Query(ids=ids, order=order, page=page, publisher_id=publisher)
        assert selected(query) == expected(library, query)


def test_pages_together_show_each_work_once(library):
    for order in (None, "crossref"):
        pages = [selected(Query(page=page, per_page=9, order=order))[1] for page in range(1, 7)]
        assert sorted(itertools.chain(*pages)) == sorted(each.doi.lower() for each in library)


def count_calls(monkeypatch):
    """The calls of DynamoDB from now on. Tables may share a client."""
    calls = []
    make = BaseClient._make_api_call

    def record(client, operation, kwargs):
        calls.append(operation)
        return make(client, operation, kwargs)

    monkeypatch.setattr(BaseClient, "_make_api_call", record)
    return calls


def test_a_default_answer_takes_two_reads(library, monkeypatch):
    query = Query(ids=tuple(each.doi for each in library[:50]))
    sources.installed()
    calls = count_calls(monkeypatch)
    assert len(articles.page(query, sees_private=True)["data"]) == 50
    assert calls == ["BatchGetItem", "BatchGetItem"]


@pytest.mark.parametrize("given", [{}, {"source": "crossref"}, {"order": "crossref"}], ids=str)
def test_a_page_far_back_reads_only_its_own_bucket(library, monkeypatch, given):
    sources.installed()
    calls = count_calls(monkeypatch)
    monkeypatch.setattr(selection, "walk", lambda *_: pytest.fail("a whole list was walked"))
    articles.page(Query(**given, page=6, per_page=10), sees_private=True)
    assert len(calls) <= 9
