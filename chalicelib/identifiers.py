"""Identifiers of works: DOI, PMID, PMCID, Mendeley UUID, canonical URL, arXiv, Scopus, WoS, ARK.

Reads every spelling that people and Lagotto's clients use and gives one: the bare value,
and a ``key`` under which works are stored and compared. Whether an identifier exists is the
providers' business, not this module's.
"""

import dataclasses
import re
from collections.abc import Callable
from types import MappingProxyType
from urllib.parse import SplitResult, quote, unquote, urlsplit

from chalicelib.errors import InvalidIdentifier

#: The kinds a whole installation can be keyed by (Lagotto's UID setting; api.md 2).
UID_KINDS = ("doi", "pmid", "pmcid", "mendeley_uuid")

#: Sort keys of DynamoDB hold 1,024 bytes, and a date may stand before the key.
VALUE_LIMIT_BYTES = 900
URL_LIMIT_BYTES = 2000
#: No spelling of a valid identifier is longer, however its characters are escaped.
TEXT_LIMIT_CHARACTERS = 8000

# Four or five digits: Lagotto refuses registrants of six (api.md 2.3).
_DOI = re.compile(r"10\.[0-9]{4,5}/.+")
_DOI_PREFIX = re.compile(
    r"(?P<escaped>info:doi/|(?:https?:/{1,2})?(?:dx\.|www\.)?doi\.org/+)|doi\s*[:/]?", re.IGNORECASE
)
#: The slash after the registrant is escaped, so all the rest is.
_ESCAPED_DOI = re.compile(r"(?:(?!10\.).)*10\.[0-9]+%", re.DOTALL)
_ESCAPED_SEPARATOR = re.compile(r"%(2F|3A)", re.IGNORECASE)
_PMID = re.compile(
    r"(?:info:pmid/|pmid\s*(?:[:/]\s*)?"
    r"|https?://(?:www\.)?(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed)/)?"
    r"0*(?P<digits>[1-9][0-9]{0,9})/?",
    re.IGNORECASE,
)
_PMCID = re.compile(
    r"(?:info:pmcid/|pmcid\s*(?:[:/]\s*)?"
    r"|https?://(?:www\.)?(?:pmc\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pmc)/articles/)?"
    r"(?:PMC)?0*(?P<digits>[1-9][0-9]{0,9})/?",
    re.IGNORECASE,
)
_UUID = re.compile(
    r"(?:info:mendeley/|mendeley(?:_uuid)?\s*[:/]\s*)?"
    r"(?P<uuid>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",
    re.IGNORECASE,
)
_ARXIV = re.compile(
    r"(?:arxiv\s*:\s*|https?://(?:www\.)?arxiv\.org/(?:abs|pdf)/)?"
    r"(?P<id>[0-9]{4}\.[0-9]{4,5}|[a-z-]+(?:\.[a-z]{2})?/[0-9]{7})(?:v[0-9]{1,3})?(?:\.pdf)?",
    re.IGNORECASE,
)
_SCOPUS = re.compile(
    r"(?:(?:scopus_id|scp)\s*:\s*|2-s2\.0-)?0*(?P<digits>[1-9][0-9]{4,14})", re.IGNORECASE
)
_WOS = re.compile(r"(?:(?:wos|ut)\s*:\s*)?(?P<id>[0-9]{8}[0-9A-Z]{7})", re.IGNORECASE)
_ARK = re.compile(
    r"(?:https?://[^/]+/)?ark:/?(?P<id>[0-9]{5,9}/[A-Za-z0-9=~*+@_$%./-]+)", re.IGNORECASE
)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\]")
_DEFAULT_PORTS = {"http": 80, "https": 443}
#: What may stand unescaped in a path and a query; "%" so that escapes stay as they are.
_URL_SAFE = "%/:?@!$&'()*+,;=-._~[]"
_PATH_PREFIXES = {
    "doi": "info:doi/",
    "pmid": "info:pmid/",
    "pmcid": "info:pmcid/PMC",
    "mendeley_uuid": "info:mendeley/",
}
_DOI_SAFE = "/:@!$&'()*+,;=-._~[]"


@dataclasses.dataclass(frozen=True, slots=True)
class Identifier:
    """A kind (one of model.IDENTIFIER_KINDS) and a value in the spelling it was given in."""

    kind: str
    value: str

    @property
    def key(self) -> str:
        """The text that equal identifiers share: ``doi:10.5555/lower``, ``pmid:111``,
        ``pmcid:222``, ``mendeley_uuid:…``, ``url:…``."""
        if self.kind == "canonical_url":
            return f"url:{self.value}"
        return f"{self.kind}:{self.value.lower()}"


def parse(text: str, default_kind: str = "doi") -> Identifier:
    """The identifier written in the text, in any of the spellings of operations.md 1.1.

    ``default_kind`` says what a text without a recognisable form is read as.
    Errors: InvalidIdentifier.
    """
    trimmed = _trimmed(text)
    kind = _recognised_kind(trimmed) or default_kind
    return Identifier(kind, NORMALISERS[kind](trimmed))


