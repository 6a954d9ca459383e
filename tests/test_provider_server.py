"""The provider server as a whole: counts, faults, growth, the command, and our sources on it."""

import dataclasses
import itertools
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests

from chalicelib import sources
from chalicelib.client import HttpClient, retry_after_seconds
from chalicelib.errors import RateLimited, Unavailable
from chalicelib.model import PartialDate, Result, Work
from infra.local.providers import PortTaken, ProviderServer
from infra.local.providers.world import DATACITE_PREFIXES, expected, facts

ROOT = pathlib.Path(__file__).parent.parent
AGENT = {"User-Agent": "Lagotto/0 (mailto:operator@example.org)"}
CROSSREF = "/api.crossref.org/works"

#: DOIs of the kinds that exist: plain, DataCite's, preprints, and with every odd character.
DOIS = [
    *(f"10.5555/provider.{number}" for number in range(120)),
    *(f"10.5281/zenodo.{number}" for number in range(20)),
    *(f"10.1101/2020.01.{number:02d}.123456" for number in range(20)),
    *(f"10.5061/dryad.{number}" for number in range(20)),
    *(f"10.6084/m9.figshare.{number}" for number in range(20)),
    *(f"10.1371/journal.pone.{number:07d}" for number in range(20)),
    *(
        f"10.5555/{odd}-{number}"
        for number in range(8)
        for odd in (
            *(
                'a"b',
                "a\\b",
                "a,b",
                "a,b:c",
                "a&b",
                "a+b",
                "a=b?c",
                "a;b",
                "a|b",
                "a'b",
                "x/y//z",
                "a#b",
            ),
            *(
                "(sici)1<107::aid-2>3.0.co;2-y",
                "a[1]{2}~^!*",
                "ä-ö",
                "数据",
                "a$b@c",
                "100%",
                "a%2fb",
                "a b",
            ),
        )
    ),
]


@pytest.fixture(scope="module")
def server() -> Iterator[ProviderServer]:
    with ProviderServer(openalex_budget=10_000) as running:
        yield running


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers.update(AGENT)
        yield session


def counts_url(number: int) -> str:
    return f"/api.opencitations.net/index/v2/citation-count/doi:10.5555/f.{number}"


# Counting and administration


def test_health_and_unknown_hosts(server: ProviderServer, http: requests.Session) -> None:
    assert http.get(f"{server.url}/_health").json()["status"] == "ok"
    assert http.get(f"{server.url}/api.example.org/works").status_code == 404
    assert http.get(f"{server.url}/www.wikipedia.org/w/api.php").status_code == 404
    assert http.get(f"{server.url}/_unheard_of").status_code == 404


def test_calls_and_identifiers_are_counted(http: requests.Session) -> None:
    dois = [f"10.5555/count.{number}" for number in range(50)]
    with ProviderServer() as counting:
        filters = ",".join(f"doi:{doi}" for doi in dois)
        http.get(f"{counting.url}{CROSSREF}", params={"filter": filters, "rows": "50"})
        http.get(f"{counting.url}{CROSSREF}", params={"filter": "wrong:1"})
        http.get(f"{counting.url}/icite.od.nih.gov/api/pubs?pmids=11111111,22222222")
        counted = http.get(f"{counting.url}/_calls").json()
        assert counted["calls"] == {"crossref": 2, "icite": 1}
        assert counted["works_asked"] == {"crossref": 50, "icite": 2}
        assert counted["statuses"]["crossref"] == {"200": 1, "400": 1}
        assert counted["operations"]["icite"] == {"pubs": 1}
        http.post(f"{counting.url}/_reset")
        assert http.get(f"{counting.url}/_calls").json()["calls"] == {}


def test_a_second_server_gives_the_same_answers(
    server: ProviderServer, http: requests.Session
) -> None:
    asked = f"{CROSSREF}?filter=" + ",".join(f"doi:10.5555/same.{n}" for n in range(40))
    with ProviderServer() as second:
        bodies = {http.get(f"{url}{asked}").content for url in (server.url, second.url, server.url)}
    assert len(bodies) == 1


def test_a_stopped_server_answers_no_more(http: requests.Session) -> None:
    with ProviderServer() as stopping:
        assert http.get(f"{stopping.url}/_health").status_code == 200
    with pytest.raises(requests.ConnectionError):
        http.get(f"{stopping.url}/_health")


def test_only_loopback_is_listened_on(server: ProviderServer) -> None:
    assert server._listener.server_address[0] == "127.0.0.1"


def test_urls_are_refused_at_the_length_of_each_provider(
    server: ProviderServer, http: requests.Session
) -> None:
    def status(host: str, path: str, length: int) -> int:
        return http.get(f"{server.url}/{host}{path.ljust(length, 'x')}").status_code

    crossref = ("api.crossref.org", "/works?filter=doi:10.5555/")
    assert [status(*crossref, length) for length in (4092, 4093)] == [200, 414]
    datacite = ("api.datacite.org", "/dois?ids=10.5281/")
    assert [status(*datacite, length) for length in (8190, 8191)] == [200, 414]


