"""``keys``: make API keys, list them, revoke them. A key is shown once, when it is made."""

import argparse
import datetime as dt
import re
import sys

from chalicelib import settings
from chalicelib.abilities import ROLES
from chalicelib.commands import CommandFailed
from chalicelib.commands.aws import AWS_ERRORS, explain
from chalicelib.commands.output import printable, show_json, show_table, warn
from chalicelib.errors import ConfigurationError
from chalicelib.store import accounts, gateway_keys, keys
from chalicelib.store.keys import Key

#: How much of a hash names a key in lists and in API Gateway.
PREFIX_LENGTH = 12
#: A shorter prefix is too easily mistyped into another key's.
SHORTEST_PREFIX = 4
#: Nobody guesses such a key by chance; keys of Lagotto have 20 characters.
SHORTEST_KEY = 8
LONGEST_KEY = 128
LONGEST_OWNER = 200

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
    verb = verbs.add_parser("revoke", help="delete a key")
    verb.add_argument("name", metavar="HASH-OR-KEY", help="as listed, or the key itself")
    verb.set_defaults(run=_revoke)


def _create(arguments: argparse.Namespace) -> int:
    owner = arguments.owner.strip()
    if not owner or len(owner) > LONGEST_OWNER or not owner.isprintable():
        raise CommandFailed(f"The owner must be a name of 1 to {LONGEST_OWNER} characters.")
    text, key = _made(owner, arguments.role, arguments.key)
    try:
        gateway_keys.create_gateway_key(settings.load().stack, key.hash, owner)
    except ConfigurationError as error:
        warn(f"The key is made, but API Gateway does not know it yet. {error} {_REPEAT}")
    except AWS_ERRORS as error:
        warn(f"The key is made, but API Gateway does not know it yet. {explain(error)} {_REPEAT}")
    print(text, flush=True)
    if not arguments.quiet:
        print(
            f"This is the key of {printable(owner)}, role {key.role}. It is kept as a hash only "
            f"({key.hash[:PREFIX_LENGTH]}) and cannot be shown again.",
            file=sys.stderr,
        )
    return 0


_REPEAT = "Then repeat the command with this key as --key."


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
                }
                for key in found
            ]
        )
        return 0
    show_table(
        ("HASH", "ROLE", "CREATED", "OWNER"),
        [(key.hash[:PREFIX_LENGTH], key.role, key.created_at, key.owner) for key in found],
        empty="There are no keys. Make one with `python -m chalicelib keys create OWNER`.",
    )
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    key = _find(arguments.name.strip())
    prefix = key.hash[:PREFIX_LENGTH]
    if not keys.revoke(key.hash):
        raise CommandFailed(f"The key {prefix} was revoked meanwhile.")
    try:
        gateway_keys.delete_gateway_key(settings.load().stack, key.hash)
    except AWS_ERRORS as error:
        warn(f"It opens nothing any more, but is still in API Gateway's list: {explain(error)}")
    print(
        f"Revoked the key {prefix} of {printable(key.owner)}. "
        "Requests under way may see it for another minute."
    )
    return 0


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
    name = keys.hash_of(text)
    return next((key for key in keys.find_all() if key.hash == name), None)


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
