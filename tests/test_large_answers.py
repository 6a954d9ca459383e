"""Answers that Lambda cannot hand over: whole behind a link, as they would have been sent."""

import gzip
import hashlib
import json
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from chalicelib import answers
from chalicelib.answers import Request
from chalicelib.store import alerts
from chalicelib.store import answers as kept
from tests.conftest import BUCKET
from tests.contract import ALPHA
from tests.signing_in import ARTICLES, Client

LARGE = {"text": "\N{SNOWMAN}" * 2_100_000}
ENCODED = json.dumps(LARGE, ensure_ascii=False, separators=(",", ":")).encode()


def request(method="GET", **given):
    return Request(method=method, path="/api/v5/articles", id="r1", **given)


def answered(given, document=LARGE):
    return answers.answer(given, lambda _request, _params: document, "articles")


def objects():
    listed = boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="answers/")
    return [found["Key"] for found in listed.get("Contents", [])]


@pytest.fixture
def client(accounts_site, sent):
    return Client(accounts_site)


@pytest.fixture
def small(monkeypatch):
    """A limit that usual answers pass, too."""
    monkeypatch.setattr(answers, "ANSWER_LIMIT_BYTES", 100)


def test_more_than_six_megabytes_are_whole_behind_the_link(_aws):
    given = answered(request())
    assert (given.status, given.body) == (303, b"")
    assert given.headers["Cache-Control"] == "no-store"
    assert given.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" not in given.headers
    followed = requests.get(given.headers["Location"], timeout=9)
    assert len(followed.content) > 6_000_000
    assert followed.content == ENCODED
    assert followed.headers["content-type"] == "application/json; charset=utf-8"
    assert followed.headers["cache-control"] == "no-store"
    assert "content-encoding" not in followed.headers


def test_a_link_is_for_five_minutes_and_nobody_can_guess_it(_aws):
    links = [urlsplit(answered(request()).headers["Location"]) for _ in range(2)]
    assert links[0].path != links[1].path
    assert len(links[0].path.removeprefix("/answers/")) == 32
    signed = parse_qs(links[0].query)
    assert signed["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert signed["X-Amz-Expires"] == ["300"]


@pytest.mark.parametrize(
    ("place", "begin"),
    [
        ({"region_name": "eu-central-1"}, f"https://{BUCKET}.s3.eu-central-1.amazonaws.com/"),
        ({"endpoint_url": "http://127.0.0.1:4566"}, f"http://127.0.0.1:4566/{BUCKET}/"),
    ],
)
def test_a_link_leads_to_the_bucket_where_it_is(_aws, monkeypatch, place, begin):
    """Elsewhere S3 sends its readers on, and the signature is of another host."""
    make = boto3.client
    monkeypatch.setattr(boto3, "client", lambda name, **given: make(name, **place, **given))
    client = kept._s3.__wrapped__()
    link = client.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "a"})
    assert link.startswith(f"{begin}a?X-Amz-")


def test_who_takes_gzip_gets_it(_aws):
    given = answered(request(headers={"accept-encoding": "gzip, deflate"}))
    followed = requests.get(given.headers["Location"], timeout=9)
    assert followed.headers["content-encoding"] == "gzip"
    assert followed.content == ENCODED
    key = urlsplit(given.headers["Location"]).path[1:]
    stored = boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    assert len(stored) < len(ENCODED) / 10
    assert gzip.decompress(stored) == ENCODED


def test_jsonp_stays_a_script(_aws):
    given = answered(request(query={"callback": "f"}))
    followed = requests.get(given.headers["Location"], timeout=9)
    assert followed.content == b"f(" + ENCODED + b")"
    assert followed.headers["content-type"] == "application/javascript; charset=utf-8"


@pytest.mark.parametrize(("verb", "signed"), [("GET", "get_object"), ("HEAD", "head_object")])
def test_the_link_is_signed_for_the_verb_of_the_request(_aws, monkeypatch, verb, signed):
    """A client asks the link with it, and the verb is part of the signature."""
    monkeypatch.setattr(kept._s3(), "generate_presigned_url", lambda name, **_: f"link/{name}")
    given = answered(request(verb))
    assert (given.status, given.body) == (303, b"")
    assert given.headers["Location"] == f"link/{signed}"


