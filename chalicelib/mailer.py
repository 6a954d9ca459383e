"""Sends mail with Amazon SES, as the address that the settings name."""

import functools
from email.utils import formataddr
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import settings
from chalicelib.errors import LagottoError
from chalicelib.mail import Mail

#: SES's error → what the operator can do.
_REMEDIES = {
    "MessageRejected": "Verify the address {sender} in SES (follow the link in the mail that SES "
    "sent to it; `make deploy` has another one sent). In the sandbox of SES each recipient must "
    "be verified too: ask for production access in the SES console.",
    "MailFromDomainNotVerifiedException": "Verify the domain of {sender} in the SES console.",
    "AccountSuspendedException": "SES has suspended this account: see the SES console.",
    "SendingPausedException": "Sending is paused for this account: see the SES console.",
    "LimitExceededException": "The sending quota of SES is used up: ask for a higher one.",
    "TooManyRequestsException": "SES was asked too fast: ask for a higher sending rate.",
    "AccessDeniedException": "The function may not send: run `make deploy` for this stage.",
}
_OTHER = "See whether Amazon SES works in this region; `make deploy` has {sender} verified."


class MailNotSent(LagottoError):
    """SES did not take a mail; the text says why and what the operator can do."""


def send(mail: Mail) -> None:
    """Send a mail. Errors: MailNotSent; ConfigurationError without an address to send as."""
    sender = settings.load().sender()
    try:
        _client().send_email(
            FromEmailAddress=formataddr((settings.load().site_name, sender)),
            Destination={"ToAddresses": [mail.to]},
            Content={
                "Simple": {
                    "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                    "Body": {"Text": {"Data": mail.text, "Charset": "UTF-8"}},
                }
            },
        )
    except ClientError as error:
        told = error.response.get("Error", {})
        code = str(told.get("Code", ""))
        remedy = _REMEDIES.get(code, _OTHER).format(sender=sender)
        raise MailNotSent(f"{code}: {told.get('Message', '')} {remedy}") from error
    except BotoCoreError as error:
        raise MailNotSent(f"{error} {_OTHER.format(sender=sender)}") from error


@functools.cache
def _client() -> Any:
    import boto3
    from botocore.config import Config

    # Somebody waits for the page, and the gateway no longer than 29 seconds.
    patience = Config(
        connect_timeout=3, read_timeout=8, retries={"total_max_attempts": 2, "mode": "standard"}
    )
    return boto3.client("sesv2", config=patience)
