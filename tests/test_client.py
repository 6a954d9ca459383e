"""The HTTP client: identity, pace, redirects, addresses, limits, secrets, evidence."""

import contextlib
import datetime as dt
import html
import http.server
import io
import json
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import VERSION, client
from chalicelib.client import HttpClient, retry_after_seconds
from chalicelib.errors import Malformed, RateLimited, Rejected, SourceError, Unavailable
from chalicelib.source import Client, Limits, Setting, Source
from chalicelib.transports import SavedAnswers
from tests.internet import give_addresses

URL = "https://api.example.org/works"
SECRET = 'p&ss/w+rd "ö<1>'


class Tiny(Source):
    name = "tiny"
    title = "Tiny"
    group = "other"
    description = "A source for tests."
    calls_per_hour = 1800
    settings = (
        Setting(name="key", description="a key", secret=True),
        Setting(name="languages", description="no secret"),
    )

    def limits(self, headers: Mapping[str, str]) -> Limits | None:
        left = headers.get("x-left")
        return Limits(remaining_calls=int(left)) if left else None


class Hasty(Tiny):
    timeout_seconds = 0.2  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def internet(monkeypatch: pytest.MonkeyPatch) -> Iterator[responses.RequestsMock]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    give_addresses(monkeypatch)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_passthru("http://127.0.0.1:")
        yield mock


def make(source: Source | None = None, **options: Any) -> HttpClient:
    options.setdefault("sleep", lambda seconds: None)
    return HttpClient(source or Tiny(), contact_email="me@example.org", **options)


def with_secret() -> HttpClient:
    return make(settings={"key": SECRET, "languages": "en de"})


# What a source is given and what is sent.


def test_is_what_sources_are_promised(internet: responses.RequestsMock) -> None:
    promised: Client = make(settings={"languages": "en"})
    assert promised.settings == {"languages": "en"}
    assert promised.contact_email == "me@example.org"


def test_says_who_asks(internet: responses.RequestsMock) -> None:
    internet.add("GET", URL, body="{}")
    make().get(URL, accept="application/xml")
    sent = internet.calls[0].request.headers
    assert sent["User-Agent"].startswith(f"Lagotto/{VERSION} (mailto:me@example.org) python-req")
    assert sent["Accept"] == "application/xml"


def test_parameters_headers_and_bodies(internet: responses.RequestsMock) -> None:
    internet.add("POST", URL, body="{}")
    asking = make()
    asking.post(URL, params={"a": ["1", "2"], "b": "ü&"}, data={"query": "x y"})
    asking.post(URL, json={"ids": ["1"]}, headers={"X-Key": "k"})
    first, second = (call.request for call in internet.calls)
    assert first.url == f"{URL}?a=1&a=2&b=%C3%BC%26"
    assert first.body == "query=x+y"
    assert json.loads(second.body or "") == {"ids": ["1"]}
    assert second.headers["X-Key"] == "k"


def test_credentials_of_the_machine_are_not_sent(
    internet: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "netrc").write_text("default login somebody password something\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    internet.add("GET", URL, status=302, headers={"Location": "https://other.example.org/"})
    internet.add("GET", "https://other.example.org/", body="{}")
    make().get(URL)
    assert len(internet.calls) == 2
    assert all("Authorization" not in call.request.headers for call in internet.calls)


# Pace.


def test_keeps_the_pace_of_the_source(internet: responses.RequestsMock) -> None:
    internet.add("GET", URL, body="{}")
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    asking = make(sleep=sleep, clock=lambda: now[0])
    asking.get(URL)
    asking.get(URL)
    now[0] += 0.5
    asking.get(URL)
    now[0] += 60
    asking.get(URL)
    asking.get(URL)
    assert slept == [2.0, 1.5, 2.0]
    assert asking.calls == 5


def test_failed_calls_count_for_the_pace(internet: responses.RequestsMock) -> None:
    internet.add("GET", URL, status=500)
    slept: list[float] = []
    asking = make(sleep=slept.append, clock=lambda: 0.0)
    for _ in range(2):
        with pytest.raises(Unavailable):
            asking.get(URL)
    assert slept == [2.0]


# Statuses.


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Rejected),
        (401, Rejected),
        (403, Rejected),
        (404, Rejected),
        (408, Unavailable),
        (410, Rejected),
        (429, RateLimited),
        (500, Unavailable),
        (503, Unavailable),
        (302, Malformed),
        (303, Malformed),
    ],
)
def test_a_status_is_an_error_with_its_evidence(
    internet: responses.RequestsMock, status: int, error: type[SourceError]
) -> None:
    internet.add("GET", URL, status=status, body="why")
    with pytest.raises(error) as raised:
        make().get(URL)
    assert type(raised.value) is error
    assert (raised.value.status, raised.value.url, raised.value.body) == (status, URL, b"why")


