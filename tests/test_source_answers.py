"""What sources make of answers that are not as expected: Results or our errors, nothing else.

Over the whole registry, as ``test_source_contract``.
"""

import copy
import functools
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import sources
from chalicelib.errors import Malformed
from chalicelib.model import Result
from chalicelib.source import Answer, Limits, Source
from tests.sources.cases import NAMES, bodies, cases, error_of, every_source, play

ODD_BODIES = {
    "empty": b"",
    "blank": b" \n",
    "HTML": b"<!DOCTYPE html><html><head><title>Error</title></head><body><p>Sorry</body></html>",
    "text": b"Service temporarily unavailable",
    "null": b"null",
    "number": b"0",
    "list": b"[1]",
    "object": b"{}",
    "error": b'{"error": "something", "status": 500, "message": "try later"}',
    "latin-1": '{"total": "ä"}'.encode("latin-1"),
    "entities": b'<!DOCTYPE x [<!ENTITY a "a">]><x>&a;</x>',
    "deep": b"[" * 100_000,
}


@every_source
@pytest.mark.parametrize("kind", ODD_BODIES)
def test_other_bodies_are_malformed_and_no_zero(name: str, kind: str) -> None:
    outcomes = play(name, [ODD_BODIES[kind]] * 20)
    if kind in cases(name).get("means_zero", []):
        [outcome] = outcomes.values()
        assert isinstance(outcome, Result)
        assert outcome.metrics is None or outcome.metrics.total == 0
        return
    error = error_of(outcomes)
    assert isinstance(error, Malformed)
    assert error.body == ODD_BODIES[kind][: 64 * 1024]