# Faults and growth


def ask_until_answered(http: requests.Session, url: str) -> tuple[list[requests.Response], str]:
    """The failures in their order, and the body of the answer."""
    failures = []
    while (answer := http.get(url)).status_code != 200:
        failures.append(answer)
        assert len(failures) <= 2
    return failures, answer.text


def test_faults_go_away_and_change_no_number(
    server: ProviderServer, http: requests.Session
) -> None:
    statuses: set[int] = set()
    waits: set[str] = set()
    with ProviderServer(rate_429=0.3, rate_500=0.3) as failing:
        for number in range(120):
            failures, body = ask_until_answered(http, f"{failing.url}{counts_url(number)}")
            assert body == http.get(f"{server.url}{counts_url(number)}").text
            statuses |= {failure.status_code for failure in failures}
            waits |= {
                failure.headers["Retry-After"] for failure in failures if failure.status_code == 429
            }
            # It stays well.
            assert http.get(f"{failing.url}{counts_url(number)}").status_code == 200
    assert statuses == {429, 500, 502, 503}
    assert {"1", "2"} < waits and any("GMT" in wait for wait in waits)
    assert all(retry_after_seconds(wait) in (0, 1, 2) for wait in waits)


def failing_calls(http: requests.Session, url: str) -> set[int]:
    return {n for n in range(100) if http.get(f"{url}{counts_url(n)}").status_code != 200}


def test_the_seed_chooses_the_faults(http: requests.Session) -> None:
    with ProviderServer(rate_500=0.2) as first, ProviderServer(rate_500=0.2, seed=7) as other:
        chosen = failing_calls(http, first.url)
        assert 5 < len(chosen) < 40
        assert failing_calls(http, other.url) != chosen
        first.reset()
        assert failing_calls(http, first.url) == chosen


def test_rates_that_are_none_are_refused() -> None:
    for rates in ({"rate_429": -0.1}, {"rate_429": 0.6, "rate_500": 0.6}):
        with pytest.raises(ValueError, match="between 0 and 1"):
            ProviderServer(**rates)


def test_numbers_grow_by_the_day_and_never_fall(http: requests.Session) -> None:
    works = [f"10.5555/f.{number}" for number in range(80) if facts(f"10.5555/f.{number}").agency]
    totals: list[list[int]] = []
    with ProviderServer(growth_per_day=0.1) as growing:
        for day in (0, 1, 5):
            http.post(f"{growing.url}/_day?day={day}")
            base = f"{growing.url}/api.opencitations.net/index/v2/citation-count/doi:"
            totals.append([int(http.get(base + doi).json()[0]["count"]) for doi in works])
            assert totals[-1] == [
                expected("opencitations", doi, day=day, growth_per_day=0.1) for doi in works
            ]
        assert http.post(f"{growing.url}/_day?day=x").status_code == 400
    for before, after in itertools.pairwise(totals):
        assert all(old <= new for old, new in zip(before, after, strict=True))
        assert sum(before) < sum(after)
    born = [old == 0 < new for old, new in zip(totals[0], totals[2], strict=True)]
    assert 0 < sum(born) < len(born)


# Our sources on it


def works_for(name: str) -> list[Work]:
    """Works as they are when all identifiers are known, those that the source is asked about."""
    works = [
        Work(
            key=doi,
            title="A work",
            issued=PartialDate(2015),
            doi=doi.upper() if index % 9 == 0 else doi,
            pmid=str(pmid) if (pmid := facts(doi).pmid) and index % 2 else None,
        )
        for index, doi in enumerate(DOIS)
    ]
    told = [dataclasses.replace(work, registration_agency=agency_of(work.key)) for work in works]
    return [work for work in told if sources.get(name).applies(work)]


def agency_of(doi: str) -> str:
    return "datacite" if doi.partition("/")[0] in DATACITE_PREFIXES else "crossref"


def collect(name: str, works: list[Work], url: str) -> tuple[dict[str, int], int]:
    """Totals by DOI, asked again after each failure as the queue does, and the failures."""
    source = sources.get(name)
    settings = {one.name: one.default for one in source.settings if one.default is not None}
    totals, failures = {}, 0
    left = {work.key: work for work in works}
    while left:
        client = HttpClient(
            source,
            contact_email="operator@example.org",
            settings=settings,
            providers_url=url,
            sleep=lambda seconds: None,
        )
        batch = list(left.values())[: source.batch_size]
        try:
            outcomes = source.collect(batch, client)
        except (RateLimited, Unavailable):
            failures += 1
            assert failures < 5 * len(works)
            continue
        finally:
            client._session.close()
        assert all(isinstance(outcome, Result) for outcome in outcomes.values())
        totals |= {key: outcome.metrics.total for key, outcome in outcomes.items()}
        for work in batch:
            del left[work.key]
    return totals, failures


