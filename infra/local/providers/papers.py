"""Invented papers, people and dates: what surrounds the numbers in the answers.

A citing paper is known by the work it cites and its place in the list, so every provider
tells of the same papers and a list that grows keeps its beginning.
"""

import dataclasses
import datetime as dt
import functools

from infra.local.providers.draws import between, draw, fraction, pick

_FAMILIES = ("Abara", "Bērziņa", "Castro", "Dlamini", "Eriksen", "Fujita", "González", "Haddad")
_GIVEN = ("Ada", "Bola", "Chen", "Dana", "Elif", "Femi", "Gita", "Hugo", "Ines", "Jun")
_SUBJECTS = ("coastal sediments", "protein folding", "reading habits", "alpine lichens", "soil")
_METHODS = ("A survey of", "Modelling", "Long-term change in", "Notes on", "The economics of")
#: Shares no factor with the sizes of the ranges it steps through, so that no step repeats.
_STRIDE = 7_368_787
JOURNALS = ("Journal of Invented Results", "Annals of Example Science", "Sample Letters")


@dataclasses.dataclass(frozen=True, slots=True)
class Paper:
    """The paper at this place in the list of those citing the work of this seed.

    No two papers of one list share an identifier.
    """

    seed: str
    index: int

    @property
    def doi(self) -> str:
        return f"10.5555/citing.{self._number % 10**12:012d}"

    @property
    def pmid(self) -> int:
        return 10_000_000 + self._number % 30_000_000

    @property
    def openalex(self) -> int:
        """The number of its identifier in OpenAlex."""
        return 7_000_000_000 + self._number % 1_000_000_000

    @property
    def title(self) -> str:
        return title("citing", self.seed, self.index)

    @property
    def authors(self) -> tuple[tuple[str, str], ...]:
        return people("citing", self.seed, self.index)

    @property
    def journal(self) -> str:
        return pick(JOURNALS, "citing", self.seed, self.index)

    @property
    def published(self) -> dt.date:
        first_year = publication_day(self.seed).year
        return day(first_year, 2026, "citing", self.seed, self.index)

    @property
    def _number(self) -> int:
        return _first_number(self.seed) + self.index * _STRIDE


@functools.lru_cache(maxsize=100_000)
def _first_number(seed: str) -> int:
    return draw("citing", seed)


def people(*name: object) -> tuple[tuple[str, str], ...]:
    """One to four people as (given, family)."""
    return tuple(
        (pick(_GIVEN, "given", i, *name), pick(_FAMILIES, "family", i, *name))
        for i in range(between(1, 4, "people", *name))
    )


def title(*name: object) -> str:
    """A title."""
    return f"{pick(_METHODS, 'method', *name)} {pick(_SUBJECTS, 'subject', *name)}"


def day(first_year: int, last_year: int, *name: object) -> dt.date:
    """A day of these years."""
    year = between(first_year, last_year, "year", *name)
    return dt.date(year, 1, 1) + dt.timedelta(days=between(0, 364, "day", *name))


def moment(first_year: int, last_year: int, *name: object) -> dt.datetime:
    """A second of these years, in UTC."""
    midnight = dt.datetime.combine(day(first_year, last_year, *name), dt.time(), dt.UTC)
    return midnight + dt.timedelta(seconds=between(0, 86399, "second", *name))


@functools.lru_cache(maxsize=100_000)
def publication_day(seed: str) -> dt.date:
    """When the work of this seed was published."""
    return day(1975, 2024, "published", seed)


def mixed_case(doi: str) -> str:
    """The DOI as its publisher spelled it: some in lower, some in upper, some in mixed case.

    Only ASCII letters change, as DOIs are compared.
    """
    prefix, _, suffix = doi.partition("/")
    kind = fraction("case", doi)
    if kind < 0.4:
        return doi
    if kind < 0.7:
        return f"{prefix}/{ascii_upper(suffix)}"
    return f"{prefix}/" + "".join(
        ascii_upper(letter) if fraction("letter", doi, i) < 0.3 else letter
        for i, letter in enumerate(suffix)
    )


def ascii_upper(text: str) -> str:
    """The text with its ASCII letters in upper case and all others as they are."""
    return "".join(letter.upper() if letter.isascii() else letter for letter in text)
