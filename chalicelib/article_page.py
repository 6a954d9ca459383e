"""The page of an article for readers: what it is, and its numbers by group and source. Pure.

Titles, names and addresses come from providers: all text is escaped, and only http and https
addresses become links. Numbers of private sources are in the signposts only, as in the API
(api.md 3.3).
"""

import datetime as dt
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote

import orjson

from chalicelib import identifiers, lagotto, layout, markup, titles
from chalicelib.lagotto import ArticleView, SourceEntry
from chalicelib.model import GROUPS, Counted, PartialDate, Work

#: The groups in the order of the page (operations.md 8.4), then all others.
ORDER = tuple(dict.fromkeys(("viewed", "cited", "saved", "discussed", "recommended", *GROUPS)))

_SIGNPOSTS = ("viewed", "saved", "discussed", "cited")
_CHART_PIXELS = 48
_STYLE = """
sc{font-variant:small-caps}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.25rem;margin:0 0 1.5rem}
.facts dt{margin:0}
.viewed{--group:#3498db}.saved{--group:#1dbc9c}.discussed{--group:#2ecc71}.cited{--group:#a368bd}
.signposts{display:grid;grid-template-columns:repeat(4,1fr);gap:.75rem;list-style:none;
margin:0;padding:0}
.signposts li{border:1px solid #ddd;border-top:4px solid var(--group);border-radius:4px;
padding:.35rem .9rem}
.signposts b{display:block;font-size:1.5rem;line-height:1.3}
h2.group{border-bottom:3px solid var(--group,#888);padding-bottom:.25rem}
.source{display:flex;flex-wrap:wrap;gap:.5rem 2rem;padding:.75rem 0;border-bottom:1px solid #ddd}
.source>div:first-child{flex:0 0 14rem}
.source p{margin:0}.number{font-size:1.5rem;line-height:1.3}
.parts{display:flex;flex-wrap:wrap;gap:.75rem 2rem;flex:1;min-width:0}
.part{min-width:0;max-width:100%}
.years{width:auto}.years tr{border:0}
.years th,.years td{font-size:.8rem;font-weight:400;line-height:1.2;min-width:2.4rem;
padding:0 .15rem;text-align:center;vertical-align:bottom}
.years th{border-top:1px solid #888;color:#666}
.years span{background:var(--group,#888);display:block;margin:.1rem auto 0;width:1.6rem}
.names{margin:0;padding-left:1.25rem}
@media(max-width:40rem){.signposts{grid-template-columns:1fr 1fr}
.facts{grid-template-columns:1fr}.facts dd{margin-bottom:.5rem}.source{flex-direction:column}
.source>div:first-child{flex:none}}
"""


def page(
    view: ArticleView,
    *,
    hidden: Collection[str],
    idle: Collection[str],
    cited_by: str,
    publisher: str,
    root: str,
) -> str:
    """The whole page.

    ``hidden`` are the sources whose entries are not shown, ``idle`` those that are not asked
    (any more), ``cited_by`` is the source of the signpost ``cited``. ``publisher`` is a name,
    "" without one; ``root`` stands before every path.
    """
    work = view.work
    entries = [entry for entry in view.entries if entry.name not in hidden]
    signposts = lagotto.signposts(view.entries, cited_by)
    parts = [
        f"<article><h1>{titles.as_html(work.title)}</h1>",
        _facts(view, publisher),
        _signposts(signposts),
        *_groups(entries, root),
        _others(entries, idle, root),
        "</article>",
    ]
    return layout.page(
        titles.as_text(work.title),
        "".join(parts),
        root=root,
        head=_head(work, root),
        style=_STYLE,
    )


def path(work_key: str) -> str:
    """The path of the page of the work with this key: ``/articles/info:doi/10.5555/a``."""
    kind, _, value = work_key.partition(":")
    return f"/articles/{identifiers.to_path(kind, value)}"


def _head(work: Work, root: str) -> str:
    """Where the page announces its address and its box for other pages (api.md 8.2)."""
    address = f"/articles/{identifiers.to_path('doi', work.doi)}" if work.doi else path(work.key)
    box = markup.text(f"{root}/oembed?url={quote(address, safe='/:')}")
    return (
        f'<link rel="canonical" href="{markup.text(root + address)}">'
        f'<link rel="alternate" type="application/json+oembed" href="{box}" '
        'title="Article oEmbed Profile" />'
    )


def _facts(view: ArticleView, publisher: str) -> str:
    work = view.work
    facts = [("Published", f'<time datetime="{work.issued}">{markup.date(work.issued)}</time>')]
    if publisher:
        facts.append(("Publisher", markup.text(publisher)))
    if work.doi:
        facts.append(("DOI", layout.outside(identifiers.doi_address(work.doi), work.doi)))
    if work.pmid:
        pubmed = layout.outside(f"https://pubmed.ncbi.nlm.nih.gov/{quote(work.pmid)}/", work.pmid)
        europe = f"https://europepmc.org/article/MED/{quote(work.pmid)}"
        facts.append(("PubMed", f"{pubmed} ({layout.outside(europe, 'Europe PMC')})"))
    if work.pmcid:
        name = f"PMC{work.pmcid}"
        central = f"https://pmc.ncbi.nlm.nih.gov/articles/{quote(name)}/"
        facts.append(("PubMed Central", layout.outside(central, name)))
    if work.canonical_url:
        facts.append(("URL", layout.outside(work.canonical_url, work.canonical_url)))
    facts.append(("Updated", _day(view.updated_at)))
    return f'<dl class="facts">{_definitions(facts)}</dl>'


