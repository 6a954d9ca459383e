"""pyalm for Python (13.1), of two times."""

import datetime as dt
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from tests.clients import PERIODS, V3, V5, Json, moment, number, read_json
from tests.visiting import Visitor


class Pyalm:
    """pyalm as it is since October 2014 (13.1): Python, v5, always a GET."""

    _HEADERS = {
        "User-Agent": "python-requests/2.27.1",
        "Accept-Encoding": "gzip, deflate",
        "Accept": "application/json",
        "Connection": "keep-alive",
    }

    def __init__(self, site: Visitor) -> None:
        self._site = site

    def get_alm(self, ids: list[str] | None = None, *, info: str, **more: Any) -> SimpleNamespace:
        """``meta`` and ``articles``."""
        given = {"api_key": "kusr"} | ({"ids": ",".join(ids)} if ids else {}) | {"info": info}
        url = f"{V5}?{urlencode(given | more)}"
        answer = read_json(self._site.ask("GET", url, self._HEADERS))
        articles = [self._article(found) for found in answer.pop("data")]
        return SimpleNamespace(meta=answer, articles=articles)

    def _article(self, found: Json) -> SimpleNamespace:
        read = SimpleNamespace(
            **{name: found[name] for name in "doi mendeley_uuid pmcid pmid title".split()},
            **{name: number(found[name]) for name in "cited saved discussed viewed".split()},
            update_date=moment(found["update_date"]),
            url=found["canonical_url"],
        )
        parts = found["issued"]["date-parts"][0]
        if len(parts) == 3:  # of other dates the client can say nothing
            read.issued = dt.datetime.strptime("-".join(map(str, parts)), "%Y-%m-%d")
        if "sources" in found:
            read.sources = {source["name"]: self._source(source) for source in found["sources"]}
        return read

    def _source(self, found: Json) -> SimpleNamespace:
        for period, names in PERIODS.items():
            for entry in found[period]:
                dt.date(*(entry[name] for name in names), *(1, 1)[: 3 - len(names)])
        metrics = "citations comments html likes pdf readers shares total".split()
        return SimpleNamespace(
            **{name: found[name] for name in "display_name group_name events_url".split()},
            **{name: found[name] for name in PERIODS},
            update_date=moment(found["update_date"]),
            metrics=SimpleNamespace(**{n: number(found["metrics"].get(n)) for n in metrics}),
            events=found.get("events"),
            events_csl=found.get("events_csl"),
        )

    @staticmethod
    def crossref(event: Json) -> SimpleNamespace:
        """What its parser makes of an event of crossref."""
        inner = event["event"]
        return SimpleNamespace(
            **{name: inner[name] for name in "article_title doi issn journal_title".split()},
            fl_count=number(inner["fl_count"]),
            publication_year=number(inner["year"]),
            volume=number(inner.get("volume")),
            authors=[
                (one["given_name"], one["surname"], one["first_author"] == "true", one["sequence"])
                for one in inner["contributors"]["contributor"]
            ],
        )

    @staticmethod
    def counter(event: Json) -> Json:
        """What its parser makes of an event of counter."""
        names = "year month pdf_views xml_views html_views".split()
        return {name: number(event[name]) for name in names}

    @staticmethod
    def twitter(event: Json) -> SimpleNamespace:
        """What its parser makes of a tweet."""
        names = "id user user_name user_profile_image text".split()
        return SimpleNamespace(
            **{name: event["event"][name] for name in names},
            created_at=moment(event["event"]["created_at"]),
            **{name: event[f"event_{name}"] for name in ("url", "time", "csl")},
        )

    @staticmethod
    def nature(event: Json) -> SimpleNamespace:
        """What its parser makes of a post about an article in Nature's blogs."""
        names = "id blog blog_id title body url links_to_doi num_words".split()
        names += "created_at published_at updated_at".split()
        return SimpleNamespace(
            **{name: event["event"][name] for name in names},
            **{name: event[name] for name in ("event_time", "event_url", "event_csl")},
        )

    @staticmethod
    def wikipedia(events: Json) -> dict[str, int]:
        """The citations in each language that it knows of those that are told, and the total."""
        known = "ca commons cs de en es fi fr hu it ja ko nl no pl pt ru sv uk vi zh".split()
        told = {name: events[name] for name in known if events.get(name) is not None}
        assert all(type(count) is int for count in told.values())
        return {**told, "total": events["total"]}

    @staticmethod
    def mendeley(source: SimpleNamespace) -> Json:
        """The readers, as an object that it adds the links to."""
        events: Json = source.events
        return events | {"url": source.events_url, "events_csl": source.events_csl}

    @staticmethod
    def facebook(event: Json) -> Json:
        """Counts of a page; those that there are not it knows to be None."""
        names = "share_count like_count comment_count click_count total_count".split()
        return {name: number(event.get(name)) for name in names}


class OlderPyalm:
    """pyalm before October 2014 (13.1): v3."""

    def __init__(self, site: Visitor) -> None:
        self._site = site

    def get_alm(self, ids: str, info: str, source: str) -> list[SimpleNamespace]:
        """The articles."""
        given = {"ids": ids, "api_key": "kusr", "type": "doi", "info": info, "source": source}
        url = f"{V3}?{urlencode(given)}&days=10&months=&years="
        found = read_json(self._site.ask("GET", url, {"Accept": "application/json"}))
        assert type(found) is list
        return [
            SimpleNamespace(
                doi=article["doi"],
                published=moment(article["publication_date"]),
                updated=moment(article["update_date"]),
                **{n: number(article[n]) for n in "views shares bookmarks citations".split()},
                totals={s["name"]: number(s["metrics"]["total"]) for s in article["sources"]},
            )
            for article in found
        ]
