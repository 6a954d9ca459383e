"""Europe PMC, NCBI and iCite: what is known of articles with a PMID."""

import pytest

from infra.local.providers.world import facts
from tests.providers.asking import WORLD, Ask, dois

# Europe PMC

EPMC = "www.ebi.ac.uk/europepmc/webservices/rest"


def test_europe_pmc_search(ask: Ask) -> None:
    article = dois(lambda work: work.pmid and work.pmcid)[0]
    preprint = dois(lambda work: work.preprint, stem="10.1101/")[0]
    unknown = dois(lambda work: not work.in_europe_pmc)[0]
    odd = dois(lambda work: work.in_europe_pmc, stem='10.5555/"(a)\\b:')[0]
    listed = [article, preprint, unknown, odd.replace("\\", "\\\\").replace('"', '\\"')]
    query = " OR ".join(f'DOI:"{doi.upper()}"' for doi in listed)
    body = ask(f"{EPMC}/search", query=query, format="json", pageSize="100").json()
    hits = [hit for hit in body["resultList"]["result"] if hit["source"] != "AGR"]
    results = {hit["doi"].lower(): hit for hit in hits}
    assert set(results) == {article, preprint, odd}
    assert results[article]["id"] == results[article]["pmid"] == str(facts(article).pmid)
    assert results[article]["pmcid"] == f"PMC{facts(article).pmcid}"
    assert results[article]["isOpenAccess"] == "Y"
    assert results[preprint]["source"] == "PPR" and "pmid" not in results[preprint]
    assert type(results[article]["citedByCount"]) is int
    narrower = f"EXT_ID:{facts(article).pmid} AND SRC:MED"
    assert ask(f"{EPMC}/search", query=narrower, format="json").json()["hitCount"] == 1
    assert ask(f"{EPMC}/search", query=narrower).text.startswith("<?xml")


def test_europe_pmc_pages_by_cursor(ask: Ask) -> None:
    listed = dois(lambda work: work.in_europe_pmc, 60)
    query = {"query": " OR ".join(f'DOI:"{doi}"' for doi in listed), "format": "json"}
    first = ask(f"{EPMC}/search", **query).json()
    assert len(first["resultList"]["result"]) == 25 and "nextPageUrl" in first
    found, mark, last = [], "*", {}
    while True:
        last = ask(f"{EPMC}/search", **query, cursorMark=mark).json()
        found += last["resultList"]["result"]
        if last["nextCursorMark"] == mark or not last["resultList"]["result"]:
            break
        mark = last["nextCursorMark"]
    assert len(found) == last["hitCount"] >= 60
    assert "nextPageUrl" not in last
    spelled = {hit["doi"] for hit in found}
    assert {doi.lower() for doi in spelled} == set(listed) and spelled != set(listed)


@pytest.mark.parametrize("wrong", [{"pageSize": "1001"}, {"query": 'DOI:"10.5555/a" OR'}])
def test_europe_pmc_errors_come_with_status_200(ask: Ask, wrong: dict[str, str]) -> None:
    params = {"query": 'DOI:"10.5555/a"', "format": "json", **wrong}
    answer = ask(f"{EPMC}/search", **params)
    assert answer.status_code == 200
    assert answer.json()["errCode"] == 404 and "resultList" not in answer.json()


