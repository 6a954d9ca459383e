"""The pieces of `make run`: the embedded cloud's life, the front, the build, the messages."""

import contextlib
import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from packaging.requirements import Requirement

from infra.local import internet, run, vendor
from infra.local.cloud import Cloud, CloudError, free_port, is_taken
from infra.local.front import Front

# --- cloud -----------------------------------------------------------------------------------


def new_cloud(home: Path) -> Cloud:
    if not run.MINISTACK.exists():
        pytest.fail("The embedded cloud's environment is missing: run `make cloud-environment`.")
    return Cloud(home, run.MINISTACK, free_port())


def client(cloud: Cloud, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=cloud.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def put_parameter(cloud: Cloud, value: str) -> None:
    client(cloud, "ssm").put_parameter(Name="/kept", Value=value, Type="String", Overwrite=True)


def parameter(cloud: Cloud) -> str:
    return str(client(cloud, "ssm").get_parameter(Name="/kept")["Parameter"]["Value"])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_the_cloud_goes_on_where_it_was_on_another_port(home: Path) -> None:
    cloud = new_cloud(home)
    assert cloud.start() is False
    queue = client(cloud, "sqs").create_queue(QueueName="jobs")["QueueUrl"]
    client(cloud, "sqs").send_message(QueueUrl=queue, MessageBody="a job")
    client(cloud, "sqs").receive_message(QueueUrl=queue, VisibilityTimeout=1000)
    client(cloud, "s3").create_bucket(Bucket="evidence")
    client(cloud, "s3").put_object(Bucket="evidence", Key="an/object", Body=b"content")
    put_parameter(cloud, "first")
    assert cloud.stop() is True
    assert not is_taken(cloud.port)

    again = new_cloud(home)
    assert again.port != cloud.port
    with again.running():
        assert parameter(again) == "first"
        found = client(again, "s3").get_object(Bucket="evidence", Key="an/object")
        assert found["Body"].read() == b"content"
        # Whoever worked on the job is gone, so it is given away at once.
        url = client(again, "sqs").get_queue_url(QueueName="jobs")["QueueUrl"]
        (message,) = client(again, "sqs").receive_message(QueueUrl=url)["Messages"]
        assert message["Body"] == "a job"


def test_a_cloud_that_was_killed_says_so_and_goes_on_from_the_last_clean_end(home: Path) -> None:
    cloud = new_cloud(home)
    cloud.start()
    put_parameter(cloud, "first")
    assert cloud.stop()
    cloud.start()
    put_parameter(cloud, "second")
    assert cloud._process is not None
    cloud._process.kill()
    cloud._process.wait()
    assert not cloud.is_running()
    assert cloud.stop() is False
    with cloud.running():
        assert parameter(cloud) == "first"


def test_the_cloud_saves_its_state_when_whoever_started_it_is_killed(home: Path) -> None:
    port = free_port()
    script = f"""
import sys, time
from pathlib import Path
from infra.local.cloud import Cloud
cloud = Cloud(Path({str(home)!r}), Path({str(run.MINISTACK)!r}), {port})
cloud.start()
print("started", flush=True)
time.sleep(600)
"""
    starter = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=run.PROJECT, text=True
    )
    assert starter.stdout is not None
    with starter.stdout:
        assert starter.stdout.readline() == "started\n"
        orphaned = Cloud(home, run.MINISTACK, port)
        put_parameter(orphaned, "kept")
        starter.kill()
        starter.wait()
    # The lock is held until the state is saved, so this waits as long as it must.
    with orphaned.running():
        assert parameter(orphaned) == "kept"


