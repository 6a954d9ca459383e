"""alm for R (13.2), of three times."""

import base64
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from tests.clients import PERIODS, V3, V5, Json, read_json, scalars
from tests.visiting import Visitor


class _R:
    """What the R packages share: headers, tables, and what is told beside the data."""

    HEADERS = {
        "User-Agent": "libcurl/7.88.1 r-curl/5.0.0 httr/1.4.4",
        "Accept-Encoding": "deflate, gzip, br",
        "Accept": "application/json, text/xml, application/xml, */*",
    }
    CSL = "author title container-title issued url type".split()

    def __init__(self, site: Visitor) -> None:
        self.site = site

    def get(self, target: str, **headers: str) -> Any:
        """The JSON of a GET."""
        return read_json(self.site.ask("GET", target, self.HEADERS | headers))

    @staticmethod
    def basic(name: str, password: str) -> str:
        """The header of a name and a password."""
        return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"

    @staticmethod
    def twice(*dois: str) -> str:
        """DOIs as they stand in a URL: the package escapes their slashes, and httr all of it."""
        return quote(",".join(doi.replace("/", "%2F") for doi in dois), safe="")

    @staticmethod
    def meta(answer: Json) -> Json:
        """Every key but the data is a column of one row."""
        assert {"total", "total_pages", "page", "error"} <= answer.keys()
        return scalars({name: value for name, value in answer.items() if name != "data"})


class RAlm01(_R):
    """alm 0.1.9 for R (13.2): v3."""

    def alm(self, doi: str, info: str, source: str) -> dict[str, Json]:
        """The metrics of an article by source, and its history and events."""
        (article,) = self.get(
            f"{V3}?api_key=kusr&type=doi&ids={self.twice(doi)}&info={info}"
            f"&source={quote(source, safe='')}"
        )
        for source_found in article["sources"]:
            scalars(source_found["metrics"])
            for period in PERIODS:
                for entry in source_found[period]:
                    assert all(type(value) is int for value in entry.values())
        return {found["name"]: found for found in article["sources"]}

    def alm_by_mendeley(self, uuid: str) -> str:
        """The DOI of an article with this identifier of Mendeley's."""
        (article,) = self.get(f"{V3}?api_key=kusr&type=mendeley&ids={uuid}")
        return str(article["doi"])

    def title(self, doi: str) -> str:
        """What an older function asks for, by the path."""
        path = quote(f"info:doi/{doi}", safe="")
        return str(self.get(f"{V3}/{path}?api_key=kusr&info=summary")["title"])


class RAlm03(_R):
    """alm 0.3.1 for R (13.2): v5 as in 3.9."""

    def alm_ids(self, *ids: str, kind: str = "doi", **more: str) -> SimpleNamespace:
        """``meta``, and ``data`` of what is told of each article; a GET for each 50 ids."""
        given = "".join(f"&{name}={value}" for name, value in more.items())
        info, data = more.get("info", "totals"), {}
        for start in range(0, len(ids), 50):
            some = ids[start : start + 50]
            listed = self.twice(*some) if kind == "doi" else quote(",".join(some), safe="")
            answer = self.get(f"{V5}?api_key=kusr{given}&type={kind}&ids={listed}")
            meta = self.meta(answer)
            data |= {article["doi"]: self.data(article, info) for article in answer["data"]}
        return SimpleNamespace(meta=meta, data=data)

    def data(self, article: Json, info: str) -> SimpleNamespace:
        """What is told of an article."""
        read = SimpleNamespace()
        if info != "summary":
            read.totals = {s["name"]: scalars(s["metrics"]) for s in article["sources"]}
            assert all("total" in metrics for metrics in read.totals.values())
        if info != "totals":
            read.info = self.details(article)
            names = "doi viewed saved discussed cited".split()
            read.signposts = scalars({name: article[name] for name in names})
        if info == "detail":
            read.by_year = [
                scalars(entry) | {"source": source["name"]}
                for source in article["sources"]
                for entry in source["by_year"]
            ]
        return read

    @staticmethod
    def details(article: Json) -> Json:
        """A row with all keys but dates and counts; a date without a month is an error."""
        parts = [str(part) for part in article["issued"]["date-parts"][0]]
        parts[1] = parts[1].rjust(2, "0")
        others = {"sources", "issued", "viewed", "saved", "discussed", "cited"}
        row = {name: value for name, value in article.items() if name not in others}
        assert type(row["title"]) is type(row["update_date"]) is str
        return scalars(row) | {"issued": "-".join(parts)}

    def alm_sources(self, source: str) -> SimpleNamespace:
        """The works of a source, two a page."""
        answer = self.get(f"{V5}?api_key=kusr&source={source}&per_page=2&page=1")
        data = {article["doi"]: self.data(article, "totals") for article in answer["data"]}
        return SimpleNamespace(meta=self.meta(answer), data=data)

    def alm_events(self, doi: str) -> dict[str, Any]:
        """The events of each source, "sorry" where there are none."""
        answer = self.get(f"{V5}?api_key=kusr&info=detail&type=doi&ids={self.twice(doi)}")
        (article,) = answer["data"]
        return {found["name"]: self.events(found) for found in article["sources"]}

    def events(self, source: Json) -> Any:
        """What the parser of a source gives."""
        assert source["events_url"] is None or type(source["events_url"]) is str
        events, csl = source["events"], source["events_csl"]
        if not events:
            return "sorry"
        for entry in csl:
            assert set(self.CSL) <= entry.keys()
        if source["name"] == "counter":
            names = "year month pdf_views html_views xml_views".split()
            return [{name: float(event[name]) for name in names} for event in events]
        if source["name"] == "wikipedia":  # 0.4.1 fails on an object
            return scalars(events)
        if source["name"] == "crossref":
            return [self.citation(event) for event in events]
        return csl or events

    @staticmethod
    def citation(event: Json) -> Json:
        """A row of crossref, of the first of an event's values, whatever its name."""
        row = dict(next(iter(event.values())))
        people = row.pop("contributors")["contributor"]
        row["contributors"] = "; ".join(" ".join([*one.values()][:2]) for one in people)
        return scalars(row)

    def alm_status(self) -> Json:
        """The counts of the installation."""
        return scalars(self.get("/api/v5/status?api_key=kusr")["data"])

    def alm_alerts(self, query: str) -> SimpleNamespace:
        """Alerts, each a row."""
        credentials = self.basic("root", "secret12")
        answer = self.get(f"/api/v4/alerts?{query}", Authorization=credentials)
        rows = [scalars(alert) for alert in answer["data"]]
        return SimpleNamespace(meta=self.meta(answer), data=rows)


