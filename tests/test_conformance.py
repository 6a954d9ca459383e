"""The contract, item by item (``tests.contract_items``), asked in this process.

And with the setting of item 16 that older clients expect.
"""

import re
from collections.abc import Iterator

import pytest

from chalicelib import settings
from chalicelib.store import catalogue
from tests.clients.others import OjsPlugin
from tests.conftest import empty_queues
from tests.contract import ALPHA, BETA, GAMMA
from tests.contract_items import (
    NO_ARTICLE,
    V3_PATH,
    alpha_v3,
    conventions,
    outside,
    told,
    v3,
    v4,
    v5,
)
from tests.signing_in import site_with_people
from tests.visiting import Site, add, work


@pytest.fixture(scope="module")
def site(_aws: None) -> Iterator[Site]:
    """The site with the test data and the people of the contract."""
    with site_with_people() as site, empty_queues():
        yield site


@pytest.fixture(scope="class")
def sixty(site: Site) -> Iterator[list[str]]:
    """The DOIs of sixty works, most of which are there for one class."""
    more = [f"10.5555/more.{number}" for number in range(57)]
    add(*(work(doi, "2014-01") for doi in more))
    yield [*more, ALPHA, BETA, GAMMA]
    for doi in more:
        catalogue.delete(f"doi:{doi}")


class TestConventions(conventions.Conventions):
    """Sections 1.3 to 1.6."""


class TestKeysAndErrors(conventions.KeysAndErrors):
    """Items 1 to 7."""


class TestV3(v3.V3):
    """Items 8 to 18 but 14."""


class TestV5Articles(v5.V5Articles):
    """Items 19 to 36 but 21."""


class TestV5Others(v5.V5Others):
    """Items 37 to 41."""


class TestOutside(outside.Outside):
    """Items 49 to 51."""


class TestV4(v4.V4):
    """Items 42 to 48."""


class TestWritingOfV4(v4.WritingOfV4):
    """Sections 1.3, 1.9, 6.4 and 6.5."""


class TestFifty(v3.Fifty, v5.Fifty):
    """Items 14 and 21."""


@pytest.fixture
def v3_show_as_array(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The setting by which one article is answered as an array."""
    monkeypatch.setenv("LAGOTTO_V3_SHOW_AS_ARRAY", "1")
    settings.load.cache_clear()
    yield
    settings.load.cache_clear()
    monkeypatch.undo()


def test_16_the_array_of_one(site: Site, v3_show_as_array: None) -> None:
    assert site.get(f"{V3_PATH}/info:doi/{ALPHA}").json == [alpha_v3(site)]
    assert told(site.get(f"{V3_PATH}/10.5555/x")) == (404, NO_ARTICLE)


def test_the_plugin_for_ojs(site: Site, v3_show_as_array: None) -> None:
    shown = OjsPlugin(site).statistics(ALPHA)
    assert shown is not None
    totals = {name: metrics["total"] for name, metrics in shown.items()}
    assert list(totals.values()) == [30, 7, 4, 9, 3, 2]
    assert OjsPlugin(site).statistics("10.5555/x") is None


def test_no_item_is_left_out() -> None:
    tests = [
        name
        for module in (conventions, v3, v5, outside, v4)
        for found in vars(module).values()
        if isinstance(found, type) and found.__module__ == module.__name__
        for name in vars(found)
    ]
    numbers = {int(found[1]) for name in tests if (found := re.match(r"test_(\d+)_", name))}
    assert numbers == {*range(1, 52)}