def test_two_runs_of_one_home_do_not_mix(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.local.cloud._LOCK_SECONDS", 0.1)
    with new_cloud(home).running(), pytest.raises(CloudError, match="Another run is using"):
        new_cloud(home).start()


def test_a_taken_port_is_named(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CloudError, match=f"Port {port}"):
            Cloud(home, run.MINISTACK, port).start()


def test_a_cloud_that_cannot_start_shows_its_last_words(home: Path, tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no such module >&2\nexit 3\n", encoding="ascii")
    broken.chmod(0o755)
    with pytest.raises(CloudError, match="no such module"):
        Cloud(home, broken, free_port()).start()


def saved_state(folder: Path, value: str) -> None:
    folder.mkdir(parents=True)
    (folder / "value").write_text(value, encoding="ascii")
    (folder / "complete.json").write_text(json.dumps({"saved_at": 1.0}), encoding="ascii")


def test_a_saving_that_was_cut_short_leaves_the_state_before(home: Path) -> None:
    saved_state(home / "state", "old")
    (home / "state.new").mkdir()  # half written
    cloud = new_cloud(home)
    cloud._recover()
    assert (home / "state" / "value").read_text(encoding="ascii") == "old"
    assert not (home / "state.new").exists()


def test_a_saving_that_was_cut_between_two_renames_is_repaired(home: Path) -> None:
    saved_state(home / "state.old", "old")
    cloud = new_cloud(home)
    cloud._recover()
    assert (home / "state" / "value").read_text(encoding="ascii") == "old"


def test_a_state_without_its_mark_is_not_trusted_nor_are_objects_alone(home: Path) -> None:
    (home / "state").mkdir(parents=True)
    (home / "objects").mkdir()
    cloud = new_cloud(home)
    cloud._recover()
    assert not (home / "state").exists()
    assert not (home / "objects").exists()


# --- front -----------------------------------------------------------------------------------


class _Upstream(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _echo(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        answer = json.dumps(
            {
                "method": self.command,
                "target": self.path,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "body": body.decode(),
            }
        ).encode()
        self.send_response(418 if "teapot" in self.path else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Twice", "1")
        self.send_header("X-Twice", "2")
        if "stream" in self.path:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for start in range(0, len(answer), 7):
                piece = answer[start : start + 7]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer)

    do_GET = do_POST = do_OPTIONS = do_HEAD = do_DELETE = do_PUT = _echo

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def front() -> Iterator[Front]:
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), _Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    front = Front(0, cloud_port=upstream.server_address[1], api_id="abcd1234")
    yield front
    front.close()
    upstream.shutdown()
    upstream.server_close()


def ask(front: Front, raw: bytes) -> tuple[bytes, bytes]:
    """The head and body of the answer to a raw request that ends its connection."""
    with socket.create_connection(("127.0.0.1", front.port), timeout=10) as connection:
        connection.sendall(raw)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    return head, body


@pytest.mark.parametrize(
    "target",
    [
        b"/api/v5/articles?ids=10.5555%252Fa%2Fb&q=a+b%20c&ids=2",
        b"/api/v4/articles/info:doi/10.5555%2F%3Ca%3E(1)?x",
        b"//double//slashes/../dots?",
        b"/?",
    ],
)
def test_path_and_query_go_through_byte_by_byte(front: Front, target: bytes) -> None:
    raw = b"GET %s HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\r\n" % target
    _, body = ask(front, raw)
    seen = json.loads(body)
    assert seen["target"] == f"/_aws/execute-api/abcd1234/api{target.decode()}"
    assert seen["headers"]["host"] == "localhost:8080"
    assert not [name for name in seen["headers"] if name.startswith("x-forwarded")]


def test_what_is_not_ascii_goes_through_escaped(front: Front) -> None:
    raw = "GET /api?q=é HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    _, body = ask(front, raw)
    assert json.loads(body)["target"].endswith("/api?q=%C3%A9")


def test_bodies_statuses_and_repeated_headers_go_through(front: Front) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=10)
    for _ in range(2):  # the connection is kept
        connection.request("POST", "/teapot", body=b"ids=1", headers={"X-Api-Key": "k"})
        answer = connection.getresponse()
        seen = json.loads(answer.read())
        assert (answer.status, seen["body"], seen["headers"]["x-api-key"]) == (418, "ids=1", "k")
        assert answer.headers.get_all("X-Twice") == ["1", "2"]
    connection.close()


def test_chunks_go_through_both_ways(front: Front) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=10)
    connection.request("POST", "/stream", body=iter([b"one ", b"two"]), encode_chunked=True)
    answer = connection.getresponse()
    assert json.loads(answer.read())["body"] == "one two"
    connection.close()


def test_a_head_has_no_body_and_the_connection_stays_in_step(front: Front) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=10)
    connection.request("HEAD", "/x")
    assert connection.getresponse().read() == b""
    connection.request("GET", "/y")
    assert json.loads(connection.getresponse().read())["method"] == "GET"
    connection.close()


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (b"Content-Length: 99999999999", b"413"),
        (b"Content-Length: many", b"400"),
        (b"Transfer-Encoding: chunked\r\nX: y\r\n\r\nnot a size", b"400"),
    ],
)
def test_bodies_that_cannot_be_are_refused(front: Front, header: bytes, status: bytes) -> None:
    head, body = ask(front, b"POST / HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n")
    assert head.split()[1] == status
    assert set(json.loads(body)) == {"error"}


