"""The world behind the answers, and the query language of two providers."""

import pytest

from infra.local.providers.lucene import SyntaxProblem, parse
from infra.local.providers.world import facts, pmcid_of
from tests.providers.asking import WORLD


def test_the_world_is_heavy_tailed_and_half_empty() -> None:
    works = [facts(f"10.5555/w.{number}") for number in range(3000)]
    pmids = [work.pmid for work in works if work.pmid]
    assert 0.28 < len(pmids) / len(works) < 0.38
    assert len(set(pmids)) == len(pmids)
    assert all(pmcid_of(work.pmid) == work.pmcid for work in works if work.pmid)
    counts = sorted(WORLD.citations("crossref", work.seed) for work in works)
    assert counts[900] == 0 and counts[1800] < 5 < counts[2600] and counts[-1] > 200


def test_queries_combine_as_they_are_written() -> None:
    query = parse('(DOI:("10.1/a" OR DOI:10.1/b\\:c) AND NOT SRC:PPR) || EXT_ID:5')
    assert query.terms == (("doi", "10.1/a"), ("doi", "10.1/b:c"), ("src", "PPR"), ("ext_id", "5"))

    def matches(**document: str) -> bool:
        return query.matches(lambda field, value: document.get(field) == value)

    assert matches(doi="10.1/b:c") and matches(ext_id="5", src="PPR")
    assert not matches(doi="10.1/a", src="PPR") and not matches(doi="10.1/c")
    for wrong in ("", "(", 'DOI:"a', "DOI:", "a AND", "a)", "doi:"):
        with pytest.raises(SyntaxProblem):
            parse(wrong)
