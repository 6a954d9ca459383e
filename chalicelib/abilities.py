"""Who may do what: one table for the API, the pages and the command line. Pure.

A letter is an action: R read, C create, U update, D delete (of alerts: resolve), S subscribe.
A capital holds for everything of the kind, a small letter only for one's own: one's account,
one's publisher, the reports that are not private. What is not in the table nobody may do.
Source: operations.md 6.2; its defects are not copied.
"""

from collections.abc import Mapping
from types import MappingProxyType

ANONYMOUS = "anonymous"
#: What an account or an API key can be.
ROLES = ("user", "contributor", "staff", "admin")

_EVERYBODY = dict.fromkeys((ANONYMOUS, *ROLES), "R")
_SIGNED_IN = dict.fromkeys(ROLES, "R")
_STAFF = {"staff": "R", "admin": "R"}

#: Resource → role → letters.
ABILITIES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "pages": _EVERYBODY,
        "status": _EVERYBODY,
        "status_details": _STAFF,
        "articles": _EVERYBODY,
        "articles_v3_v5": _SIGNED_IN,
        "articles_v4": _STAFF,
        "article_alerts": _STAFF,
        "article": {"staff": "C", "admin": "CUD"},
        "sources": _EVERYBODY,
        "source_operation": _STAFF,
        "source_state": {"admin": "U"},
        "source_configuration": {"admin": "RU"},
        "publisher_configuration": {"user": "ru", "contributor": "ru", "admin": "ru"},
        "private_sources": _STAFF,
        "publishers": _EVERYBODY,
        "publisher": {"admin": "CD"},
        "publisher_accounts": _STAFF,
        "alerts": {"staff": "RD", "admin": "RD"},
        "filters": {"staff": "R", "admin": "RU"},
        "api_requests": _STAFF,
        "accounts": {"user": "ru", "contributor": "ru", "staff": "Rud", "admin": "RUD"},
        # The password for API v4 and the publisher of one's account (operations.md 6.4).
        "account_details": {"staff": "u", "admin": "u"},
        "reports": {"user": "s", "contributor": "s", "staff": "S", "admin": "S"},
        "deposits": {"contributor": "C", "admin": "C"},
    }
)

#: Report → whether it is private (operations.md 1.11).
REPORTS: Mapping[str, bool] = MappingProxyType(
    {
        "error_report": True,
        "stale_source_report": True,
        "status_report": True,
        "article_statistics_report": False,
        "fatal_error_report": True,
        "missing_workers_report": True,
    }
)


def may(role: str, action: str, resource: str, *, own: bool = False) -> bool:
    """Whether a role may do something; ``action`` is a capital letter of the table.

    ``own``: it is the caller's own account or publisher, or a report that is not private.
    """
    letters = ABILITIES[resource].get(role, "")
    return action in letters or (own and action.lower() in letters)


def reports_for(role: str) -> tuple[str, ...]:
    """The reports that a role may subscribe to."""
    return tuple(
        name for name, private in REPORTS.items() if may(role, "S", "reports", own=not private)
    )
