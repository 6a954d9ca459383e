"""``keys``: make API keys, list and replace and revoke them, and who uses which how much.

A key is shown once, when it is made.
"""

import argparse
import datetime as dt
import re
import sys
from collections.abc import Sequence

from chalicelib import settings
from chalicelib.abilities import ROLES
from chalicelib.commands import CommandFailed
from chalicelib.commands.aws import AWS_ERRORS, explain
from chalicelib.commands.output import counted, printable, show_json, show_table, warn
from chalicelib.errors import ConfigurationError
from chalicelib.store import account_keys, accounts, gateway_keys, keys, requests
from chalicelib.store.account_keys import KeyLeft
from chalicelib.store.keys import PREFIX_LENGTH, Key

#: A shorter prefix is too easily mistyped into another key's.
SHORTEST_PREFIX = 4
#: Nobody guesses such a key by chance; keys of Lagotto have 20 characters.
SHORTEST_KEY = 8
LONGEST_KEY = 128
LONGEST_OWNER = 200
#: How long a key that was replaced still opens, and how long it may.
GRACE_HOURS, LONGEST_GRACE_HOURS = 24, 8760
USAGE_DAYS = 30

_HASH_PREFIX = re.compile(rf"[0-9a-f]{{{SHORTEST_PREFIX},64}}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs and their arguments."""
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    verb = verbs.add_parser("create", help="make a key and print it, this once")
    verb.add_argument("owner", metavar="OWNER", help="whose it is: a name or a mail address")
    verb.add_argument("--role", choices=ROLES, help="what it may see (user, or as the account)")
    verb.add_argument("--key", metavar="TEXT", type=_key, help="a key to take over, not a new one")
    verb.add_argument("--quiet", action="store_true", help="print the key and nothing else")
    verb.set_defaults(run=_create)
    verb = verbs.add_parser("list", help="all keys, by the beginning of their hashes")
    verb.add_argument("--json", action="store_true", help="print JSON")
    verb.set_defaults(run=_list)
    verb = verbs.add_parser("rotate", help="make a new key in place of one, which ends later")
    verb.add_argument("name", metavar="HASH-OR-KEY", help="as listed, or the key itself")
    verb.add_argument(
        "--grace-hours",
        type=_hours,
        default=GRACE_HOURS,
        metavar="N",
        help=f"how long the old key still opens ({GRACE_HOURS}); 0 revokes it",
    )
    verb.add_argument("--quiet", action="store_true", help="print the key and nothing else")
    verb.set_defaults(run=_rotate)
    verb = verbs.add_parser("revoke", help="delete a key")
    verb.add_argument("name", metavar="HASH-OR-KEY", help="as listed, or the key itself")
    verb.set_defaults(run=_revoke)
    verb = verbs.add_parser("usage", help="how many requests each key made on each day")
    verb.add_argument("name", metavar="OWNER-OR-HASH", nargs="?", help="one owner's, or one key")
    verb.add_argument(
        "--days",
        type=_days,
        default=USAGE_DAYS,
        metavar="N",
        help=f"so many days back, today among them ({USAGE_DAYS})",
    )
    verb.add_argument("--json", action="store_true", help="print JSON")
    verb.set_defaults(run=_usage)


def _create(arguments: argparse.Namespace) -> int:
    owner = arguments.owner.strip()
    if not owner or len(owner) > LONGEST_OWNER or not owner.isprintable():
        raise CommandFailed(f"The owner must be a name of 1 to {LONGEST_OWNER} characters.")
    text, key = _made(owner, arguments.role, arguments.key)
    _tell_gateway(key)
    _show(text, key, quiet=arguments.quiet)
    return 0


def _tell_gateway(key: Key) -> None:
    """Make the gateway's side of a key; a warning with what to do if it cannot be made."""
    try:
        gateway_keys.create_gateway_key(settings.load().stack, key.hash, key.owner)
        return
    except ConfigurationError as error:
        reason = str(error)
    except AWS_ERRORS as error:
        reason = explain(error)
    warn(
        f"The key is made, but API Gateway does not know it yet. {reason} Then repeat the command "
        "with this key as --key."
    )


def _show(text: str, key: Key, *, quiet: bool) -> None:
    print(text, flush=True)
    if not quiet:
        print(
            f"This is the key of {printable(key.owner)}, role {key.role}. It is kept as a hash "
            f"only ({key.hash[:PREFIX_LENGTH]}) and cannot be shown again.",
            file=sys.stderr,
        )


def _made(owner: str, role: str | None, text: str | None) -> tuple[str, Key]:
    """A new key, or a given one; one that is there already is left as it is. The owner's
    account, if there is one, tells the role.

    Errors: CommandFailed if the given key is there as another owner's or with another role.
    """
    account = accounts.find(owner)
    if account and role not in (None, account.role):
        raise CommandFailed(
            f"{account.name} has an account with the role {account.role}, which its keys have too. "
            f"Change it with `python -m chalicelib accounts set {account.name} --role {role}`."
        )
    role = account.role if account else role or "user"
    known = _of_key(text) if text else None
    if text is None or known is None:
        return keys.create(owner, role, dt.datetime.now(dt.UTC), key=text, account=account)
    if (known.owner, known.role) != (owner, role):
        raise CommandFailed(
            f"This key exists, as {known.hash[:PREFIX_LENGTH]} of {known.owner}, role "
            f"{known.role}. Revoke it first to change it."
        )
    return text, known


def _list(arguments: argparse.Namespace) -> int:
    found = keys.find_all()
    if arguments.json:
        show_json(
            [
                {
                    "hash": key.hash,
                    "owner": key.owner,
                    "role": key.role,
                    "created_at": key.created_at,
                    "expires_at": key.expires_at or None,
                }
                for key in found
            ]
        )
        return 0
    show_table(
        ("HASH", "ROLE", "CREATED", "EXPIRES", "OWNER"),
        [
            (key.hash[:PREFIX_LENGTH], key.role, key.created_at, key.expires_at, key.owner)
            for key in found
        ],
        empty="There are no keys. Make one with `python -m chalicelib keys create OWNER`.",
    )
    return 0


def _rotate(arguments: argparse.Namespace) -> int:
    old = _find(arguments.name.strip())
    prefix = old.hash[:PREFIX_LENGTH]
    now = dt.datetime.now(dt.UTC)
    grace = dt.timedelta(hours=arguments.grace_hours)
    text, key = account_keys.replace(old, now, grace=grace)
    _show(text, key, quiet=arguments.quiet)
    if not arguments.quiet:
        end = f"opens until {now + grace:%Y-%m-%d %H:%M} UTC" if grace else "is revoked"
        print(f"The old key {prefix} {end}.", file=sys.stderr)
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    key = _find(arguments.name.strip())
    prefix = key.hash[:PREFIX_LENGTH]
    try:
        if not account_keys.revoke(key):
            raise CommandFailed(f"The key {prefix} was revoked meanwhile.")
    except KeyLeft as error:
        warn(str(error))
    print(
        f"Revoked the key {prefix} of {printable(key.owner)}. "
        "Requests under way may see it for another minute."
    )
    return 0


def _usage(arguments: argparse.Namespace) -> int:
    found = _used(arguments.name)
    last = dt.datetime.now(dt.UTC).date()
    first = last - dt.timedelta(days=arguments.days - 1)
    used = requests.usage([key.hash for key in found], first, last)
    if arguments.json:
        show_json(
            [
                {
                    "hash": key.hash,
                    "owner": key.owner,
                    "requests": sum(used[key.hash].values()),
                    "requests_by_day": {
                        day.isoformat(): number for day, number in used[key.hash].items()
                    },
                }
                for key in found
            ]
        )
        return 0
    rows = [
        (day, key.hash[:PREFIX_LENGTH], number, key.owner)
        for key in found
        for day, number in used[key.hash].items()
    ]
    rows.sort(key=lambda row: (row[0], row[2]), reverse=True)
    total, active = sum(row[2] for row in rows), len({row[1] for row in rows})
    period = f"from {first} to {last} (UTC)"
    show_table(
        ("DAY", "HASH", "REQUESTS", "OWNER"),
        [(day, name, f"{number:>8,}", owner) for day, name, number, owner in rows],
        empty=f"No requests {period}.",
    )
    if rows:
        print(f"{counted(total, 'request')} with {counted(active, 'key')} {period}.")
    return 0


def _used(name: str | None) -> Sequence[Key]:
    """All keys, those of an owner in any case, or the one whose hash begins so.

    Errors: CommandFailed if there is none.
    """
    everything = keys.find_all()
    if name is None:
        return everything
    owner = accounts.folded(name)
    of_owner = [key for key in everything if accounts.folded(key.owner) == owner]
    return of_owner or [_find(name.strip())]


def _find(name: str) -> Key:
    """The key by its text or its hash's beginning. Errors: CommandFailed unless there is one."""
    if key := _of_key(name):
        return key
    # What matches nothing may be a mistyped key, so it is not repeated.
    if not _HASH_PREFIX.fullmatch(name):
        raise CommandFailed("There is no such key. `python -m chalicelib keys list` shows all.")
    found = [key for key in keys.find_all() if key.hash.startswith(name)]
    if not found:
        raise CommandFailed("There is no such key. `python -m chalicelib keys list` shows all.")
    if len(found) > 1:
        raise CommandFailed(f"{len(found)} keys begin like this. Give more of the hash.")
    return found[0]


def _of_key(text: str) -> Key | None:
    return keys.get(keys.hash_of(text))


def _hours(text: str) -> int:
    return _number(text, 0, LONGEST_GRACE_HOURS)


def _days(text: str) -> int:
    return _number(text, 1, requests.USAGE_KEPT_DAYS)


def _number(text: str, least: int, most: int) -> int:
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"a number from {least} to {most} is needed")
    return int(text)


def _key(text: str) -> str:
    if not (
        SHORTEST_KEY <= len(text) <= LONGEST_KEY
        and text.isascii()
        and text.isprintable()
        and " " not in text
    ):
        raise argparse.ArgumentTypeError(
            f"a key has {SHORTEST_KEY} to {LONGEST_KEY} ASCII characters without blanks"
        )
    return text
