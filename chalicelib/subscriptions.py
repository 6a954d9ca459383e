"""The reports that people subscribe to: what each tells, and when it comes (operations.md 1.11)."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType

from chalicelib import abilities


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """A report as people see it. ``interval`` is in words."""

    title: str
    description: str
    interval: str


REPORTS: Mapping[str, Report] = MappingProxyType(
    {
        "error_report": Report(
            "Error Report", "What went wrong since the last one, by kind.", "once a day"
        ),
        "stale_source_report": Report(
            "Stale Source Report", "Sources that brought nothing new for too long.", "once a day"
        ),
        "status_report": Report(
            "Status Report", "The installation in numbers: articles, events, alerts.", "once a week"
        ),
        "article_statistics_report": Report(
            "Article Statistics Report", "Where the numbers of all articles are.", "once a month"
        ),
        "fatal_error_report": Report(
            "Fatal Error Report", "That a source was disabled, as it failed too often.", "at once"
        ),
        "missing_workers_report": Report(
            "Missing Workers Report", "That less work is done than should be.", "at once"
        ),
    }
)


def offered(role: str) -> dict[str, Report]:
    """The reports that a role may subscribe to, by name, in Lagotto's order."""
    return {name: REPORTS[name] for name in abilities.reports_for(role)}
