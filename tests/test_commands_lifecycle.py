"""The command line: the life of a source, its settings by publisher, imports of saved answers."""

import dataclasses
import json

import boto3
import pytest

from chalicelib import settings, sources, worker
from chalicelib.model import Job
from chalicelib.store import events, numbers, shelves, works
from chalicelib.store import sources as source_rows
from tests.conftest import STACK
from tests.sources.cases import RECORDED
from tests.test_commands_sources import SHELF, add, due, now, operator
from tests.visiting import keep

__all__ = ["operator"]


def state(name):
    row = source_rows.get(name)
    return row.state if row else "available"


def listed(operator, name):
    found = operator.types("sources", "list", "--json").json
    return next(facts for facts in found if facts["name"] == name)


# Life cycle


def test_installed_is_known_but_not_asked(operator):
    add(1)
    assert operator.types("sources", "install", "crossref").out == "crossref: installed, inactive\n"
    assert state("crossref") == "inactive" and due("crossref") == []
    said = operator.types("sources", "install", "crossref")
    assert said.out == "crossref: was installed already, inactive\n"
    assert operator.types("sources", "activate", "crossref").status == 0
    assert state("crossref") == "waiting" and due("crossref") == [SHELF]
    assert operator.types("sources", "inactivate", "crossref").status == 0
    assert state("crossref") == "inactive"


def test_a_retired_source_is_asked_only_at_an_address_of_the_operators(operator):
    assert (
        operator.types("sources", "install", "citeulike").out == "citeulike: installed, retired\n"
    )
    said = operator.types("sources", "activate", "citeulike")
    assert said.status == 1 and state("citeulike") == "retired"
    assert "retired (2019" in said.err and "configure citeulike url=https://" in said.err
    address = "url=https://archive.example.org/{doi}"
    assert operator.types("sources", "configure", "citeulike", address).status == 0
    assert state("citeulike") == "retired"
    assert operator.types("sources", "activate", "citeulike").status == 0
    assert state("citeulike") == "waiting"
    operator.types("sources", "configure", "citeulike", "url=")
    assert state("citeulike") == "retired"


def test_an_obsolete_source_is_retired(operator):
    operator.types("sources", "activate", "crossref")
    operator.types("sources", "configure", "crossref", "obsolete=true")
    assert state("crossref") == "retired"
    said = operator.types("sources", "activate", "crossref")
    assert said.status == 1 and "obsolete by its settings" in said.err
    operator.types("sources", "configure", "crossref", "obsolete=")
    assert operator.types("sources", "activate", "crossref").status == 0


def test_what_is_required_keeps_a_source_from_being_activated(operator):
    operator.types("sources", "install", "counter")
    said = operator.types("sources", "activate", "counter")
    assert said.status == 1 and state("counter") == "inactive"
    assert "lacks url (url can't be blank)" in said.err
    operator.types("sources", "configure", "counter", "url=https://usage.example.org/{doi}")
    assert operator.types("sources", "activate", "counter").status == 0


def test_one_setting_can_stand_for_another(operator):
    operator.types("sources", "configure", "wos", "api=2014", "url=https://example.org/xrpc")
    assert listed(operator, "wos")["missing_settings"] == []
    operator.types("sources", "configure", "wos", "api=current")
    assert listed(operator, "wos")["missing_settings"] == ["api_key"]


def test_uninstalling_a_source_without_numbers_forgets_it(operator):
    add(1)
    operator.types("sources", "configure", "semantic_scholar", "api_key=secret key")
    operator.types("sources", "activate", "semantic_scholar")
    assert due("semantic_scholar") == [SHELF]
    said = operator.types("sources", "uninstall", "semantic_scholar")
    assert said.out == "semantic_scholar: uninstalled\n"
    assert state("semantic_scholar") == "available" and due("semantic_scholar") == []
    found = boto3.client("ssm").get_parameters_by_path(Path=f"/{STACK}/sources", Recursive=True)
    assert found["Parameters"] == []
    assert operator.types("sources", "uninstall", "semantic_scholar").status == 1


