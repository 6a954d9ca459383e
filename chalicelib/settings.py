"""The installation's settings, read from the environment; secrets are read elsewhere.

Per-source settings and secrets are in ``store.sources`` and the parameter store.
"""

import dataclasses
import functools
import os
import re

from chalicelib.errors import ConfigurationError
from chalicelib.identifiers import UID_KINDS

_SITE = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?")
_MAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an installation is told by its environment.

    ``stack`` names all that it owns in AWS: tables ``<stack>-works``, queue ``<stack>-fetch``.
    ``site_url`` is the address of the site's start for links in mails, without a slash at its
    end; "" where the gateway's own domain is used.
    """

    stack: str = "lagotto-dev"
    contact_email: str = ""
    bucket_name: str = ""
    providers_url: str | None = None
    uid_kind: str = "doi"
    site_name: str = "Lagotto"
    site_url: str = ""
    mail_from: str = ""
    orcid_client_id: str = ""
    v3_show_as_array: bool = False

    @property
    def bucket(self) -> str:
        """The S3 bucket; unless it is set, ``<stack>-<account id>``."""
        return self.bucket_name or f"{self.stack}-{_account_id()}"

    def contact(self) -> str:
        """The operator's mail address, which every provider is told.

        Errors: ConfigurationError when it is missing or no mail address; nothing is
        collected without it.
        """
        if not _MAIL.fullmatch(self.contact_email):
            raise ConfigurationError(
                "LAGOTTO_CONTACT_EMAIL is not set to a mail address. Providers want to know "
                "whom to write to before they block a client, so nothing is collected without "
                "it. Set it in .chalice/config.json, for example with "
                "`make deploy STAGE=... CONTACT=you@example.org`."
            )
        return self.contact_email

    def sender(self) -> str:
        """The address that mails to people come from: LAGOTTO_MAIL_FROM, or the contact.

        Errors: ConfigurationError when it is no mail address.
        """
        sender = self.mail_from or self.contact()
        if not (_MAIL.fullmatch(sender) and sender.isascii()):
            raise ConfigurationError(
                f"LAGOTTO_MAIL_FROM (or else the contact) is {sender!r}; mails can only come from "
                "an address in ASCII such as metrics@example.org. Set it in .chalice/config.json "
                "and deploy."
            )
        return sender


@functools.cache
def load() -> Settings:
    """The settings of this process. Errors: ConfigurationError on a wrong one."""
    uid_kind = os.environ.get("LAGOTTO_UID", "doi")
    if uid_kind not in UID_KINDS:
        raise ConfigurationError(
            f"LAGOTTO_UID is {uid_kind!r}; it must be one of {', '.join(UID_KINDS)}."
        )
    as_array = os.environ.get("LAGOTTO_V3_SHOW_AS_ARRAY", "")
    if as_array not in ("", "0", "1"):
        raise ConfigurationError(
            f"LAGOTTO_V3_SHOW_AS_ARRAY is {as_array!r}; it must be 1 (an array of one article, "
            "as Lagotto answered up to 3.8) or 0 (an object)."
        )
    return Settings(
        stack=os.environ.get("LAGOTTO_STACK") or "lagotto-dev",
        contact_email=os.environ.get("LAGOTTO_CONTACT_EMAIL", ""),
        bucket_name=os.environ.get("LAGOTTO_BUCKET", ""),
        providers_url=os.environ.get("LAGOTTO_PROVIDERS_URL") or None,
        uid_kind=uid_kind,
        site_name=os.environ.get("LAGOTTO_SITE_NAME") or "Lagotto",
        site_url=_site_url(os.environ.get("LAGOTTO_SITE_URL", "")),
        mail_from=os.environ.get("LAGOTTO_MAIL_FROM", ""),
        orcid_client_id=os.environ.get("LAGOTTO_ORCID_CLIENT_ID", ""),
        v3_show_as_array=as_array == "1",
    )


def _site_url(text: str) -> str:
    if text and not _SITE.fullmatch(text):
        raise ConfigurationError(
            f"LAGOTTO_SITE_URL is {text!r}; it must be the address of the site's start, such as "
            "https://metrics.example.org."
        )
    return text.rstrip("/")


@functools.cache
def _account_id() -> str:
    import boto3

    return str(boto3.client("sts").get_caller_identity()["Account"])
