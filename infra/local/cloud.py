"""The embedded cloud as a process: started on loopback, stopped with its state saved.

Everything lies under one folder, the home:

    lock        held by the process that runs the cloud, and by the cloud until it has ended
    state/      what the cloud held when it last ended cleanly, objects apart
    objects/    the buckets' objects, written as they come
    tmp/        unpacked functions of the running cloud
    cloud.log   what the cloud says
"""

import contextlib
import dataclasses
import fcntl
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

_SHIM = Path(__file__).parent / "ministack_shim.py"
_MARKER = "complete.json"  # see ministack_shim.MARKER

#: The region of the embedded cloud; any would do.
REGION = "us-east-1"

_START_SECONDS = 60
_STOP_SECONDS = 120
_LOCK_SECONDS = 30


class CloudError(Exception):
    """The embedded cloud cannot be started or was lost; the text says what to do."""


@dataclasses.dataclass
class Cloud:
    """The embedded cloud of one home folder.

    ``python`` is the interpreter of ministack's environment. ``with cloud.running():`` is the
    way to use it; ``start`` and ``stop`` are there for tests that end it in other ways.
    """

    home: Path
    python: Path
    port: int
    _process: subprocess.Popen[bytes] | None = None
    _lock: int | None = None
    _saved_before: float = 0.0

    @property
    def url(self) -> str:
        """Where the cloud answers, for ``AWS_ENDPOINT_URL``."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """The AWS settings by which any AWS program reaches this cloud and no other."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @contextlib.contextmanager
    def running(self) -> Iterator["Cloud"]:
        """The cloud while it runs; stopped and saved at the end. Errors: CloudError."""
        self.start()
        try:
            yield self
        finally:
            self.stop()

    def start(self) -> bool:
        """Start it and wait until it answers; whether it went on from an earlier run.

        Errors: CloudError if the home is in use, the port is taken or it does not start.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            self._recover()
            self._saved_before = self._saved_at()
            if is_taken(self.port):
                raise CloudError(f"Port {self.port} of this machine is taken.")
            self._launch()
            self._wait_until_healthy()
        except BaseException:
            self._kill()
            self._release_lock()
            raise
        return self._saved_before > 0

    def stop(self) -> bool:
        """End it; whether all it held is saved for the next start."""
        process = self._process
        if process is None:
            return False
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
        self._kill()
        self._release_lock()
        shutil.rmtree(self.home / "tmp", ignore_errors=True)
        return self._saved_at() > self._saved_before

    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def _recover(self) -> None:
        """Put right what a run that was cut short left behind."""
        state = self.home / "state"
        for name in ("state.old", "state"):
            if (self.home / name).exists() and not (self.home / name / _MARKER).exists():
                shutil.rmtree(self.home / name)
        if not state.exists() and (self.home / "state.old").exists():
            (self.home / "state.old").rename(state)
        for leftover in ("state.new", "state.old", "tmp"):
            shutil.rmtree(self.home / leftover, ignore_errors=True)
        if not state.exists():  # objects without the tables that know of them
            shutil.rmtree(self.home / "objects", ignore_errors=True)
        (self.home / "tmp").mkdir()

    def _launch(self) -> None:
        assert self._lock is not None
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "LAGOTTO_", "PYTHON", "COVERAGE_", "VIRTUAL_ENV"))
        }
        with (self.home / "cloud.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self.python), str(_SHIM)],
                cwd=self.home,
                env={
                    **inherited,
                    "GATEWAY_PORT": str(self.port),
                    "BIND_HOST": "127.0.0.1",
                    "MINISTACK_REGION": REGION,
                    "PERSIST_STATE": "1",
                    "STATE_DIR": str(self.home / "state"),
                    "S3_PERSIST": "1",
                    "S3_DATA_DIR": str(self.home / "objects"),
                    "TMPDIR": str(self.home / "tmp"),
                    "SFTP_ENABLED": "0",
                    "IOT_MTLS_ENABLED": "0",
                    "AUTH": "true",
                    "LOG_LEVEL": "INFO",
                    "NO_PROXY": _without_proxy("NO_PROXY"),
                    "no_proxy": _without_proxy("no_proxy"),
                },
                stdin=subprocess.PIPE,  # closes with this process, which ends the cloud
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us; we end the cloud in our own time
                pass_fds=[self._lock],  # a new run waits until this one's state is saved
            )

    def _wait_until_healthy(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise CloudError(f"The embedded cloud ended at once:\n{self._last_words()}")
            with contextlib.suppress(OSError, urllib.error.URLError):
                opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                with opener.open(f"{self.url}/_ministack/health", timeout=2) as answer:
                    if answer.status == 200:
                        return
            time.sleep(0.1)
        raise CloudError(
            f"The embedded cloud did not answer within {_START_SECONDS} s:\n{self._last_words()}"
        )

    def _last_words(self, lines: int = 15) -> str:
        log = self.home / "cloud.log"
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        return "\n".join([*text.splitlines()[-lines:], f"(all of it is in {log})"])

    def _saved_at(self) -> float:
        try:
            marker = json.loads((self.home / "state" / _MARKER).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return 0.0
        return float(marker["saved_at"])

    def _take_lock(self) -> None:
        lock = os.open(self.home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        os.set_inheritable(lock, True)
        deadline = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() > deadline:
                    os.close(lock)
                    raise CloudError(
                        f"Another run is using {self.home}, or is still saving its state."
                        " End it (Ctrl-C in its window) and try again."
                    ) from None
                time.sleep(0.2)
            else:
                self._lock = lock
                return

    def _release_lock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()


def _without_proxy(name: str) -> str:
    return ",".join(filter(None, [os.environ.get(name), "127.0.0.1", "localhost"]))


def is_taken(port: int) -> bool:
    """Whether something listens on this port of the loopback interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port of the loopback interface that nothing uses at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
