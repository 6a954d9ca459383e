"""The API keys that an account has, on both sides: here, where they open the API (``keys``), and
in the gateway, which counts by them (``gateway_keys``).

Access patterns are those of ``keys``. A key that the gateway does not take is not kept here
either; one that it does not give up opens nothing all the same.
"""

import contextlib
import datetime as dt
from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import settings
from chalicelib.errors import ConfigurationError, LagottoError
from chalicelib.store import accounts, gateway_keys, keys, sign_ins
from chalicelib.store.accounts import Account
from chalicelib.store.keys import PREFIX_LENGTH, Key

#: How many keys an account can have that are not yet at their end.
LIMIT = 5
#: How many it can make within a day, those among them that replace others: to the gateway each
#: is a new one, which has used nothing of its day yet.
PER_DAY = 10


class TooManyKeys(LagottoError):
    """The account has as many keys as it can have."""


class TooManyMade(LagottoError):
    """The account has made as many keys of late as it can; the next one in ``wait_seconds``."""

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(
            f"An account can make {PER_DAY} keys within a day, those that replace others among "
            f"them. The next one can be made in {-(-wait_seconds // 3600)} h."
        )
        self.wait_seconds = wait_seconds


class KeyGone(LagottoError):
    """There is no such key to replace any more; the text says what became of it."""


class KeyNotMade(LagottoError):
    """The gateway did not take a key, which was not made then; the text has the reason."""


class KeyLeft(LagottoError):
    """A key was revoked, but the gateway still lists it; the text has the reason."""


def live(account: Account, now: dt.datetime) -> list[Key]:
    """The keys of an account that have not ended, oldest first."""
    return [key for key in keys.of_account(account) if not key.has_ended(now)]


def create(account: Account, now: dt.datetime) -> tuple[str, Key]:
    """A new key of an account and what is kept of it.

    Errors: TooManyKeys; TooManyMade; KeyNotMade if the gateway does not take it;
    ConfigurationError if the stack has no usage plan yet; AccountChanged if another key is made
    at the same moment.
    """
    with _counted(account, now, one_more=True):
        account = accounts.change(account)  # of keys made at the same moment one stays
        return _complete(*keys.create(account.name, account.role, now, account=account))


def replace(
    key: Key, now: dt.datetime, *, grace: dt.timedelta, account: Account | None = None
) -> tuple[str, Key]:
    """A new key in place of one: of the same owner, role and account. The old one ends after the
    grace; without grace at once, and leaves the gateway's list within a day.

    ``account`` is whose key it is, if he does it himself: only then its limits count.
    Errors: as of ``create``, and KeyGone if the key was revoked or has an end already; then
    there is no new one.
    """
    bound_to = account or (accounts.of_name(key.account) if key.account else None)
    old = keys.get(key.hash)
    if old is None or (old.account and bound_to is None):
        raise _gone(key)
    if old.expires_at:
        raise KeyGone(
            f"The key {key.hash[:PREFIX_LENGTH]} ends already, at {old.expires_at}. Most likely it "
            "was replaced. The new one was shown once; who did not see it makes another one."
        )
    limits = _counted(account, now, one_more=bool(grace)) if account else contextlib.nullcontext()
    with limits, contextlib.ExitStack() as undoing:
        if bound_to is not None:
            bound_to = accounts.change(bound_to)  # as for a new one
        text, new = _complete(*keys.succeed(old, now, bound_to))
        undoing.callback(_revoke, new)
        if not (keys.expire(old.hash, now + grace) if grace else _revoke(old)):
            raise _gone(key)
        undoing.pop_all()
        return text, new


def revoke(key: Key) -> bool:
    """End a key at once; whether there was one.

    Errors: KeyLeft if it ended, but the gateway still lists it.
    """
    found = keys.revoke(key.hash)
    try:
        gateway_keys.delete_gateway_key(settings.load().stack, key.hash)
    except (BotoCoreError, ClientError) as error:
        raise KeyLeft(
            f"The key {key.hash[:PREFIX_LENGTH]} is revoked and opens nothing any more, but "
            f"is still in API Gateway's list. Delete it there. {_reason(error)}"
        ) from error
    return found


def sweep(now: dt.datetime) -> int:
    """Take keys that have ended out of the gateway, which can list only so many; how many."""

    def known() -> set[str]:
        return {key.hash for key in keys.complete_lists() if not key.has_ended(now)}

    return gateway_keys.sweep(settings.load().stack, known)


@contextlib.contextmanager
def _counted(account: Account, now: dt.datetime, *, one_more: bool) -> Iterator[None]:
    """Count a key that is made within, unless it is not made after all.

    Errors: TooManyKeys if the account can have no more, and shall; TooManyMade.
    """
    if one_more and len(live(account, now)) >= LIMIT:
        raise TooManyKeys(f"An account can have {LIMIT} keys. Revoke one first.")
    counted = f"keys of {accounts.folded(account.name)}"
    if wait := sign_ins.wait_seconds(counted, PER_DAY, dt.timedelta(days=1), now):
        raise TooManyMade(wait)
    with contextlib.ExitStack() as unless_made:
        unless_made.callback(sign_ins.take_back, counted, now)
        yield
        unless_made.pop_all()


def _complete(text: str, key: Key) -> tuple[str, Key]:
    """Make the gateway's side of a key that was just made; without that the key goes again."""
    try:
        gateway_keys.create_gateway_key(settings.load().stack, key.hash, key.owner)
    except ConfigurationError:
        keys.revoke(key.hash)
        raise
    except (BotoCoreError, ClientError) as error:
        _revoke(key)  # it may be half made
        raise KeyNotMade(f"API Gateway did not take a new key. {_reason(error)}") from error
    return text, key


def _revoke(key: Key) -> bool:
    """End a key at once; whether there was one. What the gateway keeps of it is swept up."""
    with contextlib.suppress(KeyLeft):
        return revoke(key)
    return True


def _gone(key: Key) -> KeyGone:
    return KeyGone(
        f"The key {key.hash[:PREFIX_LENGTH]} was revoked, replaced or changed meanwhile."
    )


def _reason(error: BotoCoreError | ClientError) -> str:
    """What the gateway said; nothing in it tells of the key."""
    if isinstance(error, ClientError):
        told = error.response.get("Error", {})
        return f"It says {told.get('Code', '')}: {told.get('Message', '')}"
    return f"It could not be asked: {error}"
