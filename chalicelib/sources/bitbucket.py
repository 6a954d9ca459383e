"""Bitbucket: people who watch or copied the repository that is the work.

Counts:   watchers (readers: Lagotto's bookmarks); total is watchers and forks together
Needs:    canonical URL https://bitbucket.org/WORKSPACE/REPOSITORY, and no page below it
Asks:     GET, JSON, one repository: the list of its watchers, then that of its forks
Limits:   60 an hour for callers without account, 1000 with a token
Auth:     none; access_token (secret) is welcome, then raise the pace      Licence: counts are facts
Zero:     size 0      Unknown work: 404; private repositories too
Traps:    version 1.0 and its followers_count are gone; size may be missing from a list, which is
          then counted if it is whole
Docs:     https://developer.atlassian.com/cloud/bitbucket/rest/      Read: 2026-11-26
"""

import re
from collections.abc import Sequence

from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, expecting, mapping, sequence
from chalicelib.source import Answer, Client, Outcomes, Setting, Source

REPOSITORY = re.compile(
    r"https?://(?:www\.)?bitbucket\.org/(?P<path>[\w.-]+/[\w.-]+?)(?:\.git)?/?", re.ASCII
)


class Bitbucket(Source):
    name = "bitbucket"
    title = "Bitbucket"
    group = "results"
    description = "Watchers and forks of repositories on Bitbucket."
    needs = ("canonical_url",)
    calls_per_batch = 2
    calls_per_hour = 60
    on_by_default = False
    settings = (
        Setting(name="access_token", description="Bitbucket access token (optional)", secret=True),
    )

    def applies(self, work: Work) -> bool:
        return super().applies(work) and bool(_path(work))

    def collect(self, works: Sequence[Work], client: Client) -> Outcomes:
        return {work.key: self._result(work, client) for work in works}

    def _result(self, work: Work, client: Client) -> Result:
        token = client.settings.get("access_token", "").strip()
        headers = {"authorization": f"Bearer {token}"} if token else {}
        base = f"https://api.bitbucket.org/2.0/repositories/{_path(work)}"
        sizes: dict[str, int] = {}
        for kind in ("watchers", "forks"):
            answer = client.get(f"{base}/{kind}", headers=headers, absent=self.absent)
            if answer.absent:
                return Result(metrics=Metrics.of(0, readers=0), events_url=work.canonical_url)
            with expecting(f"a list of {kind} of Bitbucket", answer):
                sizes[kind] = _size(answer)
        return Result(
            metrics=Metrics.of(sum(sizes.values()), readers=sizes["watchers"]),
            events=sizes,
            events_url=work.canonical_url,
        )


def _size(answer: Answer) -> int:
    """How many there are: as told or, of a list with a single page, as counted."""
    page = mapping(answer.json())
    if "size" in page:
        return count(page["size"])
    if "next" in page:
        raise ValueError("one page of several, without size")
    return len(sequence(page["values"]))


def _path(work: Work) -> str:
    """WORKSPACE/REPOSITORY of a work that is one; "" of others."""
    match = REPOSITORY.fullmatch(work.canonical_url or "")
    return match["path"] if match else ""
