"""Twitter (PLOS-internal): tweets that PLOS collected about its articles, in a CouchDB view.

Only PLOS ran such a view; whoever has one gives its address.

Counts:   tweets (total, comments)
Needs:    DOI with the prefix of PLOS, and the address of a view
Asks:     GET, JSON, one work a call
Limits:   those of the own server; we use 3600 an hour
Auth:     none            Licence: X lets others have the ids of tweets, not their texts, so
          think before showing these events to everybody
Zero:     no rows         Unknown work: the same
Traps:    tweets of the old search name their user in from_user, later ones in user; both write
          their times in ways of their own; id is rounded, id_str is not
Docs:     https://github.com/lagotto/lagotto      Read: 2026-11-26
"""

from collections.abc import Mapping
from typing import Any

from chalicelib import csl
from chalicelib.archive import ArchiveSource, url_setting
from chalicelib.model import Event, Work
from chalicelib.reading import mapping, sequence, text, time


class Twitter(ArchiveSource):
    name = "twitter"
    title = "Twitter"
    group = "discussed"
    description = "Tweets about articles of PLOS, as PLOS collected them for itself."
    prefixes = ("10.1371/",)
    calls_per_hour = 3600
    on_by_default = False
    metric = "comments"
    settings = (url_setting(None),)

    def events_of(self, data: Any, work: Work) -> list[Event]:
        return [_event(mapping(mapping(row)["value"])) for row in sequence(data["rows"])]


def _event(tweet: Mapping[str, Any]) -> Event:
    number, said, created = (text(tweet[name]) for name in ("id_str", "text", "created_at"))
    if "from_user" in tweet:
        profile, names = tweet, ("from_user", "from_user_name")
    else:
        profile, names = mapping(tweet["user"]), ("screen_name", "name")
    user, user_name = (text(profile.get(name)) for name in names)
    if not (number and user):
        raise ValueError("a tweet has no id_str or no user")
    url = f"http://twitter.com/{user}/status/{number}"
    return Event(
        event={
            "id": number,
            "text": said,
            "created_at": time(created),
            "user": user,
            "user_name": user_name,
            "user_profile_image": text(profile.get("profile_image_url")),
        },
        url=url,
        time=time(created),
        csl=csl.csl(
            author=csl.author(user_name),
            title=said,
            container_title="Twitter",
            issued=csl.date_parts(time(created)),
            url=url,
            type="personal_communication",
        ),
    )
