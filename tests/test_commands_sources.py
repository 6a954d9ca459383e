"""The command line: sources, enabled, disabled and configured."""

import dataclasses
import datetime as dt
import io
import sys

import boto3
import pytest

from chalicelib import sources
from chalicelib.model import PartialDate, Work
from chalicelib.schedule import Staleness
from chalicelib.source import Setting, Source
from chalicelib.store import catalogue, shelves
from chalicelib.store import sources as source_rows
from tests.conftest import STACK
from tests.operating import Operator

SHELF = "2014-03#0000"


@pytest.fixture
def operator(tables, queue_urls, capsys, monkeypatch):
    yield Operator(capsys, monkeypatch)
    client = boto3.client("ssm")
    found = client.get_parameters_by_path(Path=f"/{STACK}/sources", Recursive=True)["Parameters"]
    for parameter in found:
        client.delete_parameter(Name=parameter["Name"])


def now():
    return dt.datetime.now(dt.UTC)


def add(*numbers):
    """Works of March 2014, on a shelf that is due for all enabled sources."""
    works = [
        Work(
            key=f"doi:10.5555/{number}",
            doi=f"10.5555/{number}",
            title="T",
            issued=PartialDate(2014, 3, 1),
        )
        for number in numbers
    ]
    catalogue.add(works, now(), now())


def change(name, **values):
    source_rows.change(name, lambda row: dataclasses.replace(row, **values))


def due(source):
    return [name for name, _ in shelves.due(source, now())]


class Locked(Source):
    """A source that cannot be asked without a password."""

    name = "locked"
    title = "Locked"
    group = "other"
    description = "Needs a password."
    needs = ("pmid",)
    on_by_default = False
    settings = (
        Setting(name="password", description="Given by the provider.", required=True, secret=True),
        Setting(name="journals", description="Which to ask about.", default="all"),
    )


class Closed(Source):
    """A source whose provider is gone."""

    name = "closed"
    title = "Closed"
    group = "other"
    description = "Was."
    retired = "2019: the service closed"


@pytest.fixture
def more_sources(monkeypatch):
    """The registry with two sources more that behave as none of the others does."""
    added = {"locked": Locked(), "closed": Closed()}
    names, get = (*sources.names(), *added), sources.get
    monkeypatch.setattr(sources, "names", lambda: names)
    monkeypatch.setattr(sources, "get", lambda name: added.get(name) or get(name))


# sources


def test_listing_sources(operator, more_sources):
    operator.types("sources", "enable", "crossref")
    until = now().replace(microsecond=0) + dt.timedelta(hours=1)
    change("crossref", paused_until=until, pause_reason="the provider said 429")
    listed = {facts["name"]: facts for facts in operator.types("sources", "list", "--json").json}
    assert set(listed) == set(sources.names())
    crossref, locked = listed["crossref"], listed["locked"]
    assert (crossref["state"], crossref["batch_size"], crossref["needs"]) == (
        "waiting",
        sources.get("crossref").batch_size,
        ["doi"],
    )
    assert crossref["held_until"] == f"{until:%Y-%m-%dT%H:%M:%SZ}"
    assert crossref["held_because"] == "the provider said 429"
    assert crossref["on_by_default"] is True
    assert (locked["state"], locked["missing_settings"]) == ("available", ["password"])
    assert (locked["on_by_default"], locked["held_until"]) == (False, None)
    shown = operator.types("sources", "list").out
    assert "lacks password" in shown
    assert "retired 2019: the service closed" in shown
    assert f"held until {until:%Y-%m-%dT%H:%M:%SZ}: the provider said 429" in shown


def test_a_source_whose_module_is_gone_is_still_listed(operator, monkeypatch):
    operator.types("sources", "enable", "icite")
    monkeypatch.setattr(sources, "names", lambda: ("crossref",))
    listed = {facts["name"]: facts for facts in operator.types("sources", "list", "--json").json}
    assert (listed["icite"]["state"], listed["icite"]["batch_size"]) == ("waiting", None)


def test_enabling_gives_every_shelf_a_due_time(operator):
    add(1, 2)
    said = operator.types("sources", "enable", "crossref", "icite", "crossref")
    assert said.out.splitlines() == [
        "crossref: enabled, 1 shelf due",
        "icite: enabled, 1 shelf due",
    ]
    assert (due("crossref"), due("icite"), due("pubmed")) == ([SHELF], [SHELF], [])
    assert operator.wakes == 1


def test_enabling_again_leaves_due_times_alone(operator):
    operator.types("sources", "enable", "crossref")
    add(1)
    [(_, seen)] = shelves.due("crossref", now())
    shelves.move("crossref", SHELF, seen, "2099-01-01T00:00:00Z")
    assert operator.types("sources", "disable", "crossref").status == 0
    assert source_rows.get("crossref").state == "inactive"
    said = operator.types("sources", "enable", "crossref")
    assert said.out == "crossref: enabled, 0 shelves due\n"
    assert (due("crossref"), source_rows.get("crossref").state) == ([], "waiting")
    said = operator.types("sources", "enable", "crossref")
    assert said.out == "crossref: was enabled already, 0 shelves due\n"


def test_works_added_while_a_source_was_off_become_due_for_it(operator):
    operator.types("sources", "enable", "crossref")
    operator.types("sources", "disable", "crossref")
    add(1)
    assert due("crossref") == []
    operator.types("sources", "enable", "crossref")
    assert due("crossref") == [SHELF]


