"""What a new Lambda imports before it can answer an API request.

Against chalice and boto3 with a DynamoDB client alone. The clients that a default answer
reads its tables with are made in both. Fresh processes in turns; the least processor time of
each counts, because other programs do not lengthen that.
"""

import os
import statistics
import subprocess
import sys

from infra.bench import report
from infra.bench.bed import PROJECT
from infra.bench.report import Line, Measured

RUNS = 8
BUDGET = 1.35
REGISTRY_BUDGET_MILLISECONDS = 60

_LEAST = """
import chalice, boto3
boto3.client("dynamodb")
"""
_APP = """
import app
"""
_CLIENTS = """
from chalicelib.store import tables
for model in (tables.ControlItem, tables.WorkItem, tables.ShelfItem):
    model._get_connection().connection.client
"""
#: What a process has that works with sources at all, then all of them.
_CONTRACT = """
import orjson
from chalicelib import archive, csl, feed, oauth, sources
"""
_REGISTRY = (
    _CONTRACT
    + """
for name in sources.names():
    sources.get(name)
"""
)
_TIMED = """
import resource, time
began = time.process_time()
{}
seconds = time.process_time() - began
print(seconds * 1000, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def measure() -> Measured:
    """The lines."""
    programs = {
        "least": _LEAST,
        "app": _APP,
        "ready": _APP + _CLIENTS,
        "contract": _CONTRACT,
        "registry": _REGISTRY,
    }
    times: dict[str, list[float]] = {name: [] for name in programs}
    peaks: dict[str, int] = {}
    for run in range(RUNS + 1):
        for name, program in programs.items():
            milliseconds, peaks[name] = _run(program)
            if run:  # the first one may have to compile
                times[name].append(milliseconds)
    least, app, ready, contract, registry = (min(times[name]) for name in programs)
    median = statistics.median(times["ready"]) / statistics.median(times["least"])
    lines = [
        Line("chalice, boto3 and a DynamoDB client", _shown(least, peaks["least"])),
        Line("import app", _shown(app, peaks["app"])),
        report.at_most(
            "import app, with its table clients",
            ready / least,
            BUDGET,
            shown=f"{_shown(ready, peaks['ready'])} = × {ready / least:.2f}"
            f" (medians × {median:.2f})",
            limit="× 1.35",
        ),
        report.at_most(
            "loading all source modules",
            registry - contract,
            REGISTRY_BUDGET_MILLISECONDS,
            shown=f"{registry - contract:.0f} ms",
            limit=f"{REGISTRY_BUDGET_MILLISECONDS} ms",
        ),
    ]
    return Measured(f"Cold start: processor time, least of {RUNS} runs", lines)


def _run(program: str) -> tuple[float, int]:
    """Milliseconds and peak memory (kB) of a program in a new process."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "LAGOTTO_STACK": "lagotto-bench",
    }
    done = subprocess.run(
        [sys.executable, "-c", _TIMED.format(program)],
        cwd=PROJECT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    milliseconds, peak = done.stdout.split()
    return float(milliseconds), int(peak)


def _shown(milliseconds: float, peak_kb: int) -> str:
    return f"{milliseconds:.0f} ms, {peak_kb / 1000:.0f} MB"