def _signposts(counts: Mapping[str, int]) -> str:
    told = "".join(
        f'<li class="{name}"><b>{counts[name]:,}</b> {name.capitalize()}</li>'
        for name in _SIGNPOSTS
    )
    return f'<ul class="signposts">{told}</ul>'


def _groups(entries: Sequence[SourceEntry], root: str) -> Iterator[str]:
    """A section for each group with numbers above 0, or that there is none."""
    counted = [
        (entry, entry.metrics)
        for entry in sorted(entries, key=lambda entry: _position(entry.group))
        if entry.metrics is not None and entry.metrics.total > 0
    ]
    for group, members in itertools.groupby(counted, key=lambda pair: pair[0].group):
        name = markup.text(group)
        blocks = "".join(_block(entry, metrics, root) for entry, metrics in members)
        yield (
            f'<section class="{name}"><h2 class="group">{name.capitalize()}</h2>{blocks}</section>'
        )
    if not counted:
        yield '<p class="notice">No source has counted anything yet.</p>'


def _position(group: str) -> int:
    return ORDER.index(group) if group in ORDER else len(ORDER)


def _block(entry: SourceEntry, metrics: Counted, root: str) -> str:
    """The number of a source, and how it came about by year."""
    number = f"{metrics.total:,}"
    shown = layout.outside(entry.events_url, number) if entry.events_url else number
    return (
        f'<div class="source"><div><h3>{_source(entry, root)}</h3><p class="number">{shown}</p>'
        f'<p class="muted">Asked {_day(entry.updated_at)}</p></div>'
        f'<div class="parts">{_parts(entry, metrics)}</div></div>'
    )


def _parts(entry: SourceEntry, metrics: Counted) -> str:
    """The chart of a source; of one that counts views one for HTML and one for PDF."""
    years = _years(entry)
    if not entry.usage:
        return _chart(years, "total")
    kinds = (("html", "HTML", metrics.html), ("pdf", "PDF", metrics.pdf))
    return "".join(
        f'<div class="part"><p>{title}: <b>{count:,}</b></p>{_chart(years, kind)}</div>'
        for kind, title, count in kinds
        if count
    )


def _years(entry: SourceEntry) -> Sequence[Mapping[str, int]]:
    if entry.months_json:
        years: list[dict[str, int]] = orjson.loads(entry.months_json[1])
        return years
    return lagotto.by_year(entry.by_month, usage=entry.usage)


def _chart(years: Sequence[Mapping[str, int]], kind: str) -> str:
    """Columns of a table, from the first year with a count on; "" without any count."""
    counts = [(year["year"], year.get(kind, 0)) for year in years]
    counts = list(itertools.dropwhile(lambda counted: counted[1] <= 0, counts))
    if not counts:
        return ""
    highest = max(count for _, count in counts)
    columns = "".join(
        f"<td>{count:,}"
        f'<span style="height:{_CHART_PIXELS * max(count, 0) / highest:.0f}px"></span></td>'
        for _, count in counts
    )
    names = "".join(f'<th scope="col">{year}</th>' for year, _ in counts)
    return (
        f'<div class="scroll"><table class="years"><tbody><tr>{columns}</tr></tbody>'
        f"<tfoot><tr>{names}</tr></tfoot></table></div>"
    )


def _others(entries: Sequence[SourceEntry], idle: Collection[str], root: str) -> str:
    """The sources without a number above 0: asked and none, or not asked."""
    asked = [entry for entry in entries if entry.metrics is not None and not entry.has_events]
    never = [entry for entry in entries if entry.metrics is None]
    nothing = [
        f'{_source(entry, root)} <span class="muted">{_day(entry.updated_at)}</span>'
        for entry in asked
    ]
    waiting = [_source(entry, root) for entry in never if entry.name not in idle]
    resting = [_source(entry, root) for entry in never if entry.name in idle]
    told = [
        (title, f'<ul class="names">{"".join(f"<li>{name}</li>" for name in names)}</ul>')
        for title, names in (
            ("Asked, nothing found", nothing),
            ("Not asked yet", waiting),
            ("Not asked, because not active", resting),
        )
        if names
    ]
    if not told:
        return ""
    return f"<section><h2>Other sources</h2><dl>{_definitions(told)}</dl></section>"


def _definitions(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<dt>{title}</dt><dd>{value}</dd>" for title, value in pairs)


def _source(entry: SourceEntry, root: str) -> str:
    """The name of a source, which leads to what it counts."""
    return layout.link(f"{root}/docs/sources/{quote(entry.name)}", entry.title)


def _day(moment: dt.datetime) -> str:
    day = PartialDate(moment.year, moment.month, moment.day)
    return f'<time datetime="{lagotto.timestamp(moment)}">{markup.date(day)}</time>'
