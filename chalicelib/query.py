"""What a request to the API asks for: parameters, method override and the article query.

Pure: reads what the edge was sent and never looks anything up. Whether a source or a
publisher of the query exists is found where the query is answered (``articles``).
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qsl

from chalicelib.errors import RequestError
from chalicelib.identifiers import UID_KINDS, VALUE_LIMIT_BYTES, Identifier, from_ids, from_path

PAGE_SIZE = 50
#: A page beyond this number is refused: no installation has as many articles.
LAST_PAGE = 10**9

#: The values of ``type`` in API v3 (api.md 2.2).
_V3_KINDS = {"doi": "doi", "pmid": "pmid", "pmcid": "pmcid", "mendeley": "mendeley_uuid"}

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


def articles(params: Mapping[str, str], uid_kind: str = "doi") -> Query:
    """The article query that the parameters of a request describe.

    ``source_id`` and ``publisher_id`` are read as other names of ``source`` and ``publisher``.
    Errors: RequestError 404 on a page that cannot be (api.md 1.8).
    """
    kind = params.get("type", "")
    info = params.get("info", "")
    publisher = params.get("publisher", params.get("publisher_id", ""))
    ids = params.get("ids")
    return Query(
        ids=None if ids is None else from_ids(ids),
        kind=kind if kind in UID_KINDS else uid_kind,
        q=params.get("q"),
        source=params.get("source", params.get("source_id")),
        publisher_id=int(publisher) if _DIGITS.fullmatch(publisher) else None,
        class_name=params.get("class_name"),
        order=params.get("order"),
        info=info if info in ("summary", "detail") else "default",
        page=page_number(params),
        per_page=page_size(params),
        callback=callback(params),
    )


def articles_v3(params: Mapping[str, str], uid_kind: str = "doi") -> QueryV3:
    """The query of API v3 that the parameters describe (api.md 5.1)."""
    kind = _V3_KINDS.get(params.get("type", ""), uid_kind)
    ids = from_ids(params.get("ids", ""))[:PAGE_SIZE]
    return QueryV3(ids=ids, kind=kind, sources=_sources(params), info=_v3_info(params))


def article_v3(path: str, params: Mapping[str, str], uid_kind: str = "doi") -> QueryV3:
    """The query for the one work that a path of API v3, decoded once, names (api.md 5.2)."""
    found = from_path(path, uid_kind)
    return QueryV3(
        ids=(found.value,),
        kind=found.kind,
        sources=_sources(params),
        info=_v3_info(params),
        only_first=True,
    )


def callback(params: Mapping[str, str]) -> str | None:
    """The name of the JSONP function; None without one or with one that may be an attack."""
    name = params.get("callback", "")
    return name if _CALLBACK.fullmatch(name) else None


def _sources(params: Mapping[str, str]) -> frozenset[str] | None:
    names = params.get("source")
    return None if names is None else frozenset(names.lower().split(","))


def _v3_info(params: Mapping[str, str]) -> str:
    info = params.get("info", "")
    return info if info in ("summary", "event", "history", "detail") else "default"


def page_number(params: Mapping[str, str]) -> int:
    """The page that is asked for, 1 if none. Errors: RequestError 404 on one that cannot be."""
    text = params.get("page")
    if text is None:
        return 1
    match = _PAGE.fullmatch(text)
    if not match or int(match[1]) > LAST_PAGE:
        raise RequestError(NO_SUCH_PAGE, status=404)
    return int(match[1])


def page_size(params: Mapping[str, str]) -> int:
    """How many shall be on a page: 1 to 50, else 50."""
    match = _LEADING_INTEGER.match(params.get("per_page") or "")
    size = int(match[1]) if match else 0
    return size if 1 <= size <= PAGE_SIZE else PAGE_SIZE


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
    """The texts and numbers of a JSON object; other JSON values hold no parameters."""
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
