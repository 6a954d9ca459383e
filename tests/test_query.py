"""Requests to API v5: parameters from anywhere, in any spelling, and nothing but RequestError."""

from collections.abc import Mapping, Sequence

import pytest
from chalice.app import CaseInsensitiveMapping, MultiDict
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import RequestError
from chalicelib.query import Query, articles, callback, method, parameters

FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json; charset=utf-8"}
OVERRIDE = {"x-http-method-override": "GET"}


def get(query: Mapping[str, str | Sequence[str]] | None) -> dict[str, str]:
    return parameters("GET", {}, query)


def multipart(
    fields: Mapping[str, str], boundary: str = "------------------------d74496d66958873e"
) -> bytes:
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return f"{parts}--{boundary}--\r\n".encode()


def multipart_headers(boundary: str = "------------------------d74496d66958873e") -> dict[str, str]:
    return {"Content-Type": f"multipart/form-data; boundary={boundary}"} | OVERRIDE


def status_of(call: object) -> tuple[int, str]:
    with pytest.raises(RequestError) as caught:
        call()  # type: ignore[operator]
    return caught.value.status, caught.value.message


def test_no_parameters_ask_for_all_articles() -> None:
    assert articles({}) == Query()
    assert Query() == Query(
        ids=None,
        kind="doi",
        q=None,
        source=None,
        publisher_id=None,
        class_name=None,
        order=None,
        info="default",
        page=1,
        per_page=50,
        callback=None,
    )
    assert Query().keys is None


def test_all_parameters() -> None:
    params = {
        "api_key": "kusr",
        "ids": "10.5555%2Falpha.1,10.5555%2Fgamma%2C3",
        "type": "doi",
        "q": "10.5555/AL",
        "source": "crossref",
        "publisher": "340",
        "class_name": "All Alerts",
        "order": "crossref",
        "info": "detail",
        "page": "2",
        "per_page": "20",
        "callback": "jQuery_1.a[0]$",
        "unknown": "ignored",
    }
    assert articles(params) == Query(
        ids=("10.5555/alpha.1", "10.5555/gamma,3"),
        kind="doi",
        q="10.5555/AL",
        source="crossref",
        publisher_id=340,
        class_name="All Alerts",
        order="crossref",
        info="detail",
        page=2,
        per_page=20,
        callback="jQuery_1.a[0]$",
    )


def test_empty_is_not_absent() -> None:
    query = articles(dict.fromkeys(["ids", "q", "source", "class_name", "order"], ""))
    assert query == Query(ids=(), q="", source="", class_name="", order="")
    assert query.keys == ()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("doi", "doi"),
        ("pmid", "pmid"),
        ("pmcid", "pmcid"),
        ("mendeley_uuid", "mendeley_uuid"),
        ("mendeley", "pmid"),
        ("DOI", "pmid"),
        ("", "pmid"),
        ("nonsense", "pmid"),
    ],
)
def test_an_unknown_type_is_the_installations(kind: str, expected: str) -> None:
    assert articles({"type": kind}, "pmid").kind == expected
    assert articles({}, "pmid").kind == "pmid"


def test_keys_fold_case_and_drop_what_no_work_can_have() -> None:
    long = "10.5555/" + "x" * 3000
    query = Query(ids=("10.5555/B", "10.5555/a", "10.5555/b", "", long, "\ud800", "222"))
    assert query.keys == ("doi:10.5555/b", "doi:10.5555/a", "doi:222")
    assert articles({"ids": "PMC222,222", "type": "pmcid"}).keys == ("pmcid:222",)


def test_other_names_of_source_and_publisher() -> None:
    assert articles({"source_id": "mendeley", "publisher_id": "340"}) == Query(
        source="mendeley", publisher_id=340
    )
    both = {"source": "a", "source_id": "b", "publisher": "1", "publisher_id": "2"}
    assert articles(both) == Query(source="a", publisher_id=1)


@pytest.mark.parametrize("publisher", ["", "abc", "340x", "-1", "1" * 40])
def test_a_publisher_that_is_no_number_is_ignored(publisher: str) -> None:
    assert articles({"publisher": publisher}).publisher_id is None


@pytest.mark.parametrize(
    ("info", "expected"),
    [("summary", "summary"), ("detail", "detail"), ("history", "default"), ("", "default")],
)
def test_info(info: str, expected: str) -> None:
    assert articles({"info": info}).info == expected


