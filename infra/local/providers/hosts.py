"""Which module answers for which host."""

from collections.abc import Callable
from typing import NamedTuple

from infra.local.providers import (
    crossref,
    datacite,
    doi,
    dryad,
    europepmc,
    figshare,
    hackernews,
    hypothesis,
    icite,
    ncbi,
    openalex,
    opencitations,
    orcid,
    orcid_openid,
    plos,
    wikidata,
    wikimedia,
    zenodo,
)
from infra.local.providers.exchange import Reply, Request, State


class Provider(NamedTuple):
    """A provider: its name in the counts, its answers, and the URL it refuses as too long."""

    name: str
    answer: Callable[[Request, State], Reply]
    longest_url_bytes: int = 8190


WIKIPEDIA = Provider("wikipedia", wikimedia.answer)
FIGSHARE = Provider("figshare", figshare.answer)
#: Host → its provider. A new module is imported above and named here; nothing else knows it.
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
    "zenodo.org": Provider("zenodo", zenodo.answer),
    "datadryad.org": Provider("dryad", dryad.answer),
    "api.figshare.com": FIGSHARE,
    "stats.figshare.com": FIGSHARE,
    "api.plos.org": Provider("plos", plos.answer),
    "doi.org": Provider("doi", doi.answer),
    doi.LANDING_HOST: Provider("landing", doi.landing),
    "pub.orcid.org": Provider("orcid", orcid.answer),
    "orcid.org": Provider("orcid_openid", orcid_openid.answer),
}


def provider_of(host: str) -> Provider | None:
    """The provider of a host, None if it is none of ours."""
    language, _, rest = host.partition(".")
    if rest == "wikipedia.org" and language != "www":
        return WIKIPEDIA
    return HOSTS.get(host)
