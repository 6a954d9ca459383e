"""Works and events that do not exist, the same in every run.

The DOIs have the lengths and the odd characters of the sample list's, because a provider
takes fewer long ones in a call.
"""

import datetime as dt
import functools
import itertools
import random
import re
from collections.abc import Iterator
from pathlib import Path

from chalicelib.csl import author, csl, date_parts
from chalicelib.identifiers import Identifier
from chalicelib.model import Event, PartialDate, Work
from infra.local.providers import world

#: When the measured system lives.
NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)

SAMPLE = Path(__file__).parent.parent / "local" / "sample-works.txt"


def works(count: int, months: int, *, only_with_pmid: bool = False) -> list[Work]:
    """Works spread evenly over so many months, of which the last is the current one.

    They have the PMID, if any, that the provider server gives them: about a quarter has one.
    """
    fitting = (doi for doi in dois() if not only_with_pmid or world.facts(doi).pmid)
    drawn = itertools.islice(fitting, count)
    return [_work(doi, number % months) for number, doi in enumerate(drawn)]


def dois() -> Iterator[str]:
    """Ever new DOIs, made of the sample's by exchanging digits."""
    draw = random.Random("dois")
    seen = set()
    for doi in itertools.cycle(_sample_dois()):
        prefix, _, suffix = doi.partition("/")
        made = f"{prefix}/" + re.sub("[0-9]", lambda _: str(draw.randrange(10)), suffix)
        if made.lower() not in seen:
            seen.add(made.lower())
            yield made


def month_of(months_ago: int) -> PartialDate:
    """The first of a month, counted back from the current one."""
    months = NOW.year * 12 + NOW.month - 1 - months_ago
    return PartialDate(months // 12, months % 12 + 1, 1)


def lines(count: int) -> Iterator[bytes]:
    """Lines of an import file: as many works, over 50 years."""
    draw = random.Random("lines")
    for number, doi in enumerate(itertools.islice(dois(), count)):
        date = f"{1976 + number % 50}-{draw.randrange(1, 13):02d}-{draw.randrange(1, 29):02d}"
        yield f"{doi} {date} {_title(draw)}\n".encode()


def events(count: int, draw: random.Random) -> list[Event]:
    """Mentions of a work with all that an event can have: posts, as a provider tells them."""
    return [_event(draw) for _ in range(count)]


def _event(draw: random.Random) -> Event:
    happened_at = NOW - dt.timedelta(seconds=draw.randrange(2 * 365 * 86400))
    time = happened_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    name, title = _title(draw).split(" ", 2)[:2], _title(draw)
    url = f"https://posts.example.org/{happened_at:%Y/%m/%d}/{draw.randrange(16**10):010x}"
    record = {
        "id": draw.randrange(10**10),
        "created_at": time,
        "user": {"name": " ".join(name), "id": draw.randrange(10**8)},
        "title": title,
        "text": f"{title}. {_title(draw)}.",
        "link": url,
        "score": draw.randrange(100),
    }
    citation = csl(
        author=author(" ".join(name)),
        title=title,
        container_title="Posts",
        issued=date_parts(time),
        url=url,
        type="post",
    )
    return Event(event=record, time=time, url=url, csl=citation)


def _work(doi: str, months_ago: int) -> Work:
    pmid = world.facts(doi).pmid
    return Work(
        key=Identifier("doi", doi).key,
        doi=doi,
        pmid=str(pmid) if pmid else None,
        title=_title(random.Random(doi)),
        issued=month_of(months_ago),
    )


def _title(draw: random.Random) -> str:
    words = "on the of a new and study effects measured structure early cells theory in".split()
    return " ".join(draw.choices(words, k=draw.randrange(4, 20))).capitalize()


@functools.cache
def _sample_dois() -> list[str]:
    return [line.split()[0] for line in SAMPLE.read_text(encoding="utf-8").splitlines() if line]
