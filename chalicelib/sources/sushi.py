"""COUNTER 5.1 (SUSHI): how often a publisher's or repository's platform showed its items.

Any platform that speaks the COUNTER API tells it, mostly of the use by one customer. Ask for
the world (the default), or for a customer of which the numbers are the ones to be shown.

Counts:   COUNTER's investigations (total), by month: requests of the content itself (pdf), and
          those of what is around it, such as abstracts (html, which is total less pdf)
Needs:    DOI; the base URL and the credentials of the platform
Asks:     GET, JSON, all items of a customer in a month at once
Limits:   the platform's, mostly some requests a minute or hundreds a day; we use 120 an hour
Auth:     customer_id with requestor_id, api_key, or all of them
          Licence: none stated; agreed with the platform
Zero:     exception 3030, or an item that is not listed      Unknown work: the same
Traps:    errors are exceptions in Report_Header, or a single one in place of the report, some with
          HTTP 200 and 202; 3031 means that a month is not ready, which is no zero; an item comes
          once for each parent, and its use is added up; metrics of 0 are left out; requests are
          investigations, too; text mining is left out by a filter; not all have reports of items
Docs:     https://cop5.countermetrics.org/      Read: 2026-11-26
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.errors import RateLimited, Rejected, SourceError, Unavailable
from chalicelib.feed import Entry, Feed, Page, Window, read_entries, with_month
from chalicelib.model import Metrics, Result, Work
from chalicelib.reading import count, doi, expecting, mapping, sequence
from chalicelib.source import Answer, Client, Setting

#: The customer whose use is that of everybody, known or not.
THE_WORLD = "0000000000000000"
INVESTIGATIONS, REQUESTS = "Total_Item_Investigations", "Total_Item_Requests"
#: Exceptions that say why a report is empty; those below these mean that there is none.
NO_USAGE, NOT_READY, NO_LONGER_AVAILABLE = 3030, 3031, 3032


class Sushi(Feed):
    name = "sushi"
    title = "COUNTER 5.1 (SUSHI)"
    group = "viewed"
    description = (
        "Use of items on the platform of a publisher or repository, by its COUNTER reports."
    )
    calls_per_hour = 120
    timeout_seconds = 60
    on_by_default = False
    absent = ()
    usage = True
    remembers = True
    interval_seconds = 7 * 86_400
    overlap_days = 35
    first_days = 62
    settings = (
        Setting(
            name="url",
            description="base URL of the COUNTER API as in the COUNTER Registry, without /r51",
            required=True,
        ),
        Setting(
            name="customer_id",
            description="the customer whose use is counted; all the world if it is not set",
            secret=True,
        ),
        Setting(name="requestor_id", description="who asks, if the platform wants it", secret=True),
        Setting(name="api_key", description="key of the platform, if it wants one", secret=True),
    )

    def read(self, client: Client, window: Window, place: str) -> Page:
        """The use of all items in one month."""
        months = window.whole_months()
        number = int(place or "0")
        if number >= len(months):
            return Page()
        year, month = months[number]
        answer = client.get(f"{_base(client)}/r51/reports/ir", params=_params(client, year, month))
        with expecting("an Item Report of COUNTER 5.1", answer):
            items, failed = _items(answer)
        entries, unreadable = read_entries(
            answer, _of_one_doi(items), lambda group: _entry(group, year, month)
        )
        return Page(
            entries=entries,
            failed=[*failed, *unreadable],
            next_place=str(number + 1) if number + 1 < len(months) else None,
        )

    def merge(self, kept: Any, result: Result, work: Work) -> Result:
        """The months that were kept and those of the result, which win."""
        months = kept
        for month in result.events_as_json():
            months = with_month(months, mapping(month))
        return _result(months)

    def nothing(self, work: Work) -> Result:
        return _result([])


def _base(client: Client) -> str:
    if url := client.settings.get("url"):
        return url.rstrip("/")
    raise Rejected("sushi has no platform to ask. Set url to the base URL of its COUNTER API.")


def _params(client: Client, year: int, month: int) -> dict[str, str]:
    credentials = {name: client.settings.get(name) for name in ("requestor_id", "api_key")}
    return {
        "customer_id": client.settings.get("customer_id") or THE_WORLD,
        **{name: value for name, value in credentials.items() if value},
        "begin_date": f"{year:04d}-{month:02d}",
        "end_date": f"{year:04d}-{month:02d}",
        "metric_type": f"{INVESTIGATIONS}|{REQUESTS}",
        "access_method": "Regular",
    }


def _items(answer: Answer) -> tuple[list[Any], list[SourceError]]:
    """The items of the report, whatever they are part of, and what is missing from it.

    Errors: SourceError if there is no report; SHAPE_ERRORS.
    """
    report = mapping(answer.json())
    if "Code" in report:
        exceptions, parents = [report], []
    else:
        header = mapping(report["Report_Header"])
        exceptions = [mapping(each) for each in sequence(header.get("Exceptions") or [])]
        parents = sequence(report.get("Report_Items") or [])
    codes = [count(exception["Code"]) for exception in exceptions]
    missing: list[SourceError] = []
    for code, exception in zip(codes, exceptions, strict=True):
        if 1000 <= code < NO_USAGE:
            raise _error(answer, code, exception)
        if code in (NOT_READY, NO_LONGER_AVAILABLE):
            missing.append(_error(answer, code, exception))
    # Without its parent's details an item may stand by itself.
    items = [item for each in parents for item in sequence(mapping(each).get("Items", [each]))]
    if not items and not missing and NO_USAGE not in codes:
        raise ValueError("the report is empty and no exception says why")
    return items, missing


def _error(answer: Answer, code: int, exception: Mapping[str, Any]) -> SourceError:
    texts = (str(exception[name])[:200] for name in ("Message", "Data") if exception.get(name))
    message = f"the platform answers with the exception {code}: {'; '.join(texts)}"
    if code == 1020:
        return RateLimited(message, url=answer.url, status=answer.status, body=answer.body)
    remedy = Unavailable if code in (1000, 1010, 1011, NOT_READY) else Rejected
    return remedy(message, url=answer.url, status=answer.status, body=answer.body)


def _doi(item: Any) -> str:
    identifiers = item.get("Item_ID") if isinstance(item, dict) else None
    return doi(identifiers.get("DOI")) if isinstance(identifiers, dict) else ""


def _of_one_doi(items: Sequence[Any]) -> list[list[Any]]:
    """The items in lists of those with the same DOI; each without DOI is alone."""
    groups: dict[str, list[Any]] = {}
    for number, item in enumerate(items):
        groups.setdefault(_doi(item) or f"item {number}", []).append(item)
    return list(groups.values())


def _entry(items: Sequence[Any], year: int, month: int) -> Entry | None:
    """The use of the items, which have the same DOI; None if they have none."""
    identifier = _doi(items[0])
    if not identifier:
        mapping(mapping(items[0]).get("Item_ID") or {})
        return None
    use = {
        name: _sum(items, name, f"{year:04d}-{month:02d}") for name in (INVESTIGATIONS, REQUESTS)
    }
    if use[REQUESTS] > use[INVESTIGATIONS]:
        raise ValueError("there are more requests than investigations, of which they are a part")
    return Entry(
        identifiers={"doi": identifier},
        result=_result([{"year": year, "month": month, **use}]),
    )


def _sum(items: Sequence[Any], metric: str, month: str) -> int:
    """One metric in one month; where it is 0 it is left out."""
    return sum(
        count(mapping(mapping(attributes["Performance"]).get(metric, {})).get(month, 0))
        for item in items
        for attributes in sequence(mapping(item)["Attribute_Performance"])
    )


def _result(use: Sequence[Mapping[str, Any]]) -> Result:
    months = [
        {
            "year": month["year"],
            "month": month["month"],
            "html": month[INVESTIGATIONS] - month[REQUESTS],
            "pdf": month[REQUESTS],
        }
        for month in use
    ]
    return Result(
        metrics=Metrics.of(
            html=sum(month["html"] for month in months), pdf=sum(month["pdf"] for month in months)
        ),
        events=use,
        by_month=months,
    )
