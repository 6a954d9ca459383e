"""The whole system, as a newcomer runs it: deployed into the embedded cloud, over HTTP.

``make run OFFLINE=1`` with a short list of works, twice: in the first run workers are killed in
the middle of the collection; the second goes on from the saved state. The numbers must be
those of the providers, to the last one.
"""

import contextlib
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from chalicelib import sources
from infra.local.cloud import free_port
from infra.local.providers.world import expected

pytestmark = pytest.mark.cloud

PROJECT = pathlib.Path(__file__).parent.parent
DOIS = [
    "10.5555/cloud-1",
    "10.5555/Cloud(2)",
    "10.5555/cloud,3",
    "10.5555/cloud<4>;5",
    *(f"10.5555/w{number}" for number in range(12)),
]
SOURCES = sum(sources.get(name).kind in ("works", "feed") for name in sources.on_by_default())
#: Longer than any machine takes; a run that hangs must end.
PATIENCE_SECONDS = 300


class Run:
    """``make run`` as a process; its output as it comes."""

    def __init__(self, home, sample, port):
        self.port = port
        self.home = home
        self._log = home.with_name(f"run-{port}.log")
        with self._log.open("w") as log:
            self.process = self._launch(home, sample, port, log)

    def _launch(self, home, sample, port, log):
        return subprocess.Popen(
            [
                sys.executable,
                *("-m", "infra.local.run", "--offline", "--port", str(port)),
                *("--home", str(home), "--sample", str(sample)),
                *("--visibility-seconds", "80"),
            ],
            cwd=PROJECT,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )

    @property
    def output(self):
        return self._log.read_text(errors="replace")

    def wait_for(self, pattern):
        """The match of what it prints; fails with all it printed if that never comes."""
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < give_up_at:
            if found := re.search(pattern, self.output):
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        pytest.fail(f"{pattern!r} did not come:\n{self.output}\n{self.cloud_log()}")

    def cloud_log(self):
        log = self.home / "offline" / "cloud.log"
        return log.read_text(errors="replace")[-5000:] if log.exists() else ""

    def stop(self):
        """Ctrl-C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(90)

    def get(self, path, **parameters):
        """(status, JSON body, headers) of a GET over the gateway."""
        url = f"http://127.0.0.1:{self.port}{path}?{urllib.parse.urlencode(parameters)}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(url, timeout=30) as answer:
                return answer.status, json.load(answer), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, json.load(error), error.headers

    def ask(self, method, path, cookie="", **fields):
        """(status, body, headers) of what a browser asks; no redirect is followed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        site = f"localhost:{self.port}"
        headers = {
            "Host": site,
            "Origin": f"http://{site}",
            "Sec-Fetch-Site": "same-origin",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json" if method == "GET" else "text/html",
            "Cookie": cookie,
        }
        connection.request(method, path, urllib.parse.urlencode(fields), headers)
        answer = connection.getresponse()
        with contextlib.closing(connection):
            return answer.status, answer.read().decode(), answer.headers

    def sign_in(self, mail):
        """Sign in by the link that is shown here in place of a mail; the cookie."""
        assert self.ask("POST", "/users/sign_in", email=mail)[0] == 200, self.cloud_log()
        shown = rf"Mail to {mail}: [^:]*:\s+http://localhost:{self.port}(/users/sign_in/\S+)"
        link = self.wait_for(shown)[1]
        status, _, headers = self.ask("POST", link)
        assert (status, headers["Location"]) == (303, "/users/me")
        assert self.ask("POST", link)[0] == 410
        return headers["Set-Cookie"].partition(";")[0]

    def numbers(self, key):
        """{(source, DOI): (total, PMID)} of all works, read through the API."""
        ids = ",".join(urllib.parse.quote(doi, safe="") for doi in DOIS)
        status, body, _ = self.get("/api/v5/articles", ids=ids, api_key=key)
        assert status == 200 and body["total"] == len(DOIS)
        found = {}
        for article in body["data"]:
            assert len(article["sources"]) == SOURCES
            for entry in article["sources"]:
                found[entry["name"], article["doi"]] = entry["metrics"]["total"], article["pmid"]
        return found


def workers():
    """Process ids of the embedded cloud's worker functions."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            command = (path / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if "ministack-lambda-lagotto-local-worker" in command:
            found.append(int(path.name))
    return found


@pytest.fixture
def sample(tmp_path):
    path = tmp_path / "works.txt"
    path.write_text("".join(f"{doi} 2015-0{n % 9 + 1} Work {n}\n" for n, doi in enumerate(DOIS)))
    return path


@pytest.fixture
def run(tmp_path, sample):
    """Starts runs on one home and sees to it that none survives the test."""
    started = []

    def start():
        started.append(Run(tmp_path / "home", sample, free_port()))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def check(numbers):
    for (source, doi), (total, pmid) in numbers.items():
        if sources.get(source).kind == "feed":
            continue  # read by the day; it may be before these works or after
        # The API shows 0 for what was never asked, too.
        assert total == (expected(source, doi, pmid) or 0), (source, doi)
    assert sum(total for total, _ in numbers.values()) > 0


@pytest.mark.skipif(not pathlib.Path("/proc/self/cmdline").exists(), reason="looks at /proc")
def test_from_nothing_to_numbers_over_a_killed_worker_and_a_restart(run):
    first = run()
    first.wait_for(r"Collecting")
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not (running := workers()) and time.monotonic() < give_up_at:
        time.sleep(0.2)
    assert running, "no worker was there to be killed"
    time.sleep(2)  # into the middle of what they do
    for pid in workers():
        os.kill(pid, signal.SIGKILL)
    key = first.wait_for(r"an API key is (\w+)")[1]
    first.wait_for("Ctrl-C ends it")
    check(first.numbers(key))

    status, body, headers = first.get("/api/v5/articles", ids=DOIS[0], api_key="wrong")
    assert status == 401
    assert body == {
        "total": 0,
        "total_pages": 0,
        "page": 0,
        "error": "Missing or wrong API key.",
        "data": [],
    }
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert first.get("/api/v5/articles", ids=DOIS[0])[0] == 401
    twice = urllib.parse.quote(urllib.parse.quote(DOIS[2], safe=""), safe="")
    status, body, _ = first.get("/api/v5/articles", ids=urllib.parse.unquote(twice), api_key=key)
    assert [article["doi"] for article in body["data"]] == [DOIS[2]]
    assert first.get("/heartbeat")[1]["status"] == "OK"
    cookie = first.sign_in("nobody@offline.example")
    status, body, _ = first.ask("GET", "/users/me", cookie)
    assert (status, json.loads(body)["role"]) == (200, "admin")
    before = first.numbers(key)
    assert first.stop() == 0, first.output
    assert "Saved." in first.output

    second = run()
    assert second.wait_for(r"an API key is (\w+)")[1] == key
    second.wait_for("Ctrl-C ends it")
    assert "The deployed code is up to date." in second.output
    assert second.numbers(key) == before
    assert second.ask("GET", "/users/me", cookie)[0] == 200
    cookie = second.sign_in("ada@example.org")
    assert json.loads(second.ask("GET", "/users/me", cookie)[1])["role"] == "user"
    assert second.stop() == 0, second.output
