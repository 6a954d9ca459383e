"""What people need to sign in: a secret for their cookies, an address for mails, an admin.

Made before the code that lets people in, so that nobody else can be the first and hence the
admin. Works on the stage that the environment names; safe to repeat.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import mail, settings
from chalicelib.errors import ConfigurationError, RequestError
from chalicelib.store import accounts, keys, web_secrets

_MISSING = "NotFoundException"


def prepare(say: Callable[[str], None] = print) -> None:
    """Make what is missing and say it; of what only a person can do, say what it is.

    Errors: those of AWS if the secret or the account cannot be kept. What SES says is only told.
    """
    if web_secrets.ensure(web_secrets.SESSION):
        say("Made the secret that signs the cookies of people who sign in.")
    try:
        sender, contact = settings.load().sender(), settings.load().contact()
    except ConfigurationError as error:
        say(f"Nobody can sign in by a link that comes by mail: {error}")
        return
    _make_admin(contact, say)
    try:
        _ask_for_sender(sender, say)
    except (BotoCoreError, ClientError) as error:
        say(
            f"Links to sign in may not be sent: Amazon SES says: {error} Use a region that has"
            f" SES, or verify {sender} in the SES console, and repeat the command."
        )


def _make_admin(contact: str, say: Callable[[str], None]) -> None:
    """Make the installation's first account, for its contact."""
    if not accounts.is_first():
        return
    try:
        address = mail.address(contact)
    except RequestError:
        say(
            f"{contact} can get no mails from outside, so no account is made for it. The first"
            " account is the admin: make it with `python -m chalicelib accounts create`."
        )
        return
    now = dt.datetime.now(dt.UTC)
    account = accounts.create(address, accounts.FIRST_ROLE, now, email=address)
    keys.bind(account)
    say(
        f"Made the account {address}, role {account.role}. It has no password: it signs in at"
        " /users/sign_in by a link that comes by mail."
    )


def _ask_for_sender(sender: str, say: Callable[[str], None]) -> None:
    """See to it that SES may send mails as ``sender``."""
    client = _ses()
    domain = sender.rpartition("@")[2]
    standing = [_is_verified(client, identity) for identity in (sender, domain)]
    if not any(standing):
        if standing == [None, None]:
            client.create_email_identity(EmailIdentity=sender)
        if not _is_verified(client, sender):
            say(
                f"Amazon SES has written to {sender}: follow the link in its mail, so that links"
                " to sign in can be sent."
            )
    if not client.get_account()["ProductionAccessEnabled"]:
        say(
            "Amazon SES is in its sandbox here: mails only go to addresses that are verified."
            " Ask for production access in the SES console before others sign in."
        )


def _ses() -> Any:
    return boto3.client("sesv2")


def _is_verified(client: Any, identity: str) -> bool | None:
    """Whether an address or domain is verified; None if SES does not know it."""
    try:
        return bool(client.get_email_identity(EmailIdentity=identity)["VerifiedForSendingStatus"])
    except ClientError as error:
        if error.response["Error"]["Code"] != _MISSING:
            raise
        return None
