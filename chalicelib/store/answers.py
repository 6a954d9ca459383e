"""Answers that Lambda cannot hand over: in S3 for a day, and for minutes behind a link.

    answers/<random>   one answer, as it would have been sent

Access pattern: put one and link to it. The bucket's lifecycle rule deletes them.
"""

import functools
import gzip
import secrets
from typing import Any

from chalicelib import settings
from chalicelib.errors import LagottoError

#: Who has the link can read the answer for so long.
LINK_SECONDS = 300

_NAME_BYTES = 24
#: Three times as fast as the usual level, for a tenth more bytes.
_COMPRESSION = 4


class NotKept(LagottoError):
    """S3 did not take the answer; the text says why."""


def put(body: bytes, content_type: str, *, gzipped: bool, for_head: bool = False) -> str:
    """Keep an answer; a link to it, which is a secret.

    ``gzipped``: the client takes gzip. ``for_head``: the link is for the verb HEAD, not GET.
    Errors: NotKept.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # nothing else here needs it

    place = {
        "Bucket": settings.load().bucket,
        "Key": f"answers/{secrets.token_urlsafe(_NAME_BYTES)}",
    }
    if gzipped:
        body = gzip.compress(body, _COMPRESSION, mtime=0)
    encoding = {"ContentEncoding": "gzip"} if gzipped else {}
    try:
        _s3().put_object(
            **place, Body=body, ContentType=content_type, CacheControl="no-store", **encoding
        )
        link: str = _s3().generate_presigned_url(
            "head_object" if for_head else "get_object", Params=place, ExpiresIn=LINK_SECONDS
        )
    except (BotoCoreError, ClientError) as error:
        raise NotKept(str(error)) from error
    return link


@functools.cache
def _s3() -> Any:
    import boto3
    from botocore.config import Config

    # Otherwise links name no region, and S3 sends their readers on, which spoils the signature.
    # Endpoints that are IP addresses, such as the embedded cloud's, get the bucket in the path.
    return boto3.client(
        "s3", config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    )
