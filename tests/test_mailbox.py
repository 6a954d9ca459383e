"""What `make run` does for people who sign in: mails are shown, links lead to this run's port."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.local import installation
from infra.local.cloud import Cloud, free_port
from infra.local.installation import STACK, Installation
from infra.local.mailbox import Mailbox


def mail(number: int, to: str = "ada@example.org") -> dict[str, Any]:
    """A mail as the embedded cloud lists it."""
    return {
        "MessageId": f"m{number}",
        "To": [to],
        "Subject": "Sign in to Lagotto",
        "BodyText": f"Open this link:\n\nhttp://localhost:8080/users/sign_in/{number}\n",
    }


@pytest.fixture
def cloud() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The address of a cloud, and the mails that it was given."""
    sent: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/_ministack/ses/messages"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"messages": {"000000000000": sent}}).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", sent
    server.shutdown()
    server.server_close()


def test_each_mail_is_shown_once_and_those_of_earlier_runs_are_not(
    cloud: tuple[str, list[dict[str, Any]]],
) -> None:
    url, sent = cloud
    sent.append(mail(1))
    mailbox = Mailbox(url)
    assert mailbox.new() == []
    sent += [mail(2), mail(3, "bo@example.org")]
    assert mailbox.new() == [
        f"\nMail to {to}: Sign in to Lagotto\n"
        f"    Open this link:\n\n    http://localhost:8080/users/sign_in/{number}"
        for number, to in ((2, "ada@example.org"), (3, "bo@example.org"))
    ]
    assert mailbox.new() == []


def test_a_cloud_that_has_ended_has_no_mails() -> None:
    assert Mailbox(f"http://127.0.0.1:{free_port()}").new() == []


def test_another_port_is_told_without_a_deployment(
    _aws: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def on_port(port: int) -> Installation:
        cloud = Cloud(tmp_path, tmp_path, 4566)
        return Installation(cloud, tmp_path, "a@example.org", site_url=f"http://localhost:{port}")

    first, second = on_port(8080), on_port(8081)
    assert first.settings() | second.settings() == second.settings()
    assert first.settings()["LAGOTTO_SITE_URL"] == "http://localhost:8080"
    assert first._fingerprint() == second._fingerprint()

    role = boto3.client("iam").create_role(RoleName=STACK, AssumeRolePolicyDocument="{}")
    functions = boto3.client("lambda")
    functions.create_function(
        FunctionName=STACK,
        Runtime="python3.11",
        Role=role["Role"]["Arn"],
        Handler="app.app",
        Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
        Environment={"Variables": first.settings()},
    )
    first._note(deployed=first._fingerprint(), site_url=first.site_url)
    monkeypatch.setattr(installation.Installation, "_api_id", lambda _: "abc")
    for run in (first, second, second):
        assert run.deploy_if_changed() == "abc"
        there = functions.get_function_configuration(FunctionName=STACK)
        assert there["Environment"]["Variables"] == run.settings()