def test_a_tolerated_status_is_an_answer(internet: responses.RequestsMock) -> None:
    internet.add("GET", URL, status=404, body="unknown", headers={"X-Some": "Thing"})
    answer = make().get(URL, absent=(404,))
    assert answer.absent
    assert (answer.status, answer.body, answer.headers["x-some"]) == (404, b"unknown", "Thing")


def test_a_rate_limit_says_for_how_long(internet: responses.RequestsMock) -> None:
    internet.add("GET", URL, status=429, headers={"Retry-After": "120"})
    with pytest.raises(RateLimited) as raised:
        make().get(URL)
    assert raised.value.retry_after_seconds == 120


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("0", 0),
        (" 7 ", 7),
        ("1.2", 2),
        ("9" * 400, client.MAXIMUM_RETRY_AFTER_SECONDS),
        ("٣", None),
        ("Sun, 22 Nov 2026 10:00:30 GMT", 30),
        ("Sunday, 22-Nov-26 10:00:30 GMT", 30),
        ("Sun, 22 Nov 2026 10:00:30 -0000", 30),
        ("Sun, 22 Nov 2026 11:00:30 +0100", 30),
        ("Sun, 22 Nov 2020 10:00:00 GMT", 0),
        ("Sun, 22 Nov 2099 10:00:00 GMT", client.MAXIMUM_RETRY_AFTER_SECONDS),
        ("Sun, 22 Nov 2026 10:00:30 +99999999999999", None),
    ],
)
def test_retry_after(value: str | None, seconds: int | None) -> None:
    now = dt.datetime(2026, 11, 22, 10, tzinfo=dt.UTC)
    assert retry_after_seconds(value, now) == seconds


@given(st.text() | st.from_regex(r"\w+, [0-9]{1,5} \w{3} [0-9]{1,6} [0-9:]{1,9} [+-][0-9]+"))
def test_retry_after_of_any_text(value: str) -> None:
    seconds = retry_after_seconds(value)
    assert seconds is None or 0 <= seconds <= client.MAXIMUM_RETRY_AFTER_SECONDS


# Redirects and addresses.


def test_follows_redirects(internet: responses.RequestsMock) -> None:
    internet.add("GET", URL, status=301, headers={"Location": "/elsewhere"})
    internet.add("GET", "https://api.example.org/elsewhere", body="here")
    answer = make().get(URL)
    assert answer.body == b"here"


def test_ten_redirects_are_enough(internet: responses.RequestsMock) -> None:
    internet.add("GET", URL, status=302, headers={"Location": URL})
    with pytest.raises(Rejected, match="redirects"):
        make().get(URL)
    assert len(internet.calls) == client.MAXIMUM_REDIRECTS + 1


def test_headers_of_a_source_stay_with_its_host(internet: responses.RequestsMock) -> None:
    internet.add("GET", URL, status=302, headers={"Location": "/two"})
    internet.add(
        "GET",
        "https://api.example.org/two",
        status=302,
        headers={"Location": "https://other.example.org/"},
    )
    internet.add("GET", "https://other.example.org/", body="{}")
    make().get(URL, headers={"X-Api-Key": "abcd", "Authorization": "Bearer abcd"})
    first, second, third = (call.request.headers for call in internet.calls)
    assert first["X-Api-Key"] == second["X-Api-Key"] == "abcd"
    assert first["Authorization"] == second["Authorization"] == "Bearer abcd"
    assert "X-Api-Key" not in third and "Authorization" not in third
    assert third["User-Agent"] == first["User-Agent"]
    assert third["Accept"] == "application/json"


def test_the_body_of_a_redirect_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError("the body of a redirect is read")

    def send(self: Any, request: Any, **_: Any) -> requests.Response:
        response = requests.Response()
        response.request, response.url = request, request.url
        if request.url == URL:
            response.status_code, response.raw = 302, Endless()
            response.headers["Location"] = "/two"
        else:
            response.status_code, response.raw = 200, io.BytesIO(b"there")
        return response

    # Undone before the fixture takes back its own patch of the same method.
    with monkeypatch.context() as patch:
        patch.setattr(requests.adapters.HTTPAdapter, "send", send)
        assert make().get(URL).body == b"there"


PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "fd00::1",
    "fe80::1%eth0",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_not_asked(
    internet: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    give_addresses(monkeypatch, inner_example_org=address)
    internet.add("GET", "https://inner.example.org/", body="secret of the house")
    internet.add("GET", URL, status=302, headers={"Location": "https://inner.example.org/"})
    for url in ("https://inner.example.org/", URL):
        with pytest.raises(Rejected, match="not a public address"):
            make().get(url)
    assert [call.request.url for call in internet.calls] == [URL]


@pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "[::1]", "10.0.0.1:8080"])
def test_private_addresses_are_not_asked_by_number(
    internet: responses.RequestsMock, host: str
) -> None:
    internet.add("GET", URL, status=307, headers={"Location": f"http://{host}/latest/meta-data"})
    with pytest.raises(Rejected, match="not a public address"):
        make().get(f"http://{host}/latest/meta-data")
    with pytest.raises(Rejected, match="not a public address"):
        make().get(URL)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.org/x", "http://", "http://[::1", "nonsense", ""]
)
def test_what_is_no_web_address_is_not_asked(internet: responses.RequestsMock, url: str) -> None:
    with pytest.raises(Rejected):
        make().get(url)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/x", "http://[::1"])
def test_redirects_lead_to_the_web_only(internet: responses.RequestsMock, target: str) -> None:
    internet.add("GET", URL, status=302, headers={"Location": target})
    with pytest.raises(Rejected):
        make().get(URL)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_name_that_becomes_private_after_it_was_looked_up_is_told_nothing(
    internet: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    internet.add_passthru(f"{scheme}://changing.example.org")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        addresses = iter(["93.184.215.14"])

        def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
            address = (next(addresses, "127.0.0.1"), listening.getsockname()[1])
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address)]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        with pytest.raises(Rejected, match="not a public address"):
            make().get(f"{scheme}://changing.example.org/latest/meta-data")
        connected, _ = listening.accept()
        assert connected.recv(1000) == b""
        connected.close()


def test_calls_of_one_job_come_in_bursts_where_the_provider_allows_it() -> None:
    class Bursting(Tiny):
        burst_seconds_per_call = 0.5

    assert Tiny().seconds_per_call() == 2 and Tiny().seconds_per_call(600) == 6
    assert Bursting().seconds_per_call() == Bursting().seconds_per_call(600) == 0.5
    assert Bursting().seconds_per_call(36_000) == 0.1
    clock = [100.0]
    waited: list[float] = []
    client = make(Bursting(), sleep=waited.append, clock=lambda: clock[0])
    client._keep_pace()
    client._keep_pace()
    assert waited == [0.5]


