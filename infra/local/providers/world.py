"""The world that all providers tell of: which works exist, where, and with what numbers.

Everything is a function of the DOI, or, for the providers that are asked by PMID only, of
the PMID; nothing is stored but which DOI belongs to which other identifier, as far as the
server has heard of it. ``expected`` tells a test the total a source has to end with.
"""

import dataclasses
import functools
import re
from collections.abc import Callable

from infra.local.providers.draws import draw, fraction, heavy_tailed, pick, rare

_DATACITE_PREFIXES = """
10.5281 10.6084 10.5061 10.5072 10.48550 10.17632 10.7910 10.4121 10.14454 10.5438 10.7280
10.17863 10.21233 10.17605 10.6075 10.13140 10.15468 10.5517 10.3886
"""
#: Prefixes registered with DataCite; all others are Crossref's, or nobody's.
DATACITE_PREFIXES = frozenset(_DATACITE_PREFIXES.split())
PREPRINT_PREFIXES = frozenset(("10.1101", "10.21203", "10.20944", "10.26434", "10.64898"))

#: PMIDs made up for DOIs lie from here on; anything above UNKNOWN_PMIDS does not exist.
FIRST_PMID = 10_000_000
PMIDS = 30_000_000
UNKNOWN_PMIDS = 42_000_000
#: Steps through all PMIDs without coming back, so that serial DOIs get different ones.
_PMID_STRIDE = 7_368_787
_PMCID_OFFSET = 9_000_000

#: Who counts the usage of its own works, by our source's name: prefix and form of its DOIs.
REPOSITORIES = {
    "zenodo": ("10.5281/", r"zenodo\.[0-9]{1,12}"),
    "dryad": ("10.5061/", r"dryad\.\S+"),
    "figshare_statistics": ("10.6084/", r"m9\.figshare\.[0-9]{1,12}(\.v[0-9]+)?"),
    "plos_usage": ("10.1371/", r"\S+"),
}

DEFAULT_LANGUAGES = ("en", "de", "fr", "es", "commons")
DATABASES = ("ARXPR", "CHEBI", "CHEMBL", "EMBL", "INTACT", "INTERPRO", "OMIM", "PDB", "UNIPROT")
LARGEST_COUNT = 5000

