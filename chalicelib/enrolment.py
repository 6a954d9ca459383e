"""Who has proved who he is gets his account; who comes for the first time gets a new one.

A new account is named after what was proved, a mail address or an ORCID iD, has the role "user"
and no password. The first account of an installation is its admin's (operations.md 6.3), and is
the operator's: made by the deployment or the command line, or here for the contact. Whoever else
comes while there is none is a user, and the operator is told.
"""

import datetime as dt
from collections.abc import Callable

from chalicelib import settings
from chalicelib.errors import RequestError
from chalicelib.store import accounts, alerts, keys
from chalicelib.store.accounts import Account, AccountTaken
from chalicelib.store.alerts import Alert

NAME_IS_ANOTHER_S = (
    "There is an account of this name that does not sign in this way. Ask the operator of this "
    "site to add your mail address or ORCID iD to it."
)

NO_ADMIN = (
    "{name} has signed up while nobody is admin here, which nobody becomes by signing up. Make an "
    "admin with `python -m chalicelib accounts create NAME`, or, if that was you, with "
    "`python -m chalicelib accounts set {name} --role admin`."
)

_ROLE = "user"


def of_mail(mail: str, now: dt.datetime) -> Account:
    """The account of somebody who reads the mail of an address (see ``mail.address``).

    An account that is only named like the address is not his: its owner may have moved on.
    Errors: RequestError 409 then.
    """
    of_operator = mail == accounts.folded(settings.load().contact_email)
    return _find_or_make(
        lambda: accounts.of_mail(mail),
        lambda: accounts.create(mail, _ROLE, now, email=mail, may_be_first=of_operator),
        now,
    )


def of_orcid(orcid: str, full_name: str, now: dt.datetime) -> Account:
    """The account of somebody who signed in at ORCID, whose iD is "0000-0002-1825-0097".

    ``full_name`` is for a new account, "" if ORCID does not tell it. Errors: RequestError 409
    if another account has the iD as its name.
    """
    return _find_or_make(
        lambda: accounts.of_orcid(orcid),
        lambda: accounts.create(
            orcid, _ROLE, now, orcid=orcid, full_name=full_name, may_be_first=False
        ),
        now,
    )


def _find_or_make(
    find: Callable[[], Account | None], make: Callable[[], Account], now: dt.datetime
) -> Account:
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
    if account.role != accounts.FIRST_ROLE and accounts.is_first():
        text = NO_ADMIN.format(name=account.name)
        alerts.put(Alert(class_name="NoAdmin", message=text, level=alerts.WARN), now)
    return account
