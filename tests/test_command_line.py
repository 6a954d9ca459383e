"""The command line itself: usage, stages, pipes, and AWS errors in words."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError
from pynamodb.exceptions import QueryError

from chalicelib import __main__ as command_line
from chalicelib import queues, settings, sources
from chalicelib.commands import aws
from tests.operating import Operator

RECORDED = pathlib.Path(__file__).parent / "recorded"


def client_error(code, message="Something."):
    return ClientError({"Error": {"Code": code, "Message": message}}, "AnOperation")


def test_help_needs_no_aws():
    done = run_apart("--help", "-X", "importtime")
    assert done.returncode == 0
    assert set(command_line.NOUNS) <= set(done.stdout.split())
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not loaded & {"boto3", "botocore", "pynamodb", "requests", "orjson"}


def run_apart(argument, *options, **rest):
    """Run a command line in a process of its own."""
    return subprocess.run(
        [sys.executable, *options, "-m", "chalicelib", *argument.split()],
        cwd=pathlib.Path(command_line.__file__).parent.parent,
        stdout=rest.pop("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        **rest,
    )


@pytest.mark.parametrize("words", [(), ("bogus",), ("works",), ("works", "bogus"), ("keys",)])
def test_wrong_usage(capsys, monkeypatch, words):
    said = Operator(capsys, monkeypatch).types(*words)
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("usage: python -m chalicelib")


def test_a_reader_who_has_read_enough():
    reading, writing = os.pipe()
    os.close(reading)
    done = run_apart("replay crossref --pmid 1", stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (command_line.BROKEN_PIPE, "")


def test_an_ascii_terminal_shows_all_titles(tables, tmp_path):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = run_apart("--stage Zürich queue", env=environment)
    assert done.returncode == 1
    assert "There is no stage 'Z\\xfcrich'" in done.stderr


def test_replay_prints_json_and_nothing_else(capsys, monkeypatch):
    monkeypatch.delenv("LAGOTTO_CONTACT_EMAIL")
    operator = Operator(capsys, monkeypatch)
    words = ("--doi", "10.5555/none", "--response", RECORDED / "crossref" / "none.json")
    said = operator.types("replay", "crossref", *words)
    assert (said.status, said.err) == (0, "")
    assert (said.json["source"], said.json["total"]) == ("crossref", 0)
    said = operator.types("replay", "crossref", *words, "--status", 500)
    assert (said.status, said.err) == (1, "")
    assert said.json["error"] == "unavailable"


@pytest.fixture
def stages(tmp_path, monkeypatch):
    """Two deployed stages; the settings of this process are those of neither."""
    path = tmp_path / "config.json"
    given = {"LAGOTTO_CONTACT_EMAIL": "prod@example.org", "OTHER": "x"}
    config = {
        "environment_variables": {"LAGOTTO_UID": "pmid"},
        "stages": {
            "prod": {"environment_variables": {"LAGOTTO_STACK": "lagotto-prod", **given}},
            "test": {"environment_variables": given},
        },
    }
    path.write_text(json.dumps(config))
    monkeypatch.setattr(command_line, "STAGES", path)
    # So that what the command line sets is undone after the test.
    for name in ("LAGOTTO_STACK", "LAGOTTO_CONTACT_EMAIL", "LAGOTTO_UID"):
        monkeypatch.setenv(name, os.environ.get(name, "doi"))
    yield path
    settings.load.cache_clear()


def test_a_stage_brings_its_settings(stages, capsys, monkeypatch):
    command = Operator(capsys, monkeypatch).types
    assert command("--stage", "prod", "replay", "icite", "--pmid", "1").status == 1
    loaded = settings.load()
    assert (loaded.stack, loaded.contact_email) == ("lagotto-prod", "prod@example.org")
    assert loaded.uid_kind == "pmid"
    assert "OTHER" not in os.environ
    said = command("--stage", "nosuch", "replay", "icite", "--pmid", "1")
    assert (said.status, said.out) == (1, "")
    assert "There is no stage 'nosuch'; stages are: prod, test." in said.err


def test_the_environment_is_asked_before_the_stage_it_names(stages, capsys, monkeypatch):
    monkeypatch.delenv("LAGOTTO_UID")
    Operator(capsys, monkeypatch).types("replay", "icite", "--pmid", "1")
    assert settings.load().contact_email == "operator@example.org"
    assert settings.load().uid_kind == "pmid"


def test_settings_of_stages_that_cannot_be_read(stages, capsys, monkeypatch):
    stages.write_text("{")
    said = Operator(capsys, monkeypatch).types("queue")
    assert said.status == 1
    assert f"Error: {stages} cannot be read" in said.err


def test_a_stack_that_is_not_there(_aws, capsys, monkeypatch):
    said = Operator(capsys, monkeypatch).types("keys", "list")
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith("Error: The stack lagotto-test is not, or not wholly, in this")
    assert "make deploy STAGE=test" in said.err
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (exceptions.NoCredentialsError(), "No AWS credentials were found. Set AWS_PROFILE"),
        (exceptions.NoRegionError(), "Set AWS_DEFAULT_REGION"),
        (exceptions.ProfileNotFound(profile="x"), "profile of ~/.aws/config"),
        (exceptions.EndpointConnectionError(endpoint_url="http://x"), "is that cloud running?"),
        (exceptions.ReadTimeoutError(endpoint_url="http://x"), "AWS cannot be reached"),
        (exceptions.DataNotFoundError(data_path="x"), "AWS: Unable to load data"),
        (client_error("AWS.SimpleQueueService.NonExistentQueue"), "make deploy STAGE=test"),
        (client_error("AccessDeniedException", "No."), "AWS does not allow this to you: No."),
        (client_error("ExpiredTokenException", "Old."), "Old. Sign in again."),
        (client_error("Weird", "Odd."), "AWS refused AnOperation: Odd. (Weird)"),
        (QueryError("Failed", exceptions.NoRegionError()), "Set AWS_DEFAULT_REGION"),
        (QueryError("Failed", client_error("SlowDown", "Busy.")), "AWS is busy: Busy."),
    ],
)
def test_what_aws_says_in_words(capsys, monkeypatch, error, words):
    def failing(*_):
        raise error

    monkeypatch.setattr(queues, "counts", failing)
    monkeypatch.setattr(sources, "names", tuple)
    said = Operator(capsys, monkeypatch).types("queue")
    assert (said.status, said.out) == (1, "")
    assert words in said.err
    assert len(said.err.splitlines()) == 1
    assert isinstance(error, aws.AWS_ERRORS)
