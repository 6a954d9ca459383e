"""The documentation of the sources as web pages: made of the modules, at the time of asking.

A source's page is its fact card (the docstring of its module) and what it declares. There is
nothing to keep up to date. Pure but for loading the modules.
"""

import dataclasses
import html
import importlib
import re

from chalicelib import layout, sources
from chalicelib.source import Setting, Source

_KINDS = {
    "works": "asked about works",
    "feed": "read as a feed and matched to works",
    "importer": "read as a feed that brings works or publishers",
    "finder": "asked for identifiers that other sources need, only while one does",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Card:
    """A fact card: its first sentence, what is told before the facts, and the facts by name."""

    headline: str
    introduction: str
    facts: tuple[tuple[str, str], ...]


def card(source: Source) -> Card:
    """The fact card of a source, read from the docstring of its module."""
    text = importlib.import_module(type(source).__module__).__doc__ or source.description
    headline, _, rest = text.strip().partition("\n\n")
    introduction: list[str] = []
    facts: list[list[str]] = []
    for line in rest.splitlines():
        # Two facts can stand on one line, with blanks between them.
        pieces = re.split(r"(?:^|\s{2,}|(?<=\S) (?=Read: ))(?=[A-Z][A-Za-z ]{2,12}: )", line)
        for piece in filter(None, (piece.strip() for piece in pieces)):
            if named := re.match(r"([A-Z][A-Za-z ]{2,12}):\s+(.*)", piece):
                facts.append([named[1], named[2]])
            elif facts:
                facts[-1][1] += f" {piece}"
            else:
                introduction.append(piece)
    return Card(headline, " ".join(introduction), tuple((name, value) for name, value in facts))


def standing(source: Source) -> str:
    """``on``, ``off``, ``off, needs api_key``, ``on demand`` or ``retired 2019``; feeds say so."""
    if source.retired:
        return f"retired {source.retired[:4]}"
    defaults = {s.name: s.default for s in source.settings if s.default is not None}
    missing = [s.name for s in source.settings if s.is_missing(defaults)]
    state = "on" if source.on_by_default else "off"
    if source.kind == "finder":
        state = "on demand"
    elif source.kind != "works":
        state += f", {source.kind}"
    return f"{state}, needs {', '.join(missing)}" if missing else state


def sources_page(root: str = "") -> str:
    """The page that lists all sources; ``root`` stands before every path."""
    rows = [
        (
            layout.link(f"{root}/docs/sources/{source.name}", source.title),
            f"<code>{source.name}</code>",
            source.group,
            _text(standing(source)),
            _text(source.description),
        )
        for source in map(sources.get, sources.names())
    ]
    head = ("Source", "Name", "Group", "By default", "What it counts")
    return layout.page("Sources", f"<h1>Sources</h1>{layout.table(head, rows)}", root=root)


def source_page(name: str, root: str = "") -> str | None:
    """The page of one source; None if there is none of this name."""
    if name not in sources.names():
        return None
    source = sources.get(name)
    facts = card(source)
    told = "".join(
        f"<dt>{_text(title)}</dt><dd>{_linked(value)}</dd>" for title, value in facts.facts
    )
    introduction = f"<p>{_linked(facts.introduction)}</p>" if facts.introduction else ""
    parts = [
        f"<p>{layout.link(f'{root}/docs/sources', 'All sources')}</p>",
        f"<h1>{_text(source.title)}</h1>",
        f"<p>{_linked(facts.headline)}</p>",
        introduction,
        f"<dl>{told}</dl>",
        "<h2>What it declares</h2>",
        layout.table(
            ("Fact", "Value"), [(_text(fact), _text(value)) for fact, value in _facts(source)]
        ),
        "<h2>Settings</h2>",
        _settings(source.settings),
    ]
    return layout.page(source.title, "".join(parts), root=root)


def _facts(source: Source) -> list[tuple[str, str]]:
    facts = [
        ("name", source.name),
        ("group", source.group),
        ("how", _KINDS[source.kind]),
        ("by default", standing(source)),
        ("needs", ", ".join(source.needs)),
        ("works in a call", f"{source.batch_size:,}"),
        ("calls an hour", f"{source.calls_per_hour:,}"),
        ("timeout", f"{source.timeout_seconds} seconds"),
    ]
    if source.prefixes:
        facts.append(("only DOIs that begin with", ", ".join(source.prefixes)))
    if source.agencies:
        facts.append(("only DOIs of", ", ".join(source.agencies)))
    if source.private:
        facts.append(("private", "its numbers are shown to staff and admins only"))
    if source.retired:
        facts.append(("retired", source.retired))
    return facts


def _settings(settings: tuple[Setting, ...]) -> str:
    if not settings:
        return "<p>It has none of its own.</p>"
    rows = [
        (
            f"<code>{setting.name}</code>",
            _text(setting.description),
            _text(setting.default or ""),
            ", ".join(
                word
                for word, holds in (
                    ("required", setting.required),
                    ("secret", setting.secret),
                    ("per publisher", setting.per_publisher),
                )
                if holds
            ),
        )
        for setting in settings
    ]
    return layout.table(("Setting", "Meaning", "Default", ""), rows)


def _text(value: str) -> str:
    return html.escape(value)


def _linked(value: str) -> str:
    """Escaped text in which addresses are links and names in backticks are code."""
    linked = re.sub(
        r"https?://[^\s<>&]*[^\s<>&.,;)]",
        lambda match: f'<a href="{match[0]}" rel="noreferrer">{match[0]}</a>',
        _text(value),
    )
    return re.sub(r"``([^`]+)``", r"<code>\1</code>", linked)
