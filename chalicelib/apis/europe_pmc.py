"""Europe PMC's web services: its search, and lists of one article.

For ``europe_pmc``, ``europe_pmc_data``, ``europe_pmc_fulltext``, ``europe_pmc_fulltext_data``,
``pmceurope`` and ``pmceuropedata``.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from chalicelib import csl
from chalicelib.model import Event, Work
from chalicelib.reading import mapping, text, time
from chalicelib.source import Answer, Client

SERVICES = "https://www.ebi.ac.uk/europepmc/webservices/rest"
#: The most articles that one answer lists.
PAGE_SIZE = 1000
KEPT = (
    *("id", "source", "pmid", "pmcid", "doi", "title", "authorString", "journalTitle"),
    *("pubYear", "pubType", "firstPublicationDate"),
)


def search(client: Client, query: str, **paging: str) -> Answer:
    """The articles that a query finds."""
    params = {
        "query": query,
        "resultType": "lite",
        "format": "json",
        "pageSize": str(PAGE_SIZE),
        **paging,
    }
    return client.get(f"{SERVICES}/search", params=params)


def ask_about(
    client: Client, work: Work, what: str, *, absent: Sequence[int], **paging: str
) -> Answer:
    """One of the lists of the article with the work's PMID, such as its citations."""
    url = f"{SERVICES}/MED/{quote(work.pmid or '', safe='')}/{what}"
    return client.get(url, params={"format": "json", **paging}, absent=absent)


def without_error(value: Any) -> dict[str, Any]:
    """The decoded body. Errors: ValueError if it is an error, which comes with HTTP 200."""
    body = mapping(value)
    if "errCode" in body:
        raise ValueError(f"error {body['errCode']}: {body.get('errMsg')}")
    return body


def record_url(article: Mapping[str, Any]) -> str:
    """The page of an article: its id means something with its source only."""
    record = "/".join(quote(text(article[kind]) or "", safe="") for kind in ("source", "id"))
    return f"http://europepmc.org/abstract/{record}"


def hit(article: Mapping[str, Any], url: str) -> Event:
    """An article that the search found."""
    return Event(
        event={name: article[name] for name in KEPT if article.get(name) is not None},
        url=url,
        time=time(article.get("firstPublicationDate")),
        csl=citation(article, url, "journalTitle", text(article.get("pubYear"))),
    )


def citation(
    article: Mapping[str, Any], url: str, journal: str, year: str | None
) -> dict[str, Any]:
    """The article in CSL; ``journal`` is the field with the title of its journal."""
    names = (text(article.get("authorString")) or "").removesuffix(".").split(", ")
    return csl.csl(
        author=csl.authors(names, " "),
        title=(text(article.get("title")) or "").removesuffix("."),
        container_title=text(article.get(journal)),
        issued=csl.date_parts(year),
        url=url,
        type="article-journal",
    )
