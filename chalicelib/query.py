"""What a request to the API asks for: parameters, method override and the article query.

Pure: reads what the edge was sent and never looks anything up. Whether a source or a
publisher of the query exists is found where the query is answered (``articles``). The
parameters are declared here, and are read and described by their declarations (``parameters``).
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qsl

from chalicelib.errors import RequestError
from chalicelib.identifiers import UID_KINDS, VALUE_LIMIT_BYTES, Identifier, from_ids, from_path
from chalicelib.parameters import TEXT, Parameter, Reader

PAGE_SIZE = 50
#: A page beyond this number is refused: no installation has as many articles.
LAST_PAGE = 10**9

#: The values of ``type`` in API v3 (api.md 2.2).
_V3_KINDS = {"doi": "doi", "pmid": "pmid", "pmcid": "pmcid", "mendeley": "mendeley_uuid"}
_INFOS = ("summary", "detail")
_V3_INFOS = ("summary", "event", "history", "detail")

UNKNOWN_PATH = "The page you were looking for doesn't exist."
MALFORMED_JSON = "Malformed JSON."
MALFORMED_FORM = "Malformed form."
NO_SUCH_PAGE = "Page not found."

_CALLBACK = re.compile(r"[A-Za-z0-9_$.\[\]]+")
_PAGE = re.compile(r"\s*0*([1-9][0-9]{0,9})\s*")
_LEADING_INTEGER = re.compile(r"\s*\+?([0-9]{1,9})(?![0-9])")
_DIGITS = re.compile(r"[0-9]{1,15}")
_PART_NAME = re.compile(
    rb'^content-disposition:[^\r\n]*?[;\s]name="?([^";\r\n]*)', re.IGNORECASE | re.MULTILINE
)
_PART_IS_FILE = re.compile(
    rb"^content-disposition:[^\r\n]*[;\s]filename\*?=", re.IGNORECASE | re.MULTILINE
)
_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query for articles (api.md 7.1).

    None: the parameter is absent, which is not the same as empty. ``ids`` are values of
    ``kind`` as clients may write them; ``keys`` are what to look up. ``info`` is default,
    summary or detail. ``publisher_id`` is None also for what is not a number.
    """

    ids: tuple[str, ...] | None = None
    kind: str = "doi"
    q: str | None = None
    source: str | None = None
    publisher_id: int | None = None
    class_name: str | None = None
    order: str | None = None
    info: str = "default"
    page: int = 1
    per_page: int = PAGE_SIZE
    callback: str | None = None

    @property
    def keys(self) -> tuple[str, ...] | None:
        """The identifier keys of ``ids``, each once, without those that no work can have."""
        if self.ids is None:
            return None
        possible = (value for value in self.ids if 0 < _size_bytes(value) <= VALUE_LIMIT_BYTES)
        return tuple(dict.fromkeys(Identifier(self.kind, value).key for value in possible))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class QueryV3:
    """A query for articles of API v3 (api.md 5): at most 50 ``ids`` of ``kind``.

    ``sources`` are names in lower case, None for all. ``info`` is default, summary, event,
    history or detail. ``only_first``: of several works that share an identifier the oldest.
    """

    ids: tuple[str, ...]
    kind: str = "doi"
    sources: frozenset[str] | None = None
    info: str = "default"
    only_first: bool = False


def method(http_method: str, headers: Mapping[str, str], form: Mapping[str, str]) -> str:
    """The verb that the request is handled as, in upper case.

    A POST names another in the form field ``_method`` or in ``X-HTTP-Method-Override``.
    """
    verb = http_method.upper()
    if verb != "POST":
        return verb
    named = form.get("_method") or _header(headers, "x-http-method-override")
    return named.strip().upper() or verb


def parameters(
    http_method: str,
    headers: Mapping[str, str],
    query_params: Mapping[str, str | Sequence[str]] | None,
    body: bytes = b"",
) -> dict[str, str]:
    """The parameters of a reading request: the body's, and over them those of the URL.

    Shape: name → value, decoded once; of a repeated parameter the last value.
    Errors: RequestError 404 if the verb is not GET (nor HEAD) and not overridden to it; 400
    on a body that is not what its content type says.
    Source: api.md 1.3.
    """
    fields = form(headers, body)
    if method(http_method, headers, fields) not in ("GET", "HEAD"):
        raise RequestError(UNKNOWN_PATH, status=404)
    if body and media_type(headers) == "application/json":
        fields = _json(body)
    return fields | _last_values(query_params or {})


