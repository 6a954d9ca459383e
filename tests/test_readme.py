"""What the README says of sources, commands and settings is what the code does."""

import pathlib
import re

from chalicelib import __main__ as cli
from chalicelib import sources
from chalicelib.documentation import standing

README = (pathlib.Path(__file__).parent.parent / "README.md").read_text()


def row(name: str) -> str:
    """The line that the table of sources must have for a source."""
    source = sources.get(name)
    needs = " or ".join(source.needs) if source.needs else "doi or pmid"
    return (
        f"| `{name}` | {source.title} | {source.group} | {needs} | {source.batch_size} "
        f"| {source.calls_per_hour:,} | {standing(source)} |"
    )


def test_the_table_of_sources_is_the_registry():
    section = README[README.index("## Sources") : README.index("## Adding a source")]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert rows == [row(name) for name in sources.names()]


def test_every_command_of_the_readme_exists():
    mentioned = set(re.findall(r"`python -m chalicelib ([a-z]+)", README))
    known = set(cli.NOUNS)
    assert mentioned == known


def test_every_setting_of_the_environment_is_told():
    package = pathlib.Path(sources.__file__).parent.parent
    used = set(re.findall(r"\bLAGOTTO_[A-Z_]+\b", (package / "settings.py").read_text()))
    assert used <= set(re.findall(r"\bLAGOTTO_[A-Z_]+\b", README))


def test_every_make_target_of_the_readme_exists():
    makefile = (pathlib.Path(__file__).parent.parent / "Makefile").read_text()
    for target in set(re.findall(r"\bmake ([a-z]+)\b", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
