"""What is answered outside the API, without a key: oEmbed, RSS, and where else to look.

``app`` connects these to the gateway. Nobody is counted here, so answers that cost much to make
are kept for a minute.
"""

import datetime as dt
from urllib.parse import quote, unquote

from chalicelib import (
    articles,
    charts,
    identifiers,
    lagotto,
    oembed,
    overview,
    rss,
    selection,
    settings,
    sources,
)
from chalicelib.answers import Answer, Request, Text, encode, no_page, redirect, text
from chalicelib.lagotto import ArticleView
from chalicelib.query import Query
from chalicelib.store import sources as source_rows
from chalicelib.store.sources import SourceRow

#: What is told of a source that there is not, in place of its page.
UNKNOWN_RECORD = "The page you are looking for doesn't exist."

_FEED = ".rss"


def get_oembed(request: Request) -> Answer:
    """``GET /oembed`` (api.md 8.2)."""
    return text(request, _oembed)


def get_source(request: Request, name: str) -> Answer:
    """``GET /sources/<name>.rss`` (api.md 8.3); the source's page for its name alone."""
    if name.endswith(_FEED):
        source = name.removesuffix(_FEED).lower()
        return text(request, lambda request, params: _feed(request, source, params))
    if request.method in ("GET", "HEAD") and name.lower() in sources.names():
        return redirect(request, f"/docs/sources/{name.lower()}")
    return no_page(request, UNKNOWN_RECORD)


def send_on(request: Request, name: str) -> Answer:
    """``/``, ``/admin`` and ``/admin/<name>`` (api.md 8.5): what is there is elsewhere."""
    if request.method not in ("GET", "HEAD"):
        return no_page(request)
    path = request.path.rstrip("/")
    if path.endswith("/admin") and not name:
        return redirect(request, "/status", 301)
    if name:
        # Nothing in it can lead to another site.
        return redirect(request, "/" + quote(unquote(name), safe=""), 301)
    return redirect(request, "/docs/sources")


def _oembed(request: Request, params: dict[str, str]) -> Text:
    as_xml = oembed.is_xml(params.get("format"), request.headers.get("accept", ""))
    view, cited_by = _find(params.get("url", ""))
    if view is None:
        if as_xml:
            return Text(oembed.error_as_xml(oembed.NOT_FOUND), oembed.XML, 404)
        return Text(encode(lagotto.error("other", oembed.NOT_FOUND)), oembed.JSON, 404)
    document = oembed.document(
        view.work,
        lagotto.article(view, info="summary", cited_by=cited_by),
        width=oembed.size(params.get("maxwidth"), oembed.WIDTH),
        height=oembed.size(params.get("maxheight"), oembed.HEIGHT),
        provider=settings.load().site_name,
        provider_url=request.site,
    )
    if as_xml:
        return Text(oembed.as_xml(document), oembed.XML)
    return Text(encode(document), oembed.JSON)


def _find(url: str) -> tuple[ArticleView | None, str]:
    """The article whose page has this address, and the source that counts its citations."""
    rows = source_rows.shown()
    names = [row.name for row in rows]
    uid_kind = settings.load().uid_kind
    for given in oembed.article_ids(url):
        identifier = identifiers.from_path(given, uid_kind)
        query = Query(ids=(identifier.value,), kind=identifier.kind)
        selected = selection.select(query, names, uid_kind)
        if selected.total > 1:
            selected = selection.oldest(selected)
        for view in articles.read(selected, rows, shown=()):
            return view, lagotto.cited_source(names)
    return None, ""


def _feed(request: Request, name: str, params: dict[str, str]) -> Text:
    row = source_rows.get(name, fresh=False)
    if row is None and name not in sources.names():
        return Text(rss.not_found(f"{request.site}/"), rss.CONTENT_TYPE, 404)
    address = f"{request.site}/sources/{name}"
    if row is None:  # nobody has installed it
        return Text(rss.feed(sources.get(name).title, address, ()), rss.CONTENT_TYPE)
    return Text(rss.feed(row.title, address, _items(row, params)), rss.CONTENT_TYPE)


def _items(row: SourceRow, params: dict[str, str]) -> list[rss.Item]:
    since = rss.since(params, dt.datetime.now(dt.UTC).date())
    return overview.keep(
        f"most cited {row.name} {since}", lambda: charts.most_cited(row.name, since, rss.LENGTH)
    )
