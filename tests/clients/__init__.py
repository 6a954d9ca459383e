"""What the known clients of Lagotto send, and how they read what comes back (api.md 13).

A class stands for a client. It sends the requests that the client was seen to send, byte by
byte, and reads the answers as the client's own code does: each field that that reads, in the
type that it takes for granted. So a field that is missing, null or of another type where the
client cannot do with it is an error here, as it is one there.

pyalm       pyalm, Python (13.1)
alm_r       alm, R (13.2)
almviz      almviz and Lagotto's own pages, JavaScript (13.3)
others      alm-report, lagotto-rb, OJS, WordPress, ImpactStory (13.4 to 13.8)
"""

import datetime as dt
from typing import Any

from tests.visiting import Seen

Json = dict[str, Any]

V3, V5 = "/api/v3/articles", "/api/v5/articles"

#: The parts of dates by which things are counted.
PERIODS = {"by_day": ("year", "month", "day"), "by_month": ("year", "month"), "by_year": ("year",)}


def read_json(seen: Seen) -> Any:
    """The JSON of an answer; clients give up on error statuses."""
    assert seen.status < 400, (seen.status, seen.text)
    assert seen.headers["content-type"].startswith("application/json")
    return seen.json


def scalars(fields: Json) -> Json:
    """A row of a table: nothing in it may be a list or an object."""
    for name, value in fields.items():
        assert value is None or type(value) in (str, int, float, bool), name
    return fields


def number(value: Any) -> int | None:
    """A number that may come as a text; None stays."""
    assert value is None or type(value) in (int, str)
    return int(value) if isinstance(value, str) else value


def moment(text: str) -> dt.datetime:
    """A time in the only shape that clients read."""
    return dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
