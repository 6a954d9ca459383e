"""The queue of jobs: send, count, wake the schedule. The only module that knows SQS.

``<stack>-fetch`` holds jobs, ``<stack>-fetch-dead`` those that failed for good.
"""

import functools
from collections.abc import Iterable
from itertools import islice
from typing import Any

import orjson
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import settings
from chalicelib.errors import LagottoError
from chalicelib.model import Job

FETCH = "fetch"
DEAD = "fetch-dead"
#: SQS takes ten messages in a call.
BATCH = 10


class QueueError(LagottoError):
    """The queue took a message only after several tries, or not at all."""


#: All that sending a job may fail with.
FAILURES = (QueueError, BotoCoreError, ClientError)


def send(jobs: Iterable[tuple[Job, int]], queue: str = FETCH) -> int:
    """Send jobs, each with its delay in seconds (0 to 900); how many were sent.

    Errors: QueueError when SQS refuses one three times, those of botocore.
    """
    sent = 0
    waiting = iter(jobs)
    while batch := list(islice(waiting, BATCH)):
        entries = [
            {
                "Id": str(number),
                "MessageBody": orjson.dumps(job.as_json()).decode(),
                "DelaySeconds": delay,
            }
            for number, (job, delay) in enumerate(batch)
        ]
        _send_all(entries, queue)
        sent += len(batch)
    return sent


def counts(queue: str = FETCH) -> dict[str, int]:
    """Messages in a queue: ``{"visible", "delayed", "in_flight"}``; approximate, as SQS says."""
    names = {
        "visible": "ApproximateNumberOfMessages",
        "delayed": "ApproximateNumberOfMessagesDelayed",
        "in_flight": "ApproximateNumberOfMessagesNotVisible",
    }
    answer = _sqs().get_queue_attributes(QueueUrl=_url(queue), AttributeNames=list(names.values()))
    return {key: int(answer["Attributes"][name]) for key, name in names.items()}


def wake_schedule() -> None:
    """Run the schedule now instead of at its next tick, without waiting for it."""
    import boto3

    # Chalice reads the fields of an EventBridge event.
    event = {
        "version": "0",
        "id": "wake",
        "account": "",
        "region": "",
        "time": "",
        "source": "lagotto.wake",
        "detail-type": "Wake",
        "resources": [],
        "detail": {},
    }
    boto3.client("lambda").invoke(
        FunctionName=f"{settings.load().stack}-schedule",
        InvocationType="Event",
        Payload=orjson.dumps(event),
    )


def _send_all(entries: list[dict[str, Any]], queue: str) -> None:
    for _ in range(3):
        answer = _sqs().send_message_batch(QueueUrl=_url(queue), Entries=entries)
        refused = {failure["Id"] for failure in answer.get("Failed", ())}
        entries = [entry for entry in entries if entry["Id"] in refused]
        if not entries:
            return
    raise QueueError(f"SQS did not take {len(entries)} message(s): {answer['Failed'][0]}")


@functools.cache
def _sqs() -> Any:
    import boto3

    return boto3.client("sqs")


@functools.cache
def _url(queue: str) -> str:
    name = f"{settings.load().stack}-{queue}"
    return str(_sqs().get_queue_url(QueueName=name)["QueueUrl"])
