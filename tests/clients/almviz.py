"""almviz and Lagotto's own pages (13.3)."""

import json
import re
from typing import Any

from tests.clients import PERIODS, V3, V5, Json, moment, read_json
from tests.visiting import Visitor


class Almviz:
    """almviz and the pages of Lagotto (13.3): JavaScript in a browser."""

    _HEADERS = {
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:31.0) Gecko/20100101 Firefox/31.0",
        "Accept": "application/json,*/*",
        "Accept-Language": "en-us,en;q=0.5",
        "Accept-Encoding": "gzip, deflate",
        "Referer": "http://localhost/articles/info:doi/10.5555/alpha.1",
        "Connection": "keep-alive",
    }

    def __init__(self, site: Visitor) -> None:
        self._site = site

    def _get(self, target: str) -> Any:
        return read_json(self._site.ask("GET", target, self._HEADERS))

    def bars(self, doi: str) -> dict[tuple[str, str], tuple[int, int]]:
        """alm.js: {(source, what is drawn): (total, sum of its years)} for each chart."""
        data = self._get(f"{V5}?api_key=kusr&ids={doi}&type=doi")["data"]
        article = data[0]
        assert 1 <= len(article["issued"]["date-parts"][0]) <= 3
        assert article["doi"] == doi and type(article["title"]) is str
        drawn = {}
        for group in "viewed cited saved discussed recommended".split():
            for source in article["sources"]:
                if source["group_name"] != group or source["metrics"]["total"] == 0:
                    continue
                assert type(source["display_name"]) is str
                assert source["events_url"] is None or type(source["events_url"]) is str
                metrics = source["metrics"]
                for name in ("html", "pdf") if group == "viewed" else ("total",):
                    sums = [
                        sum(entry[name] for entry in source[period] or ()) for period in PERIODS
                    ]
                    if metrics[name] > 0:
                        drawn[source["name"], name] = (metrics[name], sums[-1])
        return drawn

    def lines(
        self, *, page: str = "1", source: str = "", order: str = "", **more: str
    ) -> list[str]:
        """articles/index.js: what is written below each title."""
        query = f"{V5}?api_key=kusr&page={page}&per_page=15"
        query += "".join(f"&{name}={value}" for name, value in more.items())
        query += f"&source={source}" if source else ""
        query += f"&order={order}" if order else ""
        if not source and not order:
            query += "&info=summary"
        answer = self._get(query)
        assert type(answer["total_pages"]) is type(answer["page"]) is int
        return [self._line(article, source or order) for article in answer["data"]]

    @staticmethod
    def _line(article: Json, of_source: str) -> str:
        assert type(article["title"]) is type(article["doi"]) is str
        parts = article["issued"]["date-parts"][0]
        texts = ["-".join(str(part).rjust(2, "0") for part in parts)]
        if of_source:
            (entry,) = [found for found in article["sources"] if found["name"] == of_source]
            texts.append(f"{entry['display_name']}: {entry['metrics']['total']:,.0f}")
        names = "viewed cited saved discussed".split()
        texts += [f"{name}: {article[name]:,.0f}" for name in names if article[name] > 0]
        return " | ".join(texts)

    def events(self, doi: str) -> list[str]:
        """articles/show.js: what is written of each event."""
        query = f"{V5}?api_key=kusr&ids={doi}&type=doi&info=detail"
        article = self._get(query)["data"][0]
        texts = []
        for event in [csl for source in article["sources"] for csl in source["events_csl"]]:
            people = [f"{author['given']} {author['family']}" for author in event["author"]]
            year = event["issued"]["date-parts"][0][0]
            for name in ("container-title", "title", "url"):
                assert type(event[name]) is str
            texts.append(
                f"{event['title']}: {' & '.join(people)}. {event['container-title']}."
                f" {event['type']}. {year}"
            )
        return texts

    def source_rows(self) -> dict[str, tuple[int, int]]:
        """sources/index.js: {name: (articles, events)}."""
        found = self._get("/api/v5/sources?api_key=kusr")["data"]
        return {source["name"]: self._source(source) for source in found}

    def source_row(self, name: str) -> tuple[int, int]:
        """sources/show.js: the same of one source."""
        return self._source(self._get(f"/api/v5/sources/{name}?api_key=kusr")["data"])

    @staticmethod
    def _source(source: Json) -> tuple[int, int]:
        assert type(source["display_name"]) is type(source["group"]) is str
        donuts = {
            "status": "refreshed queued stale",
            "by_day": "with_events without_events not_updated",
            "by_month": "with_events without_events not_updated",
        }
        for name, slices in donuts.items():
            assert list(source[name]) == slices.split()
            assert all(type(value) is int for value in source[name].values())
            assert sum(source[name].values()) > 0  # else a share of it cannot be shown
        return source["article_count"], source["event_count"]

    def requests(self, key: str, kind: str = "") -> list[str]:
        """api_requests/index.js: what is written of each request."""
        query = f"/api/v5/api_requests?api_key={key}" + (f"&key={kind}" if kind else "")
        return [
            f"{moment(one['date']):%H:%M} {one['db_duration']:.1f} ms"
            f" {one['view_duration']:.1f} ms {one['api_key'][:4]} {one['info']} {one['source']}"
            f" {one['ids']}"
            for one in self._get(query)["data"]
        ]

    def badge(self, ids: str, kind: str) -> tuple[str, int, int, int, int]:
        """embed.1.0.js, a script of other sites: title, views, shares, bookmarks, citations."""
        callback = "jQuery110203572850174270570_1415354400000"
        query = f"callback={callback}&api_key=kusr&ids={ids}&type={kind}&info=summary"
        headers = self._HEADERS | {"Accept": "*/*", "Referer": "http://journal.example.org/"}
        seen = self._site.ask("GET", f"{V3}?{query}&_=1415354400001", headers)
        assert seen.status == 200
        # Browsers run nothing else as a script when they are told not to sniff.
        assert seen.headers["content-type"].startswith("application/javascript")
        called = re.fullmatch(r"(\w+)\((.*)\)", seen.text, re.DOTALL)
        assert called and called[1] == callback
        (article,) = json.loads(called[2])
        assert type(article["doi"]) is str and moment(article["publication_date"])
        counts = [article[name] for name in "views shares bookmarks citations".split()]
        assert all(type(count) is int for count in counts)
        return article["title"], *counts
