"""The provider server: the providers asked by default, on loopback, for work without internet.

It answers each provider's calls in the provider's shape and within its limits; every number
is a function of the DOI or PMID asked about (``world``), so two runs give the same numbers
and ``world.expected`` tells a test what they must be. Calls can be made to fail on purpose.

    python -m infra.local.providers --port 0
    with ProviderServer(rate_429=0.01) as server: ... server.url

server     routes, faults, counts          hosts      which module answers for which host
world      which works exist; numbers      draws      numbers drawn from names
papers     invented papers and people      lucene     query language of two providers
faults     429 and 5xx on purpose          tally      what was asked of whom
sign_ins   who signs in at ORCID
"""

from infra.local.providers.server import PortTaken, ProviderServer

__all__ = ["PortTaken", "ProviderServer"]
