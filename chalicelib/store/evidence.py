"""Evidence in S3: the raw answers of a job, and event lists too large for an item.

    evidence/<source>/<YYYY-MM-DD>/<id>.json.gz   what a job asked and was answered
    events/<source>/<hash of the work>/<digest>.json.gz   events of one (work, source)

One object per job: objects per work would cost more than everything else together. A number
keeps the id and the day of its object.
"""

import datetime as dt
import functools
import gzip
import hashlib
from typing import Any

import orjson

from chalicelib import settings
from chalicelib.errors import BODY_LIMIT_BYTES

#: Events up to this size (compressed) stand in an item of their own; DynamoDB's limit is
#: 400 kB, but each kB of an item is a write unit.
LARGEST_ITEM_BYTES = 64 * 1024


def object_key(source: str, asked_at: dt.datetime, evidence_id: str) -> str:
    """The S3 key of the evidence of a number."""
    return f"evidence/{source}/{asked_at:%Y-%m-%d}/{evidence_id}.json.gz"


def put(
    source: str,
    asked_at: dt.datetime,
    evidence_id: str,
    exchanges: list[dict[str, Any]],
    *,
    failed: bool = False,
) -> str:
    """Keep a job's exchanges with the provider; the key. Of a failed call the first 64 kB."""
    kept = [
        {**exchange, "body": exchange["body"][:BODY_LIMIT_BYTES]} if failed else exchange
        for exchange in exchanges
    ]
    key = object_key(source, asked_at, evidence_id)
    document = {"source": source, "asked_at": asked_at.isoformat(), "exchanges": kept}
    put_object(key, orjson.dumps(document))
    return key


def put_object(key: str, body: bytes) -> None:
    """Put a JSON document, compressed."""
    _s3().put_object(
        Bucket=settings.load().bucket,
        Key=key,
        Body=gzip.compress(body, mtime=0),
        ContentType="application/json",
        ContentEncoding="gzip",
    )


def get_object(key: str) -> Any:
    """The JSON document of a key."""
    answer = _s3().get_object(Bucket=settings.load().bucket, Key=key)
    return orjson.loads(gzip.decompress(answer["Body"].read()))


def delete_object(key: str) -> None:
    """Delete an object; one that is not there is no error."""
    _s3().delete_object(Bucket=settings.load().bucket, Key=key)


def events_key(source: str, work_key: str, digest: str) -> str:
    """The S3 key of a large list of events."""
    return f"events/{source}/{hashlib.sha256(work_key.encode()).hexdigest()[:32]}/{digest}.json.gz"


@functools.cache
def _s3() -> Any:
    import boto3

    return boto3.client("s3")
