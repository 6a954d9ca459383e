"""What a deployment does so that people can sign in: a secret, an address for mails, an admin."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib import enrolment, settings
from chalicelib.errors import ConfigurationError
from chalicelib.store import accounts, keys, web_secrets
from infra import people
from tests.visiting import NOW

CONTACT = "operator@example.org"


class Ses:
    """SES as far as it is asked here; what is asked of a person is done by a test."""

    def __init__(self) -> None:
        self.identities: dict[str, bool] = {}
        self.in_production = True

    def get_email_identity(self, EmailIdentity: str) -> dict[str, Any]:
        if EmailIdentity not in self.identities:
            raise ClientError({"Error": {"Code": "NotFoundException"}}, "GetEmailIdentity")
        return {"VerifiedForSendingStatus": self.identities[EmailIdentity]}

    def create_email_identity(self, EmailIdentity: str) -> None:
        assert EmailIdentity not in self.identities
        self.identities[EmailIdentity] = False

    def get_account(self) -> dict[str, Any]:
        return {"ProductionAccessEnabled": self.in_production}


@pytest.fixture
def ses(people_tables: None, monkeypatch: pytest.MonkeyPatch) -> Ses:
    found = Ses()
    monkeypatch.setattr(people, "_ses", lambda: found)
    return found


@pytest.fixture
def said(ses: Ses) -> Callable[[], str]:
    """Prepares, and tells what was said."""

    def prepare() -> str:
        lines: list[str] = []
        people.prepare(lines.append)
        return "\n".join(lines)

    return prepare


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Sets variables of the environment for one test."""

    def given(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        settings.load.cache_clear()

    yield given
    monkeypatch.undo()
    settings.load.cache_clear()


def test_the_first_deployment_makes_an_admin_and_asks_for_the_address(
    ses: Ses, said: Callable[[], str]
) -> None:
    text = said()
    assert f"Made the account {CONTACT}, role admin" in text
    assert f"Amazon SES has written to {CONTACT}" in text
    (admin,) = accounts.find_all()
    assert (admin.name, admin.email, admin.role, admin.password_hash) == (
        *(CONTACT, CONTACT),
        *("admin", ""),
    )
    assert f"Amazon SES has written to {CONTACT}" in said()
    ses.identities[CONTACT] = True
    assert said() == ""
    assert accounts.find_all() == [admin]


def test_the_secret_is_made_once(said: Callable[[], str]) -> None:
    before = web_secrets.get(web_secrets.SESSION)
    name = web_secrets._parameter(web_secrets.SESSION)
    try:
        web_secrets._parameters().delete_parameter(Name=name)
        assert "Made the secret" in said()
        made = web_secrets.get(web_secrets.SESSION)
        assert "Made the secret" not in said()
        assert web_secrets.get(web_secrets.SESSION) == made != before
    finally:
        web_secrets.put(web_secrets.SESSION, before)


def test_where_there_was_an_account_nobody_is_made_admin(said: Callable[[], str]) -> None:
    accounts.delete(accounts.create("root", "admin", NOW))
    assert "Made the account" not in said()
    assert accounts.find_all() == []


def test_keys_of_the_contact_are_bound_to_its_account(said: Callable[[], str]) -> None:
    keys.create(CONTACT, "admin", NOW, key="kadm")
    said()
    assert keys.find("kadm").account == CONTACT  # type: ignore[union-attr]


def test_a_verified_domain_is_enough(ses: Ses, said: Callable[[], str]) -> None:
    ses.identities["example.org"] = True
    assert "Amazon SES" not in said()
    assert set(ses.identities) == {"example.org"}


def test_mails_come_from_the_address_that_is_set_and_the_contact_is_admin(
    ses: Ses, said: Callable[[], str], settings_of: Callable[..., None]
) -> None:
    settings_of(LAGOTTO_MAIL_FROM="alm@example.org")
    assert "Amazon SES has written to alm@example.org" in said()
    assert accounts.of_mail(CONTACT) is not None


def test_the_sandbox_is_told(ses: Ses, said: Callable[[], str]) -> None:
    ses.in_production = False
    assert "Ask for production access" in said()


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://email.nowhere.example"),
        ClientError({"Error": {"Code": "AccessDeniedException", "Message": "No."}}, "GetAccount"),
    ],
)
def test_a_region_without_ses_is_no_reason_to_fail(
    ses: Ses, said: Callable[[], str], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(**_: str) -> None:
        raise error

    monkeypatch.setattr(ses, "get_email_identity", broken)
    text = said()
    assert "Links to sign in may not be sent" in text and str(error) in text
    assert len(accounts.find_all()) == 1


@pytest.mark.parametrize("contact", ["root@intranet.local", "bücher@verlag.example"])
def test_a_contact_that_gets_no_mail_is_the_admin_too(
    said: Callable[[], str], settings_of: Callable[..., None], contact: str
) -> None:
    settings_of(LAGOTTO_CONTACT_EMAIL=contact)
    text = said()
    assert f"`python -m chalicelib --stage test accounts set {contact} --email" in text
    assert (contact.isascii()) == ("Nobody can sign in by a link" not in text)
    (admin,) = accounts.find_all()
    assert (admin.name, admin.role, admin.email) == (contact, "admin", "")
    assert enrolment.of_mail("eve@example.org", NOW).role == "user"
    assert "Made the account" not in said()


@pytest.mark.parametrize("contact", ["", "nobody"])
def test_without_a_contact_somebody_else_has_to_be_admin(
    said: Callable[[], str], settings_of: Callable[..., None], contact: str
) -> None:
    settings_of(LAGOTTO_CONTACT_EMAIL=contact)
    with pytest.raises(ConfigurationError, match="CONTACT=you@example"):
        said()
    assert accounts.find_all() == []
    accounts.create("root", "admin", NOW)
    assert "Nobody can sign in by a link" in said()


def test_a_stranger_who_came_before_is_not_in_the_way(said: Callable[[], str]) -> None:
    enrolment.of_mail("eve@example.org", NOW)
    assert f"Made the account {CONTACT}, role admin" in said()


def test_the_calls_are_those_of_ses(_aws: None) -> None:
    client = boto3.client("sesv2")
    assert people._is_verified(client, "nobody@example.org") is None
    client.create_email_identity(EmailIdentity="nobody@example.org")
    assert people._is_verified(client, "nobody@example.org") is not None
    names = client.meta.service_model.operation_names
    assert {"GetAccount", "SendEmail", "CreateEmailIdentity"} <= set(names)
