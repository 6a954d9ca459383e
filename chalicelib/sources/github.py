"""GitHub: people who starred or copied the repository that is the work.

Counts:   stars (readers: Lagotto's bookmarks); total is stars and forks together
Needs:    canonical URL https://github.com/OWNER/REPOSITORY, and no page below it
Asks:     GET, JSON, one repository a call
Limits:   5000 an hour with a token, the headers tell what is left; we use 4500 as Lagotto
Auth:     personal_access_token (secret), without any scope      Licence: counts are facts
Zero:     counts of 0      Unknown work: 404; private repositories too
Traps:    a repository that moved redirects; too many calls give 403 where others give 429;
          watchers_count repeats the stars, people who watch are in subscribers_count
Docs:     https://docs.github.com/en/rest/repos/repos      Read: 2026-11-26
"""

import re
from collections.abc import Mapping, Sequence

from chalicelib.apis import budgets
from chalicelib.errors import RateLimited, Rejected
from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, mapping
from chalicelib.source import Answer, Client, Limits, Outcomes, Setting, Source

REPOSITORY = re.compile(
    r"https?://(?:www\.)?github\.com/(?P<path>[\w.-]+/[\w.-]+?)(?:\.git)?/?", re.ASCII
)
COUNTS = ("stargazers_count", "forks_count", "subscribers_count")


class Github(Source):
    name = "github"
    title = "Github"
    group = "results"
    description = "Stars and forks of repositories on GitHub."
    needs = ("canonical_url",)
    calls_per_hour = 4500
    on_by_default = False
    settings = (
        Setting(
            name="personal_access_token",
            description="A personal access token of GitHub; it needs no permissions",
            required=True,
            secret=True,
        ),
    )

    def applies(self, work: Work) -> bool:
        return super().applies(work) and bool(_path(work))

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        headers = {
            "authorization": f"Bearer {client.settings['personal_access_token'].strip()}",
            "x-github-api-version": "2022-11-28",
        }
        url = f"https://api.github.com/repos/{_path(works[0])}"
        accept = "application/vnd.github+json"
        try:
            return client.get(url, headers=headers, accept=accept, absent=self.absent)
        except Rejected as error:
            if error.status == 403 and b"rate limit" in error.body.lower():
                raise RateLimited(error.message, url=url, status=403, body=error.body) from error
            raise

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        stars, forks, counts = 0, 0, {}
        if not answer.absent:
            repository = mapping(answer.json())
            stars, forks = count(repository["stargazers_count"]), count(repository["forks_count"])
            counts = {name: count(repository[name]) for name in COUNTS if name in repository}
        return {
            work.key: Result(
                metrics=Metrics.of(stars + forks, readers=stars),
                events=counts,
                events_url=work.canonical_url,
            )
            for work in works
        }

    def limits(self, headers: Mapping[str, str]) -> Limits | None:
        return budgets.until_moment(headers)


def _path(work: Work) -> str:
    """OWNER/REPOSITORY of a work that is one; "" of others."""
    match = REPOSITORY.fullmatch(work.canonical_url or "")
    return match["path"] if match else ""
