"""Europe PMC database links: records in biological databases that refer to the work.

With the setting ``api`` = ``2014`` it asks as Lagotto did: by PMID for the links, or, with the
``url`` of a search for ACCESSION_ID:{doi}, for the articles that cite the work as data.

Counts:   links from databases such as UNIPROT or PDB (total, citations); or articles, 2014
Needs:    PMID; 2014: what ``url`` has a placeholder for, too; without it a work is left unasked
Asks:     GET, JSON (2014: or XML), one work a call
Limits:   none published; we use 5 a second
Auth:     none            Licence: counts are free to show
Zero:     hitCount 0      Unknown work: hitCount 0 or 404; 2014: a 404 is a failure
Traps:    errors come as HTTP 200 with errCode; dbCountList is missing when there are no links;
          a single database can come as an object; the number can be a text. 2014: the empty
          segment of the default URL is intended; Lagotto put the DOI in raw, here it is escaped
          where it would end the query; a missing hitCount is no zero
Docs:     https://europepmc.org/RestfulWebService Read: 2026-11-22
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from chalicelib import csl
from chalicelib.apis import europe_pmc
from chalicelib.archive import API, as_2014, as_list, decode, each, expand
from chalicelib.errors import Rejected
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import count, expecting, mapping, sequence, text
from chalicelib.source import Answer, Client, Outcomes, Setting, Source

LINKS_OF_2014 = "http://www.ebi.ac.uk/europepmc/webservices/rest/MED/{pmid}/databaseLinks//1/json"
ARTICLE_OF_2014 = "http://europepmc.org/abstract/MED/"


class PmcEuropeData(Source):
    name = "pmceuropedata"
    title = "Europe PubMed Central Database Citations"
    group = "cited"
    description = "Links to the work from biological databases, found by Europe PMC."
    needs = ("pmid",)
    calls_per_hour = 18000
    page = "http://europepmc.org/abstract/MED/{pmid}#fragment-related-bioentities"
    settings = (
        API,
        Setting(
            name="url",
            description="URL template with {pmid} for the links, or with {doi} for a search",
            default=LINKS_OF_2014,
        ),
    )

    def asks_about(self, work: Work, settings: Mapping[str, str]) -> bool:
        """Lagotto's search for accession numbers goes by the DOI instead of the PMID."""
        if settings.get("api") != "2014":
            return self.applies(work)
        url = settings.get("url", LINKS_OF_2014)
        return work.has(*(kind for kind in ("pmid", "doi") if f"{{{kind}}}" in url))

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        if not as_2014(client):
            return super().collect(works, client)
        kinds = [kind for kind in ("pmid", "doi") if f"{{{kind}}}" in client.settings["url"]]
        if not kinds:
            raise Rejected("the setting url of pmceuropedata has neither {pmid} nor {doi}")
        asked = [work for work in works if work.has(*kinds)]
        return each(asked, lambda work: self._ask_as_in_2014(work, client))

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        return europe_pmc.ask_about(client, works[0], "databaseLinks", absent=self.absent)

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        links, databases = (
            (0, {}) if answer.absent else _links(europe_pmc.without_error(answer.json()))
        )
        return {
            work.key: Result(
                metrics=Metrics.of(citations=links),
                # Lagotto shows an empty list, not an empty object, when there are no links.
                events=databases or (),
                events_url=self.events_url(work),
            )
            for work in works
        }

    def _ask_as_in_2014(self, work: Work, client: Client) -> Result:
        doi = quote(work.doi or "", safe="/:;()") or None
        answer = client.get(expand(client.settings["url"], pmid=work.pmid, doi=doi))
        with expecting("links or articles of Europe PMC", answer):
            document = mapping(decode(answer))
            body = europe_pmc.without_error(document.get("responseWrapper", document))
            found, databases = _links(body)
            articles = as_list(_filled(body.get("resultList")).get("result"))
            return Result(
                metrics=Metrics.of(citations=found),
                events=databases or [_article(mapping(article)) for article in articles],
                events_url=self.events_url(work),
            )


def _filled(value: Any) -> dict[str, Any]:
    """The object; an element without content, which XML can leave as blanks, has no fields."""
    blank = not value or (isinstance(value, str) and not value.strip())
    return {} if blank else mapping(value)


def _links(body: Mapping[str, Any]) -> tuple[int, dict[str, int]]:
    """How many links there are, and how many from each database."""
    entries = _filled(body.get("dbCountList")).get("db") or []
    databases: dict[str, int] = {}
    for entry in sequence([entries] if isinstance(entries, dict) else entries):
        name = text(entry["dbName"])
        if name is None:
            raise ValueError("a database has no name")
        databases[name] = count(entry["count"])
    return count(body["hitCount"]), databases


def _article(article: Mapping[str, Any]) -> Event:
    pmid, year = text(article.get("pmid")), article.get("pubYear")
    url = f"{ARTICLE_OF_2014}{pmid}" if pmid else None
    return Event(
        event=article,
        url=url,
        always=("event_url",),
        csl=csl.csl(
            author=csl.author(text(article.get("authorString"))),
            title=text(article.get("title")),
            container_title=text(article.get("journalTitle")),
            issued=csl.parts(None if year is None else count(year)),
            url=url,
            type="article-journal",
        ),
    )