def test_a_source_held_by_its_breaker_is_told(operator):
    operator.types("sources", "enable", "crossref")
    change("crossref", state="disabled", disabled_until=now() + dt.timedelta(hours=1))
    said = operator.types("sources", "enable", "crossref")
    assert "was enabled already, but held until" in said.out
    assert "(too many failures; it is tried again then)" in said.out


def test_enabling_the_defaults(operator, more_sources):
    said = operator.types("sources", "enable", "--defaults")
    assert said.status == 0
    enabled = {row.name for row in source_rows.installed(fresh=True) if row.active}
    assert enabled == {
        name for name in sources.names() if name != "closed" and sources.get(name).on_by_default
    }
    assert len(enabled) > 5


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("enable",), 2, "needs either names or --defaults"),
        (("enable", "icite", "--defaults"), 2, "needs either names or --defaults"),
        (("enable", "nosuch"), 1, "There is no source 'nosuch'. Sources are: ads, "),
        (("enable", "closed"), 1, "closed is retired (2019: the service closed)"),
        (
            ("enable", "locked"),
            1,
            "(password can't be blank). Set it with `python -m",
        ),
        (("disable", "icite"), 1, "The source icite is not installed"),
        (("disable", "nosuch"), 1, "There is no source 'nosuch'"),
        (("show", "nosuch"), 1, "There is no source 'nosuch'"),
        (("configure", "nosuch", "a=1"), 1, "There is no source 'nosuch'"),
        (("configure", "icite", "colour=red"), 1, "no setting 'colour'. Its settings are: rate_l"),
        (("configure", "locked", "user=me"), 1, "Its settings are: password, journals, rate_lim"),
        (("configure", "icite", "rate_limiting=0"), 1, "a whole number up to 999999999"),
        (("configure", "icite", "staleness_all=-5"), 1, "a whole number up to 999999999"),
        (("configure", "icite", "disable_delay=1.5"), 1, "a whole number up to 999999999"),
        (("configure", "icite", "s3cret"), 1, "Settings are given as KEY=VALUE"),
    ],
)
def test_what_cannot_be_done_to_sources(operator, more_sources, words, status, message):
    said = operator.types("sources", *words)
    assert (said.status, said.out) == (status, "")
    assert message in said.err
    assert "s3cret" not in said.err
    assert source_rows.installed(fresh=True) == []


def test_one_source_that_cannot_be_enabled_does_not_keep_others(operator, more_sources):
    said = operator.types("sources", "enable", "locked", "icite")
    assert (said.status, said.out) == (1, "icite: enabled, 0 shelves due\n")


def test_configuring_a_source(operator):
    said = operator.types("sources", "configure", "icite", "rate_limiting=1800", "staleness_all=9")
    assert said.out == "icite: rate_limiting is 1800\nicite: staleness_all is 9\n"
    row = source_rows.get("icite")
    assert (row.state, row.staleness().all_seconds) == ("inactive", 9)
    assert row.calls_per_hour(sources.get("icite")) == 1800
    operator.types("sources", "configure", "icite", "rate_limiting=", "staleness_all=")
    row = source_rows.get("icite")
    assert (row.settings, row.staleness()) == ({}, Staleness())


def test_secrets_are_kept_apart_and_never_shown(operator, more_sources, monkeypatch):
    said = operator.types("sources", "configure", "locked", "password=s3cret=1", "journals=a b")
    assert said.out == "locked: password is set\nlocked: journals is a b\n"
    row = source_rows.get("locked")
    assert row.settings == {"journals": "a b"}
    assert source_rows.effective_settings(row) == {"journals": "a b", "password": "s3cret=1"}
    shown = operator.types("sources", "show", "locked", "--json")
    values = {setting["name"]: setting["value"] for setting in shown.json["settings"]}
    assert (values["password"], values["journals"], values["max_failed_queries"]) == (
        "set",
        "a b",
        "200",
    )
    text = operator.types("sources", "show", "locked")
    assert text.out.startswith("Locked (locked): Needs a password.\nState    inactive\n")
    assert "s3cret" not in shown.out + text.out + text.err
    assert operator.types("sources", "enable", "locked").status == 0
    said = operator.types("sources", "configure", "locked", "password=")
    assert (said.status, source_rows.missing_settings(row)) == (1, [])
    assert "sources disable locked" in said.err
    operator.types("sources", "disable", "locked")
    said = operator.types("sources", "configure", "locked", "password=")
    assert (said.out, source_rows.missing_settings(row)) == (
        "locked: password is unset\n",
        ["password"],
    )
    assert "not set" in operator.types("sources", "show", "locked").out
    monkeypatch.setattr(sys, "stdin", io.StringIO("from-a-pipe\n"))
    operator.types("sources", "configure", "locked", "password=-")
    assert source_rows.effective_settings(row)["password"] == "from-a-pipe"


def test_two_operators_who_install_a_source_at_once(operator, monkeypatch):
    get, other = source_rows.get, source_rows.row_of(sources.get("icite"), now())
    unseen = iter([None])

    def get_just_before_the_other(name, **rest):
        # The first look is taken before the other operator's row is written.
        found = next(unseen, get(name, **rest))
        if found is None:
            source_rows.put(dataclasses.replace(other, state=state))
        return found

    monkeypatch.setattr(source_rows, "get", get_just_before_the_other)
    state = "inactive"
    assert operator.types("sources", "enable", "icite").out.startswith("icite: enabled")
    assert get("icite").state == "waiting"
    source_rows.delete("icite")
    unseen, state = iter([None]), "waiting"
    said = operator.types("sources", "configure", "icite", "rate_limiting=5")
    assert (said.status, get("icite").state) == (0, "waiting")
    assert get("icite").settings == {"rate_limiting": "5"}
