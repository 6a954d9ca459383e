"""An operator at the command line, for tests: types commands in this process, reads what is said.

operator = Operator(capsys, monkeypatch)
operator.types("works", "add", path).out
operator.wakes          # how often the schedule was woken
"""

import dataclasses
import json
from typing import Any

import boto3
import pytest

from chalicelib import queues, settings
from chalicelib.__main__ import main


@dataclasses.dataclass(frozen=True, slots=True)
class Said:
    """What a command came to: exit status, standard output, standard error."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, read as JSON."""
        return json.loads(self.out)


class Operator:
    """Types commands. Nobody can run a Lambda here, so that waking one is only counted."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.wakes = 0
        self._capsys = capsys
        monkeypatch.setattr(queues, "wake_schedule", self._wake)

    def types(self, *words: object) -> Said:
        """Run a command line."""
        try:
            status = main([str(word) for word in words])
        except SystemExit as end:
            assert isinstance(end.code, int)
            status = end.code
        said = self._capsys.readouterr()
        assert "Traceback" not in said.err
        return Said(status, said.out, said.err)

    def _wake(self) -> None:
        self.wakes += 1


def jobs(queue: str = queues.FETCH) -> list[dict[str, Any]]:
    """The jobs in a queue that are not delayed, taken out of it."""
    client = boto3.client("sqs")
    url = client.get_queue_url(QueueName=f"{settings.load().stack}-{queue}")["QueueUrl"]
    found = []
    while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found.append(json.loads(message["Body"]))
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found
