"""The clients of 13.4 to 13.8."""

from typing import Any
from urllib.parse import quote

from tests.clients import PERIODS, V3, V5, Json, moment, read_json, scalars
from tests.visiting import Visitor


class AlmReport:
    """alm-report (13.4): Ruby, v3 and v5."""

    _HEADERS = {
        "User-Agent": "Faraday v0.9.1",
        "Accept-Encoding": "gzip;q=1.0,deflate;q=0.6,identity;q=0.3",
        "Accept": "*/*",
        "Connection": "close",
    }
    _TOTALS = (
        "pubmed crossref scopus datacite pmceurope pmceuropedata wos citeulike mendeley figshare"
        " nature researchblogging scienceseeker facebook twitter wikipedia reddit wordpress f1000"
    ).split()

    def __init__(self, site: Visitor) -> None:
        self._site = site

    def _get(self, path: str, query: str) -> Any:
        return read_json(self._site.ask("GET", f"{path}?api_key=kusr&{query}", self._HEADERS))

    def table(self, *dois: str) -> dict[str, dict[str, int]]:
        """The numbers of each article in its report, by DOI as it comes back."""
        ids = quote(",".join(sorted(dois)), safe="")
        return {article["doi"]: self._row(article) for article in self._get(V3, f"ids={ids}")}

    def _row(self, article: Json) -> dict[str, int]:
        by_name = {source["name"]: source["metrics"] for source in article["sources"]}
        row = {name: by_name.get(name, {}).get("total") or 0 for name in self._TOTALS}
        usage = by_name["counter"]
        row["plos_html"], row["plos_pdf"] = usage["html"] or 0, usage["pdf"] or 0
        row["plos_xml"] = usage["total"] - row["plos_html"] - row["plos_pdf"]
        row["pmc_views"], row["pmc_pdf"] = by_name["pmc"]["html"] or 0, by_name["pmc"]["pdf"] or 0
        return row

    def one_article(self, doi: str) -> Json:
        """What the page of one article shows: totals, dates and events, of two requests."""
        ids = quote(doi, safe="")
        cited = quote("crossref,pubmed,scopus", safe="")
        (article,) = self._get(V3, f"ids={ids}&info=history&source={cited}")
        shown = {source["name"]: source["metrics"]["total"] for source in article["sources"]}
        shown["published"] = moment(article["publication_date"])
        others = "counter,pmc,citeulike,twitter,researchblogging,nature,scienceseeker,mendeley"
        (article,) = self._get(V3, f"ids={ids}&info=event&source={quote(others, safe='')}")
        for source in article["sources"]:
            shown[source["name"]] = (int(source["metrics"]["total"]), source["events"])
        return shown

    def works(self, *dois: str) -> list[Json]:
        """What it keeps of v5: all of an article, of one with its events."""
        ids = quote(",".join(sorted(dois)), safe="")
        answer = self._get(V5, f"ids={ids}" + ("&info=detail" if len(dois) == 1 else ""))
        assert answer["error"] is None
        assert all(type(answer[name]) is int for name in ("total", "total_pages", "page"))
        for article in answer["data"]:
            names = "doi title canonical_url pmid pmcid mendeley_uuid update_date".split()
            names += "viewed saved discussed cited".split()
            scalars({name: article[name] for name in names})
            (parts,) = article["issued"]["date-parts"]
            assert 1 <= len(parts) <= 3
            for source in article["sources"]:
                assert type(source["metrics"]["total"]) is int
                events = source.get("events")
                if source["name"] == "counter":
                    for event in events or ():
                        names = "year month html_views pdf_views xml_views".split()
                        assert all(int(event[name]) >= 0 for name in names)
                if source["name"] == "mendeley" and events:
                    assert all(int(count) for count in events["reader_count_by_country"].values())
        return list(answer["data"])


class LagottoRb:
    """lagotto-rb (13.5): Ruby, made for v6; some of its requests are those of v5 as well."""

    _HEADERS = {"User-Agent": "Faraday v0.9.2", "Accept": "application/json"}

    def __init__(self, site: Visitor, base: str) -> None:
        self._site, self._base = site, base

    def get(self, target: str) -> tuple[int, Any]:
        """Status, which it does not look at, and the body, which has to be JSON."""
        seen = self._site.ask("GET", f"{self._base}/{target}", self._HEADERS)
        return seen.status, seen.json


class OjsPlugin:
    """The ALM plugin for OJS (13.6): PHP, v3 as an array."""

    def __init__(self, site: Visitor) -> None:
        self._site = site

    def statistics(self, doi: str) -> Json | None:
        """{source: metrics} of the article as its chart shows them; None for a failure."""
        url = f"{V3}/info:doi/{doi}?info=history&api_key=kusr"
        found = self._site.ask("GET", url, {"Accept": "*/*"}).json
        if "error" in found:
            return None
        article = found[0]
        assert moment(article["publication_date"])
        assert type(article["doi"]) is type(article["title"]) is str
        shown = {}
        for source in article["sources"]:
            assert type(source["display_name"]) is str
            assert source["events_url"] is None or type(source["events_url"]) is str
            names = "pdf html shares groups comments likes citations total".split()
            metrics = {name: source["metrics"][name] for name in names}
            for period, parts in PERIODS.items():
                for entry in source[period] or ():
                    assert all(type(entry[part]) is int for part in parts)
            shown[source["name"]] = metrics
        return shown


class WordPress:
    """WordPress with the plugin ALM oEmbed (13.7)."""

    _HEADERS = {
        "User-Agent": "WordPress/6.1.1; http://blog.example.org",
        "Accept": "*/*",
        "Accept-Encoding": "deflate, gzip, br",
        "Referer": "http://blog.example.org/wp-admin/",
        "Connection": "close",
    }

    def __init__(self, site: Visitor) -> None:
        self._site = site

    def embed(self, page: str) -> str | None:
        """The box for the address of a page, None if there is none."""
        target = f"/oembed?maxwidth=500&maxheight=750&url={quote(page, safe='')}&dnt=1"
        seen = self._site.ask("GET", f"{target}&format=json", self._HEADERS)
        assert seen.status != 501, "it would ask again, for XML"
        if seen.status != 200:
            return None
        box = seen.json
        assert type(box) is dict and box["type"] == "rich" and type(box["html"]) is str
        return str(box["html"])


class ImpactStory:
    """ImpactStory's provider PLOS (13.8): Python, v3."""

    def __init__(self, site: Visitor) -> None:
        self._site = site

    def views(self, doi: str) -> dict[str, int]:
        """HTML views and PDF downloads, {} without an article; counter has to be the first."""
        target = f"{V3}?ids={doi}&source=citations,counter&api_key=kusr"
        seen = self._site.ask("GET", target, {"User-Agent": "python-requests/1.2.3"})
        if seen.status == 404:
            return {}
        metrics = read_json(seen)[0]["sources"][0]["metrics"]
        return {name: metrics[name] for name in ("html", "pdf")}
