"""What people need to sign in: a secret for their cookies, an address for mails, an admin.

Made before the code that lets people in, so that there is an admin who sees who comes. Works on
the stage that the environment names; safe to repeat.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import mail, settings
from chalicelib.errors import ConfigurationError, RequestError
from chalicelib.store import accounts, keys, web_secrets
from chalicelib.store.accounts import Account

_MISSING = "NotFoundException"


def prepare(say: Callable[[str], None] = print) -> None:
    """Make what is missing and say it; of what only a person can do, say what it is.

    Errors: those of AWS if the secret or the account cannot be kept; ConfigurationError if the
    first account cannot be made, as the contact is no mail address. What SES says is only told.
    """
    if web_secrets.ensure(web_secrets.SESSION):
        say("Made the secret that signs the cookies of people who sign in.")
    if accounts.is_first():
        _make_admin(settings.load().contact(), say)
    try:
        sender = settings.load().sender()
    except ConfigurationError as error:
        say(f"Nobody can sign in by a link that comes by mail: {error}")
        return
    try:
        _ask_for_sender(sender, say)
    except (BotoCoreError, ClientError) as error:
        say(
            f"Links to sign in may not be sent: Amazon SES says: {error} Use a region that has"
            f" SES, or verify {sender} in the SES console, and repeat the command."
        )


def _make_admin(contact: str, say: Callable[[str], None]) -> None:
    """Make the installation's first account, for its contact, whether it gets mail or not."""
    try:
        address = mail.address(contact)
    except RequestError:
        address = ""
    now = dt.datetime.now(dt.UTC)
    account = accounts.create(address or contact, accounts.FIRST_ROLE, now, email=address)
    keys.bind(account)
    way_in = _way_in(account)
    say(f"Made the account {account.name}, role {account.role}. It has no password: {way_in}")


def _way_in(account: Account) -> str:
    """How the contact signs in, as the end of a sentence."""
    if account.email:
        return "it signs in at /users/sign_in by a link that comes by mail."
    stage = settings.load().stack.removeprefix("lagotto-")
    return (
        "as no link can be mailed to it, give it an address that gets mail, with `python -m"
        f" chalicelib --stage {stage} accounts set {account.name} --email you@example.org`."
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