class RAlm04(RAlm03):
    """alm 0.4.1 for R (13.2): other names of parameters, and long lists in a body.

    Events by DOI it finds by the key ``id`` that Lagotto 3.10 brought.
    """

    _BOUNDARY = "------------------------a1b2c3d4e5f60718"

    def alm_ids(self, *ids: str, kind: str = "doi", **more: str) -> SimpleNamespace:
        """As before; two ids or more go into the body of a POST."""
        if len(ids) == 1:
            return super().alm_ids(*ids, kind=kind, **more)
        answer = self.post(ids, kind=kind, **more)
        info = more.get("info", "totals")
        data = {article["doi"]: self.data(article, info) for article in answer["data"]}
        return SimpleNamespace(meta=self.meta(answer), data=data)

    def post(
        self, ids: tuple[str, ...], *, kind: str = "doi", key: str = "kusr", **more: str
    ) -> Any:
        """The JSON of a POST of a form that asks for these ids, escaped once."""
        fields = {"api_key": key} | more | {"type": kind}
        fields["ids"] = ",".join(one.replace("/", "%2F") for one in ids)
        part = f'--{self._BOUNDARY}\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        body = "".join(part % field for field in fields.items())
        headers = {
            "X-HTTP-Method-Override": "GET",
            "Content-Type": f"multipart/form-data; boundary={self._BOUNDARY}",
        }
        if len(body) > 1024:  # curl asks first whether a long one is wanted
            headers["Expect"] = "100-continue"
        whole = f"{body}--{self._BOUNDARY}--\r\n".encode()
        return read_json(self.site.ask("POST", V5, self.HEADERS | headers, whole))

    def alm_events(self, doi: str) -> dict[str, Any]:
        """As before, of the article that names itself ``doi/<doi>``."""
        answer = self.get(f"{V5}?api_key=kusr&info=detail&type=doi&ids={self.twice(doi)}")
        articles = {article["id"]: article for article in answer["data"]}
        return {found["name"]: self.events(found) for found in articles[f"doi/{doi}"]["sources"]}

    def alm_events_of(self, source: str, publisher: str = "") -> dict[str, Any]:
        """The events of one source by DOI; there may be no other source in the answer."""
        more = f"&publisher_id={publisher}" if publisher else ""
        answer = self.get(f"{V5}?api_key=kusr&info=detail&source_id={source}{more}")
        found = {}
        for article in answer["data"]:
            (entry,) = article["sources"]
            assert entry["name"] == source
            found[article["doi"]] = self.events(entry)
        return found

    def alm_requests(self, key: str) -> list[Json]:
        """The newest requests, each a row."""
        answer = self.get(f"/api/v5/api_requests?api_key={key}")
        self.meta(answer)
        return [scalars(request) for request in answer["data"]]
