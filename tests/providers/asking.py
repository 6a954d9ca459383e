"""What the tests of the providers' answers share: the world they know, and DOIs in it."""

from collections.abc import Callable

import requests

from infra.local.providers.world import Facts, World, facts

WORLD = World()
AGENT = {"User-Agent": "Lagotto/0 (mailto:operator@example.org)"}
Ask = Callable[..., requests.Response]


def dois(wanted: Callable[[Facts], object], number: int = 1, stem: str = "10.5555/s.") -> list[str]:
    """The first DOIs of which this is true."""
    found = (f"{stem}{n}" for n in range(100_000) if wanted(facts(f"{stem}{n}")))
    return [next(found) for _ in range(number)]
