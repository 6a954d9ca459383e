"""PubMed: articles in PubMed Central that cite the work.

PMIDs that works lack are looked up first. The converter knows articles in PubMed Central
only; other works get their PMID from ``pmceurope`` or ``openalex`` and are asked later. With the
setting ``api`` = ``2014`` it asks as Lagotto did, about works whose PMID is known.

Counts:   citing articles in PubMed Central (total, citations), with the PMIDs that are known
Needs:    PMID, or (not in 2014) DOI to look it up; without PMID nothing is said of the work
Asks:     GET, JSON: ID converter (200 DOIs), esummary (200 PMIDs), elink for the cited ones.
          2014: GET, XML, one PMID a call
Limits:   3 calls a second
Auth:     none, tool and email; api_key (secret, optional)      Licence: public domain
Zero:     pmcrefcount 0 or ""; 2014: a PMID without PMCIDs
Unknown work: a summary with an error, or none; 2014: 404
Traps:    pmcrefcount is a text or a number; one DOI that the converter dislikes fails all
          (400, invalid_dois), a comma ends one; elink merges PMIDs unless id is repeated
Docs:     https://www.ncbi.nlm.nih.gov/books/NBK25499/ and
          https://pmc.ncbi.nlm.nih.gov/tools/id-converter-api/ Read: 2026-11-22
"""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

from chalicelib.archive import API, as_2014, decode, each, expand
from chalicelib.errors import Malformed, Rejected, SourceError
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import count, expecting, mapping, sequence
from chalicelib.source import (
    Answer,
    Client,
    Outcomes,
    Setting,
    Source,
    chunks,
    found_identifiers,
    outcomes_by_doi,
    read_each,
)

CONVERTER = "https://pmc.ncbi.nlm.nih.gov/tools/idconv/api/v1/articles/"
UTILITIES = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
CITED_IN = "pubmed_pubmed_citedin"
NO_SUMMARY = "cannot get document summary"
IDS_LIMIT_CHARACTERS = 7500
#: Printable ASCII without the comma.
CONVERTIBLE = re.compile(r"10\.[0-9]+/[!-+\--~]+")

CITING_OF_2014 = "http://www.pubmedcentral.nih.gov/utils/entrez2pmcciting.cgi?view=xml&id={pmid}"
ARTICLE_OF_2014 = "http://www.pubmedcentral.nih.gov/articlerender.fcgi?artid="

#: Identifiers by work key, or why they could not be read.
Identified = dict[str, dict[str, str] | SourceError]


class PubMed(Source):
    name = "pubmed"
    title = "PubMed Central"
    group = "cited"
    description = "Citations by articles in PubMed Central."
    profits_from = ("pmid",)
    batch_size = 200
    calls_per_batch = 3
    calls_per_hour = 10800
    absent = ()
    page = (
        "http://www.ncbi.nlm.nih.gov/sites/entrez"
        "?db=pubmed&cmd=link&LinkName=pubmed_pmc_refs&from_uid={pmid}"
    )
    settings = (
        Setting(name="api_key", description="A free key of NCBI, sent when set", secret=True),
        API,
        Setting(
            name="url",
            description="URL template of the service, or of a mirror; {pmid} stands for the PMID",
            default=CITING_OF_2014,
        ),
    )

    def applies(self, work: Work) -> bool:
        return work.has("doi") or work.has("pmid")

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        if as_2014(client):
            known_works = [work for work in works if work.pmid]
            return each(known_works, lambda work: self._ask_as_in_2014(work, client))
        identified: Identified = {work.key: {"pmid": work.pmid} for work in works if work.pmid}
        for part in chunks([w for w in works if not w.pmid], _size, IDS_LIMIT_CHARACTERS):
            identified |= _convert(part, client)
        failed = {k: v for k, v in identified.items() if isinstance(v, SourceError)}
        known = {k: v for k, v in identified.items() if isinstance(v, dict) and "pmid" in v}
        if not known:
            return {**failed}
        ids = ",".join(dict.fromkeys(found["pmid"] for found in known.values()))
        answer = _ask("esummary", {"db": "pubmed", "id": ids}, client)
        with expecting("summaries of PubMed", answer):
            summaries = mapping(mapping(answer.json())["result"])
            sequence(summaries["uids"])
        results = read_each(
            answer,
            [work for work in works if work.key in known],
            lambda work: self._result(work, known[work.key], summaries),
        )
        return {**failed, **results, **_linked(works, results, client)}

    def _result(
        self, work: Work, identifiers: dict[str, str], summaries: Mapping[str, Any]
    ) -> Result:
        summary = mapping(summaries.get(identifiers["pmid"], {"error": NO_SUMMARY}))
        return Result(
            metrics=Metrics.of(citations=_citations(summary)),
            events_url=self.events_url(dataclasses.replace(work, pmid=identifiers["pmid"])),
            identifiers=_pmcid(summary) | identifiers,
        )

    def _ask_as_in_2014(self, work: Work, client: Client) -> Result:
        url = expand(client.settings["url"], pmid=work.pmid)
        answer = client.get(url, accept="application/xml", absent=(404,))
        with expecting("PMCIDs that cite a PMID", answer):
            pmcids = [] if answer.absent else _pmcids_of_2014(mapping(decode(answer)))
        return Result(
            metrics=Metrics.of(citations=len(pmcids)),
            events=[Event(event=pmcid, url=f"{ARTICLE_OF_2014}{pmcid}") for pmcid in pmcids],
            events_url=self.events_url(work),
        )


