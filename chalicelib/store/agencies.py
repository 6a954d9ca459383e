"""Which registration agency a DOI prefix belongs to, as doi.org told.

Table ``<stack>-control``, kind ``agency``, one row per prefix, for good: agencies are assigned
by prefix. A process remembers what it read.
"""

from collections.abc import Iterable, Mapping

from chalicelib.store.tables import ControlItem

KIND = "agency"

_known: dict[str, str] = {}


def find(prefixes: Iterable[str]) -> dict[str, str]:
    """The agencies (lower case) of those prefixes of which they are known."""
    wanted = set(prefixes)
    if unread := wanted - _known.keys():
        for item in ControlItem.batch_get([(KIND, prefix) for prefix in sorted(unread)]):
            _known[item.name] = item.about
    return {prefix: _known[prefix] for prefix in wanted & _known.keys()}


def put(agencies: Mapping[str, str]) -> None:
    """Write down the agencies of prefixes."""
    with ControlItem.batch_write() as batch:
        for prefix, agency in agencies.items():
            batch.save(ControlItem(KIND, prefix, about=agency))
    _known.update(agencies)


def forget_cache() -> None:
    """Make the next ``find`` read the table."""
    _known.clear()
