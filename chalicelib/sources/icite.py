"""NIH iCite: articles that cite the work, by the NIH Open Citation Collection.

Counts:   citing articles (total, citations)
Needs:    PMID
Asks:     GET, JSON, up to 200 PMIDs a call
Limits:   none published; we use 3600 an hour
Auth:     none            Licence: public domain (US government)
Zero:     citation_count 0, or the PMID is missing from data      Unknown work: left out of data
Traps:    flags are "Yes"/"No" in older answers and booleans in newer ones; the newest articles
          have no ratio; a 404 means that the service moved, not that a work is unknown
Docs:     https://icite.od.nih.gov/api      Read: 2026-11-22
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import count, mapping, sequence
from chalicelib.source import Answer, Client, Outcomes, Source, found_identifiers, read_each

#: What iCite says beside the count, and is kept as notes.
SCORES = ("relative_citation_ratio", "nih_percentile", "apt")
FLAGS = ("is_clinical", "provisional")


class ICite(Source):
    name = "icite"
    title = "NIH iCite"
    group = "cited"
    description = "Citing articles in PubMed, by the Open Citation Collection of the NIH."
    needs = ("pmid",)
    batch_size = 200
    calls_per_hour = 3600
    absent = ()

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        pmids = ",".join(work.pmid or "" for work in works)
        return client.get("https://icite.od.nih.gov/api/pubs", params={"pmids": pmids})

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        records = [mapping(record) for record in sequence(mapping(answer.json())["data"])]
        by_pmid = {str(count(record["pmid"])): record for record in records}
        return read_each(answer, works, lambda work: _result(work, by_pmid.get(work.pmid or "")))


def _result(work: Work, record: Mapping[str, Any] | None) -> Result:
    if record is None:
        return Result(metrics=Metrics.of(citations=0))
    return Result(
        metrics=Metrics.of(citations=count(record["citation_count"])),
        events=[
            Event(event=pmid, url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/")
            for pmid in _pmids(record.get("cited_by"))
        ],
        identifiers={} if work.doi else found_identifiers(doi=record.get("doi")),
        notes=_notes(record),
    )


def _notes(record: Mapping[str, Any]) -> dict[str, Any]:
    flags = {"Yes": True, "No": False, True: True, False: False}
    notes = {
        **{name: record.get(name) for name in SCORES},
        **{name: flags.get(record.get(name)) for name in FLAGS},
        "cited_by_clin": _pmids(record.get("cited_by_clin")) or None,
    }
    return {name: value for name, value in notes.items() if value is not None}


def _pmids(value: Any) -> list[str]:
    """The PMIDs of a list of numbers, or of a text with spaces as in iCite's files."""
    listed = value.split() if isinstance(value, str) else sequence(value or [])
    return [str(count(pmid)) for pmid in listed]
