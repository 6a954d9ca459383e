"""One (work, source) as the compact text of one attribute of the work's item.

The text is a JSON list ``[asked, counts, link, evidence, digest, months, days]``:

    asked     epoch seconds of the answer that last changed something
    counts    {"t": total, "p": pdf, "h": html, "r": readers, "g": groups, "c": comments,
              "l": likes, "i": citations}; absent: the source has no such number;
              "t" is left out where it is the sum of the others
    link      the page for a person, or null
    evidence  the id of the evidence object (``evidence.object_key`` makes the key of it)
    digest    8 hex digits of the events and notes, to see a change without reading them
    months, days   ``history.Series`` as text

Short text is what makes an answer of 50 works cheap: see architecture, section 6. An absent
attribute means: never asked.
"""

import dataclasses
import datetime as dt
import hashlib
from typing import Any, NamedTuple

import orjson

from chalicelib.history import History, Series
from chalicelib.model import Metrics, Result

_LETTERS = (
    ("p", "pdf"),
    ("h", "html"),
    ("r", "readers"),
    ("g", "groups"),
    ("c", "comments"),
    ("l", "likes"),
    ("i", "citations"),
)
_NAMES = dict(_LETTERS)


@dataclasses.dataclass(frozen=True, slots=True)
class Numbers:
    """What is known of one (work, source). ``asked_at`` is when it last changed; when it was
    last confirmed is on the shelf."""

    asked_at: dt.datetime
    metrics: Metrics
    events_url: str | None
    evidence: str
    digest: str
    history: History


def encode(numbers: Numbers) -> str:
    """The text to store."""
    metrics = numbers.metrics
    counts = {
        letter: value for letter, name in _LETTERS if (value := getattr(metrics, name)) is not None
    }
    if metrics.total != sum(counts.values()):
        counts["t"] = metrics.total
    history = numbers.history
    row = [
        int(numbers.asked_at.timestamp()),
        counts,
        numbers.events_url,
        numbers.evidence,
        numbers.digest,
        history.months.encode(),
        history.days.encode(),
    ]
    while row[-1] == "":
        row.pop()
    return orjson.dumps(row).decode()


def decode(text: str) -> Numbers:
    """The numbers that ``encode`` wrote."""
    asked, counts, link, evidence, digest, *series = orjson.loads(text)
    months, days = [*series, "", ""][:2]
    total = counts.pop("t", None)
    metrics = Metrics.of(total, **{_NAMES[letter]: value for letter, value in counts.items()})
    return Numbers(
        dt.datetime.fromtimestamp(asked, dt.UTC),
        metrics,
        link,
        evidence,
        digest,
        History(days=Series.decode(days), months=Series.decode(months)),
    )


class Counts(NamedTuple):
    """The counts of ``model.Metrics``, unchecked: they were checked when they were stored."""

    total: int
    pdf: int | None
    html: int | None
    readers: int | None
    groups: int | None
    comments: int | None
    likes: int | None
    citations: int | None


def show(text: str) -> tuple[int, Counts, str | None, str, str]:
    """What an answer shows of a stored text: ``decode`` for thousands at once.

    Shape: when asked (epoch seconds), counts, link, by-month and by-day series as text.
    """
    asked, counts, link, _, _, *series = orjson.loads(text)
    of = counts.get
    total = counts["t"] if "t" in counts else sum(counts.values())
    shown = Counts(total, of("p"), of("h"), of("r"), of("g"), of("c"), of("l"), of("i"))
    if not series:
        return asked, shown, link, "", ""
    return asked, shown, link, series[0], series[1] if len(series) > 1 else ""


def total(text: str | None) -> int | None:
    """The total in a stored text, without decoding the rest; None if never asked."""
    if text is None:
        return None
    counts: dict[str, int] = orjson.loads(text)[1]
    return counts["t"] if "t" in counts else sum(counts.values())


def asked_and_total(text: str) -> tuple[int, int]:
    """When a stored text was written (epoch seconds) and its total."""
    asked, counts = orjson.loads(text)[:2]
    return asked, counts["t"] if "t" in counts else sum(counts.values())


def digest_of(result: Result) -> str:
    """8 hex digits that change when the events or notes do."""
    kept: list[Any] = [result.events_as_json(), dict(result.notes)]
    return hashlib.sha256(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)).hexdigest()[:8]