def test_a_name_without_address_is_unavailable(
    internet: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_addresses(monkeypatch, api_example_org=None)
    internet.add("GET", URL, body="{}")
    with pytest.raises(Unavailable, match="no address"):
        make().get(URL)


def test_behind_a_proxy_names_are_the_proxys_to_find(
    internet: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org:3128")
    give_addresses(monkeypatch, api_example_org=None, inner_example_org="10.0.0.1")
    internet.add("GET", URL, body="{}")
    assert make().get(URL).body == b"{}"
    with pytest.raises(Rejected, match="not a public address"):
        make().get("https://inner.example.org/")


# Size, time and broken bodies.


def test_large_bodies_are_refused(
    internet: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MAXIMUM_BODY_BYTES", 100_000)
    internet.add("GET", URL, body=b"x" * 100_000)
    internet.add("GET", f"{URL}/larger", body=b"x" * 100_001)
    assert len(make().get(URL).body) == 100_000
    with pytest.raises(Malformed, match="larger") as raised:
        make().get(f"{URL}/larger")
    assert len(raised.value.body) == 64 * 1024


def test_a_broken_compression_is_malformed(internet: responses.RequestsMock) -> None:
    internet.add("GET", URL, body=b"no gzip", headers={"Content-Encoding": "gzip"})
    with pytest.raises(Malformed, match="decoded"):
        make().get(URL)


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (requests.ConnectTimeout("slow"), Unavailable),
        (requests.ReadTimeout("slow"), Unavailable),
        (requests.ConnectionError("refused"), Unavailable),
        (requests.exceptions.SSLError("certificate"), Unavailable),
        (requests.exceptions.ChunkedEncodingError("cut"), Unavailable),
        (OSError("no network"), Unavailable),
    ],
)
def test_a_failing_connection_is_unavailable(
    internet: responses.RequestsMock, failure: Exception, error: type[SourceError]
) -> None:
    internet.add("GET", URL, body=failure)
    asking = make()
    with pytest.raises(error):
        asking.get(URL)
    assert asking.exchanges[0]["status"] is None


def test_a_header_that_cannot_be_sent_is_rejected(internet: responses.RequestsMock) -> None:
    with pytest.raises(Rejected):
        make().get(URL, headers={"X-Key": "line\nbreak"})


# Secrets.

SPELLINGS: list[Callable[[str], str]] = [
    str,
    quote,
    quote_plus,
    html.escape,
    repr,
    json.dumps,
    lambda secret: quote(secret, safe=""),
    lambda secret: quote(secret, safe="").replace("%2F", "%2f").replace("%C3%B6", "%c3%B6"),
    lambda secret: json.dumps(secret, ensure_ascii=False),
]


def everything_said(error: BaseException, asking: HttpClient) -> str:
    """All that could be logged, stored or shown of a failure."""
    attributes = vars(error)
    return "".join(traceback.format_exception(error)) + repr(attributes) + repr(asking.exchanges)


def is_said(secret: str, text: str) -> bool:
    return "p&ss" in text or "p%26ss" in text or "p&amp;ss" in text or secret in text


def test_secrets_are_removed_from_urls(internet: responses.RequestsMock) -> None:
    internet.add("GET", URL, body="{}")
    internet.add("GET", f"{URL}/500", status=500)
    asking = with_secret()
    answer = asking.get(URL, params={"key": SECRET, "lang": "en de"})
    assert answer.url == f"{URL}?key=[redacted]&lang=en+de"
    assert quote_plus(SECRET) in str(internet.calls[0].request.url)
    with pytest.raises(Unavailable) as raised:
        asking.get(f"{URL}/500", params={"key": SECRET})
    assert not is_said(SECRET, everything_said(raised.value, asking))


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("status", [200, 403, 429, 500])
def test_secrets_are_removed_from_bodies(
    internet: responses.RequestsMock, spelling: Callable[[str], str], status: int
) -> None:
    internet.add("GET", URL, status=status, body=f"the key {spelling(SECRET)} is wrong")
    asking = with_secret()
    try:
        body = asking.get(URL).body
    except SourceError as error:
        body = error.body
        assert not is_said(SECRET, everything_said(error, asking))
    assert b"[redacted]" in body and not is_said(SECRET, body.decode())
    assert not is_said(SECRET, repr(asking.exchanges))


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(
    "failure",
    [
        requests.ConnectionError,
        requests.ReadTimeout,
        requests.TooManyRedirects,
        requests.exceptions.InvalidURL,
        requests.exceptions.ContentDecodingError,
        ValueError,
        OSError,
    ],
)
def test_secrets_are_removed_from_errors(
    internet: responses.RequestsMock,
    spelling: Callable[[str], str],
    failure: type[Exception],
) -> None:
    internet.add("GET", URL, body=failure(f"Max retries exceeded with url: {spelling(SECRET)}"))
    asking = with_secret()
    with pytest.raises(SourceError) as raised:
        asking.get(URL, params={"key": SECRET})
    assert not is_said(SECRET, everything_said(raised.value, asking))


def test_a_secret_in_a_url_that_cannot_be_asked_is_removed() -> None:
    asking = with_secret()
    with pytest.raises(Rejected) as raised:
        asking.get(f"nonsense:{SECRET}")
    assert not is_said(SECRET, everything_said(raised.value, asking))


def test_ordinary_settings_are_not_removed(internet: responses.RequestsMock) -> None:
    internet.add("GET", URL, body="en de")
    assert with_secret().get(URL).body == b"en de"


# What is remembered.


def test_limits_are_recorded_and_kept(internet: responses.RequestsMock) -> None:
    internet.add("GET", URL, headers={"X-Left": "9"})
    internet.add("GET", f"{URL}/silent")
    internet.add("GET", f"{URL}/429", status=429, headers={"X-Left": "0"})
    asking = make()
    assert asking.limits is None
    asking.get(URL)
    asking.get(f"{URL}/silent")
    assert asking.limits == Limits(remaining_calls=9)
    with pytest.raises(RateLimited):
        asking.get(f"{URL}/429")
    assert asking.limits == Limits(remaining_calls=0)


def test_exchanges_are_recorded(internet: responses.RequestsMock) -> None:
    internet.add("GET", URL, body=b'{"a": "\xff"}')
    internet.add("POST", URL, status=500, body="broken")
    internet.add("GET", f"{URL}/gone", body=requests.ConnectionError("gone"))
    asking = make()
    asking.get(URL)
    for ask in (lambda: asking.post(URL), lambda: asking.get(f"{URL}/gone")):
        with pytest.raises(Unavailable):
            ask()
    assert [(e["method"], e["url"], e["status"], e["body"]) for e in asking.exchanges] == [
        ("GET", URL, 200, '{"a": "\\xff"}'),
        ("POST", URL, 500, "broken"),
        ("GET", f"{URL}/gone", None, ""),
    ]
    assert all(dt.datetime.fromisoformat(e["at"]).tzinfo for e in asking.exchanges)


# The provider server: a real server on loopback.


@contextlib.contextmanager
def serving(answer: Callable[[http.server.BaseHTTPRequestHandler], None]) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def say(
    handler: http.server.BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str
) -> None:
    handler.send_response(status)
    for name, value in {**headers, "Content-Length": str(len(body))}.items():
        handler.send_header(name, value)
    handler.end_headers()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        handler.wfile.write(body)


def test_the_provider_server_is_told_the_real_host(internet: responses.RequestsMock) -> None:
    with serving(lambda handler: say(handler, handler.path.encode())) as base:
        asking = make(providers_url=f"{base}/")
        answer = asking.get(URL, params={"filter": "doi:10.5555/a#b", "x": ["1", "2"]})
        path = "/works?filter=doi%3A10.5555%2Fa%23b&x=1&x=2"
        assert answer.body == f"/api.example.org{path}".encode()
        assert answer.url == asking.exchanges[0]["url"] == f"https://api.example.org{path}"
        assert asking.get("https://api.example.org").body == b"/api.example.org/"
        escaped = "https://api.example.org/doi:10.5555/a%3Cb%3E%2F"
        assert asking.get(escaped).body == b"/api.example.org/doi:10.5555/a%3Cb%3E%2F"


def test_redirects_stay_on_the_provider_server(internet: responses.RequestsMock) -> None:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        if handler.path == "/api.example.org/works":
            say(handler, b"", 302, Location="/elsewhere?a=1")
        elif handler.path == "/api.example.org/elsewhere?a=1":
            say(handler, b"", 302, Location="https://other.example.org/last")
        else:
            say(handler, handler.path.encode())

    with serving(answer) as base:
        assert make(providers_url=base).get(URL).body == b"/other.example.org/last"


def test_the_provider_server_gets_posted_bodies(internet: responses.RequestsMock) -> None:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        say(handler, handler.rfile.read(int(handler.headers["Content-Length"])))

    with serving(answer) as base:
        assert make(providers_url=base).post(URL, data={"query": "a b"}).body == b"query=a+b"


def test_slow_answers_and_slow_bodies_are_given_up(internet: responses.RequestsMock) -> None:
    over = threading.Event()

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        if handler.path.endswith("/silent"):
            over.wait(5)
            return
        handler.send_response(200)
        handler.end_headers()
        with contextlib.suppress(OSError):
            while not over.wait(0.05):
                handler.wfile.write(b"x" * 70_000)
                handler.wfile.flush()

    with serving(answer) as base:
        try:
            for url in (f"{URL}/silent", f"{URL}/drops"):
                started = time.monotonic()
                with pytest.raises(Unavailable):
                    make(Hasty(), providers_url=base).get(url)
                assert time.monotonic() - started < 4
        finally:
            over.set()


def test_a_provider_server_that_is_not_there_is_unavailable() -> None:
    with serving(lambda handler: None) as base:
        pass
    with pytest.raises(Unavailable, match="no connection"):
        make(providers_url=base).get(URL)


# Saved answers.


def test_saved_answers_come_in_order_and_run_out() -> None:
    asking = make(transport=SavedAnswers([b"one", b"two"], last_status=404))
    assert asking.get(URL).body == b"one"
    assert asking.get(f"{URL}/2", absent=(404,)).status == 404
    with pytest.raises(Unavailable, match="one answer more than the 2 saved"):
        asking.get(f"{URL}/3")
    assert [exchange["url"] for exchange in asking.exchanges] == [URL, f"{URL}/2", f"{URL}/3"]


def test_saved_answers_are_held_to_the_same_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MAXIMUM_BODY_BYTES", 10)
    with pytest.raises(Malformed):
        make(transport=SavedAnswers([b"x" * 11])).get(URL)
