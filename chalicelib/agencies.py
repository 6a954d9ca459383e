"""Which registration agency has a DOI: asked of doi.org once per prefix, then known for good.

So that Crossref is not asked about DataCite's DOIs, nor DataCite about Crossref's.

Asks:     GET https://doi.org/doiRA/<DOI>,<DOI>,…: [{"DOI", "RA"}], or "status" for a DOI that
          is not registered
Docs:     https://www.doi.org/the-identifier/resources/factsheets/doi-resolution-documentation
"""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from typing import ClassVar
from urllib.parse import quote

from chalicelib import settings
from chalicelib.client import HttpClient
from chalicelib.errors import SourceError
from chalicelib.reading import doi, expecting, mapping, sequence
from chalicelib.source import Answer, Source, chunks
from chalicelib.store import agencies
from chalicelib.store.lists import registrant_of
from chalicelib.store.works import StoredWork

#: A call names DOIs up to this length; servers commonly take request lines of 8,192 bytes.
LISTED_CHARACTERS = 4000
#: So many calls are made for one job; what is left stays unknown until the next.
MAXIMUM_CALLS = 6
#: What doi.org cannot tell is asked again after this time.
RETRY_SECONDS = 3600

_asked_in_vain: dict[str, dt.datetime] = {}


class _Resolver(Source):
    name = "doi.org"
    title = "DOI resolver"
    group = "other"
    description = "The registration agency of a DOI."
    timeout_seconds = 10
    calls_per_hour: ClassVar[int] = 36_000


def told(found: Mapping[str, StoredWork], now: dt.datetime) -> dict[str, StoredWork]:
    """The stored works with the agency of their DOI, where it is known or doi.org tells it.

    A few calls at most; when one fails the rest stays unknown, and those works are asked about.
    """
    dois = _dois(found)
    kept = agencies.find(dois)
    unknown = [
        prefix
        for prefix in sorted(dois.keys() - kept.keys())
        if prefix not in _asked_in_vain
        or (now - _asked_in_vain[prefix]).total_seconds() > RETRY_SECONDS
    ]
    if unknown:
        fresh = _ask([dois[prefix] for prefix in unknown])
        _asked_in_vain.update(dict.fromkeys(set(unknown) - fresh.keys(), now))
        agencies.put(fresh)
        kept |= fresh
    return {key: _with_agency(work, kept) for key, work in found.items()}


def known(found: Mapping[str, StoredWork]) -> dict[str, StoredWork]:
    """The stored works with the agency of their DOI, as far as it is known here."""
    kept = agencies.find(_dois(found))
    return {key: _with_agency(work, kept) for key, work in found.items()}


def _dois(found: Mapping[str, StoredWork]) -> dict[str, str]:
    """Prefix → a DOI of it."""
    return {registrant_of(w.work.doi): w.work.doi_folded for w in found.values() if w.work.doi}


def _with_agency(stored: StoredWork, known: Mapping[str, str]) -> StoredWork:
    agency = known.get(registrant_of(stored.work.doi or ""))
    if agency is None:
        return stored
    work = dataclasses.replace(stored.work, registration_agency=agency)
    return dataclasses.replace(stored, work=work)


def _ask(dois: list[str]) -> dict[str, str]:
    """The agencies by prefix, as far as doi.org tells them now."""
    configured = settings.load()
    client = HttpClient(
        _Resolver(),
        contact_email=configured.contact(),
        providers_url=configured.providers_url,
    )
    found: dict[str, str] = {}
    listed = [quote(one, safe="") for one in dois]
    with suppress(SourceError):
        for part in chunks(listed, len, LISTED_CHARACTERS)[:MAXIMUM_CALLS]:
            answer = client.get(f"https://doi.org/doiRA/{','.join(part)}")
            with expecting("a list of registration agencies", answer):
                found |= _read(answer)
    return found


def _read(answer: Answer) -> dict[str, str]:
    found = {}
    for entry in sequence(answer.json()):
        name, agency = doi(mapping(entry).get("DOI")), entry.get("RA")
        if name and isinstance(agency, str) and agency.strip():
            found[registrant_of(name)] = agency.replace(" ", "").lower()
    return found
