"""Whether a page of another site has sent a request, as browsers say it.

A browser sends a password that it keeps (HTTP Basic), or a cookie, along with what other sites
have it ask for. It says so in ``Sec-Fetch-Site`` and ``Origin``; programs send neither.
"""

from urllib.parse import urlsplit

from chalicelib import settings
from chalicelib.answers import Request


def is_foreign(request: Request) -> bool:
    """Whether a request was made by a page of another site, or by one that keeps its site secret.

    What a person types, or has as a bookmark, is not.
    """
    fetched = request.headers.get("sec-fetch-site", "")
    if fetched not in ("", "same-origin", "none"):
        return True
    origin = request.headers.get("origin", "")
    if origin == "null":
        # So says a browser that is told to keep quiet about where it was.
        return fetched != "same-origin"
    return origin != "" and origin.partition("://")[2] not in _own_hosts(request)


def _own_hosts(request: Request) -> set[str]:
    """The hosts of this site's pages: what the browser asked, and what stands in front of it."""
    sites = (request.site, settings.load().site_url)
    return {urlsplit(site).netloc for site in sites if site}
