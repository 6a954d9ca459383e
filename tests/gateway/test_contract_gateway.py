"""The contract, item by item (``tests.contract_items``), asked through the gateway."""

import pytest

from tests.contract import ALPHA, BETA, GAMMA
from tests.contract_items import conventions, outside, v3, v4, v5
from tests.gateway.site import GatewaySite
from tests.signing_in import Client

pytestmark = pytest.mark.gateway


@pytest.fixture(scope="class")
def sixty(site: GatewaySite) -> list[str]:
    """The DOIs of sixty works; the last of the tests ask for them, so they stay."""
    client = Client(site)
    more = [f"10.5555/more.{number}" for number in range(57)]
    for doi in more:
        seen = client.post({"doi": doi, "title": "More", "year": 2014})
        assert seen.status == 201, seen.text
    return [*more, ALPHA, BETA, GAMMA]


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
