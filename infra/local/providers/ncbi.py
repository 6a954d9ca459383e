"""pmc.ncbi.nlm.nih.gov (ID converter) and eutils.ncbi.nlm.nih.gov (esummary, elink)."""

import datetime as dt
import re
from typing import Any

from infra.local.providers import papers
from infra.local.providers.draws import between, fraction, pick
from infra.local.providers.exchange import Reply, Request, State, as_json, as_text, not_modelled
from infra.local.providers.world import World, pmcid_of, pmid_exists, pmid_of_pmcid

MAXIMUM_CONVERTED = 200
MAXIMUM_SUMMARIES = 500
CITED_IN = "pubmed_pubmed_citedin"
_DOI = re.compile(r"10\.[0-9]{4,9}/[!-~]+")


def convert(request: Request, state: State) -> Reply:
    """The ID converter's answer; ids of articles that are not in PMC are errors within it."""
    if request.path.rstrip("/") != "/tools/idconv/api/v1/articles":
        return as_text("Not Found", 404)
    ids = [one for one in request.get("ids").split(",") if one]
    kind = request.get("idtype")
    echoed = {
        "ids": ids,
        "idtype": kind or _kind(ids[0] if ids else ""),
        "versions": request.get("versions", "no"),
        "format": request.get("format", "xml"),
        "tool": request.get("tool"),
        "email": request.get("email"),
        "warnings": [],
    }
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M:%S")
    document: dict[str, Any] = {"status": "ok", "response-date": now, "request": echoed}
    if not ids or len(ids) > MAXIMUM_CONVERTED:
        problem = f"{len(ids)} ids; between 1 and {MAXIMUM_CONVERTED} are allowed"
        failure = {**document, "status": "error", "errmsg": problem}
        return as_json(failure, 400, operation="convert", asked=len(ids))
    if request.get("format") != "json":
        return not_modelled(request, "another format than json")
    invalid = [one for one in ids if not _DOI.fullmatch(one)] if kind == "doi" else []
    if invalid:
        # A single id that does not look like a DOI fails all the others.
        failure = {**document, "status": "error", "invalid_dois": invalid}
        return as_json(failure, 400, operation="convert", asked=len(ids))
    document["records"] = [_converted(one, kind, state.world) for one in ids]
    return as_json(document, operation="convert", asked=len(ids))


def _kind(identifier: str) -> str:
    if re.fullmatch(r"PMC[0-9]+(\.[0-9]+)?", identifier, re.IGNORECASE):
        return "pmcid"
    if re.fullmatch(r"[0-9]{1,9}", identifier):
        return "pmid"
    return "doi" if _DOI.fullmatch(identifier) else ""


def _converted(identifier: str, wanted_kind: str, world: World) -> dict[str, Any]:
    kind = _kind(identifier)
    if wanted_kind == "pmcid" and kind == "pmid":
        kind, identifier = "pmcid", f"PMC{identifier}"
    if not kind or wanted_kind not in ("", kind):
        return _unconverted(identifier, "", "invalid article id")
    if kind == "doi":
        pmid = world.work(identifier).pmid
    elif kind == "pmid":
        pmid = int(identifier)
    else:
        pmid = pmid_of_pmcid(int(identifier[3:].partition(".")[0][:9]))
    pmcid = pmcid_of(pmid) if pmid else None
    if not pmid or not pmcid:
        return _unconverted(identifier, kind, "Identifier not found in PMC")
    doi = world.doi_by_seed.get(f"MED:{pmid}")
    record: dict[str, Any] = {"pmcid": f"PMC{pmcid}", "pmid": pmid, "requested-id": identifier}
    if doi and fraction("doi left out", pmid) >= 0.05:
        return {"doi": papers.mixed_case(doi), **record}
    return record


def _unconverted(identifier: str, kind: str, message: str) -> dict[str, Any]:
    named = {kind: identifier} if kind else {}
    return {**named, "requested-id": identifier, "status": "error", "errmsg": message}


def eutils(request: Request, state: State) -> Reply:
    """The answer of esummary.fcgi and elink.fcgi for PubMed, in JSON."""
    tool = request.path.removeprefix("/entrez/eutils/")
    if tool not in ("esummary.fcgi", "elink.fcgi"):
        return as_text("Not Found", 404)
    database = request.get("dbfrom") if tool == "elink.fcgi" else request.get("db")
    if database != "pubmed" or request.get("retmode") != "json":
        return not_modelled(request, "another database than pubmed or another mode than json")
    return _summaries(request, state.world) if tool == "esummary.fcgi" else _links(request, state)


