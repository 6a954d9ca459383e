"""Which module answers for which host."""

from collections.abc import Callable
from typing import NamedTuple

from infra.local.providers import (
    crossref,
    datacite,
    europepmc,
    hackernews,
    hypothesis,
    icite,
    ncbi,
    openalex,
    opencitations,
    wikidata,
    wikimedia,
)
from infra.local.providers.exchange import Reply, Request, State


class Provider(NamedTuple):
    """A provider: its name in the counts, its answers, and the URL it refuses as too long."""

    name: str
    answer: Callable[[Request, State], Reply]
    longest_url_bytes: int = 8190


WIKIPEDIA = Provider("wikipedia", wikimedia.answer)
HOSTS = {
    "api.crossref.org": Provider("crossref", crossref.answer, 4092),
    "api.openalex.org": Provider("openalex", openalex.answer),
    "www.ebi.ac.uk": Provider("europepmc", europepmc.answer),
    "api.datacite.org": Provider("datacite", datacite.answer),
    "pmc.ncbi.nlm.nih.gov": Provider("idconv", ncbi.convert),
    "eutils.ncbi.nlm.nih.gov": Provider("eutils", ncbi.eutils),
    "icite.od.nih.gov": Provider("icite", icite.answer),
    "api.opencitations.net": Provider("opencitations", opencitations.answer),
    "commons.wikimedia.org": WIKIPEDIA,
    "hypothes.is": Provider("hypothesis", hypothesis.answer),
    "hn.algolia.com": Provider("hackernews", hackernews.answer),
    "query-scholarly.wikidata.org": Provider("wikidata", wikidata.answer),
}


def provider_of(host: str) -> Provider | None:
    """The provider of a host, None if it is none of ours."""
    language, _, rest = host.partition(".")
    if rest == "wikipedia.org" and language != "www":
        return WIKIPEDIA
    return HOSTS.get(host)
