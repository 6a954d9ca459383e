"""The contract: what all answers share, then all items of api.md section 15 one by one.

``test_conformance`` asks the app in this process, ``tests/gateway`` the deployed one over HTTP.
The number in a test's name is that of the item. A fixture ``site`` holds the data and people of
``tests.contract``; ``sixty`` adds works to it, and so do the items of v4, which delete theirs.

conventions   sections 1.3 to 1.6, items 1 to 7
v3            items 8 to 18
v5            items 19 to 41
v4            items 42 to 48, which write
outside       items 49 to 51
"""

import json
from typing import Any

from tests.contract import ALPHA
from tests.visiting import Seen, Visitor

JSON = "application/json; charset=utf-8"
BY_DATE = ["by_day", "by_month", "by_year"]
NOTHING_FOUND = '{"total":0,"total_pages":0,"page":0,"error":null,"data":[]}'
NO_PATH = '{"error":"The page you were looking for doesn\'t exist."}'

V3_PATH = "/api/v3/articles"
V3_ARTICLE_KEYS = (
    "doi,title,url,mendeley,pmid,pmcid,publication_date,update_date,"
    "views,shares,bookmarks,citations,sources"
).split(",")
NO_ARTICLE = '{"error":"Article not found."}'

NO_DATE = {"published_on": ["is not a valid date"]}
REQUIRED = {"article": ["parameter is required"]}


def told(seen: Seen) -> tuple[int, str]:
    """Status and text of an answer."""
    return seen.status, seen.text


def compact(value: Any) -> str:
    """JSON as the API writes it, in which the order of keys shows."""
    return json.dumps(value, separators=(",", ":"))


def alpha_v3(site: Visitor, key: str = "kusr", **params: str) -> dict[str, Any]:
    """Article A as v3 lists it."""
    seen = site.get(V3_PATH, key=key, ids=ALPHA, **params)
    assert seen.status == 200, seen.text
    (article,) = seen.json
    return dict(article)


def entries(article: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The sources of an article by name, in their order."""
    return {source["name"]: source for source in article["sources"]}