def _size(work: Work) -> int:
    return len(quote_plus(f"{work.doi_folded},"))


def _convert(works: Sequence[Work], client: Client) -> Identified:
    """What the converter knows of the works. A DOI that is none to it is an unknown one."""
    asked = [work for work in works if CONVERTIBLE.fullmatch(work.doi_folded)]
    if not asked:
        return {}
    dois = ",".join(work.doi_folded for work in asked)
    params = {"ids": dois, "idtype": "doi", "format": "json", **_caller(client)}
    try:
        answer = client.get(CONVERTER, params=params)
    except Rejected as error:
        if b"invalid_dois" not in error.body:
            raise
        half = len(asked) // 2
        return _convert(asked[:half], client) | _convert(asked[half:], client) if half else {}
    with expecting("identifiers of the ID converter", answer):
        records = [
            {"asked": record.get("requested-id", record.get("doi")), **record}
            if isinstance(record, dict)
            else record
            for record in sequence(mapping(answer.json())["records"])
        ]
    return outcomes_by_doi(answer, asked, records, "asked", _identifiers)


def _identifiers(work: Work, records: Sequence[dict[str, Any]]) -> dict[str, str]:
    record = records[0] if records else {}
    return found_identifiers(pmid=record.get("pmid"), pmcid=record.get("pmcid"))


def _citations(summary: Mapping[str, Any]) -> int:
    if summary.get("error") == NO_SUMMARY:
        return 0
    if "error" in summary:
        raise ValueError(summary["error"])
    return 0 if summary["pmcrefcount"] == "" else count(summary["pmcrefcount"])


def _pmcid(summary: Mapping[str, Any]) -> dict[str, str]:
    for entry in sequence(summary.get("articleids") or []):
        if mapping(entry).get("idtype") == "pmc":
            return found_identifiers(pmcid=entry.get("value"))
    return {}


def _linked(works: Sequence[Work], outcomes: Outcomes, client: Client) -> Outcomes:
    """The results of those works that are cited, with the citing articles as events.

    When only the links cannot be read, works without citations still have their zero.
    """
    cited = {
        k: v for k, v in outcomes.items() if isinstance(v, Result) and v.metrics and v.metrics.total
    }
    if not cited:
        return {}
    pmids = list(dict.fromkeys(result.identifiers["pmid"] for result in cited.values()))
    params = {"dbfrom": "pubmed", "db": "pubmed", "linkname": CITED_IN}
    answer = _ask("elink", {**params, "id": pmids}, client)
    try:
        with expecting("links of PubMed", answer):
            linksets = _linksets(answer)
    except Malformed as error:
        return dict.fromkeys(cited, error)

    def read(work: Work) -> Result:
        result = cited[work.key]
        events = _events(linksets.get(result.identifiers["pmid"], {}))
        return dataclasses.replace(result, events=events)

    return read_each(answer, [work for work in works if work.key in cited], read)


def _linksets(answer: Answer) -> dict[str, dict[str, Any]]:
    """The link sets by PMID; one of several PMIDs cannot be told apart."""
    body = mapping(answer.json())
    if "ERROR" in body:
        raise ValueError(body["ERROR"])
    linksets = {}
    for linkset in sequence(body["linksets"]):
        [pmid] = sequence(mapping(linkset)["ids"])
        linksets[str(count(pmid))] = linkset
    return linksets


def _events(linkset: Mapping[str, Any]) -> list[Event]:
    if "ERROR" in linkset:
        raise ValueError(linkset["ERROR"])
    pmids = [
        str(count(link))
        for links in sequence(linkset.get("linksetdbs") or [])
        if links["linkname"] == CITED_IN
        for link in sequence(links["links"])
    ]
    return [Event(event=pmid, url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/") for pmid in pmids]


def _ask(utility: str, params: Mapping[str, str | Sequence[str]], client: Client) -> Answer:
    key = (client.settings.get("api_key") or "").strip()
    secret = {"api_key": key} if key else {}
    return client.get(
        f"{UTILITIES}/{utility}.fcgi",
        params={**params, "retmode": "json", **_caller(client), **secret},
    )


def _caller(client: Client) -> dict[str, str]:
    return {"tool": "lagotto", "email": client.contact_email}


def _pmcids_of_2014(document: Mapping[str, Any]) -> list[str]:
    """The numbers of the citing articles; an answer without any has at least the PMID."""
    reform = mapping(document["PubMedToPMCcitingformSET"]["REFORM"])
    listed = reform.get("PMCID", [])
    pmcids = [str(count(pmcid)) for pmcid in (listed if isinstance(listed, list) else [listed])]
    if not pmcids:
        count(reform["PMID"])
    return pmcids
