"""DataCite's REST API: lists of DOIs with their metadata.

For ``datacite``, ``datacite_data``, ``datacite_github``, ``datacite_import``,
``datacite_orcid`` and ``datacite_related``.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chalicelib.feed import Entry, Page, read_entries
from chalicelib.reading import count, doi, expecting, mapping, sequence, text
from chalicelib.source import Answer, Client, Params

WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")
#: The relations that Lagotto 5.0 knew.
RELATIONS = frozenset(
    (
        *("cites", "is_cited_by", "references", "is_referenced_by", "discusses"),
        *("is_discussed_by", "is_supplement_to", "is_supplemented_by", "continues"),
        *("is_continued_by", "is_metadata_for", "has_metadata", "is_part_of", "has_part"),
        *("documents", "is_documented_by", "compiles", "is_compiled_by", "reviews"),
        *("is_reviewed_by", "is_derived_from", "is_source_of", "is_new_version_of"),
        *("is_previous_version_of", "is_original_form_of", "is_variant_form_of", "corrects"),
        *("is_corrected_by", "is_identical_to"),
    )
)


def ask(client: Client, params: Params) -> Answer:
    """A list of DOIs."""
    common = {"disable-facets": "true", "mailto": client.contact_email}
    return client.get("https://api.datacite.org/dois", params={**params, **common})


def read_dois(
    client: Client,
    params: Params,
    place: str,
    read: Callable[[Any], Entry | Sequence[Entry]],
    *,
    size: int = 200,
) -> Page:
    """One page of a list of DOIs, each item read with ``read``; ``place`` is the cursor."""
    answer = ask(client, {**params, "page[cursor]": place or "1", "page[size]": str(size)})
    with expecting("a list of DOIs of DataCite", answer):
        body = mapping(answer.json())
        items, total = sequence(body["data"]), count(mapping(body["meta"])["total"])
        next_place = _cursor(mapping(body["links"]).get("next"))
        if not (next_place or place) and len(items) < total:
            raise ValueError(f"{len(items)} of {total} DOIs")
    entries, failed = read_entries(answer, items, read)
    return Page(entries=entries, next_place=next_place, failed=failed)


def _cursor(url: Any) -> str | None:
    """The cursor in the URL of the next page. Errors: LookupError for a URL without one."""
    return parse_qs(urlsplit(url).query)["page[cursor]"][0] if text(url) else None


def doi_and_attributes(item: Any) -> tuple[str, dict[str, Any]]:
    """The DOI of an item of a list, and all that is said of it. Errors: ValueError without DOI."""
    attributes = mapping(mapping(item)["attributes"])
    found = doi(attributes["doi"])
    if not found:
        raise ValueError("an item has no DOI")
    return found, attributes


def words(relation: str) -> str:
    """``is_cited_by`` of ``IsCitedBy``."""
    return WORD.sub("_", relation).lower()


def known_relation(value: Any) -> str:
    """A relation as Lagotto 5.0 called it; is_referenced_by for those that it did not know."""
    relation = words(text(value) or "")
    return relation if relation in RELATIONS else "is_referenced_by"
