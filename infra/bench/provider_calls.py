"""Calls to providers per work refreshed, for the sources that ask about many works at once.

Each source is measured by itself, on full shelves and on 200 works spread over 120 months,
the last of which is the current one: from the import on, through all that comes due in the
days after it. Calls are counted by the providers, works by the workers; what is
found is not kept, which would take most of the time and change no call.
"""

import datetime as dt
from typing import Literal

from chalicelib import intake
from infra.bench import report
from infra.bench.bed import install, installation_with_providers
from infra.bench.invented import NOW, works
from infra.bench.report import Measured
from infra.bench.timeline import Timeline

SOURCES = ("crossref", "openalex", "pmceurope", "datacite", "pubmed", "icite", "wikidata")
#: Long enough that shelves come due one by one, daily and after a week. There are many sparse
#: ones to write.
DAYS = {"full": 14, "sparse": 10}
BUDGET = 1 / 40

Layout = Literal["full", "sparse"]


def measure(layout: Layout, count: int) -> Measured:
    """The lines for one layout of shelves."""
    months = count // 50 if layout == "full" else 120
    title = (
        f"Provider calls per work refreshed: {count:,} works, {months} months, {DAYS[layout]} days"
    )
    lines = []
    with installation_with_providers() as providers:
        install(SOURCES)
        given = works(count, months)
        for start in range(0, count, 100):
            intake.add(given[start : start + 100], NOW)
        for name in SOURCES:
            providers.reset()
            timeline = Timeline(NOW, keeps=False)
            timeline.run_until(NOW + dt.timedelta(days=DAYS[layout]), [name])
            by_provider = providers.calls()["calls"]
            # The agency of a prefix is looked up once and for good.
            calls = sum(by_provider.values()) - by_provider.get("doi", 0)
            asked = timeline.ran.asked
            shown = f"{report.share(calls, asked)} ({calls:,} calls, {asked:,} works)"
            lines.append(report.at_most(name, calls / asked, BUDGET, shown=shown, limit="1/40"))
    return Measured(title, lines)