def expected_totals(name: str, works: list[Work]) -> dict[str, int]:
    found = {work.key: expected(name, work.key, work.pmid) for work in works}
    return {key: total for key, total in found.items() if total is not None}


@pytest.mark.parametrize(
    "name", [name for name in sources.on_by_default() if sources.get(name).kind == "works"]
)
def test_each_source_ends_with_the_expected_totals(name: str, server: ProviderServer) -> None:
    works = works_for(name)
    totals, failures = collect(name, works, server.url)
    assert totals == expected_totals(name, works)
    assert failures == 0
    assert 0 < sum(total > 0 for total in totals.values()) < len(totals)


@pytest.mark.parametrize("name", ["crossref", "pmceuropedata", "pubmed", "wikidata", "wikipedia"])
def test_sources_end_with_the_same_totals_in_spite_of_faults(name: str) -> None:
    works = works_for(name)[:24]
    with ProviderServer(rate_429=0.45, rate_500=0.45) as failing:
        totals, failures = collect(name, works, failing.url)
    assert failures > 0
    assert totals == expected_totals(name, works)


def test_expected_knows_what_a_missing_pmid_means() -> None:
    without = next(doi for doi in DOIS if not facts(doi).pmid)
    outside_pmc = next(doi for doi in DOIS if facts(doi).pmid and not facts(doi).pmcid)
    for name in ("icite", "pmceuropedata", "pubmed"):
        assert expected(name, without) is None
        assert expected(name, outside_pmc) is None
        assert expected(name, outside_pmc, facts(outside_pmc).pmid) is not None
        assert expected(name, without, 99_999_999) == 0
    with pytest.raises(KeyError):
        expected("citeulike", without)


# The command


def command(*options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "infra.local.providers", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_until_it_is_told_to_end(
    number: signal.Signals, tmp_path: pathlib.Path, http: requests.Session
) -> None:
    port_file = tmp_path / "port"
    running = command("--port-file", str(port_file), "--growth-per-day", "1", "--day", "3")
    assert running.stdout
    line = running.stdout.readline()
    port = int(port_file.read_text())
    assert line == f"Provider server on http://127.0.0.1:{port}\n"
    assert http.get(f"http://127.0.0.1:{port}/_health").json() == {"status": "ok", "day": 3}
    running.send_signal(number)
    assert running.communicate(timeout=10) == ("", "")
    assert running.returncode == 0
    assert not port_file.exists()


def test_a_taken_port_is_told_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"Port {port} on 127.0.0.1 is taken"):
            ProviderServer(port)
        refused = command("--port", str(port))
        output, errors = refused.communicate(timeout=10)
    assert refused.returncode == 2
    assert output == "" and errors.startswith(f"Port {port} on 127.0.0.1 is taken.")
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    "options",
    [("--port", "70000"), ("--rate-429", "2"), ("--port-file", "/nowhere/at/all/port")],
)
def test_wrong_options_are_told_in_a_sentence(options: tuple[str, str]) -> None:
    refused = command(*options)
    output, errors = refused.communicate(timeout=10)
    assert refused.returncode == 2
    assert output == "" and errors.count("\n") == 1 and "Traceback" not in errors


# HTTP


def test_a_connection_is_kept_over_many_calls_and_bodies(server: ProviderServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.settimeout(5)
        reader = connection.makefile("rb")
        for number in range(3):
            body = f"query=SELECT+{number}"
            connection.sendall(
                f"POST /query-scholarly.wikidata.org/sparql HTTP/1.1\r\nHost: x\r\n"
                "User-Agent: test\r\nAccept: application/sparql-results+json\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
            )
            assert reader.readline() == b"HTTP/1.1 400 Bad Request\r\n"
            head = iter(reader.readline, b"\r\n")
            length = next(int(line.split()[1]) for line in list(head) if b"Length" in line)
            assert b"MalformedQueryException" in reader.read(length)
        reader.close()


def test_bodies_without_length_and_other_methods_are_refused(
    server: ProviderServer, http: requests.Session
) -> None:
    sparql = f"{server.url}/query-scholarly.wikidata.org/sparql"
    assert http.post(sparql, data=iter([b"query=1"])).status_code == 411
    assert http.put(sparql, data=b"query=1").status_code == 501


def test_answers_are_json_that_can_be_read(server: ProviderServer, http: requests.Session) -> None:
    answer = http.get(f"{server.url}/api.datacite.org/dois?ids=10.5281/zenodo.ä")
    assert answer.headers["Content-Type"] == "application/json"
    assert json.loads(answer.content)["meta"]["total"] in (0, 1)
