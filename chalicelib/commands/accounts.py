"""``accounts``: who may sign in. A generated password is shown once, when it is made.

A password never stands on the command line, where other users of the machine would see it: it
is read from standard input (``--password-stdin``), or made here.
"""

import argparse
import datetime as dt
import getpass
import sys
from collections.abc import Callable
from typing import Any

from chalicelib import account_rules, mail
from chalicelib.abilities import REPORTS, ROLES
from chalicelib.commands import CommandFailed, WrongUsage
from chalicelib.commands.output import printable, show_json, show_table, warn
from chalicelib.errors import RequestError
from chalicelib.store import accounts, keys, passwords
from chalicelib.store.accounts import Account, AccountTaken


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs and their arguments."""
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    verb = verbs.add_parser("create", help="make an account and print its password, this once")
    verb.add_argument(
        "name", metavar="NAME", type=_checked(account_rules.name), help="what is typed to sign in"
    )
    _add_fields(verb)
    verb.add_argument("--quiet", action="store_true", help="print the password and nothing else")
    verb.set_defaults(run=_create)
    verb = verbs.add_parser("list", help="all accounts")
    verb.add_argument("--json", action="store_true", help="print JSON")
    verb.set_defaults(run=_list)
    verb = verbs.add_parser("show", help="print an account with its keys, as JSON")
    verb.add_argument("name", metavar="NAME", help="its name or mail address")
    verb.set_defaults(run=_show)
    verb = verbs.add_parser("set", help="change an account; its keys follow its role")
    verb.add_argument("name", metavar="NAME", help="its name or mail address")
    _add_fields(verb)
    verb.add_argument("--new-password", action="store_true", help="make one and print it")
    verb.add_argument("--unsubscribe", metavar="REPORT", choices=REPORTS, action="append")
    verb.set_defaults(run=_set)
    verb = verbs.add_parser("delete", help="delete an account and revoke its keys")
    verb.add_argument("name", metavar="NAME", help="its name or mail address")
    verb.set_defaults(run=_delete)


def _add_fields(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--role", choices=ROLES, help="what it may do (user; the first is admin)")
    verb.add_argument(
        "--email", metavar="MAIL", type=_mail, help="where links to sign in go; unique; '' for none"
    )
    verb.add_argument(
        "--full-name", metavar="TEXT", type=_checked(account_rules.text), help="whose it is"
    )
    verb.add_argument(
        "--publisher",
        metavar="N",
        type=_checked(lambda text: account_rules.member(text) or 0),
        help="Crossref member; 0 for none",
    )
    verb.add_argument("--subscribe", metavar="REPORT", choices=REPORTS, action="append")
    verb.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input"
    )


def _create(arguments: argparse.Namespace) -> int:
    typed = _read_password() if arguments.password_stdin else ""
    password = typed or passwords.generated()
    if all(account.role != accounts.FIRST_ROLE for account in accounts.find_all()):
        if arguments.role not in (None, accounts.FIRST_ROLE):
            raise CommandFailed("The first account is an admin's: leave --role out.")
        arguments.role = accounts.FIRST_ROLE
    role = arguments.role or "user"
    account_rules.check_reports(role, arguments.subscribe or ())
    try:
        account = accounts.create(
            arguments.name,
            role,
            dt.datetime.now(dt.UTC),
            password=password,
            full_name=arguments.full_name or "",
            email=_address_in(arguments.name) if arguments.email is None else arguments.email,
            publisher_id=arguments.publisher or None,
            subscriptions=arguments.subscribe or (),
        )
    except AccountTaken as error:
        raise CommandFailed(account_rules.taken(error)) from error
    bound = keys.bind(account)
    if not typed:
        print(password, flush=True)
    if not arguments.quiet:
        name = printable(account.name)
        text = f"Made the account {name}, role {account.role}."
        if not typed:
            text += " This is its password; it is kept as a hash only and cannot be shown again."
        print(text, file=sys.stderr)
        if bound:
            print(f"API keys of {name} that are bound to it now: {len(bound)}", file=sys.stderr)
    return 0


def _list(arguments: argparse.Namespace) -> int:
    found = accounts.find_all()
    if arguments.json:
        show_json([_shown(account) for account in found])
        return 0
    show_table(
        ("NAME", "ROLE", "CREATED", "PUBLISHER", "MAIL"),
        [
            (found.name, found.role, found.created_at, found.publisher_id, found.email)
            for found in found
        ],
        empty="There are no accounts. Make one with `python -m chalicelib accounts create NAME`.",
    )
    return 0


def _show(arguments: argparse.Namespace) -> int:
    account = _find(arguments.name)
    show_json(
        _shown(account)
        | {
            "keys": [
                {"hash": key.hash, "role": key.role, "created_at": key.created_at}
                for key in keys.of_account(account)
            ]
        }
    )
    return 0


def _set(arguments: argparse.Namespace) -> int:
    account = _find(arguments.name)
    if arguments.new_password and arguments.password_stdin:
        raise WrongUsage("Either --new-password or --password-stdin.")
    role = arguments.role or account.role
    account_rules.check_reports(role, arguments.subscribe or ())
    fields = _given_fields(arguments, account)
    if arguments.password_stdin:
        fields["password"] = _read_password()
    elif arguments.new_password:
        fields["password"] = passwords.generated()
    if "password" in fields:  # whoever is signed in may be why
        fields["session_word"] = accounts.new_session_word()
    if not fields:
        raise WrongUsage("Nothing to set: see `python -m chalicelib accounts set --help`.")
    changed, followed = account_rules.change(account, **fields)
    if arguments.new_password:
        print(fields["password"], flush=True)
    print(f"Changed the account {printable(changed.name)}.", file=sys.stderr)
    if followed:
        print(f"API keys that have the role {changed.role} now: {len(followed)}", file=sys.stderr)
    if dropped := account.subscriptions - changed.subscriptions - {*(arguments.unsubscribe or ())}:
        warn(f"A {changed.role} may not read these reports, unsubscribed: {', '.join(dropped)}")
    return 0


def _given_fields(arguments: argparse.Namespace, account: Account) -> dict[str, Any]:
    given = {
        "role": arguments.role,
        "email": arguments.email,
        "full_name": arguments.full_name,
        "publisher_id": arguments.publisher,
    }
    fields = {name: value for name, value in given.items() if value is not None}
    if "publisher_id" in fields:
        fields["publisher_id"] = fields["publisher_id"] or None
    if arguments.subscribe or arguments.unsubscribe:
        subscribed = account.subscriptions | {*(arguments.subscribe or ())}
        fields["subscriptions"] = frozenset(subscribed - {*(arguments.unsubscribe or ())})
    return fields


def _delete(arguments: argparse.Namespace) -> int:
    account = _find(arguments.name)
    bound, left = account_rules.delete(account)
    for error in left:
        warn(str(error))
    print(f"Deleted the account {printable(account.name)}; API keys revoked: {len(bound)}")
    return 0


def _find(name: str) -> Account:
    account = accounts.find(name)
    if account is None:
        raise CommandFailed(
            f"There is no account {name!r}. `python -m chalicelib accounts list` shows all."
        )
    return account


def _shown(account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "role": account.role,
        "created_at": account.created_at,
        "full_name": account.full_name,
        "email": account.email,
        "orcid": account.orcid,
        "publisher_id": account.publisher_id,
        "subscriptions": sorted(account.subscriptions),
    }


def _address_in(name: str) -> str:
    """The mail address that a name is; "" if it is none."""
    try:
        return _mail(name)
    except argparse.ArgumentTypeError:
        return ""


def _read_password() -> str:
    """The first line of standard input; a person types it unseen. Errors: RequestError."""
    if sys.stdin.isatty():
        text = getpass.getpass("Password: ")
    else:
        text = sys.stdin.readline().rstrip("\r\n")
    return account_rules.password(text)


def _checked(rule: Callable[[str], Any]) -> Callable[[str], Any]:
    """A rule as argparse has it: what breaks it is wrong usage."""

    def check(text: str) -> Any:
        try:
            return rule(text)
        except RequestError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return check


def _mail(text: str) -> str:
    text = _checked(account_rules.text)(text)
    try:
        return mail.address(text) if text else ""
    except RequestError:
        raise argparse.ArgumentTypeError(f"{text!r} is no mail address") from None
