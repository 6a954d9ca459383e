"""Works as operators name them: by any identifier, in any spelling."""

from collections.abc import Iterable, Iterator

from chalicelib import identifiers, settings
from chalicelib.commands import CommandFailed
from chalicelib.commands.output import fail
from chalicelib.errors import InvalidIdentifier
from chalicelib.store import lists, works
from chalicelib.store.works import StoredWork


def find_work(text: str) -> StoredWork:
    """The work of this identifier.

    Errors: CommandFailed if there is none or more than one, InvalidIdentifier.
    """
    uid_kind = settings.load().uid_kind
    identifier = identifiers.parse(text, uid_kind)
    if identifier.kind == uid_kind:
        keys = [identifier.key]
    elif identifier.kind in lists.LOOKUP_KINDS:
        keys = lists.lookup(identifier.kind, [identifier.value]).get(identifier.value, [])
    elif identifier.kind == "doi":
        keys = lists.doi_keys(identifier.value)
    else:
        raise CommandFailed(
            f"{text!r} is a {identifier.kind}; works are found by doi, "
            f"{', '.join(lists.LOOKUP_KINDS)}."
        )
    found = works.find(keys)
    if not found:
        raise CommandFailed(f"There is no work {text!r}.")
    if len(found) > 1:
        raise CommandFailed(f"{text!r} means several works: {', '.join(sorted(found))}.")
    return next(iter(found.values()))


def find_works(texts: Iterable[str]) -> Iterator[StoredWork | None]:
    """The works of these identifiers, each once; None, told on standard error, for any other."""
    seen = set()
    for text in texts:
        try:
            stored = find_work(text)
        except (CommandFailed, InvalidIdentifier) as error:
            fail(str(error))
            yield None
            continue
        if stored.work.key not in seen:
            seen.add(stored.work.key)
            yield stored