@every_source
def test_cut_off_answers_are_malformed(name: str) -> None:
    saved = bodies(name, "found")
    for number, body in enumerate(saved):
        for end in (len(body) // 3, len(body.rstrip()) - 1):
            error = error_of(play(name, [*saved[:number], body[:end], *saved[number + 1 :]]))
            assert isinstance(error, Malformed)


def is_xml(body: bytes) -> bool:
    return body.lstrip().startswith(b"<")


def variants(body: bytes) -> Iterator[bytes]:
    """The answer with each of its values in turn wrong."""
    if is_xml(body):
        yield from xml_variants(body)
    else:
        yield from (json.dumps(changed).encode() for changed in json_variants(json.loads(body)))


def xml_variants(body: bytes) -> Iterator[bytes]:
    """The document with each element in turn left out, doubled, emptied or with other content."""
    for index in range(len(list(ElementTree.fromstring(body).iter()))):
        some = ("-1", "1e30", "no attributes", "odd attributes")
        for change in ("drop", "double", "", "x", some[index % 4], some[(index + 2) % 4]):
            root = ElementTree.fromstring(body)
            element = list(root.iter())[index]
            parents = {child: parent for parent in root.iter() for child in parent}
            if change in ("drop", "double"):
                if element not in parents:
                    continue
                edit = parents[element].remove if change == "drop" else parents[element].append
                edit(element)
            elif change.endswith("attributes"):
                odd = {"x": "y", **dict.fromkeys(element.attrib, "odd")}
                element.attrib.clear()
                element.attrib.update({} if change.startswith("no") else odd)
            else:
                element.clear()
                element.text = change
            yield ElementTree.tostring(root)


def json_variants(document: Any) -> Iterator[Any]:
    """The document with each of its values in turn replaced, left out or taken out of a list.

    Some replacements are tried for every value; of the rest each has two, in turn.
    """
    rest = (True, -1, 1.5, 10**30, "", [], [None], {"x": []})
    for number, path in enumerate(paths(document)):
        some = (rest[(2 * number + one) % len(rest)] for one in range(2))
        for value in (None, "x", {}, ..., *some):
            changed = copy.deepcopy(document)
            parent = functools.reduce(lambda node, step: node[step], path[:-1], changed)
            if value is not ...:
                parent[path[-1]] = value
            elif isinstance(parent[path[-1]], list) and parent[path[-1]]:
                parent[path[-1]] = parent[path[-1]][0]
            else:
                del parent[path[-1]]
            yield changed


def paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value, of lists to the first two only."""
    if isinstance(node, dict | list):
        for step in list(node) if isinstance(node, dict) else range(min(len(node), 2)):
            yield (*path, step)
            yield from paths(node[step], (*path, step))


@every_source
def test_every_value_can_be_wrong(name: str) -> None:
    saved = bodies(name, "found")
    for number, body in enumerate(saved):
        for changed in variants(body):
            answers = [*saved[:number], changed, *saved[number + 1 :]]
            play(name, answers)  # checks that there are Results or SourceErrors only


def any_xml(name: str) -> st.SearchStrategy[bytes]:
    """XML documents with the elements and attributes that the source knows."""
    elements = [
        element
        for body in bodies(name, "found")
        if is_xml(body)
        for element in ElementTree.fromstring(body).iter()
    ]
    tags = st.sampled_from(sorted({element.tag for element in elements}) or ["x"])
    known = sorted({attribute for element in elements for attribute in element.attrib}) or ["x"]
    texts = st.text("abc019<&-é \n", max_size=8)
    attributes = st.dictionaries(st.sampled_from(known), texts, max_size=3)

    def element(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.builds(make_element, tags, attributes, texts, st.lists(inner, max_size=3))

    leaf = st.builds(make_element, tags, attributes, texts, st.just([]))
    return element(st.recursive(leaf, element, max_leaves=5)).map(ElementTree.tostring)


def make_element(tag: str, attributes: dict[str, str], text: str, children: list[Any]) -> Any:
    made = ElementTree.Element(tag, attributes)
    made.text = text
    made.extend(children)
    return made


def any_json(name: str) -> st.SearchStrategy[Any]:
    """JSON values with the keys that the source knows."""
    known = sorted(
        {
            step
            for body in bodies(name, "found")
            if not is_xml(body)
            for path in paths(json.loads(body))
            for step in path
        },
        key=str,
    )
    keys = st.sampled_from([key for key in known if isinstance(key, str)] or ["x"])
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    return st.recursive(
        leaves, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=20
    )


@every_source
@settings(max_examples=10)
@given(data=st.data())
def test_any_answer_gives_results_or_our_errors(name: str, data: st.DataObject) -> None:
    known_shape = (
        any_xml(name)
        if is_xml(bodies(name, "found")[0])
        else any_json(name).map(lambda value: json.dumps(value).encode())
    )
    play(name, data.draw(st.lists(known_shape | st.binary(), min_size=1, max_size=4)))


class SameForAll(dict[str, str]):
    """Headers that all have the same value."""

    def __init__(self, value: str) -> None:
        super().__init__()
        self.value = value

    def __missing__(self, key: str) -> str:
        return self.value

    def __contains__(self, key: object) -> bool:
        return True

    def get(self, key: str, default: Any = None) -> Any:
        return self.value


READING_HEADERS = [name for name in NAMES if type(sources.get(name)).limits is not Source.limits]


@pytest.mark.parametrize("name", READING_HEADERS)
@settings(max_examples=50)
@given(value=st.text() | st.integers().map(str) | st.floats().map(str) | st.just("9" * 5000))
def test_any_header_is_read_or_ignored(name: str, value: str) -> None:
    limits = sources.get(name).limits(SameForAll(value))
    assert limits is None or isinstance(limits, Limits)
    pace = limits.calls_per_hour if limits else None
    assert pace is None or (type(pace) is int and pace > 0)


# XML.


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
        b'<!DOCTYPE x [<!ENTITY % a SYSTEM "http://example.org/x.dtd"> %a;]><x/>',
        b"<x>&undefined;</x>",
        b"<x>",
        b"",
        b'<?xml version="1.0" encoding="no-such"?><x/>',
        b"\xff\xfe\x00",
    ],
)
def test_xml_with_entities_or_none_at_all_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        Answer(200, "https://example.org/", {}, body).xml()


def test_xml_is_read() -> None:
    root = Answer(200, "https://example.org/", {}, b"<x a='1'><y>\xc3\xbc</y></x>").xml()
    assert (root.tag, root.get("a"), root.findtext("y")) == ("x", "1", "ü")
