"""Articles that clients write: create, change, delete; whose they are is asked before.

Rules and messages are those of ``works.validate``; that an identifier is taken is found here.
"""

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib import identifiers, intake, lagotto_v4, settings
from chalicelib.errors import InvalidIdentifier, InvalidWork, RequestError
from chalicelib.identifiers import Identifier
from chalicelib.model import Work
from chalicelib.store import catalogue, lists, works
from chalicelib.store.works import TRIES, StoredWork
from chalicelib.works import validate

TAKEN = "has already been taken"
#: What is stored where no part of a date is given (api.md 6.4).
YEAR_UNKNOWN = 1970

_DATE = ("year", "month", "day")
_IDENTIFIERS = ("doi", "pmid", "pmcid", "mendeley_uuid", "canonical_url")


def create(given: Mapping[str, Any], now: dt.datetime) -> StoredWork:
    """Add the article with these fields and have it asked about.

    Errors: RequestError 400 with what is wrong with which field.
    """
    fields = dict(given)
    if "year" not in fields and all(fields.get(part) is None for part in _DATE):
        fields["year"] = YEAR_UNKNOWN
    return _create(_checked(fields, now), now)


def change(stored: StoredWork, given: Mapping[str, Any], now: dt.datetime) -> StoredWork:
    """Give an article other values of these fields; the others stay.

    An article that gets another identifier of the kind that the installation is keyed by is
    another work: it begins anew, as all that is counted was counted for the old one. It keeps
    what else is known of the old one, which is deleted; if that fails, the new one goes again.
    Errors: RequestError 400 with what is wrong with which field or if it cannot be changed at
    present, 404 if it was deleted.
    """
    for _ in range(TRIES):
        before = stored.work
        checked = _checked(_fields(before) | dict(given), now, before)
        changed = dataclasses.replace(before, key=checked.key, **_values(checked, given))
        if changed.key != before.key:
            with contextlib.ExitStack() as undoing:
                created = _create(changed, now)
                undoing.callback(catalogue.delete, changed.key)
                delete(stored)
                undoing.pop_all()
            return created
        if changed == before:
            return stored
        done = works.replace(stored, changed, now)
        stored = _read(before.key)
        if done:
            return stored
    raise TimeoutError(f"changing {stored.work.key} met too many other writers; try again")


def delete(stored: StoredWork) -> None:
    """Delete an article with all that is known of it.

    Errors: RequestError 404 if somebody else did, 400 if it cannot be deleted at present.
    """
    try:
        deleted = catalogue.delete(stored.work.key)
    except TimeoutError:
        raise RequestError(lagotto_v4.FAILED, status=400) from None
    if not deleted:
        raise RequestError(lagotto_v4.NOT_FOUND, status=404)


def _create(work: Work, now: dt.datetime) -> StoredWork:
    if not intake.create(work, now):
        kind = settings.load().uid_kind
        raise RequestError({kind: [TAKEN]}, status=400)
    return _read(work.key)


def _read(key: str) -> StoredWork:
    found = works.find([key], consistent=True).get(key)
    if found is None:
        raise RequestError(lagotto_v4.NOT_FOUND, status=404)
    return found


def _fields(work: Work) -> dict[str, Any]:
    """What is stored, as ``validate`` reads it."""
    issued = work.issued
    date = {"year": issued.year, "month": issued.month, "day": issued.day}
    names = (*_IDENTIFIERS, "title", "publisher_id")
    return {name: getattr(work, name) for name in names} | date


def _values(checked: Work, given: Iterable[str]) -> dict[str, Any]:
    """The values of a checked work that were given."""
    names = {"issued" if name in _DATE else name for name in given}
    return {name: getattr(checked, name) for name in names}


def _checked(fields: Mapping[str, Any], now: dt.datetime, before: Work | None = None) -> Work:
    """The work of these fields, which is new or was ``before``. Errors: RequestError 400."""
    problems: dict[str, list[str]] = {}
    work = None
    try:
        work = validate(fields, settings.load().uid_kind, today=now.date())
    except InvalidWork as error:
        problems = error.problems
    taken = {kind: [TAKEN] for kind in _taken(fields, before)}
    if work is None or taken:
        raise RequestError(taken | problems, status=400)
    return work


def _taken(fields: Mapping[str, Any], before: Work | None) -> list[str]:
    """Which of the identifiers that only one work can have another work has."""
    uid_kind = settings.load().uid_kind
    own = before.key if before else ""
    found = []
    for kind in dict.fromkeys(("doi", uid_kind)):
        value = _identifier(kind, fields.get(kind))
        if value is None:
            continue
        key = Identifier(kind, value).key
        keys = works.find([key], consistent=True) if kind == uid_kind else lists.doi_keys(value)
        if any(key != own for key in keys):
            found.append(kind)
    return found


def _identifier(kind: str, value: Any) -> str | None:
    try:
        return identifiers.NORMALISERS[kind](str(value)) if value is not None else None
    except InvalidIdentifier:
        return None