def doi(text: str) -> str:
    """The bare DOI in its given case; of ``https://doi.org/10.5555%2FA``: ``10.5555/A``.

    Errors: InvalidIdentifier.
    """
    rest = _ESCAPED_SEPARATOR.sub(_unescaped, _trimmed(text))
    escaped = _ESCAPED_DOI.match(text) is not None
    while match := _DOI_PREFIX.match(rest):
        escaped = escaped or match["escaped"] is not None
        rest = rest[match.end() :].lstrip()
    if escaped:
        rest = _ESCAPED_SEPARATOR.sub(_unescaped, unquote(rest)).strip()
    if not _DOI.fullmatch(rest) or _UNPRINTABLE.search(rest):
        raise InvalidIdentifier(
            f"{text[:100]!r} is not a DOI: 10., four or five digits, a slash, and at least one "
            "more character are expected, such as 10.5555/12345678"
        )
    return _short_enough(rest, VALUE_LIMIT_BYTES)


def pmid(text: str) -> str:
    """The digits of a PubMed id. Errors: InvalidIdentifier."""
    match = _PMID.fullmatch(_ESCAPED_SEPARATOR.sub(_unescaped, _trimmed(text)))
    if not match:
        raise InvalidIdentifier(f"{text[:100]!r} is not a PubMed id such as 17183658")
    return match["digits"]


def pmcid(text: str) -> str:
    """The digits of a PubMed Central id, without the letters PMC. Errors: InvalidIdentifier."""
    match = _PMCID.fullmatch(_ESCAPED_SEPARATOR.sub(_unescaped, _trimmed(text)))
    if not match:
        raise InvalidIdentifier(f"{text[:100]!r} is not a PubMed Central id such as PMC1762328")
    return match["digits"]


def mendeley_uuid(text: str) -> str:
    """The UUID of a Mendeley document in lower case. Errors: InvalidIdentifier."""
    match = _UUID.fullmatch(_ESCAPED_SEPARATOR.sub(_unescaped, _trimmed(text)))
    if not match:
        raise InvalidIdentifier(
            f"{text[:100]!r} is not a Mendeley UUID such as 1a2b3c4d-0000-0000-0000-000000000001"
        )
    return match["uuid"].lower()


def canonical_url(text: str) -> str:
    """The http or https URL: host in lower case, no default port, no fragment, escaped to ASCII.

    Whether it may be asked (private addresses) is decided by the client, at the time of asking.
    Errors: InvalidIdentifier, also for URLs with a user name or password.
    """
    try:
        parts = urlsplit(_trimmed(text))
        netloc = _netloc(parts)
    except ValueError:
        raise InvalidIdentifier(f"{text[:100]!r} is not a URL") from None
    if parts.scheme not in _DEFAULT_PORTS or not netloc or _UNPRINTABLE.search(text.strip()):
        raise InvalidIdentifier(
            f"{text[:100]!r} is not a URL of a web page: http:// or https://, a host and no "
            "password are expected"
        )
    path = quote(parts.path, safe=_URL_SAFE) or "/"
    query = quote(parts.query, safe=_URL_SAFE)
    url = f"{parts.scheme}://{netloc}{path}" + (f"?{query}" if query else "")
    return _short_enough(url, URL_LIMIT_BYTES)


def arxiv(text: str) -> str:
    """The arXiv id without prefix and version, such as 2101.01234 or hep-th/9901001.

    Errors: InvalidIdentifier.
    """
    match = _ARXIV.fullmatch(_trimmed(text))
    if not match:
        raise InvalidIdentifier(f"{text[:100]!r} is not an arXiv id such as 2101.01234")
    return match["id"].lower()


def scp(text: str) -> str:
    """The digits of a Scopus id. Errors: InvalidIdentifier."""
    match = _SCOPUS.fullmatch(_trimmed(text))
    if not match:
        raise InvalidIdentifier(f"{text[:100]!r} is not a Scopus id such as 84876222028")
    return match["digits"]


def wos(text: str) -> str:
    """The accession number of Web of Science without its prefix. Errors: InvalidIdentifier."""
    match = _WOS.fullmatch(_trimmed(text))
    if not match:
        raise InvalidIdentifier(f"{text[:100]!r} is no Web of Science id such as 000308063700032")
    return match["id"].upper()


def ark(text: str) -> str:
    """The ARK as ``ark:/12345/name``. Errors: InvalidIdentifier."""
    match = _ARK.fullmatch(_trimmed(text))
    if not match:
        raise InvalidIdentifier(f"{text[:100]!r} is not an ARK such as ark:/12345/fk1234")
    return _short_enough(f"ark:/{match['id']}", VALUE_LIMIT_BYTES)


