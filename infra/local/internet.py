"""Whether providers can be reached from here."""

import concurrent.futures
import urllib.error
import urllib.request

#: Two of the providers, at different operators; any answer counts, also a refusal.
_URLS = ("https://api.crossref.org/works?rows=0", "https://en.wikipedia.org/w/api.php")


def reachable(urls: tuple[str, ...] = _URLS, timeout_seconds: float = 4.0) -> bool:
    """Whether one of the URLs is answered in time, through the system's proxies if it has any."""
    with concurrent.futures.ThreadPoolExecutor(len(urls)) as pool:
        return any(pool.map(lambda url: _answers(url, timeout_seconds), urls))


def _answers(url: str, timeout_seconds: float) -> bool:
    request = urllib.request.Request(url, method="HEAD", headers={"User-Agent": "lagotto"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=timeout_seconds):  # noqa: S310
            return True
    except urllib.error.HTTPError as refusal:
        return refusal.code < 500
    except (OSError, ValueError):
        return False
