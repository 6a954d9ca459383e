"""What was asked of whom: the counts that the benchmark divides."""

import threading
from collections import Counter
from typing import Any

from infra.local.providers.exchange import Reply


class Tally:
    """Calls, identifiers asked about, and statuses, by provider and by operation.

    Calls include those that failed on purpose; identifiers are those of the calls that
    reached the provider.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._asked: Counter[str] = Counter()
        self._statuses: Counter[tuple[str, str]] = Counter()
        self._operations: Counter[tuple[str, str]] = Counter()

    def add(self, provider: str, reply: Reply) -> None:
        """Count one call."""
        with self._lock:
            self._calls[provider] += 1
            self._asked[provider] += reply.asked
            self._statuses[provider, str(reply.status)] += 1
            self._operations[provider, reply.operation] += 1

    def reset(self) -> None:
        """Start from zero."""
        with self._lock:
            for counter in (self._calls, self._asked, self._statuses, self._operations):
                counter.clear()

    def as_json(self) -> dict[str, Any]:
        """``{"calls": {provider: n}, "works_asked": {provider: n}, "statuses": {provider:
        {status: n}}, "operations": {provider: {operation: n}}}``."""
        with self._lock:
            return {
                "calls": dict(self._calls),
                "works_asked": dict(self._asked),
                "statuses": _nested(self._statuses),
                "operations": _nested(self._operations),
            }


def _nested(counter: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    nested: dict[str, dict[str, int]] = {}
    for (provider, what), number in sorted(counter.items()):
        nested.setdefault(provider, {})[what] = number
    return nested
