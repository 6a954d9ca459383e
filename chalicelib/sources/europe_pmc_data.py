"""Europe PMC (Database Links): records of biological databases that refer to the work, each.

The source ``pmceuropedata`` has the same total; this one lists the records as events.

Counts:   records in databases such as UNIPROT or PDB (total, citations)
Needs:    PMID
Asks:     GET, JSON, one work a call; at most 1,000 records of each database
Limits:   none published; we use 1 a second
Auth:     none            Licence: links are free to show
Zero:     hitCount 0      Unknown work: hitCount 0 or 404
Traps:    errors come as HTTP 200 with errCode, and bodies without hitCount have been seen, both
          are no zero; genomes have tens of thousands of records, so that hitCount and not the
          number of events is the total; a single database can come as an object
Docs:     https://europepmc.org/RestfulWebService Read: 2026-11-26
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from chalicelib.apis import europe_pmc
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import count, mapping, sequence, text
from chalicelib.source import Answer, Client, Outcomes, Source

#: Where a person sees the record with the accession number that its first field is.
LINKS = {
    "UNIPROT": "https://www.uniprot.org/uniprotkb/",
    "PDB": "https://www.ebi.ac.uk/pdbe/entry/pdb/",
    "EMBL": "https://www.ebi.ac.uk/ena/browser/view/",
    "CHEBI": "https://www.ebi.ac.uk/chebi/searchId.do?chebiId=",
    "INTERPRO": "https://www.ebi.ac.uk/interpro/entry/InterPro/",
    "OMIM": "https://omim.org/entry/",
    "PRIDE": "https://www.ebi.ac.uk/pride/archive/projects/",
}


class EuropePmcData(Source):
    name = "europe_pmc_data"
    title = "Europe PMC (Database Links)"
    group = "results"
    description = "Records in biological databases that refer to the work, found by Europe PMC."
    needs = ("pmid",)
    calls_per_hour = 3600
    on_by_default = False
    page = "http://europepmc.org/abstract/MED/{pmid}#fragment-related-bioentities"

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        paging = {"pageSize": "1000", "page": "1"}
        return europe_pmc.ask_about(client, works[0], "databaseLinks", absent=self.absent, **paging)

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        body = {"hitCount": 0} if answer.absent else europe_pmc.without_error(answer.json())
        links = count(body["hitCount"])
        events = list(_events(body))
        if links and not events:
            raise ValueError(f"{links} links, but none is listed")
        return {
            work.key: Result(
                metrics=Metrics.of(citations=links),
                events=events,
                events_url=self.events_url(work),
            )
            for work in works
        }


def _events(body: Mapping[str, Any]) -> Iterator[Event]:
    listed = mapping(body.get("dbCrossReferenceList") or {}).get("dbCrossReference")
    for database in _several(listed):
        name = text(database["dbName"])
        for record in _several(database.get("dbCrossReferenceInfo")):
            accession = text(record["info1"]) or ""
            told = {key: value for key, value in record.items() if value}
            link = LINKS.get(name or "")
            yield Event(
                event={**told, "database": name},
                url=link + quote(accession, safe=":") if link and accession else None,
            )


def _several(value: Any) -> list[dict[str, Any]]:
    """The objects of a list that comes as an object where there is one, and can be missing."""
    listed = [value] if isinstance(value, dict) else value or []
    return [mapping(item) for item in sequence(listed)]
