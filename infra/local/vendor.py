"""The libraries of the deployment package, taken from this environment.

On AWS, Chalice downloads the libraries for Lambda's own processor and system. The embedded
cloud runs functions on this machine, with this Python: so it gets what is installed here,
which needs no network and no second installation.
"""

import shutil
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def copy_libraries(requirements: Path, folder: Path) -> None:
    """Copy what ``requirements`` names, and what that needs in turn, into ``folder``.

    Errors: importlib.metadata.PackageNotFoundError for one that is not installed.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for package in closure(_read(requirements)):
        for file in package.files or ():
            if ".." in file.parts or "__pycache__" in file.parts:
                continue  # scripts, and what this interpreter compiled
            source, target = Path(str(package.locate_file(file))), folder / file
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)


def closure(wanted: Iterable[Requirement]) -> list[Distribution]:
    """The installed packages that these requirements need, directly or not, by name."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    todo = [(requirement, "") for requirement in wanted]
    while todo:
        requirement, extra = todo.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        found.setdefault(name, distribution(requirement.name))
        for extra in {"", *requirement.extras} - {known for one, known in seen if one == name}:
            seen.add((name, extra))
            todo.extend((Requirement(text), extra) for text in found[name].requires or ())
    return [found[name] for name in sorted(found)]


def _read(requirements: Path) -> list[Requirement]:
    text = requirements.read_text(encoding="utf-8")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [Requirement(line) for line in lines if line]
