"""The size of the deployment package, zipped, that every function ships.

Looks at what the last deployment left; ``PACKAGE=1 make bench`` has Chalice make one anew,
with wheels for Lambda's architecture from the package index.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from infra.bench import report
from infra.bench.bed import PROJECT
from infra.bench.report import Line, Measured

BUDGET_MB = 30
#: What Chalice reads of the project.
_INGREDIENTS = (".chalice", "app.py", "chalicelib", "infra", "requirements.txt")


def measure() -> Measured:
    """The lines."""
    title = "Deployment package"
    if os.environ.get("PACKAGE", "") not in ("", "0"):
        with tempfile.TemporaryDirectory(prefix="lagotto-bench-") as folder:
            made = _packaged(Path(folder))
            if made is None:
                return Measured(title, [Line("not built", "Chalice could not, see above")])
            return Measured(title, _lines(made, "built now"))
    found = sorted(
        (PROJECT / ".chalice" / "deployments").glob("*.zip"), key=lambda path: path.stat().st_mtime
    )
    if found:
        return Measured(title, _lines(found[-1], "of the last deployment"))
    return Measured(title, [Line("not built", "PACKAGE=1 make bench builds it")])


def _packaged(folder: Path) -> Path | None:
    """The package that Chalice makes of a copy of the project."""
    project = folder / "project"
    for name in _INGREDIENTS:
        path = PROJECT / name
        if path.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "deployments", ".ruff_cache")
            shutil.copytree(path, project / name, ignore=ignored)
        else:
            shutil.copy2(path, project / name)
    print("  package: building", file=sys.stderr)
    program = "import sys; from chalice.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "package", "--stage", "dev", str(folder / "out")]
    environment = {**os.environ, "AWS_DEFAULT_REGION": "us-east-1"}
    done = subprocess.run(
        command, cwd=project, env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        print(done.stdout, done.stderr, file=sys.stderr)
        return None
    return folder / "out" / "deployment.zip"


def _lines(package: Path, origin: str) -> list[Line]:
    size_mb = package.stat().st_size / 1e6
    with zipfile.ZipFile(package) as archive:
        unzipped_mb = sum(entry.file_size for entry in archive.infolist()) / 1e6
    return [
        report.at_most(
            f"zipped, {origin}",
            size_mb,
            BUDGET_MB,
            shown=f"{size_mb:.1f} MB, unzipped {unzipped_mb:.0f} MB",
            limit=f"{BUDGET_MB} MB",
        )
    ]
