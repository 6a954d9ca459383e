"""Citations in CSL as Lagotto built them: authors, dates, title case. Pure.

Clients of the events of API v5 read these under ``event_csl``, so the oddities of Lagotto's
title case are kept. Source: sources.md 10.4.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.reading import time

#: As in ``csl``: a list of authors, or "" where there is none.
Authors = list[dict[str, str]] | str


def csl(
    *,
    author: Authors = "",
    title: Any = None,
    container_title: Any = None,
    issued: Mapping[str, Any] | None = None,
    url: str | None = None,
    type: str | None = None,
) -> dict[str, Any]:
    """The keys of an ``event_csl`` in Lagotto's order; missing texts are ""."""
    return {
        "author": author,
        "title": title or "",
        "container-title": container_title or "",
        "issued": issued,
        "url": url,
        "type": type,
    }


def author(name: str | None) -> Authors:
    """The author of one name: the last word is the family name. "" for a blank name."""
    words = (name or "").split()
    if not words:
        return ""
    return [{"family": title_case(words[-1]), "given": title_case(" ".join(words[:-1]))}]


def date_parts(text: str | None) -> dict[str, Any] | None:
    """``{"date-parts": [[2012, 6, 28]]}`` of a time in any form that ``reading.time`` reads;
    of ``2012`` and ``2012-06`` the parts they have; None for none.

    Errors: ValueError on what is no date.
    """
    if text is None or not text.strip():
        return None
    if re.fullmatch(r"[0-9]{4}(-[0-9]{1,2})?", text.strip()):
        return {"date-parts": [[int(part) for part in text.strip().split("-")]]}
    moment = time(text)
    return {"date-parts": [[int(part) for part in moment[:10].split("-")]]} if moment else None


def parts(*numbers: Any) -> dict[str, Any]:
    """``{"date-parts": [[2011]]}`` of year, month and day as they are, blanks left out."""
    return {"date-parts": [[number for number in numbers if number not in (None, "")]]}


def title_case(text: str) -> str:
    """Lagotto's title case (Rails' ``titleize``): ``McDonald`` becomes ``Mc Donald``.

    Only ASCII letters change; hyphens and underscores become spaces.
    """
    text = text.replace("::", "/")
    text = re.sub(r"([A-Z0-9]+)([A-Z][a-z])", r"\1_\2", text)
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text)
    text = _lower(text.replace("-", "_"))
    text = re.sub(r"_id$", "", text, flags=re.MULTILINE).replace("_", " ")
    text = re.sub(r"^\w", lambda match: _upper(match[0]), text, flags=re.MULTILINE)
    return re.sub(r"\b(?<!['’`])[a-z]", lambda match: match[0].upper(), text)


def doi_link(doi: str | None) -> str | None:
    """The DOI as Lagotto linked it, with dx.doi.org; None for none."""
    if not doi:
        return None
    bare = doi.removeprefix("info:doi/") if doi.startswith("info:doi/") else doi
    if bare is not doi:
        bare = bare.replace("%2F", "/").replace("%3A", ":")
    return bare if bare.startswith("http://dx.doi.org/") else f"http://dx.doi.org/{bare}"


def authors(names: Sequence[str], separator: str | None = None) -> list[dict[str, str]]:
    """Authors of names as Lagotto 5.0 read them: ``{"family", "given"}``, or ``{"literal"}``.

    ``separator`` turns names around that are written from the back: with ", " ``Doe, Jane``,
    with " " ``Romanovsky AA``. Source: sources.md III.1.
    """
    read = []
    for name in names:
        family, found, given = name.strip().rpartition(separator) if separator else ("", "", "")
        if found and family.strip() and given.strip():
            read.append({"family": family.strip(), "given": given.strip()})
            continue
        pieces = name.split()
        if len(pieces) > 1:
            read.append({"family": pieces[-1], "given": " ".join(pieces[:-1])})
        elif pieces and "." in pieces[0]:
            read.append({"literal": pieces[0]})
        elif pieces:
            read.append({"given": pieces[0]})
    return read


def _lower(text: str) -> str:
    return re.sub(r"[A-Z]+", lambda match: match[0].lower(), text)


def _upper(letter: str) -> str:
    return letter.upper() if letter.isascii() else letter