def test_europe_pmc_citations_and_database_links(ask: Ask) -> None:
    pmids = range(20_000_000, 20_000_400)
    many = max(pmids, key=lambda pmid: WORLD.citations("pmceurope", f"MED:{pmid}"))
    count = WORLD.citations("pmceurope", f"MED:{many}")
    first = ask(f"{EPMC}/MED/{many}/citations", format="json").json()
    assert (first["hitCount"], len(first["citationList"]["citation"])) == (count, 25)
    found = [
        citation["id"]
        for page in range(1, count // 1000 + 2)
        for citation in ask(
            f"{EPMC}/MED/{many}/citations", format="json", pageSize="1000", page=str(page)
        ).json()["citationList"]["citation"]
    ]
    assert len(set(found)) == count
    linked = next(pmid for pmid in pmids if len(WORLD.database_links(f"MED:{pmid}")) > 1)
    links = ask(f"{EPMC}/MED/{linked}/databaseLinks", format="json").json()
    counts = {db["dbName"]: db["count"] for db in links["dbCountList"]["db"]}
    assert counts == WORLD.database_links(f"MED:{linked}")
    assert links["hitCount"] == sum(counts.values())
    assert links["dbCrossReferenceList"]["dbCrossReference"][0]["dbCrossReferenceInfo"]
    one = next(iter(counts))
    only = ask(f"{EPMC}/MED/{linked}/databaseLinks", format="json", database=one).json()
    assert only["hitCount"] == counts[one]
    bare = [pmid for pmid in pmids if not WORLD.database_links(f"MED:{pmid}")][:60]
    answers = [ask(f"{EPMC}/MED/{pmid}/databaseLinks", format="json") for pmid in bare]
    assert {answer.status_code for answer in answers} == {200, 404}
    found = [answer.json() for answer in answers if answer.status_code == 200]
    assert all(none["hitCount"] == 0 and "dbCountList" not in none for none in found)


# NCBI and iCite

CONVERTER = "pmc.ncbi.nlm.nih.gov/tools/idconv/api/v1/articles/"
EUTILS = "eutils.ncbi.nlm.nih.gov/entrez/eutils"


def test_converter(ask: Ask) -> None:
    known = dois(lambda work: work.pmcid, 40)
    outside = dois(lambda work: work.pmid and not work.pmcid)[0]
    body = ask(CONVERTER, ids=",".join([*known, outside]), format="json").json()
    records = {record["requested-id"]: record for record in body["records"]}
    assert body["status"] == "ok" and list(records) == [*known, outside]
    for doi in known:
        work = facts(doi)
        assert (records[doi]["pmid"], records[doi]["pmcid"]) == (work.pmid, f"PMC{work.pmcid}")
        assert records[doi].get("doi", doi).lower() == doi
    assert any("doi" not in records[doi] for doi in known)
    assert records[outside]["status"] == "error"
    assert records[outside]["errmsg"] == "Identifier not found in PMC"
    by_pmid = ask(CONVERTER, ids=str(facts(known[0]).pmid), format="json").json()["records"][0]
    assert by_pmid["pmcid"] == f"PMC{facts(known[0]).pmcid}"
    by_pmcid = ask(CONVERTER, ids=by_pmid["pmcid"], format="json").json()["records"][0]
    assert by_pmcid["pmid"] == facts(known[0]).pmid


def test_converter_limits(ask: Ask) -> None:
    pmids = [str(20_000_000 + number) for number in range(201)]
    assert ask(CONVERTER, ids=",".join(pmids), format="json").status_code == 400
    records = ask(CONVERTER, ids=",".join(pmids[:200]), format="json").json()["records"]
    assert len(records) == 200
    wrong = ask(CONVERTER, ids="10.5555/a,10.5555/ä", idtype="doi", format="json")
    assert wrong.status_code == 400 and wrong.json()["invalid_dois"] == ["10.5555/ä"]


def test_summaries(ask: Ask) -> None:
    pmids = [str(20_000_000 + number) for number in range(200)]
    summary = {"db": "pubmed", "retmode": "json"}
    result = ask(f"{EUTILS}/esummary.fcgi", id=",".join([*pmids, "99999999"]), **summary).json()
    found = result["result"]
    assert found["uids"] == [*pmids, "99999999"]
    assert found["99999999"]["error"] == "cannot get document summary"
    counts = {pmid: WORLD.citations("pubmed", f"MED:{pmid}") for pmid in pmids}
    assert {pmid: int(found[pmid]["pmcrefcount"] or 0) for pmid in pmids} == counts
    kinds = {(type(found[pmid]["pmcrefcount"]), counts[pmid] > 0) for pmid in pmids}
    assert kinds == {(str, False), (str, True), (int, True)}
    many = ",".join(str(20_000_000 + number) for number in range(501))
    refused = ask(f"{EUTILS}/esummary.fcgi", id=many, **summary)
    assert refused.status_code == 200 and "Maximum number of UIDs is 500" in refused.json()["error"]
    assert "result" not in refused.json()


def test_links_are_apart_only_when_asked_apart(ask: Ask) -> None:
    pmids = range(20_000_000, 20_000_200)
    cited = [pmid for pmid in pmids if 0 < WORLD.citations("pubmed", f"MED:{pmid}") < 50][:2]
    uncited = next(pmid for pmid in pmids if not WORLD.citations("pubmed", f"MED:{pmid}"))
    params = {"dbfrom": "pubmed", "db": "pubmed", "retmode": "json"}
    params["linkname"] = "pubmed_pubmed_citedin"
    apart = ask(f"{EUTILS}/elink.fcgi", id=[*map(str, cited), str(uncited)], **params).json()
    assert [one["ids"] for one in apart["linksets"]] == [[str(pmid)] for pmid in [*cited, uncited]]
    for pmid, one in zip(cited, apart["linksets"], strict=False):
        links = one["linksetdbs"][0]["links"]
        assert len(set(links)) == WORLD.citations("pubmed", f"MED:{pmid}")
    assert "linksetdbs" not in apart["linksets"][2]
    merged = ask(f"{EUTILS}/elink.fcgi", id=",".join(map(str, cited)), **params).json()
    assert len(merged["linksets"]) == 1


def test_icite(ask: Ask) -> None:
    pmids = list(range(20_000_000, 20_000_200))
    url = "icite.od.nih.gov/api/pubs"
    data = ask(url, pmids=",".join(map(str, pmids))).json()["data"]
    covered = [pmid for pmid in pmids if WORLD.icite_covers(pmid)]
    assert sorted(record["pmid"] for record in data) == covered != pmids
    for record in data:
        assert record["citation_count"] == WORLD.citations("icite", f"MED:{record['pmid']}")
        assert len(set(record["cited_by"])) == record["citation_count"]
    assert {type(record["provisional"]) for record in data} == {str, bool}
    assert {type(record["authors"]) for record in data} == {str, list}
    assert None in {record["relative_citation_ratio"] for record in data}
    assert any(
        ("meta" in ask(url, pmids=str(pmid)).json()) != ("meta" in ask(url, pmids="1").json())
        for pmid in pmids[:40]
    )
    assert ask(f"{url}/{covered[0]}").json()["pmid"] == covered[0]
    assert ask(f"{url}/99999999").status_code == 404
    assert ask(url, pmids=",".join(map(str, range(1, 1002)))).status_code == 400
