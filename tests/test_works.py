"""Works from outside data: Lagotto's rules, its messages, and all of them at once."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import InvalidWork
from chalicelib.model import PartialDate, Work
from chalicelib.works import TITLE_LIMIT_CHARACTERS, read_date, validate

TODAY = dt.date(2026, 5, 20)
RANGE = "should be between 1650 and 2026"
GOOD = {"doi": "10.5555/new.1", "title": "New", "year": 2013}


def problems(**fields: Any) -> dict[str, list[str]]:
    with pytest.raises(InvalidWork) as caught:
        validate(GOOD | fields, today=TODAY)
    return caught.value.problems


def valid(**fields: Any) -> Work:
    return validate(GOOD | fields, today=TODAY)


def test_a_whole_work() -> None:
    fields = {
        "doi": " https://doi.org/10.5555/NEW.1 ",
        "title": "  A <i>new</i> <em>work</em> ",
        "year": "2013",
        "month": "05",
        "day": 15,
        "pmid": 111,
        "pmcid": "PMC222",
        "mendeley_uuid": "AAAAAAAA-0000-0000-0000-000000000001",
        "canonical_url": "http://Journal.example.org/new",
        "publisher_id": "340",
        "colour": "ignored",
    }
    assert validate(fields, today=TODAY) == Work(
        key="doi:10.5555/new.1",
        doi="10.5555/NEW.1",
        title="A <i>new</i> work",
        issued=PartialDate(2013, 5, 15),
        pmid="111",
        pmcid="222",
        mendeley_uuid="aaaaaaaa-0000-0000-0000-000000000001",
        canonical_url="http://journal.example.org/new",
        publisher_id=340,
    )


def test_blank_is_missing() -> None:
    work = valid(pmid="  ", pmcid="", canonical_url=None, publisher_id="", month="", day=" ")
    assert work == Work(
        key="doi:10.5555/new.1", doi="10.5555/new.1", title="New", issued=PartialDate(2013)
    )


def test_messages_are_lagottos_and_come_all_at_once_in_its_order() -> None:
    assert problems(title=None, year=None) == {
        "title": ["can't be blank"],
        "year": ["is not a number", RANGE],
    }
    everything = problems(
        doi="abc", title="<script>x</script>", year=2020, month=2, day=30, publisher_id="x"
    )
    assert everything == {
        "doi": ["is invalid"],
        "title": ["can't be blank"],
        "published_on": ["is not a valid date"],
        "publisher_id": ["is not a number"],
    }
    assert list(everything)[:3] == ["doi", "title", "published_on"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"doi": "abc"}, {"doi": ["is invalid"]}),
        ({"doi": "10.555555/x"}, {"doi": ["is invalid"]}),
        ({"doi": 10.5555}, {"doi": ["is invalid"]}),
        ({"doi": None}, {"uid": ["can't be blank"]}),
        ({"doi": "  "}, {"uid": ["can't be blank"]}),
        ({"pmid": "x"}, {"pmid": ["is invalid"]}),
        ({"pmcid": "PMC"}, {"pmcid": ["is invalid"]}),
        ({"pmid": True}, {"pmid": ["is invalid"]}),
        ({"mendeley_uuid": "x"}, {"mendeley_uuid": ["is invalid"]}),
        ({"canonical_url": "ftp://example.org"}, {"canonical_url": ["is invalid"]}),
        ({"title": " "}, {"title": ["can't be blank"]}),
        ({"title": True}, {"title": ["is not a text"]}),
        ({"title": "a\ud800"}, {"title": ["is not a text"]}),
        (
            {"title": "x" * (TITLE_LIMIT_CHARACTERS + 1)},
            {"title": [f"is too long (maximum is {TITLE_LIMIT_CHARACTERS} characters)"]},
        ),
        ({"year": "abc"}, {"year": ["is not a number", RANGE]}),
        ({"year": True}, {"year": ["is not a number", RANGE]}),
        ({"year": "2012.5"}, {"year": ["must be an integer"]}),
        ({"year": 2012.5}, {"year": ["must be an integer"]}),
        ({"year": 1649}, {"year": [RANGE]}),
        ({"year": 0}, {"year": [RANGE]}),
        ({"year": "-5"}, {"year": [RANGE]}),
        ({"year": 2027}, {"year": [RANGE], "published_on": ["is a date in the future"]}),
        ({"year": 99999}, {"year": [RANGE], "published_on": ["is a date in the future"]}),
        ({"year": 10**12}, {"year": ["is not a number", RANGE]}),
        ({"month": 13}, {"published_on": ["is not a valid date"]}),
        ({"month": "May"}, {"published_on": ["is not a valid date"]}),
        ({"month": 0}, {"published_on": ["is not a valid date"]}),
        ({"month": 2, "day": 29}, {"published_on": ["is not a valid date"]}),
        ({"month": 2, "day": "x"}, {"published_on": ["is not a valid date"]}),
        ({"day": 3}, {"published_on": ["is not a valid date"]}),
        ({"year": 2026, "month": 6}, {"published_on": ["is a date in the future"]}),
        ({"year": 2026, "month": 5, "day": 21}, {"published_on": ["is a date in the future"]}),
        ({"publisher_id": 0}, {"publisher_id": ["is not a number"]}),
        ({"publisher_id": "340x"}, {"publisher_id": ["is not a number"]}),
    ],
)
def test_what_breaks_a_rule(fields: dict[str, Any], expected: dict[str, list[str]]) -> None:
    assert problems(**fields) == expected


@pytest.mark.parametrize(
    ("fields", "issued"),
    [
        ({"year": 1650}, PartialDate(1650)),
        ({"year": 2012.0}, PartialDate(2012)),
        ({"year": 2026}, PartialDate(2026)),
        ({"year": 2026, "month": 5, "day": 20}, PartialDate(2026, 5, 20)),
        ({"year": 2012, "month": 2, "day": 29}, PartialDate(2012, 2, 29)),
        ({"year": None, "issued": "2012-03-06"}, PartialDate(2012, 3, 6)),
        ({"year": None, "issued": "2012-03"}, PartialDate(2012, 3)),
        ({"year": None, "issued": "2012"}, PartialDate(2012)),
        ({"year": None, "issued": 2012}, PartialDate(2012)),
        ({"year": None, "issued": PartialDate(2012, 3)}, PartialDate(2012, 3)),
        ({"year": None, "issued": dt.date(2012, 3, 6)}, PartialDate(2012, 3, 6)),
        ({"year": 2013, "issued": "2012-03-06"}, PartialDate(2013)),
    ],
)
def test_dates(fields: dict[str, Any], issued: PartialDate) -> None:
    assert valid(**fields).issued == issued


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("2012-07-11", (2012, 7, 11)),
        ("2012-07-11T10:00:00Z", (2012, 7, 11)),
        ("2012-7", (2012, 7, None)),
        ("2012", (2012, None, None)),
        ("2012-Jul", (2012, None, None)),
        ("2012-00-11", (2012, None, 11)),
        ("2012-07-11-09", (2012, 7, 11)),
        ("Growth", (None, None, None)),
        ("-2012", (None, 2012, None)),
        ("", (None, None, None)),
    ],
)
def test_pieces_of_a_date_keep_their_place(
    text: str, parts: tuple[int | None, int | None, int | None]
) -> None:
    assert read_date(text) == parts


def test_a_day_without_a_month_is_refused_instead_of_becoming_the_month() -> None:
    expected = {"published_on": ["is not a valid date"]}
    assert problems(year=None, issued="2012-00-11") == expected


def test_another_identifier_can_be_the_main_one() -> None:
    work = validate({"pmid": "111", "title": "T", "year": 2012}, "pmid", today=TODAY)
    assert (work.key, work.doi) == ("pmid:111", None)
    with pytest.raises(InvalidWork) as caught:
        validate(GOOD, "pmid", today=TODAY)
    assert caught.value.problems == {"uid": ["can't be blank"]}


def test_today_is_read_when_validating() -> None:
    this_year = dt.datetime.now(dt.UTC).year
    assert validate(GOOD | {"year": this_year}).issued.year == this_year
    with pytest.raises(InvalidWork, match=f"between 1650 and {this_year}"):
        validate(GOOD | {"year": this_year + 2})


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.lists(st.integers(), max_size=2),
    st.sampled_from(["10.5555/x", "2012", "2012-02-30", "12", "Title", "<b>x", "1" * 5000]),
)
NAMES = ["doi", "pmid", "pmcid", "mendeley_uuid", "canonical_url", "title", "publisher_id"]


@given(st.fixed_dictionaries({}, optional=dict.fromkeys([*NAMES, "year", "month", "day"], VALUES)))
def test_any_fields_give_a_work_or_its_problems(fields: dict[str, Any]) -> None:
    try:
        work = validate(fields, today=TODAY)
    except InvalidWork as error:
        assert error.problems
        assert all(messages for messages in error.problems.values())
        return
    assert work.key == f"doi:{work.doi_folded}"
    assert work.title == work.title.strip() != ""
    assert 1650 <= work.issued.year <= TODAY.year
    assert (
        validate(
            {name: getattr(work, name) for name in NAMES} | {"issued": work.issued}, today=TODAY
        )
        == work
    )
