"""Mail: what an address is, and the text of what we send. Pure; ``mailer`` sends it."""

import dataclasses

from chalicelib.errors import RequestError

NO_ADDRESS = "This is no mail address. Check what you typed."


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail to one person, in plain text."""

    to: str
    subject: str
    text: str


def address(text: str) -> str:
    """A mail address as it is kept and compared: in lower case, its domain in ASCII.

    What stands before the @ must be ASCII, as SES sends to no other; so no two spellings that
    look alike can be one address here and two at a provider. Errors: RequestError 422.
    """
    from email_validator import EmailNotValidError, validate_email  # few requests need it

    try:
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise RequestError(NO_ADDRESS, status=422) from None
    return (found.ascii_email or found.normalized).lower()


def sign_in(to: str, link: str, site_name: str, minutes: int) -> Mail:
    """The mail that brings a link by which somebody signs in."""
    return Mail(
        to=to,
        subject=f"Sign in to {site_name}",
        text=(
            f"Somebody, probably you, wants to sign in to {site_name} with this mail address."
            f"\n\nTo sign in, open this link and press the button there:\n\n{link}\n\n"
            f"The link works once, within {minutes} minutes. If you do not want to sign in, "
            "ignore this mail: nothing happens without the link.\n"
        ),
    )


def new_address(to: str, link: str, account: str, site_name: str, minutes: int) -> Mail:
    """The mail that brings a link by which an account gets this address."""
    return Mail(
        to=to,
        subject=f"Your mail address at {site_name}",
        text=(
            f"Somebody, probably you, wants the account {account} at {site_name} to have this mail "
            "address.\n\nIf it shall, open this link where you are signed in, and press the button "
            f"there:\n\n{link}\n\nThe link works once, within {minutes} minutes. If that was not "
            "you, ignore this mail: nothing happens without the link.\n"
        ),
    )


def address_changed(to: str, new: str, account: str, site_name: str, contact: str) -> Mail:
    """The mail that tells the address that an account had that it has another one now."""
    return Mail(
        to=to,
        subject=f"Your mail address at {site_name} was changed",
        text=(
            f"The mail address of the account {account} at {site_name} was changed to {new}. Links "
            f"to sign in go there from now on.\n\nIf that was not you, write to {contact}.\n"
        ),
    )
