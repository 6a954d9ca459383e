"""The import list is the architecture: who may import whom, and what nobody may do."""

import ast
import functools
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = ROOT / "chalicelib"

NOUNS = {"errors", "identifiers", "model", "reading", "titles", "csl", "pages", "markup"} | {
    *("abilities", "mail", "parameters"),
}
PURE = {"history", "lagotto", "query", "schedule", "source", "works", "importer"} | {
    *("oembed", "rss", "sign_in_pages"),
}
EDGES = {"client", "mailer", "orcid_openid", "queues", "settings", "store"}
#: Module → modules of ours that it may import. A module that is missing here is part of the
#: story and may import everything but ``app``.
MAY_IMPORT = {
    **dict.fromkeys(NOUNS, NOUNS),
    **dict.fromkeys(PURE, NOUNS | {"works", "source", "__init__"}),
    "publishers": NOUNS | {"feed", "lagotto"},
    "lagotto_v3": NOUNS | {"lagotto"},
    "lagotto_v4": NOUNS | {"lagotto"},
    "submitted": NOUNS | {"query", "works"},
    "openapi": NOUNS
    | {"query", "submitted", "alert_list", "api_requests", "oembed", "rss", "lagotto", "lagotto_v3"}
    | {"answers", "layout", "settings", "store", "__init__"},
    "sources": NOUNS | {"source", "csl", "archive", "oauth", "feed", "apis"},
    "apis": NOUNS | {"source", "csl", "archive", "oauth", "feed"},
    "settings": NOUNS,
    "layout": NOUNS | {"settings"},
    "article_page": NOUNS | {"lagotto", "layout"},
    "client": NOUNS | {"source", "transports", "__init__"},
    "orcid_openid": NOUNS | {"transports", "__init__"},
    "transports": NOUNS,
    "archive": NOUNS | {"source", "csl"},
    "oauth": NOUNS | {"source"},
    "feed": NOUNS | {"source", "archive"},
    "queues": NOUNS | {"settings"},
    "mailer": NOUNS | {"settings"},
    "store": NOUNS | {"feed", "history", "schedule", "source", "sources", "settings", "store"},
    "collect": NOUNS | {"source"},
}
#: Library → the modules of ours that may import it.
LIBRARIES = {
    "requests": {"client", "orcid_openid", "transports"},
    "authlib": {"orcid_openid"},
    "joserfc": {"orcid_openid"},
    "pynamodb": {"store", "commands"},
    "boto3": {"store", "queues", "settings", "mailer"},
    "botocore": {"store", "queues", "__main__", "commands", "overview", "mailer"},
    "chalice": set(),
}


def modules():
    return sorted(PACKAGE.rglob("*.py"))


def part_of(path: pathlib.Path) -> str:
    """``store`` of ``chalicelib/store/works.py``, ``client`` of ``chalicelib/client.py``."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


@functools.cache
def imports(path: pathlib.Path) -> frozenset[str]:
    """The dotted names that a module imports, at its top and inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def ours(path):
    """The parts of chalicelib that a module imports."""
    known = {part_of(module) for module in modules()}
    for name in imports(path):
        if name.split(".")[0] == "chalicelib":
            second = name.split(".")[1]
            yield second if second in known else "__init__"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_import_only_what_their_layer_may(path):
    allowed = MAY_IMPORT.get(part_of(path))
    if allowed is not None:
        assert set(ours(path)) <= allowed | {part_of(path)}
    for name in imports(path):
        library = name.split(".")[0]
        if library in LIBRARIES:
            assert part_of(path) in LIBRARIES[library], f"{path.name} imports {library}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_stay_readable(path):
    assert len(path.read_text().splitlines()) <= 400
    assert path.stem not in {"utils", "helpers", "common", "base", "misc"}
    assert ast.get_docstring(ast.parse(path.read_text())), "a module says what it is"


def sources():
    return sorted((PACKAGE / "sources").glob("[!_]*.py"))


def apis():
    return sorted((PACKAGE / "apis").glob("[!_]*.py"))


@pytest.mark.parametrize(
    "path", [*sources(), *apis()], ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_a_source_has_no_clock_no_environment_and_no_pause(path):
    text = path.read_text()
    for forbidden in ("os.environ", "datetime.now", "time.sleep", "date.today", "random"):
        assert forbidden not in text
    for name in imports(path):
        assert name.split(".")[0] not in {"os", "time", "socket", "urllib3", "random"}
        assert not name.startswith("chalicelib.sources"), "sources do not know each other"


@pytest.mark.parametrize("path", apis(), ids=lambda path: path.stem)
def test_an_api_is_shared_and_names_the_sources_that_use_it(path):
    name = f"chalicelib.apis.{path.stem}"
    users = {source.stem for source in sources() if name in imports(source)}
    told = set(re.findall(r"``(\w+)``", ast.get_docstring(ast.parse(path.read_text()))))
    assert users == told and len(users) > 1


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nobody_swallows_errors_he_does_not_know(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            assert caught not in {"everything", "Exception", "BaseException"}


def test_app_is_the_only_file_that_knows_chalice():
    knowing = [
        path.name
        for path in [*modules(), ROOT / "app.py"]
        if any(name.split(".")[0] == "chalice" for name in imports(path))
    ]
    assert knowing == ["app.py"]
