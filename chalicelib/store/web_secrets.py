"""The secrets of the web pages, encrypted in the parameter store: ``/<stack>/web/<name>``.

Access patterns: one by its name, kept for a while; ``ensure`` makes one at deployment.
"""

import base64
import functools
import secrets
import time
from typing import Any

from chalicelib import settings
from chalicelib.errors import ConfigurationError

#: Signs the cookies of people who are signed in.
SESSION = "session-secret"
#: What ORCID gave with the client id that ``LAGOTTO_ORCID_CLIENT_ID`` holds.
ORCID = "orcid-client-secret"

CACHE_SECONDS = 300

_SECRET_BYTES = 32
#: The command that makes a secret.
_MADE_BY = {
    SESSION: "make deploy STAGE={stage}",
    ORCID: "python -m chalicelib --stage {stage} orcid set",
}


def get(name: str) -> str:
    """A secret, at most five minutes old. Errors: ConfigurationError if it was never made."""
    known = _cache.get(name)
    if known and time.monotonic() - known[0] < CACHE_SECONDS:
        return known[1]
    found = _find(name)
    if not found:
        stage = settings.load().stack.partition("-")[2]
        made_by = _MADE_BY[name].format(stage=stage)
        raise ConfigurationError(f"The parameter {_parameter(name)} is missing: run `{made_by}`.")
    _cache[name] = (time.monotonic(), found)
    return found


def put(name: str, value: str) -> None:
    """Keep a secret in place of the one before."""
    _parameters().put_parameter(
        Name=_parameter(name), Value=value, Type="SecureString", Overwrite=True
    )
    forget_cache()


def ensure(name: str) -> bool:
    """Make a random secret if there is none; whether one was made."""
    if _find(name):
        return False
    put(name, base64.urlsafe_b64encode(secrets.token_bytes(_SECRET_BYTES)).decode())
    return True


def forget_cache() -> None:
    """Make the next ones be read."""
    _cache.clear()


_cache: dict[str, tuple[float, str]] = {}


def _find(name: str) -> str:
    answer = _parameters().get_parameters(Names=[_parameter(name)], WithDecryption=True)
    return next((str(row["Value"]) for row in answer["Parameters"]), "")


def _parameter(name: str) -> str:
    return f"/{settings.load().stack}/web/{name}"


@functools.cache
def _parameters() -> Any:
    import boto3

    return boto3.client("ssm")
