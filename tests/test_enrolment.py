"""Who comes for the first time gets an account; the first of the operator's is the admin."""

import pytest

from chalicelib import enrolment
from chalicelib.errors import RequestError
from chalicelib.store import accounts, alerts, keys
from chalicelib.store.accounts import AccountChanged, AccountTaken
from chalicelib.store.tables import ControlItem
from tests.visiting import NOW

pytestmark = pytest.mark.usefixtures("people_tables")
ADA, ORCID = "ada@example.org", "0000-0002-1825-0097"
CONTACT = "operator@example.org"


def names():
    return [(account.name, account.role) for account in accounts.find_all()]


def outrun(monkeypatch, do):
    """Let somebody else do something between the last look and the writing, once."""
    write = accounts._write

    def write_second(*given, **more):
        monkeypatch.setattr(accounts, "_write", write)
        do()
        return write(*given, **more)

    monkeypatch.setattr(accounts, "_write", write_second)


def test_an_account_is_made_once_for_an_address():
    accounts.create("root", "admin", NOW)
    made = enrolment.of_mail(ADA, NOW)
    assert (made.name, made.email, made.role, made.password_hash) == (ADA, ADA, "user", "")
    assert enrolment.of_mail(ADA, NOW) == made
    assert enrolment.of_mail("ADA@example.org", NOW) == made


def test_an_account_is_made_once_for_an_orcid_id():
    accounts.create("root", "admin", NOW)
    made = enrolment.of_orcid(ORCID, "Josiah Carberry", NOW)
    assert (made.name, made.orcid, made.role) == (ORCID, ORCID, "user")
    assert (made.full_name, made.email, made.password_hash) == ("Josiah Carberry", "", "")
    assert enrolment.of_orcid(ORCID, "Another Name", NOW) == made


def test_an_account_of_an_operator_is_found_by_what_he_gave_it():
    accounts.create("root", "admin", NOW)
    made = accounts.create("ada", "staff", NOW, email="Ada@Example.org", orcid=ORCID)
    assert enrolment.of_mail(ADA, NOW) == made == enrolment.of_orcid(ORCID, "", NOW)


def test_a_name_alone_opens_no_account():
    accounts.create(ADA, "admin", NOW)
    accounts.create(ORCID, "staff", NOW)
    for enrol in (
        lambda: enrolment.of_mail(ADA, NOW),
        lambda: enrolment.of_orcid(ORCID, "", NOW),
    ):
        with pytest.raises(RequestError) as raised:
            enrol()
        assert raised.value.status == 409
    assert len(names()) == 2


def test_keys_made_before_follow_who_proves_the_address_once():
    accounts.create("root", "admin", NOW)
    keys.create("ADA@example.org", "staff", NOW, key="kada")
    keys.create("somebody", "user", NOW, key="kother")
    account = enrolment.of_mail(ADA, NOW)
    assert [(key.hash, key.role) for key in keys.of_account(account)] == [
        (keys.hash_of("kada"), "staff")
    ]


# --- the first one ---------------------------------------------------------------------------


def test_no_stranger_becomes_admin_and_the_operator_is_told():
    assert enrolment.of_orcid(ORCID, "", NOW).role == "user"
    assert enrolment.of_mail(ADA, NOW).role == "user"
    told = [alert for alert in alerts.find(alerts.SYSTEM) if alert.class_name == "NoAdmin"]
    assert {text.split()[0] for text in (alert.message for alert in told)} == {ADA, ORCID}
    assert "`python -m chalicelib accounts create NAME`" in told[0].message
    assert accounts.create("root", "user", NOW).role == "admin"
    enrolment.of_mail("bo@example.org", NOW)
    assert len(list(alerts.find(alerts.SYSTEM))) == 2


def test_the_contact_is_the_first_however_he_comes():
    assert enrolment.of_mail(ADA, NOW).role == "user"
    assert enrolment.of_mail(CONTACT, NOW).role == "admin"
    accounts.delete(accounts.find(CONTACT))
    assert enrolment.of_mail(CONTACT, NOW).role == "user"


