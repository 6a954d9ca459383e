"""Ordered lists with exact totals: works by date, by source, by a source's count.

Table ``<stack>-lists``. Access patterns:

    page of all works, newest first       counters ``months``, rows in index by_month
    page of a publisher's works           counters ``months#publisher#<id>``, index by_publisher
    page of works with events of a source counters ``months#with#<s>``, rows ``with#<s>#<month>``
    page by a source's count, highest 1st counters ``stats``/<s>, rows ``rank#<s>#<bucket>``
    works of a DOI prefix                 counters ``registrants``, index by_prefix
    works of a PMID, PMCID, URL, …        rows ``pmid:1`` / ``works`` with a set of keys

A list is cut into buckets (months; powers of two of the count). Each bucket has a counter, so
``total`` is a sum of few numbers and a page is found without reading what it skips, but for
the bucket it begins in.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pynamodb.exceptions import DeleteError
from pynamodb.expressions.update import Action

from chalicelib.model import Work
from chalicelib.store.tables import ListItem, WorkItem

#: Identifiers by which a work can be looked up besides its key.
LOOKUP_KINDS = ("pmid", "pmcid", "mendeley_uuid", "canonical_url", "ark")

MONTHS = "months"
REGISTRANTS = "registrants"


def publisher_list(publisher_id: int) -> str:
    """The counters of a publisher's works by month."""
    return f"months#publisher#{publisher_id}"


def with_list(source: str) -> str:
    """The counters of works with events of a source, by month."""
    return f"months#with#{source}"


def registrant_of(doi: str) -> str:
    """``10.5555`` of ``10.5555/abc``."""
    return doi.partition("/")[0].lower()


def bucket(count: int) -> int:
    """The bucket of a count in the list by count: 1 → 1, 2 and 3 → 2, 4 to 7 → 3, …; 0 for none."""
    return count.bit_length()


def counters(name: str, *, begins_with: str = "") -> dict[str, int]:
    """The counters of a list: {bucket: number of works}, empty buckets left out, ascending."""
    condition = ListItem.sort.startswith(begins_with) if begins_with else None
    rows = ListItem.query(name, range_key_condition=condition)
    return {row.sort: int(row.present) for row in rows if row.present}


def months_rows(month: str, limit: int | None = None) -> Iterator[str]:
    """Keys of the works published in a month, newest first; the first ``limit`` of them."""
    rows = WorkItem.by_month.query(month, scan_index_forward=False, limit=limit)
    return (row.key for row in rows)


def months_count(month: str, first_day: dt.date) -> int:
    """How many works were published in a month on this day or later."""
    return WorkItem.by_month.count(month, WorkItem.sort >= first_day.isoformat())


def publisher_rows(publisher_id: int, month: str, limit: int | None = None) -> Iterator[str]:
    """Keys of a publisher's works of a month, newest first; the first ``limit`` of them."""
    return (row.key for row in _publisher_items(publisher_id, month, limit))


def publisher_sorts(publisher_id: int) -> dict[str, str]:
    """All works of a publisher: {key: date sort}."""
    return {row.key: row.sort for row in _publisher_items(publisher_id, "", None)}


def _publisher_items(publisher_id: int, month: str, limit: int | None) -> Iterator[WorkItem]:
    condition = WorkItem.sort.startswith(month) if month else None
    items: Iterator[WorkItem] = WorkItem.by_publisher.query(
        str(publisher_id), condition, scan_index_forward=False, limit=limit
    )
    return items


def with_rows(source: str, month: str, limit: int | None = None) -> Iterator[str]:
    """Keys of the works of a month that have events of a source, newest first."""
    rows = ListItem.query(f"with#{source}#{month}", scan_index_forward=False, limit=limit)
    return (row.sort.split("#", 2)[-1] for row in rows)


def rank_rows(source: str, bucket_number: int, limit: int | None = None) -> Iterator[str]:
    """Keys of the works in a bucket of counts, highest count first, then newest."""
    return (row.split("#", 3)[-1] for row in rank_sorts(source, bucket_number, limit))


def rank_sorts(source: str, bucket_number: int, limit: int | None = None) -> Iterator[str]:
    """The same as ``<count>#<date sort>``."""
    name = f"rank#{source}#{bucket_number:02d}"
    return (row.sort for row in ListItem.query(name, scan_index_forward=False, limit=limit))


def prefix_rows(registrant: str, doi_start: str) -> Iterator[tuple[str, str]]:
    """(key, date sort) of the works whose DOI starts so, in the order of their DOIs."""
    rows = WorkItem.by_prefix.query(registrant, WorkItem.sort_doi.startswith(doi_start))
    return ((row.key, row.sort) for row in rows)


def prefix_count(registrant: str, doi_start: str) -> int:
    """How many works have a DOI that starts so."""
    return WorkItem.by_prefix.count(registrant, WorkItem.sort_doi.startswith(doi_start))