def _summaries(request: Request, world: World) -> Reply:
    header = {"type": "esummary", "version": "0.3"}
    uids = [uid.strip() for value in request.all("id") for uid in value.split(",") if uid.strip()]
    if len(uids) > MAXIMUM_SUMMARIES:
        message = (
            "Too many UIDs in request. Maximum number of UIDs is "
            f"{MAXIMUM_SUMMARIES} for JSON format output."
        )
        failure = {"header": header, "error": message}
        return as_json(failure, operation="esummary", asked=len(uids))
    wrong = [(place, uid) for place, uid in enumerate(uids) if _kind(uid) != "pmid"]
    known = list(dict.fromkeys(uid for uid in uids if _kind(uid) == "pmid"))
    document: dict[str, Any] = {"header": header}
    if wrong:
        document["error"] = f"Invalid uid {wrong[0][1]} at position= {wrong[0][0]}"
    document["result"] = {"uids": known, **{uid: _summary(uid, world) for uid in known}}
    return as_json(document, operation="esummary", asked=len(known))


def _summary(uid: str, world: World) -> dict[str, Any]:
    if not pmid_exists(int(uid)):
        return {"uid": uid, "error": "cannot get document summary"}
    seed = f"MED:{int(uid)}"
    published, doi = papers.publication_day(seed), world.doi_by_seed.get(seed)
    pmcid = pmcid_of(int(uid))
    identifiers = [("pubmed", 1, uid)]
    if doi:
        identifiers.append(("doi", 3, papers.mixed_case(doi)))
    if pmcid:
        identifiers.append(("pmc", 8, f"PMC{pmcid}"))
    return {
        "uid": uid,
        "pubdate": f"{published:%Y %b} {published.day}",
        "epubdate": "",
        "source": pick(papers.JOURNALS, "journal", seed),
        "authors": [
            {"name": f"{family} {given[0]}", "authtype": "Author", "clusterid": ""}
            for given, family in papers.people(seed)
        ],
        "title": papers.title(seed) + ".",
        "volume": str(between(1, 90, "volume", seed)),
        "lang": ["eng"],
        "articleids": [
            {"idtype": kind, "idtypen": number, "value": value}
            for kind, number, value in identifiers
        ],
        "pubtype": ["Journal Article"],
        "recordstatus": "PubMed - indexed for MEDLINE",
        "pmcrefcount": _reference_count(uid, world),
        "fulljournalname": pick(papers.JOURNALS, "journal", seed),
        "doctype": "citation",
        "sortpubdate": published.strftime("%Y/%m/%d 00:00"),
    }


def _reference_count(uid: str, world: World) -> int | str:
    """The number of citing articles: "" for none, and now and then a string."""
    count = world.citations("pubmed", f"MED:{int(uid)}")
    if not count:
        return ""
    return str(count) if fraction("count as text", uid) < 0.12 else count


def _links(request: Request, state: State) -> Reply:
    """One link set for each id parameter; the ids within one are merged into one set."""
    if request.get("db", "pubmed") != "pubmed" or request.get("linkname") != CITED_IN:
        return not_modelled(request, f"another link than {CITED_IN}")
    groups = [[uid.strip() for uid in value.split(",")] for value in request.all("id")]
    document = {
        "header": {"type": "elink", "version": "0.3"},
        "linksets": [_link_set(group, state.world) for group in groups],
    }
    asked = len({uid for group in groups for uid in group})
    return as_json(document, operation="elink", asked=asked)


def _link_set(uids: list[str], world: World) -> dict[str, Any]:
    link_set: dict[str, Any] = {"dbfrom": "pubmed", "ids": uids}
    links = [
        str(papers.Paper(f"MED:{int(uid)}", index).pmid)
        for uid in uids
        if _kind(uid) == "pmid" and pmid_exists(int(uid))
        for index in range(world.citations("pubmed", f"MED:{int(uid)}"))
    ]
    if links:
        found = {"dbto": "pubmed", "linkname": CITED_IN, "links": list(dict.fromkeys(links))}
        link_set["linksetdbs"] = [found]
    return link_set
