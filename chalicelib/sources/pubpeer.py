"""PubPeer: comments on the work by its readers after publication.

Counts:   comments (total, comments)
Needs:    DOI
Asks:     POST, JSON, 40 DOIs a call
Limits:   none published; we use one call a second
Auth:     devkey (secret), as parameter; ask PubPeer for one      Licence: by that permission
Zero:     the work is missing from feedbacks      Unknown work: the same
Traps:    undocumented; id is the DOI in any case; last_commented_at is an object of date and
          zone, an empty text or null; a status other than good comes with HTTP 200
Docs:     https://github.com/PubPeerFoundation/pubpeer_zotero_plugin      Read: 2026-11-26
"""

from collections.abc import Sequence
from typing import Any

from chalicelib.model import Event, Metrics, Result, Work
from chalicelib.reading import count, mapping, sequence, text, time
from chalicelib.source import Answer, Client, Outcomes, Setting, Source, outcomes_by_doi


class PubPeer(Source):
    name = "pubpeer"
    title = "PubPeer"
    group = "discussed"
    description = "Comments on the work at PubPeer, where readers discuss published works."
    batch_size = 40
    calls_per_hour = 3600
    on_by_default = False
    absent = ()
    page = "https://pubpeer.com/search?q={doi}"
    settings = (
        Setting(name="devkey", description="Developer key of PubPeer", secret=True, required=True),
    )

    def ask(self, works: Sequence[Work], client: Client) -> Answer:
        return client.post(
            "https://pubpeer.com/v3/publications",
            params={"devkey": client.settings["devkey"].strip()},
            json={"dois": [work.doi_folded for work in works]},
        )

    def parse(self, answer: Answer, works: Sequence[Work]) -> Outcomes:
        body = mapping(answer.json())
        if body.get("status", "good") != "good":
            raise ValueError(f"the status is {str(body['status'])[:40]!r}")
        return outcomes_by_doi(answer, works, sequence(body["feedbacks"]), "id", _result)


def _result(work: Work, feedbacks: Sequence[dict[str, Any]]) -> Result:
    """One event for each page of comments; a work rarely has more than one."""
    urls = [text(feedback["url"]) for feedback in feedbacks]
    return Result(
        metrics=Metrics.of(comments=sum(count(each["total_comments"]) for each in feedbacks)),
        events=[
            Event(
                event={name: each.get(name) for name in ("title", "total_comments", "users")},
                url=url,
                time=_last_comment(each.get("last_commented_at")),
            )
            for each, url in zip(feedbacks, urls, strict=True)
        ],
        events_url=next((url for url in urls if url and url.startswith("https://")), None),
    )


def _last_comment(value: Any) -> str | None:
    """The time of the last comment if it is told in UTC."""
    if not isinstance(value, dict) or value.get("timezone") != "UTC":
        return None
    return time(value.get("date"))
