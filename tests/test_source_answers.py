"""What sources make of answers that are not as expected: Results or our errors, nothing else.

Over the whole registry, as ``test_source_contract``.
"""

import copy
import functools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import sources
from chalicelib.errors import Malformed
from chalicelib.source import Answer, Limits
from tests.sources.cases import bodies, error_of, every_source, play

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
    error = error_of(play(name, [ODD_BODIES[kind]] * 20))
    assert isinstance(error, Malformed)
    assert error.body == ODD_BODIES[kind][: 64 * 1024]


@every_source
def test_cut_off_answers_are_malformed(name: str) -> None:
    saved = bodies(name, "found")
    for number, body in enumerate(saved):
        for end in (len(body) // 3, len(body.rstrip()) - 1):
            error = error_of(play(name, [*saved[:number], body[:end], *saved[number + 1 :]]))
            assert isinstance(error, Malformed)


def variants(document: Any) -> Iterator[Any]:
    """The document with each of its values in turn replaced, left out or taken out of a list."""
    for path in paths(document):
        for value in (None, True, -1, 1.5, 10**30, "", "x", [], {}, [None], {"x": []}, ...):
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
        for changed in variants(json.loads(body)):
            answers = [*saved[:number], json.dumps(changed).encode(), *saved[number + 1 :]]
            play(name, answers)  # checks that there are Results or SourceErrors only


def any_json(name: str) -> st.SearchStrategy[Any]:
    """JSON values with the keys that the source knows."""
    known = sorted(
        {
            step
            for body in bodies(name, "found")
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
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_answer_gives_results_or_our_errors(name: str, data: st.DataObject) -> None:
    json_bytes = any_json(name).map(lambda value: json.dumps(value).encode())
    play(name, data.draw(st.lists(json_bytes | st.binary(), min_size=1, max_size=4)))


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


@every_source
@settings(max_examples=50, deadline=None)
@given(value=st.text() | st.integers().map(str) | st.floats().map(str) | st.just("9" * 5000))
def test_any_header_is_read_or_ignored(name: str, value: str) -> None:
    limits = sources.get(name).limits(SameForAll(value))
    assert limits is None or isinstance(limits, Limits)
    pace = limits.calls_per_hour if limits else None
    assert pace is None or (type(pace) is int and pace > 0)


# XML, for the sources to come.


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
