"""What holds of accounts wherever they are changed: on the pages and at the command line.

What breaks a rule is a RequestError, whose text says what is expected.
"""

from collections.abc import Iterable
from typing import Any

from chalicelib import abilities
from chalicelib.errors import RequestError
from chalicelib.store import account_keys, accounts, keys, passwords, publishers
from chalicelib.store.account_keys import KeyLeft
from chalicelib.store.accounts import Account, AccountChanged, AccountTaken
from chalicelib.store.keys import Key

LONGEST_NAME = 200
#: What stands at these places below ``/users`` is no account; dots are lost in addresses.
RESERVED_NAMES = frozenset(
    {"me", "auth", "edit", "password", "requests", "sign_in", "sign_out", "sign_up", ".", ".."}
)
#: A publisher's number at Crossref has at most as many digits.
_MEMBER_DIGITS = 9


def text(value: str) -> str:
    """A text of one line, without blanks around it. Errors: RequestError 422."""
    value = value.strip()
    if len(value) > LONGEST_NAME or not value.isprintable():
        raise _broken(f"up to {LONGEST_NAME} printable characters are expected")
    return value


def name(value: str) -> str:
    """The name of a new account. Errors: RequestError 422."""
    value = text(value)
    if not value or ":" in value:  # HTTP Basic ends the name with a colon
        raise _broken("a name has at least one character, and no colon")
    if accounts.folded(value) in RESERVED_NAMES:
        raise _broken(f"{value} cannot be the name of an account")
    return value


def role(value: str) -> str:
    """A role. Errors: RequestError 422."""
    if value not in abilities.ROLES:
        raise _broken(f"A role is one of {', '.join(abilities.ROLES)}.")
    return value


def password(value: str) -> str:
    """A new password. Errors: RequestError 422."""
    if not passwords.SHORTEST <= len(value) <= passwords.LONGEST:
        raise _broken(f"A password has {passwords.SHORTEST} to {passwords.LONGEST} characters.")
    return value


def member(value: str) -> int | None:
    """A Crossref member number, None for "" and 0, which stand for none. Errors: RequestError."""
    value = value.strip()
    digits = value.lstrip("0")
    if (value and not (value.isascii() and value.isdigit())) or len(digits) > _MEMBER_DIGITS:
        raise _broken(f"{value[:LONGEST_NAME]!r} is not a Crossref member number such as 340")
    return int(digits) if digits else None


def publisher(value: str, account: Account) -> int | None:
    """The number of a publisher that is known here, or the one that the account has already.

    None for none. Errors: RequestError 422.
    """
    number = member(value)
    if number in (None, account.publisher_id) or publishers.get(str(number)) is not None:
        return number
    raise _broken(
        f"No publisher here has the number {number}. /api/v5/publishers lists those that there are."
    )


def check_reports(role_name: str, reports: Iterable[str]) -> None:
    """Errors: RequestError 422 if a role may not read one of the reports."""
    readable = abilities.reports_for(role_name)
    for report in reports:
        if report not in readable:
            raise _broken(
                f"A {role_name} may not read {report}; it may read {', '.join(readable)}."
            )


def taken(error: AccountTaken) -> str:
    """What is said of a name or mail address that is another's."""
    field = {"name": "name", "email": "mail address"}.get(error.field, "ORCID iD")
    return f"There is an account with this {field} already."


def change(account: Account, **fields: Any) -> tuple[Account, list[Key]]:
    """An account with other fields (see ``accounts.change``), and the keys that follow its role.

    Errors: RequestError 409 if something is taken, the account was changed meanwhile, or
    nobody would be admin any more.
    """
    stays = fields.get("role", account.role) == accounts.FIRST_ROLE
    beside = None if stays else _another_admin(account)
    try:
        changed = accounts.change(account, beside=beside, **fields)
    except AccountTaken as error:
        raise RequestError(taken(error), status=409) from error
    except AccountChanged as error:
        raise RequestError(str(error), status=409) from error
    return changed, keys.follow(changed) if "role" in fields else []


def delete(account: Account) -> tuple[list[Key], list[KeyLeft]]:
    """Delete an account and revoke its keys; the keys, and which of them the gateway still has.

    Errors: RequestError 409 if it is the only admin, or was changed meanwhile.
    """
    try:
        accounts.delete(account, beside=_another_admin(account))
    except AccountChanged as error:
        raise RequestError(str(error), status=409) from error
    bound = keys.of_account(account)  # from now on none is made
    left = []
    for key in bound:
        try:
            account_keys.revoke(key)
        except KeyLeft as error:
            left.append(error)
    return bound, left


def _another_admin(account: Account) -> Account | None:
    """Who is still admin when this account no longer is; None if it is none.

    He must be unchanged when that is written: two admins could end each other's role at once.
    Errors: RequestError 409 if there is nobody else.
    """
    if account.role != accounts.FIRST_ROLE:
        return None
    for other in accounts.find_all():
        if other.role == accounts.FIRST_ROLE and other.name != account.name:
            return other
    raise RequestError(f"{account.name} is the only admin. Make another one first.", status=409)


def _broken(message: str) -> RequestError:
    return RequestError(message, status=422)