@pytest.mark.parametrize(
    ("text", "size"),
    [("1", 1), ("20", 20), ("20x", 20), (" 7", 7), ("50", 50)]
    + [(text, 50) for text in ("0", "51", "-1", "x", "", "1" * 5000, "٣")],
)
def test_per_page(text: str, size: int) -> None:
    assert articles({"per_page": text}).per_page == size


@pytest.mark.parametrize(
    ("text", "page"), [("1", 1), ("009", 9), (" 2 ", 2), ("1000000000", 10**9)]
)
def test_page(text: str, page: int) -> None:
    assert articles({"page": text}).page == page


@pytest.mark.parametrize("text", ["0", "-1", "abc", "2.5", "", "1000000001", "1" * 5000, "٣"])
def test_a_page_that_cannot_be_is_not_found(text: str) -> None:
    assert status_of(lambda: articles({"page": text})) == (404, "Page not found.")


@pytest.mark.parametrize("name", ["f", "jQuery17_1.cb", "a.b[0].$c"])
def test_a_good_callback(name: str) -> None:
    assert callback({"callback": name}) == name


@pytest.mark.parametrize("name", ["", "alert(1)", "a b", "f\n", "<x>", "ä", "a;b"])
def test_a_dangerous_callback_is_as_if_absent(name: str) -> None:
    assert callback({"callback": name}) is None


def test_the_last_of_a_repeated_parameter_wins() -> None:
    assert get({"page": ["1", "2"], "q": "a", "nothing": []}) == {"page": "2", "q": "a"}
    assert get(MultiDict({"page": ["1", "2"], "nothing": []})) == {"page": "2"}
    assert get(None) == {}


@pytest.mark.parametrize(
    ("verb", "headers", "form", "expected"),
    [
        ("get", {}, {}, "GET"),
        ("GET", {"x-http-method-override": "DELETE"}, {"_method": "put"}, "GET"),
        ("POST", {}, {}, "POST"),
        ("POST", {"X-HTTP-Method-Override": "get"}, {}, "GET"),
        ("POST", {"X-HTTP-METHOD-OVERRIDE": " PATCH "}, {}, "PATCH"),
        ("POST", {}, {"_method": "get"}, "GET"),
        ("POST", OVERRIDE, {"_method": "delete"}, "DELETE"),
        ("POST", {"x-http-method-override": ""}, {"_method": ""}, "POST"),
        ("POST", CaseInsensitiveMapping({"X-Http-Method-Override": "GET"}), {}, "GET"),
    ],
)
def test_method_override(
    verb: str, headers: Mapping[str, str], form: dict[str, str], expected: str
) -> None:
    assert method(verb, headers, form) == expected


@pytest.mark.parametrize("override", [{}, {"x-http-method-override": "PUT"}])
def test_a_post_that_is_no_get_is_an_unknown_path(override: dict[str, str]) -> None:
    expected = (404, "The page you were looking for doesn't exist.")
    assert status_of(lambda: parameters("POST", override, {"q": "a"})) == expected
    assert status_of(lambda: parameters("DELETE", {}, None)) == expected
    in_json = b'{"_method": "get"}'
    assert status_of(lambda: parameters("POST", JSON | override, None, in_json)) == expected
    assert parameters("HEAD", {}, {"q": "a"}) == {"q": "a"}


def test_a_form_and_the_query_string_over_it() -> None:
    body = b"ids=10.5555%252Fa%2C10.5555%252Fb&q=form&info=&_method=GET&%FF=%FF&page=1&page=2"
    params = parameters("POST", FORM, {"q": "url", "api_key": "k"}, body)
    assert params == {
        "ids": "10.5555%2Fa,10.5555%2Fb",
        "q": "url",
        "info": "",
        "_method": "GET",
        "\ufffd": "\ufffd",
        "page": "2",
        "api_key": "k",
    }
    assert articles(params).ids == ("10.5555/a", "10.5555/b")


def test_a_multipart_form_as_the_r_client_sends_it() -> None:
    fields = {
        "api_key": "kusr",
        "info": "detail",
        "type": "doi",
        "ids": "10.5555%2Falpha.1,10.5555%2Fbeta",
        "class_name": "Größe\r\n--x",
        "order": "",
    }
    params = parameters("POST", multipart_headers(), {"info": "summary"}, multipart(fields))
    assert params == fields | {"info": "summary"}
    assert articles(params).ids == ("10.5555/alpha.1", "10.5555/beta")


