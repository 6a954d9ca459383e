"""The query language of Europe PMC and DataCite: fields, phrases, AND, OR, NOT, groups."""

import dataclasses
import re
from collections.abc import Callable

#: Whether a document has this value in this field (field names in lower case, "" if none).
Holds = Callable[[str, str], bool]

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<phrase>"(?:[^"\\]|\\.)*")
    |(?P<bracket>[()])
    |(?P<operator>AND\b|OR\b|NOT\b|&&|\|\||!)
    |(?P<field>[A-Za-z_][\w.\-]*):
    |(?P<bare>(?:[^\s()":\\]|\\.)+)
    )""",
    re.VERBOSE | re.DOTALL,
)


class SyntaxProblem(ValueError):
    """A query that the provider's parser refuses."""


@dataclasses.dataclass(frozen=True)
class Query:
    """A query: its terms as (field, value), and whether a document matches it."""

    terms: tuple[tuple[str, str], ...]
    matches: Callable[[Holds], bool]


def parse(text: str, *, bare_slashes: bool = True) -> Query:
    """The query of a text. Without ``bare_slashes`` an unescaped / outside of quotation marks
    begins a regular expression, as in Elasticsearch, and is refused here.

    Errors: SyntaxProblem.
    """
    parser = _Parser(_tokens(text), bare_slashes)
    matches = parser.alternatives("")
    if parser.kind:
        raise SyntaxProblem(f"unexpected {parser.text!r}")
    return Query(tuple(parser.terms), matches)


def _tokens(text: str) -> list[tuple[str, str]]:
    found, position = [], 0
    text = text.rstrip()
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None or token.lastgroup is None:
            raise SyntaxProblem(f"cannot read the query at {text[position : position + 20]!r}")
        found.append((token.lastgroup, token[token.lastgroup]))
        position = token.end()
    return found


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], bare_slashes: bool) -> None:
        self._tokens = tokens
        self._bare_slashes = bare_slashes
        self._at = 0
        self.terms: list[tuple[str, str]] = []

    @property
    def kind(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    @property
    def text(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _take(self, *texts: str) -> bool:
        if self.kind in ("operator", "bracket") and self.text in texts:
            self._at += 1
            return True
        return False

    def alternatives(self, field: str) -> Callable[[Holds], bool]:
        parts = [self._conjunction(field)]
        while self._take("OR", "||"):
            parts.append(self._conjunction(field))
        return lambda holds: any(part(holds) for part in parts)

    def _conjunction(self, field: str) -> Callable[[Holds], bool]:
        parts = [self._single(field)]
        while self._take("AND", "&&") or self._begins_single():
            parts.append(self._single(field))
        return lambda holds: all(part(holds) for part in parts)

    def _begins_single(self) -> bool:
        return self.kind in ("phrase", "field", "bare") or self.text in ("(", "NOT", "!")

    def _single(self, field: str) -> Callable[[Holds], bool]:
        if self._take("NOT", "!"):
            negated = self._single(field)
            return lambda holds: not negated(holds)
        if self.kind == "field":
            field = self.text.lower()
            self._at += 1
        if self._take("("):
            inside = self.alternatives(field)
            if not self._take(")"):
                raise SyntaxProblem("a bracket is not closed")
            return inside
        return self._term(field)

    def _term(self, field: str) -> Callable[[Holds], bool]:
        kind, text = self.kind, self.text
        if kind not in ("phrase", "bare"):
            raise SyntaxProblem(f"a term is missing before {text or 'the end'!r}")
        self._at += 1
        if kind == "bare" and not self._bare_slashes and re.search(r"(?<!\\)/", text):
            raise SyntaxProblem(f"{text!r} needs quotation marks")
        value = re.sub(r"\\(.)", r"\1", text[1:-1] if kind == "phrase" else text, flags=re.DOTALL)
        self.terms.append((field, value))
        return lambda holds: holds(field, value)
