"""The app's routes in the embedded cloud's gateway: identifiers with slashes, in any escaping.

The function behind them only tells which route was found and the path it was handed.
"""

import http.client
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from chalice.deploy.swagger import SwaggerGenerator

from app import app
from chalicelib.api import identifier_in
from chalicelib.query import article_v3
from infra.local import run
from infra.local.cloud import Cloud, free_port
from infra.local.front import Front

ECHO = """
import json

def handler(event, _context):
    told = {"route": event["resource"], "path": event["path"]}
    return {"statusCode": 200, "headers": {}, "body": json.dumps(told)}
"""
ARTICLES = "/api/v3/articles"


def client(cloud: Cloud, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=cloud.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A port where the gateway serves the app's routes."""
    if not run.MINISTACK.exists():
        pytest.fail("The embedded cloud's environment is missing: run `make cloud-environment`.")
    home = tmp_path_factory.mktemp("home")
    with Cloud(home, run.MINISTACK, free_port()).running() as cloud:
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as file:
            file.writestr("echo.py", ECHO)
        role = client(cloud, "iam").create_role(RoleName="echo", AssumeRolePolicyDocument="{}")
        function = client(cloud, "lambda").create_function(
            FunctionName="echo",
            Runtime="python3.11",
            Role=role["Role"]["Arn"],
            Handler="echo.handler",
            Code={"ZipFile": package.getvalue()},
        )
        arn = {"api_handler_arn": function["FunctionArn"]}
        document = SwaggerGenerator("us-east-1", arn).generate_swagger(app)
        gateway = client(cloud, "apigateway")
        api = gateway.import_rest_api(
            body=json.dumps(document).encode(), parameters={"mode": "overwrite"}
        )
        gateway.create_deployment(restApiId=api["id"], stageName="api")
        front = Front(0, cloud_port=cloud.port, api_id=api["id"])
        yield front.port
        front.close()


def found(port: int, target: str, method: str = "GET") -> dict[str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, target)
    told = json.loads(connection.getresponse().read())
    connection.close()
    return dict(told)


@pytest.mark.parametrize(
    ("escaped", "doi"),
    [
        ("info:doi/10.5555/a", "10.5555/a"),
        ("info%3Adoi%2F10.5555%2Fa", "10.5555/a"),
        ("10.5555/a/b/c", "10.5555/a/b/c"),
        ("http%3A%2F%2Fdx.doi.org%2F10.5555%2Fa", "10.5555/a"),
        ("http://dx.doi.org/10.5555/a", "10.5555/a"),
        ("10.5555/a%2541%3C4%3E%3B5", "10.5555/a%41<4>;5"),
        ("10.5555/%28%C3%A4%23%3F+%2B%29", "10.5555/(ä#?++)"),
    ],
)
def test_an_identifier_comes_through_whole(port: int, escaped: str, doi: str) -> None:
    told = found(port, f"{ARTICLES}/{escaped}?api_key=k")
    assert told["route"] == f"{ARTICLES}/{{proxy+}}"
    assert article_v3(identifier_in(told["path"]), {}).ids == (doi,)


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", ARTICLES, ARTICLES),
        ("POST", ARTICLES, ARTICLES),
        ("GET", f"{ARTICLES}/", ARTICLES),
        ("GET", f"{ARTICLES}.json", "/api/{proxy+}"),
        ("GET", "/api/v3/nosuch", "/api/{proxy+}"),
        ("PUT", f"{ARTICLES}/10.5555/a", "/api/{proxy+}"),
        ("POST", f"{ARTICLES}/10.5555/a", f"{ARTICLES}/{{proxy+}}"),
        ("GET", "/api/v5/sources/crossref", "/api/v5/sources/{name}"),
        ("GET", "/sources/crossref.rss", "/sources/{name}"),
        ("GET", "/oembed?url=/articles/info:doi/10.5555/a", "/oembed"),
        ("GET", "/admin/sources", "/admin/{name}"),
        ("GET", "/", "/"),
    ],
)
def test_the_most_specific_route_is_found(port: int, method: str, path: str, route: str) -> None:
    assert found(port, path, method)["route"] == route
