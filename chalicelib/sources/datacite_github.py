"""DataCite (Github): items with a DataCite DOI that point into the repository that is the work.

Counts:   items whose related identifiers include a URL in the repository (total)
Needs:    canonical URL https://github.com/OWNER/REPOSITORY
Asks:     GET, JSON, the DOIs that point at GitHub updated in the window; 200 a page, by cursor
Limits:   1,000 calls in 5 minutes for callers who give their mail address; we use less
Auth:     none, mailto; the token that Lagotto asked for was not used      Licence: CC0
Zero:     no item points at the repository      Unknown work: the same
Traps:    the next cursor is only told inside the URL links.next; most URLs lead to a release
          below the repository; a relation that Lagotto did not know is is_referenced_by; items
          from before the first reading, and relations that were taken back, are not seen
Docs:     https://support.datacite.org/docs/pagination      Read: 2026-11-26
"""

import re
from typing import Any
from urllib.parse import quote

from chalicelib.apis import datacite, lucene
from chalicelib.feed import Entry, Feed, Page, Window
from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import mapping, sequence, text
from chalicelib.source import Client

REPOSITORY = re.compile(
    r"https://github\.com/(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(?:\.git)?(?:[/?#].*)?", re.ASCII
)


class DataCiteGithub(Feed):
    name = "datacite_github"
    title = "DataCite (Github)"
    group = "relations"
    description = "Items with a DataCite DOI that point into a repository on GitHub."
    needs = ("canonical_url",)
    calls_per_hour = 3600
    timeout_seconds = 60
    on_by_default = False
    absent = ()
    remembers = True

    def applies(self, work: Work) -> bool:
        """Whether the work is a repository on GitHub."""
        return super().applies(work) and bool(REPOSITORY.fullmatch(work.canonical_url or ""))

    def read(self, client: Client, window: Window, place: str) -> Page:
        """One page; ``place`` is the cursor."""
        condition = r"relatedIdentifiers.relatedIdentifier:https\:\/\/github.com*"
        params = {
            "query": f"{condition} AND {lucene.days('updated', window)}",
            "fields[dois]": "doi,relatedIdentifiers",
        }
        return datacite.read_dois(client, params, place, _entries)

    def merge(self, kept: list[Any] | dict[str, Any], result: Result, work: Work) -> Result:
        """All items so far; what is told again of one takes the place of what was kept."""
        told: list[Any] = [*result.events_as_json()]
        again = {item["event"]["doi"] for item in told}
        before = kept if isinstance(kept, list) else []
        events = [*(item for item in before if item["event"]["doi"] not in again), *told]
        return Result(
            metrics=Metrics.of(total=len({item["event"]["doi"] for item in events})),
            events=events,
            events_url=work.canonical_url,
        )


def _entries(value: Any) -> list[Entry]:
    """One entry for each repository that the item points into."""
    subject, attributes = datacite.doi_and_attributes(value)
    events: dict[str, list[Event]] = {}
    for identifier in map(mapping, sequence(attributes["relatedIdentifiers"] or [])):
        url = text(identifier.get("relatedIdentifier")) or ""
        match = REPOSITORY.fullmatch(url)
        if identifier["relatedIdentifierType"] == "URL" and match:
            repository = f"https://github.com/{match['owner']}/{match['name']}"
            relation = datacite.known_relation(identifier["relationType"])
            event = _event(subject, relation, url, repository)
            events.setdefault(repository, []).append(event)
    return [
        Entry(
            identifiers={"canonical_url": repository},
            result=Result(metrics=Metrics.of(total=1), events=found),
        )
        for repository, found in events.items()
    ]


def _event(subject: str, relation: str, url: str, repository: str) -> Event:
    """The item, and the three things that Lagotto 5.0 deposited of it: how it relates to the
    URL, that this is part of the repository, and whose that is."""
    related = {"subj_id": f"http://doi.org/{subject}", "obj_id": url, "relation_type_id": relation}
    part = {"subj_id": url, "obj_id": repository, "relation_type_id": "is_part_of"}
    owner = {"subj_id": repository.rpartition("/")[0], "obj_id": repository}
    source = {"source_id": "datacite_github"}
    deposits = [
        {"message_type": "relation", "relation": related | source},
        {"message_type": "relation", "relation": part | source | {"publisher_id": "github"}},
        {
            "message_type": "contribution",
            "contribution": owner | {"source_id": "github_contributor"},
        },
    ]
    return Event(
        event={"doi": subject, "deposits": deposits}, url=f"http://doi.org/{quote(subject)}"
    )