#: How a text is read as an identifier of a kind: text → value. Errors: InvalidIdentifier.
NORMALISERS: MappingProxyType[str, Callable[[str], str]] = MappingProxyType(
    {
        "doi": doi,
        "pmid": pmid,
        "pmcid": pmcid,
        "mendeley_uuid": mendeley_uuid,
        "canonical_url": canonical_url,
        "arxiv": arxiv,
        "scp": scp,
        "wos": wos,
        "ark": ark,
    }
)


def from_path(path: str, uid_kind: str = "doi") -> Identifier:
    """The identifier in the path of a request, decoded once by the web server.

    It is looked up as it is: what is no valid identifier is simply not found.
    Source: api.md 2.1, with the spellings of ``parse`` as an extra.
    """
    text = path.replace("%2F", "/").replace("%3A", ":")
    for prefix in ("http://dx.doi.org/", "http:/dx.doi.org/"):
        if text.startswith(prefix):
            return Identifier("doi", text.removeprefix(prefix))
    if text.startswith("info:doi/"):
        return Identifier("doi", unquote(text.removeprefix("info:doi/")))
    if text.startswith("info:pmid/"):
        return Identifier("pmid", text.removeprefix("info:pmid/"))
    if text.startswith("info:pmcid/"):
        return Identifier("pmcid", text.removeprefix("info:pmcid/").removeprefix("PMC"))
    if text.startswith("info:mendeley/"):
        return Identifier("mendeley_uuid", text.removeprefix("info:mendeley/"))
    try:
        return parse(text, uid_kind)
    except InvalidIdentifier:
        return Identifier(uid_kind, text)


def to_path(kind: str, value: str) -> str:
    """How an identifier stands in the path of a request: ``info:doi/10.5555/a``, escaped.

    ``from_path`` reads it, once the path was decoded. ``kind`` is one of UID_KINDS.
    """
    if kind == "doi":
        value = value.replace("%", "%25")  # it is decoded once more than the rest
    return quote(f"{_PATH_PREFIXES[kind]}{value}", safe=_DOI_SAFE, errors="replace")


def doi_address(doi: str) -> str:
    """The link of a DOI as Lagotto writes it; what would end or break a link is escaped."""
    return f"http://dx.doi.org/{quote(doi, safe=_DOI_SAFE, errors='replace')}"


def from_ids(ids: str) -> tuple[str, ...]:
    """The values in the parameter ``ids``, decoded once by the web server; "" gives none.

    Clients escape DOIs twice, so that a comma can be part of one.
    Source: api.md 2.2: blanks are not trimmed and empty items stay.
    """
    return tuple(_from_ids_item(item) for item in ids.split(",")) if ids else ()


def _from_ids_item(item: str) -> str:
    if item.startswith("10."):
        return unquote(item)
    return item.removeprefix("PMC")


def _recognised_kind(text: str) -> str | None:
    """The kind whose form the trimmed text has; None if it could be of several kinds."""
    unescaped = _ESCAPED_SEPARATOR.sub(_unescaped, text).lower()
    if unescaped.startswith("10.") or _DOI_PREFIX.match(unescaped):
        return "doi"
    if unescaped.isascii() and unescaped.isdigit():
        return None
    if unescaped.startswith(("ark:", "arxiv:")):
        return unescaped.partition(":")[0]
    for kind, form in (("pmid", _PMID), ("pmcid", _PMCID), ("mendeley_uuid", _UUID)):
        if form.fullmatch(unescaped):
            return kind
    return "canonical_url" if unescaped.startswith(("http://", "https://")) else None


def _trimmed(text: str) -> str:
    if len(text) > TEXT_LIMIT_CHARACTERS:
        raise InvalidIdentifier(f"{text[:100]!r}… is too long for an identifier")
    return text.strip()


def _unescaped(match: re.Match[str]) -> str:
    return "/" if match[1].upper() == "2F" else ":"


def _short_enough(value: str, limit_bytes: int) -> str:
    # Keys are in lower case, which of some letters takes more bytes.
    size_bytes = max(len(value.encode()), len(value.lower().encode()))
    if size_bytes > limit_bytes:
        raise InvalidIdentifier(
            f"{value[:100]!r}… has {size_bytes} bytes, more than the {limit_bytes} of an identifier"
        )
    return value


def _netloc(parts: SplitResult) -> str:
    """Host and unusual port; "" where a host is missing or the URL carries credentials.

    Errors: ValueError on ports and international names that cannot be.
    """
    host = (parts.hostname or "").lower()
    if not host.isascii():
        host = host.encode("idna").decode("ascii").lower()
    if ":" in host:
        host = f"[{host}]"
    if "@" in parts.netloc or not _HOST.fullmatch(host):
        return ""
    if parts.port is None or parts.port == _DEFAULT_PORTS.get(parts.scheme):
        return host
    return f"{host}:{parts.port}"
