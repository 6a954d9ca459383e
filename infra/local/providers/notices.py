"""api.crossref.org/works by update type: the notices that retract the works there are.

A list of all notices needs a list of all works, which the world has not. It is made of the
works of the sample that is kept with the project and of those that were asked about.
"""

import functools
import pathlib
from typing import Any

from infra.local.providers import papers
from infra.local.providers.world import World

_SAMPLE = pathlib.Path(__file__).parent.parent / "sample-works.txt"


@functools.cache
def _sample() -> tuple[str, ...]:
    lines = _SAMPLE.read_text("utf-8").splitlines()
    return tuple(line.split(maxsplit=1)[0].lower() for line in lines if line.strip())


def retracted(world: World) -> list[str]:
    """The DOIs of all works of Crossref's that are heard of and were retracted."""
    heard = {*_sample(), *world.doi_by_seed.values(), *world.doi_by_openalex.values()}
    found = (world.work(doi) for doi in sorted(heard))
    return [work.doi for work in found if work.agency == "crossref" and world.retracted(work.doi)]


def item(doi: str, updates: list[dict[str, Any]]) -> dict[str, Any]:
    """The notice that says these things of the work: ``updates`` as in its ``updated-by``."""
    first = updates[0]
    return {
        "DOI": first["DOI"],
        "title": [f"Retraction: {papers.title(doi)}"],
        "issued": {"date-parts": first["updated"]["date-parts"]},
        "update-to": [{**update, "DOI": doi} for update in updates],
    }
