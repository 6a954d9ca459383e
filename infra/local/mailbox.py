"""The mails that the embedded cloud was given to send: nobody gets them, so they are shown.

They hold the links by which people sign in.
"""

import contextlib
import json
import textwrap
import urllib.request

_TIMEOUT_SECONDS = 2


class Mailbox:
    """The mails of the cloud that answers at this URL, from when it is opened on."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/_ministack/ses/messages"
        # The cloud is here: no proxy has to be asked.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._seen: set[str] = set()
        self.new()

    def new(self) -> list[str]:
        """The mails that came since the last look, each as a text to be shown."""
        texts = []
        for message in self._messages():
            if message["MessageId"] not in self._seen:
                self._seen.add(message["MessageId"])
                body = textwrap.indent(message["BodyText"].rstrip(), "    ")
                texts.append(f"\nMail to {', '.join(message['To'])}: {message['Subject']}\n{body}")
        return texts

    def _messages(self) -> list[dict[str, str]]:
        # A cloud that ends meanwhile is noticed elsewhere.
        with (
            contextlib.suppress(OSError),
            self._opener.open(self._url, timeout=_TIMEOUT_SECONDS) as answer,
        ):
            accounts = json.load(answer)["messages"].values()
            return [message for messages in accounts for message in messages]
        return []
