"""ORCID iDs, and contributions as Lagotto 5.0 deposited them.

For ``crossref_orcid``, ``datacite_orcid`` and ``orcid``.
"""

import re
from collections.abc import Iterable
from typing import Any

from chalicelib.feed import Entry
from chalicelib.model import Event, Metrics, Result
from chalicelib.reading import text

ORCID = re.compile(r"(?:https?://orcid\.org/)?([0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9Xx])")


def bare(value: Any) -> str | None:
    """The bare iD of an iD or its URL; None of anything else."""
    match = ORCID.fullmatch(text(value) or "")
    return match[1].upper() if match else None


def contributions(doi: str, orcids: Iterable[str], source: str) -> Entry:
    """What a source says of the people who made the work, each counted once."""
    people = dict.fromkeys(orcids)
    events = [contribution(orcid, doi, source) for orcid in people]
    return Entry(
        identifiers={"doi": doi}, result=Result(metrics=Metrics.of(len(people)), events=events)
    )


def contribution(orcid: str, doi: str, source: str) -> Event:
    """One person made the work, says the source."""
    told = {
        "subj_id": f"http://orcid.org/{orcid}",
        "obj_id": f"http://doi.org/{doi}",
        "source_id": source,
    }
    return Event(
        event={"message_type": "contribution", "contribution": told},
        url=f"https://orcid.org/{orcid}",
    )
