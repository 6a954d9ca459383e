"""The command line: signing in with ORCID is set up, and its secret is never shown."""

import io
import sys

import pytest

from chalicelib import __main__ as cli
from chalicelib import settings
from chalicelib.store import web_secrets
from tests.operating import Operator

SECRET = "8f1d2a4c-0000-4000-8000-1234567890ab"


@pytest.fixture
def operator(_aws, capsys, monkeypatch):
    monkeypatch.setattr(cli, "STAGES", cli.STAGES.with_name("none.json"))
    web_secrets.put(web_secrets.ORCID, "the one before")
    yield Operator(capsys, monkeypatch)
    settings.load.cache_clear()
    web_secrets.forget_cache()


@pytest.fixture
def typed(monkeypatch):
    def type_in(text):
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    return type_in


def test_the_secret_is_kept_and_not_shown(operator, typed, monkeypatch):
    typed(f" {SECRET} \nmore\n")
    said = operator.types("orcid", "set")
    assert (said.status, said.out) == (0, "")
    assert "LAGOTTO_ORCID_CLIENT_ID" in said.err and SECRET not in said.err
    assert web_secrets.get(web_secrets.ORCID) == SECRET
    said = operator.types("orcid", "show")
    assert said.json == {
        "client_id": None,
        "client_secret": "set",
        "redirect_uri": "https://metrics.example.org/users/auth/orcid/callback",
    }


def test_where_the_client_id_is_known(operator, typed, monkeypatch):
    monkeypatch.setenv("LAGOTTO_ORCID_CLIENT_ID", "APP-1")
    typed(SECRET)
    assert "LAGOTTO" not in operator.types("orcid", "set").err
    assert operator.types("orcid", "show").json["client_id"] == "APP-1"


def test_where_nothing_is_set_up(operator, monkeypatch):
    monkeypatch.delenv("LAGOTTO_SITE_URL")
    monkeypatch.setattr(web_secrets, "_find", lambda _: "")
    web_secrets.forget_cache()
    shown = operator.types("orcid", "show").json
    assert shown["client_secret"] == "not set"
    assert shown["redirect_uri"].endswith("/users/auth/orcid/callback")


@pytest.mark.parametrize("text", ["", "\n", "x" * 201, "ä", "a\x00b"])
def test_what_is_no_secret(operator, typed, text):
    typed(text)
    said = operator.types("orcid", "set")
    assert (said.status, "no client secret" in said.err) == (1, True)
    assert web_secrets.get(web_secrets.ORCID) == "the one before"
