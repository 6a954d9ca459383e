"""What a web page says of itself. Pure; apart from ``reading``, as it loads an HTML parser."""

from contextlib import suppress
from html.parser import HTMLParser

#: The hints are in the head of a page; what comes after so much is not read.
READ_CHARACTERS = 1_000_000


def own_address(body: bytes) -> str:
    """The address that the page gives as its own: of its canonical link, else of og:url; "" for
    none. Any bytes are read as far as they can be."""
    hints = _Hints()
    with suppress(AssertionError):  # the parser gives up at odd declarations
        hints.feed(body.decode("utf-8", "replace")[:READ_CHARACTERS])
    return hints.canonical or hints.og_url


class _Hints(HTMLParser):
    """The first canonical link and the first og:url of a page."""

    canonical = ""
    og_url = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called for each tag that opens."""
        found = dict(attrs)
        if tag == "link" and "canonical" in (found.get("rel") or "").lower().split():
            self.canonical = self.canonical or (found.get("href") or "").strip()
        if tag == "meta" and (found.get("property") or "").lower() == "og:url":
            self.og_url = self.og_url or (found.get("content") or "").strip()
