"""Who has proved who he is gets his account; who comes for the first time gets a new one.

A new account is named after what was proved, a mail address or an ORCID iD, has the role "user"
and no password. The first of an installation becomes admin (operations.md 6.3).
"""

import datetime as dt
from collections.abc import Callable

from chalicelib.errors import RequestError
from chalicelib.store import accounts, keys
from chalicelib.store.accounts import Account, AccountTaken

NAME_IS_ANOTHER_S = (
    "There is an account of this name that does not sign in this way. Ask the operator of this "
    "site to add your mail address or ORCID iD to it."
)

_ROLE = "user"


def of_mail(mail: str, now: dt.datetime) -> Account:
    """The account of somebody who reads the mail of an address (see ``mail.address``).

    An account that is only named like the address is not his: its owner may have moved on.
    Errors: RequestError 409 then.
    """
    return _find_or_make(
        lambda: accounts.of_mail(mail), lambda: accounts.create(mail, _ROLE, now, email=mail)
    )


def of_orcid(orcid: str, full_name: str, now: dt.datetime) -> Account:
    """The account of somebody who signed in at ORCID, whose iD is "0000-0002-1825-0097".

    ``full_name`` is for a new account, "" if ORCID does not tell it. Errors: RequestError 409
    if another account has the iD as its name.
    """
    return _find_or_make(
        lambda: accounts.of_orcid(orcid),
        lambda: accounts.create(orcid, _ROLE, now, orcid=orcid, full_name=full_name),
    )


def _find_or_make(find: Callable[[], Account | None], make: Callable[[], Account]) -> Account:
    account = find()
    if account is not None:
        return account
    try:
        account = make()
    except AccountTaken:
        account = find()  # made at the same moment, by another link of the same person
        if account is None:
            raise RequestError(NAME_IS_ANOTHER_S, status=409) from None
        return account
    keys.bind(account)
    return account
