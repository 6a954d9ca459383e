"""What is answered outside the API, without a key: pages of articles, oEmbed, RSS, redirects.

``app`` connects these to the gateway. Nobody is counted here but who shows a key to see a private
source, so answers that cost much to make are kept for a minute.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from functools import partial
from urllib.parse import quote, unquote

from chalicelib import (
    api,
    articles,
    callers,
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
from chalicelib.answers import Answer, Request, Text, encode, no_page, page, redirect, text
from chalicelib.errors import RequestError
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
    """``GET /sources/<name>.rss`` (api.md 8.3); the source's page for its name alone.

    A private source is hidden from visitors (operations.md 5.6, defect 19); the answer to who
    sees it is a Served.
    """
    if name.endswith(_FEED):
        source = name.removesuffix(_FEED).lower()
        use = api.KeyUse("SourcesController", source)
        return use.served(request, text(request, partial(_feed, use, source)))
    if request.method in ("GET", "HEAD") and name.lower() in sources.names():
        return redirect(request, f"/docs/sources/{name.lower()}")
    return no_page(request, UNKNOWN_RECORD)


def get_article(request: Request) -> Answer:
    """``GET /articles/<id>``: the page of an article (operations.md 8.4)."""
    if request.method == "OPTIONS":
        return page(request, None)
    if request.method not in ("GET", "HEAD"):
        return no_page(request)
    kept = f"article {request.root} {request.path}"
    html = overview.keep(kept, lambda: _article_page(request))
    return page(request, html) if html else no_page(request, UNKNOWN_RECORD)


def nothing_here(request: Request) -> Answer:
    """What any path outside the API answers where there is nothing (api.md 8.6)."""
    return no_page(request)


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
    wish = oembed.BOX.read(params)
    as_xml = oembed.is_xml(wish.format, request.headers.get("accept", ""))
    view, cited_by = _find(wish.url, source_rows.shown(), root=request.root)
    if view is None:
        if as_xml:
            return Text(oembed.error_as_xml(oembed.NOT_FOUND), oembed.XML, 404)
        return Text(encode(lagotto.error("other", oembed.NOT_FOUND)), oembed.JSON, 404)
    document = oembed.document(
        view.work,
        lagotto.article(view, info="summary", cited_by=cited_by),
        width=wish.width,
        height=wish.height,
        provider=settings.load().site_name,
        provider_url=request.site,
    )
    if as_xml:
        return Text(oembed.as_xml(document), oembed.XML)
    return Text(encode(document), oembed.JSON)


def _article_page(request: Request) -> str:
    """The page of the article that the path names; "" if there is none."""
    from chalicelib import article_page  # with the layout of pages, which boxes do without

    rows = source_rows.shown()
    hidden = {row.name for row in rows if row.private}
    address = "/articles/" + request.path.partition("/articles/")[2]
    shown = {row.name for row in rows} - hidden
    view, cited_by = _find(address, rows, shown=shown)
    if view is None:
        return ""
    return article_page.page(
        view,
        hidden=hidden,
        idle={row.name for row in rows if not row.active},
        cited_by=cited_by,
        publisher=_publisher(view.work.publisher_id),
        root=request.root,
    )


def _publisher(publisher_id: int | None) -> str:
    """The name of a publisher; its number if no importer told it, "" without one."""
    if publisher_id is None:
        return ""
    from chalicelib.store import publishers  # with the feeds, which boxes do without

    known = overview.keep(f"publisher {publisher_id}", lambda: publishers.get(str(publisher_id)))
    return known.name if known else f"Crossref member {publisher_id}"


def _find(
    url: str, rows: Sequence[SourceRow], shown: Collection[str] = (), root: str = ""
) -> tuple[ArticleView | None, str]:
    """The article whose page has this address, and the source that counts its citations.

    Entries of the sources ``shown`` have their history. ``root`` may stand before the path.
    """
    uid_kind = settings.load().uid_kind
    for given in oembed.article_ids(url, root):
        identifier = identifiers.from_path(given, uid_kind)
        query = Query(ids=(identifier.value,), kind=identifier.kind)
        selected = selection.oldest(selection.named(query, uid_kind))
        for view in articles.read(selected, rows, shown=shown):
            return view, lagotto.cited_source([row.name for row in rows])
    return None, ""


def _feed(use: api.KeyUse, name: str, request: Request, params: dict[str, str]) -> Text:
    row = source_rows.get(name, fresh=False)
    known = name in sources.names() if row is None else _shows(use, row, request, params)
    if not known:
        return Text(rss.not_found(f"{request.site}/"), rss.CONTENT_TYPE, 404)
    address = f"{request.site}/sources/{name}"
    if row is None:  # nobody has installed it
        return Text(rss.feed(sources.get(name).title, address, ()), rss.CONTENT_TYPE)
    return Text(rss.feed(row.title, address, _items(row, params)), rss.CONTENT_TYPE)


def _shows(use: api.KeyUse, row: SourceRow, request: Request, params: dict[str, str]) -> bool:
    """Whether the caller may see a source's numbers: private ones need a key that shows them."""
    if not row.private:
        return True
    try:
        caller = callers.find(request.authorizer, request.headers, params)
    except RequestError:
        return False
    return use.by(caller, params).sees_private


def _items(row: SourceRow, params: dict[str, str]) -> list[rss.Item]:
    since = rss.since(params, dt.datetime.now(dt.UTC).date())
    return overview.keep(
        f"most cited {row.name} {since}", lambda: charts.most_cited(row.name, since, rss.LENGTH)
    )