@pytest.mark.parametrize("total", [0, 3])
def test_uninstalling_a_source_with_numbers_retires_it(operator, total):
    add(1)
    operator.types("sources", "activate", "crossref")
    keep("crossref", "10.5555/1", total)
    shelves.mark_asked(SHELF, "crossref", now())
    said = operator.types("sources", "uninstall", "crossref")
    assert "has numbers, which stay" in said.out
    assert state("crossref") == "retired" and due("crossref") == []
    assert "crossref" in works.find(["doi:10.5555/1"])["doi:10.5555/1"].numbers


def test_a_job_of_a_source_that_is_not_active_is_dropped(operator):
    add(1)
    operator.types("sources", "activate", "crossref")
    operator.types("sources", "inactivate", "crossref")
    report = worker.run(Job(id="1", source="crossref", works=["doi:10.5555/1"]), now(), float)
    assert report.outcome.startswith("dropped")
    assert state("crossref") == "inactive", "a job does not change the state"


def test_the_list_says_why_a_source_is_off(operator):
    operator.types("sources", "install", "datacite")
    operator.types("sources", "activate", "pubmed")
    shown = {line.split()[0]: line for line in operator.types("sources", "list").out.splitlines()}
    assert set(sources.names()) <= shown.keys()
    assert "retired 2019" in shown["citeulike"]
    assert "lacks api_key" in shown["scopus"]
    assert "switched off" in shown["datacite"]
    assert "off by default" in shown["scite"]
    assert "not installed" in shown["crossref"]
    assert "feed" in shown["retractions"] and "private" in shown["altmetric"]
    source_rows.change(
        "pubmed", lambda row: dataclasses.replace(row, next_free_at=now().replace(year=2099))
    )
    assert listed(operator, "pubmed")["state"] == "working"


# Settings


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("rate_limiting=0", "rate_limiting must be greater than 0"),
        ("job_batch_size=1001", "job_batch_size should be between 1 and 1000"),
        ("cron_line=every day", "cron_line is not a valid crontab entry"),
        ("api=2013", "api must be one of current, 2014"),
        ("url=ftp://example.org", "url must be a URL that begins with http:// or https://"),
        ("obsolete=perhaps", "obsolete must be true or false"),
    ],
)
def test_wrong_settings_are_refused_and_change_nothing(operator, setting, message):
    operator.types("sources", "install", "crossref")
    said = operator.types("sources", "configure", "crossref", "timeout=7", setting)
    assert said.status == 1 and message in said.err
    assert source_rows.get("crossref").settings == {}


def test_right_settings_are_kept(operator):
    given = ("cron_line=0 5 9 * *", "job_batch_size=50", "workers=3", "private=true", "timeout=9")
    assert operator.types("sources", "configure", "crossref", *given).status == 0
    row = source_rows.get("crossref")
    assert row.private and row.number("timeout", 30) == 9
    shown = {
        s["name"]: s["value"]
        for s in operator.types("sources", "show", "crossref", "--json").json["settings"]
    }
    assert (shown["cron_line"], shown["workers"], shown["private"]) == ("0 5 9 * *", "3", "true")
    operator.types("sources", "configure", "crossref", "private=")
    assert not source_rows.get("crossref").private


def test_publishers_have_settings_of_their_own(operator):
    words = ("sources", "configure", "pmc", "--publisher", "340")
    secrets = ("journals=plosbiol plosmed", "username=press", "password=very secret")
    said = operator.types(*words, *secrets)
    assert said.status == 0 and "very secret" not in said.out
    row = source_rows.get("pmc")
    assert source_rows.publisher_settings(row) == {
        340: {"journals": "plosbiol plosmed", "username": "press", "password": "very secret"}
    }
    assert "very secret" not in repr(row)
    shown = operator.types("sources", "show", "pmc", "--json").json
    assert shown["publishers"] == {"340": ["journals", "password", "username"]}
    assert "340 has its own journals" in operator.types("sources", "show", "pmc").out
    operator.types(*words, "password=", "username=", "journals=")
    assert source_rows.get("pmc").publishers == {}


