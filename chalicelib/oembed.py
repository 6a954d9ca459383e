"""oEmbed: a box with the numbers of an article, for other people's pages. Pure.

The box goes into pages of others as it is, so all text in it is escaped, but for the few tags
that titles may have.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote_plus, unquote

from chalicelib import markup
from chalicelib.errors import RequestError
from chalicelib.identifiers import doi_address
from chalicelib.model import PartialDate, Work

JSON = "application/json; charset=utf-8"
XML = "application/xml; charset=utf-8"
WIDTH, HEIGHT = 600, 100
NOT_FOUND = "No article found."
#: As oEmbed itself has it: a consumer that hears 501 asks for the other format.
NO_SUCH_FORMAT = "The format can be json or xml."

_ADDRESS = re.compile(
    r"(?:(?:[a-z][a-z0-9+.-]*:)?//[^/]*/+|/*)articles/(.+)", re.IGNORECASE | re.DOTALL
)
_EXTENSIONS = (".html", ".js", "/")
_NUMBER = re.compile(r"\s*\+?([0-9]{1,9})(?![0-9])")
_KEPT_TAG = re.compile(r"&lt;(/?(?:b|i|sc|sub|sup))&gt;")
_TAG = re.compile(r"</?(?:b|i|sc|sub|sup)>")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
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


def article_ids(url: str) -> Iterator[str]:
    """What the address of an article's page can mean as its id, the most literal first.

    The address was decoded once, as parameters are, and is escaped itself. A "?" or a "#" in
    it belongs to the DOI or begins a query, an ending belongs to the DOI or to the page. None
    for the address of another page. Source: api.md 8.2, 2.1.
    """
    tried: set[str] = set()
    for address in (url, re.split(r"[?#]", url, maxsplit=1)[0]):
        if match := _ADDRESS.fullmatch(unquote(address)):
            endings = [end for end in _EXTENSIONS if match[1].endswith(end)]
            for given in (match[1], *(match[1].removesuffix(end) for end in endings)):
                if given not in tried:
                    tried.add(given)
                    yield given


def size(text: str | None, default: int) -> int:
    """The number that the text begins with; ``default`` without one."""
    match = _NUMBER.match(text or "")
    return int(match[1]) if match else default


def is_xml(wanted: str | None, accept: str) -> bool:
    """Whether XML is asked for, by the parameter ``format`` or else by the header Accept.

    Browsers accept XML among anything else; they get JSON. Errors: RequestError 501 on formats
    that there are not.
    """
    if wanted:
        if wanted.lower() not in ("json", "xml"):
            raise RequestError(NO_SUCH_FORMAT, status=501)
        return wanted.lower() == "xml"
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
        f'<h4 class="alm">{_title(work.title)}</h4>'
        f'<p class="alm" data-datetime="{work.issued.first_day().isoformat()}T00:00:00Z">'
        f"{_date(work.issued)}.{link}</p>"
        f'<p class="alm">{counts}{_coins(work)}</p>'
        "</blockquote>"
    )


def _address(work: Work) -> str | None:
    return doi_address(work.doi) if work.doi else work.canonical_url


def _title(title: str) -> str:
    """The escaped title with those tags that titles keep (see ``titles``)."""
    escaped = _KEPT_TAG.sub(r"<\1>", markup.text(title))
    return escaped.replace("&amp;lt;", "&lt;")


def _date(issued: PartialDate) -> str:
    """``2012``, ``March 2012`` or ``March 6, 2012``."""
    if issued.month is None:
        return str(issued.year)
    day = "" if issued.day is None else f" {issued.day},"
    return f"{_MONTHS[issued.month - 1]}{day} {issued.year}"


def _coins(work: Work) -> str:
    """The work's metadata for reference managers (COinS)."""
    plain = _TAG.sub("", work.title).replace("&lt;", "<")
    parts = [
        "ctx_ver=Z39.88-2004",
        "rft_val_fmt=info%3Aofi%2Ffmt%3Akev%3Amtx%3Ajournal",
        *([f"rft_id=info:doi/{quote_plus(work.doi)}"] if work.doi else []),
        "rft.genre=article",
        f"rft.atitle={quote_plus(plain)}",
        f"rft_date={work.issued}",
    ]
    return f'<span class="Z3988" title="{markup.text("&".join(parts))}"></span>'
