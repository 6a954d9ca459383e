"""Nature (OpenSearch): articles on nature.com whose text has the DOI or the landing page.

Counts:   articles that mention the work (total, citations)
Needs:    DOI of the agency DataCite; uses the landing page if it is known
Asks:     GET, JSON, one work; 25 articles a page, up to 40 pages
Limits:   none published; we use 3600 an hour
Auth:     none            Licence: none stated; we keep titles and names, no abstracts
Zero:     opensearch:totalResults 0      Unknown work: the same
Traps:    records are counted from 1, so page 2 begins at 26; entry can be missing without
          hits; fields are null where there is no value; titles can hold HTML
Docs:     https://www.nature.com/opensearch/ Read: 2026-11-26
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from chalicelib import csl
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import count, doi, expecting, mapping, sequence, text, time
from chalicelib.source import Answer, Client, Outcomes, Source, phrase

PAGE_SIZE = 25
MAXIMUM_PAGES = 40
KEPT = (
    *("dc:identifier", "prism:doi", "dc:title", "dc:creator"),
    *("prism:publicationName", "prism:publicationDate"),
)

#: The heads of the articles by DOI.
Heads = dict[str, dict[str, Any]]


class NatureOpenSearch(Source):
    name = "nature_opensearch"
    title = "Nature (OpenSearch)"
    group = "relations"
    description = "Articles on nature.com that mention the DOI or the page of the work."
    profits_from = ("canonical_url",)
    calls_per_hour = 3600
    agencies = ("datacite",)
    on_by_default = False
    absent = ()
    page = "http://www.nature.com/search?q=%22{doi}%22"

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        [work] = works
        heads: Heads = {}
        for number in range(1, MAXIMUM_PAGES + 1):
            answer = _page(work, number, client)
            with expecting("a search result of nature.com", answer):
                feed = mapping(mapping(answer.json())["feed"])
                page = _heads(feed)
                heads |= page
                total = count(feed["opensearch:totalResults"])
                if len(heads) >= total:
                    return {work.key: self._result(work, heads)}
            if not page:
                break
        return {work.key: answer.malformed(f"{len(heads)} of {total} articles")}

    def _result(self, work: Work, heads: Heads) -> Result:
        events = [_event(*item) for item in heads.items() if item[0] != work.doi_folded]
        return Result(
            metrics=Metrics.of(citations=len(events)),
            events=events,
            events_url=self.events_url(work),
        )


def _page(work: Work, number: int, client: Client) -> Answer:
    terms = [phrase(value) for value in (work.doi, work.canonical_url) if value]
    params = {
        "query": " OR ".join(terms),
        "httpAccept": "application/json",
        "startRecord": str((number - 1) * PAGE_SIZE + 1),
    }
    return client.get("https://www.nature.com/opensearch/request", params=params)


def _heads(feed: Mapping[str, Any]) -> Heads:
    """What stands in the heads of the articles of one page, by DOI."""
    heads = {}
    for entry in sequence(feed.get("entry") or []):
        article = entry["sru:recordData"]["pam:message"]["pam:article"]
        head = mapping(article["xhtml:head"])
        heads[doi(head.get("prism:doi")) or doi(head["dc:identifier"])] = head
    if "" in heads:
        raise ValueError("an article has no DOI")
    return heads


def _event(article: str, head: Mapping[str, Any]) -> Event:
    url = f"http://doi.org/{quote(article)}"
    published = text(head.get("prism:publicationDate"))
    names = [text(name) or "" for name in sequence(head.get("dc:creator") or [])]
    return Event(
        event={name: head[name] for name in KEPT if head.get(name) is not None},
        url=url,
        time=time(published),
        csl=csl.csl(
            author=csl.authors(names),
            title=text(head.get("dc:title")),
            container_title=text(head.get("prism:publicationName")),
            issued=csl.date_parts(published),
            url=url,
            type="article-journal",
        ),
    )
