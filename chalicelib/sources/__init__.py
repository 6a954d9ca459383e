"""The registry: this directory. One file is one source, both of the same name.

Names are listed without importing anything; a module is imported when its source is asked
for, so an API request loads none of them.
"""

import functools
import importlib
import pathlib

from chalicelib.errors import ConfigurationError
from chalicelib.source import Source


@functools.cache
def names() -> tuple[str, ...]:
    """The machine names of all sources, in alphabetical order."""
    directory = pathlib.Path(__file__).parent
    return tuple(sorted(path.stem for path in directory.glob("[!_]*.py")))


def on_by_default() -> tuple[str, ...]:
    """The names of the sources that a new installation asks. Loads every module."""
    found = (get(name) for name in names())
    return tuple(source.name for source in found if source.on_by_default and not source.retired)


@functools.cache
def get(name: str) -> Source:
    """The source of this name. Errors: ConfigurationError when there is no such module."""
    if name not in names():
        raise ConfigurationError(
            f"There is no source named {name!r}; sources are: {', '.join(names())}."
        )
    module = importlib.import_module(f"{__name__}.{name}")
    for value in vars(module).values():
        if (
            isinstance(value, type)
            and issubclass(value, Source)
            and value.__module__ == module.__name__
        ):
            return value()
    raise ConfigurationError(f"chalicelib/sources/{name}.py defines no Source.")