def test_of_two_who_are_first_at_the_same_moment_one_is(monkeypatch):
    outrun(monkeypatch, lambda: accounts.create("bo", "user", NOW))
    assert enrolment.of_mail(CONTACT, NOW).role == "user"
    assert names() == [("bo", "admin"), (CONTACT, "user")]


def test_a_role_that_is_not_given_has_not_its_reports(monkeypatch):
    outrun(monkeypatch, lambda: accounts.create("bo", "user", NOW))
    made = accounts.create("ada", "user", NOW, subscriptions=["error_report"])
    assert (made.role, made.subscriptions) == ("user", frozenset())


def test_when_the_first_is_gone_nobody_is_first_again():
    accounts.delete(enrolment.of_mail(CONTACT, NOW))
    assert enrolment.of_mail("eve@example.org", NOW).role == "user"


def test_an_installation_from_before_there_was_a_mark_has_its_admin():
    accounts.create("root", "admin", NOW)
    ControlItem.get(accounts.FIRST_KIND, accounts._FIRST_NAME).delete()
    assert enrolment.of_mail(CONTACT, NOW).role == "user"


def test_one_who_is_outrun_again_and_again_is_told(monkeypatch):
    monkeypatch.setattr(accounts, "_write", lambda *_, **__: accounts.FIRST_KIND)
    with pytest.raises(AccountChanged, match="Try again"):
        enrolment.of_mail(CONTACT, NOW)


def test_two_links_of_one_person_at_the_same_moment_make_one_account(monkeypatch):
    accounts.create("root", "admin", NOW)
    outrun(monkeypatch, lambda: enrolment.of_mail(ADA, NOW))
    assert enrolment.of_mail(ADA, NOW) == accounts.find(ADA)
    assert len(names()) == 2


# --- the rows that lead to an account --------------------------------------------------------


def rows():
    return {
        (row.kind, row.name): row.about
        for kind in (accounts.MAIL_KIND, accounts.ORCID_KIND)
        for row in ControlItem.query(kind)
    }


def test_an_orcid_id_is_of_one_account():
    accounts.create("root", "admin", NOW, orcid=ORCID)
    with pytest.raises(AccountTaken, match="orcid"):
        accounts.create("ada", "user", NOW, orcid=ORCID)
    ada = accounts.create("ada", "user", NOW)
    with pytest.raises(AccountTaken, match="orcid"):
        accounts.change(ada, orcid=ORCID)
    assert rows() == {(accounts.ORCID_KIND, ORCID): "root"}


def test_rows_follow_their_account():
    made = accounts.create("ada", "user", NOW, email=ADA, orcid=ORCID)
    accounts.change(made, role="staff")
    mail = {(accounts.MAIL_KIND, ADA): "ada"}
    assert rows() == mail | {(accounts.ORCID_KIND, ORCID): "ada"}
    changed = accounts.change(accounts.find("ada"), orcid="")
    assert rows() == mail
    assert accounts.of_orcid(ORCID) is None
    changed = accounts.change(changed, email="Bo@example.org", orcid="0000-0001-5109-370X")
    assert rows() == {
        (accounts.MAIL_KIND, "bo@example.org"): "ada",
        (accounts.ORCID_KIND, "0000-0001-5109-370x"): "ada",
    }
    assert accounts.of_orcid("0000-0001-5109-370X") == changed
    accounts.delete(changed)
    assert rows() == {}


def test_who_is_outrun_while_he_changes_an_address_is_told_so(monkeypatch):
    made = accounts.create("ada", "user", NOW, email=ADA)
    outrun(monkeypatch, lambda: accounts.change(made, full_name="Ada L."))
    with pytest.raises(AccountChanged):
        accounts.change(made, email="a@example.org")
    assert accounts.of_mail(ADA).full_name == "Ada L."