def test_without_the_cloud_the_front_says_so() -> None:
    front = Front(0, cloud_port=free_port(), api_id="abcd1234")
    try:
        head, body = ask(front, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    finally:
        front.close()
    assert head.split()[1] == b"503"
    assert json.loads(body) == {"error": "The local cloud does not answer."}


# --- build -----------------------------------------------------------------------------------


def test_the_package_holds_what_is_required_and_what_that_requires(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("# comment\nboto3\norjson  # fast\n", encoding="ascii")
    folder = tmp_path / "vendor"
    folder.mkdir()
    (folder / "stale.py").touch()
    vendor.copy_libraries(requirements, folder)
    assert (folder / "botocore" / "__init__.py").exists()
    assert list((folder / "orjson").glob("*.so"))
    assert not (folder / "stale.py").exists()
    assert not (folder / "pytest").exists()
    assert not list(folder.rglob("__pycache__"))


def test_extras_bring_their_own_requirements() -> None:
    plain = {package.name for package in vendor.closure([Requirement("moto")])}
    more = {package.name for package in vendor.closure([Requirement("moto[dynamodb]")])}
    assert plain < more


def test_lambda_gets_no_library_that_only_machines_need() -> None:
    required = vendor._read(run.PROJECT / "requirements.txt")
    names = {package.name.lower() for package in vendor.closure(required)}
    assert names.isdisjoint({"chalice", "pip", "moto", "pytest", "tqdm"})
    assert all(str(one.specifier).startswith("==") for one in required)


# --- messages --------------------------------------------------------------------------------


def test_a_taken_port_ends_the_run_with_a_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        with restored_signals():
            status = run.main(["--offline", "--port", port, "--home", str(tmp_path)])
    assert status == 1
    assert f"Port {port} of this machine is taken" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("port", ["0", "http", "70000"])
def test_a_port_that_is_none_ends_the_run_with_a_message(
    port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with restored_signals():
        assert run.main(["--offline", "--port", port]) == 1
    assert "is no port" in capsys.readouterr().err


def test_live_providers_are_not_asked_without_a_contact(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(internet, "reachable", lambda: True)
    monkeypatch.setattr(run, "_git_mail", lambda: "")
    monkeypatch.delenv("CONTACT", raising=False)
    with restored_signals():
        assert run.main(["--port", str(free_port())]) == 1
    message = capsys.readouterr().err
    assert "CONTACT=you@example.org" in message
    assert "OFFLINE=1" in message


def test_without_internet_the_run_says_aloud_that_numbers_are_invented(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(internet, "reachable", lambda: False)
    options = run._options(["--port", "1"])
    assert run._decide(options) == (run._OFFLINE_CONTACT, True)
    assert "invented" in capsys.readouterr().out


def test_the_internet_is_there_if_anybody_answers_at_all(front: Front) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/"
    somebody = f"http://127.0.0.1:{front.port}/teapot"
    assert internet.reachable((nobody, somebody), 2.0)
    assert not internet.reachable((nobody,), 2.0)


@contextlib.contextmanager
def restored_signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


# --- environments ----------------------------------------------------------------------------

SCRIPT = run.PROJECT / "infra" / "local" / "environment.sh"

#: Makes "environments" that are a copy of itself, and "installs" by writing down what.
FAKE_PYTHON = f"""#!/bin/sh
case "$1 $2" in
"-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
"-m pip") for last; do :; done; cp "$last" "$(dirname "$0")/installed" && ! grep -q none "$last" ;;
*) exec {sys.executable} "$@" ;;
esac
"""


@pytest.fixture
def python(tmp_path: Path) -> str:
    file = tmp_path / "python"
    file.write_text(FAKE_PYTHON, encoding="utf-8")
    file.chmod(0o755)
    return str(file)


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    file = tmp_path / "wanted" / "requirements.txt"
    file.parent.mkdir()
    file.write_text("one\n", encoding="ascii")
    return file


def make_environment(
    folder: Path, requirements: Path, python: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SCRIPT), str(folder), str(requirements), python],
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_environment_is_made_once_and_again_when_it_is_not_what_it_should_be(
    tmp_path: Path, requirements: Path, python: str
) -> None:
    folder = tmp_path / "deep" / "env"

    def made_anew() -> bool:
        made = make_environment(folder, requirements, python)
        assert made.returncode == 0, made.stderr
        assert (folder / "bin" / "installed").read_bytes() == requirements.read_bytes()
        return "Setting up" in made.stdout

    assert made_anew()
    assert not made_anew()
    (folder / "made-from").unlink()  # as after an installation that was cut short
    assert made_anew()
    requirements.write_text("one\ntwo\n", encoding="ascii")
    assert made_anew()
    (folder / "bin" / "python").unlink()
    assert made_anew()
    assert not made_anew()


@pytest.mark.parametrize("python", ["", "/no/such/python", "/bin/true", "/bin/false"])
def test_a_missing_python_is_named(tmp_path: Path, requirements: Path, python: str) -> None:
    made = make_environment(tmp_path / "env", requirements, python)
    assert made.returncode == 1
    assert made.stderr.startswith("Error:")
    assert "PYTHON=" in made.stderr
    assert not (tmp_path / "env").exists()


def test_what_cannot_be_installed_is_not_taken_for_done(
    tmp_path: Path, requirements: Path, python: str
) -> None:
    requirements.write_text("none\n", encoding="ascii")
    for _ in range(2):
        made = make_environment(tmp_path / "env", requirements, python)
        assert made.returncode == 1
        assert "could not install" in made.stderr


def test_a_python_that_cannot_make_environments_is_explained(
    tmp_path: Path, requirements: Path
) -> None:
    crippled = tmp_path / "python"
    crippled.write_text(
        FAKE_PYTHON.replace("mkdir -p", "false && mkdir -p"),
        encoding="utf-8",
    )
    crippled.chmod(0o755)
    made = make_environment(tmp_path / "env", requirements, str(crippled))
    assert made.returncode == 1
    assert "python3-venv" in made.stderr
