"""Declared parameters: how a request's texts become what it asks for."""

import dataclasses

import pytest

from chalicelib.errors import RequestError
from chalicelib.parameters import TEXT, Parameter, Reader


@dataclasses.dataclass(frozen=True)
class Wish:
    name: str = "nobody"
    size: int = 10


def _small(text: str) -> int | None:
    if text == "no":
        raise RequestError("Not that.", status=404)
    return int(text) if text.isdigit() and int(text) < 100 else None


NAME = Parameter("name", "A name.", TEXT, str, ("name_id", "called"))
SIZE = Parameter("size", "A size.", {"type": "integer"}, _small)
WISHES = Reader(Wish, name=NAME, size=SIZE)


@pytest.mark.parametrize(
    ("params", "wish"),
    [
        ({}, Wish()),
        ({"unknown": "x"}, Wish()),
        ({"name": "ada", "size": "7"}, Wish("ada", 7)),
        ({"name": ""}, Wish("")),
        ({"size": "700"}, Wish()),
        ({"called": "eve"}, Wish("eve")),
        ({"called": "eve", "name_id": "bob"}, Wish("bob")),
        ({"called": "eve", "name": "ada", "name_id": "bob"}, Wish("ada")),
    ],
)
def test_a_reader_makes_what_is_asked_for(params: dict[str, str], wish: Wish) -> None:
    assert WISHES.read(params) == wish


def test_what_is_absent_or_not_understood_can_be_given() -> None:
    assert WISHES.read({}, size=5) == Wish(size=5)
    assert WISHES.read({"size": "700"}, size=5) == Wish(size=5)
    assert WISHES.read({"size": "7"}, size=5) == Wish(size=7)


def test_a_name_that_is_there_hides_others_even_if_it_is_not_understood() -> None:
    pages = Reader(Wish, size=Parameter("size", "A size.", TEXT, _small, ("size_id",)))
    assert pages.read({"size": "x", "size_id": "7"}) == Wish()
    assert Parameter("size", "", TEXT, _small, ("size_id",)).read({"size_id": "7"}) == 7


def test_a_parameter_by_itself() -> None:
    assert SIZE.read({"size": "7"}) == 7
    assert SIZE.read({"size": "x"}) is None
    assert SIZE.read({}) is None


def test_a_refused_text_is_an_error() -> None:
    for read in (WISHES.read, SIZE.read):
        with pytest.raises(RequestError):
            read({"size": "no"})
