"""The deployed application as a client sees it, and the limits of its gateway."""

import contextlib
import dataclasses
import http.client
from collections.abc import Iterator, Mapping
from typing import Any

import boto3

from infra.local.cloud import Cloud
from infra.local.installation import STACK
from tests.visiting import Seen, Visitor


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """What a usage plan allows a key: requests a second, at once, and a day (None: any)."""

    rate_per_second: float
    burst: int
    quota_per_day: int | None


#: So much that no test meets it but those of limits.
GENEROUS = Limits(10_000, 10_000, 10_000_000)


class GatewaySite(Visitor):
    """Asks the deployed application; request lines go out byte by byte.

    ``deployed`` are the limits that the deployment made, by the kind of plan.
    """

    def __init__(self, cloud: Cloud, port: int) -> None:
        self.port = port
        self._gateway: Any = boto3.client(
            "apigateway",
            endpoint_url=cloud.url,
            region_name=cloud.environment()["AWS_REGION"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        plans = self._gateway.get_usage_plans()["items"]
        self._plans = {plan["name"].removeprefix(f"{STACK}-"): plan["id"] for plan in plans}
        self.deployed = {kind: self._limits_of(kind) for kind in self._plans}
        for kind in self._plans:
            self._limit(kind, GENEROUS)

    def ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Seen:
        """Any request; only Host and Content-Length are added to it."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.putrequest(method, url, skip_accept_encoding=True)
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            if body or method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Seen(answer.status, named, answer.read().decode())

    @contextlib.contextmanager
    def limited(self, kind: str, limits: Limits) -> Iterator[None]:
        """While a usage plan has other limits; one that has no day's quota gets none."""
        self._limit(kind, limits)
        try:
            yield
        finally:
            self._limit(kind, GENEROUS)

    def _limits_of(self, kind: str) -> Limits:
        plan = self._gateway.get_usage_plan(usagePlanId=self._plans[kind])
        throttle, quota = plan["throttle"], plan.get("quota", {})
        assert quota.get("period", "DAY") == "DAY"
        return Limits(throttle["rateLimit"], throttle["burstLimit"], quota.get("limit"))

    def _limit(self, kind: str, limits: Limits) -> None:
        paths: dict[str, Any] = {
            "/throttle/rateLimit": limits.rate_per_second,
            "/throttle/burstLimit": limits.burst,
        }
        if self.deployed[kind].quota_per_day is not None:
            paths["/quota/limit"] = limits.quota_per_day
        self._gateway.update_usage_plan(
            usagePlanId=self._plans[kind],
            patchOperations=[
                {"op": "replace", "path": path, "value": str(value)}
                for path, value in paths.items()
            ],
        )
