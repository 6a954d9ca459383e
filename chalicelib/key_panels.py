"""API keys as their owners and admins see them: when made, how long good, how often used. Pure.

Of a key only the beginning of its hash is shown, its name everywhere.
"""

import datetime as dt
from collections.abc import Mapping

from chalicelib import markup
from chalicelib.store.keys import PREFIX_LENGTH, Key

#: How many days of use are shown, today's among them.
DAYS = 30

STYLE = """
.panel{border:1px solid #ddd;border-radius:4px;margin:0 0 1rem;padding:.75rem 1rem}
.panel>p{margin:.25rem 0 .5rem}.panel>form:last-child{margin:0}
.panel summary{cursor:pointer;overflow-wrap:anywhere}
.facts{display:flex;flex-wrap:wrap;gap:.25rem 2rem;margin:.25rem 0 .75rem}
.facts dt{margin:0}.facts>div{min-width:0}
.forms{display:flex;flex-wrap:wrap;align-items:flex-end;gap:.5rem 2.5rem}.forms form{margin:0}
.check{display:inline-block;font-weight:400;margin:0 .75rem .35rem 0}
.days{display:block;fill:#05c;height:24px;max-width:100%;width:150px}
"""

_BAR_UNITS, _BARS_UNITS = 5, 24

#: Day → requests; days without any may be missing.
Usage = Mapping[dt.date, int]


def prefix(key: Key) -> str:
    """What a key is called."""
    return key.hash[:PREFIX_LENGTH]


def days(today: dt.date) -> list[dt.date]:
    """The days whose use is shown, today last."""
    return [today - dt.timedelta(days=back) for back in range(DAYS - 1, -1, -1)]


def panel(key: Key, usage: Usage, today: dt.date, *, requests_at: str = "", forms: str = "") -> str:
    """A key with its use. ``requests_at`` is the address of its requests; ``forms`` are HTML."""
    counts = [usage.get(day, 0) for day in days(today)]
    total = f"{sum(counts):,}"
    if requests_at:
        total = f'<a href="{markup.text(requests_at)}">{total}</a>'
    shown = facts(
        {
            "Created": markup.text(key.created_at[:10]),
            "Expires": expiry(key),
            "Requests today": f"{counts[-1]:,}",
            f"Last {DAYS} days": total,
            "By day": bars(counts, today),
        }
    )
    return (
        f'<section class="panel"><h3><code>{prefix(key)}</code></h3>{shown}'
        f'<div class="forms">{forms}</div></section>'
    )


def expiry(key: Key) -> str:
    """When a key ends, as HTML."""
    return markup.text(key.expires_at.replace("T", " ").replace("Z", " UTC")) or "never"


def facts(shown: Mapping[str, str]) -> str:
    """Names and their values, which are HTML; what has no value is left out."""
    pairs = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in shown.items() if value
    )
    return f'<dl class="facts">{pairs}</dl>'


def bars(counts: list[int], today: dt.date) -> str:
    """A bar for each day's requests, the last of them today's, as a drawing."""
    most = max(*counts, 1)
    drawn = []
    for place, (day, count) in enumerate(zip(days(today), counts, strict=True)):
        height = -(-count * _BARS_UNITS // most)
        drawn.append(
            f'<rect x="{place * _BAR_UNITS}" y="{_BARS_UNITS - height}" width="{_BAR_UNITS - 1}" '
            f'height="{height}"><title>{day}: {count:,}</title></rect>'
        )
    width = len(counts) * _BAR_UNITS
    return (
        f'<svg class="days" viewBox="0 0 {width} {_BARS_UNITS}" role="img" '
        f'aria-label="Requests by day, at most {most:,}">{"".join(drawn)}'
        f'<path d="M0 {_BARS_UNITS}H{width}" stroke="#888"/></svg>'
    )
