"""Adding works, and starting their first refresh at once.

Few new works are asked about by jobs of their own; an import of many fills shelves that are
due now, and the schedule paces them. Both wake the schedule instead of waiting for its tick.
"""

import datetime as dt
import random
from collections.abc import Sequence

from chalicelib import planner, queues
from chalicelib.errors import ConfigurationError
from chalicelib.model import Work
from chalicelib.schedule import Staleness, next_due
from chalicelib.store import catalogue, shelves, sources
from chalicelib.store.catalogue import Added, Outcome


def add(works: Sequence[Work], now: dt.datetime) -> list[Outcome]:
    """Add or update works and have new ones asked about; what happened to each, in order.

    Without the operator's contact works are added and wait: collecting starts when it is set.
    """
    if not works:
        return []
    few = len(works) <= planner.FEW_WORKS
    youngest = max(work.issued.first_day() for work in works)
    due_at = next_due(now, youngest, Staleness(), random.random) if few else now
    added = catalogue.add(works, now, due_at)
    _start(added, now, few=few)
    return added.outcomes


def create(work: Work, now: dt.datetime) -> bool:
    """Add a work and have it asked about, unless there is one of its key; whether there was
    none."""
    due_at = next_due(now, work.issued.first_day(), Staleness(), random.random)
    added = catalogue.create(work, now, due_at)
    _start(added, now, few=True)
    return bool(added.created)


def _start(added: Added, now: dt.datetime, *, few: bool) -> None:
    touched = {shelf for _, shelf in added.created}
    if few:
        waiting = _busy_sources(added.created, now)
    else:
        waiting = _active_sources()
        touched -= added.opened  # these are due already
    shelves.hasten_all(waiting, touched, now)


def _busy_sources(created: Sequence[tuple[Work, str]], now: dt.datetime) -> list[str]:
    """Have works asked about by jobs of their own; the sources that have no time for it.

    The works are stored already: what cannot be sent now waits for the schedule.
    """
    try:
        return planner.ask_now([work for work, _ in created], now)
    except (ConfigurationError, *queues.FAILURES):
        return _active_sources()


def _active_sources() -> list[str]:
    return [row.name for row in sources.on_shelves()]