def test_only_some_settings_differ_by_publisher(operator):
    said = operator.types(
        "sources", "configure", "pmc", "--publisher", "340", "feed_url=https://x.org"
    )
    assert said.status == 1 and "no setting 'feed_url'" in said.err
    said = operator.types("sources", "configure", "icite", "--publisher", "340", "a=b")
    assert said.status == 1 and "no settings that differ by publisher" in said.err


# Tokens


def test_a_token_is_kept_for_other_processes_until_it_ends(operator, monkeypatch):
    known = source_rows.KeptTokens()
    known._known.clear()
    assert known.get("mendeley") is None
    known.put("mendeley", "a token", 3600)
    known._known.clear()  # another process
    assert source_rows.KeptTokens().get("mendeley") == "a token"
    known.put("mendeley", "short", 200)
    assert known.get("mendeley") is None, "not in its last five minutes"
    name = f"/{settings.load().stack}/sources/mendeley/token"
    parameter = boto3.client("ssm").get_parameter(Name=name)["Parameter"]
    assert parameter["Type"] == "SecureString"


# Import


def test_saved_answers_of_a_retired_source_become_its_numbers(operator, tmp_path):
    add(1)
    operator.types("sources", "install", "citeulike")
    body = (RECORDED / "citeulike" / "found.xml").read_text()
    lines = [
        {"doi": "10.5555/1", "at": "2014-05-01T10:00:00Z", "responses": [body]},
        {"doi": "10.5555/none", "at": "2014-05-01", "responses": [body]},
        {"doi": "10.5555/1", "at": "2013-01-01", "responses": [body]},
        {"doi": "10.5555/1", "at": "2015-01-01", "responses": ["<html>"]},
    ]
    file = tmp_path / "answers.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)) + "\n\nno json\n")
    said = operator.types("sources", "import", "citeulike", file)
    assert said.status == 1
    assert said.out == "citeulike: kept 1 number; 1 older than what is there; 3 lines failed\n"
    assert "line 2: there is no work '10.5555/none'" in said.err
    [work] = works.find(["doi:10.5555/1"]).values()
    kept = numbers.decode(work.numbers["citeulike"])
    assert kept.metrics.total > 0 and kept.asked_at.year == 2014
    assert state("citeulike") == "retired"


def test_a_feed_is_imported_from_its_files(operator, tmp_path):
    add(1)
    operator.types("sources", "install", "f1000")
    feed = (
        "<ObjectList><Article Id='7'><Doi>10.5555/1</Doi><TotalScore>4</TotalScore>"
        "<Url>https://f1000.example.org/7</Url></Article></ObjectList>"
    )
    file = tmp_path / "f1000.xml"
    file.write_text(feed)
    words = ("sources", "import", "f1000", file)
    assert "say the days" in operator.types(*words).err
    operator.types("sources", "configure", "f1000", "feed_url=https://example.org/f1000.xml")
    said = operator.types(*words, "--from", "2014-04-01", "--to", "2014-04-30")
    assert (said.status, said.err) == (0, "")
    assert "1 entries, 1 of works that are here; 1 numbers kept" in said.out
    [work] = works.find(["doi:10.5555/1"]).values()
    assert numbers.decode(work.numbers["f1000"]).metrics.total == 4
    [found] = events.find([("doi:10.5555/1", "f1000")]).values()
    assert len(found.events) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("import", "citeulike", "x"), "is not installed"),
        (("import", "nosuch", "x"), "There is no source"),
        (("import", "crossref", "/no/such"), "cannot be read"),
        (("import", "crossref", "x", "--from", "2014-01-01"), "is no feed"),
    ],
)
def test_what_cannot_be_imported(operator, words, message):
    operator.types("sources", "install", "crossref")
    said = operator.types("sources", *words)
    assert said.status == 1 and message in said.err