def form(headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """The fields of a form in a body; none if it holds something else.

    Errors: RequestError 400 on a form that is not what its content type says.
    """
    kind = media_type(headers)
    if body and kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    if body and kind == "multipart/form-data":
        return dict(_multipart(body, _header(headers, "content-type")))
    return {}


def media_type(headers: Mapping[str, str]) -> str:
    """What a body is said to be, without parameters, in lower case; "" if nothing is said."""
    return _header(headers, "content-type").partition(";")[0].strip().lower()


def _kind_v5(text: str) -> str | None:
    return text if text in UID_KINDS else None


def _publisher(text: str) -> int | None:
    return int(text) if _DIGITS.fullmatch(text) else None


def _info_v5(text: str) -> str | None:
    return text if text in _INFOS else None


def _info_v3(text: str) -> str | None:
    return text if text in _V3_INFOS else None


def _sources(text: str) -> frozenset[str]:
    return frozenset(text.lower().split(","))


def _page_number(text: str) -> int:
    match = _PAGE.fullmatch(text)
    if not match or int(match[1]) > LAST_PAGE:
        raise RequestError(NO_SUCH_PAGE, status=404)
    return int(match[1])


def _page_size(text: str) -> int | None:
    match = _LEADING_INTEGER.match(text)
    size = int(match[1]) if match else 0
    return size if 1 <= size <= PAGE_SIZE else None


def _callback(text: str) -> str | None:
    return text if _CALLBACK.fullmatch(text) else None


CALLBACK = Parameter(
    "callback",
    "JSONP: the name of a JavaScript function, which the answer is a call of. Another text"
    " counts as absent.",
    {"type": "string", "pattern": f"^{_CALLBACK.pattern}$", "maxLength": 200},
    _callback,
    example="show",
)
PAGE = Parameter(
    "page",
    "Which page, the first is 1. A page past the end has no data; what is no page number is"
    " not found (404).",
    {"type": "integer", "minimum": 1, "maximum": LAST_PAGE, "default": 1},
    _page_number,
)
PER_PAGE = Parameter(
    "per_page",
    f"How many are on a page. Anything else counts as {PAGE_SIZE}.",
    {"type": "integer", "minimum": 1, "maximum": PAGE_SIZE, "default": PAGE_SIZE},
    _page_size,
)
INFO = Parameter(
    "info",
    "`summary` leaves out `sources`, `detail` adds the events of each source. Anything else"
    " counts as absent: sources with their numbers.",
    {"type": "string", "enum": [*_INFOS]},
    _info_v5,
)
SOURCE = Parameter(
    "source",
    "The name of a source: only works with events of it, unless `ids` or `q` is there. API v5 also"
    " shows only its entry in `sources`. An unknown name limits nothing, and leaves `sources` of"
    " API v5 empty.",
    TEXT,
    str,
    ("source_id",),
    example="crossref",
)
ARTICLES = Reader(
    Query,
    ids=Parameter(
        "ids",
        "Identifiers of works with commas between them. A comma in a DOI is escaped twice"
        " (`%252C`); so may all of the DOI be. Letters count the same in any case.",
        TEXT,
        from_ids,
        example="10.5555/alpha.1,10.5555/beta",
    ),
    kind=Parameter(
        "type",
        "What kind of identifiers `ids` are. Anything else counts as the kind that the"
        " installation goes by, which is doi unless it is set.",
        {"type": "string", "enum": [*UID_KINDS]},
        _kind_v5,
    ),
    q=Parameter(
        "q",
        "Works whose DOI begins so, in any case. Not looked at beside `ids`.",
        TEXT,
        str,
        example="10.5555/",
    ),
    source=SOURCE,
    publisher_id=Parameter(
        "publisher",
        "The number of a publisher at Crossref: only its works, none if it has none here. That of"
        " an unknown publisher, and anything else, counts as absent.",
        {"type": "integer", "minimum": 0, "maximum": 10**15 - 1},
        _publisher,
        ("publisher_id",),
        example=340,
    ),
    class_name=Parameter(
        "class_name",
        "Only works that have an unresolved alert of this class; `All Alerts` for any class.",
        TEXT,
        str,
        example="All Alerts",
    ),
    order=Parameter(
        "order",
        "The name of a source: most events of it first. Otherwise the newest work is first, as"
        " it is where another `source` says which works are meant.",
        TEXT,
        str,
        example="crossref",
    ),
    info=INFO,
    page=PAGE,
    per_page=PER_PAGE,
    callback=CALLBACK,
)

SOURCES_V3 = Parameter(
    "source",
    "Names of sources with commas between them, in any case: only their entries, and only works"
    " that have one. Unknown names are passed over.",
    TEXT,
    _sources,
    example="crossref,citeulike",
)
INFO_V3 = Parameter(
    "info",
    "`summary` leaves out `sources`, `event` adds their events, `history` their numbers by day,"
    " month and year, `detail` both. Anything else counts as absent: neither.",
    {"type": "string", "enum": [*_V3_INFOS]},
    _info_v3,
)
ARTICLE_V3 = Reader(QueryV3, sources=SOURCES_V3, info=INFO_V3)
ARTICLES_V3 = Reader(
    QueryV3,
    ids=Parameter(
        "ids",
        f"Identifiers of works with commas between them, the first {PAGE_SIZE} of which are looked"
        " up. A comma in a DOI is escaped twice (`%252C`). Without any nothing is found.",
        TEXT,
        lambda text: from_ids(text)[:PAGE_SIZE],
        example="10.5555/alpha.1,10.5555/beta",
    ),
    kind=Parameter(
        "type",
        "What kind of identifiers `ids` are. Anything else counts as the kind that the"
        " installation goes by, which is doi unless it is set.",
        {"type": "string", "enum": [*_V3_KINDS]},
        _V3_KINDS.get,
    ),
    sources=SOURCES_V3,
    info=INFO_V3,
)


def articles(params: Mapping[str, str], uid_kind: str = "doi") -> Query:
    """The article query that the parameters of a request describe.

    ``source_id`` and ``publisher_id`` are read as other names of ``source`` and ``publisher``.
    Errors: RequestError 404 on a page that cannot be (api.md 1.8).
    """
    return ARTICLES.read(params, kind=uid_kind)


def articles_v3(params: Mapping[str, str], uid_kind: str = "doi") -> QueryV3:
    """The query of API v3 that the parameters describe (api.md 5.1)."""
    return ARTICLES_V3.read(params, ids=(), kind=uid_kind)


def article_v3(path: str, params: Mapping[str, str], uid_kind: str = "doi") -> QueryV3:
    """The query for the one work that a path of API v3, decoded once, names (api.md 5.2)."""
    found = from_path(path, uid_kind)
    return ARTICLE_V3.read(params, ids=(found.value,), kind=found.kind, only_first=True)


def callback(params: Mapping[str, str]) -> str | None:
    """The name of the JSONP function; None without one or with one that may be an attack."""
    return CALLBACK.read(params)


def page_number(params: Mapping[str, str]) -> int:
    """The page that is asked for, 1 if none. Errors: RequestError 404 on one that cannot be."""
    return PAGE.read(params) or 1


def _header(headers: Mapping[str, str], name: str) -> str:
    """The header's value, whatever the case of the names in the mapping; "" without it."""
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _last_values(query_params: Mapping[str, str | Sequence[str]]) -> dict[str, str]:
    getlist = getattr(query_params, "getlist", None)  # Chalice's MultiDict gives the last itself
    values = {}
    for name in query_params:
        value = getlist(name) if getlist else query_params[name]
        if isinstance(value, str):
            values[name] = value
        elif value:
            values[name] = value[-1]
    return values


def _multipart(body: bytes, content_type: str) -> Iterator[tuple[str, str]]:
    """The names and texts of the fields of a multipart form; files in it are skipped."""
    match = _BOUNDARY.search(content_type)
    if not match:
        raise RequestError(MALFORMED_FORM, status=400)
    delimiter = b"\r\n--" + (match[1] or match[2]).encode("utf-8", "replace")
    for part in (b"\r\n" + body).split(delimiter)[1:]:
        if part.startswith(b"--"):
            return
        head, blank_line, content = part.partition(b"\r\n\r\n")
        name = _PART_NAME.search(head)
        if name and blank_line and not _PART_IS_FILE.search(head):
            yield name[1].decode("utf-8", "replace"), content.decode("utf-8", "replace")


def _json(body: bytes) -> dict[str, str]:
    """The texts and numbers of a JSON object; other JSON values hold no parameters.

    Lists and objects in it count as absent, except where articles would be looked for by them.
    """
    import orjson

    try:
        document = orjson.loads(body)
    except ValueError:
        raise RequestError(MALFORMED_JSON, status=400) from None
    if not isinstance(document, dict):
        return {}
    values = {}
    for name, value in document.items():
        if isinstance(value, dict | list):
            if not value or name not in ARTICLES.names:
                continue
            raise RequestError(f"{name[:100]} must be a text or a number.", status=400)
        if value is not None:
            values[name] = value if isinstance(value, str) else orjson.dumps(value).decode()
    return values


def _size_bytes(text: str) -> int:
    """Its size in UTF-8; 0 for what cannot be encoded."""
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        return 0