def test_what_the_client_has_is_not_kept_again(_aws):
    before = objects()
    etag = f'"{hashlib.md5(ENCODED).hexdigest()}"'
    assert answered(request(headers={"if-none-match": etag})).status == 304
    assert objects() == before


def test_what_fits_is_sent_as_ever(monkeypatch):
    monkeypatch.setattr(kept, "put", lambda *_, **__: pytest.fail("it was kept"))
    given = answered(request(), {"quotes": '"' * 1_490_000})
    assert (given.status, len(given.body)) == (200, 2 * 1_490_000 + 13)


@pytest.mark.parametrize("character", ["\N{CYRILLIC SMALL LETTER YA}", "\N{GRINNING FACE}"])
def test_it_fits_as_lambda_hands_it_over(monkeypatch, character):
    """Python 3.11's runtime escapes what is no ASCII in the JSON around the answer."""
    monkeypatch.setattr(kept, "put", lambda *_, **__: "https://link.example.org")
    whole = json.dumps(character)[1:-1]
    fitting = (answers.ANSWER_LIMIT_BYTES - len(r"{\"text\":\"\"}")) // len(whole)
    assert answered(request(), {"text": character * fitting}).status == 200
    assert answered(request(), {"text": character * (fitting + 1)}).status == 303


def test_where_it_cannot_be_kept_there_is_a_hint_and_an_alert(accounts_site, monkeypatch):
    def refuse(*_, **__):
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutObject")

    monkeypatch.setattr(kept._s3(), "put_object", refuse)
    given = answered(request(), {"quotes": '"' * 1_500_000})
    assert (given.status, json.loads(given.body)["error"]) == (413, answers.TOO_LARGE)
    alert, *_ = alerts.find(alerts.SYSTEM)
    assert alert.class_name == "AnswerNotKept"
    assert "AccessDenied" in alert.message


# --- through the app --------------------------------------------------------------------------


def follow(seen):
    assert (seen.status, seen.text) == (303, "")
    return requests.get(seen.headers["location"], timeout=9)


@pytest.mark.parametrize(
    "path",
    [
        f"/api/v5/articles?ids={ALPHA}&info=detail&api_key=kusr",
        f"/api/v3/articles/info:doi/{ALPHA}?info=detail&api_key=kusr",
        "/api/v5/sources?api_key=kusr",
    ],
)
def test_every_version_sends_what_it_would_have_sent(client, monkeypatch, path):
    whole = client.get(path, name=None)
    assert whole.status == 200
    monkeypatch.setattr(answers, "ANSWER_LIMIT_BYTES", 100)
    assert follow(client.get(path, name=None)).content.decode() == whole.text


def test_a_post_that_says_it_is_a_get_is_followed_by_a_get(client, small):
    """303: clients ask the link with GET, whatever they sent."""
    headers = {
        "X-HTTP-Method-Override": "GET",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    body = f"ids={ALPHA},10.5555%2Fgamma%252C3&api_key=kusr".encode()
    seen = client.ask("POST", "/api/v5/articles", name=None, headers=headers, body=body)
    assert follow(seen).json()["total"] == 2


def test_v4_too_and_no_script_of_other_sites_is_invited(client, small):
    seen = client.get(f"{ARTICLES}?info=detail")
    assert "access-control-allow-origin" not in seen.headers
    assert follow(seen).json()["total"] == 3


def test_what_was_written_is_told_at_the_link(client, small):
    told = follow(client.post({"doi": "10.5555/new", "title": "New", "year": 2013}))
    assert told.json()["success"] == "Article created."
    changed = follow(client.put("10.5555/new", {"pmid": "77"}))
    assert (changed.json()["success"], changed.json()["data"]["pmid"]) == ("Article updated.", "77")
    assert client.ask("DELETE", f"{ARTICLES}/info:doi/10.5555/new").status == 303


def test_the_link_is_not_logged(client, small, caplog, capsys):
    link = client.get(f"{ARTICLES}?info=detail").headers["location"]
    said = caplog.text + "".join(capsys.readouterr())
    assert ARTICLES in said
    assert urlsplit(link).path not in said and "X-Amz" not in said
