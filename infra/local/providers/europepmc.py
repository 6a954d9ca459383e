"""www.ebi.ac.uk: Europe PMC's search, citations and database links.

Errors come with status 200, as there: ``{"version", "errCode", "errMsg"}``.
"""

import functools
import re
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from infra.local.providers import lucene, papers
from infra.local.providers.draws import between, draw, fraction, pick
from infra.local.providers.exchange import Reply, Request, State, as_json, as_text, not_modelled
from infra.local.providers.world import Facts, World, pmcid_of, pmid_exists, pmid_of_pmcid

BASE = "/europepmc/webservices/rest"
VERSION = "6.9"
MAXIMUM_PAGE_SIZE = 1000
SOURCES = ("MED", "PMC", "PPR", "PAT", "AGR", "CBA", "CTX", "ETH", "HIR", "NBK")
#: An article in Europe PMC: its source and its number there, preprints without "PPR".
Article = tuple[str, str]


class _Refused(Exception):
    """A request that Europe PMC answers with an error."""


def answer(request: Request, state: State) -> Reply:
    """The answer to /search, /searchPOST, /{source}/{id}/citations and /databaseLinks."""
    path = request.path.removeprefix(BASE)
    if path == request.path:
        return as_text("Not found", 404)
    try:
        if path.rstrip("/") in ("/search", "/searchPOST"):
            return _search(request, state.world)
        found = re.fullmatch(r"/([A-Z]+)/([^/]+)/(citations|databaseLinks)/?", path)
        if found and found[1] in SOURCES:
            one = {"citations": _citations, "databaseLinks": _database_links}[found[3]]
            return one(request, state.world, (found[1], found[2]))
    except _Refused as refused:
        document = {"version": VERSION, "errCode": 404, "errMsg": str(refused)}
        return _formatted(request, document, "refused", 0)
    return as_text("<html><body><h1>404</h1></body></html>", 404, content_type="text/html")


def _formatted(request: Request, document: dict[str, Any], operation: str, asked: int) -> Reply:
    """JSON where format=json asks for it; else XML, of which only the numbers are modelled."""
    if request.get("format") == "json":
        return as_json(document, operation=operation, asked=asked)
    fields = "".join(
        f"<{name}>{escape(str(value))}</{name}>"
        for name, value in document.items()
        if isinstance(value, str | int)
    )
    text = f'<?xml version="1.0" encoding="UTF-8"?><responseWrapper>{fields}</responseWrapper>'
    return as_text(text, 200, content_type="application/xml", operation=operation, asked=asked)


def _page_size(request: Request) -> int:
    size = request.number("pageSize", 25)
    if size is None or not 1 <= size <= MAXIMUM_PAGE_SIZE:
        raise _Refused(f"pageSize must be a number between 1 and {MAXIMUM_PAGE_SIZE}")
    return size


def _search(request: Request, world: World) -> Reply:
    text, size = request.get("query"), _page_size(request)
    kind = request.get("resultType", "lite")
    if kind not in ("lite", "core", "idlist"):
        raise _Refused(f"unknown resultType {kind}")
    try:
        query = lucene.parse(text)
    except lucene.SyntaxProblem as problem:
        raise _Refused(f"the query cannot be read: {problem}") from problem
    asked = {term for term in query.terms if term[0] in ("doi", "ext_id", "pmcid")}
    if not asked:
        return not_modelled(request, "a search without DOI, EXT_ID or PMCID")
    articles = {
        article
        for field, value in asked
        for article in _candidates(field, value, world)
        if query.matches(functools.partial(_holds, world, article))
    }
    ordered = sorted(articles, key=lambda article: draw("relevance", *article))
    mark = request.get("cursorMark", "*")
    start = int(mark[3:]) if re.fullmatch(r"AoJ[0-9]{1,9}", mark) else 0
    shown = ordered[start : start + size]
    next_mark = f"AoJ{start + len(shown)}" if shown else mark
    document: dict[str, Any] = {
        "version": VERSION,
        "hitCount": len(ordered),
        "nextCursorMark": next_mark,
    }
    if start + len(shown) < len(ordered):
        document["nextPageUrl"] = (
            f"https://www.ebi.ac.uk{BASE}/search?query={quote(text)}&cursorMark={next_mark}"
            f"&resultType={kind}&pageSize={size}&format=json"
        )
    document["request"] = {"queryString": text, "resultType": kind, "cursorMark": mark}
    document["request"] |= {"pageSize": size, "sort": "", "synonym": False}
    document["resultList"] = {"result": [_result(article, kind, world) for article in shown]}
    return _formatted(request, document, "search", len(asked))


def _candidates(field: str, value: str, world: World) -> list[Article]:
    """The articles that a single term can mean."""
    if field == "doi":
        work = world.work(value.lower())
        return _articles(work) if work.in_europe_pmc else []
    if field == "ext_id":
        if re.fullmatch(r"PPR[0-9]{6}", value):
            return [("PPR", value[3:])]
        return [("MED", value)] if _existing_pmid(value) else []
    if field == "pmcid" and re.fullmatch(r"PMC[0-9]{1,9}", value, re.IGNORECASE):
        pmid = pmid_of_pmcid(int(value[3:]))
        return [("MED", str(pmid))] if pmid else []
    return []


def _articles(work: Facts) -> list[Article]:
    """The records of a work: now and then Agricola has an article of PubMed a second time."""
    source, _, number = work.seed.partition(":")
    twice = source == "MED" and fraction("in agricola", number) < 0.05
    return [(source, number), *([("AGR", f"IND{number}")] if twice else [])]


