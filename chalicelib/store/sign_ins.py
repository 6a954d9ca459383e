"""Links by which people sign in, and how often somebody asked for something of late.

Table ``<stack>-control``. Access patterns:

    a link by its token          kind ``sign_in``, name = SHA-256 of the token
    who asked how often of late  kind ``sign_in_count``, name = SHA-256 of what is counted

The token itself is kept nowhere. Rows go by their time to live, which DynamoDB is late to
notice; so times are looked at whenever a row is read.
"""

import dataclasses
import datetime as dt
import hashlib
import math
import secrets
from collections.abc import Sequence

import orjson
from pynamodb.exceptions import DeleteError, PutError
from pynamodb.expressions.condition import Condition

from chalicelib.store.tables import ControlItem

KIND, COUNT_KIND = "sign_in", "sign_in_count"
LIFETIME = dt.timedelta(minutes=15)
#: No token is longer; what is longer is not even hashed.
TOKEN_LIMIT_CHARACTERS = 100

_TOKEN_BYTES = 32
#: How often to try when others are counted at the same moment.
_TRIES = 5
_REFUSED = "ConditionalCheckFailedException"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link stands for: whose mail address it proves, and where to go then.

    ``return_to`` is a path of the site, "" without one. ``account`` is the folded name of the
    account that is to have the address, "" where the link signs in.
    """

    mail: str
    return_to: str
    account: str = ""


def create(mail: str, return_to: str, now: dt.datetime, *, account: str = "") -> str:
    """The token of a new link."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    link = Link(mail=mail, return_to=return_to, account=account)
    about = orjson.dumps(link).decode()
    ControlItem(KIND, _hash(token), about=about, expires_at=now + LIFETIME).save()
    return token


def find(token: str, now: dt.datetime) -> Link | None:
    """What a token stands for; None if it was used, is too old or was never made."""
    item = _get(token, now)
    return Link(**orjson.loads(item.about)) if item else None


def use(token: str, now: dt.datetime) -> Link | None:
    """What a token stands for, once: of two who use it at the same moment one gets None."""
    item = _get(token, now)
    if item is None:
        return None
    try:
        item.delete(condition=ControlItem.name.exists())
    except DeleteError as error:
        if error.cause_response_code != _REFUSED:
            raise
        return None
    return Link(**orjson.loads(item.about))


def wait_seconds(what: str, limit: int, window: dt.timedelta, now: dt.datetime) -> int:
    """Count a request of somebody who may make ``limit`` within ``window``.

    0 if it is counted; else in how many seconds the next one is allowed, and nothing is counted.
    """
    name = _hash(what)
    for _ in range(_TRIES):
        known = _count(name)
        version = int(known.version) if known else 0
        times = _within(known, window, now)
        if wait := _wait_seconds(times, limit, window, now):
            return wait
        item = ControlItem(
            COUNT_KIND,
            name,
            about=orjson.dumps([*times, now.timestamp()]).decode(),
            version=version + 1,
            expires_at=now + window,
        )
        unchanged = ControlItem.version == version if known else ControlItem.name.does_not_exist()
        if _save(item, unchanged):
            return 0
    return 1  # very many at the same moment


def left_seconds(what: str, limit: int, window: dt.timedelta, now: dt.datetime) -> int:
    """How long somebody has to wait, as ``wait_seconds`` says it, without counting; one read."""
    return _wait_seconds(_within(_count(_hash(what)), window, now), limit, window, now)


def take_back(what: str, now: dt.datetime) -> None:
    """Forget that a request was counted at this time: nothing came of it."""
    name = _hash(what)
    for _ in range(_TRIES):
        known = _count(name)
        times = orjson.loads(known.about) if known else []
        if known is None or now.timestamp() not in times:
            return
        times.remove(now.timestamp())
        unchanged = ControlItem.version == known.version
        known.about, known.version = orjson.dumps(times).decode(), known.version + 1
        if _save(known, unchanged):
            return


def _within(known: ControlItem | None, window: dt.timedelta, now: dt.datetime) -> list[float]:
    """When the requests that are counted were made, as far as they are within the window."""
    counted: list[float] = orjson.loads(known.about) if known else []
    return [time for time in counted if time > (now - window).timestamp()]


def _wait_seconds(
    times: Sequence[float], limit: int, window: dt.timedelta, now: dt.datetime
) -> int:
    if len(times) < limit:
        return 0
    return max(1, math.ceil(times[-limit] - (now - window).timestamp()))


def _save(item: ControlItem, condition: Condition) -> bool:
    """Save an item; whether the condition held."""
    try:
        item.save(condition=condition)
    except PutError as error:
        if error.cause_response_code != _REFUSED:
            raise
        return False
    return True


def _count(name: str) -> ControlItem | None:
    try:
        return ControlItem.get(COUNT_KIND, name, consistent_read=True)
    except ControlItem.DoesNotExist:
        return None


def _get(token: str, now: dt.datetime) -> ControlItem | None:
    """The row of a token that is still good."""
    if not 0 < len(token) <= TOKEN_LIMIT_CHARACTERS:
        return None
    try:
        item = ControlItem.get(KIND, _hash(token), consistent_read=True)
    except ControlItem.DoesNotExist:
        return None
    return item if item.expires_at > now else None


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