#: What each provider sees of all citations of a work.
SHARES = {
    "crossref": 1.0,
    "openalex": 1.15,
    "opencitations": 0.85,
    "pmceurope": 0.7,
    "icite": 0.6,
    "pubmed": 0.35,
    "wikidata": 0.15,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Facts:
    """What is true of the work of a DOI (in lower case).

    ``agency`` is "crossref", "datacite" or "" for a DOI that neither knows. ``preprint`` is
    its number in Europe PMC's source PPR. ``seed`` is what its citations depend on.
    """

    doi: str
    agency: str
    pmid: int | None
    pmcid: int | None
    preprint: int | None
    openalex: int | None

    @property
    def seed(self) -> str:
        if self.pmid:
            return f"MED:{self.pmid}"
        return f"PPR:{self.preprint}" if self.preprint else f"DOI:{self.doi}"

    @property
    def in_europe_pmc(self) -> bool:
        return bool(self.pmid or self.preprint)


@functools.lru_cache(maxsize=200_000)
def facts(doi: str) -> Facts:
    """The facts of a DOI, whatever its case."""
    doi = doi.lower()
    agency = _agency(doi)
    article = agency == "crossref"
    pmid = _made_pmid(doi) if article and fraction("has pmid", doi) < 0.34 else None
    preprint = None
    prefix = doi.partition("/")[0]
    if article and not pmid and (prefix in PREPRINT_PREFIXES or fraction("ppr", doi) < 0.03):
        preprint = 100_000 + draw("ppr number", doi) % 900_000
    known = bool(agency) and fraction("in openalex", doi) < 0.95
    return Facts(
        doi=doi,
        agency=agency,
        pmid=pmid,
        pmcid=pmcid_of(pmid) if pmid else None,
        preprint=preprint,
        openalex=2_000_000_000 + draw("openalex", doi) % 5_000_000_000 if known else None,
    )


def _agency(doi: str) -> str:
    if not re.fullmatch(r"10\.[0-9]{4,9}/.+", doi, re.DOTALL):
        return ""
    if doi.partition("/")[0] in DATACITE_PREFIXES:
        return "datacite" if fraction("registered", doi) < 0.98 else ""
    return "crossref" if fraction("registered", doi) < 0.97 else ""


def _made_pmid(doi: str) -> int:
    """A PMID; DOIs that differ in the number at their end never share one."""
    found = re.fullmatch(r"(.*?)([0-9]{0,9})", doi, re.DOTALL)
    stem, digits = (found[1], found[2]) if found else (doi, "")
    return FIRST_PMID + (draw("pmid", stem, len(digits)) + int(digits or 0) * _PMID_STRIDE) % PMIDS


def pmid_exists(pmid: int) -> bool:
    return 0 < pmid < UNKNOWN_PMIDS


def pmcid_of(pmid: int) -> int | None:
    """The PMCID, without letters, of the six in ten PMIDs that are in PubMed Central."""
    in_pmc = FIRST_PMID <= pmid < UNKNOWN_PMIDS and fraction("in pmc", pmid) < 0.6
    return pmid - _PMCID_OFFSET if in_pmc else None


def pmid_of_pmcid(pmcid: int) -> int | None:
    """The PMID of a PMCID, None if there is no such article."""
    pmid = pmcid + _PMCID_OFFSET
    return pmid if pmcid_of(pmid) == pmcid else None


def words(doi: str) -> str:
    """A DOI as search engines of texts see it: words, without punctuation and case."""
    return " ".join(re.findall(r"\w+", doi.lower()))


class World:
    """The numbers of one day, and which DOI the identifiers heard of belong to.

    Day 0 is the first; with ``growth_per_day`` 0.1 every number is about a tenth of its
    first value larger each day, and now and then a zero becomes one. Numbers never fall.
    """

    def __init__(self, *, day: int = 0, growth_per_day: float = 0.0) -> None:
        self.day = day
        self.growth_per_day = growth_per_day
        self.doi_by_seed: dict[str, str] = {}
        self.doi_by_openalex: dict[int, str] = {}

    def work(self, doi: str) -> Facts:
        """The facts of a DOI, which from now on is found by its other identifiers too."""
        found = facts(doi)
        if found.in_europe_pmc:
            self.doi_by_seed.setdefault(found.seed, found.doi)
        if found.openalex:
            self.doi_by_openalex.setdefault(found.openalex, found.doi)
        return found

    def grown(self, count: int, *name: object) -> int:
        """What a number of the first day has become today."""
        increase = self.growth_per_day * self.day
        if not increase:
            return count
        return count + int(count * increase) + (fraction("growth", *name) < increase)

    def citations(self, source: str, seed: str) -> int:
        """How many citations the provider of this source knows of the work of this seed."""
        known = heavy_tailed(LARGEST_COUNT, "citations", seed) * SHARES[source]
        return self.grown(int(known * (0.9 + 0.2 * fraction(source, seed))), source, seed)

    def references_to(self, doi: str) -> int:
        """How many DataCite records name the DOI as related."""
        return self.grown(rare(0.12, 120, "datacite", doi.lower()), "datacite", doi.lower())

    def usage(self, doi: str) -> dict[str, int]:
        """DataCite's own counts of one of its DOIs."""
        views = heavy_tailed(LARGEST_COUNT, "views", doi) * 7
        counts = {
            "citationCount": rare(0.3, 200, "cited dataset", doi),
            "viewCount": views,
            "downloadCount": int(views * fraction("downloads", doi) / 2),
        }
        return {name: self.grown(count, name, doi) for name, count in counts.items()}

    def database_links(self, seed: str) -> dict[str, int]:
        """Database → number of its records that Europe PMC links to the work."""
        if fraction("has links", seed) >= 0.2:
            return {}
        chosen = sorted({pick(DATABASES, "database", i, seed) for i in range(3)})
        return {
            name: self.grown(rare(1, 400, "links", name, seed), "links", name, seed)
            for name in chosen
        }

    def pages(self, language: str, doi: str) -> int:
        """How many pages of this Wikipedia (or "commons") mention the DOI."""
        chance = {"en": 0.15, "de": 0.06, "fr": 0.05, "es": 0.04}.get(language, 0.02)
        name = ("wikipedia", language, words(doi))
        return self.grown(rare(chance, 80, *name), *name)

    def annotations(self, doi: str) -> int:
        """How many public annotations Hypothes.is has."""
        return self.grown(rare(0.08, 260, "hypothesis", doi.lower()), "hypothesis", doi.lower())

    def posts(self, doi: str) -> int:
        """How many stories and comments on Hacker News really mention the DOI."""
        # Nobody writes a DOI with blanks, and a quotation mark becomes one in a phrase.
        if re.search(r'["\s]', doi):
            return 0
        return self.grown(rare(0.06, 130, "hackernews", doi.lower()), "hackernews", doi.lower())

    def items(self, doi: str) -> list[int]:
        """How often each Wikidata item of the DOI is cited; most have one item or none."""
        seed = self.work(doi).seed
        if not facts(doi).agency or fraction("has item", doi.lower()) >= 0.4:
            return []
        cited = self.citations("wikidata", seed)
        return [cited, cited // 3] if fraction("second item", doi.lower()) < 0.05 else [cited]

    def icite_covers(self, pmid: int) -> bool:
        return pmid_exists(pmid) and fraction("in icite", pmid) < 0.97

    def visits(self, repository: str, doi: str) -> tuple[int, int] | None:
        """Views and downloads by the repository's own count; None if it has no such work.

        Versions of an item of figshare are counted together.
        """
        doi = doi.lower()
        prefix, form = REPOSITORIES[repository]
        if not re.fullmatch(re.escape(prefix) + form, doi):
            return None
        if repository == "figshare_statistics":
            doi = re.sub(r"\.v[0-9]+$", "", doi)
        if fraction("held", repository, doi) >= 0.97:
            return None
        views = heavy_tailed(LARGEST_COUNT, "visits", doi) * 3
        downloads = int(views * fraction("downloaded", doi))
        grown = (self.grown(n, i, "visits", doi) for i, n in enumerate((views, downloads)))
        return next(grown), next(grown)

    def contributors(self, doi: str) -> int:
        """How many public ORCID records name the DOI."""
        return self.grown(rare(0.4, 240, "orcid", doi.lower()), "orcid", doi.lower())

    def retracted(self, doi: str) -> bool:
        return fraction("retracted", doi.lower()) < 0.02


def expected(
    source: str,
    doi: str,
    pmid: int | str | None = None,
    *,
    day: int = 0,
    growth_per_day: float = 0.0,
    languages: tuple[str, ...] = DEFAULT_LANGUAGES,
) -> int | None:
    """The total that Lagotto's source of this name must end with; None: it says nothing.

    ``pmid`` is the one that the work has when it is asked about: without it ``icite`` and
    ``pmceuropedata`` give None, and ``pubmed`` knows what the ID converter can find. Sources
    of one repository give None for DOIs that are not of its prefix.
    Errors: KeyError for a source that the provider server does not serve.
    """
    world = World(day=day, growth_per_day=growth_per_day)
    work = world.work(doi)
    number = int(pmid) if pmid else None
    totals: dict[str, Callable[[], int | None]] = {
        "crossref": lambda: (
            # Lagotto does not ask Crossref about DOIs of another agency.
            _cited(world, "crossref", work, work.agency == "crossref")
            if doi.partition("/")[0] not in DATACITE_PREFIXES
            else None
        ),
        "openalex": lambda: _cited(world, "openalex", work, bool(work.openalex)),
        "opencitations": lambda: _cited(world, "opencitations", work, bool(work.agency)),
        "pmceurope": lambda: _cited(world, "pmceurope", work, work.in_europe_pmc),
        "pmceuropedata": lambda: _linked(world, number),
        "pubmed": lambda: _in_pubmed(world, number or _converted(work)),
        "icite": lambda: _in_icite(world, number),
        "datacite": lambda: world.references_to(doi),
        "wikipedia": lambda: sum(world.pages(language, doi) for language in languages),
        "hypothesis": lambda: world.annotations(doi),
        "hackernews": lambda: world.posts(doi),
        "wikidata": lambda: max(world.items(doi), default=0),
        "orcid": lambda: world.contributors(doi),
        "retractions": lambda: 1 if work.agency == "crossref" and world.retracted(doi) else None,
        **{name: functools.partial(_visited, world, name, doi) for name in REPOSITORIES},
    }
    return totals[source]()


def _visited(world: World, repository: str, doi: str) -> int | None:
    prefix, _ = REPOSITORIES[repository]
    return sum(world.visits(repository, doi) or (0, 0)) if doi.startswith(prefix) else None


def _cited(world: World, source: str, work: Facts, known: bool) -> int:
    return world.citations(source, work.seed) if known else 0


def _linked(world: World, pmid: int | None) -> int | None:
    if pmid is None:
        return None
    return sum(world.database_links(f"MED:{pmid}").values()) if pmid_exists(pmid) else 0


def _converted(work: Facts) -> int | None:
    convertible = re.fullmatch(r"10\.[0-9]{4,9}/[!-+\--~]+", work.doi)
    return work.pmid if work.pmcid and convertible else None


def _in_pubmed(world: World, pmid: int | None) -> int | None:
    if pmid is None:
        return None
    return world.citations("pubmed", f"MED:{pmid}") if pmid_exists(pmid) else 0


def _in_icite(world: World, pmid: int | None) -> int | None:
    if pmid is None:
        return None
    return world.citations("icite", f"MED:{pmid}") if world.icite_covers(pmid) else 0
