"""oEmbed: a box with the numbers of an article, for other people's pages. Pure.

The box goes into pages of others as it is, so all text in it is escaped, but for the few tags
that titles may have.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote_plus, unquote

from chalicelib import markup, titles
from chalicelib.errors import RequestError
from chalicelib.identifiers import doi_address
from chalicelib.model import Work
from chalicelib.parameters import TEXT, Parameter, Reader

JSON = "application/json; charset=utf-8"
XML = "application/xml; charset=utf-8"
WIDTH, HEIGHT = 600, 100
NOT_FOUND = "No article found."
#: As oEmbed itself has it: a consumer that hears 501 asks for the other format.
NO_SUCH_FORMAT = "The format can be json or xml."
FORMATS = ("json", "xml")

_BEFORE_PATH = r"(?:(?:[a-z][a-z0-9+.-]*:)?//[^/]*/+|/*)"
_EXTENSIONS = (".html", ".js", "/")
_NUMBER = re.compile(r"\s*\+?([0-9]{1,9})(?![0-9])")
_SIGNPOSTS = ("viewed", "discussed", "saved", "cited")
_STYLE = (
    '<style type="text/css">'
    "blockquote.alm{max-width:600px;margin:0;padding:16px;border:1px solid #ddd;"
    "border-radius:4px;font:14px/1.4 sans-serif}"
    "h4.alm{margin:0 0 8px}p.alm{margin:0 0 8px}"
    "span.alm{padding:2px 6px;border-radius:3px;color:#fff}"
    "span.alm.viewed{background:#3498db}span.alm.saved{background:#1dbc9c}"
    "span.alm.discussed{background:#2ecc71}span.alm.cited{background:#a368bd}"
    "</style>"
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which page's box is asked for, how large, and in which of FORMATS; None: in any."""

    url: str = ""
    width: int = WIDTH
    height: int = HEIGHT
    format: str | None = None


def _size(text: str) -> int | None:
    match = _NUMBER.match(text)
    return int(match[1]) if match else None


def _format(text: str) -> str | None:
    if text and text.lower() not in FORMATS:
        raise RequestError(NO_SUCH_FORMAT, status=501)
    return text.lower() or None


_PIXELS = {"type": "integer", "minimum": 0, "maximum": 10**9 - 1}
BOX = Reader(
    Wish,
    url=Parameter(
        "url",
        "The address of an article's page, `/articles/` and its identifier, of any host or none."
        " Nothing else has a box (404).",
        TEXT,
        str,
        example="/articles/info:doi/10.5555/alpha.1",
    ),
    width=Parameter(
        "maxwidth",
        "Given back as `width`. What does not begin with a number counts as absent.",
        {**_PIXELS, "default": WIDTH},
        _size,
    ),
    height=Parameter(
        "maxheight",
        "Given back as `height`. What does not begin with a number counts as absent.",
        {**_PIXELS, "default": HEIGHT},
        _size,
    ),
    format=Parameter(
        "format",
        "Without it the header Accept decides, and JSON is preferred. Other formats are not"
        " implemented (501).",
        {"type": "string", "enum": [*FORMATS]},
        _format,
    ),
)


def article_ids(url: str, root: str = "") -> Iterator[str]:
    """What the address of an article's page can mean as its id, the most literal first.

    The address was decoded once, as parameters are, and is escaped itself. A "?" or a "#" in
    it belongs to the DOI or begins a query, an ending belongs to the DOI or to the page. None
    for the address of another page. ``root``, like ``/api``, may stand before the path and may
    be missing. Source: api.md 8.2, 2.1.
    """
    under = rf"(?:{re.escape(root[1:])}/+)?" if root else ""
    pattern = re.compile(rf"{_BEFORE_PATH}{under}articles/(.+)", re.IGNORECASE | re.DOTALL)
    tried: set[str] = set()
    for address in (url, re.split(r"[?#]", url, maxsplit=1)[0]):
        if match := pattern.fullmatch(unquote(address)):
            endings = [end for end in _EXTENSIONS if match[1].endswith(end)]
            for given in (match[1], *(match[1].removesuffix(end) for end in endings)):
                if given not in tried:
                    tried.add(given)
                    yield given


def is_xml(wanted: str | None, accept: str) -> bool:
    """Whether XML is asked for, by the format that is ``wanted`` or else by the header Accept.

    Browsers accept XML among anything else; they get JSON.
    """
    if wanted:
        return wanted == "xml"
    ranges = [part.partition(";")[0].strip().lower() for part in accept[:1000].split(",")]
    xml = [position for position, name in enumerate(ranges) if name == "application/xml"]
    others = ("application/json", "text/html", "*/*")
    return bool(xml) and not any(name in others for name in ranges[: xml[0]])


def document(
    work: Work,
    signposts: Mapping[str, int],
    *,
    width: int,
    height: int,
    provider: str,
    provider_url: str,
) -> dict[str, Any]:
    """The answer about a work. ``signposts`` are the sums of viewed, saved, discussed, cited."""
    return {
        "type": "rich",
        "version": "1.0",
        "width": width,
        "height": height,
        "provider_name": provider,
        "provider_url": provider_url,
        "title": work.title,
        "html": _box(work, signposts),
        "url": _address(work),
    }


def as_xml(given: Mapping[str, Any]) -> str:
    """The document as XML."""
    elements = "".join(
        markup.element(name, "" if value is None else str(value)) for name, value in given.items()
    )
    return f"{markup.DECLARATION}<oembed>{elements}</oembed>"


def error_as_xml(message: str) -> str:
    """An error as XML."""
    return markup.element("error", message)


def _box(work: Work, signposts: Mapping[str, int]) -> str:
    address = markup.text(_address(work) or "")
    link = f' <a href="{address}">{address}</a>' if address else ""
    counts = "".join(
        f'<span class="alm signpost {name}" data-{name}="{signposts[name]}">'
        f"{name.capitalize()}: {signposts[name]}</span> "
        for name in _SIGNPOSTS
        if signposts[name] > 0
    )
    return (
        f'{_STYLE}<blockquote class="alm">'
        f'<h4 class="alm">{titles.as_html(work.title)}</h4>'
        f'<p class="alm" data-datetime="{work.issued.first_day().isoformat()}T00:00:00Z">'
        f"{markup.date(work.issued)}.{link}</p>"
        f'<p class="alm">{counts}{_coins(work)}</p>'
        "</blockquote>"
    )


def _address(work: Work) -> str | None:
    return doi_address(work.doi) if work.doi else work.canonical_url


def _coins(work: Work) -> str:
    """The work's metadata for reference managers (COinS)."""
    parts = [
        "ctx_ver=Z39.88-2004",
        "rft_val_fmt=info%3Aofi%2Ffmt%3Akev%3Amtx%3Ajournal",
        *([f"rft_id=info:doi/{quote_plus(work.doi)}"] if work.doi else []),
        "rft.genre=article",
        f"rft.atitle={quote_plus(titles.as_text(work.title))}",
        f"rft_date={work.issued}",
    ]
    return f'<span class="Z3988" title="{markup.text("&".join(parts))}"></span>'
