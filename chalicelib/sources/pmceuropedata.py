"""Europe PMC database links: records in biological databases that refer to the work.

Counts:   links from databases such as UNIPROT or PDB (total, citations)
Needs:    PMID
Asks:     GET, JSON, one work a call
Limits:   none published; we use 5 a second
Auth:     none            Licence: counts are free to show
Zero:     hitCount 0      Unknown work: hitCount 0 or 404
Traps:    errors come as HTTP 200 with errCode; dbCountList is missing when there are no links;
          a single database can come as an object; the number can be a text
Docs:     https://europepmc.org/RestfulWebService Read: 2026-11-22
"""

from collections.abc import Sequence
from urllib.parse import quote

from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, mapping, sequence, text
from chalicelib.source import Answer, Client, Outcomes, Source

ARTICLES = "https://www.ebi.ac.uk/europepmc/webservices/rest/MED"


class PmcEuropeData(Source):
    name = "pmceuropedata"
    title = "Europe PubMed Central Database Citations"
    group = "cited"
    description = "Links to the work from biological databases, found by Europe PMC."
    needs = ("pmid",)
    calls_per_hour = 18000
    page = "http://europepmc.org/abstract/MED/{pmid}#fragment-related-bioentities"

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        url = f"{ARTICLES}/{quote(works[0].pmid or '', safe='')}/databaseLinks"
        return client.get(url, params={"format": "json"}, absent=self.absent)

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        links, databases = (0, {}) if answer.absent else _links(answer)
        return {
            work.key: Result(
                metrics=Metrics.of(citations=links),
                # Lagotto shows an empty list, not an empty object, when there are no links.
                events=databases or (),
                events_url=self.events_url(work),
            )
            for work in works
        }


def _links(answer: Answer) -> tuple[int, dict[str, int]]:
    """How many links there are, and how many from each database."""
    body = mapping(answer.json())
    if "errCode" in body:
        raise ValueError(f"error {body['errCode']}: {body.get('errMsg')}")
    entries = mapping(body.get("dbCountList") or {}).get("db") or []
    databases: dict[str, int] = {}
    for entry in sequence([entries] if isinstance(entries, dict) else entries):
        name = text(entry["dbName"])
        if name is None:
            raise ValueError("a database has no name")
        databases[name] = count(entry["count"])
    return count(body["hitCount"]), databases