def _holds(world: World, article: Article, field: str, value: str) -> bool:
    source, number = article
    if field == "doi":
        work = world.work(value.lower())
        return work.in_europe_pmc and article in _articles(work)
    if field == "ext_id":
        return value == (f"PPR{number}" if source == "PPR" else number)
    if field == "src":
        return source.lower() == value.lower()
    if field == "pmcid":
        return source == "MED" and f"pmc{pmcid_of(int(number))}" == value.lower()
    return False


def _existing_pmid(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10 and pmid_exists(int(text))


def _result(article: Article, kind: str, world: World) -> dict[str, Any]:
    source, number = article
    pmcid = pmcid_of(int(number)) if source == "MED" else None
    seed = f"{source}:{number}" if source != "AGR" else f"MED:{number[3:]}"
    count = world.citations("pmceurope", seed)
    doi = world.doi_by_seed.get(seed)
    identifiers = {
        "id": f"PPR{number}" if source == "PPR" else number,
        "source": source,
        **({"pmid": number} if source == "MED" else {}),
        **({"pmcid": f"PMC{pmcid}"} if pmcid else {}),
        **({"doi": papers.mixed_case(doi)} if doi else {}),
    }
    if kind == "idlist":
        return identifiers
    published = papers.publication_day(seed)
    return {
        **identifiers,
        "title": papers.title(seed) + ".",
        "authorString": _names(papers.people(seed)),
        "journalTitle": pick(papers.JOURNALS, "journal", seed),
        "pubYear": str(published.year),
        "pageInfo": f"{between(1, 900, 'page', seed)}",
        "pubType": "preprint" if source == "PPR" else "journal article",
        "isOpenAccess": _yes(bool(pmcid)),
        "inEPMC": _yes(bool(pmcid)),
        "inPMC": _yes(bool(pmcid)),
        "hasPDF": _yes(fraction("pdf", seed) < 0.5),
        "hasBook": "N",
        "hasSuppl": _yes(fraction("suppl", seed) < 0.3),
        "citedByCount": count // 2 if source == "AGR" else count,
        "hasReferences": _yes(fraction("references", seed) < 0.6),
        "hasTextMinedTerms": "Y",
        "hasDbCrossReferences": _yes(bool(world.database_links(seed))),
        "hasLabsLinks": "N",
        "firstPublicationDate": published.isoformat(),
    }


def _names(authors: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{family} {given[0]}" for given, family in authors) + "."


def _yes(true: bool) -> str:
    return "Y" if true else "N"


def _seed(article: Article) -> str | None:
    """What the numbers of the article depend on, None if there is no such article."""
    source, number = article
    if source == "MED":
        return f"MED:{number}" if _existing_pmid(number) else None
    if source == "PMC" and re.fullmatch(r"PMC[0-9]{1,9}", number):
        pmid = pmid_of_pmcid(int(number[3:]))
        return f"MED:{pmid}" if pmid else None
    return f"PPR:{number[3:]}" if re.fullmatch(r"PPR[0-9]{6}", number) else None


def _window(request: Request) -> tuple[int, int, int]:
    """Page, size and offset of a paged list."""
    size, page = _page_size(request), request.number("page", 1)
    if not page:
        raise _Refused("page must be a number of 1 or more")
    return page, size, (page - 1) * size


def _citations(request: Request, world: World, article: Article) -> Reply:
    _, size, offset = _window(request)
    seed = _seed(article)
    count = world.citations("pmceurope", seed) if seed else 0
    listed = [_citation(seed, index) for index in range(offset, min(count, offset + size)) if seed]
    document = {
        "version": VERSION,
        "hitCount": count,
        "request": {
            "id": article[1],
            "source": article[0],
            "offSet": offset,
            "pageSize": size,
        },
        "citationList": {"citation": listed},
    }
    return _formatted(request, document, "citations", 1)


def _citation(seed: str, index: int) -> dict[str, Any]:
    paper = papers.Paper(seed, index)
    return {
        "id": str(paper.pmid),
        "source": "MED",
        "citationType": "journal article",
        "title": paper.title + ".",
        "authorString": _names(paper.authors),
        "journalAbbreviation": paper.journal,
        "pubYear": paper.published.year,
        "volume": str(between(1, 90, "volume", paper.doi)),
        "pageInfo": str(between(1, 900, "page", paper.doi)),
        "citedByCount": 0,
    }


def _database_links(request: Request, world: World, article: Article) -> Reply:
    page, size, offset = _window(request)
    seed, wanted = _seed(article), request.get("database").upper()
    links = world.database_links(seed) if seed else {}
    if not links and fraction("not loaded", *article) < 0.05:
        # Articles that PubMed has and Europe PMC has not loaded yet.
        missing = {"version": VERSION, "errCode": 404, "errMsg": "There is no such article."}
        return as_json(missing, 404, operation="databaseLinks", asked=1)
    links = {name: count for name, count in links.items() if not wanted or name == wanted}
    document: dict[str, Any] = {
        "version": VERSION,
        "hitCount": sum(links.values()),
        "request": {
            "id": article[1],
            "source": article[0],
            "page": page,
            "pageSize": size,
            "database": wanted or None,
        },
    }
    if links:
        counts = [{"dbName": name, "count": count} for name, count in links.items()]
        document["dbCountList"] = {"db": counts}
        listed = [_linked(name, count, offset, size) for name, count in links.items()]
        document["dbCrossReferenceList"] = {"dbCrossReference": listed}
    return _formatted(request, document, "databaseLinks", 1)


def _linked(name: str, count: int, offset: int, size: int) -> dict[str, Any]:
    records = [
        {
            "info1": f"{name[:2]}{draw('record', name, index) % 10**8:08d}",
            "info2": papers.title("record", name, index),
            "info3": str(between(100, 9000, "length", name, index)),
        }
        for index in range(offset, min(count, offset + size))
    ]
    return {"dbName": name, "dbCount": count, "dbCrossReferenceInfo": records}
