"""The search of NASA's Astrophysics Data System.

For ``ads`` and ``ads_fulltext``.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib import csl
from chalicelib.reading import sequence, text
from chalicelib.source import Answer, Client, Params, Setting

ACCESS_TOKEN = Setting(
    name="access_token", description="API token of ADS", secret=True, required=True
)


def search(client: Client, params: Params) -> Answer:
    """The documents that a query finds, as Solr answers."""
    token = client.settings.get("access_token", "").strip()
    headers = {"authorization": f"Bearer {token}"}
    url = "https://api.adsabs.harvard.edu/v1/search/query"
    return client.get(url, params=params, headers=headers)


def citation(doc: Mapping[str, Any], url: str, container_title: str | None) -> dict[str, Any]:
    """The document in CSL."""
    names = [text(name) or "" for name in sequence(doc.get("author") or [])]
    titles = [text(title) or "" for title in sequence(doc.get("title") or [])]
    published = (text(doc.get("pubdate")) or "").replace("-00", "")
    return csl.csl(
        author=csl.authors(names, ", "),
        title=titles[0].removesuffix(".") if titles else None,
        container_title=container_title,
        issued=csl.date_parts(published),
        url=url,
        type="article-journal",
    )