def test_multipart_details() -> None:
    body = (
        b"preamble\r\n--b 1\r\n"
        b"Content-Type: text/plain\r\ncontent-disposition: form-data; name=q\r\n"
        b'\r\n10.5555\r\n--b 1\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n'
        b"file"
        b"\r\n--b 1\r\nContent-Disposition: form-data\r\n\r\nnameless\r\n--b 1\r\nheadless\r\n--b 1"
        b'\r\nContent-Disposition: form-data; name="_method"\r\n\r\nGET\r\n--b 1--\r\n'
        b'--b 1\r\nContent-Disposition: form-data; name="after"\r\n\r\nend\r\n--b 1--'
    )
    headers = {"content-type": 'multipart/form-data; charset=utf-8; boundary="b 1"'}
    assert parameters("POST", headers, None, body) == {"q": "10.5555", "_method": "GET"}


def test_a_multipart_form_without_boundary_is_malformed() -> None:
    headers = {"Content-Type": "multipart/form-data"} | OVERRIDE
    assert status_of(lambda: parameters("POST", headers, None, b"x")) == (400, "Malformed form.")


def test_a_json_body() -> None:
    body = b'{"ids": "10.5555/a", "page": 2, "info": null, "q": "json", "x": true, "y": 1.5}'
    params = parameters("POST", JSON | OVERRIDE, {"q": "url"}, body)
    assert params == {"ids": "10.5555/a", "page": "2", "q": "url", "x": "true", "y": "1.5"}
    assert articles(params).page == 2
    assert parameters("GET", JSON, {"q": "url"}, b"") == {"q": "url"}
    assert parameters("POST", JSON | OVERRIDE, None, b"[1, 2]") == {}


@pytest.mark.parametrize("body", [b"{", b"\xff", b"nan", b"[" * 10000, b"{'a': 1}"])
def test_malformed_json(body: bytes) -> None:
    headers = JSON | OVERRIDE
    assert status_of(lambda: parameters("POST", headers, None, body)) == (400, "Malformed JSON.")


@pytest.mark.parametrize("value", [b'["10.5555/a"]', b'{"a": 1}'])
def test_json_that_cannot_be_a_parameter_is_refused_and_not_ignored(value: bytes) -> None:
    body = b'{"ids": ' + value + b"}"
    expected = (400, "ids must be a text or a number.")
    assert status_of(lambda: parameters("POST", JSON | OVERRIDE, None, body)) == expected


def test_other_lists_and_objects_in_json_count_as_absent() -> None:
    body = b'{"ids": [], "q": {}, "article": {"doi": "10.5555/a"}, "x": ["y"], "page": "2"}'
    assert parameters("POST", JSON | OVERRIDE, None, body) == {"page": "2"}


def test_other_bodies_hold_no_parameters() -> None:
    assert parameters("POST", OVERRIDE | {"content-type": "text/plain"}, None, b"q=a") == {}
    assert parameters("POST", OVERRIDE, None, b"q=a") == {}


NAMES = ["ids", "type", "q", "source", "publisher", "class_name", "order", "info", "page"]
TEXTS = st.one_of(
    st.text(), st.text("0123456789.%2F, +x"), st.sampled_from(["10.5555%252Fa", "summary", "doi"])
)


@given(st.dictionaries(st.sampled_from([*NAMES, "per_page", "callback"]), TEXTS))
def test_any_parameters_give_a_query_or_a_request_error(params: dict[str, str]) -> None:
    try:
        query = articles(params)
    except RequestError as error:
        assert error.status == 404
        return
    assert 1 <= query.per_page <= 50
    assert 1 <= query.page <= 10**9
    for key in query.keys or ():
        assert key.startswith(f"{query.kind}:")
        assert len(key.encode()) <= 2048


CONTENT_TYPES = st.sampled_from(
    [
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary="ü"',
        "text/plain",
        "",
    ]
)
BODIES = st.one_of(
    st.binary(),
    st.lists(
        st.sampled_from(
            b"--b|\r\n|--b--|content-disposition: form-data; name=|_method|get|\xff".split(b"|")
            + [bytes([byte]) for byte in b'q"{}:,1=&;%']
        ),
        max_size=20,
    ).map(b"".join),
)


@given(st.sampled_from(["GET", "POST", "PUT", ""]), CONTENT_TYPES, st.booleans(), BODIES)
def test_any_body_gives_parameters_or_a_request_error(
    verb: str, content_type: str, overridden: bool, body: bytes
) -> None:
    headers = {"Content-Type": content_type} | (OVERRIDE if overridden else {})
    try:
        params = parameters(verb, headers, {"q": "a"}, body)
        articles(params)
    except RequestError as error:
        assert error.status in (400, 404)
        return
    assert params["q"] == "a"
