"""The API keys that an account has, on both sides: here, where they open the API (``keys``), and
in the gateway, which counts by them (``gateway_keys``).

Access patterns are those of ``keys``. A key that the gateway does not take is not kept here
either; one that it does not give up opens nothing all the same.
"""

import contextlib
import datetime as dt

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import settings
from chalicelib.errors import ConfigurationError, LagottoError
from chalicelib.store import accounts, gateway_keys, keys
from chalicelib.store.accounts import Account, AccountChanged
from chalicelib.store.keys import Key

#: How many keys an account can have that are not yet at their end.
LIMIT = 5


class TooManyKeys(LagottoError):
    """The account has as many keys as it can have."""


class KeyNotMade(LagottoError):
    """The gateway did not take a key, which was not made then; the text has the reason."""


class KeyLeft(LagottoError):
    """A key was revoked, but the gateway still lists it; the text has the reason."""


def live(account: Account, now: dt.datetime) -> list[Key]:
    """The keys of an account that have not ended, oldest first."""
    return [key for key in keys.of_account(account) if not key.has_ended(now)]


def create(
    account: Account, now: dt.datetime, *, in_place_of: Key | None = None
) -> tuple[str, Key]:
    """A new key of an account and what is kept of it.

    ``in_place_of`` is a key that is about to be revoked: there is room for another one.
    Errors: TooManyKeys; KeyNotMade if the gateway does not take it; ConfigurationError if the
    stack has no usage plan yet; AccountChanged if another key is made at the same moment.
    """
    gone = in_place_of.hash if in_place_of else ""
    if len([key for key in live(account, now) if key.hash != gone]) >= LIMIT:
        raise TooManyKeys(f"An account can have {LIMIT} keys. Revoke one first.")
    text, key = keys.create(account.name, account.role, now, account=account)
    _complete(key, account)
    return text, key


def revoke(key: Key) -> None:
    """End a key at once. Errors: KeyLeft if it ended, but the gateway still lists it."""
    keys.revoke(key.hash)
    try:
        gateway_keys.delete_gateway_key(settings.load().stack, key.hash)
    except (BotoCoreError, ClientError) as error:
        raise KeyLeft(
            f"The key {key.hash[: keys.PREFIX_LENGTH]} is revoked and opens nothing any more, but "
            f"is still in API Gateway's list. Delete it there. {_reason(error)}"
        ) from error


def sweep(now: dt.datetime) -> int:
    """Take keys that have ended out of the gateway, which can list only so many; how many."""
    known = {key.hash for key in keys.find_all() if not key.has_ended(now)}
    return gateway_keys.sweep(settings.load().stack, known)


def _complete(key: Key, account: Account) -> None:
    """Make the gateway's side of a key that was just made; without that the key goes again."""
    try:
        accounts.change(account)  # of keys made at the same moment one stays
        gateway_keys.create_gateway_key(settings.load().stack, key.hash, account.name)
    except (AccountChanged, ConfigurationError):
        keys.revoke(key.hash)
        raise
    except (BotoCoreError, ClientError) as error:
        with contextlib.suppress(KeyLeft):  # it may be half made
            revoke(key)
        raise KeyNotMade(f"API Gateway did not take a new key. {_reason(error)}") from error


def _reason(error: BotoCoreError | ClientError) -> str:
    """What the gateway said; nothing in it tells of the key."""
    if isinstance(error, ClientError):
        told = error.response.get("Error", {})
        return f"It says {told.get('Code', '')}: {told.get('Message', '')}"
    return f"It could not be asked: {error}"