def doi_keys(doi: str) -> list[str]:
    """Keys of the works with this DOI, for installations whose keys are not DOIs."""
    registrant = registrant_of(doi)
    if not registrant:  # no DOI, and DynamoDB refuses to look for an empty key
        return []
    rows = WorkItem.by_prefix.query(registrant, WorkItem.sort_doi == doi.lower())
    return [row.key for row in rows]


def stats(source: str) -> dict[str, int]:
    """The counters of a source: ``events`` (sum of counts), ``b01``… (works per bucket)."""
    return stats_of([source])[source]


def stats_of(sources: Sequence[str]) -> dict[str, dict[str, int]]:
    """The counters of several sources, one read: {source: {counter: number}}."""
    found = {name: dict[str, int]() for name in sources}
    for row in ListItem.batch_get([("stats", name) for name in sources]):
        found[row.sort] = {name: int(value) for name, value in row.extras.items()}
    return found


def lookup(kind: str, values: Iterable[str]) -> dict[str, list[str]]:
    """The keys of the works that have these PMIDs, PMCIDs or UUIDs: {value: [keys]}."""
    wanted = {f"{kind}:{value}": value for value in values}
    found: dict[str, list[str]] = {}
    for row in ListItem.batch_get([(name, "works") for name in wanted]):
        found[wanted[row.list]] = sorted(row.works or ())
    return found


def lookup_rows(work: Work) -> list[str]:
    """The names of the look-up rows that a work has."""
    return [
        f"{kind}:{value}"
        for kind in LOOKUP_KINDS
        if (value := getattr(work, kind)) and f"{kind}:{value}" != work.key
    ]


def forget_lookups(work: Work) -> None:
    """Delete the look-up rows of a deleted work that lead to no other work."""
    for name in lookup_rows(work):
        try:
            ListItem(name, "works").delete(condition=ListItem.works.does_not_exist())
        except DeleteError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise


def count_change(work: Work, change: int) -> list[tuple[str, str, int]]:
    """The counters that a new (+1) or deleted (-1) work moves: (list, bucket, change)."""
    moved = [(MONTHS, work.month, change)]
    if work.publisher_id is not None:
        moved.append((publisher_list(work.publisher_id), work.month, change))
    if work.doi:
        moved.append((REGISTRANTS, registrant_of(work.doi), change))
    return moved


def rank_keys(source: str, sort: str, count: int | None) -> list[tuple[str, str]]:
    """The rows that a work with this count has in the lists of a source: none for 0 or None.

    ``sort`` is the work's date sort (``works.sort_of``).
    """
    if not count:
        return []
    return [
        (f"rank#{source}#{bucket(count):02d}", f"{count:015d}#{sort}"),
        (f"with#{source}#{sort[:7]}", sort),
    ]


def source_of(name: str) -> str:
    """The source whose list a row of ``rank_keys`` is in."""
    return name.split("#", 2)[1]


def put_rows(rows: Iterable[tuple[str, str]]) -> None:
    """Put rows; putting a row again changes nothing."""
    for name, sort in rows:
        ListItem(name, sort).save()


def delete_rows(rows: Iterable[tuple[str, str]]) -> None:
    """Delete rows; one that is not there is no error."""
    for name, sort in rows:
        ListItem(name, sort).delete()


def add_to_stats(source: str, changes: Mapping[str, int]) -> None:
    """Move counters of a source at once."""
    actions: list[Action] = [
        ListItem.extra(name).add(change) for name, change in changes.items() if change
    ]
    if actions:
        ListItem("stats", source).update(actions=actions)


def add_to_day_stats(day: dt.date, source: str, durations_milliseconds: Sequence[int]) -> None:
    """Count a job's calls: number, sum and slowest of their durations."""
    if not durations_milliseconds:
        return
    slowest = max(durations_milliseconds)
    row = ListItem(f"stats#{day.isoformat()}", source)
    answer = row.update(
        actions=[
            ListItem.extra("calls").add(len(durations_milliseconds)),
            ListItem.extra("milliseconds").add(sum(durations_milliseconds)),
        ]
    )
    # The update returns the whole row, so the slowest is only written when it is a new one.
    if slowest > int(answer["Attributes"].get("c_slowest", {"N": "0"})["N"]):
        row.update(actions=[ListItem.extra("slowest").set(slowest)])


def day_stats(day: dt.date, sources: Sequence[str]) -> dict[str, dict[str, int]]:
    """The calls of a day: {source: {"calls", "milliseconds", "slowest"}}, one read."""
    found = {name: dict[str, int]() for name in sources}
    for row in ListItem.batch_get([(f"stats#{day.isoformat()}", name) for name in sources]):
        found[row.sort] = {name: int(value) for name, value in row.extras.items()}
    return found


def add_to_counter(name: str, bucket_name: str, change: int) -> None:
    """Move one counter of a list."""
    if change:
        ListItem(name, bucket_name).update(actions=[ListItem.present.add(change)])
