"""What all answers have in common, and items 1 to 7: keys and errors."""

import hashlib
import re
from urllib.parse import quote

import pytest

from tests.contract import ALPHA, BETA, GAMMA, WRONG_KEY
from tests.contract_items import (
    JSON,
    NO_ARTICLE,
    NO_PATH,
    V3_ARTICLE_KEYS,
    V3_PATH,
    alpha_v3,
    told,
)
from tests.signing_in import ALERTS, ARTICLES, NOT_AUTHORIZED, Client, at, failed
from tests.visiting import Visitor

SAFETY = {
    "x-frame-options": "SAMEORIGIN",
    "x-xss-protection": "1; mode=block",
    "x-content-type-options": "nosniff",
}


class Conventions:
    """Sections 1.3 to 1.6: what all answers have in common."""

    @pytest.mark.parametrize(
        "path",
        [
            f"{V3_PATH}?ids={ALPHA}&api_key=kusr",
            f"{V3_PATH}/{ALPHA}?api_key=kusr",
            f"/api/v5/articles?ids={ALPHA}&api_key=kusr",
        ],
    )
    def test_headers_conditional_requests_and_head(self, site: Visitor, path: str) -> None:
        seen = site.ask("GET", path)
        assert re.fullmatch('"[0-9a-f]{32}"', seen.headers["etag"])
        assert seen.headers["etag"] == f'"{hashlib.md5(seen.text.encode()).hexdigest()}"'
        assert seen.headers["cache-control"] == "max-age=0, private, must-revalidate"
        assert seen.headers["content-type"] == JSON
        assert {name: value for name, value in seen.headers.items() if "access" in name} == {
            "access-control-allow-origin": "*",
            "access-control-allow-methods": "POST, GET, OPTIONS",
            "access-control-max-age": "1728000",
        }
        assert {name: value for name, value in seen.headers.items() if name in SAFETY} == SAFETY
        assert seen.headers["x-request-id"] and float(seen.headers["x-runtime"]) > 0
        again = site.ask("GET", path, {"If-None-Match": seen.headers["etag"]})
        assert told(again) == (304, "")
        assert told(site.ask("HEAD", path)) == (200, "")
        preflight = site.ask("OPTIONS", path)
        assert told(preflight) == (200, "")
        assert "access-control-allow-headers" in preflight.headers

    def test_jsonp_of_answers_and_of_404s(self, site: Visitor) -> None:
        for path in (f"{V3_PATH}?ids={ALPHA}", f"{V3_PATH}/info:doi/{ALPHA}?x=1"):
            plain = site.ask("GET", f"{path}&api_key=kusr")
            wrapped = site.ask("GET", f"{path}&api_key=kusr&callback=a.b%5B0%5D")
            assert wrapped.text == f"a.b[0]({plain.text})"
            assert wrapped.headers["content-type"] == "application/javascript; charset=utf-8"
            assert wrapped.headers["etag"] != plain.headers["etag"]
            refused = site.ask("GET", f"{path}&api_key=kusr&callback=alert(1)")
            assert refused.text == plain.text
        missing = site.get(f"{V3_PATH}/x", callback="f")
        assert told(missing) == (404, f"f({NO_ARTICLE})")
        assert missing.headers["content-type"] == "application/javascript; charset=utf-8"

    def test_a_post_that_says_it_is_a_get(self, site: Visitor) -> None:
        override = {"X-HTTP-Method-Override": "GET"}
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        body = f"api_key=kusr&ids={quote(quote(ALPHA, safe=''))}&info=history".encode()
        seen = site.ask("POST", f"{V3_PATH}?info=summary", override | form, body)
        assert [list(article) for article in seen.json] == [V3_ARTICLE_KEYS[:-1]]
        named = f"{V3_PATH}/{ALPHA}?api_key=kusr"
        by_field = site.ask("POST", named, form, b"_method=get&info=summary")
        assert by_field.json == alpha_v3(site, info="summary")
        for path in (V3_PATH, f"{V3_PATH}/{ALPHA}"):
            refused = site.ask("POST", f"{path}?api_key=kusr", form, body)
            assert told(refused) == (404, NO_PATH)

    def test_a_long_list_in_the_body_of_a_post(self, site: Visitor) -> None:
        """Section 12.5."""
        headers = {
            "X-HTTP-Method-Override": "GET",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        ids = [*(f"10.5555/nosuch.{number}" for number in range(1000)), GAMMA, ALPHA]
        escaped = ",".join(quote(doi, safe="") for doi in ids)
        body = f"ids={quote(escaped, safe='')}&info=summary".encode()
        seen = site.ask("POST", "/api/v5/articles?api_key=kusr", headers, body)
        assert [article["doi"] for article in seen.json["data"]] == [GAMMA, ALPHA]

    def test_the_last_of_repeated_parameters_wins(self, site: Visitor) -> None:
        url = f"/api/v5/articles?api_key=nope&ids={BETA}&ids={ALPHA}&api_key=kusr"
        assert [article["doi"] for article in site.ask("GET", url).json["data"]] == [ALPHA]

    def test_jsonp_of_v4_and_v5(self, site: Visitor) -> None:
        v5 = site.get("/api/v5/articles", ids=ALPHA, info="summary", callback="f").text
        assert v5.startswith('f({"total":1,') and v5.endswith("})")
        v4 = Client(site).get(f"{at(BETA)}?info=summary&callback=f").text
        assert v4.startswith('f({"success":"Article found."')


class KeysAndErrors:
    """Items 1 to 7."""

    def test_1_no_key(self, site: Visitor) -> None:
        seen = site.get(V3_PATH, key=None, ids=ALPHA)
        assert told(seen) == (401, f'{{"error":"{WRONG_KEY}"}}')
        assert seen.headers["access-control-allow-origin"] == "*"
        assert seen.headers["content-type"] == JSON
        assert told(site.get(f"{V3_PATH}/info:doi/{ALPHA}", key=None)) == told(seen)

    @pytest.mark.parametrize("key", ["nope", ""])
    def test_2_a_wrong_key(self, site: Visitor, key: str) -> None:
        for path in (V3_PATH, f"{V3_PATH}/info:doi/{ALPHA}"):
            seen = site.get(path, key=key, ids=ALPHA)
            assert told(seen) == (401, f'{{"error":"{WRONG_KEY}"}}')

    def test_3_an_empty_key(self, site: Visitor) -> None:
        seen = site.get("/api/v5/articles", key="")
        assert told(seen) == (
            401,
            '{"total":0,"total_pages":0,"page":0,"error":"Missing or wrong API key.","data":[]}',
        )
        assert seen.headers["access-control-allow-origin"] == "*"

    def test_4_no_key_for_sources_and_status(self, site: Visitor) -> None:
        sources = site.get("/api/v5/sources", key=None)
        assert (sources.status, list(sources.json)) == (401, ["total", "error", "data"])
        status = site.get("/api/v5/status", key=None)
        assert told(status) == (401, f'{{"error":"{WRONG_KEY}","data":[]}}')

    @pytest.mark.parametrize(
        ("path", "header"),
        [
            (ARTICLES, None),
            (at(ALPHA), "Token token=kadm"),
            (ALERTS, "basic cm9vdDpzZWNyZXQxMg=="),
            (ALERTS, ""),
        ],
    )
    def test_5_no_credentials(self, site: Visitor, path: str, header: str | None) -> None:
        headers = {} if header is None else {"Authorization": header}
        seen = site.ask("GET", f"{path}?api_key=kadm", headers)
        assert told(seen) == (401, "HTTP Basic: Access denied.\n")
        assert seen.headers["www-authenticate"] == 'Basic realm="Application"'
        assert seen.headers["content-type"] == "text/html; charset=utf-8"
        assert "access-control-allow-origin" not in seen.headers

    @pytest.mark.parametrize(
        ("name", "password"), [("root", "wrong"), ("root", ""), ("uma", "secret12")]
    )
    def test_6_wrong_credentials(self, site: Visitor, name: str, password: str) -> None:
        client = Client(site)
        seen = client.get(ALERTS, name=name, password=password)
        body = {"total": 0, "total_pages": 0, "page": 0, "error": NOT_AUTHORIZED, "data": []}
        assert (seen.status, seen.json) == (401, body)
        assert seen.headers["content-type"] == JSON
        assert "www-authenticate" not in seen.headers
        of_articles = client.get(ARTICLES, name=name, password=password)
        assert (of_articles.status, of_articles.json) == (401, failed(NOT_AUTHORIZED))

    def test_7_who_sees_the_requests(self, site: Visitor) -> None:
        refused = site.get("/api/v5/api_requests", key="kusr")
        assert told(refused) == (
            401,
            f'{{"total":0,"total_pages":0,"page":0,"error":"{NOT_AUTHORIZED}","data":[]}}',
        )
        for key in ("kstf", "kadm"):
            seen = site.get("/api/v5/api_requests", key=key)
            assert (seen.status, seen.json["error"]) == (200, None)
