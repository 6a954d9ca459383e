"""Lagotto's JSON, version 4: the writing API, its list of alerts (api.md 6). Pure.

Articles look as in version 5, but that ``events`` of ``info=detail`` are CSL descriptions.
"""

from collections.abc import Collection
from typing import Any

from chalicelib.lagotto import ArticleView, Json
from chalicelib.lagotto import article as article_v5

NOT_AUTHORIZED = "You are not authorized to access this page."
NOT_SHOWN = "Article not found."
NOT_FOUND = "No article found."
FAILED = "An error occured."  # spelt so


def articles(page: Json) -> Json:
    """A page of articles of version 5 as version 4 shows it; changes it in place."""
    for found in page["data"]:
        _with_csl(found)
    return page


def article(success: str, view: ArticleView, *, info: str, cited_by: str) -> Json:
    """The answer about one article. ``success`` tells what happened to it."""
    shown = _with_csl(article_v5(view, info=info, cited_by=cited_by))
    return {"success": success, "error": None, "data": shown}


def alerts(data: Collection[Json], *, total: int, page: int, per_page: int) -> Json:
    """A page of alerts, each made by ``alert``; ``total`` counts those of all pages."""
    return {
        "total": total,
        "total_pages": -(-total // per_page),
        "page": page if total else 0,
        "error": None,
        "data": data,
    }


def alert(
    *,
    id: str,
    level: str,
    class_name: str,
    message: str,
    status: int | None,
    target_url: str | None,
    source: str | None,
    article: str | None,
    unresolved: bool,
    create_date: str,
) -> Json:
    """One alert. There are no hosts any more, so ``hostname`` is null."""
    return {
        "id": id,
        "level": level,
        "class_name": class_name,
        "message": message,
        "status": status,
        "hostname": None,
        "target_url": target_url,
        "source": source,
        "article": article,
        "unresolved": unresolved,
        "create_date": create_date,
    }


def _with_csl(found: dict[str, Any]) -> Json:
    for entry in found.get("sources", ()):
        if "events_csl" in entry:
            entry["events"] = entry.pop("events_csl")
    return found
